package importer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"golang.org/x/net/html"
)

// HTML reads a web page as a browser saved it or a server sent it: one article and
// the comments below it.
//
// What a page says of itself comes in several vocabularies, and most pages speak more
// than one. Each thing is taken from the first that has it: JSON-LD of schema.org,
// microdata, microformats (h-entry), the markup of known systems, and for the
// article's text alone the element that looks most like it holds one. Comments of
// JSON-LD and those of the page's tree are made one list (mergeThreads).
//
// The work is done in this order, a file for each: bytes become text
// (htmldecode.go) and a tree (htmlpage.go); the comments are found in it
// (htmlthread.go, htmlmarks.go) and read (htmlcomment.go, htmldate.go), the JSON-LD is
// read (htmljsonld.go, htmljsonldthread.go) and both are joined (htmlmerge.go); what is
// said of the article is gathered (htmlfacts.go), its text is found (htmlbody.go) and
// the whole is put together (htmlarticle.go, for lists htmllist.go). What is taken is
// written by htmlwrite.go, for the sanitiser. htmllinks.go tells where more is to be
// had.
type HTML struct{}

// Name is the word for --format.
func (HTML) Name() string { return "html" }

var (
	pageRoot = regexp.MustCompile(`(?i)^(?s:\s|<\?.*?\?>|<!--.*?-->)*<(?:!doctype\s+html|html|head|body)[\s>]`)
	pageLate = regexp.MustCompile(`(?im)^\s*<(?:!doctype\s+html|html)[\s>]`)
	pagePart = regexp.MustCompile(`(?i)^(?s:\s|<!--.*?-->)*<(?:article|main|section|div|h[1-6]|p|ol|ul|table|meta|title|link)[\s>]`)
)

// Sniff looks for the beginning of a page. A piece of one counts for less, as does a
// page behind the warnings of the program that made it.
func (HTML) Sniff(_ string, head []byte) int {
	head = bytes.TrimPrefix(head, []byte(byteOrderMark))
	start := bytes.TrimLeft(head, " \t\r\n")
	switch {
	case binary(head) || len(start) == 0:
		return 0
	case pageRoot.Match(head):
		return 75
	case mhtmlHead.Match(head) && bytes.Contains(bytes.ToLower(head), []byte("text/html")):
		return 75
	case start[0] == '{' || start[0] == '[':
		return 0
	case pageLate.Match(head[:min(len(head), 4<<10)]):
		return 50
	case pagePart.Match(head):
		return 40
	}
	return 0
}

// Read emits the article and then its comments.
func (HTML) Read(ctx context.Context, src Source, emit func(Record) error) error {
	h := &htmlReader{foreign: newForeign(src, emit), tally: newTally(src.Name, emit)}
	start := place{line: 1, column: 1}
	data, err := io.ReadAll(io.LimitReader(src.R, maxPage+1))
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil && (len(data) == 0 || errors.Is(err, errRatio) || errors.Is(err, errUnpacked)) {
		return h.refuse(start, readReason(err), "")
	}
	cut := err
	piece := newMarkedPiece(data, cursor{line: 1})
	h.page, err = openPage(data, src.Name, func(part []byte, at int, reason string) {
		place, i := piece.place(part, at)
		if reason == fixedControl {
			reason = "A control character was dropped."
		}
		h.tally.note(place, reason, around(data, i))
	})
	if err != nil {
		return h.refuse(start, err.Error(), "")
	}
	if err := h.read(); err != nil {
		return err
	}
	if cut != nil {
		if err := h.refuse(h.page.inFile(place{line: len(h.page.lines), column: 1}), readReason(cut), ""); err != nil {
			return err
		}
	}
	return h.tally.close()
}

// htmlReader is one page being read.
type htmlReader struct {
	*foreign
	tally   *tally
	page    *webPage
	thread  *threadScan
	facts   *pageFacts
	linked  *linkedData
	dates   *dateReader
	address string // of the article, "" where nobody says
	links   PageLinks
	article Article
}

// read takes the page from its tree to its records.
func (h *htmlReader) read() error {
	about, many := h.look()
	for _, e := range h.linked.broken {
		if err := h.note(h.page.placeOf(e), "The page’s JSON-LD is damaged and was not read; what the page shows was.", scriptText(e)); err != nil {
			return err
		}
	}
	if done, err := h.noArticle(many); done {
		return err
	}
	var told []*pageComment
	if about == nil && len(h.linked.nodes) > 0 {
		about = map[string]any{}
	}
	if about != nil {
		told = h.linked.comments(about)
	}
	list := mergeThreads(h.thread.list, told)
	if ok, err := h.takeArticle(about, list); !ok {
		return err
	}
	if err := h.emit(h.article); err != nil {
		return err
	}
	if err := h.emitComments(list); err != nil {
		return err
	}
	return h.remarks(about, list)
}

