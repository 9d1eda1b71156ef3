package importer

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"html"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"
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
	m := &movable{foreign: newForeign(src, emit), in: newLineReader(src.R)}
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		more, err := m.entry()
		if err != nil {
			return err
		}
		if !more {
			return m.finish()
		}
	}
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
		if line == mtEndSection || line == mtEndEntry {
			ends, err := m.ends(line)
			if err != nil {
				return lines, err
			}
			if ends {
				if line == mtEndEntry {
					m.in.unread()
				}
				return lines, nil
			}
		}
		if size += len(line) + 1; size <= maxMTBytes {
			lines = append(lines, line)
		}
	}
}

// ends tells whether a line of dashes is a separator, by what follows it.
func (m *movable) ends(dashes string) (bool, error) {
	next, err := m.in.peekWord()
	switch {
	case err != nil:
		return false, err
	case next == "", next == mtEndEntry:
		return true, nil
	case dashes == mtEndEntry:
		return mtKey.MatchString(next), nil
	}
	return mtSection.MatchString(next), nil
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
	e.key = a.Key
	if err := m.articleBody(&a, e); err != nil {
		return err
	}
	return m.emit(a)
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

// mtForms are those of dates; the zone is that of the source.
var mtForms = []string{"01/02/2006 03:04:05 PM", "01/02/2006 15:04:05", "01/02/2006 03:04 PM", "01/02/2006 15:04", "1/2/2006 3:04:05 PM", "1/2/2006 15:04:05",
	"01/02/2006 03:04:05 pm"}

// comment reads a comment or a ping: its head, then its text.
func (m *movable) comment(e *mtEntry, ping bool, at place, lines []string) error {
	fields := map[string]string{}
	for len(lines) > 0 {
		match := mtHead.FindStringSubmatch(lines[0])
		if match == nil || fields[match[1]] != "" {
			break
		}
		fields[match[1]] = strings.TrimSpace(lines[0][len(match[0]):])
		lines = lines[1:]
	}
	created, err := m.date(at, fields["DATE"])
	if err != nil {
		return err
	}
	m.drop(dropMail, fields["EMAIL"])
	m.drop(dropIP, fields["IP"])
	text := strings.Trim(strings.Join(lines, "\n"), "\n")
	body := autop(text)
	e.ordinal++
	c := Comment{ArticleKey: e.key, Kind: KindComment, State: "published", CreatedAt: created, BodyHTML: &body,
		Ordinal: e.ordinal, File: m.src.Name, Line: at.line}
	name := fields["AUTHOR"]
	if ping {
		c.Kind, name = KindLinkBack, fields["BLOG NAME"]
		body = mtPing(fields["TITLE"], fields["URL"]) + body
	}
	c.Author, c.AuthorKind = author(unescape(name))
	c.Key = e.seen.fingerprint(e.key, &c, string(c.Kind)+" "+text)
	return m.emit(c)
}

// mtPing is the head of a link-back: what the page that links here is called.
func mtPing(title, address string) string {
	if title == "" {
		title = address
	}
	switch {
	case title == "":
		return ""
	case !strings.HasPrefix(address, "http://") && !strings.HasPrefix(address, "https://"):
		return "<p>" + html.EscapeString(unescape(title)) + "</p>"
	}
	return `<p><a href="` + html.EscapeString(address) + `">` + html.EscapeString(unescape(title)) + "</a></p>"
}

// lineReader reads lines of any length, cutting those beyond a record, and can look
// ahead.
type lineReader struct {
	r     *bufio.Reader
	at    place // of the next line
	back  bool
	last  string
	place place
}

func newLineReader(r io.Reader) lineReader {
	return lineReader{r: bufio.NewReaderSize(r, headSize), at: place{line: 1, column: 1}}
}

// next reads a line without its end.
func (l *lineReader) next() (string, place, error) {
	if l.back {
		l.back = false
		return l.last, l.place, nil
	}
	var b []byte
	l.place = l.at
	for {
		part, err := l.r.ReadSlice('\n')
		l.at.offset += int64(len(part))
		if len(b)+len(part) <= maxRecord {
			b = append(b, part...)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err != nil && (len(b) == 0 || !errors.Is(err, io.EOF)) {
			return "", l.place, err
		}
		break
	}
	l.at.line++
	if l.place.offset == 0 {
		b = bytes.TrimPrefix(b, []byte(byteOrderMark))
	}
	l.last = strings.TrimRight(string(b), "\r\n")
	return l.last, l.place, nil
}

// unread makes the last line the next one again.
func (l *lineReader) unread() { l.back = true }

// peekWord gives the next line that is not empty, without reading it; "" at the end
// of the file, or where too many empty lines come first.
func (l *lineReader) peekWord() (string, error) {
	for n := 256; ; n = min(2*n, headSize) {
		b, err := l.r.Peek(n)
		rest := bytes.TrimLeft(b, " \t\r\n")
		if line, _, whole := bytes.Cut(rest, []byte("\n")); whole || err != nil || n == headSize {
			if err != nil && !errors.Is(err, io.EOF) && len(line) == 0 {
				return "", nil //nolint:nilerr // the next read meets it again
			}
			return strings.TrimRight(string(line), "\r"), nil
		}
	}
}

// date reads a time as Movable Type writes it.
func (m *movable) date(at place, text string) (*time.Time, error) {
	return m.time(at, text, mtForms...)
}
