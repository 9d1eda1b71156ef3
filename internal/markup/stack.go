package markup

import (
	"strings"

	"golang.org/x/net/html"
)

// push opens an element without writing it yet.
func (b *builder) push(o open) {
	b.stack = append(b.stack, o)
	switch o.kind {
	case item:
		b.due(1)
	case list:
		b.due(2 - min(1, b.count(item)))
	case inline:
		return
	default:
		b.due(2)
	}
}

// due asks for n newlines in the plain text before what comes next, and forgets white
// space that would have stood at the end of a block.
func (b *builder) due(n int) {
	if b.text.Len() > 0 {
		b.breaks = max(b.breaks, n)
	}
	b.held = 0
	b.newLine()
}

func (b *builder) newLine() {
	b.space, b.fresh = false, true
	b.marks.reset()
}

// top is the index of the innermost element that is not inline, or -1.
func (b *builder) top() int {
	for i := len(b.stack) - 1; i >= 0; i-- {
		if b.stack[i].kind != inline {
			return i
		}
	}
	return -1
}

// nearest is the index of the innermost element of either kind, or -1.
func (b *builder) nearest(k, l kind) int {
	for i := len(b.stack) - 1; i >= 0; i-- {
		if b.stack[i].kind == k || b.stack[i].kind == l {
			return i
		}
	}
	return -1
}

func (b *builder) count(k kind) int {
	n := 0
	for i := range b.stack {
		if b.stack[i].kind == k {
			n++
		}
	}
	return n
}

// find is the index of the innermost element of that source name: among the inline
// elements of this paragraph only, or among the others only. It is -1 without one.
func (b *builder) find(source string, inlines bool) int {
	for i := len(b.stack) - 1; i >= 0; i-- {
		if inlines && b.stack[i].kind != inline {
			return -1
		}
		if b.stack[i].source == source && (b.stack[i].kind == inline) == inlines {
			return i
		}
	}
	return -1
}

func (b *builder) inlineDepth() int { return len(b.stack) - 1 - b.top() + len(b.carried) }

// holdsText tells whether text may be written right here without opening a block.
func (b *builder) holdsText() bool {
	at := b.top()
	if at < 0 {
		return false
	}
	k := b.stack[at].kind
	return k == para || k == preform || k == item && !b.stack[at].broken
}

// openPara makes room for text: an item in a list, a paragraph elsewhere.
func (b *builder) openPara() {
	if b.holdsText() {
		return
	}
	if b.needItem(); b.holdsText() {
		return
	}
	b.push(open{element: element{kind: para, name: "p"}})
}

// needItem opens an item where a list is the innermost element.
func (b *builder) needItem() {
	if at := b.top(); at >= 0 && b.stack[at].kind == list {
		b.push(open{element: element{kind: item, name: "li"}, source: "li"})
	}
}

// endInline closes the inline element at an index and remembers the ones inside it, to
// be opened again.
func (b *builder) endInline(at int) {
	if at < 0 {
		return
	}
	var inner []open
	for i := len(b.stack) - 1; i >= at; i-- {
		if i > at {
			inner = append(inner, b.stack[i])
		}
		b.pop()
	}
	for i := len(inner) - 1; i >= 0; i-- {
		b.carry(inner[i])
	}
}

// endPara ends the paragraph, if one is open, and everything inline. The inline elements
// go on in the next paragraph.
func (b *builder) endPara() {
	at := b.top()
	for i := at + 1; i < len(b.stack); i++ {
		b.carry(b.stack[i])
	}
	for len(b.stack) > at+1 {
		b.pop()
	}
	if at < 0 {
		return
	}
	switch b.stack[at].kind {
	case para, preform:
		b.pop()
	case item:
		b.stack[at].broken = b.stack[at].broken || b.stack[at].written
	}
}

// endBlocks ends everything from an index on.
func (b *builder) endBlocks(at int) {
	for len(b.stack) > at {
		b.pop()
	}
}

// pop ends the innermost element. One that was never written leaves no trace, save an
// item: the numbers of those after it depend on it.
func (b *builder) pop() {
	o := b.stack[len(b.stack)-1]
	if o.kind == item && !o.written {
		b.writeOpen()
		o.written = true
	}
	b.stack = b.stack[:len(b.stack)-1]
	if o.written {
		b.out.WriteString("</")
		b.out.WriteString(o.name)
		b.out.WriteByte('>')
	}
	switch o.kind {
	case inline:
		return
	case item:
		b.due(1)
	case list:
		b.due(2 - min(1, b.count(item)))
	default:
		b.due(2)
	}
	if at := b.top(); at >= 0 && b.stack[at].kind == item && b.stack[at].written {
		b.stack[at].broken = true
	}
}