// look gathers what the page says: of its comments, of its article, and what its
// JSON-LD is about. many: that may be one of several.
func (h *htmlReader) look() (about map[string]any, many bool) {
	h.thread = h.page.thread()
	h.thread.family()
	h.facts = h.page.facts(h.thread)
	h.links = h.page.links()
	if u := webURL(h.links.Shortlink); u != nil && u.Query().Get("p") != "" {
		h.facts.wordpress = true
	}
	h.dates = &dateReader{zone: h.src.zone()}
	h.linked = h.page.linked(h.dates)
	h.address = h.page.articleAddress()
	about, many = h.linked.article(h.address)
	if h.address == "" {
		h.address = withoutCommentPage(h.named(about))
	}
	if h.page.base == nil {
		h.page.base = webURL(h.address)
	}
	for _, c := range h.thread.list {
		h.thread.settle(c, h.dates)
	}
	return about, many
}

// noArticle deals with pages of no article, or of several.
func (h *htmlReader) noArticle(many bool) (done bool, err error) {
	start := place{line: 1, column: 1}
	if h.facts.asks {
		return true, h.refuse(start, "The page asks for a password instead of showing its article.", h.facts.title)
	}
	if h.facts.lists() {
		if done, err := h.list(); done {
			return true, err
		}
	}
	if h.facts.lists() || many && len(h.thread.list) == 0 && len(h.facts.entries) != 1 && h.facts.metas["og:type"] != "article" {
		return true, h.refuse(start, fmt.Sprintf("The page lists %s; the page of each is what can be imported.",
			count(max(len(h.facts.entries), 2), "article")), h.facts.title)
	}
	return false, nil
}

func scriptText(e *html.Node) string {
	if e.FirstChild == nil {
		return ""
	}
	return collapse(e.FirstChild.Data[:min(len(e.FirstChild.Data), 4*maxExcerpt)])
}

// emitComments emits the comments in the order of the page.
func (h *htmlReader) emitComments(list []*pageComment) error {
	var shown []string
	answered := map[*pageComment]bool{}
	for _, c := range list {
		answered[c.up] = true
		if c.created == nil {
			shown = append(shown, c.when)
		}
	}
	h.dates.monthFirst = monthsFirst(h.facts.lang, shown)
	keys := h.keys(list)
	pageNo := h.commentPage()
	for i, c := range list {
		if c.empty() && !answered[c] {
			continue
		}
		if err := h.emitComment(c, keys, int64(pageNo)<<32|int64(i)); err != nil {
			return err
		}
	}
	return nil
}

// empty tells whether nothing is known of a comment but that it is there.
func (c *pageComment) empty() bool {
	return c.author == "" && c.html == "" && c.plain == "" && c.created == nil && c.when == "" && c.url == ""
}

func (h *htmlReader) emitComment(c *pageComment, keys map[*pageComment]string, ordinal int64) error {
	r := Comment{ArticleKey: h.article.Key, Key: keys[c], ParentKey: keys[c.up], Kind: c.kind, CreatedAt: c.created, EditedAt: c.edited,
		State: "published", Anchor: h.anchor(c), AuthorURL: c.url, Ordinal: ordinal, File: h.src.Name, Line: c.at.line}
	if c.held {
		r.State = "held"
	}
	if c.up == nil && c.answers != "" && c.sure && h.facts.ofOneSite() && c.answers != c.number {
		r.ParentKey = c.answers // on another page of the same comments
	}
	r.Author, r.AuthorKind = author(h.right(c.at, c.author))
	if strings.HasPrefix(h.facts.engine, "blogger") {
		if r.AuthorKey, r.AuthorURL = bloggerProfile(c.url); c.author == "Anonymous" && c.url == "" {
			r.Author, r.AuthorKind = nil, "unknown" // Blogger’s word for a name that nobody gave
		}
	}
	if r.CreatedAt == nil && c.when != "" {
		if r.CreatedAt = h.dates.read(c.when); r.CreatedAt == nil {
			why := "A date that is not understood was left out."
			if agoForm.MatchString(c.when) {
				why = "A date that only says how long ago it was is left out; the time stays unknown."
			}
			h.tally.note(h.cursor(c.at), why, c.when)
		}
	}
	body, plain := h.right(c.at, c.html), h.right(c.at, c.plain)
	switch {
	case c.kind == KindLinkBack:
		r.ParentKey = ""
		if body == "" && plain != "" {
			body = html.EscapeString(plain)
		}
		body = withLink(body, webAddress(c.url))
		r.BodyHTML = &body
	case c.empty():
		r.Kind, r.AuthorKind = KindPlaceholder, "unknown"
	case body == "" && plain != "":
		r.BodyText = &plain
	default:
		r.BodyHTML = &body
	}
	return h.emit(r)
}

