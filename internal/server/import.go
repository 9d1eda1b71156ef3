package server

import (
	"net/http"
	"slices"
	"strconv"

	"hustings/internal/action"
	"hustings/internal/forum"
	"hustings/internal/paths"
	"hustings/internal/postgres"

	"github.com/go-chi/chi/v5"
)

// adminPage leads to what admins can do in the browser.
type adminPage struct {
	layout
	Claims int // that wait for an answer
	Drafts int // that wait for approval
}

func (s *Server) showAdmin(w http.ResponseWriter, r *http.Request) error {
	claims, err := s.db.OpenClaims(r.Context())
	if err != nil {
		return err
	}
	_, drafts, err := s.db.ArticleDrafts(r.Context(), viewerOf(r))
	if err != nil {
		return err
	}
	p := adminPage{layout: s.adminLayout(r), Claims: claims, Drafts: drafts}
	p.Title = p.T("Admin")
	p.MainClass = "narrow"
	return s.render(w, http.StatusOK, "admin", p)
}

func (s *Server) adminLayout(r *http.Request) layout {
	l := s.layout(r, "")
	l.Section, l.MainClass, l.NoIndex = "admin", "work import", true
	return l
}

// importPage is the first step: choose files, an address or a text; below it
// stand the imports that there were.
type importPage struct {
	layout
	importForm
	Step     int
	Job      postgres.JobID // files that were sent before wait in it; 0: none
	Arrived  []postgres.JobFile
	MoreOf   int // of them that are not named
	Size     string
	Problem  string
	Field    string // the one the problem is with
	MaxBytes int64
	MaxGB    int
	Formats  []formatName
	Earlier  []importLine
	NextURL  string
	FirstURL string
}

// importForm is what the form was filled in with.
type importForm struct {
	Source, Format, Zone, Address, Text string
	Drafts                              bool
}

// More tells whether something differs from what is usual, so that it has to be
// shown.
func (p *importPage) More() bool {
	return p.Source != "" || p.Format != "" && p.Format != "auto" || p.Zone != "" && p.Zone != "UTC" || p.Drafts ||
		slices.Contains([]string{"source", "format", "zone"}, p.Field)
}

// ProblemAt is the problem where it is with a field.
func (p *importPage) ProblemAt(field string) string {
	if p.Field == field {
		return p.Problem
	}
	return ""
}

const (
	importsShown = 20
	filesNamed   = 10
)

func (s *Server) showImport(w http.ResponseWriter, r *http.Request) error {
	return s.renderImport(w, r, http.StatusOK, &importPage{})
}

// File is the name of a file.
func (p *importPage) File(name string) string { return p.file(name) }

func (s *Server) renderImport(w http.ResponseWriter, r *http.Request, status int, p *importPage) error {
	p.layout = s.adminLayout(r)
	p.Title, p.MainClass, p.Step = p.T("Import"), "narrow", 1
	p.MaxBytes, p.MaxGB = action.MaxImportBytes, action.MaxImportBytes>>30
	p.Formats = p.formats()
	if err := s.fillArrived(r, p); err != nil {
		return err
	}
	if err := s.fillEarlier(r, p); err != nil {
		return err
	}
	return s.render(w, status, "import", p)
}

// fillArrived lists the files that are here already, so that nobody has to send
// them again.
func (s *Server) fillArrived(r *http.Request, p *importPage) error {
	if p.Job == 0 {
		return nil
	}
	list, err := s.db.JobFiles(r.Context(), viewerOf(r), p.Job)
	var total int64
	for _, f := range list {
		total += max(f.Size, 0)
	}
	p.Size = p.size(total)
	p.MoreOf = max(len(list)-filesNamed, 0)
	p.Arrived = list[:len(list)-p.MoreOf]
	return err
}

// fillEarlier lists the imports that there were, newest first.
func (s *Server) fillEarlier(r *http.Request, p *importPage) error {
	before := jobBefore(r)
	list, err := s.db.ImportJobs(r.Context(), viewerOf(r), before, importsShown+1)
	if err != nil {
		return err
	}
	if len(list) > importsShown {
		list = list[:importsShown]
		p.NextURL = paths.Import + "?before=" + strconv.FormatInt(int64(list[importsShown-1].ID), 10) + "#earlier"
	}
	if before > 0 {
		p.FirstURL = paths.Import + "#earlier"
	}
	for i := range list {
		p.Earlier = append(p.Earlier, p.importLine(&list[i]))
	}
	return nil
}

// jobBefore is where the list of imports begins; what is no number is the
// beginning.
func jobBefore(r *http.Request) postgres.JobID {
	n, err := strconv.ParseInt(r.URL.Query().Get("before"), 10, 64)
	if err != nil || n < 1 {
		return 0
	}
	return postgres.JobID(n)
}

// jobOf reads the import that an address names.
func (s *Server) jobOf(r *http.Request) (postgres.ImportJob, error) {
	id, err := parseJobID(chi.URLParam(r, "id"))
	if err != nil {
		return postgres.ImportJob{}, err
	}
	return s.db.ImportJob(r.Context(), viewerOf(r), id)
}

func parseJobID(text string) (postgres.JobID, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 || text != strconv.FormatInt(n, 10) {
		return 0, forum.NewError(forum.NotFound, "There is no such import.")
	}
	return postgres.JobID(n), nil
}

// jobPath is the page on which an import is at the moment.
func jobPath(j *postgres.ImportJob) string {
	id := int64(j.ID)
	switch j.State {
	case postgres.JobReceiving, postgres.JobFound:
		return paths.ImportJob(id)
	case postgres.JobDone, postgres.JobUndone:
		return paths.ImportResult(id)
	}
	return paths.ImportProgress(id)
}

// orOldAddress answers "/?p=…" and the like, under which some sites had their
// articles, and leaves everything else to the page.
func (s *Server) orOldAddress(page handler) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if slices.ContainsFunc(oldNumbers, r.URL.Query().Has) {
			if to, ok := s.oldAddress(r); ok {
				return s.moved(w, to)
			}
		}
		return page(w, r)
	}
}
