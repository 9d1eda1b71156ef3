package exporter

import (
	"bufio"
	"html"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"hustings/internal/forum"
)

// Site is what a WXR file says of the site that it comes from.
type Site struct {
	Title string
	URL   string    // its address, without a slash at the end
	At    time.Time // when the export was made
}

// WXR writes WordPress' own format, version 1.2, as its importer reads it. The
// format has fewer words than we do: what is held, quarantined, removed, lost or
// retracted is pending or in the trash there, so that nothing becomes public that
// was not; locks of branches, times of edits and source texts have no place. The
// articles' comments are to come in path order, parents first. The first error
// sticks and is returned by every later call.
type WXR struct {
	w       *bufio.Writer
	site    Site
	authors map[string]string // logins by displayed name
	logins  map[string]int    // taken ones, with the last number tried behind them
	open    bool              // an item
	inline  bool              // in an element that stands on one line
	up      []int64           // numbers of the comments from the top down to the last one
	removed int               // depth of the removed branch that the last comment is in; 0: none
	err     error
}

// NewWXR starts an export. Close it when done.
func NewWXR(w io.Writer, site Site) *WXR {
	x := &WXR{w: bufio.NewWriterSize(w, 64<<10), site: site, authors: map[string]string{}, logins: map[string]int{}}
	x.raw(`<?xml version="1.0" encoding="UTF-8" ?>
<rss version="2.0"
	xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/"
	xmlns:content="http://purl.org/rss/1.0/modules/content/"
	xmlns:wfw="http://wellformedweb.org/CommentAPI/"
	xmlns:dc="http://purl.org/dc/elements/1.1/"
	xmlns:wp="http://wordpress.org/export/1.2/"
>
<channel>
`)
	x.text("title", site.Title)
	x.text("link", site.URL)
	x.text("description", "")
	x.text("pubDate", site.At.UTC().Format(time.RFC1123Z))
	x.text("generator", "Hustings") // its reader knows by it that siblings have the order of their numbers
	x.text("wp:wxr_version", "1.2")
	x.text("wp:base_site_url", site.URL)
	x.text("wp:base_blog_url", site.URL)
	return x
}

// Article begins an item. number is the article's id at WordPress, unlike any
// other in the file.
func (x *WXR) Article(number int64, a Article) error {
	x.endItem()
	x.author(a.Author)
	link := x.site.URL + "/articles/" + a.Slug
	if a.SourceURL != nil {
		link = *a.SourceURL
	}
	x.raw("<item>\n")
	x.cdata("title", html.EscapeString(a.Title))
	x.text("link", link)
	if a.PublishedAt != nil {
		x.text("pubDate", a.PublishedAt.UTC().Format(time.RFC1123Z))
	}
	if a.Author != nil {
		x.cdata("dc:creator", x.authors[*a.Author])
	}
	x.raw(`<guid isPermaLink="false">`)
	x.escaped("urn:hustings:" + a.ID)
	x.raw("</guid>\n")
	x.text("description", "")
	x.cdata("content:encoded", withoutLines(a.BodyHTML))
	x.cdata("excerpt:encoded", html.EscapeString(a.Standfirst))
	x.number("wp:post_id", number)
	x.time("wp:post_date", a.PublishedAt)
	x.time("wp:post_date_gmt", a.PublishedAt)
	x.cdata("wp:comment_status", map[bool]string{true: "open", false: "closed"}[a.Replies == "open"])
	x.cdata("wp:ping_status", "closed")
	x.cdata("wp:post_name", a.Slug)
	x.cdata("wp:status", postStatus(a.State))
	x.number("wp:post_parent", 0)
	x.number("wp:menu_order", 0)
	x.cdata("wp:post_type", "post")
	x.cdata("wp:post_password", "")
	x.number("wp:is_sticky", 0)
	x.open, x.up, x.removed = true, x.up[:0], 0
	return x.err
}

func postStatus(state string) string {
	switch state {
	case "published":
		return "publish"
	case "scheduled":
		return "future"
	case "private":
		return "private"
	}
	return "draft"
}

// author names an author before the first article that needs it.
func (x *WXR) author(name *string) {
	if name == nil || x.authors[*name] != "" {
		return
	}
	login := x.login(*name)
	x.authors[*name] = login
	x.raw("<wp:author>")
	x.inline = true
	x.number("wp:author_id", int64(len(x.authors)))
	escaped := html.EscapeString(*name)
	x.cdata("wp:author_login", login)
	x.cdata("wp:author_email", "")
	x.cdata("wp:author_display_name", escaped)
	x.cdata("wp:author_first_name", "")
	x.cdata("wp:author_last_name", "")
	x.inline = false
	x.raw("</wp:author>\n")
}

// maxLogin is how long a login may be at WordPress, less room for a number.
const maxLogin = 50

// login makes a name that WordPress takes as it is for an account: it would strike
// out all letters but those of ASCII, and take people of whom nothing is left for
// one.
func (x *WXR) login(name string) string {
	plain := strings.Trim(strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' {
			return r
		}
		return -1
	}, forum.Slug(name)), "-")
	plain = plain[:min(len(plain), maxLogin)]
	if plain == "" {
		plain = "author"
	}
	login := plain
	for x.logins[login] > 0 {
		x.logins[plain]++
		login = plain + "-" + strconv.Itoa(x.logins[plain])
	}
	x.logins[login] = 1
	return login
}

