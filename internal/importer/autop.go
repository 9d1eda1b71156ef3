package importer

import "strings"

// autop makes HTML of what authors type in WordPress: a blank line begins a
// paragraph, a line end is a line break. What is HTML already stays, and so does
// the text of the block editor, which says itself where paragraphs are. The
// result is as untrusted as s.
func autop(s string) string {
	if strings.Contains(s, "<!-- wp:") || strings.TrimSpace(s) == "" {
		return s
	}
	if strings.IndexByte(s, '<') < 0 { // as in most comments
		return untagged(s)
	}
	return tagged(s)
}

// untagged is autop for text without a tag, and does what tagged would do.
func untagged(s string) string {
	var out strings.Builder
	out.Grow(len(s) + len(s)/16 + 32)
	for s != "" {
		n, rest := paragraphEnd(s)
		part := strings.Trim(s[:n], " \t\r\n")
		s = s[rest:]
		if strings.TrimSpace(part) == "" {
			out.WriteString(part)
			continue
		}
		out.WriteString("<p>")
		for {
			line, after, more := strings.Cut(part, "\n")
			out.WriteString(line)
			if !more {
				break
			}
			out.WriteString("<br>\n")
			part = after
		}
		out.WriteString("</p>")
	}
	return out.String()
}

// paragraphEnd is where the paragraph at the beginning of s ends, and where what
// follows the blank line behind it begins.
func paragraphEnd(s string) (end, rest int) {
	for rest < len(s) {
		line := len(s) - rest
		next := len(s)
		if i := strings.IndexByte(s[rest:], '\n'); i >= 0 {
			line, next = i, rest+i+1
		}
		if strings.Trim(s[rest:rest+line], " \t\r") == "" {
			return rest, next
		}
		rest = next
	}
	return rest, rest
}

// tagged is autop for any text.
func tagged(s string) string {
	p := &autopText{}
	p.out.Grow(len(s) + len(s)/16 + 16)
	p.run.Grow(len(s))
	for s != "" {
		n := p.take(s)
		s = s[n:]
	}
	p.flush()
	return p.out.String()
}

// blockTags stand between paragraphs, never in one.
var blockTags = words("address article aside blockquote body caption center col colgroup dd details dir div dl dt fieldset " +
	"figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main map math menu nav noscript object ol option p " +
	"section select summary table tbody td tfoot th thead tr ul")

// rawTags hold what is not touched.
var rawTags = words("pre script style textarea svg iframe")

// voidBlocks hold nothing.
var voidBlocks = words("hr col")

func words(s string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(s) {
		m[w] = true
	}
	return m
}

// autopText is a text being cut into paragraphs.
type autopText struct {
	out  strings.Builder
	run  strings.Builder // text and inline tags since the last block tag
	open []string        // blocks that are open
	lost map[string]bool // raw elements that have no end from here on
}

// maxOpenBlocks bounds what is remembered of hostile nesting.
const maxOpenBlocks = 1000

// take goes over the text up to the next tag, or over that tag.
func (p *autopText) take(s string) int {
	i := strings.IndexByte(s, '<')
	if i < 0 {
		i = len(s)
	}
	if i > 0 {
		p.run.WriteString(s[:i])
		return i
	}
	n := tagLength(s)
	if n == 0 {
		p.run.WriteByte('<')
		return 1
	}
	name, closing := tagName(s[:n])
	switch {
	case rawTags[name] && !closing:
		n = p.raw(s, n, name)
		if name == "iframe" {
			p.run.WriteString(protect(s[:n]))
			return n
		}
		p.flush()
		p.out.WriteString(s[:n])
	case blockTags[name]:
		p.flush()
		p.out.WriteString(s[:n])
		p.nest(name, closing)
	default:
		p.run.WriteString(protect(s[:n]))
	}
	return n
}

// raw is the length of a raw element whose opening tag has n bytes. Of those
// without an end only the tag is taken, and the end is looked for once.
func (p *autopText) raw(s string, n int, name string) int {
	if p.lost[name] {
		return n
	}
	whole := rawLength(s, n, name)
	if whole == n {
		if p.lost == nil {
			p.lost = map[string]bool{}
		}
		p.lost[name] = true
	}
	return whole
}

// protect hides the line ends of a tag or comment.
func protect(tag string) string { return strings.ReplaceAll(tag, "\n", " ") }

// nest keeps count of the open blocks.
func (p *autopText) nest(name string, closing bool) {
	if !closing {
		if !voidBlocks[name] && len(p.open) < maxOpenBlocks {
			p.open = append(p.open, name)
		}
		return
	}
	for i := len(p.open) - 1; i >= 0; i-- {
		if p.open[i] == name {
			p.open = p.open[:i]
			return
		}
	}
}

