package server

import (
	"encoding/hex"
	"net/http"
	"net/url"
	"strconv"

	"hustings/internal/forum"
	"hustings/internal/paths"
	"hustings/internal/postgres"

	"github.com/go-chi/chi/v5"
)

// logPage is the public log of moderation.
type logPage struct {
	layout
	Log     postgres.Log
	Entries []logLine
	Acts    []string // kinds to filter by
	Act     string
	Article string
	Single  bool   // one entry, with everything it touched
	NextURL string // older entries, "" at the end
	All     string // address of the whole log, where this is not it
	Head    string // hash of the newest entry
}

// logLine is an entry in words.
type logLine struct {
	postgres.LogEntry
	Words string
	By    string
	More  string // address of the entry with all its comments, "" where all are listed
}

func (s *Server) showLog(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	f := postgres.LogFilter{Act: q.Get("kind"), Article: q.Get("article")}
	log, err := s.db.Log(r.Context(), viewerOf(r), q.Get("after"), f)
	if err != nil {
		return err
	}
	p := s.newLogPage(r, log)
	p.Act, p.Article = f.Act, f.Article
	if log.Next != "" {
		p.NextURL = logPath(f, log.Next)
	}
	if f != (postgres.LogFilter{}) || q.Get("after") != "" {
		p.All = paths.Log
	}
	p.NoIndex = p.All != ""
	return s.render(w, http.StatusOK, "modlog", p)
}

// showLogEntry shows one entry by itself: a removed branch with all its comments.
func (s *Server) showLogEntry(w http.ResponseWriter, r *http.Request) error {
	seq, err := strconv.ParseInt(chi.URLParam(r, "seq"), 10, 64)
	if err != nil || seq <= 0 {
		return forum.NewError(forum.NotFound, "There is no such entry in the log.")
	}
	log, err := s.db.Log(r.Context(), viewerOf(r), "", postgres.LogFilter{Entry: seq})
	if err != nil {
		return err
	}
	if len(log.Entries) == 0 {
		return forum.NewError(forum.NotFound, "There is no such entry in the log.")
	}
	p := s.newLogPage(r, log)
	p.Single, p.All, p.NoIndex = true, paths.Log, true
	p.Title = p.T("Entry %s of the moderation log", strconv.FormatInt(seq, 10))
	return s.render(w, http.StatusOK, "modlog", p)
}

func (s *Server) newLogPage(r *http.Request, log postgres.Log) *logPage {
	p := &logPage{layout: s.layout(r, ""), Log: log, Acts: postgres.PublicActs, Head: hex.EncodeToString(log.HeadHash)}
	p.Title, p.Section, p.MainClass = p.T("Moderation log"), "log", "narrow"
	p.Feeds = append([]feedLink{{p.Title, paths.LogFeed}}, p.Feeds...)
	for _, e := range log.Entries {
		line := logLine{LogEntry: e, Words: p.ActWords(e.Act), By: p.by(&e)}
		if e.Count > len(e.Comments) {
			line.More = paths.LogEntry(e.Seq)
		}
		p.Entries = append(p.Entries, line)
	}
	return p
}

// by says what sort of actor it was, never who.
func (p *logPage) by(e *postgres.LogEntry) string {
	switch {
	case e.System:
		return p.T("by the system")
	case e.Act == postgres.ActImport, e.Act == postgres.ActImportUndo, e.Act == postgres.ActRole, e.Act == postgres.ActSetting:
		return p.T("by an admin")
	}
	return p.T("by a moderator")
}

func logPath(f postgres.LogFilter, after string) string {
	q := url.Values{}
	for name, value := range map[string]string{"kind": f.Act, "article": f.Article, "after": after} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return paths.Log + "?" + q.Encode()
}
