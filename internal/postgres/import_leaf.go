package postgres

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"hustings/internal/forum"

	"github.com/jackc/pgx/v5"
)

// LeafFlags packs what an import has to know of a comment, staged or here, besides
// numbers: of a million of them nothing else is held in memory.
type LeafFlags uint32

// What is true of a comment.
const (
	LeafRemoved  LeafFlags = 1 << (iota + 5) // its branch is removed
	LeafLocked                               // its branch is locked
	LeafCounted                              // staged: it has a body or an author
	LeafPortable                             // staged: the file gives it a portable id
	LeafTaken                                // staged: its key belongs to a comment of another article
	LeafSame                                 // staged: it says what the source said last time
	LeafSameMark                             // staged: its state is that of last time
	LeafText                                 // staged: the text here is that of last time
	LeafMark                                 // staged: the state here is that of last time
	LeafGlobal                               // staged: it was found by an id that is the same on every site, not by its key
	LeafNearer                               // staged: what the source said last time was further from the original
	LeafFurther                              // staged: it was nearer
)

var (
	leafKinds  = []forum.CommentKind{forum.KindComment, forum.KindLinkBack, forum.KindPlaceholder}
	leafStates = []forum.CommentState{forum.Published, forum.Held, forum.Quarantined, forum.Removed, forum.Spam, forum.Retracted, forum.Erased}
)

// Kind is what the comment is.
func (f LeafFlags) Kind() forum.CommentKind { return leafKinds[f&3] }

// State is the comment's own state.
func (f LeafFlags) State() forum.CommentState { return leafStates[f>>2&7] }

// Is tells whether something is true of the comment.
func (f LeafFlags) Is(what LeafFlags) bool { return f&what != 0 }

// PlaceholderLeaf is what a placeholder is that an import makes.
const PlaceholderLeaf LeafFlags = 2

// packed is the SQL that packs kind and state of a table.
func packed(table string) string {
	var b strings.Builder
	b.WriteString("case " + table + ".kind")
	for i, kind := range leafKinds {
		fmt.Fprintf(&b, " when '%s' then %d", kind, i)
	}
	b.WriteString(" end + case " + table + ".state")
	for i, state := range leafStates {
		fmt.Fprintf(&b, " when '%s' then %d", state, i<<2)
	}
	b.WriteString(" end")
	return b.String()
}

// flag is the SQL of one bit.
func flag(f LeafFlags, condition string) string {
	return fmt.Sprintf(" + case when %s then %d else 0 end", condition, f)
}

// givenMark and hereMark are the SQL of GivenState of what a source says and of
// what stands here.
const (
	givenMark = `c.state || '/' || c.branch`
	hereMark  = `k.state || '/' || case when k.branch_removed then 'removed' when k.branch_locked then 'locked' else '' end`
)

// LeafQuery names the articles of an import whose comments are read: those from Lo
// on and before Hi, all of one source.
type LeafQuery struct {
	Lo, Hi     int
	Source     SourceID // 0: nothing came from it yet
	SourceName string
	// Articles are those of them that are here, by their numbers in the import.
	Articles map[int32]forum.ArticleID
}

func (q *LeafQuery) articles() (groups []int32, ids []int64) {
	for group, id := range q.Articles {
		groups, ids = append(groups, group), append(ids, int64(id))
	}
	return groups, ids
}

// StagedLeaf is a staged comment as numbers.
type StagedLeaf struct {
	Group, Item      int32
	N                int64
	Hash, ParentHash int64
	Ordinal          int64
	Known            forum.CommentID // the comment of the article that it is, 0: none is known
	Flags            LeafFlags
}

