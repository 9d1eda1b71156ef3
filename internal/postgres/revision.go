package postgres

import (
	"context"
	"time"

	"hustings/internal/forum"

	"github.com/jackc/pgx/v5"
)

// Revision is one version of a comment's text.
type Revision struct {
	Number int
	At     *time.Time // nil: unknown
	Source string     // as typed; for imports what the source had
	HTML   string     // sanitised
	Text   string     // plain
	Policy int        // version of the markup policy
}

// Revise adds a revision and makes it the current one. The comment is locked.
func (t *Tx) Revise(ctx context.Context, article forum.ArticleID, id forum.CommentID, r Revision) (err error) {
	defer wrap(&err, "revise comment %d", id)
	_, err = t.Exec(ctx, `
		with revision as (
			insert into comment_revision (comment_id, revision, at, source_format, source_text, body_html, body_text, policy_version)
			values ($1, $2, now(), 'markdown', $3, $4, $5, $6))
		update comment set revision = $2, body_html = $4, edited_at = now() where id = $1`,
		id, r.Number, r.Source, r.HTML, r.Text, r.Policy)
	if err != nil {
		return translate(err)
	}
	return t.Changed(ctx, article, 0)
}

// Source reads the current text of a comment as its author typed it, with the
// revision it has.
func (db *DB) Source(ctx context.Context, id forum.CommentID) (source string, revision int, err error) {
	err = db.pool.QueryRow(ctx, `select coalesce(r.source_text, r.body_text, ''), c.revision
		from comment c join comment_revision r on r.comment_id = c.id and r.revision = c.revision where c.id = $1`, id).Scan(&source, &revision)
	return source, revision, notFound(err, noSuchComment)
}

// History reads all versions of a comment, oldest first. Whether the viewer may
// read the comment has been decided by reading its permalink.
func (db *DB) History(ctx context.Context, id forum.CommentID) ([]Revision, error) {
	rows, err := db.pool.Query(ctx, `select revision, at, coalesce(source_text, ''), body_html, coalesce(body_text, ''), policy_version
		from comment_revision where comment_id = $1 order by revision limit 500`, id)
	if err != nil {
		return nil, translate(err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (r Revision, err error) {
		err = row.Scan(&r.Number, &r.At, &r.Source, &r.HTML, &r.Text, &r.Policy)
		return r, err
	})
	return list, translate(err)
}
