package importer

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// byteOrderMark may stand before the first character of a file.
const byteOrderMark = "\uFEFF"

// clean makes s valid UTF-8 without NUL: bytes that are no UTF-8 are read as
// Windows-1252, which is what they nearly always are, and NUL, which
// PostgreSQL cannot store, becomes U+FFFD. repair says what was done, "" for
// nothing. No other character is touched, however odd it looks.
func clean(s string) (text, repair string) {
	if utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 {
		return s, ""
	}
	var b strings.Builder
	b.Grow(len(s) + 8)
	foreign, nul := 0, 0
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			r = charmap.Windows1252.DecodeByte(s[i])
			foreign++
		case r == 0:
			r = utf8.RuneError
			nul++
		}
		b.WriteRune(r)
		i += size
	}
	return b.String(), cleanReason(foreign, nul)
}

func cleanReason(foreign, nul int) string {
	var did []string
	if foreign > 0 {
		did = append(did, fmt.Sprintf("%s not in UTF-8, read as Windows-1252", count(foreign, "byte")))
	}
	if nul > 0 {
		did = append(did, fmt.Sprintf("%s replaced", count(nul, "NUL character")))
	}
	return strings.Join(did, "; ") + "."
}

// count writes a number with its noun.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
