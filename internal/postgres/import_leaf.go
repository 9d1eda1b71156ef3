package postgres

import (
	"context"
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

// FlagsOf is what is true of a comment as its source gives it.
func FlagsOf(c *StagedComment) LeafFlags {
	f := LeafFlags(max(slices.Index(leafKinds, c.Kind), 0) | max(slices.Index(leafStates, c.State), 0)<<2)
	if c.Branch == "removed" {
		f |= LeafRemoved
	}
	if c.Branch == "locked" {
		f |= LeafLocked
	}
	if c.Author != nil || c.BodyText != nil && *c.BodyText != "" {
		f |= LeafCounted
	}
	if c.PortableID != "" {
		f |= LeafPortable
	}
	return f
}

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

// hereMark is the SQL of GivenState of what stands here.
const hereMark = `k.state || '/' || case when k.branch_removed then 'removed' when k.branch_locked then 'locked' else '' end`

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
// comment, whatever the planner thinks of the tables' sizes: those grow. %s is what
// tells of a key that it stands below several articles.
var eachLeaf = `
	select i.article, i.item, c.n, c.kh, c.ph, c.ordinal, coalesce(case when k.article_id = here.article then k.id end, global.id, 0),
		c.flags` +
	flag(LeafTaken, `k.article_id is distinct from here.article and k.id is not null or %s`) +
	wordOf + flag(LeafSameMark, "k.said = c.given") +
	flag(LeafText, "k.said_revision = k.revision") + flag(LeafMark, "k.said = "+hereMark) +
	flag(LeafGlobal, "k.article_id is distinct from here.article and global.id is not null") + `
	from import_item i join import_comment c on c.item = i.item
	left join unnest($3::int[], $4::bigint[]) here (no, article) on here.no = i.article
	left join lateral (select k.id, k.article_id, k.state, k.branch_removed, k.branch_locked, k.revision,
			r.digest, r.state as said, coalesce(r.revision, 1) as said_revision
		from external_ref r join comment k on k.id = r.local_id
		where r.source_id = $5 and r.kind = 'comment' and r.external_id = c.key limit 1) k on $5 > 0
	left join lateral (select g.id, g.article_id from comment g where g.portable_id = c.global limit 1) global
		on global.article_id = here.article and k.id is null and c.global is not null
	where i.article >= $1 and i.article < $2 order by i.article, i.` + itemOrder + `, c.n`

// wordOf is the SQL of how a digest stands to the one that is noted: each ends with
// a rank, but for those that are noted since before there were any.
var wordOf = fmt.Sprintf(` + case when k.digest is null then 0 when k.digest = c.digest then %[1]d
	when octet_length(k.digest) = 32 then case when k.digest = substr(c.digest, 1, 32) then %[1]d else 0 end
	when octet_length(k.digest) <> octet_length(c.digest) then 0
	when get_byte(k.digest, 32) < get_byte(c.digest, 32) then %[2]d when get_byte(k.digest, 32) > get_byte(c.digest, 32) then %[3]d else 0 end`,
	LeafSame, LeafNearer, LeafFurther)

// sharedBefore tells that an earlier article of the source has the key.
const sharedBefore = `exists (select from import_shared s join import_comment o on o.kh = s.kh join import_item oi on oi.item = o.item
	where s.kh = c.kh and oi.source = i.source and oi.article < i.article)`

// EachLeaf gives the staged comments of articles: by article, item by item as
// GroupItems has them, in the order of the file.
func (s *ImportSession) EachLeaf(ctx context.Context, q *LeafQuery, do func(*StagedLeaf)) error {
	groups, ids := q.articles()
	before := "false"
	if s.shared {
		before = sharedBefore
	}
	rows, err := s.conn.Query(ctx, fmt.Sprintf(eachLeaf, before), q.Lo, q.Hi, groups, ids, q.Source)
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

// LostChild is a staged comment that names a parent that no file has in its article.
type LostChild struct {
	N, ParentHash int64
	Item          int32
	Parent        string // the parent's key
}

// findable indexes staged comments by the hashes of their keys. Most imports need
// that for nothing.
func (s *ImportSession) findable(ctx context.Context) error {
	if s.found {
		return nil
	}
	s.found = true
	_, err := s.conn.Exec(ctx, `create index on import_comment (kh); create index on import_comment (ph) where ph <> 0`)
	return translate(err)
}

// LostParents looks for the parents of staged comments outside their files.
func (s *ImportSession) LostParents(ctx context.Context, q *LeafQuery, lost []LostChild, do func(LostParent)) error {
	if err := s.findable(ctx); err != nil {
		return err
	}
	groups, ids := q.articles()
	for part := range slices.Chunk(lost, leafChunk) {
		ns, hashes, items, keys := make([]int64, len(part)), make([]int64, len(part)), make([]int32, len(part)), make([]string, len(part))
		for i, c := range part {
			ns[i], hashes[i], items[i], keys[i] = c.N, c.ParentHash, c.Item, c.Parent
		}
		rows, err := s.conn.Query(ctx, `
			select c.n, c.ph, coalesce(case when k.article_id = here.article then k.id end, 0),
				k.article_id is distinct from here.article and k.id is not null
				or exists (select from import_comment o join import_item oi on oi.item = o.item
					where o.kh = c.ph and oi.source = i.source and oi.article <> i.article)
				or exists (select from import_comment o join import_item oi on oi.item = o.item
					where o.ph = c.ph and o.ph <> 0 and oi.source = i.source and oi.article < i.article)
			from unnest($1::bigint[], $5::bigint[], $6::int[], $7::text[]) c (n, ph, item, parent) join import_item i on i.item = c.item
			left join unnest($2::int[], $3::bigint[]) here (no, article) on here.no = i.article
			left join lateral (select k.id, k.article_id from external_ref r join comment k on k.id = r.local_id
				where r.source_id = $4 and r.kind = 'comment' and r.external_id = c.parent limit 1) k on true`, ns, groups, ids, q.Source, hashes, items, keys)
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
