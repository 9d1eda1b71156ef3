// Package exporter writes what the site holds in formats others can read. It
// is pure: it is handed values and a writer, and reads neither the database
// nor the clock.
package exporter

import (
	"bufio"
	"io"
	"strconv"
	"time"
	"unicode/utf8"
)

// Article is one article line.
type Article struct {
	ID          string // portable id
	Slug, Title string
	State       string // published, draft, private or scheduled
	Replies     string // open, locked or closed
	SourceURL   *string
	Author      *string // displayed name, verbatim
	PublishedAt *time.Time
	BodyHTML    string
	Comments    int // published comments outside removed branches; no stubs, no link-backs
	Standfirst  string
	BodyText    string
}

// Comment is one comment line.
type Comment struct {
	Article    string // its article's slug
	ID         string // portable id
	Parent     *string
	Path       *string // nil for link-backs, which are in no tree
	Depth      int     // top level and link-backs: 1
	Author     *string // displayed name, verbatim
	AuthorKind string  // imported, guest, member or unknown
	CreatedAt  *time.Time
	EditedAt   *time.Time
	State      string  // published, held, quarantined, removed, spam, retracted or erased
	Branch     *string // removed, locked or nil
	Kind       string  // comment, link_back or placeholder
	SourceText *string
	BodyHTML   string
	BodyText   *string // nil only for placeholders
}

// JSONL writes JSON Lines: one object a line, fields in a fixed order, UTF-8
// unescaped, times in RFC 3339 UTC, null where nothing is known. The same
// values always give the same bytes. The first error sticks and is returned
// by every later call.
type JSONL struct {
	w   *bufio.Writer
	buf []byte
	err error
}

// NewJSONL starts an export with its head line. Close it when done.
func NewJSONL(w io.Writer) *JSONL {
	j := &JSONL{w: bufio.NewWriterSize(w, 64<<10)}
	j.line(append(j.buf[:0], `{"type":"hustings","version":1}`...)) //nolint:errcheck // the buffer takes it; Close tells of what follows
	return j
}

// Article writes one article.
func (j *JSONL) Article(a Article) error {
	b := append(j.buf[:0], `{"type":"article"`...)
	b = appendField(b, "id", &a.ID)
	b = appendField(b, "slug", &a.Slug)
	b = appendField(b, "title", &a.Title)
	b = appendField(b, "state", &a.State)
	b = appendField(b, "replies", &a.Replies)
	b = appendField(b, "source_url", a.SourceURL)
	b = appendField(b, "author", a.Author)
	b = appendTime(b, "published_at", a.PublishedAt)
	b = appendField(b, "body_html", &a.BodyHTML)
	b = appendInt(b, "comments", a.Comments)
	return j.line(append(b, '}'))
}

// Comment writes one comment.
func (j *JSONL) Comment(c Comment) error {
	b := append(j.buf[:0], `{"type":"comment"`...)
	b = appendField(b, "article", &c.Article)
	b = appendField(b, "id", &c.ID)
	b = appendField(b, "parent", c.Parent)
	b = appendField(b, "path", c.Path)
	b = appendInt(b, "depth", c.Depth)
	b = appendField(b, "author", c.Author)
	b = appendField(b, "author_kind", &c.AuthorKind)
	b = appendTime(b, "created_at", c.CreatedAt)
	b = appendTime(b, "edited_at", c.EditedAt)
	b = appendField(b, "state", &c.State)
	b = appendField(b, "branch", c.Branch)
	b = appendField(b, "kind", &c.Kind)
	b = appendField(b, "source_text", c.SourceText)
	b = appendField(b, "body_html", &c.BodyHTML)
	b = appendField(b, "body_text", c.BodyText)
	return j.line(append(b, '}'))
}

// Close writes what is still buffered. It does not close the writer below.
func (j *JSONL) Close() error {
	if j.err == nil {
		j.err = j.w.Flush()
	}
	return j.err
}

// line writes one object and its line end, and keeps the buffer for the next.
func (j *JSONL) line(b []byte) error {
	b = append(b, '\n')
	j.buf = b
	if j.err == nil {
		_, j.err = j.w.Write(b)
	}
	return j.err
}

func appendName(b []byte, name string) []byte {
	b = append(b, ',', '"')
	b = append(b, name...)
	return append(b, '"', ':')
}

// appendField adds a string, or null for nil.
func appendField(b []byte, name string, value *string) []byte {
	b = appendName(b, name)
	if value == nil {
		return append(b, "null"...)
	}
	return appendString(b, *value)
}

func appendInt(b []byte, name string, value int) []byte {
	return strconv.AppendInt(appendName(b, name), int64(value), 10)
}

func appendTime(b []byte, name string, value *time.Time) []byte {
	b = appendName(b, name)
	if value == nil {
		return append(b, "null"...)
	}
	b = append(b, '"')
	b = value.UTC().AppendFormat(b, time.RFC3339Nano)
	return append(b, '"')
}

// appendString quotes s, escaping only what JSON demands: the quote, the
// backslash and control characters. encoding/json would also escape <, >, &
// and the line separators, which makes exports harder to read and to compare.
// Invalid bytes become U+FFFD.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c < utf8.RuneSelf && c != '"' && c != '\\' {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if r != utf8.RuneError || n > 1 {
				i += n
				continue
			}
		}
		b = append(b, s[start:i]...)
		b = appendEscape(b, c)
		i++
		start = i
	}
	b = append(b, s[start:]...)
	return append(b, '"')
}

// appendEscape writes the one byte that may not stand as it is.
func appendEscape(b []byte, c byte) []byte {
	const hexDigits = "0123456789abcdef"
	switch c {
	case '"', '\\':
		return append(b, '\\', c)
	case '\n':
		return append(b, '\\', 'n')
	case '\r':
		return append(b, '\\', 'r')
	case '\t':
		return append(b, '\\', 't')
	}
	if c >= utf8.RuneSelf {
		return append(b, "\uFFFD"...)
	}
	return append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&0xf])
}
