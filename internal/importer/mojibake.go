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

func demojibakeOnce(s string) (string, bool) {
	first := 0
	for first < len(s) && s[first] < utf8.RuneSelf {
		first++
	}
	if first == len(s) {
		return s, false
	}
	// The first foreign character decides nearly always: it has to be the lead
	// byte of a sequence.
	if r, _ := utf8.DecodeRuneInString(s[first:]); r < 0xc2 || r > 0xf4 {
		return s, false
	}
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
