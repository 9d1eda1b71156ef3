package markup

import (
	"strings"

	"golang.org/x/net/html"
)

const (
	// maxQuotes and maxLists are how deep block quotes and lists nest; past eight a
	// column on a telephone has no room left.
	maxQuotes = 8
	maxLists  = 8

	// maxInline is how many inline elements may stand inside each other. With the two
	// limits above the tree stays far below the 512 levels at which a parser gives up.
	maxInline = 16

	// maxReopened is how many inline elements one text may have opened again after a
	// block ended inside them, so that badly nested input cannot multiply.
	maxReopened = 200
)

// open is an element of the source that has begun and not ended.
type open struct {
	element
	source  string // its name in the source, "" when the builder put it there
	attr    string // written after the name, with its leading space
	written bool   // the start tag is out; until then the element may vanish
	broken  bool   // an item in which a block has ended: further text needs a paragraph
}

// builder writes balanced HTML, and the plain text beside it, from sanitised tags that
// may be nested in any way. Start tags are written only when there is something to put
// inside, so nothing empty remains. Its work and its output are linear in the input.
type builder struct {
	policy   *policy
	limit    int // bytes of HTML at which it gives up
	out      strings.Builder
	text     strings.Builder
	stack    []open
	carried  []open // inline elements to open again in the next block
	reopened int
	marks    markLimit

	space    bool // white space with a line break was read and not yet written
	fresh    bool // nothing is written yet in this block or line
	breaks   int  // newlines due in the plain text before its next character
	trimNext bool // a <pre> has just begun: its first newline is no text
	held     int  // newlines at the end of preformatted text, not yet in the plain text
}

func newBuilder(p *policy, limit int) *builder {
	return &builder{policy: p, limit: limit, fresh: true, stack: make([]open, 0, 4)}
}

// build reads the whole source; false means that the output passed the limit.
func (b *builder) build(source string) bool {
	b.out.Grow(len(source) + 64)
	b.text.Grow(len(source))
	z := html.NewTokenizer(strings.NewReader(source))
	for {
		switch z.Next() {
		case html.ErrorToken:
			b.endBlocks(0)
			return b.out.Len() <= b.limit
		case html.TextToken:
			b.addText(cleanBody(string(z.Text())))
		case html.StartTagToken, html.SelfClosingTagToken:
			name, more := z.TagName()
			b.start(z, string(name), more)
		case html.EndTagToken:
			name, _ := z.TagName()
			b.end(string(name))
		}
		if b.out.Len() > b.limit {
			return false
		}
	}
}

// start begins an element.
func (b *builder) start(z *html.Tokenizer, source string, more bool) {
	e, known := b.policy.elements[source]
	if !known {
		return
	}
	b.trimNext = false
	switch e.kind {
	case inline:
		b.startInline(z, source, e, more)
	case quoted:
		b.addText("“")
	case cell:
		b.space = b.space || !b.fresh
	case void:
		b.startVoid(z, e.name, more)
	case boundary:
		b.endPara()
	case para, preform:
		b.endPara()
		b.needItem()
		b.push(open{element: e, source: source})
		if e.inner != "" {
			b.push(open{element: element{kind: inline, name: e.inner}, source: source})
		}
		b.trimNext = e.kind == preform
	case container, list, item:
		b.startHolder(z, source, e, more)
	}
}

func (b *builder) startHolder(z *html.Tokenizer, source string, e element, more bool) {
	b.endPara()
	switch {
	case e.kind == item:
		at := b.nearest(list, container)
		if at < 0 || b.stack[at].kind != list {
			return
		}
		b.endBlocks(at + 1)
	case e.kind == list:
		if b.count(list) >= maxLists {
			return
		}
		b.needItem()
	case e.name == "blockquote" && b.count(container) >= maxQuotes:
		return
	case e.name == "figure" && b.nearest(container, container) >= 0:
		return
	default:
		b.needItem()
	}
	attr := ""
	if e.name == "ol" {
		if start := attribute(z, more, "start"); startPattern.MatchString(start) {
			if start = strings.TrimLeft(start, "0"); start == "" {
				start = "0"
			}
			if start != "1" {
				attr = ` start="` + start + `"`
			}
		}
	}
	b.push(open{element: e, source: source, attr: attr})
}

func (b *builder) startInline(z *html.Tokenizer, source string, e element, more bool) {
	attr := ""
	if e.name == "a" {
		b.endInline(b.find("a", true))
		b.uncarry("a")
		href, ok := link(attribute(z, more, "href"))
		if !ok {
			return
		}
		attr = linkAttr(href)
	}
	b.openInline(source, e, attr)
}

func (b *builder) openInline(source string, e element, attr string) {
	if b.inlineDepth() < maxInline {
		b.openPara()
		b.push(open{element: e, source: source, attr: attr})
	}
}

func linkAttr(href string) string {
	return ` href="` + attributeEscaper.Replace(href) + `" rel="` + linkRel + `"`
}

func (b *builder) startVoid(z *html.Tokenizer, name string, more bool) {
	switch name {
	case "br":
		if b.holdsText() {
			b.writeOpen()
			b.out.WriteString("<br>")
			b.textBreak()
			b.newLine()
		}
	case "hr":
		b.endPara()
		b.carried = b.carried[:0]
		b.needItem()
		b.writeOpen()
		b.out.WriteString("<hr>")
		b.due(2)
	case "img":
		b.image(z, more)
	}
}

// image writes an image of an article. In a comment it writes a link in its place, or
// its description where the address is none or a link is open already.
func (b *builder) image(z *html.Tokenizer, more bool) {
	src, alt := "", ""
	for more {
		var k, v []byte
		k, v, more = z.TagAttr()
		switch string(k) {
		case "src":
			src = string(v)
		case "alt":
			alt = strings.TrimSpace(string(v))
		}
	}
	href, ok := link(src)
	ok = ok && !strings.HasPrefix(href, "mailto:")
	if at := b.top(); ok && b.policy.pictures && (at < 0 || b.stack[at].kind != preform) {
		b.picture(href, cleanBody(alt))
		return
	}
	if blank(alt) && ok {
		alt = imageText(href)
	}
	if blank(alt) {
		return
	}
	alt = cleanBody(alt)
	if !ok || b.find("a", true) >= 0 || b.carries("a") {
		b.addText(alt)
		return
	}
	b.openPara()
	b.push(open{element: element{kind: inline, name: "a"}, source: "img", attr: linkAttr(href)})
	b.addText(alt)
	b.endInline(b.find("img", true))
}

// end ends an element, and whatever is still open inside it.
func (b *builder) end(source string) {
	e, known := b.policy.elements[source]
	if !known {
		return
	}
	b.trimNext = false
	switch e.kind {
	case inline:
		if at := b.find(source, true); at >= 0 {
			b.endInline(at)
		} else {
			b.uncarry(source)
		}
	case quoted:
		b.addText("”")
	case boundary:
		b.endPara()
	case cell:
		b.space = b.space || !b.fresh
	case para, preform:
		b.endHeading(source)
		if at := b.top(); at >= 0 && (b.stack[at].kind == para || b.stack[at].kind == preform) {
			b.endPara()
		}
	case container, item, list:
		if at := b.find(source, false); at >= 0 && (e.kind != item || at > b.nearest(list, list)) {
			b.endPara()
			b.carried = b.carried[:0]
			b.endBlocks(at)
		}
	}
}

// endHeading ends the inline element that a heading brought along, so that it is not
// opened again in the next block.
func (b *builder) endHeading(source string) {
	if at := b.find(source, true); at >= 0 {
		b.endInline(at)
	}
	b.uncarry(source)
}
