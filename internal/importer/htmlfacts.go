package importer

import (
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// pageFacts is what a page's tree says of its article, its comments apart.
type pageFacts struct {
	page     *webPage
	root     *html.Node                  // what they are of: the page, or one article of several
	comments map[*html.Node]*pageComment // by their elements
	found    [factCount]pageMark
	metas    map[string]string // by name, in small letters
	bodies   []pageMark        // what may be the article's text
	entries  []*html.Node      // what says that it is an article
	heads    []pageHead        // of the first levels
	title    string            // of the window
	lang     string
	named    string   // the address that the article's markup has
	blog     string   // the number of a blog at Blogger
	classes  []string // of <body>
	engine   string   // the name of the program that made the page
	closed   bool     // for comments
	// wordpress: the comments look like those of its themes.
	wordpress bool
	asks      bool   // for a password
	talk      string // the system whose script shows the comments
	mores     int    // links to the rest of articles of a list
}

const (
	factTitle = iota
	factAuthor
	factTime
	factSummary
	factCount
)

var (
	titleClasses  = ranks("p-name", "entry-title post-title article-title single-title asset-name article__title post__title page-title blog-post-title story-title titleline")
	headClasses   = ranks("p-summary", "standfirst article-standfirst subtitle entry-subtitle post-subtitle article-subtitle dek article-dek lede article__lede article__standfirst")
	bylineClasses = ranks("p-author", "fn author-name entry-author-name byline-author", "author entry-author post-author article-author article__author", "byline")
	datedClasses  = ranks("dt-published", "entry-date published post-date article-date date-published", "date-header date posted-on post-time entry-time byline-date", "postmetadata entry-meta post-meta article-meta asset-meta post-info")
	textClasses   = ranks("e-content", "entry-content post-content article-content articlebody article-body article__body article__content post-body post_content post__content entry-body asset-body asset-more td-post-content story-body postcontent post-entry blog-post-content single-content post-text the-content usertext-body",
		"entry post-inner content-body entrytext")
	articleTypes = wordSet("article blogposting newsarticle discussionforumposting socialmediaposting techarticle report opinionnewsarticle analysisnewsarticle reviewnewsarticle question")
)

// facts goes over a page's tree once.
func (p *webPage) facts(thread *threadScan) *pageFacts {
	f := &pageFacts{page: p, root: p.doc, comments: thread.of, wordpress: thread.wordpress, metas: map[string]string{}}
	f.walk(p.doc, nil)
	return f
}

// walk looks at the elements below n. entry is the article that they are of.
func (f *pageFacts) walk(n, entry *html.Node) {
	each(n, func(e *html.Node) bool {
		if f.comments[e] != nil {
			return false
		}
		switch e.Data {
		case "html":
			f.lang = attr(e, "lang")
		case "body":
			f.classes = attrWords(e, "class")
		case "title":
			setOnce(&f.title, shortText(e))
			return false
		case "meta":
			f.meta(e)
		case "link", "script", "img":
			f.file(e)
		case "form":
			f.asks = f.asks || hasWord(e, "class", "post-password-form")
			return hasWord(e, "class", "usertext") // old Reddit shows texts in forms
		case "nav", "aside", "footer":
			return entry != nil
		}
		if unread[e.Data] && !silent[e.Data] {
			return false
		}
		classes := attrWords(e, "class")
		if e.Data == "li" && anyWord(classes, itemClasses) {
			return false // of another list
		}
		if isEntry(e, classes) && entry == nil {
			f.entries = append(f.entries, e)
			f.mark(e, classes)
			f.walk(e, e)
			return false
		}
		return f.mark(e, classes)
	})
}

// isEntry tells whether an element says that it is an article.
func isEntry(e *html.Node, classes []string) bool {
	if anyWord(classes, entryClasses) {
		return true
	}
	kind := strings.ToLower(attr(e, "itemtype"))
	return hasAttr(e, "itemscope") && articleTypes[kind[strings.LastIndexByte(kind, '/')+1:]]
}

var entryClasses = wordSet("hentry h-entry type-post type-page")

// mark notes what an element says. False: nothing in it is of interest.
func (f *pageFacts) mark(e *html.Node, classes []string) bool {
	f.system(attr(e, "id"), classes)
	f.byProps(e)
	f.byClasses(e, classes)
	if len(e.Data) == 2 && e.Data[0] == 'h' && e.Data[1] <= '3' && len(f.heads) < maxHeads {
		f.heads = append(f.heads, pageHead{e, shortText(e)})
	}
	if slices.Contains(classes, "more-link") || slices.Contains(classes, "read-more") {
		f.mores++
	}
	return true
}

// note keeps an element that tells something; of several that of the lowest rank
// counts, and the first of those. 0 is no rank.
func (f *pageFacts) note(what int, e *html.Node, rank int) {
	if m := &f.found[what]; rank > 0 && (m.node == nil || rank < m.rank) {
		*m = pageMark{e, rank}
	}
}

// text notes what may be the article's text.
func (f *pageFacts) text(e *html.Node, rank int) {
	if len(f.bodies) < maxBodies {
		f.bodies = append(f.bodies, pageMark{e, rank})
	}
}

// byProps notes what the microdata of an element say.
func (f *pageFacts) byProps(e *html.Node) {
	for _, p := range attrWords(e, "itemprop") {
		switch p {
		case "headline":
			f.note(factTitle, e, 1)
		case "author", "creator":
			f.note(factAuthor, e, 1)
		case "datepublished", "datecreated":
			f.note(factTime, e, 1)
		case "mainentityofpage", "url":
			setOnce(&f.named, f.page.link(attr(e, "href")+attr(e, "itemid")+attr(e, "content")))
		case "articlebody":
			f.text(e, 1)
		case "description", "alternativeheadline":
			f.note(factSummary, e, 2)
		case "text":
			if len(f.entries) > 0 {
				f.text(e, 2)
			}
		}
	}
}

// byClasses notes what the classes of an element say: microformats, and the markup of
// known systems.
func (f *pageFacts) byClasses(e *html.Node, classes []string) {
	if r := rankOf(classes, titleClasses); r > 0 {
		f.note(factTitle, e, r+1)
	}
	if r := rankOf(classes, bylineClasses); r > 0 {
		f.note(factAuthor, e, r+1)
	} else if hasWord(e, "rel", "author") {
		f.note(factAuthor, e, 4)
	}
	if e.Data == "time" && (hasAttr(e, "pubdate") || slices.Contains(classes, "published")) {
		f.note(factTime, e, 2)
	} else if r := rankOf(classes, datedClasses); r > 0 {
		f.note(factTime, e, r+2)
	} else if e.Data == "time" && hasAttr(e, "datetime") {
		f.note(factTime, e, 4)
	}
	f.note(factSummary, e, rankOf(classes, headClasses))
	if r := rankOf(classes, textClasses); r > 0 {
		f.text(e, r+1)
	}
	if slices.Contains(classes, "u-url") && len(f.entries) > 0 {
		setOnce(&f.named, f.page.link(attr(e, "href")))
	}
}

// pageHead is a heading with its text.
type pageHead struct {
	node *html.Node
	text string
}

// maxHeads is how many headings are looked at for the article's own.
const maxHeads = 30

// heading finds the article's heading where none says that it is: the longest that
// the window's title has, too; else the one of the first level. The one that leads to
// the front page is the site's.
func (f *pageFacts) heading() (best pageHead) {
	var top []pageHead
	for _, h := range f.heads {
		if h.text == "" || f.ofSite(h.node) {
			continue
		}
		if strings.Contains(f.title, h.text) && len(h.text) > len(best.text) {
			best = h
		}
		if h.node.Data == "h1" {
			top = append(top, h)
		}
	}
	if best.node == nil && len(top) == 1 {
		return top[0]
	}
	return best
}

// ofSite tells whether a heading leads to the front page.
func (f *pageFacts) ofSite(e *html.Node) bool {
	a := firstOf(e, func(k *html.Node) bool { return k.Data == "a" })
	if a == nil && e.Parent != nil && e.Parent.Data == "a" {
		a = e.Parent
	}
	if a == nil {
		return false
	}
	u := f.page.resolved(attr(a, "href"))
	return u != nil && strings.Trim(u.Path, "/") == "" && u.RawQuery == ""
}

// maxBodies bounds what is compared for the article's text.
const maxBodies = 200

func (f *pageFacts) meta(e *html.Node) {
	content, _ := clean(collapse(attr(e, "content")))
	if len(content) > 4*maxShort || len(f.metas) > 500 {
		return
	}
	for _, name := range []string{"name", "property", "itemprop"} {
		if key := strings.ToLower(attr(e, name)); key != "" && len(key) < 60 && f.metas[key] == "" {
			f.metas[key] = content
		}
	}
	if strings.EqualFold(attr(e, "name"), "generator") {
		setOnce(&f.engine, strings.ToLower(content))
	}
}

// ofWordPress are files that only WordPress has.
var ofWordPress = regexp.MustCompile(`/wp-(?:content|includes|json)/`)

// ofBlogger is the address that has the number of a blog.
var ofBlogger = regexp.MustCompile(`//(?:www\.|draft\.)?blogger\.com/feeds/(\d{1,20})/posts/`)

// file looks at an address for traces of the program that made the page.
func (f *pageFacts) file(e *html.Node) {
	if m := ofBlogger.FindStringSubmatch(attr(e, "href")); m != nil {
		setOnce(&f.blog, m[1])
	}
	if f.engine == "" && (ofWordPress.MatchString(attr(e, "href")) || ofWordPress.MatchString(attr(e, "src"))) {
		f.engine = "wordpress"
	}
	if src := attr(e, "src"); e.Data == "script" && f.talk == "" {
		for part, name := range talkScripts {
			if strings.Contains(src, part) {
				f.talk = name
			}
		}
	}
}

// Other systems show comments by a script: what the page holds is an empty place.
var (
	talkScripts = map[string]string{
		".disqus.com/embed.js": "Disqus", ".disqus.com/count.js": "Disqus", "/js/commento.js": "Commento", "comentario.js": "Comentario",
		"giscus.app/client.js": "Giscus", "utteranc.es/client.js": "Utterances", "/js/embed.min.js": "Isso", "talk.hyvor.com": "Hyvor Talk", "cusdis.es.js": "Cusdis",
	}
	talkPlaces = map[string]string{
		"disqus_thread": "Disqus", "isso-thread": "Isso", "remark42": "Remark42", "commento": "Commento", "cusdis_thread": "Cusdis",
		"coral_thread": "Coral", "coral_talk_stream": "Coral", "fb-comments": "Facebook", "giscus": "Giscus", "utterances": "Utterances",
	}
	closedClasses = wordSet("nocomments no-comments comments-closed comment-closed")
)

// system looks at what an element says of where comments are kept.
func (f *pageFacts) system(id string, classes []string) {
	if name := talkPlaces[id]; name != "" {
		f.talk = name
	}
	for _, c := range classes {
		if name := talkPlaces[c]; name != "" {
			f.talk = name
		}
	}
	f.closed = f.closed || anyWord(classes, closedClasses)
}

// lists tells whether the page is a list of articles, not one of them.
func (f *pageFacts) lists() bool {
	if len(f.comments) > 0 {
		return false
	}
	for _, c := range f.classes {
		if c == "single" || c == "singular" || c == "single-post" || c == "page" || bodyNumber.MatchString(c) {
			return false
		}
	}
	return len(f.entries) > 1 && (f.metas["og:type"] != "article" || f.mores > 1)
}

// ofOneSite tells whether the program that made the page numbers the comments of
// all articles together.
func (f *pageFacts) ofOneSite() bool {
	if f.wordpress {
		return true
	}
	for _, name := range []string{"wordpress", "classicpress", "movable type", "typepad", "melody", "blogger", "textpattern", "habari", "serendipity", "b2evolution", "drupal"} {
		if strings.HasPrefix(f.engine, name) {
			return true
		}
	}
	return false
}