// idMeta is the name under which a comment carries its portable id: WordPress keeps
// and exports it, so the comment is known again when it comes back.
const idMeta = "_hustings_id"

// Comment writes a comment of the last article. number is its id at WordPress,
// unlike any other in the file.
func (x *WXR) Comment(number int64, c Comment) error {
	parent := x.place(number, c)
	x.raw("<wp:comment>\n")
	x.number("wp:comment_id", number)
	x.cdata("wp:comment_author", html.EscapeString(deref(c.Author)))
	x.cdata("wp:comment_author_email", "")
	x.text("wp:comment_author_url", "")
	x.cdata("wp:comment_author_IP", "")
	x.time("wp:comment_date", c.CreatedAt)
	x.time("wp:comment_date_gmt", c.CreatedAt)
	x.cdata("wp:comment_content", withoutLines(c.BodyHTML))
	x.cdata("wp:comment_approved", x.approved(c))
	x.cdata("wp:comment_type", map[bool]string{true: "pingback", false: "comment"}[c.Kind == "link_back"])
	x.number("wp:comment_parent", parent)
	x.number("wp:comment_user_id", 0)
	if c.ID != "" {
		x.raw("<wp:commentmeta>\n")
		x.cdata("wp:meta_key", idMeta)
		x.cdata("wp:meta_value", c.ID)
		x.raw("</wp:commentmeta>\n")
	}
	x.raw("</wp:comment>\n")
	return x.err
}

// place gives the number of the comment's parent, 0 at the top, and notes where
// the next one is.
func (x *WXR) place(number int64, c Comment) (parent int64) {
	depth := max(1, c.Depth)
	if c.Kind == "link_back" {
		depth = 1
	}
	depth = min(depth, len(x.up)+1)
	x.up = x.up[:depth-1]
	if depth > 1 {
		parent = x.up[depth-2]
	}
	x.up = append(x.up, number)
	if x.removed >= depth {
		x.removed = 0
	}
	if x.removed == 0 && deref(c.Branch) == "removed" {
		x.removed = depth
	}
	return parent
}

// approved is the state that keeps the comment as little public as it is.
func (x *WXR) approved(c Comment) string {
	switch {
	case c.State == "spam":
		return "spam"
	case x.removed > 0, c.Kind == "placeholder":
		return "trash"
	case c.State == "published":
		return "1"
	case c.State == "held", c.State == "quarantined":
		return "0"
	}
	return "trash"
}

// Close ends the file. It does not close the writer below.
func (x *WXR) Close() error {
	x.endItem()
	x.raw("</channel>\n</rss>\n")
	if x.err == nil {
		x.err = x.w.Flush()
	}
	return x.err
}

func (x *WXR) endItem() {
	if x.open {
		x.raw("</item>\n")
	}
	x.open = false
}

func (x *WXR) raw(s string) {
	if x.err == nil {
		_, x.err = x.w.WriteString(s)
	}
}

// element writes an element on a line of its own: one of the three readers that
// WordPress has goes by lines.
func (x *WXR) element(name string, content func()) {
	x.raw("<" + name + ">")
	content()
	x.raw("</" + name + ">")
	if !x.inline {
		x.raw("\n")
	}
}

func (x *WXR) text(name, s string) { x.element(name, func() { x.escaped(s) }) }

func (x *WXR) number(name string, n int64) { x.text(name, strconv.FormatInt(n, 10)) }

// time writes a time; WordPress writes zeros for one that is unknown.
func (x *WXR) time(name string, t *time.Time) {
	s := "0000-00-00 00:00:00"
	if t != nil {
		s = t.UTC().Format(time.DateTime)
	}
	x.text(name, s)
}

func (x *WXR) escaped(s string) { x.raw(html.EscapeString(characters(s))) }

func (x *WXR) cdata(name, s string) {
	x.element(name, func() {
		x.raw("<![CDATA[" + strings.ReplaceAll(characters(s), "]]>", "]]]]><![CDATA[>") + "]]>")
	})
}

// characters leaves out those that XML does not allow.
func characters(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r < ' ' && r != '\t' && r != '\n', r == 0xfffe, r == 0xffff:
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, string(utf8.RuneError)))
}

// withoutLines makes line ends spaces, but in preformatted text: WordPress makes
// line breaks of them.
func withoutLines(s string) string {
	if !strings.Contains(s, "\n") {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for s != "" {
		text, rest, _ := cutBefore(s, "<pre")
		for i, line := range strings.Split(text, "\n") {
			if i > 0 && !endsLine(b.String()) {
				b.WriteByte(' ')
			}
			b.WriteString(line)
		}
		pre, after, found := cutBefore(rest, "</pre>")
		b.WriteString(pre)
		s = after
		if !found {
			break
		}
		b.WriteString("</pre>")
		s = s[len("</pre>"):]
	}
	return b.String()
}

// endsLine reports whether s ends with a tag behind which a line begins anyhow.
func endsLine(s string) bool {
	i := strings.LastIndexByte(s, '<')
	if i < 0 || !strings.HasSuffix(s, ">") {
		return false
	}
	switch strings.Trim(s[i:], "</ >") {
	case "br", "p", "ul", "ol", "li", "blockquote", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "table", "tr", "div":
		return true
	}
	return false
}

func cutBefore(s, sep string) (before, from string, found bool) {
	i := strings.Index(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i:], true
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
