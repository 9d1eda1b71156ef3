package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// ArticleAt is an article that answers at an old address.
type ArticleAt struct {
	KnownArticle
	Path      string // of the address
	SourceURL string // its own; "" where it has none
}

// TakenPaths tells which old addresses answer already.
func (s *ImportSession) TakenPaths(ctx context.Context, paths []string) (map[string]bool, error) {
	rows, err := s.conn.Query(ctx, `select path from redirect where path = any($1)`, paths)
	if err != nil {
		return nil, translate(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	taken := make(map[string]bool, len(list))
	for _, path := range list {
		taken[path] = true
	}
	return taken, translate(err)
}

// ArticlesAt finds the articles that answer at the paths of old addresses. Which
// site an address was of is the caller's to compare.
func (s *ImportSession) ArticlesAt(ctx context.Context, paths []string) ([]ArticleAt, error) {
	rows, err := s.conn.Query(ctx, `select a.id, a.slug, a.state, a.replies, a.body_html = '', r.path, coalesce(a.source_url, '')
		from redirect r join article a on a.id = r.article_id where r.path = any($1) order by a.id`, paths)
	if err != nil {
		return nil, translate(err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (a ArticleAt, err error) {
		return a, row.Scan(&a.ID, &a.Slug, &a.State, &a.Replies, &a.Bare, &a.Path, &a.SourceURL)
	})
}
