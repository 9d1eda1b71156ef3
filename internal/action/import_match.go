package action

import (
	"bytes"
	"context"
	"regexp"

	"hustings/internal/forum"
	"hustings/internal/postgres"
)

// taking is one file's comments being fitted into the plan of their article.
type taking struct {
	*plan
	head        postgres.GroupItem
	no          int32 // its place among the files of the article
	begin, end  int32 // of its leaves
	first, last int   // of its new comments, in fresh: from first on, before last
}

// take finds out what they are: comments that are here, or new ones. grow puts those
// below their parents, once all files were taken: parents may stand in any.
func (t *taking) take(ctx context.Context) error {
	t.first = len(t.fresh)
	if !t.head.NoIDs { // their keys come from their own article
		t.strangers()
	}
	if err := t.match(ctx); err != nil {
		return err
	}
	t.last = len(t.fresh)
	return t.weigh(ctx)
}

// earlier is what a key means in the files before this one; none: nothing.
func (t *taking) earlier(key int64) int32 {
	node := none
	for _, i := range t.withKey(key) {
		if i < t.begin && t.leaves[i].node >= 0 {
			node = t.leaves[i].node
		}
	}
	if node == none && t.made[key] != 0 {
		node = t.made[key] - 1
	}
	return node
}

// firstWith is the first leaf of this file with a key; none: there is none.
func (t *taking) firstWith(key int64) int32 {
	for _, i := range t.withKey(key) {
		if i >= t.begin && i < t.end && t.leaves[i].node >= 0 {
			return i
		}
	}
	return none
}

// known is the node that a leaf is by its key, in an earlier file or here.
func (t *taking) known(i int32) int32 {
	if node := t.earlier(t.keys[i].own); node != none {
		return node
	}
	if t.leaves[i].flags.Is(postgres.LeafGlobal) {
		return none
	}
	return t.hereAs(i)
}

// parent is the node that a leaf answers; none: it answers nothing, or nobody has
// that.
func (t *taking) parent(i int32) int32 {
	up := t.keys[i].up
	if up == 0 {
		return none
	}
	for _, i := range t.withKey(up) {
		if i >= t.begin && i < t.end {
			if node := t.leaves[i].node; node >= 0 {
				return node
			} else if node == refused && t.known(i) != none {
				return t.known(i) // left out of this file, but here
			}
		}
	}
	if node := t.earlier(up); node != none {
		return node
	}
	for _, i := range t.withKey(up) {
		if node := t.leaves[i].node; node >= 0 {
			return node // in a later file
		}
	}
	if node, ok := t.outside[up]; ok && node != foreign {
		return node
	}
	return none
}

// Leaves that are left out: refused for any reason, or because their ids are taken.
const (
	refused int32 = -3
	taken   int32 = -4
)

// strangers refuses comments whose id belongs to a comment of another article, or
// that answer one.
func (t *taking) strangers() {
	for i := t.begin; i < t.end; i++ {
		if t.leaves[i].flags.Is(postgres.LeafTaken) && t.known(i) == none {
			t.refuse(i, "Its id belongs to a comment of another article.")
			t.leaves[i].node = taken
		}
	}
	for i := t.begin; i < t.end; i++ {
		if t.leaves[i].node == none && t.leaves[i].flags.Kind() != forum.KindLinkBack && t.abroad(t.keys[i].up) {
			t.refuse(i, "It answers a comment of another article.")
			t.leaves[i].node = refused
		}
	}
}

// abroad tells whether a key is that of a comment of another article.
func (t *taking) abroad(key int64) bool {
	if key == 0 || t.earlier(key) != none {
		return false
	}
	for _, i := range t.withKey(key) {
		if i >= t.begin && i < t.end {
			return t.leaves[i].node == taken
		}
	}
	for _, i := range t.withKey(key) {
		if t.leaves[i].flags.Is(postgres.LeafTaken) { // in another file
			return true
		}
	}
	return t.outside[key] == foreign
}

// lost lists, for each parent that no file has, the first comment that names it.
func (p *plan) lost() (list []postgres.LostChild, err error) {
	seen := map[int64]bool{}
	for i := range p.leaves {
		if up := p.keys[i].up; up != 0 && !seen[up] && len(p.withKey(up)) == 0 {
			seen[up] = true
			c, err := p.im.stage.spool.get(p.n(int32(i)))
			if err != nil {
				return nil, err
			}
			list = append(list, postgres.LostChild{N: c.N, ParentHash: up, Item: c.Item, Parent: c.Parent})
		}
	}
	return list, nil
}

// found notes what a lost parent is.
func (p *plan) found(l postgres.LostParent) {
	node := none
	switch {
	case l.Known != 0:
		node = p.byID(l.Known)
	case l.Foreign:
		node = foreign
	}
	if node == none {
		return
	}
	if p.outside == nil {
		p.outside = map[int64]int32{}
	}
	p.outside[l.Hash] = node
}

// match finds for every comment of the file the node it is, or makes one.
func (t *taking) match(ctx context.Context) error {
	if t.head.NoIDs {
		if aligned, err := t.align(ctx); aligned || err != nil {
			return err
		}
	}
	global := false
	for i := t.begin; i < t.end; i++ {
		if t.leaves[i].node != none {
			continue // left out
		}
		first, node := t.firstWith(t.keys[i].own), t.known(i)
		var err error
		switch {
		case first != none:
			err = t.again(first, i)
		case node != none:
			err = t.bind(node, i)
		case t.leaves[i].flags.Is(postgres.LeafGlobal):
			global = true
		default:
			err = t.bind(t.addFresh(i), i)
		}
		if err != nil {
			return err
		}
	}
	if !global {
		return nil
	}
	return t.matchGlobal()
}

// matchGlobal finds comments by ids that are the same on every site: written on
// one, exported, and imported there or elsewhere.
func (t *taking) matchGlobal() error {
	for i := t.begin; i < t.end; i++ {
		if t.leaves[i].node != none {
			continue
		}
		first, node := t.firstWith(t.keys[i].own), t.hereAs(i)
		var err error
		switch {
		case first != none:
			err = t.again(first, i)
		case node != none && t.stored[node].leaf == none:
			err = t.bind(node, i)
		default:
			err = t.bind(t.addFresh(i), i)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// globalID gives an id that is the same on every site, a UUID, and "" for any
// other: those are unique in their source only.
func globalID(id string) string {
	if uuidForm.MatchString(id) {
		return id
	}
	return ""
}

var uuidForm = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

// again is a second comment with one id in one file.
func (t *taking) again(first, i int32) error {
	as := t.leafOf(t.leaves[first].node)
	same, err := t.same(as, i)
	if err != nil {
		return err
	}
	if !same {
		t.findings = append(t.findings, finding{n: t.n(i), about: t.n(as), refused: true, reason: "Its id stands already in line %d, with another text."})
		t.leaves[i].node = refused
		return nil
	}
	t.note(i, "The same comment stands in the file twice; it is taken once.")
	t.leaves[i].node = t.leaves[first].node
	t.countAgain(i)
	return nil
}

// same tells whether two leaves say the same.
func (t *taking) same(a, b int32) (bool, error) {
	x, err := t.im.stage.spool.get(t.n(a))
	if err != nil {
		return false, err
	}
	y, err := t.im.stage.spool.get(t.n(b))
	return bytes.Equal(x.Digest, y.Digest), err
}
