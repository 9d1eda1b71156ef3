package importer

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/html"
)

// takeArticle puts the article together. ok is false where there is none, which is
// told.
func (h *htmlReader) takeArticle(about map[string]any, list []*pageComment) (ok bool, err error) {
	if own := h.facts.heading(); h.facts.found[factTitle].node == nil && own.node != nil {
		h.facts.found[factTitle] = pageMark{own.node, 4}
	}
	start := place{line: 1, column: 1}
	if m := h.facts.found[factTitle]; m.node != nil {
		start = h.page.placeOf(m.node)
	}
	a := Article{State: "published", Replies: "open", File: h.src.Name, Line: max(start.line, 1)}
	a.Title = h.right(start, h.title(about))
	if name := h.byline(about); name != "" {
		a.Author, _ = author(h.right(start, name))
	}
	if a.PublishedAt, err = h.published(about, start); err != nil {
		return false, err
	}
	lost := 0
	a.BodyHTML, lost = h.page.render(h.facts.isFurniture, h.facts.body()...)
	if told := stringOf(about["articleBody"]); told != "" && len(told) > 2*len(htmlText(a.BodyHTML)) {
		a.BodyHTML, a.BodyText, lost = "", h.right(start, unescape(told)), 0
	}
	a.BodyHTML = h.right(start, cmp.Or(a.BodyHTML, h.pointed(a.BodyText)))
	text := htmlText(a.BodyHTML) + collapse(a.BodyText)
	if a.Title == "" || text == "" && len(list) == 0 {
		return false, h.refuse(start, h.nothing(), cmp.Or(a.Title, h.facts.title))
	}
	a.Standfirst = h.right(start, h.standfirst(about, text))
	if h.facts.closed {
		a.Replies = "closed"
	}
	h.addresses(&a)
	h.article = a
	if lost > 0 {
		return true, h.note(start, count(lost, "picture")+" of the article stood only in the folder that was saved with the page.", "")
	}
	return true, nil
}

// pointed stands for the text of an article that is only a link to another page.
func (h *htmlReader) pointed(text string) string {
	node := h.facts.found[factTitle].node
	if text != "" || node == nil {
		return ""
	}
	a := firstOf(node, func(e *html.Node) bool { return e.Data == "a" && attr(e, "href") != "" })
	if a == nil {
		return ""
	}
	to, here := h.page.resolved(attr(a, "href")), webURL(h.address)
	if to == nil || here == nil || to.Host == here.Host {
		return ""
	}
	return withLink("", to.String())
}

// named is the address that the article's own data have.
func (h *htmlReader) named(about map[string]any) string {
	for _, key := range []string{"url", "mainEntityOfPage", "@id"} {
		if address := h.page.link(stringOf(about[key])); address != "" {
			return address
		}
	}
	return h.facts.named
}

// nothing says why a page gives no article.
func (h *htmlReader) nothing() string {
	scripts, text := 0, len(shortText(h.page.doc))
	each(h.page.doc, func(e *html.Node) bool {
		if e.Data == "script" {
			scripts++
		}
		return true
	})
	switch {
	case h.page.doc.LastChild == nil || text == 0 && scripts == 0:
		return "The page is empty."
	case scripts > 0 && text < 200:
		return "The page shows its text by a script; what was saved has none of it. Save it from a browser that has shown it."
	}
	return "No article was found in the page."
}

// title is the one that people see, where the page's data have a shorter one.
func (h *htmlReader) title(about map[string]any) string {
	seen := ""
	if m := h.facts.found[factTitle]; m.node != nil {
		node := m.node
		if inner := firstOf(node, func(e *html.Node) bool { return e.Data == "h1" || e.Data == "h2" }); inner != nil && shortText(inner) != "" {
			node = inner
		}
		seen = value(node)
	}
	told := collapse(plainHTML(stringOf(about["headline"])))
	if told == "" && isA(about, articleTypes) {
		told = collapse(plainHTML(stringOf(about["name"])))
	}
	short := strings.TrimRight(told, " .…")
	if seen != "" && strings.Contains(h.facts.title, seen) && !strings.Contains(h.facts.title, short) {
		return seen
	}
	if told != "" && (seen == "" || !strings.HasPrefix(seen, short)) {
		return told
	}
	if seen != "" {
		return seen
	}
	site := h.siteName()
	for _, s := range []string{h.facts.metas["og:title"], h.facts.metas["twitter:title"], h.facts.title} {
		if s != "" {
			return withoutSite(s, site)
		}
	}
	return ""
}

// siteName is what the site calls itself.
func (h *htmlReader) siteName() string {
	return cmp.Or(h.facts.metas["og:site_name"], h.facts.metas["application-name"])
}

// withoutSite takes the name of the site from a window's title.
func withoutSite(title, site string) string {
	for _, mark := range []string{" – ", " — ", " - ", " | ", " « ", " » ", " :: ", " · ", ": "} {
		if site == "" {
			break
		}
		if before, found := strings.CutSuffix(title, mark+site); found && before != "" {
			return before
		}
		if after, found := strings.CutPrefix(title, site+mark); found && after != "" {
			return after
		}
	}
	return title
}

