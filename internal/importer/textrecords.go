package importer

import (
	"context"
	"regexp"
)

// linkBack is the beginning of a comment that another site's software wrote
// because a page there refers to the article.
var linkBack = regexp.MustCompile(`^(Reblogged this on |(Pingback|Trackback): )`)

// readThread emits the comments of a thread, its lines given.
func (p *page) readThread(ctx context.Context, lines []line) error {
	zone := p.src.zone()
	look := lookAt(lines, zone)
	nodes := grow(lines, look)
	if err := p.reportStrays(lines, nodes); err != nil {
		return err
	}
	e := emitter{page: p, keys: make([]string, len(nodes)), equal: map[string]int{}, children: map[string]int64{}}
	parents := parentsOf(nodes)
	for i, n := range nodes {
		if err := ctx.Err(); err != nil {
			return err
		}
		c := comment{}
		if !n.placeholder {
			c = look.extract(ownLines(lines, n), zone)
		}
		if err := e.emit(i, n, c, int(lines[n.first].no), parents[i]); err != nil {
			return err
		}
	}
	return nil
}

// parentsOf tells which nodes have replies.
func parentsOf(nodes []node) []bool {
	has := make([]bool, len(nodes))
	for _, n := range nodes {
		if n.parent >= 0 {
			has[n.parent] = true
		}
	}
	return has
}

// reportStrays lists the lines that no grammar explains: those inside the
// thread are kept as text of the comment above, those behind it belong to the
// site.
func (p *page) reportStrays(lines []line, nodes []node) error {
	foot := len(lines)
	for foot > 0 && lines[foot-1].indent == 0 {
		foot--
	}
	for _, n := range nodes {
		if err := p.reportNode(lines[:foot], n); err != nil {
			return err
		}
	}
	for i := foot; i < len(lines); i++ {
		if lines[i].site {
			continue
		}
		lines[i].site = true
		if err := p.problem(lines[i], "Stands behind the thread without indent; taken for a line of the site and left out.", false); err != nil {
			return err
		}
	}
	return nil
}

func (p *page) reportNode(lines []line, n node) error {
	if n.placeholder {
		return nil
	}
	if n.resumed {
		if err := p.problem(lines[n.first], "Its number does not follow; a comment before it is missing or damaged.", false); err != nil {
			return err
		}
	}
	for _, l := range lines[n.first+1 : min(n.end, len(lines))] {
		if l.site || l.indent >= textIndent(n.depth) {
			continue
		}
		if err := p.problem(l, "Is indented less than its comment; kept as text of the comment above.", false); err != nil {
			return err
		}
	}
	return nil
}

// emitter makes records of nodes, in their order.
type emitter struct {
	page     *page
	keys     []string         // of the nodes so far; a link-back has its placeholder's
	equal    map[string]int   // equal siblings so far, by parent and content
	children map[string]int64 // siblings so far, by parent
}

// emit sends one node on. Replies to a link-back, which stands in no tree, get
// a placeholder in its stead.
func (e *emitter) emit(i int, n node, c comment, line int, hasReplies bool) error {
	parent := ""
	if n.parent >= 0 {
		parent = e.keys[n.parent]
	}
	switch {
	case n.placeholder:
		r := e.record(parent, comment{}, KindPlaceholder, line)
		e.keys[i] = r.Key
		return e.page.emit(r)
	case !linkBack.MatchString(c.body):
		r := e.record(parent, c, KindComment, line)
		e.keys[i] = r.Key
		return e.page.emit(r)
	}
	if err := e.page.emit(e.record("", c, KindLinkBack, line)); err != nil || !hasReplies {
		return err
	}
	r := e.record(parent, comment{}, KindPlaceholder, line)
	e.keys[i] = r.Key
	return e.page.emit(r)
}

// record fills in what every comment of a text file has.
func (e *emitter) record(parent string, c comment, kind Kind, line int) Comment {
	r := Comment{
		ArticleKey: e.page.article.Key, ParentKey: parent, Kind: kind,
		Author: c.author, AuthorKind: "unknown", CreatedAt: c.date, State: "published",
		File: e.page.src.Name, Line: line,
	}
	if c.author != nil {
		r.AuthorKind = "imported"
	}
	if kind != KindPlaceholder {
		r.BodyText = &c.body
	}
	content := CommentContent{Author: c.author, Date: c.date, Body: c.body}
	list := string(kind) + "/" + parent
	twin := list + "/" + content.Hash()
	if kind == KindPlaceholder {
		r.Key = PlaceholderKey(r.ArticleKey, parent, e.equal[twin])
	} else {
		r.Key = Fingerprint(r.ArticleKey, parent, content, e.equal[twin])
	}
	e.equal[twin]++
	e.children[parent]++
	r.Ordinal = e.children[parent]
	return r
}
