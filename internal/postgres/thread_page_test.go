package postgres_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"hustings/internal/forum"
	"hustings/internal/postgres"
)

// forest makes trees of these sizes. Small trees branch at random; one of more
// than deep comments is a chain where chains is true.
func forest(random *rand.Rand, chains bool, sizes ...int) postgres.Shape {
	var shape postgres.Shape
	for _, n := range sizes {
		first := len(shape)
		for i := range n {
			switch {
			case i == 0:
				shape = append(shape, -1)
			case chains && n > forum.MaxPageLevels:
				shape = append(shape, first+i-1)
			default:
				shape = append(shape, first+random.IntN(i))
			}
		}
	}
	return shape
}

func repeat(size, times int) []int {
	list := make([]int, times)
	for i := range list {
		list[i] = size
	}
	return list
}

// Whatever the shape of a thread, its pages together show each tree once and in
// order, whole where it has room, and no page more than it may hold.
func TestThread_pages_together_show_every_tree_once_and_whole(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	mixed := make([]int, 120)
	for i := range mixed {
		mixed[i] = 1 + random.IntN(1+random.IntN(30))
	}
	threads := map[string]postgres.Shape{
		"fives":          forest(random, false, repeat(5, 120)...), // the 50th tree ends on comment 250
		"singles":        forest(random, false, repeat(1, 130)...), // more trees than a page holds
		"sixes":          forest(random, false, repeat(6, 90)...),  // a tree lies across the limit of rows
		"odd":            forest(random, false, append([]int{201, 49, 201, 50, 202, 1, 250, 3}, mixed...)...),
		"chain_first":    forest(random, true, append([]int{300, 60, 120, 2}, mixed...)...),
		"mixed":          forest(random, false, mixed...),
		"one_long_tree":  forest(random, false, 900),
		"one_long_chain": forest(random, true, 300),
	}
	s := newBigSite(t, threads)
	for name, shape := range threads {
		for _, sort := range []forum.Sort{forum.Oldest, forum.Newest} {
			t.Run(fmt.Sprint(name, "/", sort), func(t *testing.T) { s.expectPages(t, name, shape, sort) })
		}
	}
}

func (s *bigSite) expectPages(t *testing.T, slug string, shape postgres.Shape, sort forum.Sort) {
	article := s.article(t, slug)
	tops, err := s.db.AtDepth(t.Context(), article, 0, len(shape))
	if err != nil {
		t.Fatal(err)
	}
	first := tops[0]
	sizes := map[forum.CommentID]int{}
	place := make([]forum.CommentID, len(shape))
	for i, parent := range shape {
		place[i] = first + forum.CommentID(i) // numbers of one thread follow each other
		if parent >= 0 {
			place[i] = place[parent]
		}
		sizes[place[i]]++
	}
	shown, after := []forum.CommentID{}, ""
	for pages := 0; ; pages++ {
		if pages > len(tops) {
			t.Fatal("the pages do not end")
		}
		thread, err := s.db.Thread(t.Context(), forum.Anonymous, postgres.ThreadPage{Article: article, Sort: sort, After: after})
		if err != nil {
			t.Fatal(err)
		}
		if n := len(thread.Nodes); n == 0 || n > forum.MaxPageComments {
			t.Fatalf("page %d holds %d comments", pages, n)
		}
		shown = append(shown, expectTrees(t, thread.Nodes, sizes)...)
		if after = thread.Next; after == "" {
			break
		}
	}
	if len(shown) != len(tops) {
		t.Fatalf("%d trees were shown, not %d", len(shown), len(tops))
	}
	for i, id := range shown {
		want := tops[i]
		if sort == forum.Newest {
			want = tops[len(tops)-1-i]
		}
		if id != want {
			t.Fatalf("tree %d is %d, not %d", i, id, want)
		}
	}
}

// expectTrees gives the first comments of a page's trees. Each tree is whole, or
// says that replies are missing.
func expectTrees(t *testing.T, nodes []*forum.Node, sizes map[forum.CommentID]int) (tops []forum.CommentID) {
	t.Helper()
	found, more := map[forum.CommentID]int{}, map[forum.CommentID]int{}
	for _, n := range nodes {
		if n.Depth == 0 {
			tops = append(tops, n.ID)
		}
		found[n.Root]++
		more[n.Root] += n.More
	}
	if len(tops) > forum.MaxPageTrees {
		t.Errorf("a page holds %d trees", len(tops))
	}
	for _, id := range tops {
		if missing := sizes[id] - found[id]; missing > 0 && more[id] == 0 {
			t.Errorf("the tree of %d lacks %d comments and does not say so", id, missing)
		}
		if sizes[id] <= forum.MaxPageLevels && found[id] != sizes[id] {
			t.Errorf("the tree of %d has %d comments, not %d", id, found[id], sizes[id])
		}
	}
	return tops
}
