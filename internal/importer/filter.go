package importer

import (
	"bytes"
	"html"
	"strconv"
	"unicode/utf8"
)

// What is put right in XML that is none. Each is a whole sentence, counted by
// itself in a tally.
const (
	fixedControl   = "A control character, which XML does not allow, was dropped."
	fixedBytes     = "Bytes that are not UTF-8 were read as Windows-1252."
	fixedAmpersand = "A bare “&” was read as text."
	fixedLess      = "A bare “<” was read as text."
	fixedQuote     = "A quote in a tag, which was never closed, was closed."
	fixedEntity    = "A name for a character that XML does not know was read as HTML."
	fixedReference = "A number that stands for no character was dropped."
	fixedRange     = "A number from 128 to 159 was read as a character of Windows-1252."
	fixedCDATA     = "A bare “]]>” was read as text."
	fixedMojibake  = "Text that was encoded twice was put right."
)

// maxReference is the longest reference that is looked for, from & to ;, in
// bytes: the longest name of HTML has 33.
const maxReference = 40

// charFixer makes text of the bytes of an XML file. It is the one place that
// decides what becomes of bytes and references that XML does not allow; the
// filter in front of XML decoders and the WXR scanner both use it.
type charFixer struct {
	// single: every byte above 127 is one character of Windows-1252.
	single bool
	// escape keeps the output XML: references stay, and what only looks like
	// markup is escaped. Without it references become their characters.
	escape bool
	// found hears of each repair and of where in src it was.
	found func(src []byte, at int, reason string)
}

// special marks the bytes that need a look in text: controls, high bytes, & and
// the carriage return.
var special = func() (t [256]bool) {
	for i := range 256 {
		t[i] = i < ' ' && i != '\t' && i != '\n' || i == 0x7f || i >= utf8.RuneSelf
	}
	return t
}()

// chars appends the characters of src, which may hold anything but references.
func (x *charFixer) chars(dst, src []byte) []byte {
	start := 0
	for i := 0; i < len(src); {
		if !special[src[i]] {
			i++
			continue
		}
		dst = append(dst, src[start:i]...)
		n := 0
		dst, n = x.odd(dst, src, i)
		i += n
		start = i
	}
	return append(dst, src[start:]...)
}

// text is chars for text between tags: it reads references, too.
func (x *charFixer) text(dst, src []byte) []byte {
	for {
		i := bytes.IndexByte(src, '&')
		if i < 0 {
			return x.bare(dst, src)
		}
		dst = x.bare(dst, src[:i])
		n := 0
		dst, n = x.reference(dst, src[i:])
		src = src[i+n:]
	}
}

// bare appends text without references; where the output is to be XML, the end
// of a CDATA section that never began is escaped.
func (x *charFixer) bare(dst, src []byte) []byte {
	for x.escape {
		i := bytes.Index(src, cdataEnd)
		if i < 0 {
			break
		}
		x.found(src, i, fixedCDATA)
		dst = append(x.chars(dst, src[:i]), "]]&gt;"...)
		src = src[i+len(cdataEnd):]
	}
	return x.chars(dst, src)
}

// odd appends the character at src[i], which is no plain one, and says how many
// bytes it took.
func (x *charFixer) odd(dst, src []byte, i int) ([]byte, int) {
	c := src[i]
	switch {
	case c == '\r': // a line end is \n, as XML has it
		if i+1 < len(src) && src[i+1] == '\n' {
			return dst, 1
		}
		return append(dst, '\n'), 1
	case c == 0x7f:
		return append(dst, c), 1
	case c < ' ':
		x.found(src, i, fixedControl)
		return dst, 1
	case x.single:
		return utf8.AppendRune(dst, decode1252(c)), 1
	}
	r, n := utf8.DecodeRune(src[i:])
	switch {
	case r == 0xfffe || r == 0xffff:
		x.found(src, i, fixedControl)
		return dst, n
	case r != utf8.RuneError || n > 1:
		return append(dst, src[i:i+n]...), n
	}
	return x.foreign(dst, src, i)
}

// foreign appends a run of bytes that are not UTF-8.
func (x *charFixer) foreign(dst, src []byte, i int) ([]byte, int) {
	x.found(src, i, fixedBytes)
	n := 0
	for i+n < len(src) && src[i+n] >= utf8.RuneSelf {
		r, size := utf8.DecodeRune(src[i+n:])
		if r != utf8.RuneError || size > 1 {
			break
		}
		if pair, ok := surrogatePair(src[i+n:]); ok {
			dst = utf8.AppendRune(dst, pair)
			n += 6
			continue
		}
		dst = utf8.AppendRune(dst, decode1252(src[i+n]))
		n++
	}
	return dst, n
}

// surrogatePair reads the six bytes in which some old databases keep characters
// beyond U+FFFF (CESU-8).
func surrogatePair(b []byte) (rune, bool) {
	if len(b) < 6 || b[0] != 0xed || b[1]&0xf0 != 0xa0 || b[3] != 0xed || b[4]&0xf0 != 0xb0 {
		return 0, false
	}
	high := rune(b[1]&0x0f)<<6 | rune(b[2]&0x3f)
	low := rune(b[4]&0x0f)<<6 | rune(b[5]&0x3f)
	return 0x10000 + high<<10 + low, b[2]&0xc0 == 0x80 && b[5]&0xc0 == 0x80
}

