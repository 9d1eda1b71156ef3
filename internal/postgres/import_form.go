package postgres

import (
	"context"
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

// EachForm gives what a source said of comments last time, and what is staged of
// them now: n gives the staged ones.
func (s *ImportSession) EachForm(ctx context.Context, source SourceID, count int, n func(int) int64, do func(n int64, was, now Form)) error {
	_, err := s.conn.CopyFrom(ctx, pgx.Identifier{"import_pair"}, []string{"n", "other", "ordinal"},
		pgx.CopyFromSlice(count, func(i int) ([]any, error) { return []any{n(i), int64(0), int64(0)}, nil }))
	if err != nil {
		return translate(err)
	}
	rows, err := s.conn.Query(ctx, `select i.n, c.kind, coalesce(a.name, ''), c.created_at, coalesce(v.body_text, ''),
			i.kind, coalesce(i.author, ''), i.created_at, coalesce(i.body_text, '')
		from import_pair p join import_comment i on i.n = p.n
		join external_ref r on r.source_id = $1 and r.kind = 'comment' and r.external_id = i.key
		join comment c on c.id = r.local_id left join person a on a.id = coalesce(c.imported_as, c.author_id)
		left join comment_revision v on v.comment_id = c.id and v.revision = coalesce(r.revision, 1)`, source)
	if err != nil {
		return translate(err)
	}
	var at int64
	var was, now Form
	if _, err = pgx.ForEachRow(rows, []any{&at, &was.Kind, &was.Author, &was.CreatedAt, &was.Text, &now.Kind, &now.Author, &now.CreatedAt, &now.Text}, func() error {
		do(at, was, now)
		return nil
	}); err != nil {
		return translate(err)
	}
	return s.dropPairs(ctx)
}

// StoredArticleText reads the title and the plain text of an article.
func (s *ImportSession) StoredArticleText(ctx context.Context, article forum.ArticleID) (title, text string, err error) {
	err = s.conn.QueryRow(ctx, `select title, body_text from article where id = $1`, article).Scan(&title, &text)
	return title, text, translate(err)
}
