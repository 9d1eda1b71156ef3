package importer

import (
	"slices"
	"strings"
)

// Sibling is a comment as one of the children of one parent, known here (old)
// or read from the source (new).
type Sibling struct {
	Content     CommentContent
	Placeholder bool
}

// Pair is one decision of Align. Old and New are places in the two lists, or
// -1: without an Old the comment is new, without a New it is gone from the
// source.
type Pair struct {
	Old, New int
	// Same: the contents are equal. Otherwise, where both places are given,
	// the comment was edited.
	Same bool
}

const (
	// alignCells bounds the table of the longest common subsequence: 4 million
	// cells are 16 MB and some 20 ms. Longer lists are cut at comments that
	// occur once in each before the table is used.
	alignCells = 4 << 20
	// likeness is the least part of words that an edited comment shares with
	// its former self, in percent, where nothing else speaks for it.
	likeness = 50
	// sameText is the same for comments whose dates differ, which happens when
	// a file is imported again with another zone.
	sameText = 90
	// editWindow bounds how many earlier comments one is compared with.
	editWindow = 50
)

// Align matches two lists of siblings of a source without ids, so that an
// edited word is an edit and not a comment gone and another come. Equal
// comments are matched in order along a longest common subsequence, then equal
// ones that changed places, then, between the matched ones, those that are
// likely to be edits: no two authors, and the same date or at least half of
// the words. The pairs come in the order of the new list, those gone from the
// source last.
func Align(old, new []Sibling) []Pair {
	a := &aligner{old: old, new: new}
	a.oldID, a.newID = number(old, new)
	a.toNew, a.toOld = fill(len(old)), fill(len(new))
	a.common(0, len(old), 0, len(new))
	a.moved()
	a.edited()
	return a.pairs()
}

type aligner struct {
	old, new     []Sibling
	oldID, newID []int // equal numbers mean equal content
	toNew, toOld []int // matches, -1 for none
}

// number gives equal siblings of both lists equal numbers.
func number(lists ...[]Sibling) (x, y []int) {
	seen := map[string]int{}
	ids := make([][]int, len(lists))
	for i, list := range lists {
		for _, s := range list {
			h := "placeholder"
			if !s.Placeholder {
				h = s.Content.Hash()
			}
			if _, ok := seen[h]; !ok {
				seen[h] = len(seen)
			}
			ids[i] = append(ids[i], seen[h])
		}
	}
	return ids[0], ids[1]
}

func fill(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = -1
	}
	return list
}

func (a *aligner) match(i, j int) { a.toNew[i], a.toOld[j] = j, i }

// common matches equal siblings of old[i:I] and new[j:J] in order.
func (a *aligner) common(i, I, j, J int) {
	for i < I && j < J && a.oldID[i] == a.newID[j] {
		a.match(i, j)
		i, j = i+1, j+1
	}
	for i < I && j < J && a.oldID[I-1] == a.newID[J-1] {
		I, J = I-1, J-1
		a.match(I, J)
	}
	if i == I || j == J {
		return
	}
	if (I-i+1)*(J-j+1) <= alignCells {
		a.table(i, I, j, J)
		return
	}
	anchors := a.anchors(i, I, j, J)
	for _, p := range anchors {
		a.match(p.Old, p.New)
		a.common(i, p.Old, j, p.New)
		i, j = p.Old+1, p.New+1
	}
	if len(anchors) > 0 {
		a.common(i, I, j, J)
	}
}

// table matches along a longest common subsequence, the textbook way.
func (a *aligner) table(i, I, j, J int) {
	n, m := I-i, J-j
	best := make([]int32, (n+1)*(m+1)) // of old[i+x:I], new[j+y:J]
	at := func(x, y int) int { return x*(m+1) + y }
	for x := n - 1; x >= 0; x-- {
		for y := m - 1; y >= 0; y-- {
			if a.oldID[i+x] == a.newID[j+y] {
				best[at(x, y)] = best[at(x+1, y+1)] + 1
			} else {
				best[at(x, y)] = max(best[at(x+1, y)], best[at(x, y+1)])
			}
		}
	}
	for x, y := 0, 0; x < n && y < m; {
		switch {
		case a.oldID[i+x] == a.newID[j+y]:
			a.match(i+x, j+y)
			x, y = x+1, y+1
		case best[at(x+1, y)] >= best[at(x, y+1)]:
			x++
		default:
			y++
		}
	}
}

