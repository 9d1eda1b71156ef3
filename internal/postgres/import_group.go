package postgres

import (
	"context"

	"hustings/internal/forum"

	"github.com/jackc/pgx/v5"
)

// naming lists what was staged by item and by name: an article of one source with
// one key. Comments of an article that stands in another file have no name of their
// own.
var naming = []string{
	`insert into import_item (item, file, line, article, source, given, no_ids, rank, bare)
		select s.item, s.file, coalesce(a.line, 0), 0, coalesce(a.source, s.source), a.item is not null, s.no_ids, s.rank, coalesce(a.bare, true)
		from import_seen s left join import_article a on a.item = s.item order by s.item`,
	`insert into import_alias (alias, item) select unnest(aliases), item from import_article where aliases is not null`,
	`create index on import_alias (alias)`,
	`insert into import_name (name, root, source, key, given, own, item, head)
		with named as (
			select i.source, s.key, bool_or(i.given) as given, min(i.item) filter (where i.given) as own, min(i.item) as item,
				(array_agg(i.item order by ` + nearest + `) filter (where i.given))[1] as head
			from import_item i join import_seen s on s.item = i.item group by 1, 2
		)
		select row_number() over (order by own, item), 0, source, key, given, own, item, head from named n
		where given or not exists (select from named o where o.key = n.key and o.given) and not exists (select from import_alias a where a.alias = n.key)`,
	`update import_name set root = name`,
	`create index on import_name (key)`,
	`analyze import_item, import_name, import_seen, import_mark`,
	`insert into import_link (name, label, own, sure)
		select n.name, m.mark, bool_or(m.own), m.path is null from import_mark m join import_item i on i.item = m.item join import_seen s on s.item = m.item
			join import_name n on n.source = i.source and n.key = s.key group by n.name, m.mark, m.path is null
		union all
		select n.name, 'here ' || r.local_id, true, true from import_name n join source s on s.name = n.source
			cross join lateral (select r.local_id from external_ref r where r.source_id = s.id and r.kind = 'article' and r.external_id = n.key limit 1) r
			where n.given
		union all
		select distinct n.name, 'here ' || r.id, true, false from import_mark m join import_item i on i.item = m.item join import_seen s on s.item = m.item
			join import_name n on n.source = i.source and n.key = s.key
			cross join lateral (select a.id from redirect d join article a on a.id = d.article_id where d.path = m.path
				and m.mark = ` + siteOf("a.source_url") + ` || d.path limit 1) r
			where m.own and m.path is not null`,
	`analyze import_link`,
}

// nearest is the order of items that have an article: first the one whose text it
// gets. That one has a text, and is nearest to the original; of several it is the
// last, for later files correct earlier ones.
const nearest = `i.bare, i.rank desc, i.item desc`

// siteOf is the SQL of the site that an address is of, as marks have it.
func siteOf(address string) string {
	return `regexp_replace(lower(split_part(split_part(` + address + `, '/', 3), ':', 1)), '^(www|m|mobile|amp)\.(?=.*\.)', '')`
}

// sealing makes what was staged quick to find, and says which items are one
// article: those of one name or of names that are one, in the order in which the
// files have the articles. Its key is that of what is nearest to the original.
// import_shared lists the keys of comments that stand below several articles.
var sealing = []string{
	`update import_name n set no = g.no from (select root, row_number() over (order by min(own), min(item)) - 1 as no from import_name group by root) g
		where g.root = n.root`,
	`insert into import_group (no, source, key, head, others)
		select n.no, min(n.source), (array_agg(n.key order by ` + nearest + `))[1], (array_agg(n.head order by ` + nearest + `))[1], (array_agg(n.head order by ` + nearest + `))[2:]
		from import_name n left join import_item i on i.item = n.head group by n.no order by n.no`,
	`create index on import_name (no)`,
	`create unique index on import_article (item)`,
	`analyze import_name, import_group`,
	`analyze import_article (item)`,
	`update import_item i set article = coalesce(
			(select n.no from import_name n where n.key = s.key and n.source = i.source),
			(select n.no from import_name n where n.key = s.key order by n.no desc limit 1),
			(select n.no from import_alias a join import_item o on o.item = a.item join import_seen os on os.item = o.item
				join import_name n on n.source = o.source and n.key = os.key where a.alias = s.key order by a.item desc limit 1))
		from import_seen s where s.item = i.item`,
	`create index on import_item (article)`,
	`create index on import_comment (item, n)`,
	`insert into import_shared select c.kh from import_comment c join import_item i on i.item = c.item where not i.no_ids
		group by c.kh having min(i.article) <> max(i.article)`,
	`create index on import_shared (kh)`,
	`analyze import_comment (n, item, kh, ph)`,
	`analyze import_item, import_shared`,
}

// Seal makes what was staged quick to find, after the last record.
func (s *ImportSession) Seal(ctx context.Context) error {
	if err := s.each(ctx, naming); err != nil {
		return err
	}
	if err := s.unite(ctx); err != nil {
		return err
	}
	if err := s.each(ctx, sealing); err != nil {
		return err
	}
	if err := s.conn.QueryRow(ctx, `select exists (select from import_shared)`).Scan(&s.shared); err != nil || !s.shared {
		return translate(err)
	}
	return s.findable(ctx)
}

func (s *ImportSession) each(ctx context.Context, statements []string) error {
	for _, statement := range statements {
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
	Rank                    int16 // see SeenItem
}

// itemOrder is the order of an article's items: those that have the article itself
// first, of them those that are nearest to the original, in the order of the files.
const itemOrder = `given desc, i.rank desc, i.item desc`

// GroupItems gives the items of the articles from lo on and before hi: by article,
// in their order.
func (s *ImportSession) GroupItems(ctx context.Context, lo, hi int) ([]GroupItem, error) {
	rows, err := s.conn.Query(ctx, `select i.article, i.item, i.file, i.line, i.given, i.no_ids, i.rank from import_item i
		where i.article >= $1 and i.article < $2 order by i.article, i.`+itemOrder, lo, hi)
	if err != nil {
		return nil, translate(err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[GroupItem])
}

// GroupKey names an article of the import.
type GroupKey struct {
	Key    string
	Head   *int32  // the item whose text it gets; nil: there are only comments for it
	Others []int32 // items that have it under another key of the source, one for each
}

// GroupKeys gives the keys of the articles from lo on and before hi.
func (s *ImportSession) GroupKeys(ctx context.Context, lo, hi int) ([]GroupKey, error) {
	rows, err := s.conn.Query(ctx, `select key, head, others from import_group where no >= $1 and no < $2 order by no`, lo, hi)
	if err != nil {
		return nil, translate(err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[GroupKey])
}

// StagedHead is what the files say of an article, but for its texts.
type StagedHead struct {
	Item, File, Line int32
	Key              string
	PortableID       string
	Slug, Title      string
	SourceURL        *string
	State            forum.ArticleState
	Replies          forum.Replies
	Digest           []byte
	OldURLs          []string
	Pictures         []string
	HasBody          bool
	Body             int64 // where its ArticleBody waits
}

// StagedHeads reads the articles of items.
func (s *ImportSession) StagedHeads(ctx context.Context, items []int32) (map[int32]StagedHead, error) {
	rows, err := s.conn.Query(ctx, `select item, file, line, key, portable_id, slug, title, source_url, state, replies, digest, old_urls, pictures, not bare, body
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
