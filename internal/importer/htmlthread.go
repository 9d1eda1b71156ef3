package importer

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/html"
)

// pageComment is a comment of a page, from its tree, its JSON-LD or both.
type pageComment struct {
	node *html.Node // nil: of JSON-LD alone
	at   place
	// number is the comment's id where it stood: the number of "comment-12", or all
	// of an id of another form. "" where it has none.
	number string
	sure   bool         // the number is that of "comment-12"
	anchor string       // the id that its element has
	up     *pageComment // in whose element it stands
	// answers is the number of the comment that it says it answers; depth what its
	// class says, 0 for nothing.
	answers string
	depth   int
	kind    Kind
	held    bool
	marked  markupKind

	found   [markCount]pageMark
	author  string
	url     string
	created *time.Time
	zoned   bool   // the date said its zone
	when    string // the date as people are shown it, where that is all there is
	edited  *time.Time
	html    string
	plain   string // of JSON-LD, where that has no markup
	text    string // either of them in one line
}

// markupKind says how an element was known for a comment.
type markupKind int

const (
	byClass markupKind = iota
	byMicrodata
	byMicroformat
)

// pageMark is the element that tells something of a comment. Of several that of the
// lowest rank counts, and the first of those.
type pageMark struct {
	node *html.Node
	rank int
}

const (
	markAuthor = iota
	markTime
	markEdited
	markBody
	markLink // where the comment itself stands
	markCount
)

func (c *pageComment) mark(what int, node *html.Node, rank int) {
	if m := &c.found[what]; m.node == nil || rank < m.rank {
		*m = pageMark{node, rank}
	}
}

// maxPageComments bounds the comments of one page.
const maxPageComments = 50_000

// threadScan finds the comments of a page: elements that are marked as such by
// microdata, microformats, or the ids and classes of known systems.
type threadScan struct {
	page *webPage
	list []*pageComment
	of   map[*html.Node]*pageComment // by its element
	full bool
	// wordpress: the comments have classes that only its themes give.
	wordpress bool
}

// stripes are classes that WordPress gives to comments in turn.
var stripes = wordSet("even odd alt thread-even thread-odd")

// thread gives the comments of the page in their order.
func (p *webPage) thread() *threadScan {
	s := &threadScan{page: p, of: map[*html.Node]*pageComment{}}
	s.walk(p.doc, spot{})
	return s
}

// spot is where a walk is.
type spot struct {
	in     *pageComment // nil: in none
	nested bool         // in a list inside of it
	// replies: that list is one of replies.
	replies bool
	body    bool // in its text
}

func (s *threadScan) walk(n *html.Node, at spot) {
	var term *pageComment // of the last <dt>
	anchor := ""          // that stands before a comment
	for k := n.FirstChild; k != nil; k = k.NextSibling {
		if k.Type != html.ElementNode || unread[k.Data] && !silent[k.Data] || k.Data == "form" && !hasWord(k, "class", "usertext") {
			continue
		}
		here := at
		if k.Data == "dd" && term != nil {
			here = spot{in: term}
		}
		classes := attrWords(k, "class")
		if anyWord(classes, notComments) || attr(k, "id") == "respond" {
			continue
		}
		if id := cmp.Or(attr(k, "id"), attr(k, "name")); k.Data == "a" && commentNumber(id, nil) != "" {
			anchor = id
		}
		if c := s.begin(k, classes, here); c != nil {
			here = spot{in: c}
			if anchor != "" && !c.sure && k.Data != "li" {
				c.number, c.anchor, c.sure = commentNumber(anchor, nil), anchor, true
			}
			anchor = ""
			if k.Data == "dt" {
				term = c
			}
		} else {
			here.nested = here.nested || here.in != nil && opensList(k, classes)
			here.replies = here.replies || here.in != nil && anyWord(classes, replyLists)
		}
		if here.in != nil && !here.body {
			here.body = s.page.note(here.in, k, classes, here)
		}
		s.walk(k, here)
	}
}