func (b *builder) carry(o open) {
	if o.source != "" && b.reopened+len(b.carried) < maxReopened {
		o.written = false
		b.carried = append(b.carried, o)
	}
}

func (b *builder) carries(name string) bool {
	for i := range b.carried {
		if b.carried[i].name == name {
			return true
		}
	}
	return false
}

// uncarry forgets the innermost remembered element of that source name.
func (b *builder) uncarry(source string) {
	for i := len(b.carried) - 1; i >= 0; i-- {
		if b.carried[i].source == source {
			b.carried = append(b.carried[:i], b.carried[i+1:]...)
			return
		}
	}
}

// reopen opens the remembered inline elements again.
func (b *builder) reopen() {
	for _, o := range b.carried {
		b.reopened++
		b.stack = append(b.stack, o)
	}
	b.carried = b.carried[:0]
}

// writeOpen writes the start tags that were put off. A space that is due goes before
// the inline ones.
func (b *builder) writeOpen() {
	for i := range b.stack {
		o := &b.stack[i]
		if o.written {
			continue
		}
		if o.kind == inline {
			b.writeSpace()
		}
		b.out.WriteByte('<')
		b.out.WriteString(o.name)
		b.out.WriteString(o.attr)
		b.out.WriteByte('>')
		o.written = true
	}
	b.writeSpace()
}

// writeSpace writes the one space that white space with a line break amounts to.
func (b *builder) writeSpace() {
	if b.space && !b.fresh {
		b.endAmpersand()
		b.out.WriteByte(' ')
		b.text.WriteByte(' ')
	}
	b.space = false
}

// textBreak writes the newlines due in the plain text, and one more.
func (b *builder) textBreak() {
	b.writeBreaks()
	b.text.WriteByte('\n')
}

func (b *builder) writeBreaks() {
	for ; b.breaks > 0; b.breaks-- {
		b.text.WriteByte('\n')
	}
}

// addText writes text with the white space rules of the place it is in.
func (b *builder) addText(s string) {
	if at := b.top(); at >= 0 && b.stack[at].kind == preform {
		b.addPreformed(s)
		return
	}
	for s != "" {
		end := strings.IndexByte(s, '\n')
		if end < 0 {
			b.addWords(s)
			return
		}
		b.addWords(strings.TrimRight(s[:end], " \t"))
		s = strings.TrimLeft(s[end:], "\n \t")
		b.space = b.space || !b.fresh
	}
}

// addWords writes text without a newline. White space alone opens no block.
func (b *builder) addWords(s string) {
	if s == "" || !b.holdsText() && strings.Trim(s, " \t") == "" {
		return
	}
	b.write(s)
}

// addPreformed writes text whose white space counts.
func (b *builder) addPreformed(s string) {
	first := b.trimNext
	b.trimNext = false
	if first {
		s = strings.TrimPrefix(s, "\n")
	}
	if s == "" {
		return
	}
	if top := &b.stack[len(b.stack)-1]; !top.written && top.kind == preform && s[0] == '\n' {
		b.writeOpen()
		b.out.WriteByte('\n')
	}
	b.write(s)
}

func (b *builder) write(s string) {
	s = b.marks.cut(s)
	if s == "" {
		return
	}
	b.openPara()
	b.reopen()
	b.writeBreaks()
	b.writeOpen()
	if s[0] != '<' && s[0] != '>' && s[0] != '&' {
		b.endAmpersand()
	}
	writeText(&b.out, s)
	if at := b.top(); b.stack[at].kind == preform {
		s = b.hold(s)
	}
	b.text.WriteString(s)
	b.fresh = false
}

// endAmpersand escapes an ampersand that was left bare because a tag could follow it:
// now text does.
func (b *builder) endAmpersand() {
	if strings.HasSuffix(b.out.String(), "&") {
		b.out.WriteString("amp;")
	}
}

// hold keeps the newlines at the end of preformatted text out of the plain text until
// more of it follows.
func (b *builder) hold(s string) string {
	trimmed := strings.TrimRight(s, "\n")
	if trimmed != "" {
		b.text.WriteString(strings.Repeat("\n", b.held))
		b.held = 0
	}
	b.held += len(s) - len(trimmed)
	return trimmed
}

// attribute returns one attribute's value, decoded.
func attribute(z *html.Tokenizer, more bool, name string) string {
	value := ""
	for more {
		var k, v []byte
		k, v, more = z.TagAttr()
		if string(k) == name && value == "" {
			value = string(v)
		}
	}
	return value
}
