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

// Mentioned gives the keys that a source has for comments here; those that never
// came from it are left out.
func (s *ImportSession) Mentioned(ctx context.Context, source SourceID, ids []forum.CommentID) (map[forum.CommentID]string, error) {
	found := map[forum.CommentID]string{}
	rows, err := s.conn.Query(ctx, `select local_id, external_id from external_ref where source_id = $1 and kind = 'comment' and local_id = any($2)`, source, ids)
	if err != nil {
		return nil, translate(err)
	}
	var id forum.CommentID
	var key string
	_, err = pgx.ForEachRow(rows, []any{&id, &key}, func() error {
		found[id] = key
		return nil
	})
	return found, translate(err)
}
