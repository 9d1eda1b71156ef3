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
	start := place{line: 1, column: 1}
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return f.refuse(start, readReason(err), "")
	case len(data) > maxInner:
		return f.refuse(start, "A JSON Feed may have at most 32 MiB.", "")
	}
	data = bytes.TrimPrefix(data, []byte(byteOrderMark))
	j := &jsonFeed{feed: f, data: data, dec: json.NewDecoder(bytes.NewReader(data)), at: start}
	if err := j.read(); err != nil || !j.damaged {
		return err
	}
	return f.refuse(j.here(), "The file is damaged here; what follows is left out.", "")
}

// jsonFeed walks through a JSON Feed and stops where it is damaged.
type jsonFeed struct {
	feed    *feed
	data    []byte
	dec     *json.Decoder
	at      place
	counted int64 // bytes whose lines are in at
	damaged bool
}

// here is the place of the decoder.
func (j *jsonFeed) here() place {
	j.at.line += bytes.Count(j.data[j.counted:j.dec.InputOffset()], newline)
	j.counted = j.dec.InputOffset()
	start := bytes.LastIndexByte(j.data[:j.counted], '\n') + 1
	j.at.column, j.at.offset = int(j.counted)-start+1, j.counted
	return j.at
}

// token reads the next token; false where the file is damaged.
func (j *jsonFeed) token() (json.Token, bool) {
	token, err := j.dec.Token()
	j.damaged = j.damaged || err != nil
	return token, err == nil
}

// raw reads the next value whole; false where the file is damaged.
func (j *jsonFeed) raw() (value json.RawMessage, ok bool) {
	if j.dec.Decode(&value) != nil {
		j.damaged = true
	}
	return value, !j.damaged
}

// read goes through the feed's fields; all but its items are passed over.
func (j *jsonFeed) read() error {
	if _, ok := j.token(); !ok {
		return nil
	}
	for j.dec.More() {
		key, ok := j.token()
		if !ok {
			return nil
		}
		if key == "items" {
			if err := j.items(); err != nil || j.damaged {
				return err
			}
		} else if _, ok := j.raw(); !ok {
			return nil
		}
	}
	j.token()
	return nil
}

// items reads the list of articles.
func (j *jsonFeed) items() error {
	open, ok := j.token()
	if !ok || open != json.Delim('[') {
		j.damaged = true
		return nil
	}
	for j.dec.More() {
		raw, ok := j.raw()
		if !ok {
			return nil
		}
		from := j.here()
		from.line -= bytes.Count(raw, newline)
		if err := j.feed.jsonItem(from, raw); err != nil {
			return err
		}
	}
	j.token()
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
	a := Article{Title: pageTitle(e.Title, e.URL), PublishedAt: published, SourceURL: f.address(e.URL, ""), Site: siteName(blogBase("", e.URL)),
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
