package markup

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// writeText escapes text for element content; a tag must follow it. Quotes stay as they
// are, and an ampersand directly before another one, an angle bracket or that tag is
// left bare, which HTML allows: so no text grows more than fourfold.
func writeText(out *strings.Builder, s string) {
	if strings.IndexByte(s, '>') < 0 && strings.IndexByte(s, '&') < 0 && strings.IndexByte(s, '<') < 0 {
		out.WriteString(s)
		return
	}
	last := 0
	for i := range len(s) {
		var esc string
		switch s[i] {
		case '<':
			esc = "&lt;"
		case '>':
			esc = "&gt;"
		case '&':
			if i+1 == len(s) || s[i+1] == '&' || s[i+1] == '<' || s[i+1] == '>' {
				continue
			}
			esc = "&amp;"
		default:
			continue
		}
		out.WriteString(s[last:i])
		out.WriteString(esc)
		last = i + 1
	}
	out.WriteString(s[last:])
}

var attributeEscaper = strings.NewReplacer("&", "&amp;", `"`, "&quot;", "<", "&lt;", ">", "&gt;")

// fragmentContext is the element the HTML will stand in.
var fragmentContext = &html.Node{Type: html.ElementNode, Data: "div", DataAtom: atom.Div}

// survivesParsing tells whether a browser's parser sees exactly the tree that was
// written: parsed and written again, the bytes are the same.
func survivesParsing(s string) bool {
	nodes, err := html.ParseFragment(strings.NewReader(s), fragmentContext)
	if err != nil {
		return false
	}
	var out strings.Builder
	out.Grow(len(s))
	for _, n := range nodes {
		if !writeNode(&out, n) {
			return false
		}
	}
	return out.String() == s
}

// writeNode writes what the builder could have written and says false to anything else.
// The builder nests a few dozen levels at most, so the recursion is bounded.
func writeNode(out *strings.Builder, n *html.Node) bool {
	switch n.Type {
	case html.TextNode:
		writeText(out, n.Data)
		return n.Parent != nil
	case html.ElementNode:
	default:
		return false
	}
	out.WriteString("<" + n.Data)
	for _, a := range n.Attr {
		out.WriteString(" " + a.Key + `="`)
		attributeEscaper.WriteString(out, a.Val) //nolint:errcheck // into memory
		out.WriteByte('"')
	}
	out.WriteByte('>')
	if n.Data == "br" || n.Data == "hr" || n.Data == "img" {
		return n.FirstChild == nil
	}
	if n.Data == "pre" && n.FirstChild != nil && n.FirstChild.Type == html.TextNode && strings.HasPrefix(n.FirstChild.Data, "\n") {
		out.WriteByte('\n')
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if !writeNode(out, c) {
			return false
		}
	}
	out.WriteString("</" + n.Data + ">")
	return true
}
