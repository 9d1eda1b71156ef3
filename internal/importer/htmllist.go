package importer

import (
	"golang.org/x/net/html"
)

const (
	// maxEntriesOfPage bounds the articles of one page.
	maxEntriesOfPage = 200
	// minEntry is how long the text of an article is, in bytes, that a list shows whole.
	minEntry = 150
)

// list reads a page that lists articles, where it shows two or more of them whole:
// the front page of a blog, or an h-feed. It is not done where it does not.
func (h *htmlReader) list() (done bool, err error) {
	var whole []*htmlReader
	short := 0
	for _, e := range h.facts.entries[:min(len(h.facts.entries), maxEntriesOfPage)] {
		one := h.entry(e)
		if len(htmlText(one.article.BodyHTML)) < minEntry || one.facts.mores > 0 || one.article.Title == "" {
			short++
			continue
		}
		whole = append(whole, one)
	}
	if len(whole) < 2 {
		return false, nil
	}
	for _, one := range whole {
		ok, err := one.takeArticle(nil, nil)
		if err == nil && ok {
			err = h.emit(one.article)
		}
		if err != nil {
			return true, err
		}
	}
	if short > 0 {
		return true, h.refuse(place{line: 1, column: 1}, "The page shows only the beginning of "+count(short, "article")+"; the page of each can be imported.", h.facts.title)
	}
	return true, nil
}

// entry is the reader of one article of a list. Its article is not whole yet.
func (h *htmlReader) entry(e *html.Node) *htmlReader {
	f := &pageFacts{page: h.page, root: e, comments: h.facts.comments, metas: map[string]string{}, lang: h.facts.lang, engine: h.facts.engine}
	f.entries = []*html.Node{e}
	f.mark(e, attrWords(e, "class"))
	f.walk(e, e)
	one := &htmlReader{foreign: h.foreign, tally: h.tally, page: h.page, thread: h.thread, facts: f, dates: h.dates,
		linked: &linkedData{page: h.page, dates: h.dates}}
	one.links.API = h.links.API
	one.address = withoutCommentPage(f.permalink())
	if own := f.heading(); f.found[factTitle].node == nil && own.node != nil {
		f.found[factTitle] = pageMark{own.node, 4}
	}
	one.article.Title = one.title(nil)
	one.article.BodyHTML, _ = h.page.render(f.isFurniture, f.body()...)
	return one
}

// permalink is where an article of a list says that it stands by itself.
func (f *pageFacts) permalink() string {
	if f.named != "" {
		return f.named
	}
	link := firstOf(f.root, func(e *html.Node) bool {
		return e.Data == "a" && attr(e, "href") != "" && hasWord(e, "rel", "bookmark")
	})
	if node := f.found[factTitle].node; node != nil && link == nil {
		link = firstOf(node, func(e *html.Node) bool { return e.Data == "a" && attr(e, "href") != "" })
		if link == nil && node.Data == "a" {
			link = node
		}
	}
	if link == nil {
		return ""
	}
	return f.page.link(attr(link, "href"))
}
