package action

import (
	"cmp"
	"slices"

	"hustings/internal/forum"
	"hustings/internal/postgres"
)

// tree is a thread as it stands here and as the files have it. A node of it is a
// number: that of a stored comment, or, from len(stored) on, of a new one.
type tree struct {
	stored []storedNode      // by id, so parents first
	moved  map[int32]int32   // of stored ones that a moderator has moved: what they answer at their source, none for nothing
	leaves []leaf            // what the files say, in their order; placeholders that are made come last
	times  []int64           // the ordinals of the leaves
	keys   []leafKeys        // until the tree has grown
	here   []int32           // likewise: the stored comment that a leaf is by its key; nil where nothing is stored
	order  []int32           // the leaves by their keys, likewise
	made   map[int64]int32   // placeholders that are made, by their keys
	madeIn map[int32]int32   // their leaves: the places of the files that name them
	fresh  []freshNode       // new comments
	news   []int32           // the same in the order of their numbers, once arranged
	ids    []forum.CommentID // in that order
	// outside are parents that no file has, by their keys: a stored comment, or
	// foreign.
	outside map[int64]int32
	digests map[int64]uint64               // of leaves that have a key in common
	renamed map[int32]*postgres.CommentRef // what the source said of stored comments that were known by their texts only
}

// none stands for no node and foreign for a comment of another article; a leaf
// that was refused has none.
const (
	none    int32 = -1
	foreign int32 = -2
)

// storedNode is a comment as it stands here.
type storedNode struct {
	id    forum.CommentID
	up    int32 // its parent
	leaf  int32 // what its source says now; none: nothing
	level int32 // from 1
	root  int32
	flags postgres.LeafFlags
}

// leaf is what a file says of a comment.
type leaf struct {
	n     uint32
	node  int32
	flags postgres.LeafFlags
}

// leafKeys are the hashes of a leaf's own key and of its parent's.
type leafKeys struct{ own, up int64 }

// freshNode is a new comment. Once arranged, kid is its place in news and next its root.
type freshNode struct {
	up, leaf, kid, next, level int32
}

// What a plan does with a stored comment, beside postgres.LeafFlags.
const (
	nodeRevised  postgres.LeafFlags = 1 << (iota + 20) // it gets the source's text
	nodeRestated                                       // and its state
	nodeGone                                           // it will be in a removed branch, or the root of one
	nodeWasGone                                        // it is in one now
	nodeTold                                           // what the source says of it has to be noted
	nodeKept                                           // but what is noted of its state stays
	nodeAdopted                                        // it came in another way than from this source
)

// room makes room for so many leaves.
func (t *tree) room(leaves int) {
	t.leaves, t.times, t.keys = make([]leaf, 0, leaves), make([]int64, 0, leaves), make([]leafKeys, 0, leaves)
	if len(t.stored) > 0 {
		t.here = make([]int32, 0, leaves)
	}
}

// byID finds a stored comment; none where there is none of that number.
func (t *tree) byID(id forum.CommentID) int32 {
	i, ok := slices.BinarySearchFunc(t.stored, id, func(s storedNode, id forum.CommentID) int { return cmp.Compare(s.id, id) })
	if !ok {
		return none
	}
	return int32(i)
}

func (t *tree) addStored(l *postgres.StoredLeaf) {
	s := storedNode{id: l.ID, up: none, leaf: none, flags: l.Flags}
	if l.Parent != 0 {
		s.up = t.byID(l.Parent)
	}
	if l.SourceParent != nil {
		if t.moved == nil {
			t.moved = map[int32]int32{}
		}
		t.moved[int32(len(t.stored))] = t.byID(*l.SourceParent)
	}
	t.stored = append(t.stored, s)
}

// sourceParent is what a stored comment answers at its source: its parent, unless
// a moderator has moved it since.
func (t *tree) sourceParent(node int32) int32 {
	if up, ok := t.moved[node]; ok {
		return up
	}
	return t.stored[node].up
}

func (p *plan) addLeaf(l *postgres.StagedLeaf) {
	if len(p.stored) > 0 {
		known := none
		if l.Known != 0 {
			known = p.byID(l.Known)
		}
		p.here = append(p.here, known)
	}
	p.leaves = append(p.leaves, leaf{n: uint32(l.N), node: none, flags: l.Flags})
	p.times = append(p.times, l.Ordinal)
	p.keys = append(p.keys, leafKeys{own: l.Hash, up: l.ParentHash})
}

// hereAs is the stored comment that a leaf is by its key, or by an id that is the
// same on every site; none: there is none.
func (t *tree) hereAs(leaf int32) int32 {
	if int(leaf) >= len(t.here) {
		return none
	}
	return t.here[leaf]
}

