package action

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"

	"hustings/internal/forum"
	"hustings/internal/importer"
	"hustings/internal/postgres"
)

// plan is what an import does to one article: its tree as it stands here, with
// what the source says of each comment. It holds no texts.
type plan struct {
	im        *importing
	group     *group
	source    postgres.SourceID
	report    importer.Report // of this article
	conflicts []conflicting

	article      forum.ArticleID // 0: new
	known        postgres.KnownArticle
	staged       postgres.StagedArticle
	given        bool // the source has the article itself, not just comments
	changed      bool // of a known article: its text
	restated     bool // of a known article: its state
	slug         string
	title        string
	visibly      bool                            // something that people can see changes
	tops         []*node                         // top level, link-backs too
	refs         map[string]*postgres.CommentRef // what it said last time, by its key
	byKey        map[string]*node                // by the source's key
	byID         map[forum.CommentID]*node
	stored       []*node // by id, so parents first
	new          []*node // in the order of their numbers, once arranged
	adopted      map[int64]forum.CommentID
	added        int // change of the number of comments that count
	usedPortable map[string]bool
}

// node is a comment of the plan.
type node struct {
	id         forum.CommentID // 0: new
	parent     *node
	kids       []*node
	kind       forum.CommentKind
	known      *postgres.KnownComment // nil: new
	ref        *postgres.CommentRef   // what the source said last time; nil: nothing
	staged     *postgres.StagedLeaf   // what it says now; nil: nothing
	level      int
	revised    bool
	restated   bool
	removed    bool // will be in a removed branch, or the root of one
	wasRemoved bool // is in one now
	portable   string
	reached    bool
	made       bool // a placeholder that no file has
	root       forum.CommentID
}

// plan compares an article's records with what is here. With a transaction the
// article is kept as it is until that ends.
func (im *importing) plan(ctx context.Context, tx *postgres.Tx, g *group) (*plan, error) {
	p := &plan{im: im, group: g, report: importer.NewReport("", ""), byKey: map[string]*node{}, refs: map[string]*postgres.CommentRef{},
		byID: map[forum.CommentID]*node{}, adopted: map[int64]forum.CommentID{}, usedPortable: map[string]bool{}}
	p.report.Files = nil
	if err := p.find(ctx, tx); err != nil {
		return nil, err
	}
	if p.article == 0 && !p.given {
		return p, p.refuseAll(ctx)
	}
	if err := p.load(ctx); err != nil {
		return nil, err
	}
	for _, h := range g.heads {
		if err := p.take(ctx, h); err != nil {
			return nil, err
		}
	}
	if err := p.adopt(ctx); err != nil {
		return nil, err
	}
	if err := p.explain(ctx); err != nil {
		return nil, err
	}
	p.arrange()
	p.countArticle()
	p.visibly = p.changesPages()
	return p, nil
}

// find looks the article up, here and in the files.
func (p *plan) find(ctx context.Context, tx *postgres.Tx) (err error) {
	if tx == nil {
		p.source, err = p.im.session.Source(ctx, p.group.source)
	} else {
		p.source, err = tx.ImportSource(ctx, p.group.source)
	}
	if err != nil {
		return err
	}
	for _, h := range p.group.heads {
		if h.digest == nil {
			continue
		}
		if p.staged, err = p.im.session.StagedArticle(ctx, h.item); err != nil {
			return err
		}
		p.given = true // the last file has the last word
	}
	var found bool
	p.known, found, err = p.im.session.KnownArticle(ctx, p.source, p.group.key, globalID(p.staged.PortableID))
	if err != nil {
		return err
	}
	p.title = p.staged.Title
	if p.given {
		p.slug = wantedSlug(p.staged)
	}
	if !found {
		return nil
	}
	p.article, p.slug = p.known.ID, p.known.Slug
	if tx == nil {
		return nil
	}
	return tx.HoldArticle(ctx, p.article)
}

// refuseAll lists the comments of an article that is nowhere.
func (p *plan) refuseAll(ctx context.Context) error {
	for _, h := range p.group.heads {
		leaves, err := p.im.session.StagedLeaves(ctx, h.item)
		if err != nil {
			return err
		}
		for i := range leaves {
			p.refuse(&leaves[i], "Its article “%s” is neither in the file nor here.", shortened(p.group.key))
		}
	}
	return nil
}

func shortened(s string) string {
	const max = 80
	for i := range s {
		if i >= max {
			return s[:i] + "…"
		}
	}
	return s
}

