package action

import (
	"context"

	"hustings/internal/forum"
	"hustings/internal/postgres"
)

// grow gives every new comment of the file its parent. A parent that nobody has
// becomes a placeholder at the top level, one for each missing id, so that its
// replies stay together.
func (t *taking) grow() error {
	for k := t.first; k < t.last; k++ {
		if err := t.plant(int32(len(t.stored) + k)); err != nil {
			return err
		}
	}
	t.told()
	return nil
}

func (t *taking) plant(node int32) (err error) {
	i := t.of(node).leaf
	parent := t.parent(i)
	switch {
	case t.leaves[i].flags.Kind() == forum.KindLinkBack, t.keys[i].up == 0:
		parent = none
	case parent == none:
		if parent, err = t.placeholder(i); err != nil {
			return err
		}
	case t.kind(parent) == forum.KindLinkBack:
		t.note(i, "It answers a link from another site, which stands in no tree; it is put at the top level.")
		parent = none
	}
	if parent != none && !t.isStored(parent) {
		if up := t.of(parent).leaf; int(up) >= t.ends[len(t.ends)-1] {
			// It was there before the first of its replies, wherever that stands.
			t.times[up] = min(t.times[up], t.times[i])
		}
	}
	t.of(node).up = parent
	return nil
}

// placeholder makes the parent that a comment names and nobody has.
func (t *taking) placeholder(child int32) (node int32, err error) {
	n, err := t.im.stage.placeholder(t.n(child), t.times[child])
	if err != nil {
		return none, err
	}
	i := int32(len(t.leaves))
	t.leaves = append(t.leaves, leaf{n: uint32(n), node: none, flags: postgres.PlaceholderLeaf})
	t.times = append(t.times, t.times[child])
	node = t.addFresh(i)
	t.leaves[i].node = node
	if t.made == nil {
		t.made, t.madeIn = map[int64]int32{}, map[int32]int32{}
	}
	t.madeIn[i] = t.no
	t.made[t.keys[child].up] = node + 1
	t.note(child, "The comment it answers is not in the file; a placeholder stands for it.")
	t.count(i, &t.report.Comments.New)
	return node, nil
}

// told lists known comments that stand elsewhere at the source by now.
func (t *taking) told() {
	for i := t.begin; i < t.end; i++ {
		node := t.leaves[i].node
		if !t.isStored(node) || t.stored[node].leaf != i || t.leaves[i].flags.Kind() == forum.KindLinkBack {
			continue
		}
		if parent := t.parent(i); parent != t.stored[node].up && parent != t.sourceParent(node) {
			t.note(i, "It answers another comment at the source now; its place here stays.")
		}
	}
}

// adopt looks at comments that came here in another way than from this source:
// they are left as they are, and listed where the source says something else.
func (p *plan) adopt(ctx context.Context, tx *postgres.Tx) error {
	list := portion[postgres.ToldComment]{write: func(list []postgres.ToldComment) error {
		return tx.Differing(ctx, list, func(n int64, comment forum.CommentID) {
			p.findings = append(p.findings, finding{n: n, comment: comment, reason: "It stands here already, with something else; what is here stays."})
		})
	}}
	for i := range p.stored {
		s := &p.stored[i]
		if !s.flags.Is(nodeAdopted) {
			continue
		}
		c, err := p.im.stage.spool.get(p.n(s.leaf))
		if err != nil {
			return err
		}
		if err := list.add(postgres.ToldComment{StagedComment: c, ID: s.id, Article: p.article}, size(&c)); err != nil {
			return err
		}
	}
	return list.end()
}
