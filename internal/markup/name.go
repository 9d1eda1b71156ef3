package markup

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

const (
	// MinName and MaxName are the lengths a name may have, in characters.
	MinName = 2
	MaxName = 60
)

// NameError says in one sentence why a name is not taken. It may be shown.
type NameError string

// Error is the sentence.
func (e NameError) Error() string { return string(e) }

const (
	errNameLength NameError = "A name has 2 to 60 characters."
	errNameChars  NameError = "A name may hold letters, digits, spaces and the characters - _ . only."
	errNameHidden NameError = "The name holds a character that cannot be seen. Please type it again instead of pasting it."
	errNameMarks  NameError = "The name has too many accents on one letter."
	errNamePlain  NameError = "A name needs at least one letter or digit."
)

// Name returns the display name of a person as it is kept: composed (NFC), trimmed, runs
// of white space made one space. It refuses, with a NameError, everything but letters,
// decimal digits, inner spaces and - _ . ; so no control, direction, zero-width or tag
// character comes through, and no base carries more than four marks. Whether the name is
// free is decided by its Skeleton.
func Name(s string) (string, error) {
	// A composed name of MaxName characters with all their marks is shorter than this.
	if len(s) > 4096 {
		return "", errNameLength
	}
	if !utf8.ValidString(s) {
		return "", errNameChars
	}
	s = strings.Join(strings.FieldsFunc(norm.NFC.String(s), nameSpace), " ")
	marks, solid := 0, false
	for i, r := range s {
		switch {
		case unicode.In(r, unicode.Cf, unicode.Cc, unicode.Zl, unicode.Zp) || invisible(r):
			return "", errNameHidden
		case unicode.In(r, unicode.Mn, unicode.Mc):
			if marks++; marks > maxMarks {
				return "", errNameMarks
			}
			if i == 0 {
				return "", errNameChars
			}
			continue
		case unicode.IsLetter(r), unicode.Is(unicode.Nd, r):
			solid = true
		case r != ' ' && r != '-' && r != '_' && r != '.':
			return "", errNameChars
		}
		marks = 0
	}
	switch n := utf8.RuneCountInString(s); {
	case n < MinName || n > MaxName:
		return "", errNameLength
	case !solid:
		return "", errNamePlain
	}
	return s, nil
}

// nameSpace tells the white space that counts as a space in a name: not line and
// paragraph separators nor controls other than the tab and the line ends of a paste.
func nameSpace(r rune) bool {
	return r == '\t' || r == '\n' || r == '\r' || unicode.Is(unicode.Zs, r)
}
