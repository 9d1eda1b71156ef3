package importer

import (
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// attr is an attribute of an element, "" where it has none of the name.
func attr(n *html.Node, name string) string {
	for i := range n.Attr {
		if n.Attr[i].Key == name {
			return n.Attr[i].Val
		}
	}
	return ""
}

// hasAttr tells whether an element has an attribute, with whatever value.
func hasAttr(n *html.Node, name string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name })
}

// attrWords are the words of an attribute, in small letters.
func attrWords(n *html.Node, name string) []string {
	s := attr(n, name)
	if s == "" {
		return nil
	}
	return strings.Fields(strings.ToLower(s))
}

// hasWord tells whether an attribute has a word.
func hasWord(n *html.Node, name, word string) bool { return slices.Contains(attrWords(n, name), word) }

// anyWord tells whether one of some words is in a set.
func anyWord(list []string, set map[string]bool) bool {
	return slices.ContainsFunc(list, func(w string) bool { return set[w] })
}

// each goes over the elements below n in their order. Where visit says no, what is
// inside is passed over.
func each(n *html.Node, visit func(e *html.Node) bool) {
	for k := n.FirstChild; k != nil; k = k.NextSibling {
		if k.Type == html.ElementNode && visit(k) {
			each(k, visit)
		}
	}
}

// firstOf is the first element below n that is wanted, nil where there is none.
func firstOf(n *html.Node, wanted func(e *html.Node) bool) (found *html.Node) {
	each(n, func(e *html.Node) bool {
		if found == nil && wanted(e) {
			found = e
		}
		return found == nil
	})
	return found
}

// unread are the elements whose content nobody sees.
var unread = wordSet("script style template noscript iframe object embed svg canvas audio video head title select textarea button input datalist link meta base area param source track map")

// hidden tells whether a page does not show an element.
func hidden(e *html.Node) bool {
	if unread[e.Data] || hasAttr(e, "hidden") {
		return true
	}
	style := attr(e, "style")
	if style == "" {
		return false
	}
	style = strings.ReplaceAll(strings.ToLower(style[:min(len(style), 500)]), " ", "")
	return strings.Contains(style, "display:none") || strings.Contains(style, "visibility:hidden")
}

// silent are those of them that tell something all the same.
var silent = wordSet("head meta link data")

// breakingTags part words even where no space does.
var breakingTags = wordSet("p div br li ul ol dl dt dd tr td th table h1 h2 h3 h4 h5 h6 blockquote pre section article header footer hr figure figcaption option")

// textOf is the text of a node as one line, cut behind max bytes or so.
func textOf(n *html.Node, max int, skip func(e *html.Node) bool) string {
	var b strings.Builder
	var walk func(n *html.Node)
	walk = func(n *html.Node) {
		for k := n.FirstChild; k != nil && b.Len() < max; k = k.NextSibling {
			switch {
			case k.Type == html.TextNode:
				b.WriteString(k.Data[:min(len(k.Data), max)])
			case k.Type != html.ElementNode, unread[k.Data] && k.Data != "title", skip != nil && skip(k):
			default:
				if breakingTags[k.Data] {
					b.WriteByte(' ')
				}
				walk(k)
				if breakingTags[k.Data] {
					b.WriteByte(' ')
				}
			}
		}
	}
	walk(n)
	text, _ := clean(b.String())
	return collapse(text)
}

// maxShort is how long what is taken for a name, a date or a title may be, in bytes.
const maxShort = 2000

func shortText(n *html.Node) string { return textOf(n, maxShort, nil) }

// value is what a property of an element is: in an attribute where the element has
// its own for that, else its text.
func value(e *html.Node) string {
	for _, name := range []string{"content", "datetime"} {
		if v := attr(e, name); v != "" {
			v, _ = clean(collapse(v))
			return v
		}
	}
	if e.Data == "abbr" || e.Data == "data" || e.Data == "meter" {
		if v := attr(e, "title") + attr(e, "value"); v != "" {
			v, _ = clean(collapse(v))
			return v
		}
	}
	return shortText(e)
}
