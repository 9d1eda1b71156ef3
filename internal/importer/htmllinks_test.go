package importer

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

const linkedPage = `<!DOCTYPE html><html><head>
<link rel="canonical" href="https://fence.example/2019/03/gates/comment-page-2/">
<link rel="shortlink" href="https://fence.example/?p=41">
<link rel="https://api.w.org/" href="https://fence.example/wp-json/">
<link rel="alternate" type="application/json" href="https://fence.example/wp-json/wp/v2/posts/41">
<link rel="alternate" type="application/rss+xml" href="https://fence.example/feed/">
<link rel="alternate" type="application/rss+xml" href="https://fence.example/comments/feed/">
<link rel="alternate" type="application/rss+xml" href="/2019/03/gates/feed/">
<link rel="amphtml" href="https://fence.example/2019/03/gates/amp/">
</head><body class="post-template single postid-41">
<a href="https://fence.example/2019/03/gates/comment-page-3/#comments">Newer</a>
<a href="/2019/03/gates/comment-page-1/#comments">Older</a>
<a href="/2019/03/gates/comment-page-2/#comment-9">here</a>
<a href="/2019/03/gates/comment-page-1/?replytocom=9#respond">Reply</a>
<a href="/2018/01/other/comment-page-7/#comment-9">other</a>
<a href="javascript:alert(1)//comment-page-4/">x</a>
</body></html>`

func TestLinksOf_names_what_is_worth_following(t *testing.T) {
	t.Parallel()
	l := LinksOf([]byte(linkedPage), "https://fence.example/2019/03/gates/comment-page-2/")
	same(t, "links", fmt.Sprintf("%+v", l), fmt.Sprintf("%+v", PageLinks{
		Canonical: "https://fence.example/2019/03/gates/comment-page-2/", Shortlink: "https://fence.example/?p=41",
		API: "https://fence.example/wp-json/", Post: 41, Endpoint: "https://fence.example/wp-json/wp/v2/posts/41",
		CommentFeeds: []string{"https://fence.example/2019/03/gates/feed/"},
		Feeds:        []string{"https://fence.example/feed/", "https://fence.example/comments/feed/"},
		CommentPages: []string{"https://fence.example/2019/03/gates/comment-page-1/", "https://fence.example/2019/03/gates/comment-page-3/"},
		AMP:          "https://fence.example/2019/03/gates/amp/",
	}))
}

func TestLinksOf_finds_the_feeds_of_a_page_in_other_forms(t *testing.T) {
	t.Parallel()
	for feed, page := range map[string]string{
		"https://a.example/?feed=rss2&p=7":                          "https://a.example/?p=7",
		"https://b.example/feeds/123/comments/default":              "https://b.example/2010/01/x.html",
		"https://www.c.example/2010/x/feed/atom/":                   "https://c.example/2010/x",
		"https://d.example/a.xml\" rel=\"replies":                   "https://d.example/a",
		"https://web.archive.org/web/2012/http://e.example/a/feed/": "https://web.archive.org/web/2012id_/http://e.example/a/",
	} {
		l := LinksOf([]byte(`<html><link type="application/atom+xml" href="`+feed+`" rel="alternate">`), page)
		if len(l.CommentFeeds) != 1 {
			t.Errorf("%s is no feed of %s: %+v", feed, page, l)
		}
	}
	for feed, page := range map[string]string{
		"https://a.example/feed/":                      "https://a.example/",
		"https://a.example/?feed=comments-rss2":        "https://a.example/?p=7",
		"https://b.example/feeds/comments/default":     "https://b.example/2010/01/x.html",
		"https://b.example/2010/feed/":                 "",
		"https://other.example/2010/x/feed/":           "https://b.example/2010/x/",
		"file:///etc/passwd":                           "https://b.example/2010/x/",
		"data:application/rss+xml,https://b.example/x": "https://b.example/",
	} {
		if l := LinksOf([]byte(`<html><link type="application/rss+xml" rel="alternate" href="`+feed+`">`), page); len(l.CommentFeeds) != 0 {
			t.Errorf("%s is a comment feed of %q: %+v", feed, page, l)
		}
	}
}

func TestOpenPage_survives_pages_made_to_exhaust_it(t *testing.T) {
	t.Parallel()
	for what, page := range hostilePages() {
		p, err := openPage([]byte(page), "https://a.example/x", func([]byte, int, string) {})
		if err == nil {
			n := 0
			p.links()
			each(p.doc, func(*html.Node) bool { n++; return true })
			if n > len(page)+3 {
				t.Errorf("%s: %d elements of %d bytes", what, n, len(page))
			}
		}
	}
}

// hostilePages are pages that nobody wrote in good faith.
func hostilePages() map[string]string {
	many := func(n int, form string) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(strings.ReplaceAll(form, "%d", fmt.Sprint(i)))
		}
		return b.String()
	}
	return map[string]string{
		"nothing":             "",
		"deep":                "<html><body>" + strings.Repeat("<div>", 100_000) + "x",
		"deep lists":          "<html>" + strings.Repeat("<ul><li>", 20_000) + "x",
		"deep tables":         "<html>" + strings.Repeat("<table><tr><td>", 5_000) + "x",
		"deep quotes":         "<html>" + strings.Repeat("<blockquote><p>x", 20_000),
		"formats":             "<html>" + many(500, "<b a=%d>") + strings.Repeat("<p>x</p>", 20_000),
		"formats in cells":    "<html>" + many(500, "<font a=%d><table><td></font></td></table>") + strings.Repeat("<p>x</p>", 20_000),
		"formats in select":   "<html>" + many(500, "<i a=%d><select></i></select>") + strings.Repeat("<p>x</p>", 20_000),
		"formats in objects":  "<html>" + many(500, "<a href=%d><object></a></object>") + strings.Repeat("<p>x</p>", 20_000),
		"adoption":            "<html>" + strings.Repeat("<a><p></a></p><b><div></b>", 10_000),
		"huge attribute":      `<html><div class="` + strings.Repeat("comment ", 200_000) + `" id="comment-1">x`,
		"many attributes":     "<html><div " + many(100_000, "a%d=1 ") + ">x",
		"unclosed everything": "<html><head><title>x<body><ol><li id=comment-1><cite>a<p>" + many(5_000, "<li id=comment-%d><p>x<b>y<a href=x>"),
		"an open comment":     "<html><!-- " + strings.Repeat("<p>x", 10_000),
		"an open script":      "<html><script>" + strings.Repeat("<p>x", 10_000),
		"an open quote":       `<html><a href="` + strings.Repeat("<p>x", 10_000),
		"frames":              "<html><frameset><frame src=x></frameset>",
		"plaintext":           "<html><plaintext>" + strings.Repeat("<p>x", 1_000),
		"svg":                 "<html>" + strings.Repeat("<svg><foreignObject><b>", 3_000),
		"templates":           "<html>" + strings.Repeat("<template><b>", 3_000) + "x",
	}
}
