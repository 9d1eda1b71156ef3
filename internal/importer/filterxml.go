package importer

import (
	"bufio"
	"bytes"
	"io"
	"unicode/utf8"
)

var (
	cdataStart   = []byte("<![CDATA[")
	cdataEnd     = []byte("]]>")
	commentStart = []byte("<!--")
	commentEnd   = []byte("-->")
	tagEnd       = []byte(">")
)

// xmlFilter stands before an XML decoder and gives it what it can read: UTF-8
// without a byte order mark, declaration, document type, comments and processing
// instructions; no characters that XML forbids, no bare & < or ]]>, no names of
// characters but XML's own. Lines stay lines, so that line numbers hold. It holds
// one buffer in memory, whatever the input.
type xmlFilter struct {
	in   *bufio.Reader
	win  []byte // what is read ahead of in
	used int    // of what was peeked of in, taken and not yet discarded
	// endless says for comments (0) and instructions (1) how much of the window is left
	// where none was found to end.
	endless [2]int
	err     error  // why win is all that comes
	out     []byte // made and not yet read
	buf     []byte // holds out
	at      cursor // of the next byte of in
	state   filterState
	quote   byte // in a tag: the quote that is open
	depth   int  // in a document type: open brackets
	fix     charFixer
	marks   markedPiece // the piece at hand
	starts  lineStarts
	note    func(at cursor, reason, excerpt string)
}

type filterState int

const (
	inText filterState = iota
	inTag
	inCDATA
	inComment
	inInstruction
	inDoctype
)

// newXMLFilter wraps r; note hears of each repair (tally.note fits).
func newXMLFilter(r io.Reader, note func(at cursor, reason, excerpt string)) *xmlFilter {
	f := &xmlFilter{at: cursor{line: 1}, note: note}
	f.in, f.fix.single = decodeDeclared(r)
	f.fix.escape = true
	f.fix.found = f.found
	return f
}

// found gives a repair its place. src is a part of the piece at hand.
func (f *xmlFilter) found(src []byte, at int, reason string) {
	place, i := f.marks.place(src, at)
	f.note(place, reason, around(f.marks.whole, i))
}

// minAhead is what has to be read ahead, so that whole finds the beginning of what
// is cut, and open the end of a comment.
const minAhead = headSize / 2

// Read gives the repaired bytes.
func (f *xmlFilter) Read(p []byte) (int, error) {
	if len(f.out) == 0 {
		if err := f.make(); err != nil {
			return 0, err
		}
	}
	n := copy(p, f.out)
	f.out = f.out[n:]
	return n, nil
}

// make makes more output; the error is that of the input, at its end.
func (f *xmlFilter) make() error {
	f.out = f.buf[:0]
	for len(f.out) < headSize/2 {
		if len(f.win) < minAhead && f.err == nil {
			f.in.Discard(f.used) //nolint:errcheck // it was peeked
			f.win, f.err = f.in.Peek(headSize)
			f.used, f.endless = 0, [2]int{}
		}
		if len(f.win) == 0 {
			break
		}
		n := f.piece(f.win, f.err != nil)
		f.starts.advance(f.at, f.win[:n])
		f.at.advance(f.win[:n])
		f.win = f.win[n:]
		f.used += n
	}
	f.buf = f.out
	if len(f.out) == 0 {
		return f.err
	}
	return nil
}

// piece takes what is of one kind off the beginning of b, which is never empty,
// and says how many bytes that was, at least one. last: nothing follows b.
func (f *xmlFilter) piece(b []byte, last bool) int {
	f.marks = newMarkedPiece(b, f.at)
	switch f.state {
	case inText:
		return f.text(b, last)
	case inTag:
		return f.tag(b, last)
	case inCDATA:
		return f.cdata(b, last)
	case inComment:
		return f.drop(b, commentEnd, last)
	case inInstruction:
		return f.drop(b, []byte("?>"), last)
	}
	return f.doctype(b)
}

func (f *xmlFilter) text(b []byte, last bool) int {
	i := bytes.IndexByte(b, '<')
	if i < 0 {
		i = len(b)
		if !last {
			i = whole(b, true)
		}
		f.out = f.fix.text(f.out, b[:i])
		return i
	}
	if i > 0 {
		f.out = f.fix.text(f.out, b[:i])
		return i
	}
	return f.open(b)
}

var doctypeStart = []byte("<!DOCTYPE")

