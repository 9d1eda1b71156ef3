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
	db    *DB
	conn  *pgx.Conn
	early bool // there are sources of imports from before people had keys: see AdoptImported
	// shared tells whether import_shared has anything, and found whether staged
	// comments are indexed by their hashes.
	shared, found bool
}

// importTables are gone with the session. Of a staged comment they hold what it is
// compared and placed by; its texts wait with the caller. What is to be changed here
// comes to import_told, batch by batch. They are written once and read once, so they
// have no keys until Seal. import_seen lists the articles of each file as they came
// up and import_mark what they have in common with others; Seal makes import_item,
// import_name and import_group of them. Plans are made anew for each batch, since
// what they were made for grows while the import goes on.
const importTables = `
set statement_timeout = 0;
set idle_in_transaction_session_timeout = 0;
set lock_timeout = '30s';
set plan_cache_mode = force_custom_plan;
set work_mem = '32MB';
do $$ begin set temp_buffers = '32MB'; exception when others then null; end $$; -- too late on a connection that had such tables before
create temp table import_article (
  item int not null, file int not null, line int not null, source text not null, key text not null,
  portable_id text not null, slug text not null, title text not null, source_url text, state text not null, replies text not null,
  bare boolean not null, body bigint not null, digest bytea not null, old_urls text[], pictures text[], aliases text[]
);
create temp table import_seen (item int not null, file int not null, key text not null, source text not null, no_ids boolean not null, rank smallint not null);
create temp table import_mark (item int not null, mark text not null, own boolean not null, path text);
create temp table import_item (
  item int primary key, file int not null, line int not null, article int not null, source text not null, given boolean not null, no_ids boolean not null,
  rank smallint not null, bare boolean not null
);
create temp table import_name (
  name int not null, root int not null, no int, source text not null, key text not null, given boolean not null, own int, item int not null, head int
);
create temp table import_link (name int not null, label text not null, own boolean not null, sure boolean not null);
create temp table import_group (no int primary key, source text not null, key text not null, head int, others int[] not null);
create temp table import_alias (alias text not null, item int not null);
create temp table import_shared (kh bigint not null);
create temp table import_comment (
  n bigint not null, item int not null, flags int not null, kh bigint not null, ph bigint not null, ordinal bigint not null,
  key text not null, digest bytea not null, given text not null, global text,
  author text, author_key text, author_mail bytea, author_url text, anchor text
);
create temp table import_author (item int not null, author_key text not null, name text not null);
create temp table import_told (
  id bigint not null, article_id bigint not null, known_key text not null, noted text,
  revised boolean not null, restated boolean not null, kept boolean not null, author_id bigint, imported_as bigint,
  n bigint not null, key text not null, kind public.comment_kind not null, author text, author_kind public.person_kind,
  created_at timestamptz, edited_at timestamptz, state public.comment_state not null, branch text not null,
  source_format public.source_format not null, source_text text, body_html text not null, body_text text,
  policy_version int not null, digest bytea not null
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
	_, err = s.conn.Exec(ctx, importTables)
	if err == nil {
		err = s.conn.QueryRow(ctx, `select exists (select from source where early)`).Scan(&s.early)
	}
	if err != nil {
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

// StagedArticle is an article as a source gives it, rendered, but for what it says.
type StagedArticle struct {
	Item, File, Line int32
	Source, Key      string
	PortableID       string // the file's own, "" to derive one
	Slug, Title      string
	SourceURL        *string
	State            forum.ArticleState
	Replies          forum.Replies
	Body             int64 // where its ArticleBody waits
	Bare             bool  // which is empty
	Digest           []byte
	OldURLs          []string // further addresses it had
	Pictures         []string // addresses of the images in it
	Aliases          []string // further keys by which comments in other files refer to it
	Marks            []Mark
}

// ArticleBody is what an article says, rendered.
type ArticleBody struct {
	Author      *string
	PublishedAt *time.Time
	Standfirst  string // "" where the source has none
	Source      string
	Format      string // text, html or markdown
	HTML        string // sanitised
	Text        string
	Policy      int
}

// Mark is something that an article shares with the same article under another key
// of its source: an address or an id.
type Mark struct {
	Mark string
	// Own: it names the article; else the article once had it, and it counts where it
	// names another one now.
	Own bool
	// Path is that of an address, as redirects have it; "": this is no address.
	Path string
}

// StagedComment is a comment as a source gives it, rendered.
type StagedComment struct {
	N                   int64 // its number within the import, from 1; rising within a file
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
	// Hash and ParentHash stand for Key and Parent in everything that compares them
	// within an import: the same for equal keys, 0 for none.
	Hash, ParentHash int64
}

// AuthorName names its author within the source; false where nobody is named.
func (c *StagedComment) AuthorName() (AuthorName, bool) {
	if c.Author == nil {
		return AuthorName{}, false
	}
	return AuthorName{Key: c.AuthorKey, Name: *c.Author}, true
}

// StagedMark is what an import compares of a comment.
type StagedMark struct {
	N, Hash, ParentHash int64
	Ordinal             int64
	Item                int32
	Flags               LeafFlags
	Key                 string
	Digest              []byte
	Given               string  // GivenState
	Global              *string // its portable id, where that is the same on every site
	Author              *string
	AuthorKey           string
	AuthorMail          []byte
	AuthorURL, Anchor   *string
}

// StageArticles keeps articles for later.
func (s *ImportSession) StageArticles(ctx context.Context, list []StagedArticle) error {
	if err := s.stageMarks(ctx, list); err != nil {
		return err
	}
	_, err := s.conn.CopyFrom(ctx, pgx.Identifier{"import_article"}, []string{"item", "file", "line", "source", "key", "portable_id", "slug", "title",
		"source_url", "state", "replies", "bare", "body", "digest", "old_urls", "pictures", "aliases"},
		pgx.CopyFromSlice(len(list), func(i int) ([]any, error) {
			a := &list[i]
			return []any{a.Item, a.File, a.Line, a.Source, a.Key, a.PortableID, a.Slug, a.Title,
				a.SourceURL, string(a.State), string(a.Replies), a.Bare, a.Body, a.Digest, a.OldURLs, a.Pictures, a.Aliases}, nil
		}))
	return translate(err)
}

func (s *ImportSession) stageMarks(ctx context.Context, list []StagedArticle) error {
	var rows [][]any
	for i := range list {
		for _, m := range list[i].Marks {
			rows = append(rows, []any{list[i].Item, m.Mark, m.Own, orNull(m.Path)})
		}
	}
	if len(rows) == 0 {
		return nil
	}
	_, err := s.conn.CopyFrom(ctx, pgx.Identifier{"import_mark"}, []string{"item", "mark", "own", "path"}, pgx.CopyFromRows(rows))
	return translate(err)
}

var stageColumns = []string{"n", "item", "flags", "kh", "ph", "ordinal", "key", "digest", "given", "global",
	"author", "author_key", "author_mail", "author_url", "anchor"}

// StageComments keeps of comments what they are compared by.
func (s *ImportSession) StageComments(ctx context.Context, list []StagedMark) error {
	row := make([]any, 0, len(stageColumns))
	_, err := s.conn.CopyFrom(ctx, pgx.Identifier{"import_comment"}, stageColumns,
		pgx.CopyFromSlice(len(list), func(i int) ([]any, error) {
			c := &list[i]
			row := append(row[:0], c.N, c.Item, int32(c.Flags), c.Hash, c.ParentHash, c.Ordinal, c.Key, c.Digest, c.Given, c.Global)
			if s.early {
				return append(row, c.Author, c.AuthorKey, c.AuthorMail, c.AuthorURL, c.Anchor), nil
			}
			return append(row, nil, nil, nil, nil, nil), nil
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

// SeenItem is an article of one file as it first came up: with its own record or
// with a comment that names it.
type SeenItem struct {
	Item, File int32
	Key        string
	Source     string // where its own record does not say
	NoIDs      bool   // its comments have none
	Rank       int16  // how near the file is to what was written: higher is nearer
}

// StageItems notes the articles that came up in a file.
func (s *ImportSession) StageItems(ctx context.Context, list []SeenItem) error {
	_, err := s.conn.CopyFrom(ctx, pgx.Identifier{"import_seen"}, []string{"item", "file", "key", "source", "no_ids", "rank"},
		pgx.CopyFromSlice(len(list), func(i int) ([]any, error) {
			return []any{list[i].Item, list[i].File, list[i].Key, list[i].Source, list[i].NoIDs, list[i].Rank}, nil
		}))
	return translate(err)
}
