package postgres

import (
	"context"

	"hustings/internal/forum"

	"github.com/jackc/pgx/v5"
)

// Gone are articles that earlier exports of a source brought and that the files of
// this import do not name.
type Gone struct {
	File     int32 // the first of the whole exports
	Articles []forum.ArticleID
}

// goneArticles finds, for each source that has a whole file and no torn one, what
// was noted of its articles from a file of the same rank (or from a thread without
// a text, which has rank 0), is published here, and is named by no file. Where that
// is more than what is named, the export is one of a part.
const goneArticles = `
	with exports as (
		select i.source, min(i.file) filter (where i.file = any($1)) as file, max(i.rank) filter (where i.file = any($1)) as rank from import_item i
		where i.given and i.source <> $3 group by 1 having bool_or(i.file = any($1)) and not bool_or(i.file = any($2))
	), known as (
		select e.file, r.local_id, exists (select from external_ref o join import_name n on n.source = e.source and n.key = o.external_id and n.given
				where o.source_id = s.id and o.kind = 'article' and o.local_id = r.local_id) as named
		from exports e join source s on s.name = e.source join external_ref r on r.source_id = s.id and r.kind = 'article' and r.state <> ''
			and octet_length(r.digest) = 33 and get_byte(r.digest, 32) in (e.rank, 0)
		where exists (select from article a where a.id = r.local_id and a.state = 'published')
	)
	select file, array_agg(distinct local_id order by local_id) filter (where not named) from known
	group by file having count(*) filter (where not named) between 1 and count(*) filter (where named) order by file`

// GoneArticles looks for articles that sources no longer have: whole are the files
// of exports of whole sites, torn those that could not be read whole. The source
// that is named except is left out. The articles rise.
func (s *ImportSession) GoneArticles(ctx context.Context, whole, torn []int32, except string) ([]Gone, error) {
	rows, err := s.conn.Query(ctx, goneArticles, whole, torn, except)
	if err != nil {
		return nil, translate(err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Gone])
}

// Titles reads the titles of articles, in the order of their numbers.
func (s *ImportSession) Titles(ctx context.Context, ids []forum.ArticleID) ([]string, error) {
	rows, err := s.conn.Query(ctx, `select title from article where id = any($1) order by id`, ids)
	if err != nil {
		return nil, translate(err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}