// load reads the tree as it stands here and what the source said of it.
func (p *plan) load(ctx context.Context) error {
	if p.article == 0 {
		return nil
	}
	known, err := p.im.session.KnownComments(ctx, p.article)
	if err != nil {
		return err
	}
	for i := range known {
		k := &known[i]
		n := &node{id: k.ID, known: k, kind: k.Kind, parent: p.byID[k.Parent]}
		p.byID[k.ID] = n
		p.stored = append(p.stored, n)
		p.hang(n, p.sourceParent(n))
	}
	refs, err := p.im.session.CommentRefs(ctx, p.source, p.article)
	for i := range refs {
		r, n := &refs[i], p.byID[refs[i].ID]
		p.byKey[r.Key], p.refs[r.Key] = n, r
		if n.ref == nil || len(r.Key) == fingerprintLen {
			n.ref = r // in a file without ids, what its fingerprint noted
		}
	}
	return err
}

// fingerprintLen is the length of the keys of comments without ids.
const fingerprintLen = 64

// sourceParent is what a comment answers at its source: its parent, unless a
// moderator has moved it since.
func (p *plan) sourceParent(n *node) *node {
	if n.known == nil || n.known.SourceParent == nil {
		return n.parent
	}
	return p.byID[*n.known.SourceParent]
}

// hang puts a comment among the siblings that it has at its source.
func (p *plan) hang(n, parent *node) {
	if parent == nil {
		p.tops = append(p.tops, n)
		return
	}
	parent.kids = append(parent.kids, n)
}

// take fits the comments of one file into the plan.
func (p *plan) take(ctx context.Context, h *head) error {
	leaves, err := p.im.session.StagedLeaves(ctx, h.item)
	if err != nil || len(leaves) == 0 {
		return err
	}
	if leaves, err = p.strangers(ctx, h, leaves); err != nil {
		return err
	}
	t := &taking{plan: p, head: h, leaves: leaves, here: make(map[string]*node, len(leaves))}
	if err := t.match(ctx); err != nil {
		return err
	}
	return t.grow(ctx)
}

// strangers refuses comments whose id belongs to a comment of another article,
// or that answer one.
func (p *plan) strangers(ctx context.Context, h *head, leaves []postgres.StagedLeaf) ([]postgres.StagedLeaf, error) {
	if h.noIDs {
		return leaves, nil // their keys come from their own article
	}
	here := make(map[string]bool, len(leaves))
	var ids, parents []string
	for i := range leaves {
		here[leaves[i].Key] = true
		if p.byKey[leaves[i].Key] == nil {
			ids = append(ids, leaves[i].Key)
		}
	}
	for i := range leaves {
		if up := leaves[i].Parent; up != "" && !here[up] && p.byKey[up] == nil {
			parents = append(parents, up)
		}
	}
	taken, err := p.elsewhere(ctx, ids, true)
	if err != nil {
		return nil, err
	}
	foreign, err := p.elsewhere(ctx, parents, false)
	if err != nil || len(taken)+len(foreign) == 0 {
		return leaves, err
	}
	return slices.DeleteFunc(leaves, func(l postgres.StagedLeaf) bool {
		switch {
		case taken[l.Key]:
			p.refuse(&l, "Its id belongs to a comment of another article.")
		case foreign[l.Parent] && l.Kind != forum.KindLinkBack:
			p.refuse(&l, "It answers a comment of another article.")
		default:
			return false
		}
		return true
	}), nil
}

// elsewhere tells which keys belong to comments of other articles of this source;
// earlier: only to those of the import that came before this one.
func (p *plan) elsewhere(ctx context.Context, keys []string, earlier bool) (map[string]bool, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	return p.im.session.KeysElsewhere(ctx, postgres.Elsewhere{
		Source: p.source, Article: p.article, SourceName: p.group.source, Group: p.group.no, Earlier: earlier,
	}, keys)
}

// bind says that a staged comment is this node, and counts it.
func (p *plan) bind(n *node, l *postgres.StagedLeaf) {
	switch {
	case n.known == nil && n.staged == nil: // new
		n.staged = l
		p.count(l, &p.report.Comments.New)
	case n.staged != nil: // a second time in this import
		if bytes.Equal(n.staged.Digest, l.Digest) {
			p.count(l, &p.report.Comments.Same)
			return
		}
		n.staged = l
		n.revised = n.known != nil
		p.count(l, &p.report.Comments.Changed)
	default:
		n.staged = l
		p.compare(n)
	}
}

