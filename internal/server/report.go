package server

import (
	"net/http"

	"hustings/internal/action"
	"hustings/internal/forum"
	"hustings/internal/paths"
	"hustings/internal/postgres"

	"github.com/go-chi/chi/v5"
)

// reportPage is the form to report a comment, and the thanks afterwards.
type reportPage struct {
	layout
	Link    *postgres.Permalink
	Node    *forum.Node
	Chosen  forum.Reason
	Note    string
	Problem string
	Field   string // the field the problem belongs to
	Sent    bool
	Again   bool // it was already reported by this reader
}

// reported reads the comment of a report as the reader sees it.
func (s *Server) reported(r *http.Request) (*postgres.Permalink, error) {
	id, err := parseCommentID(chi.URLParam(r, "id"))
	if err != nil {
		return nil, err
	}
	return s.db.Comment(r.Context(), viewerOf(r), id, postgres.PermalinkPage{})
}

func (s *Server) showReport(w http.ResponseWriter, r *http.Request) error {
	link, err := s.reported(r)
	if err != nil {
		return err
	}
	p := reportPage{}
	switch r.URL.Query().Get("sent") {
	case "1":
		p.Sent = true
	case "again":
		p.Sent, p.Again = true, true
	default:
		if err := forum.CanReport(viewerOf(r), &link.Subject().Comment); err != nil {
			return err
		}
	}
	return s.renderReport(w, r, http.StatusOK, link, p)
}

func (s *Server) renderReport(w http.ResponseWriter, r *http.Request, status int, link *postgres.Permalink, p reportPage) error {
	p.layout = s.layout(r, "")
	p.Title, p.NoIndex, p.MainClass = p.T("Report a comment"), true, "narrow"
	p.Link, p.Node = link, link.Subject()
	return s.render(w, status, "report", p)
}

func (s *Server) postReport(w http.ResponseWriter, r *http.Request) error {
	id, err := parseCommentID(chi.URLParam(r, "id"))
	if err != nil {
		return err
	}
	form, err := readForm(r)
	if err != nil {
		return err
	}
	in := action.ReportInput{Comment: id, Reason: forum.Reason(form.Get(fieldReason)), Note: form.Get(fieldNote), Address: addressOf(r)}
	done, err := s.act.Report(r.Context(), viewerOf(r), in)
	if err != nil {
		return s.refuseReport(w, r, in, err)
	}
	sent := "?sent=1"
	if done.Already {
		sent = "?sent=again"
	}
	return redirect(w, paths.CommentAct(id, "report")+sent)
}

// refuseReport keeps what was typed beside the reason it was not sent.
func (s *Server) refuseReport(w http.ResponseWriter, r *http.Request, in action.ReportInput, problem error) error {
	kind := forum.KindOf(problem)
	if kind != forum.Invalid && kind != forum.TooMany {
		return problem
	}
	link, err := s.reported(r)
	if err != nil {
		return problem
	}
	noteFailure(r, statusFor(problem), problem)
	e := kindly(problem)
	if e.RetryAfter > 0 {
		w.Header().Set("Retry-After", seconds(e.RetryAfter))
	}
	p := reportPage{Chosen: in.Reason, Note: in.Note, Problem: s.localeOf(r).Error(e), Field: e.Field}
	return s.renderReport(w, r, statusFor(problem), link, p)
}