// eachLeaf reads staged comments. The two looks at what is here are made for each
// comment, whatever the planner thinks of the tables' sizes: those grow.
var eachLeaf = `
	select i.article, i.item, c.n, c.kh, c.ph, c.ordinal, coalesce(case when k.article_id = here.article then k.id end, global.id, 0),
		` + packed("c") +
	flag(LeafRemoved, "c.branch = 'removed'") + flag(LeafLocked, "c.branch = 'locked'") +
	flag(LeafCounted, "octet_length(c.body_text) > 0 or c.author is not null") + flag(LeafPortable, "c.portable_id <> ''") +
	flag(LeafTaken, `k.article_id is distinct from here.article and k.id is not null or exists (select from import_shared s
			join import_comment o on o.kh = s.kh join import_item oi on oi.item = o.item
			where s.kh = c.kh and oi.source = i.source and oi.article < i.article)`) +
	wordOf + flag(LeafSameMark, "k.said = "+givenMark) +
	flag(LeafText, "k.said_revision = k.revision") + flag(LeafMark, "k.said = "+hereMark) +
	flag(LeafGlobal, "k.article_id is distinct from here.article and global.id is not null") + `
	from import_item i join import_comment c on c.item = i.item
	left join unnest($3::int[], $4::bigint[]) here (no, article) on here.no = i.article
	left join lateral (select k.id, k.article_id, k.state, k.branch_removed, k.branch_locked, k.revision,
			r.digest, r.state as said, coalesce(r.revision, 1) as said_revision
		from external_ref r join comment k on k.id = r.local_id
		where r.source_id = $5 and r.kind = 'comment' and r.external_id = c.key limit 1) k on $5 > 0
	left join lateral (select g.id, g.article_id from comment g where g.portable_id = c.portable_id limit 1) global
		on global.article_id = here.article and k.id is null and c.portable_id ~ '^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$'
	where i.article >= $1 and i.article < $2 order by i.article, i.` + itemOrder + `, c.n`

// wordOf is the SQL of how a digest stands to the one that is noted: each ends with
// a rank, but for those that are noted since before there were any.
var wordOf = fmt.Sprintf(` + case when k.digest is null then 0 when k.digest = c.digest then %[1]d
	when octet_length(k.digest) = 32 then case when k.digest = substr(c.digest, 1, 32) then %[1]d else 0 end
	when octet_length(k.digest) <> octet_length(c.digest) then 0
	when get_byte(k.digest, 32) < get_byte(c.digest, 32) then %[2]d when get_byte(k.digest, 32) > get_byte(c.digest, 32) then %[3]d else 0 end`,
	LeafSame, LeafNearer, LeafFurther)

// EachLeaf gives the staged comments of articles: by article, item by item as
// GroupItems has them, in the order of the file.
func (s *ImportSession) EachLeaf(ctx context.Context, q *LeafQuery, do func(*StagedLeaf)) error {
	groups, ids := q.articles()
	rows, err := s.conn.Query(ctx, eachLeaf, q.Lo, q.Hi, groups, ids, q.Source)
	if err != nil {
		return translate(err)
	}
	var l StagedLeaf
	var flags int32
	_, err = pgx.ForEachRow(rows, []any{&l.Group, &l.Item, &l.N, &l.Hash, &l.ParentHash, &l.Ordinal, &l.Known, &flags}, func() error {
		l.Flags = LeafFlags(flags)
		do(&l)
		return nil
	})
	return translate(err)
}

// StoredLeaf is a comment of an article as it stands here, as numbers.
type StoredLeaf struct {
	Article    forum.ArticleID
	ID, Parent forum.CommentID
	Flags      LeafFlags
	// SourceParent is what it answers at its source, where a moderator has moved
	// it since; nil: it was not moved, 0: the article.
	SourceParent *forum.CommentID
}

var eachStored = `select c.article_id, c.id, coalesce(c.parent_id, 0), ` + packed("c") +
	flag(LeafRemoved, "c.branch_removed") + flag(LeafLocked, "c.branch_locked") + `, c.source_parent_id
	from comment c where c.article_id = any($1) order by c.article_id, c.id`

