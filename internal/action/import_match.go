package action

import (
	"bytes"
	"context"
	"regexp"

	"hustings/internal/forum"
	"hustings/internal/importer"
	"hustings/internal/postgres"
)

// taking is one file's comments being fitted into the plan of their article.
type taking struct {
	*plan
	head   *head
	leaves []postgres.StagedLeaf
	here   map[string]*node // by key, of this file
	fresh  []*node          // new ones, not in the tree yet
}

// match finds for every comment of the file the node it is, or makes one.
func (t *taking) match(ctx context.Context) error {
	if t.head.noIDs && len(t.byKey) > 0 && t.unknown() {
		return t.align(ctx)
	}
	var left []*postgres.StagedLeaf
	for i := range t.leaves {
		l := &t.leaves[i]
		switch n := t.byKey[l.Key]; {
		case t.here[l.Key] != nil:
			t.again(l)
		case n != nil:
			t.here[l.Key], n.ref = n, t.refs[l.Key]
			t.bind(n, l)
		case globalID(l.PortableID) != "":
			left = append(left, l)
		default:
			t.add(l)
		}
	}
	return t.matchGlobal(ctx, left)
}

// unknown tells whether the file has a comment that no earlier one had.
func (t *taking) unknown() bool {
	for i := range t.leaves {
		if t.byKey[t.leaves[i].Key] == nil {
			return true
		}
	}
	return false
}

// again is a second comment with one id in one file.
func (t *taking) again(l *postgres.StagedLeaf) {
	first := t.here[l.Key].staged
	if bytes.Equal(first.Digest, l.Digest) {
		t.note(l, "The same comment stands in the file twice; it is taken once.")
		t.count(l, &t.report.Comments.Same)
		return
	}
	t.refuse(l, "Its id stands already in line %d, with another text.", first.Line)
}

// matchGlobal finds comments by ids that are the same on every site: written on
// one, exported, and imported there or elsewhere.
func (t *taking) matchGlobal(ctx context.Context, left []*postgres.StagedLeaf) error {
	known := map[string]forum.CommentID{}
	if t.article != 0 && len(left) > 0 {
		ids := make([]string, len(left))
		for i, l := range left {
			ids[i] = l.PortableID
		}
		var err error
		if known, err = t.im.session.PortableComments(ctx, ids); err != nil {
			return err
		}
	}
	for _, l := range left {
		n := t.byID[known[l.PortableID]]
		switch {
		case t.here[l.Key] != nil:
			t.again(l)
		case n != nil && n.staged == nil:
			t.here[l.Key], n.ref = n, nil // this source has not named it so
			t.bind(n, l)
		default:
			t.add(l)
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

// add makes a node for a comment that is new.
func (t *taking) add(l *postgres.StagedLeaf) *node {
	n := &node{kind: l.Kind, portable: l.PortableID}
	t.here[l.Key] = n
	t.fresh = append(t.fresh, n)
	t.bind(n, l)
	return n
}

// align matches a file without ids with the tree, list of siblings by list of
// siblings from the top, so that an edited comment stays the same one.
func (t *taking) align(ctx context.Context) error {
	said, err := t.said(ctx)
	if err != nil {
		return err
	}
	kids := map[string][]*postgres.StagedLeaf{}
	var links []*postgres.StagedLeaf
	for i := range t.leaves {
		l := &t.leaves[i]
		if l.Kind == forum.KindLinkBack {
			links = append(links, l)
			continue
		}
		kids[l.Parent] = append(kids[l.Parent], l)
	}
	t.alignList(said, t.ofSource(t.tops, true), links)
	type pair struct {
		old []*node
		key string
	}
	todo := []pair{{t.ofSource(t.tops, false), ""}}
	for len(todo) > 0 {
		next := todo[0]
		todo = todo[1:]
		for _, l := range t.alignList(said, next.old, kids[next.key]) {
			todo = append(todo, pair{t.ofSource(t.here[l.Key].kids, false), l.Key})
		}
	}
	return nil
}

// ofSource leaves out what was written here: the source knows nothing of it.
func (t *taking) ofSource(list []*node, links bool) []*node {
	var kept []*node
	for _, n := range list {
		if (n.ref != nil || n.staged != nil) && (n.kind == forum.KindLinkBack) == links {
			kept = append(kept, n)
		}
	}
	return kept
}

// alignList matches siblings and gives the comments that stand in the file with
// those below them.
func (t *taking) alignList(said map[saidKey]postgres.Said, old []*node, leaves []*postgres.StagedLeaf) []*postgres.StagedLeaf {
	before, now := make([]importer.Sibling, len(old)), make([]importer.Sibling, len(leaves))
	for i, n := range old {
		before[i] = sibling(said[n.said()], n.kind)
	}
	for i, l := range leaves {
		now[i] = sibling(said[saidKey{staged: l.N}], l.Kind)
	}
	for _, p := range importer.Align(before, now) {
		switch {
		case p.New < 0: // gone from the source, but not from here
		case p.Old < 0:
			t.add(leaves[p.New])
		default:
			t.here[leaves[p.New].Key] = old[p.Old]
			t.bind(old[p.Old], leaves[p.New])
		}
	}
	return leaves
}

func sibling(s postgres.Said, kind forum.CommentKind) importer.Sibling {
	return importer.Sibling{
		Content:     importer.CommentContent{Author: s.Author, Date: s.CreatedAt, Body: s.Body},
		Placeholder: kind == forum.KindPlaceholder,
	}
}

// saidKey names a comment that is here or staged.
type saidKey struct {
	stored forum.CommentID
	staged int64
}

func (n *node) said() saidKey {
	if n.staged != nil {
		return saidKey{staged: n.staged.N}
	}
	return saidKey{stored: n.id}
}

// said reads the texts of the article, here and in the files so far: the one
// thing for which a plan needs them.
func (t *taking) said(ctx context.Context) (map[saidKey]postgres.Said, error) {
	all := map[saidKey]postgres.Said{}
	if t.article != 0 {
		list, err := t.im.session.StoredSaid(ctx, t.article)
		if err != nil {
			return nil, err
		}
		for _, s := range list {
			all[saidKey{stored: forum.CommentID(s.ID)}] = s
		}
	}
	for _, h := range t.group.heads {
		list, err := t.im.session.StagedSaid(ctx, h.item)
		if err != nil {
			return nil, err
		}
		for _, s := range list {
			all[saidKey{staged: s.ID}] = s
		}
	}
	return all, nil
}
