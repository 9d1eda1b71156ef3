package importer

import (
	"bytes"
	"io"
)

const (
	// maxField is the longest content of one element that is read, in bytes.
	// Articles in the world end at some hundred KiB; behind a longer one reading
	// goes on.
	maxField = 16 << 20
	// wxrWindow is what is read ahead.
	wxrWindow = 256 << 10
	// maxTag is the longest tag.
	maxTag = 64 << 10
)

// wxrScanner finds the tags and fields of a WXR file, whatever else is wrong with
// it. It holds a window of the file: what was read and not yet taken.
type wxrScanner struct {
	r    io.Reader
	buf  []byte
	pos  int          // of the next byte in buf
	at   cursor       // of the same in the file
	err  error        // why nothing more comes
	name []byte       // of the last tag: a copy, as the window moves
	none [marks]int64 // up to which offset there is no such end
}

// wxrTag is a tag outside the fields.
type wxrTag struct {
	name  []byte // good until the next tag
	close bool
	empty bool // <name/>
	at    cursor
}

// fieldEnd is how a field ended.
type fieldEnd int

const (
	fieldWhole   fieldEnd = iota
	fieldDamaged          // something else began before its end
	fieldLong             // it is longer than maxField
	fieldCut              // the file ends in it
)

func newWXRScanner(r io.Reader) *wxrScanner {
	return &wxrScanner{r: r, buf: make([]byte, 0, wxrWindow), at: cursor{line: 1}, name: make([]byte, 0, 64)}
}

// rest is the window.
func (s *wxrScanner) rest() []byte { return s.buf[s.pos:] }

// take goes over n bytes of the window.
func (s *wxrScanner) take(n int) {
	s.at.advance(s.buf[s.pos : s.pos+n])
	s.pos += n
}

// more reads more into the window; false where nothing more comes or the window
// would grow beyond maxField. The window may move.
func (s *wxrScanner) more() bool {
	if s.err != nil || len(s.rest()) >= maxField {
		return false
	}
	if s.pos > 0 && (s.pos == len(s.buf) || len(s.buf) == cap(s.buf)) {
		s.compact()
	}
	if len(s.buf) == cap(s.buf) {
		s.buf = append(make([]byte, 0, 2*cap(s.buf)), s.buf...)
	}
	for range 100 {
		n, err := s.r.Read(s.buf[len(s.buf):cap(s.buf)])
		s.buf = s.buf[:len(s.buf)+n]
		if err != nil {
			s.err = err
		}
		if n > 0 || err != nil {
			return n > 0
		}
	}
	s.err = io.ErrNoProgress
	return false
}

// compact moves the window to the beginning of its buffer, and to a smaller one
// where it has become small.
func (s *wxrScanner) compact() {
	n := len(s.rest())
	buf := s.buf[:cap(s.buf)]
	if cap(buf) > 4*wxrWindow && n < wxrWindow/2 {
		buf = make([]byte, wxrWindow)
	}
	copy(buf, s.rest())
	s.buf, s.pos = buf[:n], 0
}

// have makes the window at least n bytes long where the file goes on so far.
func (s *wxrScanner) have(n int) {
	for len(s.rest()) < n && s.more() { //nolint:revive // more does it
	}
}

// next gives the next tag; ok is false at the end of the file.
func (s *wxrScanner) next() (tag wxrTag, ok bool) {
	for {
		i := bytes.IndexByte(s.rest(), '<')
		if i < 0 {
			s.take(len(s.rest()))
			if !s.more() {
				return tag, false
			}
			continue
		}
		s.take(i)
		s.have(len(cdataStart))
		switch b := s.rest(); {
		case len(b) < 2:
			s.take(len(b))
			return tag, false
		case bytes.HasPrefix(b, commentStart):
			s.skip(len(commentStart), markComment)
		case bytes.HasPrefix(b, cdataStart): // of no field: what is in it may be tags
			s.take(len(cdataStart))
		case b[1] == '?':
			s.skip(2, markInstruction)
		case b[1] == '/' || nameStart(b[1]):
			if tag, ok = s.tag(); ok {
				return tag, true
			}
		default:
			s.take(1)
		}
	}
}

