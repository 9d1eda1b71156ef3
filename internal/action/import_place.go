package action

import (
	"hustings/internal/forum"
	"hustings/internal/postgres"
)

// id is the number of a node, once the new ones have theirs; 0 for none.
func (p *plan) id(node int32) forum.CommentID {
	switch {
	case node == none:
		return 0
	case p.isStored(node):
		return p.stored[node].id
	}
	return p.ids[p.of(node).kid]
}

// placing gives where every comment goes that is to be written: of each article the
// new ones in the order of their numbers, then the known ones.
func placing(plans []*plan) func(*postgres.Placed) bool {
	next := 0
	return func(to *postgres.Placed) bool {
		for len(plans) > 0 {
			p := plans[0]
			for next < len(p.news)+len(p.stored) {
				k := next
				next++
				if k < len(p.news) {
					p.placeNew(to, p.news[k])
					return true
				}
				if s := &p.stored[k-len(p.news)]; s.leaf != none && s.flags.Is(nodeTold) {
					p.placeKnown(to, int32(k-len(p.news)))
					return true
				}
			}
			plans, next = plans[1:], 0
		}
		return false
	}
}

func (p *plan) placeNew(to *postgres.Placed, i int32) {
	f := &p.fresh[i]
	to.N, to.ID, to.Article, to.Fresh = p.n(f.leaf), p.ids[f.kid], p.article, true
	to.Parent, to.Root, to.Depth, to.Counts = p.id(f.up), p.id(f.next), int(f.level)-1, p.shown(f)
}

func (p *plan) placeKnown(to *postgres.Placed, i int32) {
	s := &p.stored[i]
	to.N, to.ID, to.Article = p.n(s.leaf), s.id, p.article
	to.Parent, to.Root, to.Depth = p.id(s.up), p.id(s.root), int(s.level)-1
	to.Revised, to.Restated, to.Kept = s.flags.Is(nodeRevised), s.flags.Is(nodeRestated), s.flags.Is(nodeKept)
	if ref := p.renamed[i]; ref != nil {
		to.KnownKey = ref.Key
		if !to.Restated {
			to.Noted = ref.State
		}
	}
}

// pathRows gives the rows of the closure table for all new comments: each with its
// nearest postgres.Window ancestors, itself being the first.
type pathRows struct {
	plans []*plan // the first is the one that is being given
	next  int     // in its news
	node  int32   // whose row is given next; none: the next comment's own
	id    forum.CommentID
	depth int16
	row   [4]any
	begun bool
}

func (r *pathRows) Next() bool {
	if r.begun && r.depth < postgres.Window {
		if r.node = r.up(); r.node != none {
			r.depth++
			return r.set()
		}
	}
	for len(r.plans) > 0 && r.next == len(r.plans[0].news) {
		r.plans, r.next = r.plans[1:], 0
	}
	if len(r.plans) == 0 {
		return false
	}
	p := r.plans[0]
	r.node = int32(len(p.stored)) + p.news[r.next]
	r.next++
	r.id, r.depth, r.begun = p.id(r.node), 0, true
	return r.set()
}

func (r *pathRows) up() int32 {
	p := r.plans[0]
	if p.isStored(r.node) {
		return p.stored[r.node].up
	}
	return p.of(r.node).up
}

func (r *pathRows) set() bool {
	p := r.plans[0]
	r.row = [4]any{int64(r.id), r.depth, int64(p.id(r.node)), int64(p.article)}
	return true
}

func (r *pathRows) Values() ([]any, error) { return r.row[:], nil }

func (r *pathRows) Err() error { return nil }
