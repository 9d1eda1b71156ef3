package importer

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// The marks of a comment's parts, by the classes of known systems: the lower the
// number, the surer the mark.
var (
	authorClasses = ranks("p-author u-author", "fn comment-author-name comment-author-link p-name", "comment-author comment_author commenter comment-username comment-name comment-user hnuser",
		"author username user-name nickname user vcard h-card poster", "byline")
	timeClasses = ranks("dt-published", "", "published comment-date comment_date comment-time datetime timestamp comment-timestamp age", "date time comment-metadata commentmetadata comment-meta post-time posted-on comment-permalink", "comment-footer posted comment-posted")
	bodyClasses = ranks("e-content p-content", "comment-content comment-text comment_text commenttext comment__content comment__text comment-copy comment-message comment-body-text comment-entry message-body comment-content-body commtext usertext-body serendipity_commentbody",
		"p-summary", "comment__body", "comment-body")
)

// ranks numbers lists of classes from 1.
func ranks(lists ...string) map[string]int {
	m := map[string]int{}
	for i, list := range lists {
		for name := range strings.FieldsSeq(list) {
			m[name] = i + 1
		}
	}
	return m
}

func rankOf(classes []string, ranks map[string]int) (best int) {
	for _, c := range classes {
		if r := ranks[c]; r > 0 && (best == 0 || r < best) {
			best = r
		}
	}
	return best
}

func authorRank(e *html.Node, classes []string) int {
	for _, p := range attrWords(e, "itemprop") {
		if p == "author" || p == "creator" {
			return 1
		}
	}
	if r := rankOf(classes, authorClasses); r > 0 {
		return r
	}
	switch {
	case e.Data == "cite":
		return 5
	case hasWord(e, "rel", "author"):
		return 4
	case slices.ContainsFunc(classes, func(c string) bool { return guess(c) == "author" }):
		return 6
	}
	return 0
}

// guess tells what a part of a comment may be by the last words of its class, which
// themes begin with names of their own: "" for nothing known.
func guess(class string) string {
	parts := strings.FieldsFunc(class, func(r rune) bool { return r == '-' || r == '_' })
	if len(parts) < 2 {
		return ""
	}
	last, before := parts[len(parts)-1], parts[len(parts)-2]
	if (last == "link" || last == "name") && (before == "author" || before == "user") {
		return "author"
	}
	return guesses[last]
}

var guesses = map[string]string{
	"author": "author", "username": "author", "commenter": "author", "nickname": "author",
	"date": "time", "time": "time", "datetime": "time", "timestamp": "time", "posted": "time",
	"content": "text", "text": "text", "message": "text",
	"avatar": "beside", "actions": "beside", "reply": "beside", "meta": "beside", "metadata": "beside", "footer": "beside", "header": "beside",
	"toolbar": "beside", "likes": "beside", "votes": "beside", "rating": "beside", "share": "beside", "permalink": "beside", "edit": "beside", "flag": "beside",
}

func timeRank(e *html.Node, classes []string) int {
	for _, p := range attrWords(e, "itemprop") {
		if p == "datepublished" || p == "datecreated" || p == "commenttime" {
			return 1
		}
	}
	if e.Data == "time" && attr(e, "datetime") != "" {
		if slices.Contains(classes, "dt-updated") || slices.Contains(classes, "updated") || slices.Contains(classes, "edited") {
			return 0
		}
		return 1
	}
	if r := rankOf(classes, timeClasses); r > 0 {
		return r
	}
	if slices.ContainsFunc(classes, func(c string) bool { return guess(c) == "time" }) {
		return 4
	}
	return 0
}

func bodyRank(e *html.Node, classes []string) int {
	for _, p := range attrWords(e, "itemprop") {
		if p == "text" || p == "commenttext" || p == "articlebody" {
			return 1
		}
	}
	if r := rankOf(classes, bodyClasses); r > 0 {
		return r
	}
	if slices.ContainsFunc(classes, func(c string) bool { return guess(c) == "text" }) {
		return 3
	}
	return 0
}

// shellRank is the first rank of marks that may hold more than the text itself.
const shellRank = 3

// note looks at what an element in a comment tells of it. True means that the
// comment's text stands in the element.
func (p *webPage) note(c *pageComment, e *html.Node, classes []string, at spot) (body bool) {
	if at.replies {
		return false // a caption of the replies
	}
	if r := bodyRank(e, classes); r > 0 && e != c.node {
		if r == 2 && bearsName(e) {
			r = shellRank + 1
		}
		c.mark(markBody, e, r)
		if r < shellRank {
			return true
		}
	}
	if r := authorRank(e, classes); r > 0 && (e != c.node || e.Data == "dt") {
		c.mark(markAuthor, e, r)
	}
	if r := timeRank(e, classes); r > 0 {
		c.mark(markTime, e, r)
	}
	if slices.Contains(classes, "dt-updated") || hasWord(e, "itemprop", "datemodified") {
		c.mark(markEdited, e, 1)
	}
	if level := attr(e, "indent"); level != "" && len(level) < 5 && slices.Contains(classes, "ind") {
		c.depth = digitsOf(level) + 1 // Hacker News
	}
	switch {
	case slices.Contains(classes, "comment-awaiting-moderation"):
		c.held = true
	case e.Data == "em" || e.Data == "p":
		c.held = c.held || awaits(e)
	case e.Data == "a":
		p.linkIn(c, e)
	}
	return false
}

// awaits tells whether an element says that the comment awaits moderation.
func awaits(e *html.Node) bool {
	text := strings.ToLower(textOf(e, 120, nil))
	return len(text) < 80 && strings.Contains(text, "awaiting moderation")
}

// bearsName tells whether the name of an author stands in what looks like a comment's
// text alone.
func bearsName(e *html.Node) bool {
	n := 0
	return firstOf(e, func(k *html.Node) bool {
		n++
		r := authorRank(k, attrWords(k, "class"))
		return n < maxSigned && r > 0 && r != 5
	}) != nil
}

// linkIn looks at a link beside a comment's text: to the comment itself, or to the
// one it answers.
func (p *webPage) linkIn(c *pageComment, a *html.Node) {
	if id := cmp.Or(attr(a, "id"), attr(a, "name")); !c.sure && commentNumber(id, nil) != "" {
		c.number, c.anchor, c.sure = commentNumber(id, nil), id, true
	}
	_, fragment, _ := strings.Cut(attr(a, "href"), "#")
	n := commentNumber(fragment, nil)
	switch {
	case n == "" || strings.Contains(attr(a, "href"), "replytocom"):
	case n == c.number:
		c.mark(markLink, a, 1)
	case c.answers == "" && c.number != "" && !sideways.MatchString(textOf(a, 40, nil)):
		c.answers = n
	}
}

// sideways are links to the comments before and behind.
var sideways = regexp.MustCompile(`(?i)^\W*(prev|next|older|newer|zurück|weiter|reply|antwort)`)
