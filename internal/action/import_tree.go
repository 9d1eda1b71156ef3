package action

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"hustings/internal/forum"
	"hustings/internal/importer"
	"hustings/internal/postgres"
)

// grow gives every new comment of the file its parent. A parent that nobody has
// becomes a placeholder at the top level, one for each missing id, so that its
// replies stay together.
func (t *taking) grow(ctx context.Context) error {
	for _, n := range slices.Clone(t.fresh) {
		if err := t.plant(ctx, n); err != nil {
			return err
		}
	}
	t.moved()
	maps.Copy(t.byKey, t.here)
	return t.im.stage.flush(ctx)
}

// find gives the node of a key, of this file or of earlier ones.
func (t *taking) find(key string) *node {
	if n := t.here[key]; n != nil {
		return n
	}
	return t.byKey[key]
}

func (t *taking) plant(ctx context.Context, n *node) error {
	l := n.staged
	parent := t.find(l.Parent)
	switch {
	case l.Kind == forum.KindLinkBack, l.Parent == "":
		parent = nil
	case parent == nil:
		var err error
		if parent, err = t.placeholder(ctx, l); err != nil {
			return err
		}
	case parent.kind == forum.KindLinkBack:
		t.note(l, "It answers a link from another site, which stands in no tree; it is put at the top level.")
		parent = nil
	}
	if parent != nil && parent.made {
		// It was there before the first of its replies, wherever that stands.
		parent.staged.Ordinal = min(parent.staged.Ordinal, l.Ordinal)
	}
	n.parent = parent
	t.hang(n, n.parent)
	t.new = append(t.new, n)
	return nil
}

// placeholder makes the parent that a comment names and nobody has.
func (t *taking) placeholder(ctx context.Context, child *postgres.StagedLeaf) (*node, error) {
	staged, err := t.im.stage.renderComment(importer.Comment{
		Key: child.Parent, Kind: importer.KindPlaceholder, State: string(forum.Published),
		Ordinal: child.Ordinal, Line: int(child.Line),
	})
	if err != nil {
		return nil, err
	}
	if child.PortableID != "" {
		staged.PortableID = child.Parent // in a file whose ids are portable, so is this one
	}
	staged.Item, staged.File = t.head.item, child.File
	if err := t.im.stage.add(ctx, staged); err != nil {
		return nil, err
	}
	t.note(child, "The comment it answers is not in the file; a placeholder stands for it.")
	n := t.add(&postgres.StagedLeaf{
		N: t.im.stage.n, File: child.File, Line: child.Line, Key: child.Parent, PortableID: staged.PortableID,
		Kind: forum.KindPlaceholder, State: forum.Published, Ordinal: child.Ordinal, Digest: staged.Digest,
	})
	n.made = true
	t.hang(n, n.parent)
	t.new = append(t.new, n)
	return n, nil
}

// moved lists known comments that stand elsewhere at the source by now.
func (t *taking) moved() {
	for i := range t.leaves {
		l := &t.leaves[i]
		n := t.here[l.Key]
		if n == nil || n.known == nil || n.staged != l || l.Kind == forum.KindLinkBack {
			continue
		}
		if parent := t.find(l.Parent); parent != n.parent && parent != t.sourceParent(n) {
			t.note(l, "It answers another comment at the source now; its place here stays.")
		}
	}
}

// arrange puts the new comments into the order of their numbers: parents first,
// siblings as the source has them, link-backs last. It gives every node its level
// and cuts circles.
func (p *plan) arrange() {
	for _, n := range p.stored {
		n.place()
	}
	fresh := p.new
	p.openCircles(fresh)
	p.new = make([]*node, 0, len(fresh))
	var starts []*node
	for _, n := range fresh {
		slices.SortFunc(n.kids, bySource)
		if n.parent == nil || n.parent.known != nil {
			starts = append(starts, n)
		}
	}
	slices.SortFunc(starts, bySource)
	for _, n := range starts {
		p.descend(n)
	}
	p.measure()
}

// openCircles cuts every circle, so that each new comment has a way up.
func (p *plan) openCircles(fresh []*node) {
	slices.SortFunc(fresh, bySource)
	for _, n := range fresh {
		if n.parent == nil || n.parent.known != nil || n.parent.reached { // nearly all, parents being older
			n.reached = true
			continue
		}
		way := map[*node]bool{}
		for n != nil && n.known == nil && !n.reached && !way[n] {
			way[n] = true
			n = n.parent
		}
		if way[n] {
			p.cut(n)
		}
		for m := range way {
			m.reached = true
		}
	}
}

// bySource is the order of siblings: tree first, then link-backs, as they stand
// in the files.
func bySource(a, b *node) int {
	link := func(n *node) int {
		if n.kind == forum.KindLinkBack {
			return 1
		}
		return 0
	}
	return cmp.Or(cmp.Compare(link(a), link(b)), cmp.Compare(a.staged.File, b.staged.File),
		cmp.Compare(a.staged.Ordinal, b.staged.Ordinal), cmp.Compare(a.staged.N, b.staged.N))
}

// descend appends a new comment and all below it, without recursion: threads may
// be of any depth.
func (p *plan) descend(n *node) {
	todo := []*node{n}
	for len(todo) > 0 {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		n.place()
		p.new = append(p.new, n)
		for _, kid := range slices.Backward(n.kids) {
			todo = append(todo, kid)
		}
	}
}

// cut opens the circle that a comment is part of, at its newest member.
func (p *plan) cut(n *node) {
	newest := n
	for m := n.parent; m != n; m = m.parent {
		if bySource(m, newest) > 0 {
			newest = m
		}
	}
	newest.parent.kids = slices.DeleteFunc(newest.parent.kids, func(k *node) bool { return k == newest })
	newest.parent = nil
	p.tops = append(p.tops, newest)
	p.note(newest.staged, "It answers a comment that answers it in turn; it is put at the top level.")
}

// place sets what follows from the parent.
func (n *node) place() {
	n.level, n.root = 1, n.id
	n.removed = n.marked()
	n.wasRemoved = n.known != nil && n.known.BranchRemoved
	if n.parent != nil {
		n.level, n.root = n.parent.level+1, n.parent.root
		n.removed = n.removed || n.parent.removed
		n.wasRemoved = n.wasRemoved || n.parent.wasRemoved
	}
}

// marked tells whether the branch that begins here will be a removed one.
func (n *node) marked() bool {
	if n.known != nil && !n.restated {
		return n.known.BranchRemoved
	}
	return n.staged.Branch == "removed"
}

// visible tells whether the comment will count as one.
func (n *node) visible() bool {
	kind := n.kind
	if n.revised {
		kind = n.staged.Kind
	}
	return kind == forum.KindComment && n.stateAfter() == forum.Published && !n.removed
}

// stateAfter is the state that the comment will have. Of a comment that the
// source does not mention staged is nil.
func (n *node) stateAfter() forum.CommentState {
	if n.known != nil && !n.restated {
		return n.known.State
	}
	return n.staged.State
}

// wasVisible tells whether it counts as one now.
func (n *node) wasVisible() bool {
	return n.known != nil && n.known.Kind == forum.KindComment && n.known.State == forum.Published && !n.wasRemoved
}

// measure notes the deepest level and what the article's count changes by.
func (p *plan) measure() {
	for _, list := range [][]*node{p.stored, p.new} {
		for _, n := range list {
			if n.visible() {
				p.added++
			}
			if n.wasVisible() {
				p.added--
			}
			if n.staged != nil && n.kind != forum.KindLinkBack {
				p.report.MaxDepth = max(p.report.MaxDepth, n.level)
			}
		}
	}
}