var (
	// notComments are lists of what was said elsewhere, and what is no comment.
	notComments = wordSet("recentcomments widget_recent_comments recent-comments comment-respond comment-form comments-nav comment-navigation u-like u-repost u-bookmark u-rsvp p-like screen-reader-text")
	replyLists  = wordSet("children replies comment-replies comment-children nested-comments comment-thread responses thread comment_children replylist child-comments child sitetable")
	itemTags    = wordSet("li div article section tr dt details")
	itemClasses = wordSet("comment pingback trackback comment-item comment_item commentitem single-comment comment-single comment-wrap comment-container comtr serendipity_comment dwexpcomment")
)

// opensList tells whether the replies to a comment stand in an element.
func opensList(e *html.Node, classes []string) bool {
	return e.Data == "ul" || e.Data == "ol" || e.Data == "dl" || anyWord(classes, replyLists)
}

// begin makes a comment where an element begins one.
func (s *threadScan) begin(e *html.Node, classes []string, at spot) *pageComment {
	marked, is := markupOf(e, classes)
	number := commentNumber(attr(e, "id"), classes)
	cur := at.in
	switch {
	case cur != nil && number != "" && number == cur.number && !at.nested:
		return nil // the same one, in an inner element
	case cur != nil && number != "" && !cur.sure && !at.nested && !at.body:
		cur.number, cur.anchor, cur.sure = number, attr(e, "id"), true
		return nil
	case is && cur != nil && number == "" && !at.nested && cur.marked == byClass:
		cur.marked = marked
		return nil
	case is && !at.body, number != "" && itemTags[e.Data] && !at.body:
	case !itemTags[e.Data] || !anyWord(classes, itemClasses) || at.body:
		return nil
	case cur != nil && !at.nested || !signed(e):
		return nil
	}
	if len(s.list) >= maxPageComments {
		s.full = true
		return nil
	}
	c := &pageComment{node: e, at: s.page.placeOf(e), number: number, sure: number != "", anchor: attr(e, "id"), up: cur, kind: KindComment, marked: marked, depth: depthOf(classes)}
	if !c.sure {
		c.number = otherNumber(e)
	}
	c.answers = statedParent(e)
	if slices.Contains(classes, "pingback") || slices.Contains(classes, "trackback") || slices.Contains(classes, "u-mention") {
		c.kind = KindLinkBack
	}
	c.held = slices.Contains(classes, "unapproved")
	s.wordpress = s.wordpress || c.sure && c.depth > 0 && anyWord(classes, stripes)
	s.list, s.of[e] = append(s.list, c), c
	return c
}

// markupOf tells whether an element says in a vocabulary that it is a comment.
func markupOf(e *html.Node, classes []string) (markupKind, bool) {
	if hasAttr(e, "itemscope") {
		kind := attr(e, "itemtype")
		kind = kind[strings.LastIndexByte(kind, '/')+1:]
		for _, p := range attrWords(e, "itemprop") {
			if p == "comment" || p == "comments" || p == "suggestedanswer" || p == "acceptedanswer" {
				return byMicrodata, true
			}
		}
		if kind == "Comment" || kind == "UserComments" || kind == "Answer" {
			return byMicrodata, true
		}
	}
	for _, c := range classes {
		if c == "u-comment" || c == "p-comment" || c == "u-mention" && slices.Contains(classes, "h-cite") {
			return byMicroformat, true
		}
	}
	return byClass, false
}

var (
	numberedID  = regexp.MustCompile(`^(?:li-|div-|article-)?comment[-_]?(\d{1,19}|[0-9a-f]{8,}(?:-[0-9a-f]+)*)$`)
	wpdiscuzID  = regexp.MustCompile(`^wpd-comm-(\d{1,19})_(\d{1,19})$`) // and what it answers
	bloggerMark = regexp.MustCompile(`^c(\d{5,19})$`)
)