// n is the number of a leaf's staged comment.
func (t *tree) n(leaf int32) int64 { return int64(t.leaves[leaf].n) }

// leafOf is the leaf that a node has; none: the files do not mention it.
func (t *tree) leafOf(node int32) int32 {
	if int(node) < len(t.stored) {
		return t.stored[node].leaf
	}
	return t.fresh[int(node)-len(t.stored)].leaf
}

// isStored tells whether a node is a comment that stands here.
func (t *tree) isStored(node int32) bool { return node >= 0 && int(node) < len(t.stored) }

// of gives a new comment by its node.
func (t *tree) of(node int32) *freshNode { return &t.fresh[int(node)-len(t.stored)] }

// kind is what a node is here, or will be.
func (t *tree) kind(node int32) forum.CommentKind {
	if t.isStored(node) {
		return t.stored[node].flags.Kind()
	}
	return t.leaves[t.of(node).leaf].flags.Kind()
}

// unknown counts the leaves that no stored comment is known by.
func (t *tree) unknown() int {
	n := len(t.leaves)
	for _, node := range t.here {
		if node != none {
			n--
		}
	}
	return n
}

// addFresh makes a node for a comment that is new.
func (t *tree) addFresh(leaf int32) (node int32) {
	t.fresh = append(t.fresh, freshNode{up: none, leaf: leaf, kid: none, next: none})
	return int32(len(t.stored) + len(t.fresh) - 1)
}

// index puts the leaves into the order of their keys.
func (t *tree) index() {
	t.order = make([]int32, len(t.leaves))
	for i := range t.order {
		t.order[i] = int32(i)
	}
	slices.SortFunc(t.order, func(a, b int32) int { return cmp.Or(cmp.Compare(t.keys[a].own, t.keys[b].own), cmp.Compare(a, b)) })
}

// withKey gives the leaves with a key, in the order of the files.
func (t *tree) withKey(key int64) []int32 {
	i, ok := slices.BinarySearchFunc(t.order, key, func(leaf int32, key int64) int { return cmp.Compare(t.keys[leaf].own, key) })
	if !ok {
		return nil
	}
	end := i
	for end < len(t.order) && t.keys[t.order[end]].own == key {
		end++
	}
	return t.order[i:end]
}

// bySource is the order of siblings: tree first, then link-backs, as they stand in
// the files.
func (p *plan) bySource(a, b int32) int {
	x, y := p.fresh[a].leaf, p.fresh[b].leaf
	l, m := &p.leaves[x], &p.leaves[y]
	return cmp.Or(cmp.Compare(link(l.flags), link(m.flags)), cmp.Compare(p.fileOf(x), p.fileOf(y)),
		cmp.Compare(p.times[x], p.times[y]), cmp.Compare(l.n, m.n))
}

// fileOf is the number of the file that a leaf is from.
func (p *plan) fileOf(leaf int32) int32 {
	if len(p.heads) == 1 {
		return p.heads[0].File
	}
	if head, ok := p.madeIn[leaf]; ok {
		return p.heads[head].File
	}
	head, _ := slices.BinarySearch(p.ends, int(leaf)+1)
	return p.heads[head].File
}

func link(f postgres.LeafFlags) int {
	if f.Kind() == forum.KindLinkBack {
		return 1
	}
	return 0
}

// arrange puts the new comments into the order of their numbers: parents first,
// siblings as the source has them, link-backs last. It gives every node its level
// and cuts circles.
func (p *plan) arrange() {
	for i := range p.stored {
		p.stand(int32(i))
	}
	sorted := make([]int32, len(p.fresh))
	for i := range sorted {
		sorted[i] = int32(i)
	}
	slices.SortFunc(sorted, p.bySource)
	p.openCircles(sorted)
	p.news = make([]int32, 0, len(sorted))
	for _, i := range slices.Backward(sorted) {
		if f := &p.fresh[i]; f.up != none && !p.isStored(f.up) {
			up := p.of(f.up)
			f.next, up.kid = up.kid, i
		}
	}
	for _, i := range sorted {
		if up := p.fresh[i].up; up == none || p.isStored(up) {
			p.descend(i)
		}
	}
	p.measure()
}

// stand sets what follows from the parent of a stored comment.
func (p *plan) stand(i int32) {
	s := &p.stored[i]
	s.level, s.root = 1, i
	gone, was := p.marked(s), s.flags.Is(postgres.LeafRemoved)
	if s.up != none {
		up := &p.stored[s.up]
		s.level, s.root = up.level+1, up.root
		gone, was = gone || up.flags.Is(nodeGone), was || up.flags.Is(nodeWasGone)
	}
	if gone {
		s.flags |= nodeGone
	}
	if was {
		s.flags |= nodeWasGone
	}
}

