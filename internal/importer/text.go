package importer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"time"
	"unicode/utf8"
)

// Text reads what scrapers make of a blog article: its title, its paragraphs
// and, indented below, its thread.
//
//	Hedges                                  title: the first line
//
//	When should they be cut? Ours           article: paragraphs parted by
//	grows into the path.                    blank lines, a line end is one
//
//	  1. In March.                          a comment of depth 1
//
//	    1. Never in March: birds.           a reply: two more spaces
//
//	      Wait for August.                  its second paragraph
//
//	  2. Ask your neighbour first.
//
// A marker ("N. " or "• ") stands behind 2·depth spaces, the text of its
// comment behind 2·depth+2. In each list the scraper counted from 1 the
// comments that had any text. Hence a number is a marker only when it is the
// next of its list, or a 1 that begins a list. A comment without text left no
// trace except in its replies: they begin two levels below the line before, or
// they begin a second list where one exists; either way a placeholder stands
// in for their parent.
//
// Authors come in one of three styles, the same throughout a file: not at all;
// a first line "NAME says:"; or the name and then the date behind the text,
//
//	text, name, date:
//
//	  1. In March.
//
//	    Ann Gardener
//
//	    March 3, 2021 at 9:12 am
//
// where two blank lines before the date mean that nobody is named, and a name
// and a date alone are a comment whose text is empty.
//
// The work is done in this order, a file for each: bytes become lines
// (clean.go, textline.go); the lines of the site itself are told from those of
// people (textfurniture.go); the thread is found (textstart.go) and its tree
// grown (textthread.go); its style is recognised, and each comment's author, date
// and text are taken from its lines (textstyle.go); title, byline and body are
// taken from what stands before the thread (textarticle.go); all of it leaves as
// records (textrecords.go).
type Text struct{}

const (
	// maxTextBytes and maxTextLines bound what one article with its thread may
	// be, and so the memory to read it: the tree needs the whole file at once.
	// The longest threads known are below a tenth of that.
	maxTextBytes = 64 << 20
	maxTextLines = 1 << 20
)

// Name is the word for --format.
func (Text) Name() string { return "text" }

// partOfSite are endings of files that are text and lie beside articles in the
// folder of a site, but have none: its looks, its settings, its programs.
var partOfSite = map[string]bool{
	".css": true, ".scss": true, ".sass": true, ".less": true, ".js": true, ".mjs": true, ".ts": true, ".map": true,
	".json": true, ".yml": true, ".yaml": true, ".toml": true, ".ini": true, ".lock": true, ".csv": true, ".tsv": true,
	".php": true, ".rb": true, ".py": true, ".sh": true,
}

// Sniff takes every text that is not evidently something else, with more
// confidence where it has a thread.
func (Text) Sniff(name string, head []byte) int {
	start := bytes.TrimLeft(bytes.TrimPrefix(head, []byte(byteOrderMark)), " \t\r\n")
	switch {
	case len(start) == 0, binary(head):
		return 0
	case start[0] == '<', bytes.HasPrefix(start, []byte(`{"`)), bytes.HasPrefix(start, []byte(`[{`)):
		return 0
	case bytes.Contains(head, []byte("\n  1. ")):
		return 60
	case isMail(start):
		return 0
	case partOfSite[strings.ToLower(path.Ext(name))]:
		return 0
	}
	return 20
}

// isMail tells of a folder of mail, an mbox file.
func isMail(start []byte) bool {
	return bytes.HasPrefix(start, []byte("From ")) && bytes.Contains(start, []byte("\nMessage-ID: "))
}

// minForeign is from how many bytes on a text can be in the wrong encoding: a word or
// two prove nothing.
const minForeign = 16

