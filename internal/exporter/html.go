package exporter

import (
	"bufio"
	"html"
	"io"
	"strconv"
	"time"

	"hustings/internal/forum"
)

// maxNested is how many lists of replies stand in each other. Programs that read
// pages, browsers among them, give up at 512 nested elements; what is deeper
// begins a list of its own that says what it answers.
const maxNested = 150

// HTML writes one article as a page that needs nothing else: text, thread, and a
// few rules of style. Microdata of schema.org says what is what, so that other
// programs find the tree. It holds what readers see: NewPublic's comments come in
// path order, link-backs last. The page calls on no other site when it is opened.
// The first error sticks and is returned by every later call.
type HTML struct {
	w     *bufio.Writer
	site  Site
	err   error
	line  line
	open  []int64 // numbers of the comments whose elements are open, from the outermost
	lists []bool  // of each: its list of replies is open
	part  part
}

// part is which part of the page is being written.
type part int

const (
	partHead part = iota
	partThread
	partLinks
)

// NewHTML starts a page. Its article comes first. Close it when done.
func NewHTML(w io.Writer, site Site) *HTML {
	return &HTML{w: bufio.NewWriterSize(w, 32<<10), site: site}
}

const htmlStyle = `
:root { color-scheme: light dark }
body { max-width: 42rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.6 Georgia, serif; overflow-wrap: break-word }
h1 { line-height: 1.2 }
ol { list-style: none; margin: 0; padding: 0 }
li ol { margin-inline-start: .2rem; padding-inline-start: 1rem; border-inline-start: 1px solid #8888 }
li { margin-top: 1.2rem }
.by, .note, footer { font: .85rem/1.5 system-ui, sans-serif; opacity: .85 }
blockquote { margin-inline: 0; padding-inline-start: 1rem; border-inline-start: 3px solid #8888 }
pre { overflow-x: auto } img { max-width: 100%; height: auto }
`

// Article writes the head of the page and the article.
func (x *HTML) Article(a Article) error {
	address := x.site.URL + "/articles/" + a.Slug
	x.raw("<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n<meta name=\"generator\" content=\"Hustings\">\n<title>")
	x.text(a.Title)
	x.raw("</title>\n<link rel=\"canonical\" href=\"")
	x.text(address)
	x.raw("\">\n<style>" + htmlStyle + "</style>\n<article itemscope itemtype=\"https://schema.org/DiscussionForumPosting\" itemid=\"urn:hustings:")
	x.text(a.ID)
	x.raw("\">\n<h1 itemprop=\"headline\" dir=\"auto\">")
	x.text(a.Title)
	x.raw("</h1>\n")
	if a.Standfirst != "" {
		x.raw(`<p itemprop="description" dir="auto">`)
		x.text(a.Standfirst)
		x.raw("</p>\n")
	}
	x.raw(`<p class="by">`)
	x.author(a.Author)
	x.when(a.PublishedAt, "datePublished", "")
	x.raw(` · <a itemprop="url" href="`)
	x.text(address)
	x.raw("\">")
	x.text(x.site.Title)
	x.raw("</a>")
	if a.SourceURL != nil {
		x.raw(` · <a href="`)
		x.text(*a.SourceURL)
		x.raw(`">first published here</a>`)
	}
	x.raw("</p>\n<div itemprop=\"articleBody\" dir=\"auto\">\n" + characters(a.BodyHTML) + "\n</div>\n<section>\n<h2><span itemprop=\"commentCount\">" +
		strconv.Itoa(a.Comments) + "</span> " + map[bool]string{true: "comment", false: "comments"}[a.Comments == 1] + "</h2>\n<ol class=\"thread\">")
	x.part = partThread
	return x.err
}

// Comment writes a comment. number is the one it has here; tomb tells what stands
// in its place.
func (x *HTML) Comment(number int64, c Comment, tomb forum.Tomb) error {
	if c.Kind == "link_back" {
		return x.linkBack(c)
	}
	parent := x.line.place(number, c.Depth)
	apart := x.begin(number, parent)
	x.raw("\n<li class=\"comment")
	if tomb != forum.NoTomb {
		x.raw(" " + tombNames[tomb])
	}
	x.raw(`" id="comment-`)
	x.number(number)
	if parent != 0 {
		x.raw(`" data-parent="comment-`)
		x.number(parent)
	}
	x.raw("\" itemprop=\"comment\" itemscope itemtype=\"https://schema.org/Comment\">\n")
	if parent != 0 {
		x.raw(`<link itemprop="parentItem" href="#comment-`)
		x.number(parent)
		x.raw("\">")
	}
	if tomb != forum.NoTomb {
		x.raw(`<p class="note comment-info">` + tombWords[tomb] + ".")
		x.replyTo(apart, parent)
		x.raw("</p>")
		return x.err
	}
	x.raw(`<p class="by">`)
	x.author(c.Author)
	x.when(c.CreatedAt, "dateCreated", x.site.URL+"/comments/"+strconv.FormatInt(number, 10))
	if c.EditedAt != nil {
		x.raw(` · edited `)
		x.when(c.EditedAt, "dateModified", "")
	}
	x.replyTo(apart, parent)
	x.raw("</p>\n<div itemprop=\"text\" dir=\"auto\">" + characters(c.BodyHTML) + "</div>")
	return x.err
}