// EachStored gives the comments of articles, by article and number.
func (s *ImportSession) EachStored(ctx context.Context, articles []forum.ArticleID, do func(*StoredLeaf)) error {
	rows, err := s.conn.Query(ctx, eachStored, articles)
	if err != nil {
		return translate(err)
	}
	var l StoredLeaf
	var flags int32
	_, err = pgx.ForEachRow(rows, []any{&l.Article, &l.ID, &l.Parent, &flags, &l.SourceParent}, func() error {
		l.Flags = LeafFlags(flags)
		do(&l)
		return nil
	})
	return translate(err)
}

// CountStored counts the comments of articles, so that room can be made for them.
func (s *ImportSession) CountStored(ctx context.Context, articles []forum.ArticleID) (map[forum.ArticleID]int, error) {
	rows, err := s.conn.Query(ctx, `select article_id, count(*) from comment where article_id = any($1) group by 1`, articles)
	if err != nil {
		return nil, translate(err)
	}
	counts := make(map[forum.ArticleID]int, len(articles))
	var id forum.ArticleID
	var n int
	_, err = pgx.ForEachRow(rows, []any{&id, &n}, func() error {
		counts[id] = n
		return nil
	})
	return counts, translate(err)
}

// LostParent is what is known of a parent that a staged comment names and that no
// file has in its article.
type LostParent struct {
	N     int64
	Hash  int64           // of the parent's key
	Known forum.CommentID // the comment of the article that it is, 0: none
	// Foreign: it is a comment of another article, here or in the files, or one that
	// an earlier article of the files has lost.
	Foreign bool
}

// LostParents looks for the parents of staged comments outside their files.
func (s *ImportSession) LostParents(ctx context.Context, q *LeafQuery, ns []int64, do func(LostParent)) error {
	groups, ids := q.articles()
	for part := range slices.Chunk(ns, leafChunk) {
		rows, err := s.conn.Query(ctx, `
			select c.n, c.ph, coalesce(case when k.article_id = here.article then k.id end, 0),
				k.article_id is distinct from here.article and k.id is not null
				or exists (select from import_comment o join import_item oi on oi.item = o.item
					where o.kh = c.ph and oi.source = i.source and oi.article <> i.article)
				or exists (select from import_comment o join import_item oi on oi.item = o.item
					where o.ph = c.ph and o.ph <> 0 and oi.source = i.source and oi.article < i.article)
			from unnest($1::bigint[]) lost (n) join import_comment c on c.n = lost.n join import_item i on i.item = c.item
			left join unnest($2::int[], $3::bigint[]) here (no, article) on here.no = i.article
			left join lateral (select k.id, k.article_id from external_ref r join comment k on k.id = r.local_id
				where r.source_id = $4 and r.kind = 'comment' and r.external_id = c.parent limit 1) k on true`, part, groups, ids, q.Source)
		if err != nil {
			return translate(err)
		}
		var l LostParent
		_, err = pgx.ForEachRow(rows, []any{&l.N, &l.Hash, &l.Known, &l.Foreign}, func() error {
			do(l)
			return nil
		})
		if err != nil {
			return translate(err)
		}
	}
	return nil
}

// leafChunk is how many comments one question names.
const leafChunk = 10_000

// StagedDigests reads the beginnings of the digests of staged comments, long enough
// for no two texts to have the same.
func (s *ImportSession) StagedDigests(ctx context.Context, ns []int64) (map[int64]uint64, error) {
	found := make(map[int64]uint64, len(ns))
	for part := range slices.Chunk(ns, leafChunk) {
		rows, err := s.conn.Query(ctx, `select n, substr(digest, 1, 8) from import_comment where n = any($1)`, part)
		if err != nil {
			return nil, translate(err)
		}
		var n int64
		var digest []byte
		if _, err = pgx.ForEachRow(rows, []any{&n, &digest}, func() error {
			found[n] = binary.BigEndian.Uint64(digest)
			return nil
		}); err != nil {
			return nil, translate(err)
		}
	}
	return found, nil
}

// StagedPlace is where a staged comment stands in its file.
type StagedPlace struct {
	File, Line int32
	Key        string
	Author     string // "": unknown
}