// skip goes over what begins with n bytes and ends with end. Where the end is not
// found, only the beginning is passed over.
func (s *wxrScanner) skip(n int, end mark) {
	if i, ok := s.index(n, end); ok {
		s.take(i)
		return
	}
	s.take(n)
}

// mark is the end of something that may hold anything.
type mark int

const (
	markCDATA mark = iota
	markComment
	markInstruction
	marks
)

var markText = [marks][]byte{cdataEnd, commentEnd, []byte("?>")}

// index gives the place behind the next end from i on; false where the window
// can't be made large enough to hold it. Where none was found before is not
// searched again: a file full of beginnings costs no more than another.
func (s *wxrScanner) index(i int, end mark) (int, bool) {
	text := markText[end]
	for {
		from := max(i, int(min(s.none[end]-s.at.off, int64(len(s.rest())))))
		if j := bytes.Index(s.rest()[from:], text); j >= 0 {
			return from + j + len(text), true
		}
		s.none[end] = max(s.none[end], s.at.off+int64(len(s.rest())-len(text)+1))
		if !s.more() {
			return 0, false
		}
	}
}

// tag reads the tag at the beginning of the window. Where it has no end, it is
// passed over as text.
func (s *wxrScanner) tag() (tag wxrTag, ok bool) {
	end := bytes.IndexByte(s.rest(), '>')
	for end < 0 {
		from := len(s.rest())
		if from > maxTag || !s.more() {
			s.take(1)
			return tag, false
		}
		if end = bytes.IndexByte(s.rest()[from:], '>'); end >= 0 {
			end += from
		}
	}
	if i := bytes.IndexByte(s.rest()[1:end], '<'); i >= 0 {
		s.take(1 + i)
		return tag, false
	}
	tag.at = s.at
	inner := s.rest()[1:end]
	if tag.close = len(inner) > 0 && inner[0] == '/'; tag.close {
		inner = inner[1:]
	}
	if tag.empty = len(inner) > 0 && inner[len(inner)-1] == '/'; tag.empty {
		inner = inner[:len(inner)-1]
	}
	for i, c := range inner {
		if c <= ' ' {
			inner = inner[:i]
			break
		}
	}
	s.name = append(s.name[:0], inner...)
	tag.name = s.name
	s.take(end + 1)
	return tag, true
}

// field gives the raw content of the element whose opening tag was the last tag,
// up to its closing one, which is taken, too. It is good until the next call. A
// field that does not end as it should is left untaken, but for a missing closing
// tag: then what stands before the next known tag is given.
func (s *wxrScanner) field() (raw []byte, at cursor, end fieldEnd) {
	at = s.at
	i := 0
	for {
		j := bytes.IndexByte(s.rest()[i:], '<')
		if j < 0 {
			i = len(s.rest())
			if !s.more() {
				return nil, at, s.short()
			}
			continue
		}
		i += j
		s.have(i + len(s.name) + 16)
		switch b := s.rest()[i:]; {
		case bytes.HasPrefix(b, cdataStart):
			if i, end = s.cdata(i + len(cdataStart)); end != fieldWhole {
				return nil, at, end
			}
		case s.closes(b):
			n := bytes.IndexByte(b, '>')
			if n < 0 {
				return nil, at, s.short()
			}
			raw = s.rest()[:i]
			s.take(i + n + 1)
			return raw, at, fieldWhole
		case structural(b):
			return nil, at, fieldDamaged
		default:
			i++
		}
	}
}

// short says why a field has no end in the window.
func (s *wxrScanner) short() fieldEnd {
	if s.err == nil {
		return fieldLong
	}
	return fieldCut
}

// closes reports whether b begins with the closing tag of the last tag.
func (s *wxrScanner) closes(b []byte) bool {
	n := len(s.name) + 2
	return len(b) > n && b[1] == '/' && bytes.Equal(b[2:n], s.name) && (b[n] == '>' || b[n] <= ' ')
}

// structural reports whether b begins with a tag that stands in no field.
func structural(b []byte) bool { return hasAny(b, structure) }

