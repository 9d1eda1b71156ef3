package postgres

import (
	"context"

	"hustings/internal/forum"

	"github.com/jackc/pgx/v5"
)

// sealing makes what was staged quick to find, and says which items are one
// article: those of one source with one key, in the order in which the files have
// the articles. Comments of an article that stands in another file join it there.
// import_shared lists the keys of comments that stand below several articles.
var sealing = []string{
	`insert into import_item (item, file, line, article, source, given, no_ids)
		select s.item, s.file, coalesce(a.line, 0), 0, coalesce(a.source, s.source), a.item is not null, s.no_ids
		from import_seen s left join import_article a on a.item = s.item order by s.item`,
	`insert into import_alias (alias, item) select unnest(aliases), item from import_article where aliases is not null`,
	`create index on import_alias (alias)`,
	`insert into import_group (no, source, key, given)
		with named as (
			select i.source, s.key, bool_or(i.given) as given, min(i.item) filter (where i.given) as own, min(i.item) as item
			from import_item i join import_seen s on s.item = i.item group by 1, 2
		)
		select row_number() over (order by own, item) - 1, source, key, given from named n
		where given or not exists (select from named o where o.key = n.key and o.given) and not exists (select from import_alias a where a.alias = n.key)`,
	`create index on import_group (key)`,
	`create unique index on import_article (item)`,
	`analyze import_item, import_group, import_seen`,
	`analyze import_article (item)`,
	`update import_item i set article = coalesce(
			(select g.no from import_group g where g.key = s.key and g.source = i.source),
			(select g.no from import_group g where g.key = s.key order by g.no desc limit 1),
			(select g.no from import_alias a join import_item o on o.item = a.item join import_seen os on os.item = o.item
				join import_group g on g.source = o.source and g.key = os.key where a.alias = s.key order by a.item desc limit 1))
		from import_seen s where s.item = i.item`,
	`create index on import_item (article)`,
	`create unique index on import_comment (n)`,
	`create index on import_comment (item, n)`,
	`create index on import_comment (kh)`,
	`create index on import_comment (ph) where ph <> 0`,
	`insert into import_shared select c.kh from import_comment c join import_item i on i.item = c.item where not i.no_ids
		group by c.kh having min(i.article) <> max(i.article)`,
	`create index on import_shared (kh)`,
	`analyze import_comment (n, item, kh, ph)`, // not the texts
	`analyze import_item, import_shared`,
}

// Seal makes what was staged quick to find, after the last record.
func (s *ImportSession) Seal(ctx context.Context) error {
	for _, statement := range sealing {
		if _, err := s.conn.Exec(ctx, statement); err != nil {
			return translate(err)
		}
	}
	return nil
}

// GroupSize is an article of the import: how many comments the files have for it,
// and the place of its source in the list of sources.
type GroupSize struct {
	Comments int32
	Source   int32
}

// Groups gives the articles of a sealed import, by number, and the sources that
// they are from.
func (s *ImportSession) Groups(ctx context.Context) (list []GroupSize, sources []string, err error) {
	rows, err := s.conn.Query(ctx, `select g.source, coalesce(sum(c.n), 0)::int from import_group g
		left join import_item i on i.article = g.no left join (select item, count(*) as n from import_comment group by item) c on c.item = i.item
		group by g.no, g.source order by g.no`)
	if err != nil {
		return nil, nil, translate(err)
	}
	known := map[string]int32{}
	var name string
	var size int32
	_, err = pgx.ForEachRow(rows, []any{&name, &size}, func() error {
		source, ok := known[name]
		if !ok {
			source = int32(len(sources))
			known[name], sources = source, append(sources, name)
		}
		list = append(list, GroupSize{size, source})
		return nil
	})
	return list, sources, translate(err)
}

// GroupItem is the part that one file has of an article.
type GroupItem struct {
	Group, Item, File, Line int32
	Given                   bool // it has the article itself, not just comments
	NoIDs                   bool
}

// GroupItems gives the items of the articles from lo on and before hi: by article,
// those that have the article itself first, in the order of the files.
func (s *ImportSession) GroupItems(ctx context.Context, lo, hi int) ([]GroupItem, error) {
	rows, err := s.conn.Query(ctx, `select article, item, file, line, given, no_ids from import_item
		where article >= $1 and article < $2 order by article, given desc, item`, lo, hi)
	if err != nil {
		return nil, translate(err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[GroupItem])
}

// GroupKeys gives the keys of the articles from lo on and before hi.
func (s *ImportSession) GroupKeys(ctx context.Context, lo, hi int) ([]string, error) {
	rows, err := s.conn.Query(ctx, `select key from import_group where no >= $1 and no < $2 order by no`, lo, hi)
	if err != nil {
		return nil, translate(err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// StagedHead is what the files say of an article, but for its texts.
type StagedHead struct {
	Item, File, Line int32
	PortableID       string
	Slug, Title      string
	SourceURL        *string
	State            forum.ArticleState
	Replies          forum.Replies
	Digest           []byte
	OldURLs          []string
	Pictures         []string
	HasBody          bool
}

// StagedHeads reads the articles of items.
func (s *ImportSession) StagedHeads(ctx context.Context, items []int32) (map[int32]StagedHead, error) {
	rows, err := s.conn.Query(ctx, `select item, file, line, portable_id, slug, title, source_url, state, replies, digest, old_urls, pictures, body_html <> ''
		from import_article where item = any($1)`, items)
	if err != nil {
		return nil, translate(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[StagedHead])
	heads := make(map[int32]StagedHead, len(list))
	for _, h := range list {
		heads[h.Item] = h
	}
	return heads, translate(err)
}
