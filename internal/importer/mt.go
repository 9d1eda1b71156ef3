package importer

import (
	"bytes"
	"context"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"
)

// MovableType reads the text export of Movable Type and TypePad: lines "KEY: value",
// then sections (body, comments, pings) that end with "-----"; an entry ends with
// "--------". Comments have no ids and answer nobody; times have no zone.
type MovableType struct{}

// Name is the word for --format.
func (MovableType) Name() string { return "mt" }

var (
	mtKey     = regexp.MustCompile(`^(TITLE|AUTHOR|BASENAME|STATUS|DATE|ALLOW COMMENTS|ALLOW PINGS|CONVERT BREAKS|PRIMARY CATEGORY|CATEGORY|TAGS|UNIQUE URL|IMAGE|NO ENTRY): ?`)
	mtSection = regexp.MustCompile(`^(BODY|EXTENDED BODY|EXCERPT|KEYWORDS|COMMENT|PING|REPLY):\s*$`)
	mtBody    = regexp.MustCompile(`(?m)^-----\r?\n(BODY|EXTENDED BODY|EXCERPT|KEYWORDS|COMMENT|PING):\s*$`)
	mtHead    = regexp.MustCompile(`^(AUTHOR|EMAIL|IP|URL|DATE|TITLE|BLOG NAME): ?`)
)

// Sniff looks for a first line with one of its keys and for the beginning of a
// section.
func (MovableType) Sniff(_ string, head []byte) int {
	start := bytes.TrimLeft(bytes.TrimPrefix(head, []byte(byteOrderMark)), " \t\r\n")
	switch {
	case !mtKey.Match(start):
		return 0
	case mtBody.Match(start):
		return 92
	}
	return 0
}

// Read emits each entry with its comments as they come.
func (MovableType) Read(ctx context.Context, src Source, emit func(Record) error) error {
	m := &movable{foreign: newForeign(src, emit), in: newLineReader(src.R), keys: map[string]string{}}
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		more, err := m.entry()
		if err != nil {
			return err
		}
		if !more {
			return m.end()
		}
	}
}

// end tells of a file that ends in the middle of an entry.
func (m *movable) end() error {
	if m.entries > 0 && m.last != mtEndEntry {
		if err := m.refuse(m.lastAt, readReason(io.ErrUnexpectedEOF), m.last); err != nil {
			return err
		}
	}
	return m.finish()
}

const (
	mtEndSection = "-----"
	mtEndEntry   = "--------"
	// maxMTBytes bounds the text of one section that is held.
	maxMTBytes = maxRecord
)

// movable is one file being read.
type movable struct {
	*foreign
	in      lineReader
	repairs int
	entries int
	last    string // the last line that is not blank
	lastAt  place
	keys    map[string]string // of the articles so far: when and as what each came
}

// mtEntry is an entry as far as it has been read.
type mtEntry struct {
	at             place
	fields         map[string]string
	body, extended string
	emitted        bool
	key            string
	seen           repeats
	ordinal        int64
}

// entry reads one entry. False is the end of the file.
func (m *movable) entry() (more bool, err error) {
	e := &mtEntry{fields: map[string]string{}}
	if more, err = m.head(e); !more || err != nil {
		return false, err
	}
	for {
		name, at, err := m.sectionName()
		if err != nil {
			return false, err
		}
		if name == "" {
			break
		}
		lines, err := m.section()
		if err != nil {
			return false, err
		}
		if err := m.take(e, name, at, lines); err != nil {
			return false, err
		}
	}
	return true, m.article(e)
}

// head reads the lines "KEY: value" up to the first section. Other lines are
// passed over, and so are empty entries.
func (m *movable) head(e *mtEntry) (bool, error) {
	for {
		line, at, ok, err := m.line()
		switch {
		case err != nil || !ok:
			return len(e.fields) > 0, err
		case line == mtEndSection && len(e.fields) > 0:
			return true, nil
		case line == mtEndEntry && len(e.fields) > 0:
			m.in.unread()
			return true, nil
		}
		match := mtKey.FindStringSubmatch(line)
		if match == nil {
			continue
		}
		if len(e.fields) == 0 {
			e.at = at
		}
		if _, known := e.fields[match[1]]; !known {
			e.fields[match[1]] = strings.TrimSpace(line[len(match[0]):])
		}
	}
}

// sectionName reads the first line of a section, "" at the end of the entry.
func (m *movable) sectionName() (string, place, error) {
	for {
		line, at, ok, err := m.line()
		switch {
		case err != nil || !ok || line == mtEndEntry:
			return "", at, err
		case mtSection.MatchString(line):
			return strings.TrimRight(line, ": \t"), at, nil
		}
	}
}

