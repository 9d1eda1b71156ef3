package importer

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
)

// jsonScan finds the records of a JSON file: objects at known places in it,
// whatever else is there. It holds one record at a time. Damage costs the record
// it is in: reading goes on where the next one begins.
type jsonScan struct {
	in *posReader
	// record tells which objects are records by their path: "" is the file
	// itself (or each of several written one after the other), ".comments[]" an
	// element of its list of comments.
	record func(path string) bool
	stack  []jsonLevel
	first  map[string][]string // of each path: the names that its records begin with
}

// jsonLevel is an object or a list that has begun.
type jsonLevel struct {
	list bool
	key  string // of an object: the name read last
}

// jsonRecord is one object.
type jsonRecord struct {
	path   string
	data   []byte // good until the next call
	at     place
	broken error // the record is damaged: not valid JSON, or too long
}

func newJSONScan(r io.Reader, record func(path string) bool) *jsonScan {
	in, ok := r.(*posReader)
	if !ok {
		in = newPosReader(r)
	}
	return &jsonScan{in: in, record: record, first: map[string][]string{}}
}

// next gives the next record. The error is io.EOF or that of the file.
func (s *jsonScan) next() (jsonRecord, error) {
	for {
		at := s.in.at
		c, err := s.in.ReadByte()
		if err != nil {
			return jsonRecord{}, err
		}
		switch c {
		case '"':
			if err := s.name(); err != nil {
				return jsonRecord{}, err
			}
		case '{':
			if path := s.path(); s.record(path) {
				return s.capture(path, at)
			}
			s.push(jsonLevel{})
		case '[':
			// Where records stand, a list is damage: it would hide all that follow.
			if !s.record(s.path()) {
				s.push(jsonLevel{list: true})
			}
		case '}', ']':
			// One that closes nothing is damage, and passed over.
			n := len(s.stack)
			if n == 0 || s.stack[n-1].list != (c == ']') {
				continue
			}
			on, err := s.goesOn()
			if err != nil {
				return jsonRecord{}, err
			}
			if !on {
				s.stack = s.stack[:n-1]
			}
		}
	}
}

// goesOn tells whether what seems to be the end of a list of records is none: behind
// that stands the end of what the list is in, or the next name.
func (s *jsonScan) goesOn() (bool, error) {
	n := len(s.stack)
	if n < 2 || !s.stack[n-1].list || s.stack[n-2].list || !s.record(s.path()) {
		return false, nil
	}
	s.in.begin(s.in.at, "")
	defer s.in.rewind(0)
	comma := false
	for range maxJSONName {
		c, err := s.in.ReadByte()
		switch {
		case errors.Is(err, io.EOF):
			return false, nil
		case err != nil:
			return false, err
		case c == ' ', c == '\t', c == '\n', c == '\r':
		case c == ',' && !comma:
			comma = true
		default:
			return c != '}' && c != ']' && (c != '"' || !comma), nil
		}
	}
	return false, nil
}

// maxJSONDepth is how deep a file may nest outside its records; what is deeper is
// passed over.
const maxJSONDepth = 64

func (s *jsonScan) push(l jsonLevel) {
	if len(s.stack) < maxJSONDepth {
		s.stack = append(s.stack, l)
	}
}

func (s *jsonScan) path() string {
	var b strings.Builder
	for _, l := range s.stack {
		if l.list {
			b.WriteString("[]")
		} else {
			b.WriteString("." + l.key)
		}
	}
	return b.String()
}

// maxJSONName is the longest name of a field that is remembered.
const maxJSONName = 64

// name reads a string outside the records. In an object it may be a name or a
// value; a value does no harm, since the next name comes before the next record.
func (s *jsonScan) name() error {
	var name []byte
	for {
		c, err := s.in.ReadByte()
		if err != nil {
			return err
		}
		if c == '"' || c == '\n' {
			break
		}
		if c == '\\' {
			if c, err = s.in.ReadByte(); err != nil {
				return err
			}
		}
		if len(name) < maxJSONName {
			name = append(name, c)
		}
	}
	if n := len(s.stack); n > 0 && !s.stack[n-1].list {
		s.stack[n-1].key = string(name)
	}
	return nil
}

// capture reads a record whose brace has been read.
func (s *jsonScan) capture(path string, at place) (jsonRecord, error) {
	s.in.begin(at, "{")
	err := s.balance()
	r := jsonRecord{path: path, data: s.in.since, at: at}
	if err == nil && json.Valid(r.data) {
		s.learn(path, r.data)
		s.in.end()
		return r, nil
	}
	switch {
	case errors.Is(err, errLongRecord):
		r.broken = errLongRecord
		s.in.end()
		return r, nil
	case err != nil && !errors.Is(err, io.EOF):
		s.in.end()
		return r, err
	}
	r.broken = errBrokenJSON
	s.learn(path, r.data)
	r.data = r.data[:s.restart(path, r.data)]
	return r, nil
}

