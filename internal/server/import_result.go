package server

import (
	"encoding/json"
	"io"
	"net/http"
	"time"

	"hustings/internal/action"
	"hustings/internal/postgres"
)

// renderResult shows what an import did, or what taking it back did.
func (s *Server) renderResult(w http.ResponseWriter, r *http.Request, status int, j *postgres.ImportJob, problem string) error {
	v := s.importView(r, j, 4)
	v.Done, v.Problem = true, problem
	v.Title = v.T("Import: result")
	if _, err := s.fillReport(r, v); err != nil {
		return err
	}
	if j.Undo != nil {
		var done action.Undone
		if err := json.Unmarshal(j.Undo, &done); err != nil {
			return err
		}
		v.fillUndone(&done)
	}
	return s.render(w, status, "import-result", v)
}

// Wrote tells whether the import wrote anything.
func (v *importView) Wrote() bool { return v.Report.Wrote() }

// Undone tells whether the import was taken back.
func (v *importView) Undone() bool { return v.Job.State == postgres.JobUndone }

// showImportUndo asks before an import is taken back, and says what that will do.
func (s *Server) showImportUndo(w http.ResponseWriter, r *http.Request) error {
	j, err := s.jobOf(r)
	if err != nil {
		return err
	}
	v := s.importView(r, &j, 4)
	if !v.Undoable() {
		return redirect(w, jobPath(&j))
	}
	would, err := s.act.UndoReview(r.Context(), viewerOf(r), j.ID)
	if err != nil {
		return err
	}
	v.fillUndone(would)
	v.Title, v.MainClass = v.T("Import: take back"), "narrow"
	return s.render(w, http.StatusOK, "import-undo", v)
}

// undoneView is what taking an import back did, or would do.
type undoneView struct {
	*action.Undone
	Kept []keptLine
	More int
	// Others tells that the import has brought what its report counts apart.
	Others bool
}

// keptLine is something that stays.
type keptLine struct {
	action.Kept
	Why string
}

const keptShown = 50

func (v *importView) fillUndone(u *action.Undone) {
	v.Undo = &undoneView{Undone: u, More: u.MoreKept}
	if done, ok := action.JobReport(v.Job); ok {
		v.Undo.Others = done.Comments.Placeholders+done.Comments.LinkBacks > 0
	}
	for i, k := range u.Kept {
		if i == keptShown {
			v.Undo.More += len(u.Kept) - keptShown
			return
		}
		v.Undo.Kept = append(v.Undo.Kept, keptLine{k, v.T(k.Reason())})
	}
}

// Counts are what goes and what comes back, in sentences.
func (u *undoneView) Idle() bool {
	return u.Articles.Removed+u.Articles.Restored+u.Comments.Removed+u.Comments.Restored+u.Comments.Placeholders == 0
}

// saveFindings gives the whole list of what an import found, as a file; it is
// written as it is read, however long it is.
func (s *Server) saveFindings(name, contentType string, write func(io.Writer, action.EachFinding) error) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		j, err := s.jobOf(r)
		if err != nil {
			return err
		}
		if r.Method == http.MethodHead {
			w.Header().Set("Content-Type", contentType)
			return nil
		}
		out := takeOver(w, contentType)
		out.w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
		err = write(&patient{out, time.Time{}}, func(do func(postgres.ImportFinding) error) error {
			return s.db.EachFinding(r.Context(), viewerOf(r), j.ID, do)
		})
		if err != nil {
			s.Log.ErrorContext(r.Context(), "a list of findings broke off", "import", j.ID, "err", err)
			panic(http.ErrAbortHandler) // a list that breaks off must not look whole
		}
		return nil
	}
}

// patient gives whoever reads a long answer more time for as long as they read.
type patient struct {
	*stream
	given time.Time
}

func (p *patient) Write(b []byte) (int, error) {
	if now := time.Now(); now.Sub(p.given) > streamWait/2 {
		p.given = now
		p.control.SetWriteDeadline(now.Add(3 * streamWait)) //nolint:errcheck // without it the listener's limit holds
	}
	return p.w.Write(b)
}
