package postgres

import (
	"context"

	"hustings/internal/forum"

	"github.com/jackc/pgx/v5"
)

// ArticleList gives at most limit public articles in an order, without their
// text, after a cursor of an earlier page.
func (db *DB) ArticleList(ctx context.Context, sort forum.FrontSort, after string, limit int) (list []forum.Article, next string, err error) {
	defer wrap(&err, "articles by %s", sort)
	args, err := frontArgs(sort, after, limit+1)
	if err != nil {
		return nil, "", err
	}
	rows, err := db.pool.Query(ctx, frontQueries[sort], args...)
	if err != nil {
		return nil, "", translate(err)
	}
	list, err = pgx.CollectRows(rows, scanArticle)
	if err != nil || len(list) <= limit {
		return list, "", translate(err)
	}
	list = list[:limit]
	next, err = db.frontCursor(ctx, sort, &list[limit-1])
	return list, next, err
}

// ThreadCursor is the cursor of the page of a thread that follows a top-level
// comment.
func ThreadCursor(last forum.CommentID) string { return cursor(last) }

// CommentDetail is what the API says of a comment beyond what a thread needs.
type CommentDetail struct {
	ID         forum.CommentID
	PortableID string
	AuthorKind string  // imported, guest, member or unknown
	BodyText   *string // nil only for placeholders
}

// CommentDetails reads the details of comments. It says nothing of who may see
// them: the caller asks only for what it found for its viewer, and leaves the
// author and the text out where they are not shown.
func (db *DB) CommentDetails(ctx context.Context, ids []forum.CommentID) (_ map[forum.CommentID]CommentDetail, err error) {
	defer wrap(&err, "details of %d comments", len(ids))
	rows, err := db.pool.Query(ctx, `
		select c.id, c.portable_id, coalesce(c.author_kind::text, p.kind::text, 'unknown') as author_kind, r.body_text
		from comment c left join person p on p.id = c.author_id
		left join comment_revision r on r.comment_id = c.id and r.revision = c.revision
		where c.id = any ($1)`, ids)
	if err != nil {
		return nil, translate(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[CommentDetail])
	details := make(map[forum.CommentID]CommentDetail, len(list))
	for _, d := range list {
		details[d.ID] = d
	}
	return details, translate(err)
}
