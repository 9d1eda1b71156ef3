package importer

// node is a comment on its way from lines to a record.
type node struct {
	parent      int // in the list of nodes, -1 at the top
	depth       int
	first, end  int // its own lines, in the lines of the thread
	placeholder bool
	resumed     bool // its number does not follow: a comment before it is damaged
}

// maxVanished is how many comments in a row, each in the list of the one
// before, may have left no trace. One is common and two have been seen; a
// limit keeps a line of many spaces from asking for a million placeholders.
const maxVanished = 8

// grower turns the lines of a thread into nodes.
type grower struct {
	lines []line
	look  look
	nodes []node
	// open holds, for each depth from 1, the node whose text or replies are
	// being read, and the number reached in its list.
	open []level
	// foot is set behind the first line of the page's foot.
	foot bool
	// stray is the indent of a line that may be a damaged marker, -1 for none.
	// At the start that may be the first marker of all.
	stray int32
}

type level struct{ node, number int }

// grow builds the tree, parents before children.
func grow(lines []line, look look) []node {
	g := &grower{lines: lines, look: look, stray: 2}
	for i := range lines {
		g.take(i)
	}
	g.close(len(lines))
	return g.nodes
}

// take gives line i to the site, to a new comment, or to the open one.
func (g *grower) take(i int) {
	l := &g.lines[i]
	if l.indent == 0 {
		g.foot = g.foot || isFoot(*l)
		l.site = g.foot || isFurniture(*l)
		return
	}
	l.site = false
	if d := l.depth(); d > 0 && g.begins(i, d) {
		g.begin(i, d)
		g.foot = false
		if g.stray >= l.indent-1 {
			g.stray = -1
		}
		return
	}
	l.site = g.foot
	if l.indent < textIndent(len(g.open)) {
		g.stray = l.indent
	}
}

// begins reports whether the marker on line i is one: the next of its list, or
// the 1 of a new list. Everything else is text that looks like a marker, if
// nothing in the file is damaged.
func (g *grower) begins(i, d int) bool {
	m := int(g.lines[i].marker)
	switch {
	case d <= len(g.open) && m == g.open[d-1].number+1:
		return true
	case g.foot:
		return false
	case m == bullet || m == 1 && d > 1 || len(g.open) == 0:
		return d-len(g.open) <= maxVanished+1 && g.mayBegin(i)
	}
	return g.resumes(i, d)
}

// resumes reports whether line i goes on with a list of which a marker is
// damaged: the number is too high and the missing one does not follow, but an
// author or a date is where it should be, or, where there are none, a line that
// may have been the marker.
func (g *grower) resumes(i, d int) bool {
	l := g.lines[i]
	next := 1
	if d <= len(g.open) {
		next = g.open[d-1].number + 1
	}
	if d > len(g.open)+1 || int(l.marker) <= next || l.gap == 0 && !g.look.tight {
		return false
	}
	signed := false
	switch g.look.style {
	case styleSays:
		signed = isSays(l)
	case styleDated:
		at := g.look.nextDate[i]
		signed = at < len(g.lines) && g.lines[at].column() == textIndent(d) && !g.unfinished(i)
	default:
		signed = d <= len(g.open) && int(l.marker) == next+1 && g.stray >= 0 && g.stray <= l.indent+1
	}
	return signed && !g.follows(i, next)
}

// resumeWindow is how many lines follows looks ahead.
const resumeWindow = 2000

// follows reports whether the list of line i has a marker of number n behind
// it. A 1 may begin another list and proves nothing.
func (g *grower) follows(i, n int) bool {
	indent := g.lines[i].indent
	for _, l := range g.lines[i+1 : min(len(g.lines), i+resumeWindow)] {
		if l.marker != 0 && l.indent < indent || l.marker == 1 && l.indent == indent {
			return false
		}
		if l.indent == indent && int(l.marker) == n {
			return true
		}
	}
	return false
}

// mayBegin reports whether line i, which could be the first of a list in the
// open comment's text as well, begins a list of comments.
func (g *grower) mayBegin(i int) bool {
	if len(g.open) == 0 {
		return true
	}
	if g.lines[i].gap == 0 && !g.look.tight {
		return false
	}
	switch g.look.style {
	case styleSays:
		return isSays(g.lines[i])
	case styleDated:
		return !g.unfinished(i)
	}
	return true
}

// unfinished reports whether the open comment still waits for its date at line
// i: it had none so far, and the next one stands in its column.
func (g *grower) unfinished(i int) bool {
	current := g.open[len(g.open)-1].node
	own := textIndent(len(g.open))
	next := g.look.nextDate[i]
	if next == len(g.lines) || g.lines[next].column() != own {
		return false
	}
	first := g.nodes[current].first
	return g.look.nextDate[first] == next
}

// begin opens a comment of depth d at line i, with placeholders for the
// comments above it that left no trace.
func (g *grower) begin(i, d int) {
	g.close(i)
	number, resumed := 1, false
	switch m := int(g.lines[i].marker); {
	case m > 1 && (d > len(g.open) || m > g.open[d-1].number+1):
		number, resumed = m, true
		g.open = g.open[:d-1]
	case d > len(g.open):
		for len(g.open) < d-1 {
			g.push(node{first: i, end: i, placeholder: true}, 0)
		}
	case m == bullet || m == g.open[d-1].number+1:
		number = g.open[d-1].number + 1
		g.open = g.open[:d-1]
	default: // a second list: its parent came after the parent of the first
		above := g.open[d-2].number
		g.open = g.open[:d-2]
		g.push(node{first: i, end: i, placeholder: true}, above)
	}
	g.push(node{first: i, resumed: resumed}, number)
}

// push adds a node below the deepest open one.
func (g *grower) push(n node, number int) {
	n.parent = -1
	if len(g.open) > 0 {
		n.parent = g.open[len(g.open)-1].node
	}
	n.depth = len(g.open) + 1
	g.open = append(g.open, level{len(g.nodes), number})
	g.nodes = append(g.nodes, n)
}

// close ends the open comment's lines at line i.
func (g *grower) close(i int) {
	if len(g.nodes) > 0 {
		g.nodes[len(g.nodes)-1].end = i
	}
}
