package server

import (
	"context"
	"net/http"
	"time"

	"hustings/internal/action"
	"hustings/internal/forum"
	"hustings/internal/importer"
	"hustings/internal/paths"
	"hustings/internal/postgres"
)

// importView is one import on one of its pages: what was found, how far it is, or
// what it did.
type importView struct {
	layout
	Step    int
	Job     postgres.ImportJob
	Path    string // the pages and acts of the import are below it
	Name    string
	Problem string // why the last act was not done
	Done    bool   // the report says what was done
	importReport
	Progress jobProgress
	Undo     *undoneView // what taking it back did, or would do; nil: nobody asked
}

// importReport is what the pages show of a report.
type importReport struct {
	Report        importer.Report
	Facts         []string
	Files         []fileLine
	FilesInAll    int
	Unpacked      string // what archives among them were unpacked into
	MoreFiles     int
	LeftOut       int // records and whole files
	Groups        []problemGroup
	MoreGroups    int
	Conflicts     []conflictView
	MoreConflicts int
	Articles      []articleLine
	MoreArticles  int
	Previews      []importPreview
}

func (s *Server) importView(r *http.Request, j *postgres.ImportJob, step int) *importView {
	v := &importView{layout: s.adminLayout(r), Step: step, Job: *j, Path: paths.ImportJob(int64(j.ID))}
	v.Name = v.jobName(j)
	return v
}

// page is the page of an import, for the state it is in. Where another one is
// asked for, the address leads to this one.
type importStep func(s *Server, w http.ResponseWriter, r *http.Request, status int, j *postgres.ImportJob, problem string) error

// importStepOf gives the page for the state that an import is in.
func importStepOf(j *postgres.ImportJob) importStep {
	switch j.State {
	case postgres.JobFound:
		return (*Server).renderFound
	case postgres.JobDone, postgres.JobUndone:
		return (*Server).renderResult
	case postgres.JobReceiving:
		return (*Server).renderReceiving
	}
	return (*Server).renderProgress
}

// showImportAt answers at one of the pages of an import; it leads to the one
// where the import is at the moment.
func (s *Server) showImportAt(page func(id int64) string) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		j, err := s.jobOf(r)
		if err != nil {
			return err
		}
		if to := jobPath(&j); to != page(int64(j.ID)) {
			return redirect(w, to)
		}
		return importStepOf(&j)(s, w, r, http.StatusOK, &j, "")
	}
}

// renderReceiving shows the form again, with the files that have arrived.
func (s *Server) renderReceiving(w http.ResponseWriter, r *http.Request, status int, j *postgres.ImportJob, problem string) error {
	form := importForm{Source: j.Source, Format: j.Format, Zone: j.Zone, Drafts: j.Drafts}
	return s.renderImport(w, r, status, &importPage{importForm: form, Job: j.ID, Problem: problem})
}

// importAct is something done with an import.
type importAct func(a *action.Actions, ctx context.Context, v forum.Viewer, id postgres.JobID) error

// actOnImport does something with an import and leads to where it then is. An act
// that no longer fits its state is answered with the page of that state, which
// says so.
func (s *Server) actOnImport(act importAct) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		j, err := s.jobOf(r)
		if err != nil {
			return err
		}
		err = act(s.act, r.Context(), viewerOf(r), j.ID)
		if kind := forum.KindOf(err); kind == forum.Conflict || kind == forum.Gone {
			return s.refuseImportAct(w, r, err)
		}
		if err != nil {
			return err
		}
		return s.redirectToJob(w, r, j.ID)
	}
}

// refuseImportAct shows where an import really is, and why an act was not done.
func (s *Server) refuseImportAct(w http.ResponseWriter, r *http.Request, err error) error {
	j, gone := s.jobOf(r)
	if gone != nil {
		return gone
	}
	noteFailure(r, statusFor(err), err)
	return importStepOf(&j)(s, w, r, statusFor(err), &j, s.localeOf(r).Error(kindly(err)))
}

// discardImport forgets an import; the next one can begin.
func (s *Server) discardImport(w http.ResponseWriter, r *http.Request) error {
	j, err := s.jobOf(r)
	if err != nil {
		return err
	}
	err = s.act.DiscardImport(r.Context(), viewerOf(r), j.ID)
	if forum.KindOf(err) == forum.Conflict {
		return s.refuseImportAct(w, r, err)
	}
	if err != nil {
		return err
	}
	return redirect(w, paths.Import)
}

const (
	// importPatience is how long an answer waits for an import to move on: a small
	// one is done by then, and nobody has to look at its progress.
	importPatience = time.Second
	importGlance   = 50 * time.Millisecond
)

// redirectToJob leads to the page of an import, once it has moved on or has had
// its time.
func (s *Server) redirectToJob(w http.ResponseWriter, r *http.Request, id postgres.JobID) error {
	end := time.After(importPatience)
	again := time.NewTicker(importGlance)
	defer again.Stop()
	for {
		j, err := s.db.ImportJob(r.Context(), viewerOf(r), id)
		if err != nil {
			return err
		}
		if !j.Active() {
			return redirect(w, jobPath(&j))
		}
		select {
		case <-end:
			return redirect(w, jobPath(&j))
		case <-r.Context().Done():
			return r.Context().Err()
		case <-again.C:
		}
	}
}
