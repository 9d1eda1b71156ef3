package importer

import (
	"slices"
	"strings"
	"time"
)

// style is how a file names the authors of its comments.
type style int

const (
	styleNone  style = iota // not at all
	styleSays               // first line "NAME says:"
	styleDated              // name and date behind the text
)

// look is what all comments of one file have in common.
type look struct {
	style style
	// tight: comments follow each other without a blank line. Elsewhere a
	// number without a blank line before it is a list in somebody's text.
	tight bool
	// nextDate gives, in a dated file, for each line the first from there on
	// that is a date; the number of lines where none is.
	nextDate []int
}

// lookAt recognises the style of a thread from its outermost comments, which
// no list inside a text can be mistaken for. One style must hold for at least
// half of them: a single comment that quotes "Ann says:" or ends with a date
// changes nothing.
func lookAt(lines []line, zone *time.Location) look {
	nodes := outermost(lines, grow(lines, look{tight: true}))
	says, dated, tight := 0, 0, 0
	for i, n := range nodes {
		if isSays(lines[n.first]) {
			says++
		}
		if isDated(lines, n.first, zone) {
			dated++
		}
		if i > 0 && lines[n.first].gap == 0 {
			tight++
		}
	}
	l := look{tight: tight > 0 && 2*tight >= len(nodes)-1}
	switch {
	case 2*says >= len(nodes) && says > 0:
		l.style = styleSays
	case 2*dated >= len(nodes) && dated > 0:
		l.style = styleDated
		l.nextDate = nextDates(lines, zone)
	}
	return l
}

// outermost keeps the comments of the least depth. Link-backs have no say:
// themes show them in a way of their own.
func outermost(lines []line, nodes []node) []node {
	var out []node
	for _, n := range nodes {
		if n.placeholder || linkBack.MatchString(lines[n.first].rest()) {
			continue
		}
		if len(out) > 0 && n.depth < out[0].depth {
			out = out[:0]
		}
		if len(out) == 0 || n.depth == out[0].depth {
			out = append(out, n)
		}
	}
	return out
}

func nextDates(lines []line, zone *time.Location) []int {
	next := make([]int, len(lines)+1)
	next[len(lines)] = len(lines)
	for i := len(lines) - 1; i >= 0; i-- {
		next[i] = next[i+1]
		if isDate(lines[i], zone) {
			next[i] = i
		}
	}
	return next
}

// isDate reports whether a line, a marker apart, is nothing but a time.
func isDate(l line, zone *time.Location) bool {
	text := l.text
	if l.marker != 0 {
		text = l.rest()
	}
	_, ok := date(text, zone)
	return ok
}

// column is where the text of a line stands, a marker apart.
func (l line) column() int32 {
	if l.marker != 0 {
		return l.indent + 2
	}
	return l.indent
}

// says is the end of a first line that names the author.
const says = " says:"

// isSays reports whether the marker's line names an author and nothing else.
func isSays(l line) bool {
	name, ok := strings.CutSuffix(strings.TrimRight(l.rest(), " "), says)
	return ok && strings.TrimSpace(name) != ""
}

// comment is what the lines of one node say.
type comment struct {
	author *string
	date   *time.Time
	body   string
}

// bodyLine is a line of a comment without its indent.
type bodyLine struct {
	gap   int32
	text  string
	stray bool // indented less than its comment
}

// ownLines gives the lines of a node, the site's own left out.
func ownLines(lines []line, n node) []bodyLine {
	indent := textIndent(n.depth)
	var own []bodyLine
	if rest := lines[n.first].rest(); strings.Trim(rest, " \t") != "" {
		own = append(own, bodyLine{text: rest})
	}
	for _, l := range lines[n.first+1 : n.end] {
		if !l.site {
			own = append(own, bodyLine{l.gap, l.body(indent), l.indent < indent})
		}
	}
	return own
}

// extract takes author, date and text from a comment's own lines.
func (k look) extract(own []bodyLine, zone *time.Location) comment {
	switch k.style {
	case styleSays:
		return extractSays(own)
	case styleDated:
		return extractDated(own, zone)
	}
	return comment{body: join(own)}
}

func extractSays(own []bodyLine) comment {
	if len(own) == 0 {
		return comment{}
	}
	name, ok := strings.CutSuffix(strings.TrimRight(own[0].text, " "), says)
	if name = strings.TrimSpace(name); !ok || name == "" {
		return comment{body: join(own)}
	}
	return comment{author: &name, body: join(own[1:])}
}

// extractDated finds the last line that is a date. In a damaged file that is
// the last before a stray line, which may begin another comment; what stands
// behind the date is text again.
func extractDated(own []bodyLine, zone *time.Location) comment {
	at, when := -1, time.Time{}
	for i, l := range own {
		if at >= 0 && l.stray {
			break
		}
		if t, ok := date(l.text, zone); ok {
			at, when = i, t
		}
	}
	if at < 0 {
		return comment{body: join(own)}
	}
	author, text := signature(own[:at], own[at].gap)
	return comment{author: author, date: utc(when), body: join(slices.Concat(text, own[at+1:]))}
}

// signature takes the author from the lines before a date: the last of them,
// if it is a paragraph of its own and no pair of blank lines follows it.
func signature(own []bodyLine, gap int32) (author *string, text []bodyLine) {
	last := len(own) - 1
	if last < 0 || gap >= 2 || (last > 0 && own[last].gap == 0) {
		return nil, own
	}
	name := strings.TrimSpace(own[last].text)
	if name == "" {
		return nil, own
	}
	return &name, own[:last]
}

// join makes text of lines: a gap of any size parts paragraphs.
func join(own []bodyLine) string {
	var b strings.Builder
	for i, l := range own {
		switch {
		case i == 0:
		case l.gap > 0:
			b.WriteString("\n\n")
		default:
			b.WriteByte('\n')
		}
		b.WriteString(l.text)
	}
	return b.String()
}
