package markup

import (
	"net/url"
	"path"
	"regexp"
	"strings"
	"unicode"

	"github.com/microcosm-cc/bluemonday"
)

// linkRel is the whole value of every link's rel: no weight for search engines, said to
// be written by users, and no address of ours sent along.
const linkRel = "nofollow ugc noreferrer"

// maxLinkBytes is the longest address kept as a link; a longer one stays as its text.
const maxLinkBytes = 2048

// kind is how an element behaves in the builder.
type kind uint8

const (
	inline    kind = iota + 1 // within a paragraph
	para                      // holds text and inline elements only
	preform                   // a para that keeps its white space
	container                 // holds blocks; bare text in it gets a paragraph
	item                      // holds blocks or bare text
	list                      // holds items
	boundary                  // is dropped, but parts the text before it from the text after
	cell                      // is dropped, but leaves a space
	void                      // has no content
	quoted                    // is dropped for quotation marks
)

// element is what one element of the source becomes. Of a boundary, a cell and a quoted
// one no tag is written.
type element struct {
	kind  kind
	name  string // what is written
	inner string // an inline element opened inside it
}

// policy is the bluemonday filter and the table of the builder behind it. The filter lets
// through what the builder needs to see to part paragraphs; what is written is the table's.
type policy struct {
	wall     *bluemonday.Policy
	elements map[string]element
	pictures bool // images are written; else links stand in their place
}

// The policies are built once and only read afterwards.
var (
	replyPolicy   = newPolicy(replyElements())
	articlePolicy = newPolicy(articleElements()).withPictures()
)

func replyElements() map[string]element {
	m := map[string]element{
		"p": {kind: para, name: "p"}, "pre": {kind: preform, name: "pre"},
		"blockquote": {kind: container, name: "blockquote"},
		"ul":         {kind: list, name: "ul"}, "menu": {kind: list, name: "ul"}, "dir": {kind: list, name: "ul"},
		"ol": {kind: list, name: "ol"}, "li": {kind: item, name: "li"},
		"br": {kind: void, name: "br"}, "hr": {kind: void, name: "hr"}, "img": {kind: void, name: "img"},
		"a": {kind: inline, name: "a"}, "q": {kind: quoted},
		"sub": {kind: inline, name: "sub"}, "sup": {kind: inline, name: "sup"},
		"td": {kind: cell}, "th": {kind: cell},
	}
	same := func(k kind, name string, sources ...string) {
		for _, s := range sources {
			m[s] = element{kind: k, name: name}
		}
	}
	same(inline, "em", "em", "i", "cite", "dfn", "var")
	same(inline, "strong", "strong", "b")
	same(inline, "del", "del", "s", "strike")
	same(inline, "code", "code", "tt", "kbd", "samp")
	same(boundary, "", "div", "section", "article", "header", "footer", "main", "aside", "address", "nav",
		"center", "details", "summary", "fieldset", "legend", "form", "dl", "dt", "dd", "table", "thead",
		"tbody", "tfoot", "tr", "caption", "figure", "figcaption", "hgroup", "search", "body", "option")
	for _, h := range []string{"h1", "h2", "h3", "h4", "h5", "h6"} {
		m[h] = element{kind: para, name: "p", inner: "strong"}
	}
	return m
}

func articleElements() map[string]element {
	m := replyElements()
	for source, name := range map[string]string{"h1": "h2", "h2": "h2", "h3": "h3", "h4": "h4", "h5": "h4", "h6": "h4"} {
		m[source] = element{kind: para, name: name}
	}
	m["figure"] = element{kind: container, name: "figure"}
	m["figcaption"] = element{kind: para, name: "figcaption"}
	return m
}

var (
	addressPattern = regexp.MustCompile(`(?i)^\s*(?:https?://|mailto:)`)
	startPattern   = regexp.MustCompile(`^[0-9]{1,9}$`)
)

// newPolicy lists for bluemonday what the table knows. Its own checking of addresses is
// left off: it rewrites queries a second time on every pass. link does that work.
func newPolicy(elements map[string]element) *policy {
	p := bluemonday.NewPolicy()
	for name := range elements {
		if name != "a" && name != "img" {
			p.AllowElements(name)
			p.AllowNoAttrs().OnElements(name)
		}
	}
	p.AllowAttrs("href").Matching(addressPattern).OnElements("a")
	p.AllowAttrs("src").Matching(addressPattern).OnElements("img")
	p.AllowAttrs("alt").OnElements("img")
	p.AllowAttrs("start").Matching(startPattern).OnElements("ol")
	// These may stand unclosed in old pages and would take the rest of the text along.
	p.AllowElementsContent("object", "frame", "frameset")
	return &policy{wall: p, elements: elements}
}

func (p *policy) withPictures() *policy {
	p.pictures = true
	return p
}

// link returns the address as it may be written, or false: http, https with a host and
// without a user, or mailto with one bare address.
func link(raw string) (string, bool) {
	s := strings.Trim(raw, " \t\n\r\f")
	if len(s) > maxLinkBytes || strings.IndexFunc(s, unicode.IsControl) >= 0 {
		return "", false
	}
	colon := strings.IndexByte(s, ':')
	if colon < 0 {
		return "", false
	}
	switch scheme := lowerASCII(s[:colon]); scheme {
	case "http", "https":
		s = scheme + quoteAddress(s[colon:])
		u, err := url.Parse(s)
		return s, err == nil && strings.HasPrefix(s[colon:], "://") && u.Hostname() != "" && u.User == nil && len(s) <= maxLinkBytes
	case "mailto":
		s = scheme + s[colon:]
		return s, mailPattern.MatchString(s)
	}
	return "", false
}

var mailPattern = regexp.MustCompile(`^mailto:[\p{L}\p{N}.+=_~-]{1,64}@[\p{L}\p{N}.-]{1,255}$`)

// lowerASCII folds only ASCII: a Kelvin sign is no k.
func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

const hexDigits = "0123456789ABCDEF"

// quoteAddress percent-encodes what an address may not hold as it is: spaces, quotes,
// angle brackets, back-ticks and every character that cannot be seen.
func quoteAddress(s string) string {
	ok := func(r rune) bool {
		if r < 0x80 {
			return r > ' ' && !strings.ContainsRune("\"'<>`{}|", r)
		}
		return unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsPunct(r) || unicode.IsSymbol(r)
	}
	if strings.IndexFunc(s, func(r rune) bool { return !ok(r) }) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if ok(r) {
			b.WriteRune(r)
			continue
		}
		for _, c := range []byte(string(r)) {
			b.WriteByte('%')
			b.WriteByte(hexDigits[c>>4])
			b.WriteByte(hexDigits[c&15])
		}
	}
	return b.String()
}

// imageText is what stands for an image without a description: its file's name.
func imageText(src string) string {
	u, err := url.Parse(src)
	if err != nil {
		return src
	}
	if base := path.Base(u.Path); base != "." && base != "/" {
		return strings.ToValidUTF8(base, "\uFFFD")
	}
	return u.Host
}