// StagedPlaces finds staged comments in their files.
func (s *ImportSession) StagedPlaces(ctx context.Context, ns []int64) (map[int64]StagedPlace, error) {
	found := make(map[int64]StagedPlace, len(ns))
	for part := range slices.Chunk(ns, leafChunk) {
		rows, err := s.conn.Query(ctx, `select n, file, line, key, coalesce(author, '') from import_comment where n = any($1)`, part)
		if err != nil {
			return nil, translate(err)
		}
		var n int64
		var p StagedPlace
		if _, err = pgx.ForEachRow(rows, []any{&n, &p.File, &p.Line, &p.Key, &p.Author}, func() error {
			found[n] = p
			return nil
		}); err != nil {
			return nil, translate(err)
		}
	}
	return found, nil
}

// MadePlaceholder is a placeholder for a parent that a staged comment names and
// nobody has.
type MadePlaceholder struct {
	N       int64 // its own number
	Child   int64 // the staged comment that names it
	Ordinal int64
}

// StagePlaceholders stages placeholders. digest is that of each of them.
func (s *ImportSession) StagePlaceholders(ctx context.Context, list []MadePlaceholder, policy int, digest []byte) error {
	_, err := s.conn.CopyFrom(ctx, pgx.Identifier{"import_pair"}, []string{"n", "other", "ordinal"},
		pgx.CopyFromSlice(len(list), func(i int) ([]any, error) { return []any{list[i].N, list[i].Child, list[i].Ordinal}, nil }))
	if err != nil {
		return translate(err)
	}
	_, err = s.conn.Exec(ctx, `insert into import_comment (n, item, file, line, key, parent, portable_id, kind, state, branch, source_format,
			body_html, policy_version, ordinal, digest, author_key, kh, ph)
		select p.n, c.item, c.file, c.line, c.parent, '', case when c.portable_id = c.key then c.parent else '' end, 'placeholder', 'published', '',
			'html', '', $1, p.ordinal, $2, '', c.ph, 0
		from import_pair p join import_comment c on c.n = p.other`, policy, digest)
	if err != nil {
		return translate(err)
	}
	return s.dropPairs(ctx)
}

func (s *ImportSession) dropPairs(ctx context.Context) error {
	_, err := s.conn.Exec(ctx, `delete from import_pair`)
	return translate(err)
}

// Differing tells which staged comments (N to id) say something else than what
// stands here: another text, author, time, kind or state. The author of a claimed
// comment may be named as the source does or as we do.
func (s *ImportSession) Differing(ctx context.Context, pairs int, pair func(int) (n int64, id forum.CommentID), do func(n int64, comment forum.CommentID)) error {
	_, err := s.conn.CopyFrom(ctx, pgx.Identifier{"import_pair"}, []string{"n", "other", "ordinal"},
		pgx.CopyFromSlice(pairs, func(i int) ([]any, error) {
			n, id := pair(i)
			return []any{n, int64(id), int64(0)}, nil
		}))
	if err != nil {
		return translate(err)
	}
	rows, err := s.conn.Query(ctx, `select i.n, c.id from import_pair pair
		join import_comment i on i.n = pair.n join comment c on c.id = pair.other
		join comment_revision r on r.comment_id = c.id and r.revision = c.revision
		left join person p on p.id = c.author_id left join person was on was.id = c.imported_as
		where (i.body_text, i.body_html, case when i.author = was.name then p.name else i.author end, i.created_at, i.kind, i.state, i.branch = 'removed')
			is distinct from (r.body_text, r.body_html, p.name, c.created_at, c.kind, c.state, c.branch_removed)`)
	if err != nil {
		return translate(err)
	}
	var n int64
	var comment forum.CommentID
	if _, err = pgx.ForEachRow(rows, []any{&n, &comment}, func() error {
		do(n, comment)
		return nil
	}); err != nil {
		return translate(err)
	}
	return s.dropPairs(ctx)
}