// begin opens the list in which a comment stands, and tells whether that is not
// inside the comment it answers.
func (x *HTML) begin(number, parent int64) (apart bool) {
	for len(x.open) > 0 && x.open[len(x.open)-1] != parent {
		x.end()
	}
	if len(x.open) >= maxNested {
		for len(x.open) > 0 {
			x.end()
		}
	}
	if n := len(x.open); n > 0 && !x.lists[n-1] {
		x.raw("\n<ol>")
		x.lists[n-1] = true
	}
	apart = parent != 0 && len(x.open) == 0
	x.open, x.lists = append(x.open, number), append(x.lists, false)
	return apart
}

// end closes the innermost comment.
func (x *HTML) end() {
	n := len(x.open) - 1
	if x.lists[n] {
		x.raw("\n</ol>")
	}
	x.raw("</li>")
	x.open, x.lists = x.open[:n], x.lists[:n]
}

// replyTo names the comment that one answers that does not stand inside it.
func (x *HTML) replyTo(apart bool, parent int64) {
	if !apart {
		return
	}
	x.raw(` · <a href="#comment-`)
	x.number(parent)
	x.raw(`">in reply to this comment</a>`)
}

func (x *HTML) linkBack(c Comment) error {
	if x.part == partThread {
		x.endThread()
		x.raw("\n<section>\n<h2>Elsewhere</h2>\n<ul>")
		x.part = partLinks
	}
	x.raw("\n<li class=\"pingback\" itemprop=\"citation\" itemscope itemtype=\"https://schema.org/CreativeWork\">")
	if c.Author != nil || c.CreatedAt != nil {
		x.raw(`<p class="by">`)
		x.author(c.Author)
		x.when(c.CreatedAt, "dateCreated", "")
		x.raw("</p>\n")
	}
	x.raw(characters(c.BodyHTML) + "</li>")
	return x.err
}

func (x *HTML) endThread() {
	for len(x.open) > 0 {
		x.end()
	}
	x.raw("\n</ol>\n</section>")
}

// Close ends the page. It does not close the writer below.
func (x *HTML) Close() error {
	switch x.part {
	case partThread:
		x.endThread()
	case partLinks:
		x.raw("\n</ul>\n</section>")
	}
	x.raw("\n</article>\n<footer><p>What readers of ")
	x.text(x.site.Title)
	x.raw(" could see on ")
	x.raw(x.site.At.UTC().Format("2 January 2006") + ".</p></footer>\n</html>\n")
	if x.err == nil {
		x.err = x.w.Flush()
	}
	return x.err
}

func (x *HTML) raw(s string) {
	if x.err == nil {
		_, x.err = x.w.WriteString(s)
	}
}

func (x *HTML) text(s string) { x.raw(html.EscapeString(characters(s))) }

func (x *HTML) number(n int64) { x.raw(strconv.FormatInt(n, 10)) }

func (x *HTML) author(name *string) {
	if name == nil {
		x.raw("Author unknown")
		return
	}
	x.raw(`<span itemprop="author" itemscope itemtype="https://schema.org/Person"><b itemprop="name" dir="auto">`)
	x.text(*name)
	x.raw("</b></span>")
}

// when writes a time, with the property that it is and the address that it leads
// to, "" for none. One that is not known is said to be unknown.
func (x *HTML) when(at *time.Time, property, address string) {
	if property != "dateModified" {
		x.raw(" · ")
	}
	if address != "" {
		x.raw(`<a itemprop="url" href="`)
		x.text(address)
		x.raw(`">`)
	}
	if at == nil {
		x.raw("undated")
	} else {
		x.raw("<time")
		if property != "" {
			x.raw(` itemprop="` + property + map[bool]string{true: `" class="edited"`, false: `"`}[property == "dateModified"])
		}
		x.raw(` datetime="` + at.UTC().Format(time.RFC3339Nano) + `">` + at.UTC().Format("2 January 2006, 15:04") + " UTC</time>")
	}
	if address != "" {
		x.raw("</a>")
	}
}
