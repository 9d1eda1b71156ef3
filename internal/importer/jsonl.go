package importer

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// JSONL reads our own export: one JSON object a line, its "type" saying what
// it is. Lines may come in any order; fields nobody knows are passed over, as
// are "path" and "depth", which follow from the parents. Memory is bounded by
// the longest line.
type JSONL struct{}

const (
	// maxLine is the longest line that is read, in bytes; a longer one is
	// refused and reading goes on behind it.
	maxLine = 64 << 20
	// keepBuffer is the line buffer kept from line to line; a larger one is
	// given back at once.
	keepBuffer = 1 << 20
	// version is the newest version of the export that is understood.
	version = 1
)

// Name is the word for --format.
func (JSONL) Name() string { return "jsonl" }

// sniffLines is how many lines Sniff looks at: the first may be damaged.
const sniffLines = 20

// Sniff looks for an object with a type we know.
func (JSONL) Sniff(_ string, head []byte) int {
	head = bytes.TrimPrefix(head, []byte(byteOrderMark))
	score := 95
	for range sniffLines {
		line, rest, more := bytes.Cut(head, []byte("\n"))
		if line = bytes.TrimSpace(line); len(line) > 0 {
			if hasType(line) {
				return score
			}
			score = 80
		}
		if !more {
			break
		}
		head = rest
	}
	return 0
}

// hasType reports whether a line begins an object and names one of our types.
func hasType(line []byte) bool {
	_, after, found := bytes.Cut(line, []byte(`"type"`))
	if !found || line[0] != '{' {
		return false
	}
	value := bytes.TrimLeft(after, ": ")
	for _, t := range []string{`"hustings"`, `"article"`, `"comment"`} {
		if bytes.HasPrefix(value, []byte(t)) {
			return true
		}
	}
	return false
}

// Read emits a record for each good line and a Problem for each bad one.
func (JSONL) Read(ctx context.Context, src Source, emit func(Record) error) error {
	r := &jsonReader{src: src, emit: emit, in: bufio.NewReaderSize(src.R, 256<<10)}
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		data, err := r.next()
		if err == io.EOF {
			return nil
		}
		if err == nil {
			err = r.line(data)
		} else if !errors.Is(err, errLongLine) {
			return r.problem(nil, readReason(err), true)
		} else {
			err = r.problem(nil, err.Error(), true)
		}
		if err != nil {
			return err
		}
	}
}

var errLongLine = fmt.Errorf("The line is longer than %d MiB.", maxLine>>20)

// jsonReader is one file being read.
type jsonReader struct {
	src    Source
	emit   func(Record) error
	in     *bufio.Reader
	buf    []byte
	no     int   // of the line being read
	offset int64 // of its first byte
	end    int64 // of what was read so far
}

// next gives the next line without its end. The bytes are good until the next
// call. A line beyond maxLine is skipped and reported as errLongLine.
func (r *jsonReader) next() ([]byte, error) {
	r.no++
	r.offset = r.end
	if cap(r.buf) > keepBuffer {
		r.buf = nil
	}
	r.buf = r.buf[:0]
	for long := false; ; {
		part, err := r.in.ReadSlice('\n')
		r.end += int64(len(part))
		long = long || len(r.buf)+len(part) > maxLine
		if !long && (len(r.buf) > 0 || err != nil) {
			r.buf = append(r.buf, part...)
			part = r.buf
		}
		switch {
		case err == bufio.ErrBufferFull:
			continue
		case err != nil && err != io.EOF:
			return nil, err
		case long:
			return nil, errLongLine
		case err == io.EOF && len(part) == 0:
			return nil, io.EOF
		}
		return bytes.TrimRight(part, "\r\n"), nil
	}
}

// line reads one line.
func (r *jsonReader) line(data []byte) error {
	if r.no == 1 {
		data = bytes.TrimPrefix(data, []byte(byteOrderMark))
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return nil
	}
	text, repair := cleanJSON(data)
	if repair != "" {
		if err := r.problem(text, repair, false); err != nil {
			return err
		}
	}
	record, err := r.decode(text)
	if err != nil {
		return r.refuse(text, err)
	}
	if record == nil {
		return nil
	}
	return r.emit(record)
}

