package importer

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// maxID is the longest portable id, in characters; the contract's number.
const maxID = 200

// The values that fields with a fixed choice may have.
var (
	articleStates  = []string{"published", "draft", "private", "scheduled"}
	articleReplies = []string{"open", "locked", "closed"}
	commentStates  = []string{"published", "held", "quarantined", "removed", "spam", "retracted", "erased"}
	commentKinds   = []string{string(KindComment), string(KindLinkBack), string(KindPlaceholder)}
	authorKinds    = []string{"imported", "guest", "member", "unknown"}
	branchStates   = []string{"", "removed", "locked"}
)

// articleLine is an article as the export writes it.
type articleLine struct {
	Type        string  `json:"type"`
	ID          *string `json:"id"`
	Slug        *string `json:"slug"`
	Title       *string `json:"title"`
	State       *string `json:"state"`
	Replies     *string `json:"replies"`
	SourceURL   *string `json:"source_url"`
	Author      *string `json:"author"`
	PublishedAt *string `json:"published_at"`
	BodyHTML    *string `json:"body_html"`
	BodyText    *string `json:"body_text"`
}

// commentLine is a comment as the export writes it.
type commentLine struct {
	Type       string  `json:"type"`
	Article    *string `json:"article"`
	ID         *string `json:"id"`
	Parent     given   `json:"parent"`
	Author     *string `json:"author"`
	AuthorKind *string `json:"author_kind"`
	CreatedAt  *string `json:"created_at"`
	EditedAt   *string `json:"edited_at"`
	State      *string `json:"state"`
	Branch     *string `json:"branch"`
	Kind       *string `json:"kind"`
	SourceText *string `json:"source_text"`
	BodyHTML   *string `json:"body_html"`
	BodyText   *string `json:"body_text"`
}

// article reads an article; its slug is what comments call it by.
func (r *jsonReader) article(data []byte) (Record, error) {
	var l articleLine
	if err := json.Unmarshal(data, &l); err != nil {
		return nil, err
	}
	var f fields
	a := Article{
		Key: f.required("slug", l.Slug), ID: f.id("id", l.ID),
		Slug: deref(l.Slug), Title: f.required("title", l.Title),
		Author: known(l.Author), PublishedAt: f.time("published_at", l.PublishedAt),
		SourceURL: known(l.SourceURL),
		State:     f.oneOf("state", l.State, articleStates),
		Replies:   f.oneOf("replies", l.Replies, articleReplies),
		BodyHTML:  deref(l.BodyHTML), BodyText: deref(l.BodyText),
		File: r.src.Name, Line: r.no,
	}
	return a, f.err
}

// comment reads a comment. Its place among its siblings is that of its line.
func (r *jsonReader) comment(data []byte) (Record, error) {
	var l commentLine
	if err := json.Unmarshal(data, &l); err != nil {
		return nil, err
	}
	var f fields
	c := Comment{
		ArticleKey: f.required("article", l.Article),
		Key:        f.required("id", l.ID), ID: f.id("id", l.ID), ParentKey: f.id("parent", l.Parent.value),
		Kind:   Kind(f.oneOf("kind", l.Kind, commentKinds)),
		Author: known(l.Author), AuthorKind: f.authorKind(l),
		CreatedAt: f.time("created_at", l.CreatedAt), EditedAt: f.time("edited_at", l.EditedAt),
		State: f.oneOf("state", l.State, commentStates), Branch: f.oneOf("branch", l.Branch, branchStates),
		SourceText: l.SourceText, BodyHTML: l.BodyHTML, BodyText: l.BodyText,
		Ordinal: int64(r.no), File: r.src.Name, Line: r.no,
	}
	switch c.Kind {
	case KindPlaceholder:
		c.Author, c.BodyHTML, c.BodyText = nil, nil, nil
	case KindLinkBack:
		c.ParentKey = ""
		f.body(l)
	default:
		f.body(l)
	}
	if !l.Parent.named {
		// null answers the article; a line that says nothing may have lost it.
		f.fail("parent", "is missing; null stands for none")
	}
	return c, f.err
}

// given is a string that tells null from not being there at all.
type given struct {
	named bool
	value *string
}

// UnmarshalJSON is called only where the line has the field.
func (g *given) UnmarshalJSON(data []byte) error {
	g.named = true
	return json.Unmarshal(data, &g.value)
}

// fields takes values out of a line and keeps the first thing wrong with one.
type fields struct{ err error }

func (f *fields) fail(field, what string) {
	if f.err == nil {
		f.err = fieldError{field, what}
	}
}

func (f *fields) required(field string, value *string) string {
	if value == nil || strings.TrimSpace(*value) == "" {
		f.fail(field, "is missing")
	}
	return deref(value)
}

// id reads a portable id; "" and null mean none.
func (f *fields) id(field string, value *string) string {
	if utf8.RuneCountInString(deref(value)) > maxID {
		f.fail(field, fmt.Sprintf("is longer than %d characters", maxID))
	}
	return deref(value)
}

// oneOf reads a fixed choice; the first of known is meant where none is given.
func (f *fields) oneOf(field string, value *string, known []string) string {
	if value == nil {
		return known[0]
	}
	if !slices.Contains(known, *value) {
		f.fail(field, fmt.Sprintf("is %q; known are %s", excerpt(*value), strings.TrimPrefix(strings.Join(known, ", "), ", ")))
	}
	return *value
}

// authorKind is, where the file does not say, imported with a name and unknown
// without.
func (f *fields) authorKind(l commentLine) string {
	kind := f.oneOf("author_kind", l.AuthorKind, authorKinds)
	if known(l.Author) == nil && l.AuthorKind == nil {
		return "unknown"
	}
	return kind
}

func (f *fields) time(field string, value *string) *time.Time {
	if value == nil {
		return nil
	}
	t, err := time.Parse(time.RFC3339, *value)
	if err != nil || utc(t) == nil {
		f.fail(field, fmt.Sprintf("is %q, which is not a time like 2021-07-26T17:31:00Z", excerpt(*value)))
		return nil
	}
	return utc(t)
}

func (f *fields) body(l commentLine) {
	if l.BodyHTML == nil && l.BodyText == nil {
		f.fail("body_html", "and \"body_text\" are both missing")
	}
}

// known makes an empty name or address what it is: unknown.
func known(s *string) *string {
	if s == nil || strings.TrimSpace(*s) == "" {
		return nil
	}
	return s
}
