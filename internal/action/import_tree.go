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
	nodeWeighed                                        // its source said of it last in another form: compared later
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
