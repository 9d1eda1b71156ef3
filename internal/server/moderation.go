package server

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"hustings/internal/action"
	"hustings/internal/forum"
	"hustings/internal/paths"
	"hustings/internal/postgres"

	"github.com/go-chi/chi/v5"
)

// Fields of the forms with which moderators act. Their values come back on the
// page when the act is refused, so that nothing typed is lost.
const (
	fieldReason   = "reason"
	fieldNote     = "note"
	fieldNext     = "next"
	fieldState    = "state"    // the comment's state on the page
	fieldRevision = "revision" // the comment's revision on the page
	fieldUndoes   = "undoes"   // the entry that is taken back
)

// moderate makes the handler of one act on a comment.
func (s *Server) moderate(act forum.Act) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		id, err := parseCommentID(chi.URLParam(r, "id"))
		if err != nil {
			return err
		}
		form, err := readForm(r)
		if err != nil {
			return err
		}
		done, err := s.moderateComment(r, act, id, form)
		if err != nil {
			return s.refuseAct(w, r, id, form, err)
		}
		return redirect(w, afterAct(form.Get(fieldNext), commentPlace(id), done))
	}
}

func (s *Server) moderateComment(r *http.Request, act forum.Act, id forum.CommentID, form url.Values) (action.Moderated, error) {
	ctx, v := r.Context(), viewerOf(r)
	in, err := readModeration(id, form)
	if err != nil {
		return action.Moderated{}, err
	}
	undoes, err := readNumber(form, fieldUndoes)
	if err != nil {
		return action.Moderated{}, err
	}
	back := action.RestoreInput{Comment: id, Note: in.Note, Undoes: undoes}
	switch act {
	case forum.ActRemove:
		return s.act.Remove(ctx, v, in)
	case forum.ActRestore:
		return s.act.Restore(ctx, v, back)
	case forum.ActHold:
		return s.act.Hold(ctx, v, in)
	case forum.ActRelease:
		return s.act.Release(ctx, v, in)
	case forum.ActKeep:
		return s.act.KeepReported(ctx, v, in)
	case forum.ActRemoveBranch:
		return s.act.RemoveBranch(ctx, v, in)
	case forum.ActRestoreBranch:
		return s.act.RestoreBranch(ctx, v, back)
	case forum.ActMoveBack:
		return s.act.UndoMove(ctx, v, back)
	case forum.ActLock:
		return s.act.LockBranch(ctx, v, in)
	}
	return s.act.UnlockBranch(ctx, v, in)
}

func readModeration(id forum.CommentID, form url.Values) (action.ModerateInput, error) {
	in := action.ModerateInput{Comment: id, Reason: forum.Reason(form.Get(fieldReason)), Note: form.Get(fieldNote)}
	revision, err := readNumber(form, fieldRevision)
	if err != nil {
		return in, err
	}
	in.Seen.Revision = int(revision)
	if name := form.Get(fieldState); name != "" {
		state, ok := forum.ParseCommentState(name)
		if !ok {
			return in, forum.NewError(forum.Malformed, "This form is not complete. Please open the page again.")
		}
		in.Seen.State = state
	}
	return in, nil
}

// readNumber reads a hidden field with a number; 0 where it is not there.
func readNumber(form url.Values, field string) (int64, error) {
	text := form.Get(field)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil || n < 0 {
		return 0, forum.NewError(forum.Malformed, "This form is not complete. Please open the page again.")
	}
	return n, nil
}

// commentPlace is a comment on its own page: wherever it is in a long thread,
// moderators find it there.
func commentPlace(id forum.CommentID) string { return paths.Comment(id) + "#" + paths.Anchor(id) }

// afterAct is where to go on: where the form says, in the queue with a word
// about what was done, or else at usual.
func afterAct(next, usual string, done action.Moderated) string {
	if next == "" {
		return usual
	}
	next = localPath(next)
	if path, _, _ := strings.Cut(next, "?"); path != paths.Queue {
		return next
	}
	u, err := url.Parse(next)
	if err != nil {
		return paths.Queue
	}
	q := u.Query()
	q.Set("done", strconv.FormatInt(done.Seq, 10))
	return paths.Queue + "?" + q.Encode()
}

// refuseAct shows the page the form was on again, with what the comment is by
// now, what was typed, and why nothing was done.
func (s *Server) refuseAct(w http.ResponseWriter, r *http.Request, id forum.CommentID, form url.Values, problem error) error {
	kind := forum.KindOf(problem)
	if !viewerOf(r).Moderates() || (kind != forum.Invalid && kind != forum.Conflict && kind != forum.Forbidden) {
		return problem
	}
	c, err := s.db.Case(r.Context(), viewerOf(r), id)
	if err != nil {
		return problem
	}
	noteFailure(r, statusFor(problem), problem)
	view := s.newCase(r, &c)
	view.Note, view.Chosen, view.Problem = form.Get(fieldNote), forum.Reason(form.Get(fieldReason)), s.localeOf(r).Error(kindly(problem))
	if next := localPath(form.Get(fieldNext)); strings.HasPrefix(next, paths.Queue+"?") || next == paths.Queue {
		return s.renderRefused(w, r, statusFor(problem), next, view)
	}
	return s.renderRemove(w, r, statusFor(problem), view, form.Get(fieldNext))
}

