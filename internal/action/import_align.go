package action

import (
	"context"
	"fmt"

	"hustings/internal/forum"
	"hustings/internal/importer"
	"hustings/internal/postgres"
)

// maxAligned is how many comments an article may have, here and in its files, for
// a file without ids to be compared with it: their texts are held in memory.
// Beyond that an edited comment counts as a new one.
const maxAligned = 20_000

// aligning is a file without ids being compared with the tree, list of siblings by
// list of siblings from the top, so that an edited comment stays the same one.
type aligning struct {
	*taking
	refs   map[int32]*postgres.CommentRef // what the source said of stored comments
	stored map[int64]postgres.Said        // by number
	staged map[int64]postgres.StagedComment
	kids   map[int32][]int32 // nodes by the node that they answer at the source
}

// align matches a file of whose comments not all are known by their content. It
// tells whether there was anything to compare it with.
func (t *taking) align(ctx context.Context) (done bool, err error) {
	unknown := false
	for i := t.begin; i < t.end && !unknown; i++ {
		unknown = t.known(i) == none
	}
	if !unknown || t.article == 0 && t.begin == 0 {
		return false, nil
	}
	if len(t.leaves)+len(t.stored) > maxAligned {
		t.note(t.begin, fmt.Sprintf("Its article has more than %d comments and the file gives them no ids: one that was edited counts as new.", maxAligned))
		return false, nil
	}
	a := &aligning{taking: t, refs: map[int32]*postgres.CommentRef{}, stored: map[int64]postgres.Said{}, staged: map[int64]postgres.StagedComment{}, kids: map[int32][]int32{}}
	if err := a.load(ctx); err != nil || len(a.refs) == 0 && t.begin == 0 {
		return false, err
	}
	a.hang()
	return true, a.run()
}

// load reads the texts of the article, here and in the files so far: the one thing
// for which a plan needs them.
func (a *aligning) load(ctx context.Context) error {
	session := a.im.session
	if a.article != 0 {
		refs, err := session.CommentRefs(ctx, a.source, a.article)
		if err != nil {
			return err
		}
		for i := range refs {
			r, node := &refs[i], a.byID(refs[i].ID)
			if a.refs[node] == nil || len(r.Key) == fingerprintLen {
				a.refs[node] = r // in a file without ids, what its fingerprint noted
			}
		}
		list, err := session.StoredSaid(ctx, a.article)
		if err != nil {
			return err
		}
		for _, s := range list {
			a.stored[s.ID] = s
		}
	}
	for i := range a.leaves[:a.end] {
		c, err := a.im.stage.spool.get(a.n(int32(i)))
		if err != nil {
			return err
		}
		a.staged[c.N] = c
	}
	return nil
}

// hang puts every node among the siblings that it has at its source.
func (a *aligning) hang() {
	for i := range a.plan.stored {
		up := a.sourceParent(int32(i))
		a.kids[up] = append(a.kids[up], int32(i))
	}
	for k := range a.fresh {
		up := a.fresh[k].up
		a.kids[up] = append(a.kids[up], int32(len(a.plan.stored)+k))
	}
}

func (a *aligning) run() error {
	below := map[int64][]int32{} // leaves by the key of what they answer
	var links []int32
	for i := a.begin; i < a.end; i++ {
		if a.leaves[i].flags.Kind() == forum.KindLinkBack {
			links = append(links, i)
			continue
		}
		below[a.keys[i].up] = append(below[a.keys[i].up], i)
	}
	if err := a.list(a.ofSource(none, true), links); err != nil {
		return err
	}
	type pair struct {
		old []int32
		key int64
	}
	todo := []pair{{a.ofSource(none, false), 0}}
	for len(todo) > 0 {
		next := todo[0]
		todo = todo[1:]
		leaves := below[next.key]
		if err := a.list(next.old, leaves); err != nil {
			return err
		}
		for _, i := range leaves {
			todo = append(todo, pair{a.ofSource(a.leaves[i].node, false), a.keys[i].own})
		}
	}
	return nil
}

// ofSource gives what answers a node, without what was written here: the source
// knows nothing of it.
func (a *aligning) ofSource(up int32, links bool) []int32 {
	var kept []int32
	for _, node := range a.kids[up] {
		if (a.refs[node] != nil || a.leafOf(node) != none) && (a.kind(node) == forum.KindLinkBack) == links {
			kept = append(kept, node)
		}
	}
	return kept
}

// list matches siblings.
func (a *aligning) list(old, leaves []int32) error {
	before, now := make([]importer.Sibling, len(old)), make([]importer.Sibling, len(leaves))
	for i, node := range old {
		before[i] = sibling(a.saidOf(node), a.kind(node))
	}
	for i, l := range leaves {
		now[i] = sibling(a.given(l), a.leaves[l].flags.Kind())
	}
	for _, p := range importer.Align(before, now) {
		var err error
		switch {
		case p.New < 0: // gone from the source, but not from here
		case p.Old < 0:
			err = a.bind(a.addFresh(leaves[p.New]), leaves[p.New])
		default:
			err = a.pair(old[p.Old], leaves[p.New])
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// saidOf is what a node says: by its last file, else here.
func (a *aligning) saidOf(node int32) postgres.Said {
	if i := a.leafOf(node); i != none {
		return a.given(i)
	}
	return a.stored[int64(a.plan.stored[node].id)]
}

// given is what a leaf says.
func (a *aligning) given(leaf int32) postgres.Said {
	c := a.staged[a.n(leaf)]
	return postgres.Said{ID: c.N, Author: c.Author, CreatedAt: c.CreatedAt, Body: textIn(c.BodyText)}
}

// pair says that a leaf is a comment that was matched with it.
func (a *aligning) pair(node, i int32) error {
	ref, now := a.refs[node], a.staged[a.n(i)]
	if ref == nil {
		return a.bindAs(node, i, said{})
	}
	err := a.bindAs(node, i, said{true, sameDigest(ref.Digest, now.Digest), ref.State == postgres.GivenState(now.State, now.Branch), ref.SameText, ref.SameMark, false})
	if a.plan.renamed == nil {
		a.plan.renamed = map[int32]*postgres.CommentRef{}
	}
	a.plan.renamed[node] = ref
	if ref.Key != now.Key {
		a.plan.stored[node].flags |= nodeTold
	}
	return err
}

func sibling(s postgres.Said, kind forum.CommentKind) importer.Sibling {
	return importer.Sibling{
		Content:     importer.CommentContent{Author: s.Author, Date: s.CreatedAt, Body: s.Body},
		Placeholder: kind == forum.KindPlaceholder,
	}
}