// anchor is the fragment that leads to a comment.
func (h *htmlReader) anchor(c *pageComment) string {
	if len(c.anchor) > 100 || strings.ContainsAny(c.anchor, " \"'<>") {
		return ""
	}
	if c.sure && (strings.HasSuffix(c.anchor, "comment-"+c.number) || strings.HasPrefix(c.anchor, "wpd-comm-")) {
		return "comment-" + c.number // the one in links, whatever its frame is called
	}
	a, _ := clean(c.anchor)
	return a
}

// right puts text right that was encoded twice.
func (h *htmlReader) right(at place, s string) string {
	if h.src.Verbatim {
		return s
	}
	right, fixed := demojibake(s)
	if fixed {
		h.tally.note(h.cursor(at), fixedMojibake, htmlText(right[:min(len(right), 4*maxExcerpt)]))
	}
	return right
}

func (h *htmlReader) cursor(at place) cursor {
	if at.offset < 0 {
		return cursor{line: at.line, start: -1, off: int64(at.column) - 2}
	}
	return cursor{line: at.line, start: at.offset - int64(at.column-1), off: at.offset}
}

// keys gives every comment its key: its number, with the article's key where the
// numbers begin anew on each page; else what it says.
func (h *htmlReader) keys(list []*pageComment) map[*pageComment]string {
	keys := make(map[*pageComment]string, len(list)+1)
	taken := map[string]bool{}
	var seen repeats
	for _, c := range list {
		key := c.number
		if key != "" && (!c.sure || !h.facts.ofOneSite()) {
			key += " of " + h.article.Key
		}
		if key == "" || taken[key] {
			body := c.text
			r := Comment{ParentKey: keys[c.up], Author: known(&c.author), CreatedAt: c.created}
			key = seen.fingerprint(h.article.Key, &r, string(c.kind)+" "+body)
		}
		taken[key] = true
		keys[c] = key
	}
	delete(keys, nil)
	return keys
}

// commentPage is which page of the article's comments this is, 0 where there is one.
func (h *htmlReader) commentPage() int {
	if h.page.address != nil {
		if n := commentPageNo(h.page.address.String()); n > 0 {
			return n
		}
	}
	if n := commentPageNo(h.page.canonical()); n > 0 {
		return n
	}
	if len(h.links.CommentPages) == 0 {
		return 0
	}
	// The one that no link leads to.
	for i, address := range h.links.CommentPages {
		if commentPageNo(address) != i+1 {
			return i + 1
		}
	}
	return len(h.links.CommentPages) + 1
}

// remarks tells what the page says it does not show.
func (h *htmlReader) remarks(about map[string]any, list []*pageComment) error {
	at := place{line: 1, column: 1}
	if h.page.flattened {
		if err := h.note(at, "The page nests its elements more deeply than can be read; what lies deepest was taken as lying less deep.", ""); err != nil {
			return err
		}
	}
	if h.thread.full {
		if err := h.refuse(at, fmt.Sprintf("The page has more than %d comments; the others are left out.", maxPageComments), ""); err != nil {
			return err
		}
	}
	if n := len(h.links.CommentPages); n > 0 && !h.src.Collected {
		return h.note(at, "The comments are spread over several pages; "+count(n, "other")+" can be imported, too.", h.links.CommentPages[0])
	}
	if h.facts.talk != "" && len(list) == 0 {
		return h.note(at, "Comments were shown by a script of "+h.facts.talk+" and are not in the page; an export of "+h.facts.talk+" has them.", "")
	}
	if n := digitsOf(countOf(about["commentCount"])); n > len(list) && n > 0 {
		return h.note(at, fmt.Sprintf("The page says it has %s; %d of them stand in it.", count(n, "comment"), len(list)), "")
	}
	return nil
}

func countOf(v any) string {
	if n, is := v.(float64); is && n >= 0 && n < 1e9 {
		return fmt.Sprintf("%.0f", n)
	}
	return stringOf(v)
}
