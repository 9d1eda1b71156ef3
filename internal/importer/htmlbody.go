package importer

import (
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// furniture are the classes of what stands in an article without being of it.
var furniture = wordSet("sharedaddy sd-sharing-enabled sharing share-buttons social-share share social post-share post-sharing jp-relatedposts jp-post-flair addtoany_share_save_container a2a_kit " +
	"post-navigation nav-links navigation nav-previous nav-next nav-single pagination page-links breadcrumbs breadcrumb entry-meta entry-footer entry-utility post-meta post-footer postmetadata article-meta " +
	"author-box author-bio about-author author-info related related-posts yarpp yarpp-related crp_related comments-link comments-area comments edit-link post-edit-link newsletter newsletter-signup wpcnt wpa " +
	"adsbygoogle advertisement advert ad-container ad toc_container ez-toc-container screen-reader-text sr-only visually-hidden tags-links cat-links post-tags entry-tags post-labels heateor_sss_sharing_container essb_links " +
	"mashsb-container ssba swp_social_panel post-share-buttons reaction-buttons blogger-comment-from-post kg-signup-card noprint webmentions cookie-notice")

var furnitureIDs = wordSet("comments respond sidebar jp-post-flair jp-relatedposts disqus_thread toc nav navigation footer header related")

// isFurniture tells whether an element of the page is no part of the article's text.
func (f *pageFacts) isFurniture(e *html.Node) bool {
	switch e.Data {
	case "form":
		return !hasWord(e, "class", "usertext")
	case "nav", "button", "input", "select", "textarea", "dialog":
		return true
	}
	if f.comments[e] != nil || e == f.found[factTitle].node || attr(e, "role") == "navigation" {
		return true
	}
	return anyWord(attrWords(e, "class"), furniture) || furnitureIDs[attr(e, "id")]
}

// body finds the elements in which the article's text stands: those that say so,
// else those that look like it.
func (f *pageFacts) body() []*html.Node {
	w := &weigher{facts: f, of: map[*html.Node]*weight{}}
	w.weigh(f.root)
	best, rank := w.marked(f.bodies)
	if text := w.text(best); text >= minBody || text > 0 && rank == 1 {
		return best
	}
	found := w.readable()
	switch {
	case len(best) > 0 && (found == nil || w.text(best) >= w.text([]*html.Node{found})/4):
		return best
	case found != nil:
		return []*html.Node{found}
	}
	return w.rest()
}

// rest is what there is of a page that has next to no text.
func (w *weigher) rest() []*html.Node {
	for _, name := range []string{"article", "main", "body"} {
		e := firstOf(w.facts.root, func(e *html.Node) bool { return e.Data == name && w.of[e] != nil })
		if e == nil || w.of[e].text == 0 || len(w.facts.comments) > 0 && w.of[e].links*2 > w.of[e].text {
			continue // what there is beside comments is more links than text
		}
		return []*html.Node{e}
	}
	return nil
}

// minBody is how long, in bytes, a text has to be that says it is the article's, for
// nothing else to be looked at.
const minBody = 100

// weight is what an element holds.
type weight struct {
	text  int     // bytes of text
	links int     // of them in links
	para  int     // of them in paragraphs
	score float64 // how much it looks like the parent of paragraphs
}

// weigher weighs the elements of a page.
type weigher struct {
	facts *pageFacts
	of    map[*html.Node]*weight
	order []*html.Node // those with a score, in the order of the page
}

func (w *weigher) text(nodes []*html.Node) (n int) {
	for _, e := range nodes {
		if own := w.of[e]; own != nil {
			n += own.text
		}
	}
	return n
}

// marked gives the longest of what is marked best, with what continues it: some
// systems part a text where the reader of a list has to click.
func (w *weigher) marked(list []pageMark) (best []*html.Node, rank int) {
	for _, m := range list {
		if own := w.of[m.node]; own == nil || own.text == 0 {
			continue
		}
		switch {
		case len(best) == 0 || m.rank < rank && w.text([]*html.Node{m.node})*3 > w.text(best):
			best, rank = []*html.Node{m.node}, m.rank
		case m.rank == rank && m.node.Parent == best[0].Parent:
			best = append(best, m.node)
		case m.rank == rank && w.text([]*html.Node{m.node}) > w.text(best):
			best = []*html.Node{m.node}
		}
	}
	return best, rank
}

// Words in the names of classes that speak for and against an element.
var (
	speaksFor     = regexp.MustCompile(`(?i)article|body|content|entry|main|post|story|text|blog`)
	speaksAgainst = regexp.MustCompile(`(?i)comment|sidebar|footer|foot|nav|menu|related|share|social|widget|promo|popup|cookie|banner|breadcrumb|pagin|sponsor|subscribe|newsletter|masthead|combx|contact|meta|outbrain|tags|tool|header`)
)

// speaks is what an element's names say for it.
func speaks(e *html.Node) (points float64) {
	s := attr(e, "class") + " " + attr(e, "id")
	s = s[:min(len(s), 200)]
	if speaksAgainst.MatchString(s) {
		points -= 25
	}
	if speaksFor.MatchString(s) {
		points += 25
	}
	return points
}

// weigh weighs an element and all in it.
func (w *weigher) weigh(n *html.Node) weight {
	own := &weight{}
	w.of[n] = own
	direct, commas := 0, 0
	for k := n.FirstChild; k != nil; k = k.NextSibling {
		switch {
		case k.Type == html.TextNode:
			size := len(strings.TrimSpace(k.Data))
			direct += size
			own.text += size
			commas += min(strings.Count(k.Data, ","), size/10)
		case k.Type != html.ElementNode || hidden(k) && k.Data != "head" || w.facts.isFurniture(k) && k.Data != "body":
		default:
			inner := w.weigh(k)
			own.text += inner.text
			own.links += inner.links
			own.para += inner.para
			if breakingTags[k.Data] || k.Data == "article" || k.Data == "main" {
				continue
			}
			direct += inner.text - inner.links
		}
	}
	if n.Data == "a" {
		own.links = own.text
	}
	if direct-own.links >= 25 && (n.Data == "p" || n.Data == "pre" || n.Data == "td" || n.Data == "blockquote" || n.Data == "div" || n.Data == "section" || n.Data == "li") {
		own.para += direct - own.links
		w.paragraph(n, 1+float64(commas)+min(float64(direct)/100, 3))
	}
	return *own
}

// paragraph gives the points of a paragraph to what holds it.
func (w *weigher) paragraph(n *html.Node, points float64) {
	share := points
	if n.Data == "div" || n.Data == "section" || n.Data == "td" {
		w.add(n, points)
		share /= 2
	}
	if n.Data == "li" {
		share /= 4
	}
	for up := n.Parent; up != nil && up.Type == html.ElementNode && w.of[up] != nil && share > points/5; up = up.Parent {
		w.add(up, share)
		share /= 2
	}
}

func (w *weigher) add(n *html.Node, points float64) {
	own := w.of[n]
	if own.score == 0 {
		w.order = append(w.order, n)
		own.score = 0.001 + speaks(n)
		switch n.Data {
		case "article", "main":
			own.score += 25
		case "div", "section":
			own.score += 5
		case "ol", "ul", "dl", "form", "address", "th":
			own.score -= 3
		}
	}
	own.score += points
}

// readable finds the element that looks most like it holds an article.
func (w *weigher) readable() (best *html.Node) {
	top := 5.0
	for _, n := range w.order {
		own := w.of[n]
		if own.text == 0 || n.Data == "html" {
			continue
		}
		score := own.score * (1 - float64(own.links)/float64(own.text))
		if n.Data == "body" {
			score *= 0.6 // rather what is in it
		}
		if score > top {
			top, best = score, n
		}
	}
	if best == nil {
		return nil
	}
	return w.climb(best)
}

// climb goes from an element to one around it that has much more of the same: some
// pages part an article's paragraphs among many elements.
func (w *weigher) climb(best *html.Node) *html.Node {
	for up := best.Parent; up != nil && up.Data != "body" && w.of[up] != nil; up = up.Parent {
		own, now := w.of[up], w.of[best]
		few := slices.Contains([]string{"p", "li", "blockquote", "pre"}, best.Data)
		if (few || own.para*5 > now.para*7) && own.para*5 > own.text*3 && own.links*4 < own.text && speaks(up) >= 0 {
			best = up
		}
	}
	return best
}
