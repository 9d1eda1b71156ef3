package importer

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/html"
)

// PageLinks are the addresses that a web page names and that are worth following for
// whoever wants the article with its whole thread. All are of the web and absolute,
// none is checked: they may lead anywhere.
type PageLinks struct {
	// Canonical is the address that the page gives as its own, "" for none.
	Canonical string
	// Shortlink is the one with the article's number, such as /?p=12; "" for none.
	Shortlink string
	// API is the root of WordPress' REST interface, ending in a slash; "" for none.
	API string
	// Post is the article's number in WordPress, 0 for none; Endpoint is its own
	// address in the interface, "" where the page does not name it.
	Post     int64
	Endpoint string
	// CommentFeeds are feeds of the comments below this page.
	CommentFeeds []string
	// Feeds are other feeds: of the site, of all its comments, of a category.
	Feeds []string
	// CommentPages are the other pages over which the comments are spread, in the
	// order of their numbers.
	CommentPages []string
	// AMP is the same page for telephones, "" for none.
	AMP string
}

// maxLinks bounds each list of PageLinks.
const maxLinks = 500

// LinksOf reads the addresses that a page names. data are its bytes as they were
// received, of any encoding; address is where it was fetched from. A page that can't
// be read has none, as have things that are no pages.
func LinksOf(data []byte, address string) PageLinks {
	p, err := openPage(data, address, func([]byte, int, string) {})
	if err != nil {
		return PageLinks{}
	}
	return p.links()
}

// feedTypes are the types under which feeds are named.
var feedTypes = wordSet("application/rss+xml application/atom+xml application/rdf+xml application/feed+json")

func (p *webPage) links() (l PageLinks) {
	l.Canonical = p.canonical()
	page := p.articleAddress()
	each(p.doc, func(e *html.Node) bool {
		switch e.Data {
		case "link":
			p.headLink(e, page, &l)
		case "a":
			p.commentPage(e, page, &l)
		case "body":
			l.Post = postNumber(attrWords(e, "class"))
		}
		return true
	})
	if u := webURL(l.Shortlink); u != nil && l.Post == 0 {
		l.Post = wxrNumber(u.Query().Get("p"))
	}
	slices.SortStableFunc(l.CommentPages, func(a, b string) int { return commentPageNo(a) - commentPageNo(b) })
	return l
}

func (p *webPage) headLink(e *html.Node, page string, l *PageLinks) {
	address := p.link(attr(e, "href"))
	rel := attrWords(e, "rel")
	if address == "" {
		return
	}
	kind, _, _ := strings.Cut(strings.ToLower(attr(e, "type")), ";")
	switch {
	case slices.Contains(rel, "shortlink"):
		setOnce(&l.Shortlink, address)
	case slices.Contains(rel, "amphtml"):
		setOnce(&l.AMP, address)
	case slices.Contains(rel, "https://api.w.org/"):
		setOnce(&l.API, address)
	case slices.Contains(rel, "alternate") && kind == "application/json" && strings.Contains(address, "/wp/v2/"):
		setOnce(&l.Endpoint, address)
	case slices.Contains(rel, "replies") && feedTypes[kind], slices.Contains(rel, "alternate") && feedTypes[kind] && commentFeed(address, page):
		l.CommentFeeds = addOnce(l.CommentFeeds, address)
	case slices.Contains(rel, "alternate") && feedTypes[kind]:
		l.Feeds = addOnce(l.Feeds, address)
	case (slices.Contains(rel, "next") || slices.Contains(rel, "prev")) && commentPageNo(address) > 0:
		l.CommentPages = addOnce(l.CommentPages, address)
	}
}

// commentPage notes a link to another page of the same article's comments.
func (p *webPage) commentPage(e *html.Node, page string, l *PageLinks) {
	href := attr(e, "href")
	if !strings.Contains(href, "comment-page-") && !strings.Contains(href, "cpage=") {
		return
	}
	address := p.link(href)
	if address, _, _ = strings.Cut(address, "#"); address == "" || commentPageNo(address) == 0 || hasQuery(address, "replytocom") {
		return
	}
	here := p.address
	if page != "" && pageKey(withoutCommentPage(address)) != pageKey(page) || here != nil && commentPageNo(here.String()) == commentPageNo(address) {
		return
	}
	l.CommentPages = addOnce(l.CommentPages, address)
}