// compare decides what becomes of a comment that is known: what changed at the
// source is taken over, unless it was changed here too.
func (p *plan) compare(n *node) {
	l, given := n.staged, postgres.GivenState(n.staged.State, n.staged.Branch)
	if n.ref == nil {
		p.adopted[l.N] = n.id // compared with what stands here, later
		p.count(l, &p.report.Comments.Same)
		return
	}
	if n.kind != forum.KindPlaceholder && l.Kind == forum.KindPlaceholder {
		p.note(l, "The source has lost this comment; it stays here.")
		p.count(l, &p.report.Comments.Same)
		return
	}
	n.revised = !bytes.Equal(n.ref.Digest, l.Digest)
	n.restated = n.ref.State != given
	if n.revised && n.ref.Revision != n.known.Revision {
		n.revised = false
		p.conflict(n, "Changed at the source and here; the text here stays.")
	}
	if n.restated && knownState(n.known) != n.ref.State {
		n.restated = false
		p.conflict(n, "Its state changed at the source and here; the one here stays.")
	}
	if n.revised || n.restated {
		p.count(l, &p.report.Comments.Changed)
		return
	}
	p.count(l, &p.report.Comments.Same)
}

// knownState is the state of a comment as GivenState would note it.
func knownState(k *postgres.KnownComment) string {
	switch {
	case k.BranchRemoved:
		return postgres.GivenState(k.State, "removed")
	case k.BranchLocked:
		return postgres.GivenState(k.State, "locked")
	}
	return postgres.GivenState(k.State, "")
}

// count counts a record as the contract says.
func (p *plan) count(l *postgres.StagedLeaf, as *int) {
	c := &p.report.Comments
	switch l.Kind {
	case forum.KindPlaceholder:
		c.Placeholders++
		return
	case forum.KindLinkBack:
		c.LinkBacks++
		return
	}
	if l.HasBody || l.Author != "" {
		*as++
	}
	if l.State == forum.Held {
		c.Held++
	}
}

// adopt looks at comments that came here in another way than from this source:
// they are left as they are, and listed where the source says something else.
func (p *plan) adopt(ctx context.Context) error {
	if len(p.adopted) == 0 {
		return nil
	}
	differing, err := p.im.session.Differing(ctx, p.adopted)
	for n := range differing {
		p.conflict(p.byID[p.adopted[n]], "It stands here already, with something else; what is here stays.")
	}
	return err
}

func (p *plan) countArticle() {
	a := &p.report.Articles
	switch {
	case !p.given:
		return
	case p.article == 0:
		a.New++
	case p.known.Digest == nil: // known by its global id; left as it is
		a.Same++
	default:
		given := postgres.GivenArticleState(p.staged.State, p.staged.Replies)
		p.changed = !bytes.Equal(p.known.Digest, p.staged.Digest)
		p.restated = given != p.known.Given
		if p.restated && p.known.Given != postgres.GivenArticleState(p.known.State, p.known.Replies) {
			p.restated = false
			p.report.Add(importer.Problem{File: p.file(p.staged.File), Line: int(p.staged.Line), Conflict: true,
				Reason: "The article’s state changed at the source and here; the one here stays."})
		}
		if p.changed || p.restated {
			a.Changed++
		} else {
			a.Same++
		}
	}
	// The same article in several files of one import.
	a.Same += p.repeats()
}

func (p *plan) repeats() int {
	n := 0
	for _, h := range p.group.heads {
		if h.digest != nil {
			n++
		}
	}
	return n - 1
}

func (p *plan) file(no int32) string { return p.im.stage.names[no-1] }

func (p *plan) refuse(l *postgres.StagedLeaf, reason string, args ...any) {
	p.problem(l, true, fmt.Sprintf(reason, args...))
}

func (p *plan) note(l *postgres.StagedLeaf, reason string) { p.problem(l, false, reason) }

func (p *plan) problem(l *postgres.StagedLeaf, refused bool, reason string) {
	p.report.Add(importer.Problem{File: p.file(l.File), Line: int(l.Line), Refused: refused, Reason: reason})
}

// newest is the date of the newest comment that came, nil where none has one.
func (p *plan) newest() *time.Time {
	var newest *time.Time
	for _, n := range p.new {
		if at := n.staged.CreatedAt; n.visible() && at != nil && (newest == nil || at.After(*newest)) {
			newest = at
		}
	}
	return newest
}
