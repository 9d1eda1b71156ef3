package importer

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
)

// lineReader reads lines of any length, cutting those beyond a record, and can look
// ahead.
type lineReader struct {
	r     *bufio.Reader
	at    place // of the next line
	back  bool
	last  string
	place place
}

func newLineReader(r io.Reader) lineReader {
	return lineReader{r: bufio.NewReaderSize(r, headSize), at: place{line: 1, column: 1}}
}

// next reads a line without its end.
func (l *lineReader) next() (string, place, error) {
	if l.back {
		l.back = false
		return l.last, l.place, nil
	}
	var b []byte
	l.place = l.at
	for {
		part, err := l.r.ReadSlice('\n')
		l.at.offset += int64(len(part))
		if len(b)+len(part) <= maxRecord {
			b = append(b, part...)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err != nil && (len(b) == 0 || !errors.Is(err, io.EOF)) {
			return "", l.place, err
		}
		break
	}
	l.at.line++
	if l.place.offset == 0 {
		b = bytes.TrimPrefix(b, []byte(byteOrderMark))
	}
	l.last = strings.TrimRight(string(b), "\r\n")
	return l.last, l.place, nil
}

// unread makes the last line the next one again.
func (l *lineReader) unread() { l.back = true }

// peekWord gives the next line that is not empty, without reading it; "" at the end
// of the file, or where too many empty lines come first.
func (l *lineReader) peekWord() string {
	for n := 256; ; n = min(2*n, headSize) {
		b, err := l.r.Peek(n) // the next read meets the error again
		rest := bytes.TrimLeft(b, " \t\r\n")
		if line, _, whole := bytes.Cut(rest, []byte("\n")); whole || err != nil || n == headSize {
			return strings.TrimRight(string(line), "\r")
		}
	}
}
