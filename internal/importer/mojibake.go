package importer

import "unicode/utf8"

// maxMojibake is how many times a text may have been encoded too often: two are
// found in the wild, of a database that was moved twice.
const maxMojibake = 2

// demojibake puts a text right that is UTF-8 read as Windows-1252 and written as
// UTF-8 again, once or twice. It does so only where the text as a whole can be
// Windows-1252, is valid UTF-8 when written so, and becomes shorter: any one
// character that Windows-1252 lacks (ĺ, ŵ, Cyrillic, emoji) and any accented
// letter standing by itself proves that the text is meant as it is. It is to be
// asked for each field by itself.
func demojibake(s string) (string, bool) {
	fixed := false
	for range maxMojibake {
		t, ok := demojibakeOnce(s)
		if !ok {
			break
		}
		s, fixed = t, true
	}
	return s, fixed
}

// encodedTwice tells in a moment of most texts that they were not. The first foreign
// character decides nearly always: it has to be the lead byte of a sequence, U+00C2 to
// U+00F4, and a byte of the kind that follows one has to come next.
func encodedTwice(s string) bool {
	i := foreignAt(s)
	if i+2 >= len(s) || s[i] != 0xc3 || s[i+1] < 0x82 || s[i+1] > 0xb4 {
		return false
	}
	r, _ := utf8.DecodeRuneInString(s[i+2:])
	c, ok := encode1252(r)
	return ok && c&0xc0 == 0x80
}

// foreignAt is where the first byte of s stands that is not ASCII; len(s) for none.
func foreignAt(s string) int {
	const high = 0x8080808080808080
	i := 0
	for ; i+8 <= len(s); i += 8 {
		t := s[i : i+8]
		if (uint64(t[0])|uint64(t[1])<<8|uint64(t[2])<<16|uint64(t[3])<<24|
			uint64(t[4])<<32|uint64(t[5])<<40|uint64(t[6])<<48|uint64(t[7])<<56)&high != 0 {
			break
		}
	}
	for i < len(s) && s[i] < utf8.RuneSelf {
		i++
	}
	return i
}

func demojibakeOnce(s string) (string, bool) {
	if !encodedTwice(s) {
		return s, false
	}
	first := foreignAt(s)
	b := make([]byte, 0, len(s))
	b = append(b, s[:first]...)
	for _, r := range s[first:] {
		c, ok := encode1252(r)
		if !ok {
			return s, false
		}
		b = append(b, c)
	}
	if !utf8.Valid(b) || len(b) >= len(s) {
		return s, false
	}
	for _, r := range string(b) {
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' {
			return s, false
		}
	}
	return string(b), true
}
