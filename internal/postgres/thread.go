package postgres

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"hustings/internal/forum"

	"github.com/jackc/pgx/v5"
)

// bestWindow is the span in which different people make a branch "best".
const bestWindow = 30 * 24 * time.Hour

// ThreadPage asks for one page of an article's thread.
type ThreadPage struct {
	Article forum.ArticleID
	Sort    forum.Sort
	After   string // cursor of an earlier page; "" for the first
}

// pageRows reads the top-level comments after the cursor with their trees, each
// tree up to its budget, until the page is full. A prefix of a tree by id is
// closed under parent, since parents have smaller numbers. The two LIMITs and the
// presorted order let PostgreSQL stop as soon as the page is full, whatever the
// size of the thread.
const pageRows = `
select top.ord, ` + commentColumns + `
from (%s) top
cross join lateral (select * from comment k where k.root_id = top.id order by k.id limit $3) c
order by top.ord, c.id limit $4`

// laterReplies reads the replies to a comment after one of them, each with its
// own replies breadth first, until the page is full.
const laterReplies = `
select page.ord, ` + commentColumns + `
from (
  select top.id as ord, tree.depth, tree.id
  from (select id from comment where parent_id = $1 and id > $2 order by id limit $5) top
  cross join lateral (
    select p.depth, p.descendant as id from comment_path p
    where p.ancestor = top.id and p.depth < $6 order by p.depth, p.descendant limit $3) tree
  order by top.id, tree.depth, tree.id limit $4
) page join comment c on c.id = page.id
order by page.ord, page.depth, page.id`

const topOldest = `select id as ord, id from comment where article_id = $1 and parent_id is null and kind <> 'link_back' and id > $2 order by id limit $5`
const topNewest = `select -id as ord, id from comment where article_id = $1 and parent_id is null and kind <> 'link_back' and id < $2 order by id desc limit $5`
const topBest = `select ord, id from unnest($2::bigint[]) with ordinality as best(id, ord) where $1::bigint is not null order by ord limit $5`

// Thread reads one page of a thread, in display order, as the viewer may see it.
// A page holds at most MaxPageTrees whole trees and MaxPageComments comments; a
// tree that is longer than MaxTreeComments or deeper than MaxPageLevels says at
// which comments replies are missing (Node.More).
func (db *DB) Thread(ctx context.Context, v forum.Viewer, q ThreadPage) (_ *forum.Thread, err error) {
	defer wrap(&err, "thread of article %d", q.Article)
	query, from, err := db.topQuery(ctx, q)
	if err != nil {
		return nil, err
	}
	rows, err := db.pool.Query(ctx, fmt.Sprintf(pageRows, query), q.Article, from,
		forum.MaxTreeComments+1, pageRowsMost, forum.MaxPageTrees+1)
	if err != nil {
		return nil, translate(err)
	}
	list, err := pgx.CollectRows(rows, scanInTree)
	if err != nil {
		return nil, translate(err)
	}
	page := cutPage(list, len(list) == pageRowsMost)
	if err := db.complete(ctx, page.comments); err != nil {
		return nil, err
	}
	more, err := db.missingReplies(ctx, page.comments, page.cut)
	if err != nil {
		return nil, err
	}
	thread := &forum.Thread{Authors: authorsOf(page.comments)}
	thread.Nodes = forum.BuildThread(page.comments, forum.Arrangement{
		Viewer: v, Sort: q.Sort, Since: time.Now().Add(-bestWindow), More: more})
	if page.last != 0 {
		thread.Next = cursor(page.last)
	}
	return thread, nil
}

func authorsOf(list []forum.Comment) map[forum.PersonID]bool {
	authors := map[forum.PersonID]bool{}
	for i := range list {
		if list[i].AuthorID != 0 {
			authors[list[i].AuthorID] = true
		}
	}
	return authors
}

// inTree is a comment with the tree of the page that it belongs to.
type inTree struct {
	tree int64
	forum.Comment
}

func scanInTree(row pgx.CollectableRow) (c inTree, err error) {
	c.Comment, err = scanComment(afterFirst{row, &c.tree})
	return c, err
}

// afterFirst reads the first column of a row aside.
type afterFirst struct {
	pgx.CollectableRow
	first *int64
}

func (s afterFirst) Scan(dest ...any) error {
	return s.CollectableRow.Scan(append([]any{s.first}, dest...)...)
}

// treePage is a page cut to its budget.
type treePage struct {
	comments []forum.Comment
	cut      bool            // replies of some comments are missing
	last     forum.CommentID // first comment of the page's last tree if other trees follow; else 0
}

// pageRowsMost is how many rows are read for a page: what it may hold, one more of
// a tree that is too long, and one that says that others follow.
const pageRowsMost = forum.MaxPageComments + 2

// cutPage keeps whole trees while they fit. The first is always kept: its own
// budget is smaller than the page's. Where the rows were limited, the last tree
// may not be whole and waits for the next page.
func cutPage(list []inTree, limited bool) treePage {
	var page treePage
	var last forum.CommentID
	trees := 0
	for start := 0; start < len(list); {
		end := start
		for end < len(list) && list[end].tree == list[start].tree {
			end++
		}
		tree, cut := cutTree(list[start:end])
		partial := limited && end == len(list) && trees > 0
		if partial || trees == forum.MaxPageTrees || len(page.comments)+len(tree) > forum.MaxPageComments {
			page.last = last
			break
		}
		page.comments = append(page.comments, tree...)
		page.cut = page.cut || cut
		last = tree[0].ID
		trees++
		start = end
	}
	return page
}

