package postgres

import (
	"context"

	"hustings/internal/forum"

	"github.com/jackc/pgx/v5"
)

// StoredTexts reads the plain text of comments as they stand here, at most chars
// characters of each.
func (s *ImportSession) StoredTexts(ctx context.Context, ids []forum.CommentID, chars int) (map[forum.CommentID]string, error) {
	found := make(map[forum.CommentID]string, len(ids))
	rows, err := s.conn.Query(ctx, `select c.id, left(r.body_text, $2) from comment c
		join comment_revision r on r.comment_id = c.id and r.revision = c.revision
		where c.id = any($1) and r.body_text is not null`, ids, chars)
	if err != nil {
		return nil, translate(err)
	}
	var id forum.CommentID
	var text string
	_, err = pgx.ForEachRow(rows, []any{&id, &text}, func() error {
		found[id] = text
		return nil
	})
	return found, translate(err)
}