// anchors are the longest run, in the order of both lists, of contents that
// occur once in each.
func (a *aligner) anchors(i, I, j, J int) []Pair {
	once := map[int]*[4]int{} // content: times in old, in new, place in old, in new
	get := func(id int) *[4]int {
		if once[id] == nil {
			once[id] = &[4]int{}
		}
		return once[id]
	}
	for x := i; x < I; x++ {
		c := get(a.oldID[x])
		c[0], c[2] = c[0]+1, x
	}
	for y := j; y < J; y++ {
		c := get(a.newID[y])
		c[1], c[3] = c[1]+1, y
	}
	var pairs []Pair
	for x := i; x < I; x++ {
		if c := once[a.oldID[x]]; c[0] == 1 && c[1] == 1 {
			pairs = append(pairs, Pair{Old: x, New: c[3]})
		}
	}
	return rising(pairs)
}

// rising keeps a longest subsequence whose New rises.
func rising(pairs []Pair) []Pair {
	var tails []int // for each length, the pair that ends it lowest
	before := make([]int, len(pairs))
	for k, p := range pairs {
		at, _ := slices.BinarySearchFunc(tails, p.New, func(t, n int) int { return pairs[t].New - n })
		before[k] = -1
		if at > 0 {
			before[k] = tails[at-1]
		}
		if at == len(tails) {
			tails = append(tails, k)
		} else {
			tails[at] = k
		}
	}
	var run []Pair
	if len(tails) > 0 {
		for k := tails[len(tails)-1]; k >= 0; k = before[k] {
			run = append(run, pairs[k])
		}
	}
	slices.Reverse(run)
	return run
}

// moved matches what is equal but changed places.
func (a *aligner) moved() {
	free := map[int][]int{}
	for i, j := range a.toNew {
		if j < 0 {
			free[a.oldID[i]] = append(free[a.oldID[i]], i)
		}
	}
	for j, i := range a.toOld {
		if list := free[a.newID[j]]; i < 0 && len(list) > 0 {
			a.match(list[0], j)
			free[a.newID[j]] = list[1:]
		}
	}
}

// edited matches, in order, what is left between two matched siblings.
func (a *aligner) edited() {
	i := 0
	for j := range a.new {
		if a.toOld[j] >= 0 {
			i = max(i, a.toOld[j]+1)
			continue
		}
		left := a.left(i, j)
		lone := len(left) == 1 && a.matched(j-1) && a.matched(j+1)
		for _, x := range left {
			if likely(a.old[x], a.new[j], lone) {
				a.match(x, j)
				i = x + 1
				break
			}
		}
	}
}

// left gives the old siblings from i on that new[j] may be an edit of.
func (a *aligner) left(i, j int) []int {
	var left []int
	for x := i; x < len(a.old) && a.toNew[x] < j && len(left) < editWindow; x++ {
		if a.toNew[x] < 0 {
			left = append(left, x)
		}
	}
	return left
}

// matched reports whether new[j] is matched; so are both ends of the list.
func (a *aligner) matched(j int) bool {
	return j < 0 || j >= len(a.new) || a.toOld[j] >= 0
}

// likely reports whether new is an edited form of old. Lone: each is the only
// one left in its place.
func likely(old, new Sibling, lone bool) bool {
	o, n := old.Content, new.Content
	named := o.Author != nil && n.Author != nil
	switch {
	case old.Placeholder || new.Placeholder:
		return false
	case named && collapse(*o.Author) != collapse(*n.Author):
		return false
	case o.Date != nil && n.Date != nil && o.Date.Equal(*n.Date):
		return true
	case o.Date != nil && n.Date != nil:
		return o.Body != "" && shared(o.Body, n.Body) >= sameText
	case lone && (named || isShort(o.Body) && isShort(n.Body)):
		return true
	}
	return shared(o.Body, n.Body) >= likeness
}

// isShort reports whether one changed word can change most of a text.
func isShort(body string) bool { return len(strings.Fields(body)) <= 3 }

// shared is how many words, of 100 in both texts, occur in both.
func shared(x, y string) int {
	words := map[string]int{}
	xs, ys := strings.Fields(x), strings.Fields(y)
	for _, w := range xs {
		words[w]++
	}
	both := 0
	for _, w := range ys {
		if words[w] > 0 {
			words[w]--
			both++
		}
	}
	if len(xs)+len(ys) == 0 {
		return 100
	}
	return 200 * both / (len(xs) + len(ys))
}

func (a *aligner) pairs() []Pair {
	var pairs []Pair
	for j, i := range a.toOld {
		pairs = append(pairs, Pair{Old: i, New: j, Same: i >= 0 && a.oldID[i] == a.newID[j]})
	}
	for i, j := range a.toNew {
		if j < 0 {
			pairs = append(pairs, Pair{Old: i, New: -1})
		}
	}
	return pairs
}
