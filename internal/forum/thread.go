package forum

import (
	"cmp"
	"slices"
	"time"
)

// Limits of one page of a thread (data-and-speed, "A page is bounded"): a page
// costs the same whatever the size of the thread.
const (
	MaxPageComments = 250 // comments on a page in all
	MaxPageTrees    = 50  // top-level comments on a page
	MaxTreeComments = 201 // comments of one tree
	// MaxPageLevels is how deep a page nests below its first comment. A
	// browser's parser gives up at 512 nested elements, and a level costs five.
	MaxPageLevels = 64
	// MaxMoreCounted is where counting the replies that are not on the page ends.
	MaxMoreCounted = 100
)

// Node is a comment in its place on a page: a thread is a flat list of nodes in
// display order, each with its level, so that nesting is done by comparing
// levels and never by recursion.
type Node struct {
	Comment
	Tomb     Tomb // what stands in its place for this viewer; NoTomb: its text
	Gone     bool // hidden from readers; this viewer sees it all the same
	Place    int  // 1-based, among the siblings shown
	Siblings int
	Nested   int       // comments shown below it on this page
	More     int       // direct replies that are not on this page; above MaxMoreCounted: at least so many
	Newest   CommentID // newest direct reply that was loaded; what More counts is newer
	Answers  *Node
	// FarFromParent tells that something else stands between the comment and
	// the one it answers.
	FarFromParent bool
}

// Thread is a page of a thread, as one viewer sees it.
type Thread struct {
	Nodes []*Node
	Next  string // cursor of the next page; "" on the last one
	// Authors wrote what was read for the page, shown or not. Anybody else who
	// does not moderate sees the page as an anonymous reader does.
	Authors map[PersonID]bool
}

// branch is a node while the tree is being put together.
type branch struct {
	node   *Node
	kids   []*branch
	people map[PersonID]bool // who wrote in it in the last 30 days; for Best
}

// Arrangement says how BuildThread puts comments together.
type Arrangement struct {
	Viewer Viewer
	Sort   Sort
	Since  time.Time          // Best counts people who wrote after it
	More   map[CommentID]int  // direct replies that were not loaded
	Fixed  map[CommentID]bool // shown as a stub even if hidden and without visible replies
}

// BuildThread puts loaded comments into display order for a viewer. Comments
// come parents first and each branch complete up to what More says is missing;
// tops keeps the order in which the top-level comments arrive. What the viewer
// may not see is left out, or stands as a nameless stub where something visible
// answers it.
func BuildThread(loaded []Comment, a Arrangement) []*Node {
	tops := plant(loaded, a)
	tops = prune(tops, a, false)
	var nodes []*Node
	for i, b := range tops {
		b.node.Place, b.node.Siblings = i+1, len(tops)
		nodes = flatten(nodes, b, a)
	}
	return nodes
}

// plant links loaded comments to their parents. A comment whose parent is not
// among them is a top of this page.
func plant(loaded []Comment, a Arrangement) []*branch {
	byID := make(map[CommentID]*branch, len(loaded))
	nodes := make([]Node, len(loaded))
	branches := make([]branch, len(loaded))
	var tops []*branch
	for i := range loaded {
		c := &loaded[i]
		nodes[i] = Node{Comment: *c, More: a.More[c.ID]}
		b := &branches[i]
		b.node = &nodes[i]
		byID[c.ID] = b
		parent := byID[c.Parent]
		if parent == nil {
			tops = append(tops, b)
			continue
		}
		b.node.Answers = parent.node
		parent.node.Newest = max(parent.node.Newest, c.ID)
		parent.kids = append(parent.kids, b)
	}
	return tops
}

// prune decides what each comment shows and drops what shows nothing. gone: the
// branch above has been removed.
func prune(branches []*branch, a Arrangement, gone bool) []*branch {
	kept := branches[:0]
	for _, b := range branches {
		n := b.node
		below := gone || n.BranchRemoved
		b.kids = prune(b.kids, a, below)
		settle(n, a.Viewer, below)
		if below && n.Tomb != NoTomb {
			// Nothing below a removed branch is visible, so no stub either.
			if !a.Fixed[n.ID] {
				continue
			}
		}
		if n.Tomb == NoTomb || len(b.kids) > 0 || (n.More > 0 && !below) || a.Fixed[n.ID] {
			kept = append(kept, b)
		}
	}
	return kept
}

// settle decides what stands in a comment's place for a viewer.
func settle(n *Node, v Viewer, branchRemoved bool) {
	n.Tomb = TombOf(n.Kind, n.State)
	if branchRemoved && n.Tomb == NoTomb {
		n.Tomb = TombModerator
	}
	if n.Tomb == NoTomb {
		return
	}
	if n.Tomb != TombMissing && mayReadHidden(v, &n.Comment, branchRemoved) {
		n.Gone, n.Tomb = true, NoTomb
		return
	}
	n.BodyHTML, n.AuthorName, n.Handle, n.AuthorID, n.AuthorRole = "", "", "", 0, Reader
}

// mayReadHidden tells who still reads a comment that is not public: moderators
// all but what its author took back, authors what waits or was removed.
func mayReadHidden(v Viewer, c *Comment, branchRemoved bool) bool {
	switch {
	case !v.SignedIn():
		return false
	case c.State == Retracted || c.State == Erased:
		return false
	case v.Moderates():
		return true
	}
	return c.AuthorID == v.ID && !branchRemoved
}

// flatten appends a branch in display order.
func flatten(nodes []*Node, b *branch, a Arrangement) []*Node {
	at := len(nodes)
	nodes = append(nodes, b.node)
	arrange(b.kids, a)
	for i, kid := range b.kids {
		kid.node.Place, kid.node.Siblings = i+1, len(b.kids)
		kid.node.FarFromParent = i > 0
		nodes = flatten(nodes, kid, a)
	}
	b.node.Nested = len(nodes) - at - 1
	return nodes
}

// arrange orders siblings. Numbers rise in the order of writing.
func arrange(kids []*branch, a Arrangement) {
	switch a.Sort {
	case Newest:
		slices.Reverse(kids)
	case Best:
		slices.SortStableFunc(kids, func(x, y *branch) int {
			return cmp.Or(cmp.Compare(peopleIn(y, a.Since), peopleIn(x, a.Since)), cmp.Compare(y.node.ID, x.node.ID))
		})
	}
}

func peopleIn(b *branch, since time.Time) int {
	if b.people == nil {
		b.people = map[PersonID]bool{}
		count(b, b.people, since)
	}
	return len(b.people)
}

func count(b *branch, people map[PersonID]bool, since time.Time) {
	n := b.node
	if n.Tomb == NoTomb && n.AuthorID != 0 && n.CreatedAt != nil && n.CreatedAt.After(since) {
		people[n.AuthorID] = true
	}
	for _, kid := range b.kids {
		count(kid, people, since)
	}
}