var errBrokenJSON = errors.New("The record is not whole JSON.")

// balance reads to the end of the object that has begun. A line break in a string
// is damage: JSON has none there.
func (s *jsonScan) balance() error {
	closers := []byte{'}'}
	quoted := false
	for len(closers) > 0 {
		c, err := s.in.ReadByte()
		if err != nil {
			return err
		}
		switch {
		case quoted && c == '\\':
			if _, err := s.in.ReadByte(); err != nil {
				return err
			}
		case c == '"':
			quoted = !quoted
		case quoted && c == '\n':
			return nil
		case quoted:
		case c == '{':
			closers = append(closers, '}')
		case c == '[':
			closers = append(closers, ']')
		case c == '}' || c == ']':
			if closers[len(closers)-1] != c {
				return nil
			}
			closers = closers[:len(closers)-1]
		}
	}
	return nil
}

var firstName = regexp.MustCompile(`^\{\s*"([A-Za-z0-9_]{1,64})"`)

// maxFirst bounds what is learned of one path: records of a kind begin alike.
const maxFirst = 4

// learn notes what the records of a path begin with.
func (s *jsonScan) learn(path string, data []byte) {
	if len(s.first[path]) >= maxFirst {
		return
	}
	if m := firstName.FindSubmatch(data); m != nil && !slices.Contains(s.first[path], string(m[1])) {
		s.first[path] = append(s.first[path], string(m[1]))
	}
}

// restart goes back to where the next record seems to begin inside a damaged one,
// and gives that place in data; without one, reading goes on behind it.
func (s *jsonScan) restart(path string, data []byte) int {
	if first := s.first[path]; len(first) > 0 {
		names := make([]string, len(first))
		for i, name := range first {
			names[i] = regexp.QuoteMeta(name)
		}
		next := regexp.MustCompile(`\{\s*"(` + strings.Join(names, "|") + `)"\s*:`)
		if at := next.FindIndex(data[1:]); at != nil {
			s.in.rewind(1 + at[0])
			return 1 + at[0]
		}
	}
	s.in.end()
	return len(data)
}

// eachJSON reads the records of a file and reports the damaged ones.
func eachJSON(ctx context.Context, f *foreign, record func(path string) bool, take func(jsonRecord) error) error {
	s := newJSONScan(f.src.R, record)
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		r, err := s.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return f.refuse(s.in.at, readReason(err), "")
		}
		if r.broken != nil {
			err = f.refuse(r.at, r.broken.Error(), string(r.data))
		} else {
			err = f.cleanRecord(r, take)
		}
		if err != nil {
			return err
		}
	}
}

// cleanRecord repairs the bytes of a record before it is taken.
func (f *foreign) cleanRecord(r jsonRecord, take func(jsonRecord) error) error {
	text, repair := cleanJSON(r.data)
	if repair != "" {
		if err := f.note(r.at, repair, string(text)); err != nil {
			return err
		}
	}
	r.data, f.data = text, text
	defer func() { f.data = nil }()
	return take(r)
}

// within reads the records inside another one, at a path in it.
func (f *foreign) within(r jsonRecord, path string, take func(jsonRecord) error) error {
	s := newJSONScan(bytes.NewReader(r.data), func(p string) bool { return p == path })
	s.in.at = r.at
	for {
		inner, err := s.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = take(inner)
		}
		if err != nil {
			return err
		}
	}
}

// decode reads a record into v. False means that it was refused.
func (f *foreign) decode(r jsonRecord, v any) (ok bool, err error) {
	if err := json.Unmarshal(r.data, v); err != nil {
		reason := errBrokenJSON.Error()
		if wrong, is := errors.AsType[*json.UnmarshalTypeError](err); is {
			reason = fieldError{wrong.Field, "is of the wrong kind (" + wrong.Value + ")"}.Error()
		}
		return false, f.refuse(r.at, reason, string(r.data))
	}
	return true, nil
}

// loose is a string that some files write as a number or as nothing.
type loose string

// UnmarshalJSON is json.Unmarshaler's.
func (l *loose) UnmarshalJSON(data []byte) error {
	if data[0] == '"' {
		return json.Unmarshal(data, (*string)(l))
	}
	if data[0] == '{' || data[0] == '[' {
		return &json.UnmarshalTypeError{Value: "list or object"}
	}
	if string(data) != "null" {
		*l = loose(data)
	}
	return nil
}
