package markup

import (
	"strings"
	"unicode"
)

// CleanLine makes a foreign title, site name or author's name fit to be shown as it is
// in one line of text: controls, direction marks, zero-width and tag characters are
// dropped, line ends and tabs become spaces, marks beyond four on a base go, and white
// space at the ends is trimmed. Everything else stays as it was, joiners too where a
// script or an emoji needs them. It is text, not HTML: a template still escapes it.
func CleanLine(s string) string {
	if plainASCII(s) && strings.IndexByte(s, '\n') < 0 && strings.IndexByte(s, '\t') < 0 {
		return strings.Trim(s, " ")
	}
	var marks markLimit
	kept := []rune(marks.cut(strings.Map(lineRune, storable(s))))
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(kept); i++ {
		r := kept[i]
		switch {
		case r == zwj || r == zwnj:
			if joins(kept, i) {
				b.WriteRune(r)
			}
		case isTag(r):
			// Tags are kept only as the name of a flag, from its black flag to its end.
		case r == blackFlag:
			n := flagTags(kept[i+1:])
			b.WriteString(string(kept[i : i+1+n]))
			i += n
		default:
			b.WriteRune(r)
		}
	}
	return strings.TrimFunc(b.String(), unicode.IsSpace)
}

const (
	zwnj      = '\u200C'
	zwj       = '\u200D'
	blackFlag = '\U0001F3F4'
	tagEnd    = '\U000E007F'
)

func isTag(r rune) bool { return r >= 0xE0000 && r <= tagEnd }

// lineRune maps one character without looking at its neighbours.
func lineRune(r rune) rune {
	switch {
	case r == '\n' || r == '\t' || r == '\r' || r == 0x2028 || r == 0x2029 || r == 0x85:
		return ' '
	case r == zwj || r == zwnj || isTag(r):
		return r
	case unwanted(r), hiddenInLine(r):
		return -1
	}
	return r
}

// hiddenInLine tells characters that have no width or turn the direction of what follows.
func hiddenInLine(r rune) bool {
	switch r {
	case 0x00AD, 0x061C, 0x180E, 0xFEFF, 0x115F, 0x1160, 0x3164, 0xFFA0:
		return true
	}
	return r >= 0x200B && r <= 0x200F || r >= 0x202A && r <= 0x202E ||
		r >= 0x2060 && r <= 0x206F || r >= 0xFFF9 && r <= 0xFFFB
}

// flagTags is the length of the tag sequence that names a flag, or 0.
func flagTags(rest []rune) int {
	for i, r := range rest {
		switch {
		case r == tagEnd && i > 0:
			return i + 1
		case r == tagEnd || r < 0xE0030 || r > 0xE007A || i > 6:
			return 0
		}
	}
	return 0
}

// joiningScripts are those whose spelling uses joiners.
var joiningScripts = []*unicode.RangeTable{
	unicode.Arabic, unicode.Syriac, unicode.Mongolian, unicode.Nko, unicode.Mandaic,
	unicode.Devanagari, unicode.Bengali, unicode.Gurmukhi, unicode.Gujarati, unicode.Oriya,
	unicode.Tamil, unicode.Telugu, unicode.Kannada, unicode.Malayalam, unicode.Sinhala,
	unicode.Khmer, unicode.Myanmar, unicode.Tibetan, unicode.Balinese, unicode.Javanese,
}

// joins tells whether the joiner at an index stands between two letters of a joining
// script or, for the zero-width joiner, two emoji.
func joins(s []rune, at int) bool {
	if at == 0 || at+1 == len(s) {
		return false
	}
	before, after := s[at-1], s[at+1]
	if unicode.In(before, joiningScripts...) && unicode.In(after, joiningScripts...) {
		return true
	}
	return s[at] == zwj && emojiPart(before) && emojiPart(after)
}

// emojiPart tells pictures, skin tones and the selector that asks for colour.
func emojiPart(r rune) bool {
	return r == 0xFE0F || r >= 0x1F3FB && r <= 0x1F3FF || unicode.Is(unicode.So, r) || r == 0x2640 || r == 0x2642
}