// marked tells whether the branch that begins with a stored comment will be a
// removed one.
func (p *plan) marked(s *storedNode) bool {
	if s.flags.Is(nodeRestated) {
		return p.leaves[s.leaf].flags.Is(postgres.LeafRemoved)
	}
	return s.flags.Is(postgres.LeafRemoved)
}

// openCircles cuts every circle, so that each new comment has a way up. Until
// they are placed, the levels of new comments say which have one (-1) and which
// were met on the way from the same beginning.
func (p *plan) openCircles(sorted []int32) {
	const reached = -1
	for start, i := range sorted {
		way := int32(start + 1)
		m := i
		for m != none && p.fresh[m].level != reached && p.fresh[m].level != way {
			p.fresh[m].level = way
			m = p.above(m)
		}
		if m != none && p.fresh[m].level == way {
			p.cut(m)
		}
		for m = i; m != none && p.fresh[m].level == way; m = p.above(m) {
			p.fresh[m].level = reached
		}
	}
}

// above is the new comment that a new one answers; none: it answers none.
func (p *plan) above(i int32) int32 {
	if up := p.fresh[i].up; up != none && !p.isStored(up) {
		return up - int32(len(p.stored))
	}
	return none
}

// cut opens the circle that a new comment is part of, at its newest member.
func (p *plan) cut(i int32) {
	newest := i
	for m := p.above(i); m != i; m = p.above(m) {
		if p.bySource(m, newest) > 0 {
			newest = m
		}
	}
	p.fresh[newest].up = none
	p.note(p.fresh[newest].leaf, "It answers a comment that answers it in turn; it is put at the top level.")
}

// descend appends a new comment and all below it, without recursion: threads may
// be of any depth.
func (p *plan) descend(top int32) {
	for i := top; ; {
		kid, next := p.fresh[i].kid, p.fresh[i].next
		p.news = append(p.news, i)
		if kid != none {
			i = kid
			continue
		}
		for i != top && next == none {
			i = p.above(i)
			next = p.fresh[i].next
		}
		if i == top {
			break
		}
		i = next
	}
}

// measure sets what follows from the parents of the new comments, and notes the
// deepest level and what the article's count changes by.
func (p *plan) measure() {
	for rank, i := range p.news {
		f := &p.fresh[i]
		f.kid, f.next, f.level = int32(rank), int32(len(p.stored))+i, 1
		gone := p.leaves[f.leaf].flags.Is(postgres.LeafRemoved)
		switch {
		case p.isStored(f.up):
			up := &p.stored[f.up]
			f.level, f.next, gone = up.level+1, up.root, gone || up.flags.Is(nodeGone)
		case f.up != none:
			up := p.of(f.up)
			f.level, f.next, gone = up.level+1, up.next, gone || p.leaves[up.leaf].flags.Is(nodeGone)
		}
		if gone {
			p.leaves[f.leaf].flags |= nodeGone
		}
		if p.shown(f) {
			p.added++
		}
		if p.leaves[f.leaf].flags.Kind() != forum.KindLinkBack {
			p.report.MaxDepth = max(p.report.MaxDepth, int(f.level))
		}
	}
	for i := range p.stored {
		s := &p.stored[i]
		if p.stays(s) {
			p.added++
		}
		if s.flags.Kind() == forum.KindComment && s.flags.State() == forum.Published && !s.flags.Is(nodeWasGone) {
			p.added--
		}
		if s.leaf != none && s.flags.Kind() != forum.KindLinkBack {
			p.report.MaxDepth = max(p.report.MaxDepth, int(s.level))
		}
	}
}

// shown tells whether a new comment will count as one.
func (p *plan) shown(f *freshNode) bool {
	flags := p.leaves[f.leaf].flags
	return flags.Kind() == forum.KindComment && flags.State() == forum.Published && !flags.Is(nodeGone)
}

// stays tells whether a stored comment will count as one.
func (p *plan) stays(s *storedNode) bool {
	kind, state := s.flags.Kind(), s.flags.State()
	if s.flags.Is(nodeRevised) {
		kind = p.leaves[s.leaf].flags.Kind()
	}
	if s.flags.Is(nodeRestated) {
		state = p.leaves[s.leaf].flags.State()
	}
	return kind == forum.KindComment && state == forum.Published && !s.flags.Is(nodeGone)
}
