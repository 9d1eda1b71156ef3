package importer

import (
	"strings"
	"time"
)

// line is one line that is not blank; blank lines live on as the gap of the
// next one.
type line struct {
	at     int64 // of its first byte in the file
	no     int32 // in the file, from 1
	gap    int32 // blank lines just before it
	indent int32 // spaces before its text
	marker int32 // what the text begins with: a number, bullet, or 0 for neither
	text   string
	site   bool // belongs to the site around the thread, to no body
}

// bullet stands in line.marker for a list point without a number.
const bullet = -1

// maxMarkerDigits keeps years of five figures and telephone numbers from being
// looked at as list numbers.
const maxMarkerDigits = 6

// lex parts one line without its line end. A line of white space only is
// blank; a no-break space is a character like any other.
func lex(s string) (l line, blank bool) {
	text := strings.TrimLeft(s, " ")
	if strings.Trim(text, " \t") == "" {
		return line{}, true
	}
	l = line{indent: int32(len(s) - len(text)), text: text}
	l.marker = marker(text)
	return l, false
}

// marker reads "N. " or "• " at the start of text. A number ends the line
// where the point is its last character.
func marker(text string) int32 {
	if strings.HasPrefix(text, "• ") || text == "•" {
		return bullet
	}
	n, digits := int32(0), 0
	for digits < len(text) && text[digits] >= '0' && text[digits] <= '9' {
		if digits == maxMarkerDigits {
			return 0
		}
		n = n*10 + int32(text[digits]-'0')
		digits++
	}
	point := text[digits:]
	if digits == 0 || text[0] == '0' || (point != "." && !strings.HasPrefix(point, ". ")) {
		return 0
	}
	return n
}

// rest is the text behind the marker.
func (l line) rest() string {
	_, rest, _ := strings.Cut(l.text, " ")
	return rest
}

// depth is the place in the tree a marker asks for, 0 where its indent is odd
// or missing.
func (l line) depth() int {
	if l.marker == 0 || l.indent%2 != 0 {
		return 0
	}
	return int(l.indent) / 2
}

// textIndent is where the text of a comment at some depth stands.
func textIndent(depth int) int32 { return int32(2*depth + 2) }

// body is the line's text in a comment whose text stands at indent: spaces
// beyond it are the author's own.
func (l line) body(indent int32) string {
	if l.indent <= indent {
		return l.text
	}
	return strings.Repeat(" ", int(l.indent-indent)) + l.text
}

// dateLayouts are the forms in which themes write a comment's time, as a whole
// line. Day and month as numbers are not among them: nobody can tell which is
// which. Capitals do not count.
var dateLayouts = []string{
	"January 2, 2006 at 3:04 pm",
	"January 2, 2006 at 15:04",
	"2 January 2006 at 3:04 pm",
	"2 January 2006 at 15:04",
}

// maxDateLen is longer than any date in dateLayouts, in bytes.
const maxDateLen = 48

// date reads a line that is nothing but a time, in zone.
func date(text string, zone *time.Location) (time.Time, bool) {
	if len(text) > maxDateLen || !strings.Contains(text, " at ") {
		return time.Time{}, false
	}
	text = strings.ToLower(strings.Join(strings.Fields(text), " "))
	for _, layout := range dateLayouts {
		if t, err := time.ParseInLocation(layout, text, zone); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}
