package action

import (
	"cmp"
	"slices"

	"hustings/internal/forum"
	"hustings/internal/postgres"
)

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
			p.report.AtLevel(int(f.level))
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
			p.report.AtLevel(int(s.level))
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
