package importer

import (
	"cmp"
	"context"
	"encoding/xml"
	"errors"
	"html"
	"io"
	"slices"
	"strings"
)

// maxElements bounds the children of one record and how deep they nest.
const maxElements = 100_000

// xmlScan finds the records of an XML file: elements of known names, wherever they
// stand. It holds one record at a time. Damage costs the record it is in: reading
// goes on where the next one seems to begin.
type xmlScan struct {
	in    *posReader
	names []string
	// inside tells the names that may also stand inside records, as references.
	inside map[string]bool
	dec    *xml.Decoder
	base   place // where dec began
	open   *element
	stack  []*element
	n      int
	root   string // the element around all records
	closed bool   // its end has been seen
	broken bool   // there was damage, which may have hidden it
}

// next gives the next record. A damaged one is an error of type *brokenRecord;
// io.EOF is the end of the file, anything else is an error of reading.
func (s *xmlScan) next() (*element, error) {
	for {
		if s.dec == nil {
			s.start()
		}
		at := s.place()
		token, err := s.dec.RawToken()
		if err != nil {
			return s.failed(err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			if done := s.startTag(t, at); done != nil {
				return done, nil
			}
		case xml.EndElement:
			if done := s.endTag(t.Name.Local); done != nil {
				return done, nil
			}
		case xml.CharData:
			s.add(&element{data: string(t)})
		}
	}
}

// brokenRecord is a record that could not be read to its end.
type brokenRecord struct {
	at     place
	reason string
	data   string
}

func (b *brokenRecord) Error() string { return b.reason }

func (s *xmlScan) start() {
	s.base = s.in.at
	s.dec = xml.NewDecoder(s.in)
	s.dec.Strict = false
	s.dec.Entity = xml.HTMLEntity
	// What the file declares has been undone by the filter.
	s.dec.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
}

// place is where the next token begins. The decoder may have read one byte more.
// How far that is from the beginning of the file only the filter knows, which
// changes bytes, but no lines.
func (s *xmlScan) place() place {
	line, column := s.dec.InputPos()
	p := place{line: s.base.line + line - 1, column: column, offset: -1}
	if line == 1 {
		p.column += s.base.column - 1
	}
	return p
}

func (s *xmlScan) startTag(t xml.StartElement, at place) *element {
	name := t.Name.Local
	e := &element{name: name, attrs: slices.Clone(t.Attr), at: at}
	begins := slices.Contains(s.names, name) && (s.open == nil || !s.inside[name] || s.open.name == name)
	switch {
	case begins:
		done := s.open // one whose end is missing ends where the next begins
		s.open, s.stack, s.n = e, append(s.stack[:0], e), 0
		s.in.begin(at, tagText(e))
		return done
	case s.open == nil && s.root == "":
		s.root = name
	case s.open != nil:
		s.add(e)
		if len(s.stack) < maxElements {
			s.stack = append(s.stack, e)
		}
	}
	return nil
}

// tagText is the tag with which a record begins, as text for excerpts.
func tagText(e *element) string {
	var b strings.Builder
	b.WriteString("<" + e.name)
	for _, a := range e.attrs {
		b.WriteString(" " + a.Name.Local + `="` + html.EscapeString(a.Value) + `"`)
	}
	b.WriteByte('>')
	return b.String()
}

func (s *xmlScan) add(e *element) {
	if s.open == nil || s.n >= maxElements {
		return
	}
	s.n++
	top := s.stack[len(s.stack)-1]
	top.kids = append(top.kids, e)
}

// endTag ends the innermost element of the name, and whatever is open inside it.
func (s *xmlScan) endTag(name string) *element {
	s.closed = s.closed || s.open == nil && name == s.root
	for i := len(s.stack) - 1; i >= 0; i-- {
		if s.stack[i].name != name {
			continue
		}
		if i > 0 {
			s.stack = s.stack[:i]
			return nil
		}
		done := s.open
		s.open, s.stack = nil, s.stack[:0]
		s.in.end()
		return done
	}
	return nil
}

// failed ends the decoder, which can go no further, and finds the next record.
func (s *xmlScan) failed(err error) (*element, error) {
	open := s.open
	syntax, isSyntax := errors.AsType[*xml.SyntaxError](err)
	atEnd := errors.Is(err, io.EOF) || isSyntax && strings.HasPrefix(syntax.Msg, "unexpected EOF")
	broken := &brokenRecord{at: s.place(), reason: "The file is damaged here; reading goes on with the next record."}
	s.dec, s.open, s.stack = nil, nil, nil
	switch {
	case atEnd && open == nil:
		s.in.end()
		if s.root != "" && !s.closed && !s.broken {
			return nil, io.ErrUnexpectedEOF
		}
		return nil, io.EOF
	case atEnd:
		broken.reason = "The file ends in the middle of this record."
	case errors.Is(err, errLongRecord):
		broken.reason = errLongRecord.Error()
	case !isSyntax:
		s.in.end()
		return nil, err
	}
	s.broken = true
	if open != nil {
		broken.at = open.at
		broken.data = string(s.in.since[:min(len(s.in.since), 4*maxExcerpt)])
		s.in.rewind(s.in.head)
	}
	if err := s.seek(); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return nil, broken
}

// seek goes to the next tag with which a record begins.
func (s *xmlScan) seek() error {
	var word []byte
	var from place
	tag := false
	for {
		at := s.in.at
		c, err := s.in.ReadByte()
		switch {
		case err != nil:
			return err
		case c == '<':
			word, tag, from = word[:0], true, at
			s.in.begin(from, "<")
		case !tag:
		case (c == ' ' || c == '>' || c == '/' || c == '\t' || c == '\n' || c == '\r') && slices.Contains(s.names, string(word)):
			s.in.rewind(0)
			return nil
		case len(word) > maxExcerpt || c <= ' ' || c == '>':
			tag = false
			s.in.end()
		default:
			word = append(word, c)
		}
	}
}

// eachXML reads the records of a file and reports the damaged ones.
func eachXML(ctx context.Context, f *foreign, names []string, inside map[string]bool, take func(*element) error) error {
	repairs := newTally(f.src.Name, f.emit)
	filter := newXMLFilter(f.src.R, repairs.note)
	f.starts = &filter.starts
	s := &xmlScan{in: newPosReader(filter), names: names, inside: inside}
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		e, err := s.next()
		broken, isBroken := errors.AsType[*brokenRecord](err)
		switch {
		case repairs.err != nil:
			return repairs.err
		case errors.Is(err, io.EOF):
			return repairs.close()
		case isBroken:
			err = f.refuse(broken.at, broken.reason, broken.data)
		case err != nil:
			return cmp.Or(f.refuse(s.in.at, readReason(err), ""), repairs.close())
		default:
			f.element = e
			err = take(e)
			f.element = nil
		}
		if err != nil {
			return err
		}
	}
}
