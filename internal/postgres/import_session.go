package postgres

import (
	"context"
	"time"

	"hustings/internal/forum"

	"github.com/jackc/pgx/v5"
)

// ImportSession is the one connection of an import: the records wait in its
// temporary tables until whole articles can be applied, whatever the order in
// which the files gave them. It is not safe for use by several goroutines.
type ImportSession struct {
	db   *DB
	conn *pgx.Conn
}

// importTables are gone with the session. A staged comment holds what the source
// said, already rendered; import_place says which number each is to have. They
// are written once and read once, so they have no keys until Seal.
const importTables = `
set statement_timeout = 0;
set idle_in_transaction_session_timeout = 0;
set lock_timeout = '30s';
create temp table import_article (
  item int not null, file int not null, line int not null, source text not null, key text not null,
  portable_id text not null, slug text not null, title text not null, author text, published_at timestamptz,
  source_url text, state public.article_state not null, replies public.article_replies not null,
  body_source text not null, body_format public.source_format not null,
  body_html text not null, body_text text not null, policy_version int not null, digest bytea not null, old_urls text[], standfirst text not null
);
create temp table import_item (item int primary key, article int not null, source text not null);
create temp table import_comment (
  n bigint not null, item int not null, file int not null, line int not null, key text not null, parent text not null,
  portable_id text not null, kind public.comment_kind not null, author text, author_kind public.person_kind,
  created_at timestamptz, edited_at timestamptz, state public.comment_state not null, branch text not null,
  source_format public.source_format not null, source_text text, body_html text not null, body_text text,
  policy_version int not null, ordinal bigint not null, digest bytea not null,
  author_key text not null, author_mail bytea, author_url text, anchor text
);
create temp table import_place (
  n bigint not null, id bigint not null, parent_id bigint, root_id bigint not null, depth int not null,
  author_id bigint, imported_as bigint, portable_id text not null, known_key text not null, noted text not null, revised boolean not null, restated boolean not null
) on commit delete rows;`

// ImportSession opens a session for one import. Close it when done.
func (db *DB) ImportSession(ctx context.Context) (_ *ImportSession, err error) {
	defer wrap(&err, "open an import session")
	pooled, err := db.pool.Acquire(ctx)
	if err != nil {
		return nil, unavailable(err)
	}
	// Taken out of the pool: its settings and tables end with it.
	s := &ImportSession{db: db, conn: pooled.Hijack()}
	if _, err := s.conn.Exec(ctx, importTables); err != nil {
		s.Close(ctx)
		return nil, translate(err)
	}
	return s, nil
}

// Close ends the session and forgets what was staged.
func (s *ImportSession) Close(ctx context.Context) {
	s.conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // nothing is written at close
}

// Do runs one step of the import in a transaction on this connection, as DB.Do
// does.
func (s *ImportSession) Do(ctx context.Context, act func(context.Context, *Tx) error) error {
	return s.db.doOn(ctx, s.conn, act)
}

// StagedArticle is an article as a source gives it, rendered.
type StagedArticle struct {
	Item, File, Line int32
	Source, Key      string
	PortableID       string // the file's own, "" to derive one
	Slug, Title      string
	Author           *string
	PublishedAt      *time.Time
	SourceURL        *string
	State            forum.ArticleState
	Replies          forum.Replies
	BodySource       string
	BodyFormat       string // text or html
	BodyHTML         string // sanitised
	BodyText         string
	Policy           int
	Digest           []byte
	OldURLs          []string // further addresses it had
	Standfirst       string   // "" where the source has none
}

// StagedComment is a comment as a source gives it, rendered.
type StagedComment struct {
	N                   int64
	Item, File, Line    int32
	Key, Parent         string
	PortableID          string // the file's own, "" to derive one
	Kind                forum.CommentKind
	Author              *string
	AuthorKind          *forum.PersonKind // where it is not "imported"
	AuthorKey           string            // AuthorName.Key; "" where nobody is named
	AuthorMail          []byte            // keyed hash of the e-mail address
	AuthorURL           *string
	Anchor              *string // fragment at the source, fit for an id
	CreatedAt, EditedAt *time.Time
	State               forum.CommentState
	Branch              string // "", removed or locked
	Format              string // markdown, text or html
	SourceText          *string
	BodyHTML            string
	BodyText            *string
	Policy              int
	Ordinal             int64
	Digest              []byte
}

// StageArticle keeps an article for later.
func (s *ImportSession) StageArticle(ctx context.Context, a StagedArticle) error {
	_, err := s.conn.Exec(ctx, `insert into import_article values
		($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)`,
		a.Item, a.File, a.Line, a.Source, a.Key, a.PortableID, a.Slug, a.Title, a.Author, a.PublishedAt,
		a.SourceURL, a.State, a.Replies, a.BodySource, a.BodyFormat, a.BodyHTML, a.BodyText, a.Policy, a.Digest, a.OldURLs, a.Standfirst)
	return translate(err)
}

var stageColumns = []string{"n", "item", "file", "line", "key", "parent", "portable_id", "kind", "author", "author_kind",
	"created_at", "edited_at", "state", "branch", "source_format", "source_text", "body_html", "body_text",
	"policy_version", "ordinal", "digest", "author_key", "author_mail", "author_url", "anchor"}

// StageComments keeps comments for later.
func (s *ImportSession) StageComments(ctx context.Context, list []StagedComment) error {
	_, err := s.conn.CopyFrom(ctx, pgx.Identifier{"import_comment"}, stageColumns,
		pgx.CopyFromSlice(len(list), func(i int) ([]any, error) {
			c := &list[i]
			return []any{c.N, c.Item, c.File, c.Line, c.Key, c.Parent, c.PortableID, string(c.Kind), c.Author, textOf(c.AuthorKind),
				c.CreatedAt, c.EditedAt, string(c.State), c.Branch, c.Format, c.SourceText, c.BodyHTML, c.BodyText,
				c.Policy, c.Ordinal, c.Digest, c.AuthorKey, c.AuthorMail, c.AuthorURL, c.Anchor}, nil
		}))
	return translate(err)
}

func textOf[T ~string](v *T) *string {
	if v == nil {
		return nil
	}
	s := string(*v)
	return &s
}

// StagedItem says to which article of the import an item belongs.
type StagedItem struct {
	Item, Group int32
	Source      string
}

// StageItems notes to which articles the items belong, once all of them are
// known.
func (s *ImportSession) StageItems(ctx context.Context, list []StagedItem) error {
	_, err := s.conn.CopyFrom(ctx, pgx.Identifier{"import_item"}, []string{"item", "article", "source"},
		pgx.CopyFromSlice(len(list), func(i int) ([]any, error) { return []any{list[i].Item, list[i].Group, list[i].Source}, nil }))
	return translate(err)
}

// Seal makes what was staged quick to find, after the last record.
func (s *ImportSession) Seal(ctx context.Context) error {
	_, err := s.conn.Exec(ctx, `create index on import_comment (item, n); create unique index on import_comment (n);
		create index on import_comment (key); create index on import_article (item);
		analyze import_comment; analyze import_article`)
	return translate(err)
}
