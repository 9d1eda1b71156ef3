package importer

import (
	"bytes"
	"fmt"
	"strings"
)

// cursor is a place in a file.
type cursor struct {
	line  int   // from 1
	start int64 // offset of the line's first byte
	off   int64 // offset of the place itself
}

// advance goes over bytes.
func (c *cursor) advance(b []byte) {
	if len(b) <= 8 { // such as the white space between two tags
		for _, x := range b {
			if c.off++; x == '\n' {
				c.line++
				c.start = c.off
			}
		}
		return
	}
	if n := bytes.Count(b, newline); n > 0 {
		c.line += n
		c.start = c.off + int64(bytes.LastIndexByte(b, '\n')) + 1
	}
	c.off += int64(len(b))
}

// lineStarts remembers where the last lines of a file began, for those who read it
// behind a filter and know only the number of a line.
type lineStarts struct {
	first int // the number of the first one that is remembered
	at    []int64
}

// maxStarts is how many are remembered: those of the longest record are far fewer.
const maxStarts = 1 << 18

// advance goes over bytes, which stand at c.
func (s *lineStarts) advance(c cursor, b []byte) {
	if s.first == 0 {
		s.first, s.at = 1, append(s.at, 0)
	}
	off := c.off
	for {
		i := bytes.IndexByte(b, '\n')
		if i < 0 {
			return
		}
		off += int64(i) + 1
		b = b[i+1:]
		if len(s.at) >= 2*maxStarts {
			s.first += maxStarts
			s.at = append(s.at[:0], s.at[maxStarts:]...)
		}
		s.at = append(s.at, off)
	}
}

// of is the offset of a line's first byte; -1 when that is unknown.
func (s *lineStarts) of(line int) int64 {
	if s == nil || line < s.first || line-s.first >= len(s.at) {
		return -1
	}
	return s.at[line-s.first]
}

var newline = []byte("\n")

// markedPiece is a piece of a file whose repairs get their places. They come in
// order, so that the piece is gone over once.
type markedPiece struct {
	whole []byte
	at    cursor // of whole[done]
	done  int
}

func newMarkedPiece(whole []byte, at cursor) markedPiece { return markedPiece{whole: whole, at: at} }

// place gives the place of part[i], and where that is in the whole. part is cut
// from the whole, whose capacity says where.
func (m *markedPiece) place(part []byte, i int) (cursor, int) {
	i += cap(m.whole) - cap(part)
	if i >= m.done {
		m.at.advance(m.whole[m.done:i])
		m.done = i
	}
	return m.at, i
}

// maxListed is how many repairs of one kind are listed with their places; the
// others are counted. A list of a million lines is read by nobody.
const maxListed = 50

// tally lists what was put right in a file and counts what is too much to list.
// The first error of emit sticks.
type tally struct {
	file  string
	emit  func(Record) error
	kinds []*tallied
	id    string // of the record that is told of
	err   error
}

// tallied is one kind of repair.
type tallied struct {
	reason string
	n      int
	first  cursor // the first that is not listed
}

func newTally(file string, emit func(Record) error) *tally { return &tally{file: file, emit: emit} }

// note lists or counts one repair.
func (t *tally) note(at cursor, reason, excerpted string) {
	k := t.kind(reason)
	switch k.n++; {
	case k.n <= maxListed:
		t.send(at, reason, excerpted, false)
	case k.n == maxListed+1:
		k.first = at
	}
}

// kind finds the count for a reason.
func (t *tally) kind(reason string) *tallied {
	for _, k := range t.kinds {
		if k.reason == reason {
			return k
		}
	}
	k := &tallied{reason: reason}
	t.kinds = append(t.kinds, k)
	return k
}

// refuse lists something that is left out.
func (t *tally) refuse(at cursor, reason, excerpted string) { t.send(at, reason, excerpted, true) }

// refuseRecord is refuse for a record of which the id may be known.
func (t *tally) refuseRecord(at cursor, id, reason, excerpted string) {
	t.id = id
	t.send(at, reason, excerpted, true)
	t.id = ""
}

func (t *tally) send(at cursor, reason, excerpted string, refused bool) {
	if t.err != nil {
		return
	}
	excerpted, _ = clean(oneLine.Replace(excerpted))
	reason, _ = clean(reason) // it may name what stands in the file
	t.err = t.emit(Problem{
		File: t.file, Line: at.line, Column: int(at.off-at.start) + 1, Offset: at.start, ID: t.id,
		Reason: reason, Refused: refused, Excerpt: excerpt(excerpted),
	})
}

// close tells of the repairs that were only counted.
func (t *tally) close() error {
	for _, k := range t.kinds {
		if more := k.n - maxListed; more > 0 {
			t.send(k.first, fmt.Sprintf("From here on %d times more: %s", more, k.reason), "", false)
		}
	}
	return t.err
}

// oneLine keeps excerpts on a line.
var oneLine = strings.NewReplacer("\r\n", " ", "\n", " ", "\r", " ", "\t", " ")

// around is the text about a place, for excerpts.
func around(b []byte, at int) string {
	from, to := max(0, at-20), min(len(b), at+60)
	return string(bytes.TrimSpace(b[from:to]))
}
