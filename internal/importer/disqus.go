package importer

import (
	"bytes"
	"context"
	"html"
	"net/url"
	"regexp"
	"strings"
)

// Disqus reads the XML export of Disqus: flat lists of threads and posts, joined
// by the dsq:id attributes. Several threads of one page are one article. Threads
// without posts, which every visit to an odd address leaves behind, are left out.
type Disqus struct{}

// Name is the word for --format.
func (Disqus) Name() string { return "disqus" }

// Sniff looks for the root element.
func (Disqus) Sniff(_ string, head []byte) int {
	if bytes.Contains(head, []byte("<disqus")) && bytes.Contains(head, []byte("disqus.com")) {
		return 95
	}
	return 0
}

// Read emits the posts as they come and the pages at the end.
func (Disqus) Read(ctx context.Context, src Source, emit func(Record) error) error {
	d := &disqus{foreign: newForeign(src, emit), threads: map[string]*commentPage{}, early: newHeld()}
	err := eachXML(ctx, d.foreign, []string{"thread", "post"}, map[string]bool{"thread": true}, d.take)
	if err != nil {
		return err
	}
	// What answers a thread that never came is refused where it is applied, by line.
	if err := d.early.each(func(c Comment, thread string) error {
		if p := d.threads[thread]; p != nil {
			return d.place(c, p)
		}
		c.ArticleKey = "thread " + thread
		return d.emit(c)
	}); err != nil {
		return err
	}
	if err := d.emitPages(); err != nil {
		return err
	}
	return d.finish()
}

// disqus is one file being read.
type disqus struct {
	*foreign
	threads map[string]*commentPage // by dsq:id
	early   *held                   // posts that stand before their threads
	seen    repeats
}

func (d *disqus) take(e *element) error {
	if e.name == "thread" {
		d.thread(e)
		return nil
	}
	return d.post(e)
}

// thread notes a page. Some threads have nothing but an id: those are references
// in damaged posts, or left over; posts on them still belong together.
func (d *disqus) thread(e *element) {
	id, link, title := e.attr("id"), e.kid("link").text(), e.kid("title").text()
	if id == "" || d.threads[id] != nil && link == "" {
		return
	}
	if link == "" && title == "" && e.kid("forum") == nil && e.kid("createdAt") == nil {
		return
	}
	key := pageKey(link)
	if link == "" {
		key = "thread " + id
	}
	p := d.page(key)
	d.threads[id] = p
	if p.at.line == 0 {
		p.at, p.hidden = e.at, true
	}
	p.isAt(link)
	if p.title == "" {
		p.title = title
	}
	if p.title == "" && p.url == "" {
		p.title = e.kid("id").text()
	}
	if p.title == "" && p.url == "" {
		p.title = "Thread " + id
	}
	p.site = e.kid("forum").text()
	p.open = p.open || !isTrue(e.kid("isClosed").text())
	p.hidden = p.hidden && isTrue(e.kid("isDeleted").text())
}

func isTrue(s string) bool { return s == "true" || s == "1" }

func (d *disqus) post(e *element) error {
	created, err := d.time(e.at, e.find("createdAt").text())
	if err != nil {
		return err
	}
	who := e.find("author")
	d.drop(hashMail, who.kid("email").text())
	d.drop(dropIP, e.find("ipAddress").text())
	message := ownParagraphs(fullLinks(e.kid("message").text()))
	c := Comment{Key: e.attr("id"), ParentKey: e.find("parent").attr("id"), Kind: KindComment, State: disqusState(e),
		CreatedAt: created, BodyHTML: &message, Ordinal: byTime(created), File: d.src.Name, Line: e.at.line}
	c.Author, c.AuthorKind = author(unescape(who.kid("name").text()))
	if c.Author == nil {
		c.Author, c.AuthorKind = author(who.kid("username").text())
	}
	c.AuthorEmail, c.Anchor = mailAddress(who.kid("email").text()), Anchor("comment-", e.attr("id"))
	if !isTrue(who.kid("isAnonymous").text()) {
		c.AuthorKey = who.kid("username").text()
	}
	thread := e.find("thread").attr("id")
	if c.Key == "" {
		if own := e.kid("id").text(); own != "" {
			c.Key = "id " + own
		} else {
			c.Key = d.seen.fingerprint("thread "+thread, &c, message)
		}
	}
	switch {
	case thread == "":
		return d.refuse(e.at, "The post says no thread that it stands in.", message)
	case d.threads[thread] == nil:
		if !d.early.add(c, thread) {
			return d.refuse(e.at, "Too many posts stand before the thread they belong to.", message)
		}
		return nil
	}
	return d.place(c, d.threads[thread])
}

func (d *disqus) place(c Comment, p *commentPage) error {
	p.used = true
	c.ArticleKey = p.key
	return d.emit(c)
}

// disqusState is the post's state. Spam is marked deleted, too.
func disqusState(e *element) string {
	approved := e.find("isApproved").text()
	switch {
	case isTrue(e.find("isSpam").text()):
		return "spam"
	case isTrue(e.find("isDeleted").text()):
		return "removed"
	case approved == "false", approved == "0":
		return "held"
	}
	return "published"
}

var (
	anchor    = regexp.MustCompile(`(?s)<a\s([^>]*)>([^<]*)</a>`)
	hrefValue = regexp.MustCompile(`href\s*=\s*(?:"([^"]*)"|'([^']*)')`)
)

// fullLinks writes out addresses that Disqus has shortened in the text, and leads
// past its counter.
func fullLinks(message string) string {
	if !strings.Contains(message, "<a") {
		return message
	}
	return anchor.ReplaceAllStringFunc(message, func(a string) string {
		m := anchor.FindStringSubmatch(a)
		h := hrefValue.FindStringSubmatch(m[1])
		if h == nil {
			return a
		}
		href := uncounted(html.UnescapeString(h[1] + h[2]))
		text := html.UnescapeString(m[2])
		short := strings.TrimSuffix(strings.TrimSuffix(strings.TrimSpace(text), "..."), "…")
		if short != strings.TrimSpace(text) && len(short) > 3 && strings.Contains(href, short) {
			text = href
		}
		return `<a href="` + html.EscapeString(href) + `">` + html.EscapeString(text) + `</a>`
	})
}

// uncounted gives the address behind one of Disqus' own.
func uncounted(href string) string {
	u, err := url.Parse(href)
	if err != nil || u.Hostname() != "disq.us" {
		return href
	}
	to := u.Query().Get("url")
	if at := strings.LastIndexByte(to, ':'); at > len("https:") {
		to = to[:at] // a checksum
	}
	if !strings.HasPrefix(to, "http://") && !strings.HasPrefix(to, "https://") {
		return href
	}
	to, _ = clean(to)
	return to
}
