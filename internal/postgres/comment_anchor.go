package postgres

import (
	"context"
	"strings"

	"hustings/internal/forum"
)

// anchorsSearched is how many comments of an article are looked through for an old
// fragment, the oldest ones: enough for what people have linked to, and a bound for
// what anybody may ask.
const anchorsSearched = 50_000

// CommentAt finds the comment that the old page of an article showed at a fragment,
// such as "comment-123"; NotFound where there is none that readers may know of.
func (db *DB) CommentAt(ctx context.Context, article forum.ArticleID, anchor string) (id forum.CommentID, err error) {
	defer wrap(&err, "comment at an old fragment of article %d", article)
	for _, prefix := range []string{"li-", "div-"} {
		if bare, ok := strings.CutPrefix(anchor, prefix); ok && strings.HasPrefix(bare, "comment-") {
			anchor = bare
		}
	}
	err = db.pool.QueryRow(ctx, `select id from (select id, anchor, state from comment where article_id = $1 order by id limit $3) c
		where c.anchor = $2 and c.state not in ('held', 'quarantined', 'spam') limit 1`, article, anchor, anchorsSearched).Scan(&id)
	return id, notFound(err, "This comment is not here.")
}
