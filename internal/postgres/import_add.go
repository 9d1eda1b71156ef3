package postgres

import (
	"context"
	"errors"

	"hustings/internal/forum"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// NewCommentIDs draws n numbers for comments, rising.
func (t *Tx) NewCommentIDs(ctx context.Context, n int) ([]forum.CommentID, error) {
	ids := make([]forum.CommentID, 0, n)
	rows, err := t.Query(ctx, `select nextval('comment_id_seq') as id from generate_series(1, $1) order by id`, n)
	if err != nil {
		return nil, translate(err)
	}
	var id forum.CommentID
	_, err = pgx.ForEachRow(rows, []any{&id}, func() error {
		ids = append(ids, id)
		return nil
	})
	return ids, translate(err)
}

// NewComment is a comment of an import that is not here yet, with its place.
type NewComment struct {
	StagedComment
	ID           forum.CommentID
	Article      forum.ArticleID
	Parent, Root forum.CommentID // Parent 0: none
	Depth        int             // from 0
	By           Author          // zero: unknown
	Portable     string          // its portable id
	Fragment     *string         // its anchor, where that is free in the article
}

// ErrPortableTaken is why comments are not added: the portable id of one is that of
// a comment here.
var ErrPortableTaken = errors.New("a portable id is taken")

// RowSource gives rows one by one, as pgx.CopyFromSource does.
type RowSource interface {
	Next() bool
	Values() ([]any, error)
	Err() error
}

// AddComments stores comments with their first revisions, their ancestors and where
// they came from, parents before their replies. paths is asked for again when there
// is more than one attempt. With ErrPortableTaken nothing is stored, and the
// transaction goes on.
func (t *Tx) AddComments(ctx context.Context, job JobID, source SourceID, list []NewComment, paths func() RowSource) (err error) {
	defer wrap(&err, "add imported comments")
	noted := false
	for {
		part, err := t.Begin(ctx)
		if err != nil {
			return translate(err)
		}
		err = (&Tx{Tx: part, changed: t.changed}).addComments(ctx, job, source, list, paths(), noted)
		if err == nil {
			return translate(part.Commit(ctx))
		}
		violated := ""
		if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
			violated = pg.ConstraintName
		}
		if violated != "comment_portable_id_taken" && (violated != "external_ref_pkey" || noted) {
			return translate(err)
		}
		if err := part.Rollback(ctx); err != nil {
			return translate(err)
		}
		if violated == "comment_portable_id_taken" {
			return ErrPortableTaken
		}
		noted = true // the source had such a comment once; it is gone from here
	}
}

func (t *Tx) addComments(ctx context.Context, job JobID, source SourceID, list []NewComment, paths RowSource, noted bool) error {
	if err := t.copyRows(ctx, "comment", newCommentColumns, len(list), func(i int, row []any) ([]any, error) { return list[i].row(row, job), nil }); err != nil {
		return err
	}
	if err := t.copyRows(ctx, "comment_revision", revisionColumns, len(list), func(i int, row []any) ([]any, error) { return list[i].revision(row), nil }); err != nil {
		return err
	}
	if err := t.noteNew(ctx, source, list, noted); err != nil {
		return err
	}
	_, err := t.CopyFrom(ctx, pgx.Identifier{"comment_path"}, pathColumns, paths)
	return err
}

// copyRows fills a table with n rows.
func (t *Tx) copyRows(ctx context.Context, table string, columns []string, n int, row func(i int, into []any) ([]any, error)) error {
	into := make([]any, 0, len(columns))
	_, err := t.CopyFrom(ctx, pgx.Identifier{table}, columns, pgx.CopyFromSlice(n, func(i int) ([]any, error) { return row(i, into[:0]) }))
	return err
}

var newCommentColumns = []string{"id", "article_id", "parent_id", "root_id", "depth", "author_id", "author_kind", "kind", "state",
	"branch_removed", "branch_locked", "created_at", "edited_at", "portable_id", "body_html", "made_by", "imported_as", "anchor"}

func (c *NewComment) row(row []any, job JobID) []any {
	return append(row, int64(c.ID), int64(c.Article), orNull(int64(c.Parent)), int64(c.Root), int32(c.Depth), orNull(int64(c.By.ID)),
		textOf(c.AuthorKind), string(c.Kind), string(c.State), c.Branch == "removed", c.Branch == "locked", c.CreatedAt, c.EditedAt,
		c.Portable, c.BodyHTML, orNull(int64(job)), orNull(int64(c.By.As)), c.Fragment)
}

var revisionColumns = []string{"comment_id", "revision", "at", "source_format", "source_text", "body_html", "body_text", "policy_version"}

func (c *NewComment) revision(row []any) []any {
	at := c.EditedAt
	if at == nil {
		at = c.CreatedAt
	}
	return append(row, int64(c.ID), int32(1), at, c.Format, c.SourceText, c.BodyHTML, c.BodyText, int32(c.Policy))
}

var refColumns = []string{"source_id", "kind", "external_id", "local_id", "digest", "revision", "state"}

// noteNew notes what the source says of new comments; noted tells that it may have
// said something of one of them before.
func (t *Tx) noteNew(ctx context.Context, source SourceID, list []NewComment, noted bool) error {
	if !noted {
		return t.copyRows(ctx, "external_ref", refColumns, len(list), func(i int, row []any) ([]any, error) {
			c := &list[i]
			return append(row, int64(source), "comment", c.Key, int64(c.ID), c.Digest, int32(1), GivenState(c.State, c.Branch)), nil
		})
	}
	keys, ids, digests, states := make([]string, len(list)), make([]int64, len(list)), make([][]byte, len(list)), make([]string, len(list))
	for i := range list {
		c := &list[i]
		keys[i], ids[i], digests[i], states[i] = c.Key, int64(c.ID), c.Digest, GivenState(c.State, c.Branch)
	}
	return t.remember(ctx, source, `select $1, 'comment', n.key, n.id, n.digest, 1, n.state
		from unnest($2::text[], $3::bigint[], $4::bytea[], $5::text[]) n (key, id, digest, state)`, keys, ids, digests, states)
}

// remember notes what the source says of comments now: the rows that a query gives.
func (t *Tx) remember(ctx context.Context, source SourceID, rows string, args ...any) error {
	_, err := t.Exec(ctx, `insert into external_ref (source_id, kind, external_id, local_id, digest, revision, state)`+rows+`
		on conflict (source_id, kind, external_id) do update
		set local_id = excluded.local_id, digest = excluded.digest, revision = excluded.revision, state = excluded.state`, append([]any{source}, args...)...)
	return err
}

// TakenCommentPortables tells which portable ids comments here have.
func (t *Tx) TakenCommentPortables(ctx context.Context, ids []string) (map[string]bool, error) {
	return t.which(ctx, `select portable_id from comment where portable_id = any($1)`, ids)
}

// Fragment is an anchor within an article.
type Fragment struct {
	Article forum.ArticleID
	Anchor  string
}

// TakenFragments tells which of the anchors comments of the articles have already.
func (t *Tx) TakenFragments(ctx context.Context, articles []forum.ArticleID, anchors []string) (map[Fragment]bool, error) {
	rows, err := t.Query(ctx, `select article_id, anchor from comment where article_id = any($1) and anchor = any($2)`, articles, anchors)
	if err != nil {
		return nil, translate(err)
	}
	taken := map[Fragment]bool{}
	var f Fragment
	_, err = pgx.ForEachRow(rows, []any{&f.Article, &f.Anchor}, func() error {
		taken[f] = true
		return nil
	})
	return taken, translate(err)
}
