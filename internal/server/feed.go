package server

import (
	"encoding/xml"
	"net/http"
	"net/url"
	"time"

	"hustings/internal/forum"
	"hustings/internal/paths"
	"hustings/internal/postgres"

	"github.com/google/uuid"
)

// atomType is the content type of a feed.
const atomType = "application/atom+xml; charset=utf-8"

// The parts of an Atom feed (RFC 4287) with threads (RFC 4685). encoding/xml
// escapes what has to be and writes U+FFFD for characters that XML cannot hold,
// so names and texts of any kind leave the feed well-formed.
type atomFeed struct {
	XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
	Thread  string      `xml:"xmlns:thr,attr"`
	Base    string      `xml:"xml:base,attr"`
	ID      string      `xml:"id"`
	Title   string      `xml:"title"`
	Updated string      `xml:"updated"`
	Links   []atomLink  `xml:"link"`
	Entries []atomEntry `xml:"entry"`
}

type atomLink struct {
	Rel     string `xml:"rel,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Href    string `xml:"href,attr"`
	Count   *int   `xml:"thr:count,attr"`
	Updated string `xml:"thr:updated,attr,omitempty"`
}

type atomEntry struct {
	ID        string       `xml:"id"`
	Title     string       `xml:"title"`
	Author    atomPerson   `xml:"author"`
	Published string       `xml:"published,omitempty"`
	Updated   string       `xml:"updated"`
	Links     []atomLink   `xml:"link"`
	InReplyTo *atomReplyTo `xml:"thr:in-reply-to"`
	Total     *int         `xml:"thr:total"`
	Summary   string       `xml:"summary,omitempty"`
	Content   *atomContent `xml:"content"`
}

type atomPerson struct {
	Name string `xml:"name"`
	URI  string `xml:"uri,omitempty"`
}

// atomReplyTo says what an entry answers: the entry's id, its page, and the feed
// in which it is found.
type atomReplyTo struct {
	Ref    string `xml:"ref,attr"`
	Href   string `xml:"href,attr"`
	Type   string `xml:"type,attr"`
	Source string `xml:"source,attr"`
}

type atomContent struct {
	Type string `xml:"type,attr"`
	Body string `xml:",chardata"`
}

const (
	threadSpace = "http://purl.org/syndication/thread/1.0"
	htmlType    = "text/html"
	feedType    = "application/atom+xml"
)

// feed makes a handler the same for everybody, signed in or not: a feed holds
// what anybody may read.
func (s *Server) feed(h handler) handler {
	shared := s.shared(h)
	return func(w http.ResponseWriter, r *http.Request) error {
		return shared(w, withViewer(r, forum.Anonymous))
	}
}

// newFeed begins the feed at a path; page is the address of what it is about.
func (s *Server) newFeed(r *http.Request, title, path, page, next string) *atomFeed {
	f := &atomFeed{Thread: threadSpace, Base: s.absolute("/"), ID: s.absolute(path), Title: title}
	f.Links = []atomLink{
		{Rel: "self", Type: feedType, Href: s.absolute(feedPage(path, r.URL.Query().Get("after")))},
		{Rel: "alternate", Type: htmlType, Href: s.absolute(page)},
	}
	if next != "" {
		f.Links = append(f.Links, atomLink{Rel: "next", Type: feedType, Href: s.absolute(feedPage(path, next))})
	}
	return f
}

func feedPage(path, after string) string {
	if after == "" {
		return path
	}
	return path + "?after=" + url.QueryEscape(after)
}

// writeFeed sends a feed. Its date is that of its newest entry; empty, that of
// what it is about.
func writeFeed(w http.ResponseWriter, f *atomFeed, begun time.Time) error {
	f.Updated = atomTime(begun)
	for i := range f.Entries {
		if i == 0 || f.Entries[i].Updated > f.Updated {
			f.Updated = f.Entries[i].Updated
		}
	}
	w.Header().Set("Content-Type", atomType)
	w.Write([]byte(xml.Header)) //nolint:errcheck // a buffer
	return xml.NewEncoder(w).Encode(f)
}

// atomTime writes a time so that the order of texts is that of times.
func atomTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// entryID is the name of an article or a comment for ever: its portable id where
// that is a UUID, and so the same on every site it is moved to; else a tag URI
// (RFC 4151) of this site and the day when its article came here.
func (s *Server) entryID(kind, portable string, articleCreated time.Time) string {
	if id, err := uuid.Parse(portable); err == nil && len(portable) == 36 {
		return id.URN()
	}
	return "tag:" + s.BaseURL.Hostname() + "," + articleCreated.UTC().Format("2006-01-02") + ":" + kind + "/" + url.PathEscape(portable)
}

// content is an entry's text; a text that is too long for a feed has none.
func content(html string) *atomContent {
	if html == "" {
		return nil
	}
	return &atomContent{Type: "html", Body: html}
}

// commentEntries tells of comments, each with what it answers.
func (s *Server) commentEntries(l *locale, list []postgres.FeedComment) []atomEntry {
	entries := make([]atomEntry, len(list))
	for i := range list {
		entries[i] = s.commentEntry(l, &list[i])
	}
	return entries
}

func (s *Server) commentEntry(l *locale, c *postgres.FeedComment) atomEntry {
	e := atomEntry{
		ID: s.entryID("comment", c.PortableID, c.ArticleCreatedAt), Title: l.T("A comment on “%s”", c.ArticleTitle),
		Author: atomPerson{Name: l.T("Author unknown")}, Updated: atomTime(c.ArticleCreatedAt),
		Links: []atomLink{
			{Rel: "alternate", Type: htmlType, Href: s.absolute(paths.Comment(c.ID))},
			{Rel: "replies", Type: feedType, Href: s.absolute(paths.BranchFeed(c.ID))},
		},
		InReplyTo: s.inReplyTo(c), Content: content(c.BodyHTML),
	}
	if c.AuthorName != "" {
		e.Title = l.T("%s on “%s”", c.AuthorName, c.ArticleTitle)
		e.Author = atomPerson{Name: c.AuthorName, URI: s.absolute(paths.Person(c.AuthorHandle))}
	}
	if c.CreatedAt != nil {
		e.Published = atomTime(*c.CreatedAt)
		e.Updated = e.Published
	}
	if c.EditedAt != nil {
		e.Updated = atomTime(*c.EditedAt)
	}
	return e
}

func (s *Server) inReplyTo(c *postgres.FeedComment) *atomReplyTo {
	if c.Parent == 0 {
		return &atomReplyTo{Ref: s.entryID("article", c.ArticlePortable, c.ArticleCreatedAt),
			Href: s.absolute(paths.Article(c.ArticleSlug)), Type: htmlType, Source: s.absolute(paths.SiteFeed)}
	}
	return &atomReplyTo{Ref: s.entryID("comment", c.ParentPortableID, c.ArticleCreatedAt),
		Href: s.absolute(paths.Comment(c.Parent)), Type: htmlType, Source: s.absolute(paths.ArticleFeed(c.ArticleSlug))}
}