// lockArticle makes the handler that locks or unlocks a whole discussion.
func (s *Server) lockArticle(lock bool) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		form, err := readForm(r)
		if err != nil {
			return err
		}
		slug, err := pathParam(r, "slug")
		if err != nil {
			return err
		}
		in := action.LockArticleInput{Slug: slug, Note: form.Get(fieldNote)}
		do := s.act.LockArticle
		if !lock {
			do = s.act.UnlockArticle
		}
		done, err := do(r.Context(), viewerOf(r), in)
		if err != nil {
			return err
		}
		return redirect(w, afterAct(form.Get(fieldNext), paths.Thread(done.Article), done))
	}
}

// removePage is the form to remove a comment, reached from the thread.
type removePage struct {
	layout
	Case *caseView
	Next string
}

func (s *Server) showRemove(w http.ResponseWriter, r *http.Request) error {
	id, err := parseCommentID(chi.URLParam(r, "id"))
	if err != nil {
		return err
	}
	c, err := s.db.Case(r.Context(), viewerOf(r), id)
	if err != nil {
		return err
	}
	return s.renderRemove(w, r, http.StatusOK, s.newCase(r, &c), commentPlace(id))
}

func (s *Server) renderRemove(w http.ResponseWriter, r *http.Request, status int, c *caseView, next string) error {
	p := removePage{layout: s.layout(r, ""), Case: c, Next: next}
	p.Title = p.T("Moderate a comment")
	p.NoIndex, p.MainClass = true, "narrow"
	return s.render(w, status, "remove", p)
}

// doneNotice says what the viewer has just done, and how to undo it.
type doneNotice struct {
	Text    string
	Comment forum.CommentID
	Undo    string // address, "" where there is nothing to undo
	Undoes  int64
	Next    string // where to go on after undoing
}

// undoing is the act that takes another one back.
var undoing = map[string]forum.Act{
	postgres.ActRemove:       forum.ActRestore,
	postgres.ActHold:         forum.ActRelease,
	postgres.ActRelease:      forum.ActHold,
	postgres.ActRemoveBranch: forum.ActRestoreBranch,
	postgres.ActMove:         forum.ActMoveBack,
	postgres.ActLockBranch:   forum.ActUnlock,
	postgres.ActUnlockBranch: forum.ActLock,
}

// done reads what an address says was just done; it is only a courtesy, so
// whatever is wrong with it shows no notice.
func (s *Server) done(r *http.Request, l *locale) *doneNotice {
	seq, err := strconv.ParseInt(r.URL.Query().Get("done"), 10, 64)
	if err != nil || seq <= 0 {
		return nil
	}
	act, err := s.db.OwnAct(r.Context(), viewerOf(r), seq)
	if err != nil || act.Comment == 0 {
		return nil
	}
	n := &doneNotice{Text: sayDone(l, &act), Comment: act.Comment, Undoes: act.Seq}
	if undo, ok := undoing[act.Action]; ok && !act.Undone {
		n.Undo = paths.CommentAct(act.Comment, string(undo))
	}
	return n
}

func sayDone(l *locale, a *postgres.OwnAct) string {
	author := a.Author
	if author == "" {
		author = l.T("an unknown author")
	}
	switch a.Action {
	case postgres.ActRemove:
		return l.T("Removed 1 comment by %s: %s.", author, l.T(a.Reason.Words()))
	case postgres.ActRestore:
		return l.T("The comment by %s is shown again.", author)
	case postgres.ActHold:
		return l.T("The comment by %s is held.", author)
	case postgres.ActRelease:
		return l.T("Published 1 comment by %s.", author)
	case postgres.ActKeep:
		return l.N(a.Count, "Closed %d report; the comment by %s stays.", "Closed %d reports; the comment by %s stays.", author)
	case postgres.ActRemoveBranch:
		return l.N(a.Count, "Removed a branch of %d comment.", "Removed a branch of %d comments.")
	case postgres.ActRestoreBranch:
		return l.N(a.Count, "Restored a branch: %d comment is shown again.", "Restored a branch: %d comments are shown again.")
	case postgres.ActMove:
		return l.N(a.Count, "Moved %d comment.", "Moved %d comments.")
	case postgres.ActLockBranch:
		return l.T("The branch is locked.")
	}
	return l.T("The branch is open again.")
}