// open reads the < at the beginning of b. What has no end in sight is no comment: it
// would hide all that follows.
func (f *xmlFilter) open(b []byte) int {
	switch {
	case bytes.HasPrefix(b, cdataStart):
		f.state = inCDATA
		f.out = append(f.out, cdataStart...)
		return len(cdataStart)
	case bytes.HasPrefix(b, commentStart) && f.ends(b, commentEnd, 0):
		f.state = inComment
		return len(commentStart)
	case bytes.HasPrefix(b, []byte("<?")) && f.ends(b, []byte("?>"), 1):
		f.state = inInstruction
		return 2
	case len(b) >= len(doctypeStart) && bytes.EqualFold(b[:len(doctypeStart)], doctypeStart):
		f.state, f.depth = inDoctype, 0
		return 2
	case len(b) > 1 && (b[1] == '/' || nameStart(b[1])):
		f.state, f.quote = inTag, 0
		f.out = append(f.out, '<')
		return 1
	}
	f.found(b, 0, fixedLess)
	f.out = append(f.out, "&lt;"...)
	return 1
}

// ends tells whether the end of a comment (kind 0) or an instruction (1) is in sight.
// Where it was looked for in vain it is not looked for again.
func (f *xmlFilter) ends(b, end []byte, kind int) bool {
	if len(b) <= f.endless[kind] {
		return false
	}
	if bytes.Contains(b, end) {
		return true
	}
	f.endless[kind] = len(b)
	return false
}

// nameStart reports whether an element's name may begin with c.
func nameStart(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c >= utf8.RuneSelf
}

func (f *xmlFilter) tag(b []byte, last bool) int {
	i := 0
	for ; i < len(b); i++ {
		c := b[i]
		switch {
		case f.quote != 0 && c == f.quote:
			f.quote = 0
		case f.quote != 0 && c == '<' && bytes.HasSuffix(bytes.TrimRight(b[:i], " \t\r\n"), tagEnd):
			// Another tag right behind what looks like the end of this one.
			f.found(b, i, fixedQuote)
			f.out = append(f.fix.text(f.out, b[:i]), f.quote, '>')
			f.state = inText
			return i
		case f.quote != 0 && c == '<':
			f.found(b, i, fixedLess)
			f.out = append(f.fix.text(f.out, b[:i]), "&lt;"...)
			return i + 1
		case f.quote == 0 && (c == '"' || c == '\''):
			f.quote = c
		case f.quote == 0 && c == '>':
			f.state = inText
			f.out = append(f.fix.text(f.out, b[:i]), '>')
			return i + 1
		}
	}
	if !last {
		i = whole(b, true)
	}
	f.out = f.fix.text(f.out, b[:i])
	return i
}

func (f *xmlFilter) cdata(b []byte, last bool) int {
	i := bytes.Index(b, cdataEnd)
	if i >= 0 {
		f.state = inText
		f.out = append(f.fix.chars(f.out, b[:i]), cdataEnd...)
		return i + len(cdataEnd)
	}
	i = len(b)
	if !last {
		i = whole(b, false)
	}
	f.out = f.fix.chars(f.out, b[:i])
	return i
}

// drop leaves out all up to end, but for the line ends.
func (f *xmlFilter) drop(b, end []byte, last bool) int {
	n := len(b)
	if i := bytes.Index(b, end); i >= 0 {
		f.state = inText
		n = i + len(end)
	} else if !last && n > len(end) {
		n -= len(end) - 1 // it may have begun
	}
	f.lines(b[:n])
	return n
}

func (f *xmlFilter) lines(b []byte) {
	for range bytes.Count(b, newline) {
		f.out = append(f.out, '\n')
	}
}

// doctype leaves out a document type with all its declarations. Entities that it
// defines are never expanded.
func (f *xmlFilter) doctype(b []byte) int {
	n := len(b)
	for i, c := range b {
		switch c {
		case '[':
			f.depth++
		case ']':
			f.depth--
		}
		if c == '>' && f.depth <= 0 {
			f.state = inText
			n = i + 1
			break
		}
	}
	f.lines(b[:n])
	return n
}

// whole says how much of b can be read without what follows: no character,
// reference (where there are any) or end of a CDATA section is cut.
func whole(b []byte, references bool) int {
	n := len(b)
	if references {
		if i := bytes.LastIndexByte(b[max(0, n-maxReference):], '&'); i >= 0 {
			n = max(0, n-maxReference) + i
		}
	}
	// A CESU-8 pair has six bytes; a run of others may be cut anywhere.
	for k := 0; k < 6 && n > 0 && b[n-1] >= utf8.RuneSelf; k++ {
		n--
	}
	for n > 0 && (b[n-1] == ']' || b[n-1] == '\r') {
		n--
	}
	if n == 0 {
		return len(b) // nothing but such bytes
	}
	return n
}
