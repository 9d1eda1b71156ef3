package importer

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/html"
)

// settle reads what the marks say.
func (s *threadScan) settle(c *pageComment, dates *dateReader) {
	p := s.page
	if m := c.found[markAuthor]; m.node != nil {
		p.settleAuthor(c, m.node)
	}
	p.settleTime(c, dates)
	if m := postedBy.FindStringSubmatch(c.when); m != nil && c.author == "" {
		c.author, c.url = strings.TrimSpace(m[1]), p.homePage(c.found[markTime].node)
	}
	s.settleBody(c)
	if c.kind == KindComment && c.author == "" && strings.HasPrefix(c.text, "Pingback: ") {
		c.kind = KindLinkBack
	}
	if c.kind == KindLinkBack {
		p.settleLinkBack(c)
	}
	if c.kind == KindComment && strings.HasPrefix(c.text, "Reblogged this on ") {
		c.kind = KindLinkBack
	}
}

// postedBy is the line below a comment in old systems, with its author and its date.
var postedBy = regexp.MustCompile(`(?i)^(?:posted|written|left)?\s*by:?\s+(.{1,100}?)\s*(?:\||·|—|–|\bat\b|\bon\b|\d)`)

// isName finds the name inside what tells of an author.
func isName(e *html.Node) bool {
	return hasWord(e, "class", "fn") || hasWord(e, "class", "p-name") || hasWord(e, "itemprop", "name")
}

// noName are the words beside a name.
var noName = wordSet("says avatar screen-reader-text comment-meta comment-metadata commentmetadata u-photo bypostauthor-icon post-author badge role comment-date comment-time date")

var (
	saidWord = regexp.MustCompile(`(?i)\s+(says|said|wrote|writes|schrieb|schreibt|sagt|sagte|meint|dice|dijo|ha scritto|disse|a écrit|a dit|dit|zegt|schreef|skrev|pisze)\s*(:|\.\.\.|…|,)\s*$`)
	byWord   = regexp.MustCompile(`(?i)^(?:(?:posted|comment|written|left) by|by|von)[:\s]\s*`)
)

func (p *webPage) settleAuthor(c *pageComment, node *html.Node) {
	name := node
	if !isName(node) {
		if n := firstOf(node, isName); n != nil {
			name = n
		} else if n := firstOf(node, func(e *html.Node) bool { return e.Data == "a" && shortText(e) != "" }); n != nil && hasWord(node, "class", "byline") {
			name = n
		} else if n := firstOf(node, func(e *html.Node) bool { return e.Data == "cite" }); n != nil {
			name = n
		} else if n := firstOf(node, func(e *html.Node) bool {
			return slices.ContainsFunc(attrWords(e, "class"), func(c string) bool { return guess(c) == "author" }) && shortText(e) != ""
		}); n != nil {
			name = n
		}
	}
	shown := ""
	if v := attr(name, "content"); v != "" {
		shown = collapse(v)
	} else {
		shown = textOf(name, maxShort, func(e *html.Node) bool { return anyWord(attrWords(e, "class"), noName) || e.Data == "time" })
	}
	shown = byWord.ReplaceAllString(saidWord.ReplaceAllString(shown, ""), "")
	shown = strings.TrimSpace(strings.Trim(shown, ":,·|• "))
	c.author, _ = clean(shown)
	c.url = p.homePage(node)
}

// homePage is where the name of an author leads, unless that is the page itself or
// another list of theirs.
func (p *webPage) homePage(node *html.Node) string {
	link := node
	if node.Data != "a" && node.Data != "link" {
		link = firstOf(node, func(e *html.Node) bool {
			return e.Data == "a" && attr(e, "href") != "" || e.Data == "link" && hasWord(e, "itemprop", "url")
		})
	}
	if link == nil && node.Parent != nil && node.Parent.Data == "a" {
		link = node.Parent
	}
	if link == nil || strings.HasPrefix(strings.TrimSpace(attr(link, "href")), "#") {
		return ""
	}
	address := p.link(attr(link, "href"))
	if u := webURL(address); u == nil || commentNumber(u.Fragment, nil) != "" || p.address != nil && pageKey(address) == pageKey(p.address.String()) {
		return ""
	}
	return address
}

// showComment is where Blogger notes the time of a comment, in milliseconds.
var showComment = regexp.MustCompile(`[?&]showComment=(\d{12,14})\b`)

func (p *webPage) settleTime(c *pageComment, dates *dateReader) {
	if m := c.found[markEdited]; m.node != nil {
		c.edited, _ = dates.iso(value(m.node))
	}
	m := c.found[markTime]
	if m.node == nil {
		if m = c.found[markLink]; m.node == nil {
			return
		}
	}
	if c.created, c.zoned = epochIn(m.node); c.created != nil {
		return
	}
	for _, s := range []string{value(m.node), attr(m.node, "datetime"), attr(m.node, "title"), attr(m.node, "data-time")} {
		if c.created, c.zoned = dates.iso(s); c.created != nil {
			return
		}
	}
	if c.when = shortText(m.node); dates.read(c.when) == nil && dates.read(attr(m.node, "title")) != nil {
		c.when = attr(m.node, "title")
	}
	c.when, _ = clean(c.when[:min(len(c.when), maxDateText)])
}

