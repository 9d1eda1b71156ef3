package markup

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxMarks is how many combining marks may follow one base character. No living
// orthography needs more than four; stacks of hundreds climb over the neighbours' lines.
const maxMarks = 4

// storable drops what no database column of text can hold: U+0000 goes, every run of
// invalid UTF-8 becomes one U+FFFD.
func storable(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if strings.IndexByte(s, 0) >= 0 {
		s = strings.ReplaceAll(s, "\x00", "")
	}
	return s
}

// newlines makes \r\n and lone \r into \n.
func newlines(s string) string {
	if strings.IndexByte(s, '\r') < 0 {
		return s
	}
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
}

// cleanBody prepares a source: storable, one kind of newline, no control characters
// but tab and newline.
func cleanBody(s string) string {
	if plainASCII(s) {
		return s
	}
	s = newlines(storable(s))
	if !anyRune(s, unwanted) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if unwanted(r) {
			return -1
		}
		return r
	}, s)
}

// unwanted tells the characters that have no business in a text: controls other than
// tab and newline, and the two noncharacters that XML (and so every feed) forbids.
func unwanted(r rune) bool {
	return r < 0x20 && r != '\n' && r != '\t' || r >= 0x7F && r <= 0x9F || r == 0xFFFE || r == 0xFFFF
}

// blank tells whether nothing of s could be seen: only white space, controls, and
// characters that draw nothing.
func blank(s string) bool {
	for _, r := range s {
		if !unicode.IsSpace(r) && !unicode.Is(unicode.Cf, r) && !unicode.IsControl(r) && !invisible(r) {
			return false
		}
	}
	return true
}

// invisible tells letters and marks that draw nothing although their category says
// otherwise: fillers, the grapheme joiner, variation selectors, the blank Braille cell.
func invisible(r rune) bool {
	switch {
	case r == 0x034F, r == 0x115F, r == 0x1160, r == 0x17B4, r == 0x17B5, r == 0x2800, r == 0x3164, r == 0xFFA0:
		return true
	}
	return r >= 0x180B && r <= 0x180F || r >= 0xFE00 && r <= 0xFE0F || r >= 0xE0100 && r <= 0xE01EF
}

// markLimit cuts combining marks beyond maxMarks on one base. It remembers the count
// from one piece of text to the next, since an element between two marks does not
// make a new base.
type markLimit struct{ run int }

// reset is for the start of a new line or block.
func (m *markLimit) reset() { m.run = 0 }

// cut returns s without the marks over the limit.
func (m *markLimit) cut(s string) string {
	if ascii(s) {
		if s != "" {
			m.run = 0
		}
		return s
	}
	if m.run == 0 && !anyRune(s, combines) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if !combines(r) {
			// A joiner or other format character is no new base either.
			if !unicode.Is(unicode.Cf, r) {
				m.run = 0
			}
			return r
		}
		m.run++
		if m.run > maxMarks {
			return -1
		}
		return r
	}, s)
}

// combines tells marks that stand on the character before them.
func combines(r rune) bool {
	switch {
	case r < 0x300, r >= 0x2010 && r < 0x20D0, r >= 0x3400 && r < 0xA000, r >= 0xAC00 && r < 0xD800:
		return false // as nearly all are: punctuation, signs, Han, Hangul
	}
	return unicode.In(r, unicode.Mn, unicode.Me)
}

// anyRune tells whether one of the characters beyond ASCII, or of the controls, is such
// a one.
func anyRune(s string, such func(rune) bool) bool {
	for _, r := range s {
		if (r < ' ' || r >= 0x7F) && such(r) {
			return true
		}
	}
	return false
}

func ascii(s string) bool {
	i := 0
	for ; i+8 <= len(s); i += 8 {
		if eight(s[i:])&highBits != 0 {
			return false
		}
	}
	for ; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// highBits is the highest bit of each of eight bytes, lowBits the lowest.
const (
	highBits = 0x8080808080808080
	lowBits  = 0x0101010101010101
)

// eight is the first eight bytes as one number: most texts are looked at eight at a time.
func eight(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// plainASCII tells whether s holds nothing but ASCII that cleanBody leaves alone.
func plainASCII(s string) bool {
	i := 0
	for ; i+8 <= len(s); i += 8 {
		v := eight(s[i:])
		control := v - lowBits*0x20 // borrows where a byte is below the space
		deleted := v ^ lowBits*0x7F
		if (control|v|(deleted-lowBits))&highBits != 0 && !plainBytes(s[i:i+8]) {
			return false
		}
	}
	return plainBytes(s[i:])
}

func plainBytes(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' && c != '\n' && c != '\t' || c >= 0x7F {
			return false
		}
	}
	return true
}
