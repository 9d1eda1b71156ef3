package importer

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"strings"
)

// jsonEntry is an item of a JSON Feed.
type jsonEntry struct {
	ID            any
	URL           string
	Title         string
	ContentHTML   string     `json:"content_html"`
	ContentText   string     `json:"content_text"`
	Summary       string     `json:"summary"`
	DatePublished string     `json:"date_published"`
	Author        *jsonName  // version 1
	Authors       []jsonName // version 1.1
}

type jsonName struct{ Name string }

// readJSON reads a JSON Feed, which is held in memory and may have maxInner bytes.
func (f *feed) readJSON(ctx context.Context) error {
	data, err := io.ReadAll(io.LimitReader(f.src.R, maxInner+1))
	at := place{line: 1, column: 1}
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return f.refuse(at, readReason(err), "")
	case len(data) > maxInner:
		return f.refuse(at, "A JSON Feed may have at most 32 MiB.", "")
	}
	data = bytes.TrimPrefix(data, []byte(byteOrderMark))
	dec := json.NewDecoder(bytes.NewReader(data))
	counted := int64(0)
	here := func() place {
		at.line += bytes.Count(data[counted:dec.InputOffset()], newline)
		counted = dec.InputOffset()
		return at
	}
	damaged := func() error { return f.refuse(here(), "The file is damaged here; what follows is left out.", "") }
	if _, err := dec.Token(); err != nil {
		return damaged()
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return damaged()
		}
		if key != "items" {
			var other json.RawMessage
			if dec.Decode(&other) != nil {
				return damaged()
			}
			continue
		}
		if open, err := dec.Token(); err != nil || open != json.Delim('[') {
			return damaged()
		}
		for dec.More() {
			var raw json.RawMessage
			if dec.Decode(&raw) != nil {
				return damaged()
			}
			end := here()
			end.line -= bytes.Count(raw, newline)
			if err := f.jsonItem(end, raw); err != nil {
				return err
			}
		}
		if _, err := dec.Token(); err != nil {
			return damaged()
		}
	}
	if _, err := dec.Token(); err != nil {
		return damaged()
	}
	return nil
}

func (f *feed) jsonItem(at place, raw json.RawMessage) error {
	var e jsonEntry
	if json.Unmarshal(raw, &e) != nil {
		return f.refuse(at, "The item is not what a JSON Feed holds.", string(raw[:min(len(raw), 4*maxExcerpt)]))
	}
	for _, s := range []*string{&e.URL, &e.Title, &e.ContentHTML, &e.ContentText, &e.Summary} {
		*s, _ = clean(*s)
	}
	published, err := f.time(at, e.DatePublished, feedTimes...)
	if err != nil {
		return err
	}
	a := Article{Title: pageTitle(e.Title, e.URL), PublishedAt: published, SourceURL: f.address(e.URL, ""), Site: feedHost(e.URL),
		State: "published", Replies: "open", BodyHTML: e.ContentHTML, File: f.src.Name, Line: at.line}
	if id, ok := e.ID.(string); ok {
		a.Key, _ = clean(strings.TrimSpace(id))
	}
	if a.BodyHTML == "" {
		a.BodyText = e.ContentText
	}
	if a.BodyHTML+a.BodyText == "" {
		a.BodyText = e.Summary
	}
	if e.Author != nil && len(e.Authors) == 0 {
		e.Authors = []jsonName{*e.Author}
	}
	var names []string
	for _, n := range e.Authors {
		if n.Name != "" {
			names = append(names, n.Name)
		}
	}
	joined, _ := clean(strings.Join(names, ", "))
	a.Author, _ = author(joined)
	return f.article(at, a)
}
