package postgres

import (
	"context"
	"slices"
	"time"

	"hustings/internal/forum"

	"github.com/jackc/pgx/v5"
)

// Form is a comment as one form of its source shows it.
type Form struct {
	Kind      forum.CommentKind
	Author    string // "": unknown
	CreatedAt *time.Time
	Text      string
}

// EachForm gives what a source said last time of comments, by their keys.
func (s *ImportSession) EachForm(ctx context.Context, source SourceID, keys []string, do func(key string, was Form)) error {
	for part := range slices.Chunk(keys, leafChunk) {
		rows, err := s.conn.Query(ctx, `select r.external_id, c.kind, coalesce(a.name, ''), c.created_at, coalesce(v.body_text, '')
			from external_ref r join comment c on c.id = r.local_id left join person a on a.id = coalesce(c.imported_as, c.author_id)
			left join comment_revision v on v.comment_id = c.id and v.revision = coalesce(r.revision, 1)
			where r.source_id = $1 and r.kind = 'comment' and r.external_id = any($2)`, source, part)
		if err != nil {
			return translate(err)
		}
		var key string
		var was Form
		if _, err = pgx.ForEachRow(rows, []any{&key, &was.Kind, &was.Author, &was.CreatedAt, &was.Text}, func() error {
			do(key, was)
			return nil
		}); err != nil {
			return translate(err)
		}
	}
	return nil
}

// StoredArticleText reads the title and the plain text of an article.
func (s *ImportSession) StoredArticleText(ctx context.Context, article forum.ArticleID) (title, text string, err error) {
	err = s.conn.QueryRow(ctx, `select title, body_text from article where id = $1`, article).Scan(&title, &text)
	return title, text, translate(err)
}
