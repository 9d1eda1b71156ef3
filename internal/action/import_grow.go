package action

import (
	"context"

	"hustings/internal/forum"
	"hustings/internal/importer"
	"hustings/internal/markup"
	"hustings/internal/postgres"
)

// grow gives every new comment of the file its parent. A parent that nobody has
// becomes a placeholder at the top level, one for each missing id, so that its
// replies stay together.
func (t *taking) grow(ctx context.Context) error {
	var missing []postgres.MadePlaceholder
	for k, end := t.first, len(t.fresh); k < end; k++ {
		t.plant(int32(len(t.stored)+k), &missing)
	}
	t.told()
	if len(missing) == 0 {
		return nil
	}
	bare, err := t.im.stage.renderComment(importer.Comment{Kind: importer.KindPlaceholder, State: string(forum.Published)})
	if err != nil {
		return err
	}
	return t.im.session.StagePlaceholders(ctx, missing, markup.PolicyVersion, bare.Digest)
}

func (t *taking) plant(node int32, missing *[]postgres.MadePlaceholder) {
	i := t.of(node).leaf
	parent := t.parent(i)
	switch {
	case t.leaves[i].flags.Kind() == forum.KindLinkBack, t.keys[i].up == 0:
		parent = none
	case parent == none:
		parent = t.placeholder(i, missing)
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
}

// placeholder makes the parent that a comment names and nobody has.
func (t *taking) placeholder(child int32, missing *[]postgres.MadePlaceholder) (node int32) {
	t.im.stage.n++
	i := int32(len(t.leaves))
	t.leaves = append(t.leaves, leaf{n: uint32(t.im.stage.n), node: none, flags: postgres.PlaceholderLeaf})
	t.times = append(t.times, t.times[child])
	node = t.addFresh(i)
	t.leaves[i].node = node
	if t.made == nil {
		t.made, t.madeIn = map[int64]int32{}, map[int32]int32{}
	}
	t.madeIn[i] = t.no
	t.made[t.keys[child].up] = node + 1
	*missing = append(*missing, postgres.MadePlaceholder{N: t.im.stage.n, Child: t.n(child), Ordinal: t.times[child]})
	t.note(child, "The comment it answers is not in the file; a placeholder stands for it.")
	t.count(i, &t.report.Comments.New)
	return node
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
func (p *plan) adopt(ctx context.Context) error {
	var adopted []int32
	for i := range p.stored {
		if s := &p.stored[i]; s.flags.Is(nodeAdopted) {
			adopted = append(adopted, s.leaf)
		}
	}
	if len(adopted) == 0 {
		return nil
	}
	return p.im.session.Differing(ctx, len(adopted), func(i int) (int64, forum.CommentID) {
		return p.n(adopted[i]), p.stored[p.leaves[adopted[i]].node].id
	}, func(n int64, comment forum.CommentID) {
		p.findings = append(p.findings, finding{n: n, comment: comment, reason: "It stands here already, with something else; what is here stays."})
	})
}