// cleanJSON does to a line what clean does, and the same to escaped NULs.
func cleanJSON(data []byte) ([]byte, string) {
	escaped := 0
	if bytes.Contains(data, []byte(`\u0000`)) {
		data, escaped = replaceNUL(data)
	}
	if utf8.Valid(data) && bytes.IndexByte(data, 0) < 0 && escaped == 0 {
		return data, ""
	}
	text, repair := clean(string(data))
	if repair == "" {
		repair = cleanReason(0, escaped)
	}
	return []byte(text), repair
}

// replaceNUL makes each \u0000 that is an escape \ufffd, in a copy.
func replaceNUL(data []byte) ([]byte, int) {
	data = bytes.Clone(data)
	n := 0
	for i := 0; i+1 < len(data); i++ {
		if data[i] != '\\' {
			continue
		}
		if bytes.HasPrefix(data[i:], []byte(`\u0000`)) {
			copy(data[i:], `\ufffd`)
			n++
		}
		i++ // the escaped character is no backslash of its own
	}
	return data, n
}

// decode makes a record of one object, nil for the head line.
func (r *jsonReader) decode(data []byte) (Record, error) {
	switch kind, err := typeOf(data); {
	case err != nil:
		return nil, err
	case kind == "article":
		return r.article(data)
	case kind == "comment":
		return r.comment(data)
	case kind == "hustings":
		return nil, checkHead(data)
	case kind == "":
		return nil, fieldError{"type", "is missing"}
	default:
		return nil, fieldError{"type", fmt.Sprintf("is %q, which is not known here", excerpt(kind))}
	}
}

// typeOf reads the type of an object; at the start, where we write it, that
// costs nothing.
func typeOf(data []byte) (string, error) {
	for _, kind := range []string{"comment", "article"} {
		if bytes.HasPrefix(data, []byte(`{"type":"`+kind+`"`)) {
			return kind, nil
		}
	}
	var head struct {
		Type string `json:"type"`
	}
	err := json.Unmarshal(data, &head)
	return head.Type, err
}

func checkHead(data []byte) error {
	var head struct {
		Version int `json:"version"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return err
	}
	if head.Version > version {
		return fieldError{"version", fmt.Sprintf("is %d; this program understands versions up to %d and reads on as far as it can", head.Version, version)}
	}
	return nil
}

// fieldError is a field whose value cannot be used.
type fieldError struct{ field, what string }

func (e fieldError) Error() string { return fmt.Sprintf("%q %s.", e.field, e.what) }

// refuse reports a line that gave no record.
func (r *jsonReader) refuse(data []byte, err error) error {
	p := Problem{
		File: r.src.Name, Line: r.no, Offset: r.offset, Refused: true, ID: idOf(data),
		Excerpt: excerpt(string(data)), Reason: err.Error(),
	}
	var syntax *json.SyntaxError
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax) && int(syntax.Offset) >= len(data):
		p.Column, p.Reason = len(data), "The line ends in the middle of its object."
	case errors.As(err, &syntax):
		p.Column, p.Reason = int(syntax.Offset), "The line is not a JSON object."
	case errors.As(err, &wrong) && wrong.Field == "":
		p.Reason = "The line is not a JSON object."
	case errors.As(err, &wrong):
		p.Column = int(wrong.Offset)
		p.Reason = fieldError{wrong.Field, "is a " + wrong.Value + "; something else is wanted"}.Error()
	}
	return r.emit(p)
}

// idOf is the id that a line has, damaged or not; "" for none.
func idOf(data []byte) string {
	if m := recordID.FindSubmatch(data); m != nil {
		id, _ := clean(string(m[1]) + string(m[2]))
		return id
	}
	return ""
}

func (r *jsonReader) problem(data []byte, reason string, refused bool) error {
	return r.emit(Problem{
		File: r.src.Name, Line: r.no, Offset: r.offset, ID: idOf(data),
		Reason: reason, Refused: refused, Excerpt: excerpt(string(data)),
	})
}