// reference appends what the & at the beginning of src stands for and says how
// many bytes that took.
func (x *charFixer) reference(dst, src []byte) ([]byte, int) {
	name, n, ok := referenceName(src)
	if !ok {
		x.found(src, 0, fixedAmpersand)
		return x.plain(dst, '&'), 1
	}
	if name[0] == '#' {
		return x.number(dst, src, name, n)
	}
	if c, ok := predefined[string(name)]; ok {
		return x.plain(dst, c), n
	}
	text := html.UnescapeString(string(src[:n]))
	if text[0] == '&' && len(text) > 1 || text[len(text)-1] == ';' && string(name) != "semi" {
		x.found(src, 0, fixedAmpersand)
		return x.plain(dst, '&'), 1
	}
	x.found(src, 0, fixedEntity)
	for _, r := range text {
		dst = x.plain(dst, r)
	}
	return dst, n
}

var predefined = map[string]rune{"amp": '&', "lt": '<', "gt": '>', "quot": '"', "apos": '\''}

// referenceName gives what stands between & and ;, and the length of the whole.
func referenceName(src []byte) (name []byte, n int, ok bool) {
	end := bytes.IndexByte(src[:min(len(src), maxReference)], ';')
	if end < 2 {
		return nil, 0, false
	}
	name = src[1:end]
	for i, c := range name {
		digit, letter := c >= '0' && c <= '9', c|0x20 >= 'a' && c|0x20 <= 'z'
		if !letter && (!digit || i == 0) && (c != '#' || i > 0) {
			return nil, 0, false
		}
	}
	return name, end + 1, true
}

// number appends the character of a numeric reference.
func (x *charFixer) number(dst, src, name []byte, n int) ([]byte, int) {
	r, ok := referenceRune(name)
	switch {
	case !ok:
		x.found(src, 0, fixedAmpersand)
		return x.plain(dst, '&'), 1
	case r >= 0x80 && r < 0xa0:
		x.found(src, 0, fixedRange)
		return x.plain(dst, decode1252(byte(r))), n
	case r >= 0xd800 && r < 0xdc00: // scripts write emoji as two halves
		if low, m, ok := referenceName(src[n:]); ok && low[0] == '#' {
			if l, ok := referenceRune(low); ok && l >= 0xdc00 && l < 0xe000 {
				return x.plain(dst, 0x10000+(r-0xd800)<<10+(l-0xdc00)), n + m
			}
		}
	case r < ' ' && r != '\t' && r != '\n' && r != '\r':
		x.found(src, 0, fixedControl)
		return dst, n
	}
	if !utf8.ValidRune(r) || r == 0xfffe || r == 0xffff {
		x.found(src, 0, fixedReference)
		return dst, n
	}
	return x.plain(dst, r), n
}

// referenceRune reads #123 or #x7b.
func referenceRune(name []byte) (rune, bool) {
	digits, base := string(name[1:]), 10
	if digits != "" && digits[0]|0x20 == 'x' {
		digits, base = digits[1:], 16
	}
	v, err := strconv.ParseUint(digits, base, 64)
	if err != nil && digits == "" {
		return 0, false
	}
	if err != nil {
		_, bad := strconv.ParseFloat(digits, 64)
		return utf8.MaxRune + 1, base == 16 || bad == nil // too large: a number nonetheless
	}
	return rune(min(v, utf8.MaxRune+1)), true
}

// plain appends a character that is text, whatever it looks like.
func (x *charFixer) plain(dst []byte, r rune) []byte {
	if !x.escape {
		return utf8.AppendRune(dst, r)
	}
	switch r {
	case '&':
		return append(dst, "&amp;"...)
	case '<':
		return append(dst, "&lt;"...)
	case '>':
		return append(dst, "&gt;"...)
	case '"':
		return append(dst, "&quot;"...)
	case '\'', '\n', '\r', '\t':
		dst = strconv.AppendInt(append(dst, "&#"...), int64(r), 10)
		return append(dst, ';')
	}
	return utf8.AppendRune(dst, r)
}

// decode1252 reads one byte as Windows-1252. The five bytes it leaves undefined
// are the control characters of the same number, as browsers have it, so that
// text which was encoded twice can be put right.
func decode1252(b byte) rune {
	if b < 0x80 || b >= 0xa0 {
		return rune(b)
	}
	return upper1252[b-0x80]
}

// encode1252 is the other way; ok is false for characters that it lacks.
func encode1252(r rune) (b byte, ok bool) {
	if r < 0x80 || r >= 0xa0 && r < 0x100 {
		return byte(r), true
	}
	for i, u := range upper1252 {
		if u == r {
			return byte(0x80 + i), true
		}
	}
	return 0, false
}

// upper1252 are the characters 0x80 to 0x9f of Windows-1252.
var upper1252 = [32]rune{
	'€', 0x81, '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', 0x8d, 'Ž', 0x8f,
	0x90, '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', 0x9d, 'ž', 'Ÿ',
}