func (h *htmlReader) byline(about map[string]any) string {
	if name := collapse(h.linked.names(about["author"])); name != "" && webURL(name) == nil {
		return name
	}
	if m := h.facts.found[factAuthor]; m.node != nil {
		c := &pageComment{}
		h.page.settleAuthor(c, m.node)
		if c.author != "" && len(c.author) < 200 && webURL(c.author) == nil {
			return c.author
		}
	}
	for _, name := range []string{"author", "article:author", "dc.creator", "twitter:data1", "parsely-author", "sailthru.author"} {
		if s := h.facts.metas[name]; s != "" && webURL(s) == nil && !strings.HasPrefix(s, "@") && (name != "twitter:data1" || strings.HasPrefix(h.facts.metas["twitter:label1"], "Written by")) {
			return plainHTML(s)
		}
	}
	return ""
}

func (h *htmlReader) published(about map[string]any, at place) (*time.Time, error) {
	for _, key := range []string{"datePublished", "dateCreated", "uploadDate"} {
		if t, _ := h.dates.iso(stringOf(about[key])); t != nil {
			return t, nil
		}
	}
	for _, name := range []string{"article:published_time", "og:article:published_time", "datepublished", "dc.date.issued", "dc.date", "parsely-pub-date", "date", "pubdate"} {
		if t, _ := h.dates.iso(h.facts.metas[name]); t != nil {
			return t, nil
		}
	}
	m := h.facts.found[factTime]
	if m.node == nil {
		return nil, nil //nolint:nilnil // unknown
	}
	c := &pageComment{}
	c.found[markTime] = m
	h.page.settleTime(c, h.dates)
	if c.created != nil || c.when == "" {
		return c.created, nil
	}
	dates := *h.dates
	dates.monthFirst = monthsFirst(h.facts.lang, []string{c.when})
	if t := dates.read(c.when); t != nil {
		return t, nil
	}
	if m.rank > 4 || !strings.ContainsAny(c.when, "0123456789") {
		return nil, nil //nolint:nilnil // that was no date
	}
	return nil, h.note(at, "The article’s date “"+excerpt(c.when)+"” is not understood and is left out.", c.when)
}

// standfirst is what the page says of the article in a line or two, unless that is
// the beginning of its text.
func (h *htmlReader) standfirst(about map[string]any, text string) string {
	shown := ""
	if m := h.facts.found[factSummary]; m.node != nil {
		shown = value(m.node)
	}
	begins := func(s string) bool {
		letters := (&pageComment{text: strings.TrimRight(s, " .…[]")}).saying()
		return letters == "" || strings.HasPrefix((&pageComment{text: text}).saying(), letters)
	}
	for _, s := range []string{stringOf(about["alternativeHeadline"]), shown, stringOf(about["description"]), h.facts.metas["description"], h.facts.metas["og:description"]} {
		if s = collapse(plainHTML(s)); s != "" && len(s) <= maxShort && !begins(s) && !strings.EqualFold(s, h.facts.metas["og:title"]) {
			return s
		}
	}
	return ""
}

// addresses settles where the article stood and by what key it is known: in
// WordPress by the address with its number, which its exports and feeds have too.
func (h *htmlReader) addresses(a *Article) {
	if h.address == "" {
		a.Key = ArticleKey(h.src.site(""), a.Title, a.Author)
		return
	}
	source := h.address
	a.SourceURL, a.Site = &source, h.site()
	a.Key = pageKey(source)
	short := h.links.Shortlink
	if u := webURL(short); u == nil || u.Query().Get("p") == "" {
		short = ""
	} else if slices.Contains(h.facts.classes, "page") && slices.Contains(h.facts.classes, "page-id-"+u.Query().Get("p")) {
		short = strings.Replace(short, "?p=", "?page_id=", 1)
	}
	if short == "" && h.links.Post > 0 && h.links.API != "" {
		root, _, _ := strings.Cut(h.links.API, "wp-json/")
		short = root + "?p=" + strconv.FormatInt(h.links.Post, 10)
	}
	if short != "" {
		a.Key = short
	}
	h.ofBlogger(a)
	old := []string{short, h.links.AMP}
	if h.page.address != nil {
		old = append(old, withoutCommentPage(h.page.address.String()))
	}
	for _, o := range old {
		if o != "" && o != source && !slices.Contains(a.OldURLs, o) {
			a.OldURLs = append(a.OldURLs, o)
		}
	}
}

var (
	bloggerPost  = regexp.MustCompile(`/feeds/(\d{1,20})/comments/default`)
	bloggerPlace = regexp.MustCompile(`^post-body-(\d{1,20})$`)
)

// ofBlogger gives an article of Blogger the names that its exports have.
func (h *htmlReader) ofBlogger(a *Article) {
	if h.facts.blog == "" {
		return
	}
	post := ""
	for _, feed := range h.links.CommentFeeds {
		if m := bloggerPost.FindStringSubmatch(feed); m != nil {
			post = m[1]
		}
	}
	for _, b := range h.facts.bodies {
		if m := bloggerPlace.FindStringSubmatch(attr(b.node, "id")); m != nil && post == "" {
			post = m[1]
		}
	}
	if post != "" {
		a.Key, a.Site = post, "blogger "+h.facts.blog
	}
}

// site is the site's name as exports of WordPress give it: its host, and its folder
// where it has one.
func (h *htmlReader) site() string {
	root := h.address
	folder := ""
	if api := webURL(h.links.API); api != nil {
		if before, _, found := strings.Cut(api.Path, "/wp-json"); found {
			root, folder = h.links.API, before
		}
	}
	u := webURL(root)
	if u == nil {
		return ""
	}
	host, _ := clean(strings.TrimPrefix(strings.ToLower(u.Host), "www.") + strings.TrimRight(folder, "/"))
	return host
}
