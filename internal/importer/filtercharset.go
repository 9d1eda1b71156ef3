package importer

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
)

// declaration finds the encoding that an XML file says it has.
var declaration = regexp.MustCompile(`^\s*<\?xml\s[^>]*?encoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']`)

// maxDeclaration is where the declaration has to end, in bytes.
const maxDeclaration = 512

// decodeDeclared looks at the beginning of an XML file and undoes the encoding
// that it declares. The bytes that come out are UTF-8, or Windows-1252 where
// single is true: those are left to a charFixer. A declaration that the bytes
// contradict does not count: WordPress writes the one of the site's settings.
func decodeDeclared(in io.Reader) (r *bufio.Reader, single bool) {
	r = bufio.NewReaderSize(in, headSize)
	if head, _ := r.Peek(len(byteOrderMark)); string(head) == byteOrderMark {
		r.Discard(len(byteOrderMark)) //nolint:errcheck // it was peeked
		return r, false
	}
	head, err := r.Peek(headSize)
	enc, western := declared(head)
	if enc == nil && !western || foreignUTF8(head, errors.Is(err, io.EOF)) {
		return r, false
	}
	if western {
		return r, true
	}
	return bufio.NewReaderSize(enc.NewDecoder().Reader(r), headSize), false
}

// declared gives the encoding that the file names: nil where that is UTF-8 or
// none we know, and western where it is Windows-1252 or part of it.
func declared(head []byte) (enc encoding.Encoding, western bool) {
	m := declaration.FindSubmatch(head[:min(len(head), maxDeclaration)])
	if m == nil {
		return nil, false
	}
	enc, err := htmlindex.Get(string(m[1]))
	if err != nil {
		return nil, false
	}
	name, _ := htmlindex.Name(enc) //nolint:errcheck // Get has just found it
	switch {
	case name == "windows-1252":
		return nil, true
	case name == "utf-8", name == "replacement", name == "x-user-defined", strings.HasPrefix(name, "utf-16"):
		return nil, false // UTF-16 was undone when the file was opened
	}
	return enc, false
}

// foreignUTF8 reports whether head has other characters than those of ASCII and
// is UTF-8 all the same. What was cut at its end does not count, unless it is
// the end of the file.
func foreignUTF8(head []byte, whole bool) bool {
	if i := bytes.LastIndexByte(head, '\n'); i > 0 && !whole {
		head = head[:i]
	}
	if !utf8.Valid(head) {
		return false
	}
	for _, c := range head {
		if c >= utf8.RuneSelf {
			return true
		}
	}
	return false
}