// commentNumber is the comment's number in an id such as "comment-12", "" for none.
func commentNumber(id string, classes []string) string {
	if len(id) > 80 {
		return ""
	}
	if m := numberedID.FindStringSubmatch(id); m != nil {
		return m[1]
	}
	if m := wpdiscuzID.FindStringSubmatch(id); m != nil {
		return m[1]
	}
	if m := bloggerMark.FindStringSubmatch(id); m != nil && (slices.Contains(classes, "comment") || slices.Contains(classes, "comment-author") || classes == nil) {
		return m[1]
	}
	return ""
}

// plainID is an id that can be one of ours.
var plainID = regexp.MustCompile(`^[\pL\pN_.:-]{1,100}$`)

// otherNumber is what else an element that is a comment may say as its id.
func otherNumber(e *html.Node) string {
	for _, name := range []string{"data-comment-id", "data-commentid", "data-comment", "id", "itemid", "data-id"} {
		v := attr(e, name)
		if v = v[strings.LastIndexByte(v, '#')+1:]; plainID.MatchString(v) {
			return v
		}
	}
	return ""
}

// statedParent is the number of the comment that an element says it answers.
func statedParent(e *html.Node) string {
	if m := wpdiscuzID.FindStringSubmatch(attr(e, "id")); m != nil && strings.Trim(m[2], "0") != "" {
		return m[2]
	}
	for _, a := range e.Attr {
		switch a.Key {
		case "data-parent", "data-parent-id", "data-parent_id", "data-parentid", "data-parent-comment-id", "data-comment-parent", "data-reply-to", "data-in-reply-to":
			v := a.Val[strings.LastIndexByte(a.Val, '#')+1:]
			if n := commentNumber(v, nil); n != "" {
				v = n
			}
			if v != "0" && plainID.MatchString(v) {
				return v
			}
		}
	}
	return ""
}

var depthClass = regexp.MustCompile(`^(?:comment-)?(?:depth|level)-(\d{1,4})$`)

func depthOf(classes []string) int {
	for _, c := range classes {
		if m := depthClass.FindStringSubmatch(c); m != nil {
			return digitsOf(m[1])
		}
	}
	return 0
}

// maxSigned is how many elements are looked at for a comment's author or date.
const maxSigned = 60

// signed tells whether an element has the marks of a comment, and not just comments
// in it.
func signed(e *html.Node) bool {
	n, found := 0, false
	each(e, func(k *html.Node) bool {
		if n++; found || n > maxSigned {
			return false
		}
		classes := attrWords(k, "class")
		if other := anyWord(classes, itemClasses) || commentNumber(attr(k, "id"), classes) != ""; k.Data == "ol" || k.Data == "li" && other || e.Data != "li" && other {
			n = maxSigned
			return false
		}
		if teaser(k) {
			n = maxSigned
			return false
		}
		found = authorRank(k, classes) > 0 || timeRank(k, classes) > 0
		return true
	})
	return found
}

// teaser tells whether an element is a heading that leads to another page: lists of
// articles call those “comment” that tell an opinion.
func teaser(e *html.Node) bool {
	if len(e.Data) != 2 || e.Data[0] != 'h' || e.Data == "hr" {
		return false
	}
	a := firstOf(e, func(k *html.Node) bool { return k.Data == "a" && attr(k, "href") != "" })
	return a != nil && !strings.Contains(attr(a, "href"), "#")
}

// family settles which comment each one answers: the one in whose element it
// stands, else the one that it names, else the last one of the level above.
func (s *threadScan) family() {
	byNumber := map[string]*pageComment{}
	for _, c := range s.list {
		if c.number != "" && byNumber[c.number] == nil {
			byNumber[c.number] = c
		}
	}
	var last []*pageComment // by depth
	for _, c := range s.list {
		if c.up == nil && c.answers != "" && c.answers != c.number {
			c.up = byNumber[c.answers]
		}
		if c.depth > 1 && c.up == nil && c.answers == "" && c.depth-2 < len(last) {
			c.up = last[c.depth-2]
		}
		if d := c.depth; d > 0 && d <= len(last)+1 {
			last = append(last[:d-1], c)
		}
	}
}
