package markup

import (
	"strings"

	"golang.org/x/net/html"
)

// maxPlainest is how deep the tags of the plainest HTML nest.
const maxPlainest = 24

// plainest builds HTML that is written as carefully as we write it ourselves, without
// the wall before the builder and the check behind it: these cost ten times as much and
// have nothing to do there. Such HTML has no tags but those of plainTags, bare, in small
// letters and strictly nested, with blocks only where blocks belong; of attributes only
// a link's. The builder gets what it would get behind the wall. ok is false for all
// other HTML, which is most of what is hostile; that goes the long way. The source has
// been through cleanBody.
func plainest(source string, p *policy, limit int) (r Rendered, ok bool) {
	w := plainWalk{builder: newBuilder(p, limit)}
	b := w.builder
	b.out.Grow(len(source) + len(source)/16 + 64)
	b.text.Grow(len(source))
	for source != "" {
		i := strings.IndexByte(source, '<')
		if i < 0 {
			i = len(source)
		}
		if i > 0 && !w.words(source[:i]) {
			return Rendered{}, false
		}
		source = source[i:]
		if source == "" {
			break
		}
		n := w.tag(source)
		if n == 0 || b.out.Len() > limit {
			return Rendered{}, false
		}
		source = source[n:]
	}
	b.endBlocks(0)
	if w.depth > 0 || b.out.Len() > limit {
		return Rendered{}, false
	}
	return Rendered{HTML: b.out.String(), Text: b.text.String(), Version: PolicyVersion}, true
}

// plainWalk is a text on its way from its tags to the builder.
type plainWalk struct {
	*builder
	nest  [maxPlainest]plainTag // the open ones
	depth int
}

// plainTag is a tag of the plainest HTML.
type plainTag struct {
	name string
	kind kind
}

// plainTags are those that a browser's parser never moves, whatever is around them.
func plainTags(name string) (plainTag, bool) {
	switch name {
	case "p":
		return plainTag{"p", para}, true
	case "em", "strong", "i", "b", "a", "code", "del", "s", "sub", "sup":
		return plainTag{name, inline}, true
	case "blockquote":
		return plainTag{name, container}, true
	case "ul", "ol":
		return plainTag{name, list}, true
	case "li":
		return plainTag{name, item}, true
	case "br", "br/", "br /":
		return plainTag{"br", void}, true
	case "hr", "hr/", "hr /":
		return plainTag{"hr", boundary}, true
	}
	return plainTag{}, false
}

// fits tells whether a tag may stand here: blocks in no paragraph, items in lists and
// nothing else there, no link in a link.
func (w *plainWalk) fits(t plainTag) bool {
	in := kind(0)
	if w.depth > 0 {
		in = w.nest[w.depth-1].kind
	}
	switch t.kind {
	case item:
		return in == list
	case inline:
		return in != list && (t.name != "a" || !w.inLink())
	case void:
		return in != list
	}
	return in == 0 || in == container || in == item
}

func (w *plainWalk) inLink() bool {
	for _, t := range w.nest[:w.depth] {
		if t.name == "a" {
			return true
		}
	}
	return false
}

// words hands on the text between two tags.
func (w *plainWalk) words(s string) bool {
	if w.depth > 0 && w.nest[w.depth-1].kind == list && strings.Trim(s, " \t\n") != "" {
		return false
	}
	if strings.IndexByte(s, '&') >= 0 {
		s = cleanBody(html.UnescapeString(s))
	}
	w.addText(s)
	return true
}

// tag hands on the tag at the beginning of s and gives its length; 0 where it is none
// of the plainest.
func (w *plainWalk) tag(s string) int {
	end := strings.IndexByte(s, '>')
	if end < 2 {
		return 0
	}
	name, closing := strings.CutPrefix(s[1:end], "/")
	if closing {
		if w.depth == 0 || w.nest[w.depth-1].name != name {
			return 0
		}
		w.depth--
		w.end(name)
		return end + 1
	}
	if strings.HasPrefix(name, "a ") {
		return w.anchor(s)
	}
	t, ok := plainTags(name)
	if !ok || t.name == "a" || !w.fits(t) {
		return 0
	}
	if !w.enter(t) {
		return 0
	}
	w.start(nil, t.name, false)
	return end + 1
}

// enter notes an open tag.
func (w *plainWalk) enter(t plainTag) bool {
	if t.kind == void || t.kind == boundary {
		return true
	}
	if w.depth == maxPlainest {
		return false
	}
	w.nest[w.depth] = t
	w.depth++
	return true
}

// anchor hands on a link, whose other attributes are passed over.
func (w *plainWalk) anchor(s string) int {
	t := plainTag{"a", inline}
	if !w.fits(t) {
		return 0
	}
	href, n := "", len("<a")
	for s[n] == ' ' {
		name, value, m := plainAttribute(s[n+1:])
		if m == 0 || name == "href" && href != "" {
			return 0
		}
		if name == "href" {
			href = value
		}
		if n += 1 + m; n >= len(s) {
			return 0
		}
	}
	if s[n] != '>' || !strings.HasPrefix(href, "https://") && !strings.HasPrefix(href, "http://") {
		return 0
	}
	href = strings.ReplaceAll(href, "&amp;", "&")
	href, ok := link(href)
	if !ok || !w.enter(t) {
		return 0
	}
	w.openInline("a", w.policy.elements["a"], linkAttr(href))
	return n + 1
}

// plainAttribute reads name="value" and its length, 0 where something else stands
// there. A value has no references but those of an ampersand.
func plainAttribute(s string) (name, value string, n int) {
	i := 0
	for i < len(s) && s[i] >= 'a' && s[i] <= 'z' {
		i++
	}
	if i == 0 || !strings.HasPrefix(s[i:], `="`) {
		return "", "", 0
	}
	name, value = s[:i], s[i+2:]
	end := strings.IndexByte(value, '"')
	if end < 0 {
		return "", "", 0
	}
	value = value[:end]
	if strings.Count(value, "&") != strings.Count(value, "&amp;") || strings.ContainsAny(value, "\n<>") {
		return "", "", 0
	}
	return name, value, i + 2 + end + 1
}
