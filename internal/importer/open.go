package importer

import (
	"archive/zip"
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"

	"golang.org/x/text/encoding/unicode"
)

const (
	// headSize is what a Format may look at when sniffing.
	headSize = 64 << 10
	// maxRatio is the most that a compressed file may grow. Text compresses 3
	// to 20 times; a file that grows 200 times is an attack or a mistake.
	maxRatio = 200
	// ratioFloor is what may be unpacked before the ratio counts: a short file
	// of few different words compresses well and harms nobody.
	ratioFloor = 16 << 20
	// maxUnpacked is the most that one file may unpack to, in bytes.
	maxUnpacked = 64 << 30
)

var (
	errNoGzip   = errors.New("The file begins like a gzip file but is none.")
	errRatio    = fmt.Errorf("The compressed file grows more than %d times and was refused.", maxRatio)
	errUnpacked = fmt.Errorf("The compressed file unpacks to more than %d GiB and was refused.", maxUnpacked>>30)
)

// Open prepares one file for a Format: gzip is unpacked and UTF-16 converted,
// whatever the file is called. It returns the file's first bytes for Sniff; a file that
// is known to be something else, such as a PDF, is an error that says so.
// What holds several files (archives, directories) is taken apart above Open,
// which is then called for each.
func Open(src Source) (Source, []byte, error) {
	in := &countingReader{r: src.R}
	r := bufio.NewReaderSize(in, headSize)
	if head, _ := r.Peek(2); bytes.Equal(head, []byte{0x1f, 0x8b}) {
		gz, err := gzip.NewReader(r)
		if err != nil {
			return src, nil, errNoGzip
		}
		r = bufio.NewReaderSize(&unpacker{r: gz, in: in}, headSize)
	}
	if head, _ := r.Peek(2); bytes.Equal(head, []byte{0xff, 0xfe}) || bytes.Equal(head, []byte{0xfe, 0xff}) {
		utf16 := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder()
		r = bufio.NewReaderSize(utf16.Reader(r), headSize)
	}
	head, err := r.Peek(headSize)
	if err != nil && !errors.Is(err, io.EOF) && len(head) == 0 {
		return src, nil, unreadable{err}
	}
	if err := otherKind(head); err != nil {
		return src, nil, err
	}
	src.R = r
	return src, head, nil
}

// unreadable is an error at a file's first byte. It says what a person needs; the cause
// is for programs.
type unreadable struct{ cause error }

// Error is a sentence that does not name the file.
func (u unreadable) Error() string {
	switch {
	case errors.Is(u.cause, errRatio), errors.Is(u.cause, errUnpacked):
		return u.cause.Error()
	case damaged(u.cause):
		return "The file is damaged and can’t be unpacked."
	}
	return "The file can’t be read."
}

// Unwrap gives the cause.
func (u unreadable) Unwrap() error { return u.cause }

// damaged tells errors of what was packed from those of reading it.
func damaged(err error) bool {
	var corrupt flate.CorruptInputError
	return errors.As(err, &corrupt) || errors.Is(err, gzip.ErrChecksum) || errors.Is(err, gzip.ErrHeader) || errors.Is(err, zip.ErrChecksum) ||
		errors.Is(err, zip.ErrFormat) || errors.Is(err, io.ErrUnexpectedEOF)
}

// Read opens src, picks the format ("" and "auto": by the content), and emits
// its records. It returns the format's name, "" where none fits.
func Read(ctx context.Context, src Source, format string, emit func(Record) error) (string, error) {
	src, head, err := Open(src)
	if err != nil {
		return "", err
	}
	f, err := choose(format, src.Name, head)
	if err != nil {
		return "", err
	}
	return f.Name(), ReadRecords(ctx, f, src, emit)
}

func choose(format, name string, head []byte) (Format, error) {
	if format == "" || format == "auto" {
		return Sniff(name, head)
	}
	return ByName(format)
}

// countingReader counts what was read from the packed file.
type countingReader struct {
	r io.Reader
	n int64
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// unpacker stops a compressed file that grows beyond reason.
type unpacker struct {
	r   io.Reader
	in  *countingReader
	out int64
}

func (u *unpacker) Read(p []byte) (int, error) {
	n, err := u.r.Read(p)
	u.out += int64(n)
	switch {
	case u.out > maxUnpacked:
		return 0, errUnpacked
	case u.out > ratioFloor && u.out > maxRatio*u.in.n:
		return 0, errRatio
	}
	return n, err
}

// readReason says, for a Problem, why a file could not be read to its end.
func readReason(err error) string {
	switch {
	case errors.Is(err, errRatio), errors.Is(err, errUnpacked):
		return err.Error()
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "The file ends too early; what comes after this line is missing."
	case damaged(err):
		return "The compressed file is damaged; what comes after this line could not be unpacked."
	}
	return "The file could not be read to its end; what comes after this line is missing."
}
