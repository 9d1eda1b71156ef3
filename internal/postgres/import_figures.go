package postgres

import (
	"context"

	"hustings/internal/forum"

	"github.com/jackc/pgx/v5"
)

// PathOwners gives the articles to which old addresses lead already, by their paths.
func (s *ImportSession) PathOwners(ctx context.Context, paths []string) (map[string]forum.ArticleID, error) {
	rows, err := s.conn.Query(ctx, `select path, article_id from redirect where path = any($1)`, paths)
	if err != nil {
		return nil, translate(err)
	}
	owners := map[string]forum.ArticleID{}
	var path string
	var owner forum.ArticleID
	_, err = pgx.ForEachRow(rows, []any{&path, &owner}, func() error {
		owners[path] = owner
		return nil
	})
	return owners, translate(err)
}

// HeardAuthor is somebody whom a comment of a staged article names as its author.
type HeardAuthor struct {
	Item int32
	AuthorName
}

// StageAuthors notes authors for CountAuthors; some may be noted more than once.
func (s *ImportSession) StageAuthors(ctx context.Context, list []HeardAuthor) error {
	if len(list) == 0 {
		return nil
	}
	_, err := s.conn.CopyFrom(ctx, pgx.Identifier{"import_author"}, []string{"item", "author_key", "name"},
		pgx.CopyFromSlice(len(list), func(i int) ([]any, error) { return []any{list[i].Item, list[i].Key, list[i].Name}, nil }))
	return translate(err)
}

// ForgetAuthors takes authors out of what StageAuthors noted, after Seal.
func (s *ImportSession) ForgetAuthors(ctx context.Context, list []SourceAuthor) error {
	sources, keys, names := make([]string, len(list)), make([]string, len(list)), make([]string, len(list))
	for i, a := range list {
		sources[i], keys[i], names[i] = a.Source, a.Key, a.Name
	}
	_, err := s.conn.Exec(ctx, `delete from import_author a using import_item i left join import_group g on g.no = i.article,
			unnest($1::text[], $2::text[], $3::text[]) e (source, key, name)
		where i.item = a.item and a.author_key = e.key and a.name = e.name and coalesce(g.source, i.source) = e.source`, sources, keys, names)
	return translate(err)
}

// AuthorCount counts the authors that the staged comments name.
type AuthorCount struct {
	New, Known int // whether an import before this one brought them
	Clash      int // of both: a member has the name, and none has claimed them
}

// CountAuthors counts the authors of what is staged, after Seal and before anything is
// written. Those whom an earlier run of the same job has made are new.
func (s *ImportSession) CountAuthors(ctx context.Context, job JobID) (AuthorCount, error) {
	return s.countAuthors(ctx, job, `select distinct i.source, a.author_key, a.name from import_author a join import_item i on i.item = a.item`)
}

// CountLeftOut counts those of CountAuthors of whom nothing is taken. Nothing of theirs
// was written, so that they count as they did before.
func (s *ImportSession) CountLeftOut(ctx context.Context, job JobID, left []HeardAuthor) (AuthorCount, error) {
	items, keys, names := make([]int32, len(left)), make([]string, len(left)), make([]string, len(left))
	for i, a := range left {
		items[i], keys[i], names[i] = a.Item, a.Key, a.Name
	}
	return s.countAuthors(ctx, job, `select i.source, e.author_key, e.name
			from unnest($2::int[], $3::text[], $4::text[]) e (item, author_key, name) join import_item i on i.item = e.item
		intersect select i.source, a.author_key, a.name from import_author a join import_item i on i.item = a.item`, items, keys, names)
}

// countAuthors counts those whom a query names, by their source, key and name.
func (s *ImportSession) countAuthors(ctx context.Context, job JobID, query string, args ...any) (n AuthorCount, err error) {
	defer wrap(&err, "count the authors of an import")
	err = s.conn.QueryRow(ctx, `
		with said as materialized (`+query+`
		), began as materialized (
			select coalesce(min(applied_at), 'infinity') as at from import_job where id = $1
		), member as materialized (
			select distinct lower(name) as name from person where kind = 'member'
		)
		select count(*) filter (where p.id is null or p.created_at >= began.at),
			count(*) filter (where p.created_at < began.at),
			count(*) filter (where member.name is not null and p.claimed_by is null)
		from said cross join began
		left join person p on p.kind = 'imported' and p.source = said.source and p.author_key = said.author_key and p.name = said.name
		left join member on member.name = lower(said.name)`, append([]any{job}, args...)...).Scan(&n.New, &n.Known, &n.Clash)
	return n, translate(err)
}