func hasAny(b []byte, tags [][]byte) bool {
	if len(b) < 5 || b[1] != 'i' && b[1] != 'w' && b[1] != '/' && b[1] != 'c' && b[1] != 'g' && b[1] != 'd' {
		return false
	}
	for _, t := range tags {
		if bytes.HasPrefix(b, t) {
			return true
		}
	}
	return false
}

// structure are the tags at which a field that has no end ends.
var structure = [][]byte{
	[]byte("<item>"), []byte("<item "), []byte("</item>"), []byte("<wp:comment>"), []byte("<wp:comment "),
	[]byte("</wp:comment>"), []byte("</channel>"),
}

// restarts are the tags at which reading starts again after damage.
var restarts = append([][]byte{
	[]byte("<wp:"), []byte("<content:encoded>"), []byte("<guid>"), []byte("<guid "), []byte("<dc:creator>"),
}, structure...)

// cdata gives the place behind the CDATA section whose content begins at from. Old
// exports do not split a "]]>" in a text: the section goes on behind one that is
// not followed by the end of the field or another section.
func (s *wxrScanner) cdata(from int) (int, fieldEnd) {
	i, ok := s.index(from, markCDATA)
	if !ok {
		return 0, s.short()
	}
	end := fieldWhole
	if !s.ends(i) {
		i, end = s.ranOn(i)
	}
	if end == fieldWhole && swallowed(s.rest()[from:i]) {
		return 0, fieldDamaged
	}
	return i, end
}

// swallowed reports whether a section that lost its end goes on through other
// records up to the end of one of theirs: those have sections of their own. (In a
// text about such files each section ends with the "]]>" of its example.)
func swallowed(section []byte) bool {
	if !bytes.Contains(section, cdataStart) { // looks from the front, which is far quicker
		return false
	}
	return anyStructure(section[:bytes.LastIndex(section, cdataStart)])
}

// anyStructure reports whether a tag that stands in no field stands in b.
func anyStructure(b []byte) bool {
	for {
		i := bytes.IndexByte(b, '<')
		if i < 0 {
			return false
		}
		if structural(b[i:]) {
			return true
		}
		b = b[i+1:]
	}
}

// ends reports whether behind i, white space aside, the field ends or goes on
// with another section.
func (s *wxrScanner) ends(i int) bool {
	for {
		s.have(i + len(s.name) + 16)
		b := s.rest()[i:]
		k := 0
		for k < len(b) && b[k] <= ' ' {
			k++
		}
		if k == len(b) && k > 0 && s.more() {
			continue
		}
		if k > 0 {
			s.have(i + k + len(s.name) + 16)
			b = s.rest()[i:]
		}
		return bytes.HasPrefix(b[k:], cdataStart) || s.closes(b[k:])
	}
}

// ranOn decides what the "]]>" before i is, which does not end the field: text of
// the section, where another "]]>" stands right before the field's end; the end
// of the section and text behind it, where the field ends otherwise; or the end
// of another field, where this one has lost its own.
func (s *wxrScanner) ranOn(i int) (int, fieldEnd) {
	for from := i; ; {
		j := bytes.IndexByte(s.rest()[from:], '<')
		if j < 0 {
			from = len(s.rest())
			if !s.more() {
				return 0, s.short()
			}
			continue
		}
		j += from
		s.have(j + len(s.name) + 16)
		b := s.rest()
		switch {
		case s.closes(b[j:]) && bytes.HasSuffix(bytes.TrimRight(b[i:j], " \t\r\n"), cdataEnd):
			return j, fieldWhole
		case s.closes(b[j:]):
			return i, fieldWhole
		case structural(b[j:]):
			return 0, fieldDamaged
		}
		from = j + 1
	}
}

// resync goes on to the next tag at which reading can start again; false where
// there is none.
func (s *wxrScanner) resync() bool {
	for {
		i := bytes.IndexByte(s.rest(), '<')
		if i < 0 {
			s.take(len(s.rest()))
			if !s.more() {
				return false
			}
			continue
		}
		s.take(i)
		s.have(16)
		if hasAny(s.rest(), restarts) {
			return true
		}
		s.take(1)
	}
}