// commentFeed tells whether a feed is that of the comments of a page: WordPress has
// it below the page's own address.
func commentFeed(feed, page string) bool {
	f, err := url.Parse(feed)
	if err != nil {
		return false
	}
	if strings.Contains(f.Path, "/feeds/") && strings.HasSuffix(strings.TrimRight(f.Path, "/"), "/comments/default") {
		path := strings.TrimPrefix(f.Path, "/feeds/")
		return path != "comments/default" // Blogger; that one is of the whole blog
	}
	p, err := url.Parse(page)
	if err != nil || page == "" {
		return false
	}
	if f.Query().Get("feed") != "" {
		id := p.Query().Get("p") + p.Query().Get("page_id")
		return id != "" && id == f.Query().Get("p")+f.Query().Get("page_id")
	}
	own := strings.TrimRight(p.Path, "/")
	return own != "" && strings.TrimPrefix(f.Host, "www.") == strings.TrimPrefix(p.Host, "www.") && strings.HasPrefix(f.Path, own+"/feed")
}

var (
	commentPagePath = regexp.MustCompile(`/comment-page-(\d{1,6})(?:/|$)`)
	bodyNumber      = regexp.MustCompile(`^(?:postid|page-id)-(\d{1,18})$`)
)

// commentPageNo is which page of the comments an address leads to; 0 for none.
func commentPageNo(address string) int {
	u, err := url.Parse(address)
	if err != nil {
		return 0
	}
	n := u.Query().Get("cpage")
	if m := commentPagePath.FindStringSubmatch(u.Path); m != nil {
		n = m[1]
	}
	no, _ := strconv.Atoi(n) //nolint:errcheck // 0 is right
	return max(no, 0)
}

// withoutCommentPage is the address of the article one of whose comment pages the
// address leads to.
func withoutCommentPage(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	query := u.Query()
	for name := range query {
		if name == "cpage" || name == "replytocom" || name == "showComment" || tracking.MatchString(name) {
			query.Del(name)
			u.RawQuery = ""
		}
	}
	if u.RawQuery == "" {
		u.RawQuery = query.Encode()
	}
	if i := commentPagePath.FindStringIndex(u.Path); i != nil {
		u.Path, u.RawPath = u.Path[:i[0]]+"/", ""
	}
	if !strings.HasPrefix(u.Fragment, "!") {
		u.Fragment, u.RawFragment = "", ""
	}
	return u.String()
}

func hasQuery(address, name string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Query().Has(name)
}

// postNumber is the number that WordPress gives the article, from the classes of the
// page's body.
func postNumber(classes []string) int64 {
	for _, c := range classes {
		if m := bodyNumber.FindStringSubmatch(c); m != nil {
			return wxrNumber(m[1])
		}
	}
	return 0
}

func setOnce(field *string, s string) {
	if *field == "" {
		*field = s
	}
}

func addOnce(list []string, s string) []string {
	if len(list) >= maxLinks || slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}

// canonical is the address that the page names as its own.
func (p *webPage) canonical() string {
	if p.own == nil {
		own := p.findCanonical()
		p.own = &own
	}
	return *p.own
}

func (p *webPage) findCanonical() string {
	var named, shown, printed string
	each(p.doc, func(e *html.Node) bool {
		switch {
		case e.Data == "link" && hasWord(e, "rel", "canonical"):
			setOnce(&named, p.link(attr(e, "href")))
		case e.Data == "meta" && (attr(e, "property") == "og:url" || attr(e, "name") == "og:url"):
			setOnce(&shown, p.link(attr(e, "content")))
		case e.Data == "meta" && attr(e, "name") == "twitter:url":
			setOnce(&printed, p.link(attr(e, "content")))
		}
		return true
	})
	for _, address := range []string{named, shown, printed} {
		if p.plausible(address) {
			return address
		}
	}
	return ""
}

// plausible tells whether an address may be the page's own: some sites name their
// front page on every page.
func (p *webPage) plausible(address string) bool {
	u := webURL(address)
	if u == nil {
		return false
	}
	front := strings.Trim(u.Path, "/") == "" && u.RawQuery == ""
	return !front || p.address == nil || strings.Trim(p.address.Path, "/") == "" && p.address.RawQuery == ""
}

// articleAddress is where the article stands, "" where nobody says.
func (p *webPage) articleAddress() string {
	if address := p.canonical(); address != "" {
		return withoutCommentPage(address)
	}
	if p.address != nil {
		return withoutCommentPage(p.address.String())
	}
	return ""
}