// binary reports whether head looks like anything but text that can be read: NUL is in
// it and one byte in twenty or more is a control character, or one in ten is without
// NUL, or one in four is no UTF-8. In compressed or random data one in ten is a control
// character; a scrape damaged in a place or two has far fewer and is still read. Text
// in a Western encoding has an accent in ten letters at most; where every second byte
// is a foreign one, it is in Cyrillic, Japanese or the like, and Windows-1252 would
// make rubbish of it.
func binary(head []byte) bool {
	nul, controls, foreign := false, 0, 0
	for i, size := 0, 0; i < len(head); i += size {
		c := head[i]
		size = 1
		switch {
		case c >= utf8.RuneSelf:
			var r rune
			if r, size = utf8.DecodeRune(head[i:]); r == utf8.RuneError && size == 1 {
				foreign++
			}
		case c < ' ' && c != '\t' && c != '\n' && c != '\r':
			nul = nul || c == 0
			controls++
		}
	}
	return nul && controls*20 >= len(head) || controls*10 >= len(head) || foreign >= minForeign && foreign*4 > len(head)
}

// Read emits the article, then its comments, every parent before its children.
func (Text) Read(ctx context.Context, src Source, emit func(Record) error) error {
	p := &page{src: src, emit: emit}
	if err := p.readLines(ctx); err != nil {
		return err
	}
	if len(p.lines) == 0 {
		return p.problem(line{}, "The file has no text.", true)
	}
	start := findThread(p.lines, p.src.zone())
	p.readArticle(p.lines[:start])
	if err := emit(p.article); err != nil {
		return err
	}
	return p.readThread(ctx, p.lines[start:])
}

// page is one file on its way through the reader.
type page struct {
	src     Source
	emit    func(Record) error
	lines   []line
	article Article
}

// readLines splits the file into lines and reports those that had to be
// repaired to be text at all.
func (p *page) readLines(ctx context.Context) error {
	var b strings.Builder
	n, err := io.Copy(&b, io.LimitReader(p.src.R, maxTextBytes+1))
	if n > maxTextBytes {
		return fmt.Errorf("%s is larger than %d MiB, the most that one text file may be.", p.src.Name, maxTextBytes>>20)
	}
	rest := strings.TrimPrefix(b.String(), byteOrderMark)
	no, gap, at := int32(0), int32(0), int64(b.Len()-len(rest))
	for rest != "" {
		raw, after, _ := strings.Cut(rest, "\n")
		no++
		l, blank, err := p.readLine(strings.TrimSuffix(raw, "\r"), no, at)
		if err != nil {
			return err
		}
		size := int64(len(rest) - len(after))
		rest = after
		if blank {
			gap++
			at += size
			continue
		}
		l.at, l.no, l.gap, gap = at, no, gap, 0
		at += size
		p.lines = append(p.lines, l)
		if len(p.lines) > maxTextLines {
			return fmt.Errorf("%s has more than %d lines, the most that one text file may have.", p.src.Name, maxTextLines)
		}
	}
	if ctx.Err() != nil || err == nil {
		return ctx.Err()
	}
	return p.cut(no, at, err)
}

// readLine cleans and lexes one line, which begins at a byte of the file.
func (p *page) readLine(raw string, no int32, at int64) (line, bool, error) {
	text, repair := clean(raw)
	l, blank := lex(text)
	if repair == "" {
		return l, blank, nil
	}
	first := strings.IndexFunc(raw, func(r rune) bool { return r == utf8.RuneError || r == 0 })
	return l, blank, p.emit(Problem{File: p.src.Name, Line: int(no), Column: first + 1, Offset: at, Reason: repair, Excerpt: excerpt(text)})
}

// cut reports a file that broke off; what was read before is imported.
func (p *page) cut(no int32, at int64, err error) error {
	if errors.Is(err, errRatio) || errors.Is(err, errUnpacked) {
		return err
	}
	return p.problem(line{no: no, at: at}, readReason(err), true)
}

// problem emits a Problem on a line.
func (p *page) problem(l line, reason string, refused bool) error {
	return p.emit(Problem{
		File: p.src.Name, Line: int(l.no), Column: int(l.indent) + 1, Offset: l.at,
		Reason: reason, Refused: refused, Excerpt: excerpt(l.text),
	})
}

// utc makes a time of the source one of ours. One that RFC 3339 cannot write in
// UTC, at the very ends of the calendar, counts as unknown.
func utc(t time.Time) *time.Time {
	t = t.UTC()
	if t.Year() < 1 || t.Year() > 9999 {
		return nil
	}
	return &t
}
