package action

import (
	"context"
	"regexp"

	"hustings/internal/forum"
	"hustings/internal/importer"
	"hustings/internal/markup"
	"hustings/internal/postgres"
)

// taking is one file's comments being fitted into the plan of their article.
type taking struct {
	*plan
	head       postgres.GroupItem
	no         int32 // its place among the files of the article
	begin, end int32 // of its leaves
	first      int   // of its new comments, in fresh
}

// take fits them in: each becomes a comment that is here, or a new one below its
// parent.
func (t *taking) take(ctx context.Context) error {
	t.first = len(t.fresh)
	if !t.head.NoIDs { // their keys come from their own article
		t.strangers()
	}
	if err := t.match(ctx); err != nil {
		return err
	}
	return t.grow(ctx)
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
	return t.outside[key] == foreign
}

// lost lists, for each parent that no file has by then, the first comment that
// names it.
func (p *plan) lost() (ns []int64) {
	seen := map[int64]bool{}
	begin := int32(0)
	for _, end := range p.ends {
		for i := begin; i < int32(end); i++ {
			if up := p.keys[i].up; up != 0 && !seen[up] && !p.before(up, int32(end)) {
				seen[up] = true
				ns = append(ns, p.n(i))
			}
		}
		begin = int32(end)
	}
	return ns
}

// before tells whether one of the leaves before end has a key.
func (t *tree) before(key int64, end int32) bool {
	list := t.withKey(key)
	return len(list) > 0 && list[0] < end
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
			err = t.again(ctx, first, i)
		case node != none:
			err = t.bind(ctx, node, i)
		case t.leaves[i].flags.Is(postgres.LeafGlobal):
			global = true
		default:
			err = t.bind(ctx, t.addFresh(i), i)
		}
		if err != nil {
			return err
		}
	}
	if !global {
		return nil
	}
	return t.matchGlobal(ctx)
}

// matchGlobal finds comments by ids that are the same on every site: written on
// one, exported, and imported there or elsewhere.
func (t *taking) matchGlobal(ctx context.Context) error {
	for i := t.begin; i < t.end; i++ {
		if t.leaves[i].node != none {
			continue
		}
		first, node := t.firstWith(t.keys[i].own), t.hereAs(i)
		var err error
		switch {
		case first != none:
			err = t.again(ctx, first, i)
		case node != none && t.stored[node].leaf == none:
			err = t.bind(ctx, node, i)
		default:
			err = t.bind(ctx, t.addFresh(i), i)
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
func (t *taking) again(ctx context.Context, first, i int32) error {
	as := t.leafOf(t.leaves[first].node)
	same, err := t.same(ctx, as, i)
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

// same tells whether two leaves say the same. Those that have a key in common are
// asked for together.
func (t *taking) same(ctx context.Context, a, b int32) (same bool, err error) {
	if t.digests == nil {
		var twins []int64
		for k := 1; k < len(t.order); k++ {
			if x, y := t.order[k-1], t.order[k]; t.keys[x].own == t.keys[y].own {
				twins = append(twins, t.n(x), t.n(y))
			}
		}
		if t.digests, err = t.im.session.StagedDigests(ctx, twins); err != nil {
			return false, err
		}
	}
	x, known := t.digests[t.n(a)]
	y, too := t.digests[t.n(b)]
	if known && too {
		return x == y, nil
	}
	found, err := t.im.session.StagedDigests(ctx, []int64{t.n(a), t.n(b)})
	return found[t.n(a)] == found[t.n(b)], err
}

// said is how a source's word on a comment stands to its last one and to what is
// here.
type said struct {
	known    bool // it has said something before
	same     bool // the same text
	sameMark bool // the same state
	text     bool // the text here is still its last one
	mark     bool // so is the state
}

func saidOf(f postgres.LeafFlags) said {
	return said{!f.Is(postgres.LeafGlobal), f.Is(postgres.LeafSame), f.Is(postgres.LeafSameMark), f.Is(postgres.LeafText), f.Is(postgres.LeafMark)}
}

// bind says that a leaf is this node, and counts it.
func (t *taking) bind(ctx context.Context, node, i int32) error {
	return t.bindAs(ctx, node, i, saidOf(t.leaves[i].flags))
}

func (t *taking) bindAs(ctx context.Context, node, i int32, last said) error {
	t.leaves[i].node = node
	before := t.leafOf(node)
	switch {
	case before == i: // new
		t.count(i, &t.report.Comments.New)
	case before != none: // a second time in this import
		same, err := t.same(ctx, before, i)
		if err != nil {
			return err
		}
		if same {
			t.countAgain(i)
			return nil
		}
		if t.isStored(node) {
			s := &t.stored[node]
			s.leaf = i
			s.flags |= nodeRevised | nodeTold
		} else {
			t.of(node).leaf = i
		}
		t.count(i, &t.report.Comments.Changed)
	default:
		t.stored[node].leaf = i
		t.compare(&t.stored[node], i, last)
	}
	return nil
}

// compare decides what becomes of a comment that is known: what changed at the
// source is taken over, unless it was changed here too.
func (t *taking) compare(s *storedNode, i int32, last said) {
	if !last.known {
		s.flags |= nodeTold | nodeAdopted // compared with what stands here, later
		t.count(i, &t.report.Comments.Same)
		return
	}
	if s.flags.Kind() != forum.KindPlaceholder && t.leaves[i].flags.Kind() == forum.KindPlaceholder {
		t.note(i, "The source has lost this comment; it stays here.")
		t.count(i, &t.report.Comments.Same)
		return
	}
	revised, restated := !last.same, !last.sameMark
	if revised && !last.text {
		revised = false
		t.conflict(i, s.id, "Changed at the source and here; the text here stays.")
	}
	if restated && !last.mark {
		restated = false
		t.conflict(i, s.id, "Its state changed at the source and here; the one here stays.")
	}
	if !restated {
		s.flags |= nodeKept
	}
	if !revised && !restated {
		t.count(i, &t.report.Comments.Same)
		return
	}
	s.flags |= nodeTold
	if revised {
		s.flags |= nodeRevised
	}
	if restated {
		s.flags |= nodeRestated
	}
	t.count(i, &t.report.Comments.Changed)
}

// count counts a record as the contract says.
func (p *plan) count(i int32, as *int) {
	c, f := &p.report.Comments, p.leaves[i].flags
	switch f.Kind() {
	case forum.KindPlaceholder:
		c.Placeholders++
		return
	case forum.KindLinkBack:
		c.LinkBacks++
		return
	}
	if f.Is(postgres.LeafCounted) {
		*as++
	}
	if f.State() == forum.Held {
		c.Held++
	}
}

// countAgain counts a record that has been counted in this import. What else it is,
// held or a link from another site, is so once.
func (p *plan) countAgain(i int32) {
	if f := p.leaves[i].flags; f.Is(postgres.LeafCounted) && f.Kind() == forum.KindComment {
		p.report.Comments.Same++
	}
}

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