// epochIn finds a time counted from 1970 in an element.
func epochIn(e *html.Node) (*time.Time, bool) {
	ms := ""
	look := func(k *html.Node) bool {
		if m := showComment.FindStringSubmatch(attr(k, "href")); m != nil {
			ms = m[1]
		}
		return ms != ""
	}
	if !look(e) {
		firstOf(e, look)
	}
	for _, name := range []string{"data-time", "data-timestamp", "data-epoch", "data-utime", "data-created"} {
		if v := attr(e, name); ms == "" && len(v) >= 9 && len(v) <= 13 {
			ms = v
			if len(v) <= 10 {
				ms += "000"
			}
		}
	}
	n, err := strconv.ParseInt(ms, 10, 64)
	if err != nil {
		return nil, false
	}
	return utc(time.UnixMilli(n)), true
}

// settleLinkBack takes from a link-back who links here, and from where.
func (p *webPage) settleLinkBack(c *pageComment) {
	for _, node := range []*html.Node{c.found[markBody].node, c.node} {
		if node == nil || c.url != "" {
			continue
		}
		a := firstOf(node, func(e *html.Node) bool {
			u, err := url.Parse(attr(e, "href"))
			return e.Data == "a" && err == nil && u.Host != "" && !hasWord(e, "class", "comment-edit-link")
		})
		if a != nil {
			setOnce(&c.author, shortText(a))
			c.url = p.link(attr(a, "href"))
		}
	}
	if rest, is := strings.CutPrefix(c.text, "Pingback: "); is && strings.TrimSpace(rest) == c.author || c.text == c.author || c.text == "Pingback:" {
		c.html, c.text = "", ""
	}
}

// beside are the classes of what stands beside a comment's text.
var beside = wordSet("reply comment-reply comment-reply-link comment-actions comment_actions comment-author comment-author-info comment-meta comment-metadata commentmetadata comment-header comment-head comment-info " +
	"comment-edit-link edit-link comment-footer comment-awaiting-moderation says avatar avatar-image-container comment-avatar sharing sharedaddy sd-sharing likes comment-likes comment-like comment-rating cld-like-dislike-wrap " +
	"vcard comment-date comment-time comment-timestamp comment-permalink comment-tools posted report-comment screen-reader-text bypostauthor-label comment-image-container comment-awards post-likes thread-toggle comment-controls")

// settleBody reads a comment's text: what is in its element, without what is beside
// the text.
func (s *threadScan) settleBody(c *pageComment) {
	m := c.found[markBody]
	shell := m.node == nil || m.rank >= shellRank
	if m.node == nil {
		m.node = c.node
	}
	own := map[*html.Node]bool{c.found[markAuthor].node: shell, c.found[markTime].node: shell && c.found[markTime].node != c.node}
	if who := c.found[markAuthor].node; who != nil && who.Parent != nil && len(who.Parent.Data) == 2 && who.Parent.Data[0] == 'h' {
		own[who.Parent] = shell
	}
	c.html, _ = s.page.render(func(e *html.Node) bool {
		classes := attrWords(e, "class")
		if own[e] || s.of[e] != nil && s.of[e] != c {
			return true
		}
		switch e.Data {
		case "em", "p":
			if shell && awaits(e) {
				return true
			}
		case "a":
			return strings.Contains(attr(e, "href"), "replytocom=") || hasWord(e, "rel", "nofollow") && slices.Contains(classes, "comment-reply-link")
		}
		if shell && slices.ContainsFunc(classes, func(c string) bool { g := guess(c); return g == "beside" || g == "author" || g == "time" }) {
			return true
		}
		return anyWord(classes, beside) && (shell || !slices.Contains(classes, "vcard")) || shell && (e.Data == "nav" || anyWord(classes, replyLists))
	}, m.node)
	if shell {
		c.html = strings.TrimSpace(loneWords.ReplaceAllString(c.html, ""))
	}
	c.text = htmlText(c.html)
	if c.text == "" && !strings.Contains(c.html, "<img") {
		c.html = ""
	}
}

// loneWords are what is left between a name and a text when the name is taken out.
var loneWords = regexp.MustCompile(`(?i)^(?:\s|<br>|<(?:p|div|span|strong|b|small)>\s*</(?:p|div|span|strong|b|small)>|(?:says|said|wrote|schrieb|sagt|dice|dit|on|at)?\s*(?::|\.\.\.|…|\|)|(?:says|said|wrote)\b)+`)

// htmlText is the text of a piece of HTML in one line.
func htmlText(markup string) string {
	var b strings.Builder
	for {
		i := strings.IndexByte(markup, '<')
		if i < 0 {
			break
		}
		b.WriteString(markup[:i])
		markup = markup[i:]
		n := tagLength(markup)
		if n == 0 {
			b.WriteByte('<')
			markup = markup[1:]
			continue
		}
		if name, _ := tagName(markup[:n]); breakingTags[name] {
			b.WriteByte(' ')
		}
		markup = markup[n:]
	}
	b.WriteString(markup)
	text, _ := clean(html.UnescapeString(b.String()))
	return collapse(text)
}