// section reads the lines of a section. A line of dashes that nothing known
// follows is text: authors draw lines, too.
func (m *movable) section() ([]string, error) {
	var lines []string
	size := 0
	for {
		line, _, ok, err := m.line()
		if err != nil || !ok {
			return lines, err
		}
		if (line == mtEndSection || line == mtEndEntry) && m.ends(line) {
			if line == mtEndEntry {
				m.in.unread()
			}
			return lines, nil
		}
		if size += len(line) + 1; size <= maxMTBytes {
			lines = append(lines, line)
		}
	}
}

// ends tells whether a line of dashes is a separator, by what follows it.
func (m *movable) ends(dashes string) bool {
	switch next := m.in.peekWord(); {
	case next == "", next == mtEndEntry:
		return true
	case dashes == mtEndEntry:
		return mtKey.MatchString(next)
	default:
		return mtSection.MatchString(next)
	}
}

// line reads a line and repairs its bytes.
func (m *movable) line() (string, place, bool, error) {
	data, at, err := m.in.next()
	if errors.Is(err, io.EOF) {
		return "", at, false, nil
	}
	if err != nil {
		return "", at, false, m.refuse(at, readReason(err), "")
	}
	text, repair := clean(data)
	if strings.TrimSpace(text) != "" {
		m.last, m.lastAt = strings.TrimSpace(text), at
	}
	if repair != "" {
		if m.repairs++; m.repairs <= maxListed {
			if err := m.note(at, repair, text); err != nil {
				return "", at, false, err
			}
		}
	}
	return text, at, true, nil
}

func (m *movable) take(e *mtEntry, name string, at place, lines []string) error {
	switch name {
	case "BODY":
		e.body = strings.Trim(strings.Join(lines, "\n"), "\n")
	case "EXTENDED BODY":
		e.extended = strings.Trim(strings.Join(lines, "\n"), "\n")
	case "COMMENT", "PING", "REPLY":
		if err := m.article(e); err != nil {
			return err
		}
		return m.comment(e, name == "PING", at, lines)
	}
	return nil
}

// article emits the entry, once.
func (m *movable) article(e *mtEntry) error {
	if e.emitted {
		return nil
	}
	e.emitted = true
	m.entries++
	published, err := m.date(e.at, e.fields["DATE"])
	if err != nil {
		return err
	}
	a := Article{Slug: e.fields["BASENAME"], Title: collapse(unescape(e.fields["TITLE"])), PublishedAt: published,
		State: mtState(e.fields["STATUS"]), Replies: "open", File: m.src.Name, Line: e.at.line}
	a.Author, _ = author(e.fields["AUTHOR"])
	if a.Title == "" {
		a.Title = strings.TrimSpace("Untitled " + a.Slug)
		if a.Slug == "" {
			a.Title = "Untitled " + strconv.Itoa(m.entries)
		}
	}
	if allow := e.fields["ALLOW COMMENTS"]; allow == "0" || allow == "2" {
		a.Replies = "closed"
	}
	if u := e.fields["UNIQUE URL"]; u != "" {
		a.SourceURL = m.address(u, "")
	}
	a.Key = ArticleKey(m.src.site(""), a.Title, a.Author)
	if a.Slug != "" {
		a.Key = "mt " + a.Slug
	}
	a.Key = m.ownKey(a, e.fields["DATE"])
	e.key = a.Key
	if err := m.articleBody(&a, e); err != nil {
		return err
	}
	return m.emit(a)
}

// ownKey tells entries apart that have one basename, or one title where there are no
// basenames: both happen. An entry that stands in the file twice has one key.
func (m *movable) ownKey(a Article, date string) string {
	said := date + " " + a.Title
	if first, taken := m.keys[a.Key]; taken && first != said {
		return a.Key + " " + said
	}
	m.keys[a.Key] = said
	return a.Key
}

// articleBody converts the text as the entry says.
func (m *movable) articleBody(a *Article, e *mtEntry) error {
	body := e.body
	if e.extended != "" {
		body += "\n\n" + e.extended
	}
	switch filter := strings.ToLower(e.fields["CONVERT BREAKS"]); filter {
	case "0", "richtext":
		a.BodyHTML = body
	case "", "1", "__default__", "convert_breaks":
		a.BodyHTML = autop(body)
	default:
		a.BodyHTML = autop(body)
		return m.note(e.at, "It is written in “"+excerpt(filter)+"”, which is kept as typed.", "")
	}
	return nil
}

func mtState(status string) string {
	switch strings.ToLower(status) {
	case "", "publish":
		return "published"
	case "future":
		return "scheduled"
	}
	return "draft"
}
