package importer

import (
	"html"
	"strings"
	"time"
)

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
	m.drop(hashMail, fields["EMAIL"])
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
	c.AuthorEmail, c.AuthorURL = mailAddress(fields["EMAIL"]), fields["URL"]
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

// date reads a time as Movable Type writes it.
func (m *movable) date(at place, text string) (*time.Time, error) {
	return m.time(at, text, mtForms...)
}