// flush writes the text since the last block as paragraphs.
func (p *autopText) flush() {
	if p.run.Len() == 0 {
		return
	}
	parts := blankLines(p.run.String())
	p.run = strings.Builder{}
	in := ""
	if len(p.open) > 0 {
		in = p.open[len(p.open)-1]
	}
	// In a list item, a cell, a division one text needs no paragraph of its own.
	wrap := in == "" || in == "blockquote" || len(parts) > 1 && in != "p" && !strings.HasPrefix(in, "h")
	for i, part := range parts {
		switch {
		case onlyComments(part):
			p.out.WriteString(part)
		case wrap:
			p.out.WriteString("<p>" + hardBreaks(part) + "</p>")
		case i > 0:
			p.out.WriteString("<br><br>" + hardBreaks(part))
		default:
			p.out.WriteString(hardBreaks(part))
		}
	}
}

// blankLines parts s at blank lines; white space alone is no part.
func blankLines(s string) []string {
	var parts []string
	var part []string
	end := func() {
		if len(part) > 0 {
			parts = append(parts, strings.Join(part, "\n"))
		}
		part = nil
	}
	for line := range strings.SplitSeq(s, "\n") {
		if strings.Trim(line, " \t\r") == "" {
			end()
			continue
		}
		part = append(part, line)
	}
	end()
	for i, p := range parts {
		parts[i] = strings.Trim(p, " \t\r\n")
	}
	return parts
}

// hardBreaks makes line ends line breaks, but for those that have one.
func hardBreaks(s string) string {
	if !strings.Contains(s, "\n") {
		return s
	}
	var b strings.Builder
	for i, line := range strings.Split(s, "\n") {
		if i > 0 && !endsInBreak(b.String()) {
			b.WriteString("<br>")
		}
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(line)
	}
	return b.String()
}

func endsInBreak(s string) bool {
	s = strings.TrimRight(s, " \t")
	i := strings.LastIndexByte(s, '<')
	if i < 0 || !strings.HasSuffix(s, ">") {
		return false
	}
	name, _ := tagName(s[i:])
	return name == "br" && strings.IndexByte(s[i:], '>') == len(s)-i-1
}

// onlyComments reports whether s is nothing but HTML comments, such as <!--more-->.
func onlyComments(s string) bool {
	for {
		s = strings.TrimSpace(s)
		if s == "" {
			return true
		}
		if !strings.HasPrefix(s, "<!--") {
			return false
		}
		_, after, ok := strings.Cut(s, "-->")
		if !ok {
			return false
		}
		s = after
	}
}

// maxMarkup is the longest tag or comment that is looked for, in bytes; what is
// longer is copied like text, which does it no harm.
const maxMarkup = 8 << 10

// tagLength is the length of the tag or comment at the beginning of s; 0 where
// the < begins none.
func tagLength(s string) int {
	s = s[:min(len(s), maxMarkup)]
	if strings.HasPrefix(s, "<!--") {
		if i := strings.Index(s, "-->"); i >= 0 {
			return i + 3
		}
		return 0
	}
	if len(s) < 3 || !nameStart(s[1]) && (s[1] != '/' || !nameStart(s[2])) {
		return 0
	}
	quote := byte(0)
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case (c == '"' || c == '\'') && s[i-1] == '=':
			quote = c
		case c == '>':
			return i + 1
		case c == '<':
			return 0
		}
	}
	return 0
}

// tagName is the name of a tag in small letters.
func tagName(tag string) (name string, closing bool) {
	tag = strings.TrimPrefix(tag, "<")
	tag, closing = strings.CutPrefix(tag, "/")
	i := strings.IndexAny(tag, " \t\r\n/>")
	if i < 0 {
		i = len(tag)
	}
	return strings.ToLower(tag[:min(i, 20)]), closing
}

// rawLength is the length of an element whose opening tag has n bytes: up to its
// closing tag, or, without one, that tag alone.
func rawLength(s string, n int, name string) int {
	rest := s[n:]
	for from := 0; ; {
		i := strings.Index(rest[from:], "</")
		if i < 0 {
			return n
		}
		i += from
		if got, _ := tagName(rest[i:min(len(rest), i+30)]); got == name {
			if j := strings.IndexByte(rest[i:], '>'); j >= 0 {
				return n + i + j + 1
			}
			return n
		}
		from = i + 2
	}
}
