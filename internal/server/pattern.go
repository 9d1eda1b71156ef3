package server

import "strings"

// pattern is a translated sentence with named places ("level {level}"), cut up
// once so that writing it a thousand times costs nothing.
type pattern []segment

type segment struct{ text, field string } // one of them is empty

func newPattern(s string) pattern {
	var p pattern
	for s != "" {
		before, rest, ok := strings.Cut(s, "{")
		if before != "" {
			p = append(p, segment{text: before})
		}
		if !ok {
			break
		}
		field, after, _ := strings.Cut(rest, "}")
		p = append(p, segment{field: field})
		s = after
	}
	return p
}

// append writes the sentence; put writes what stands in a place.
func (p pattern) append(b []byte, put func(b []byte, field string) []byte) []byte {
	for _, seg := range p {
		if seg.field == "" {
			b = appendText(b, seg.text)
		} else {
			b = put(b, seg.field)
		}
	}
	return b
}

// appendText writes text so that it is only text, in HTML content and in quoted
// attributes alike, with the very escapes html/template uses there.
func appendText(b []byte, s string) []byte {
	from := 0
	for i := range len(s) {
		var escape string
		switch s[i] {
		case '&':
			escape = "&amp;"
		case '<':
			escape = "&lt;"
		case '>':
			escape = "&gt;"
		case '"':
			escape = "&#34;"
		case '\'':
			escape = "&#39;"
		case '+':
			escape = "&#43;"
		case 0:
			escape = "\uFFFD"
		default:
			continue
		}
		b = append(b, s[from:i]...)
		b = append(b, escape...)
		from = i + 1
	}
	return append(b, s[from:]...)
}