// cutTree keeps the oldest MaxTreeComments of a tree and nothing deeper than
// MaxPageLevels.
func cutTree(tree []inTree) (kept []forum.Comment, cut bool) {
	if len(tree) > forum.MaxTreeComments {
		tree, cut = tree[:forum.MaxTreeComments], true
	}
	for i := range tree {
		if tree[i].Depth-tree[0].Depth < forum.MaxPageLevels {
			kept = append(kept, tree[i].Comment)
		}
	}
	return kept, cut || len(kept) < len(tree)
}

// missingReplies counts, for each comment of a page that was cut, the direct
// replies that are not on it. Loaded replies of a comment are always its oldest,
// so what is missing is newer than the newest loaded one.
func (db *DB) missingReplies(ctx context.Context, page []forum.Comment, cut bool) (map[forum.CommentID]int, error) {
	if !cut && !deep(page) {
		return nil, nil
	}
	newest := make(map[forum.CommentID]forum.CommentID, len(page))
	for i := range page {
		newest[page[i].Parent] = max(newest[page[i].Parent], page[i].ID)
	}
	ids, floors := make([]int64, len(page)), make([]int64, len(page))
	for i := range page {
		ids[i], floors[i] = int64(page[i].ID), int64(newest[page[i].ID])
	}
	rows, err := db.pool.Query(ctx, `
		select p.id, k.n from unnest($1::bigint[], $2::bigint[]) as p(id, floor)
		cross join lateral (select count(*)::int as n from (
			select from comment c where c.parent_id = p.id and c.id > p.floor and c.state = 'published' and not c.branch_removed limit $3) x) k
		where k.n > 0`, ids, floors, forum.MaxMoreCounted+1)
	if err != nil {
		return nil, translate(err)
	}
	more := map[forum.CommentID]int{}
	var id forum.CommentID
	var n int
	_, err = pgx.ForEachRow(rows, []any{&id, &n}, func() error { more[id] = n; return nil })
	return more, translate(err)
}

// deep tells whether a page reaches its last level, so that replies may be
// missing below it.
func deep(page []forum.Comment) bool {
	for i := range page {
		if page[i].Depth-page[0].Depth >= forum.MaxPageLevels-1 {
			return true
		}
	}
	return false
}

// topQuery gives the query for the top-level comments of a page and its second
// parameter: where to start, or for Best the ids themselves.
func (db *DB) topQuery(ctx context.Context, q ThreadPage) (query string, from any, err error) {
	after, err := parseCursor(q.After)
	if err != nil {
		return "", nil, err
	}
	switch q.Sort {
	case forum.Newest:
		if after == 0 {
			after = math.MaxInt64
		}
		return topNewest, after, nil
	case forum.Best:
		rank, err := db.bestRank(ctx, q.Article)
		if err != nil {
			return "", nil, err
		}
		rank = rank[slices.Index(rank, after)+1:]
		return topBest, rank[:min(len(rank), forum.MaxPageTrees+1)], nil
	}
	return topOldest, after, nil
}

// bestRank orders all top-level comments of an article by the number of
// different people in their branch in the last 30 days, then newest.
func (db *DB) bestRank(ctx context.Context, article forum.ArticleID) ([]int64, error) {
	rows, err := db.pool.Query(ctx, `
		select t.id from comment t left join (
			select root_id, count(distinct author_id) as people from comment
			where article_id = $1 and state = 'published' and created_at > now() - $2::interval
				and (not exists (select from comment m where m.article_id = $1 and m.branch_removed) or not (branch_marks(article_id, id)).removed)
			group by root_id) p on p.root_id = t.id
		where t.article_id = $1 and t.parent_id is null and t.kind <> 'link_back'
		order by coalesce(p.people, 0) desc, t.id desc`, article, peopleWindow)
	if err != nil {
		return nil, translate(err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	return ids, translate(err)
}

// cursor names the last top-level comment of a page; the order it belongs to is
// in the address beside it.
func cursor(last forum.CommentID) string {
	return strconv.FormatInt(int64(last), 36)
}

func parseCursor(s string) (int64, error) {
	if s == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(strings.ToLower(s), 36, 64)
	if err != nil || n < 0 {
		return 0, forum.NewError(forum.Malformed, "This address does not name a page of the thread. Please start at its beginning.")
	}
	return n, nil
}

// LinkBacks lists the links from other sites to an article that readers see.
func (db *DB) LinkBacks(ctx context.Context, article forum.ArticleID) ([]forum.Comment, error) {
	rows, err := db.pool.Query(ctx, `select `+commentColumns+` from comment c
		where c.article_id = $1 and c.kind = 'link_back' and c.state = 'published' and not c.branch_removed order by c.id limit 200`, article)
	if err != nil {
		return nil, translate(err)
	}
	list, err := pgx.CollectRows(rows, scanComment)
	if err != nil {
		return nil, translate(err)
	}
	return list, db.complete(ctx, list)
}
