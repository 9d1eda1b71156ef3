package server

import (
	"net/http"
	"strconv"
	"time"

	"hustings/internal/forum"
	"hustings/internal/paths"
	"hustings/internal/postgres"
)

// showLogFeed is the public log as a feed: the same words as on its page.
func (s *Server) showLogFeed(w http.ResponseWriter, r *http.Request) error {
	log, err := s.db.Log(r.Context(), forum.Anonymous, r.URL.Query().Get("after"), postgres.LogFilter{})
	if err != nil {
		return err
	}
	p := s.newLogPage(r, log)
	f := s.newFeed(r, p.T("Moderation log of %s", s.SiteName), paths.LogFeed, paths.Log, log.Next)
	for i := range p.Entries {
		f.Entries = append(f.Entries, s.logEntryOf(p, &p.Entries[i]))
	}
	return writeFeed(w, f, time.Unix(0, 0))
}

func (s *Server) logEntryOf(p *logPage, e *logLine) atomEntry {
	entry := atomEntry{
		ID: s.entryID("act", strconv.FormatInt(e.Seq, 10), e.At), Title: e.Words, Author: atomPerson{Name: e.By},
		Published: atomTime(e.At), Updated: atomTime(e.At),
		Links: []atomLink{{Rel: "alternate", Type: htmlType, Href: s.absolute(paths.LogEntry(e.Seq))}},
	}
	if e.Title != "" {
		entry.Title = p.T("%s: %s", e.Words, e.LogEntry.Title)
	}
	if e.Reason != "" {
		entry.Summary = p.ReasonWords(e.Reason)
	}
	return entry
}
