package importer

import (
	"bufio"
	"fmt"
	"io"
)

const (
	// maxRecord is the longest record of a foreign export, in bytes: four times
	// the longest article that is stored. A longer one is refused.
	maxRecord = 8 << 20
	// maxReplay bounds how much of a file is read again behind damage, so that a
	// file of nothing but damage ends in linear time.
	maxReplay = 64 << 20
)

var errLongRecord = fmt.Errorf("The record is longer than %d MiB.", maxRecord>>20)

// place is where something stands in a file.
type place struct {
	line   int   // from 1
	column int   // in bytes from 1
	offset int64 // in bytes from 0; -1 when unknown
}

// step goes behind a byte.
func (p *place) step(c byte) {
	p.offset++
	p.column++
	if c == '\n' {
		p.line++
		p.column = 1
	}
}

// after is the place behind the bytes b.
func (p place) after(b []byte) place {
	for _, c := range b {
		p.step(c)
	}
	return p
}

// posReader reads a file byte by byte, knows where it is, and can go back to the
// beginning of a record: that is how reading goes on behind damage.
type posReader struct {
	r        *bufio.Reader
	at       place // of the next byte
	again    []byte
	next     int // in again
	marked   bool
	mark     place
	since    []byte // read since the mark
	head     int    // of since: what had been read before the mark was set
	headEnd  place
	replayed int
}

func newPosReader(r io.Reader) *posReader {
	return &posReader{r: bufio.NewReaderSize(r, headSize), at: place{line: 1, column: 1}}
}

// ReadByte is io.ByteReader's. Behind a mark it gives at most maxRecord bytes.
func (p *posReader) ReadByte() (c byte, err error) {
	switch {
	case p.marked && len(p.since) >= maxRecord:
		return 0, errLongRecord
	case p.next < len(p.again):
		c = p.again[p.next]
		p.next++
	default:
		if c, err = p.r.ReadByte(); err != nil {
			return 0, err
		}
		if p.again != nil {
			p.again, p.next = nil, 0 // what is read from now on does not stand there
		}
	}
	p.at.step(c)
	if p.marked {
		p.since = append(p.since, c)
	}
	return c, nil
}

// Read is io.Reader's, for encoding/xml, which calls only ReadByte.
func (p *posReader) Read(b []byte) (int, error) {
	for i := range b {
		c, err := p.ReadByte()
		if err != nil {
			return i, err
		}
		b[i] = c
	}
	return len(b), nil
}

// begin marks a record of which head has been read already. Nothing in head can be
// read again, unless it is what was read, byte for byte.
func (p *posReader) begin(at place, head string) {
	p.marked, p.mark = true, at
	p.head, p.headEnd = len(head), p.at
	p.since = append(p.since[:0], head...)
}

// end forgets the mark; a buffer of unusual size is given back.
func (p *posReader) end() {
	p.marked = false
	if cap(p.since) > keepBuffer {
		p.since = nil
	}
}

// rewind ends the record and goes back to its byte skip. When too much has been
// read again already, reading goes on where it is.
func (p *posReader) rewind(skip int) {
	skip = min(skip, len(p.since))
	back := p.since[skip:]
	p.marked = false
	if p.replayed += len(back); p.replayed > maxReplay {
		return
	}
	if skip < p.head {
		p.at = p.mark.after(p.since[:skip])
	} else {
		p.at = p.headEnd.after(p.since[p.head:skip])
	}
	if p.next >= len(back) {
		p.next -= len(back)
		return
	}
	p.again, p.next = append([]byte(nil), back...), 0
}
