package importer

import (
	"cmp"
	"context"
)

// ReadRecords is f.Read for what is imported: the records are those of Source.Emit,
// and texts of theirs that were encoded twice are put right, each by itself and each
// with a finding, unless src.Verbatim is set.
//
// Keys were made before that, so that a comment keeps its key whether its text is put
// right or not.
func ReadRecords(ctx context.Context, f Format, src Source, emit func(Record) error) error {
	if src.Verbatim || knowsMojibake(f) {
		return f.Read(ctx, src, src.Emit(emit))
	}
	r := &righter{tally: newTally(src.Name, emit), emit: emit}
	if err := f.Read(ctx, src, src.Emit(r.take)); err != nil {
		return err
	}
	return r.tally.close()
}

// knowsMojibake tells of formats whose records are not looked at again. Our own lines
// lose nothing, so that what looks wrong in them is meant. The others put their fields
// right as they stand in the file: references in them, once read, would hide that a
// text was encoded twice, and keys of articles are made of titles put right.
func knowsMojibake(f Format) bool {
	switch f.(type) {
	case JSONL, WXR, HTML:
		return true
	}
	return false
}

// righter puts the texts of records right on their way.
type righter struct {
	tally *tally
	emit  func(Record) error
	line  int // of the record
	fixed bool
}

func (r *righter) take(record Record) error {
	r.fixed = false
	switch c := record.(type) {
	case Article:
		if r.article(&c); r.fixed {
			record = c
		}
	case Comment:
		if r.comment(&c); r.fixed {
			record = c
		}
	}
	if r.tally.err != nil {
		return r.tally.err
	}
	return r.emit(record)
}

func (r *righter) article(a *Article) {
	r.line = a.Line
	r.text(&a.Title)
	r.text(&a.Slug)
	r.text(&a.Standfirst)
	r.said(&a.Author)
	r.html(&a.BodyHTML)
	r.text(&a.BodyText)
	r.text(&a.BodyMarkdown)
}

func (r *righter) comment(c *Comment) {
	r.line = c.Line
	r.said(&c.Author)
	r.said(&c.SourceText)
	r.said(&c.BodyText)
	if c.BodyHTML != nil && encodedTwice(*c.BodyHTML) {
		body := *c.BodyHTML
		r.html(&body)
		c.BodyHTML = &body
	}
}

// said is text for what may be unknown. Records share what they point to with their
// readers, so that it stays as it is.
func (r *righter) said(s **string) {
	if *s == nil || !encodedTwice(**s) {
		return
	}
	right := **s
	r.text(&right)
	*s = &right
}

func (r *righter) text(s *string) {
	right, fixed := demojibake(*s)
	if fixed {
		r.note(right)
		*s = right
	}
}

func (r *righter) html(s *string) {
	right, fixed := demojibake(*s)
	if fixed {
		r.note(cmp.Or(htmlText(right[:min(len(right), 4*maxExcerpt)]), right))
		*s = right
	}
}

// note lists a repair by the line of its record, which is all that is known here.
func (r *righter) note(right string) {
	r.fixed = true
	r.tally.note(cursor{line: r.line, start: -1, off: -2}, fixedMojibake, right)
}
