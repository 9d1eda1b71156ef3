package server

import (
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"hustings/internal/action"
	"hustings/internal/forum"
	"hustings/internal/paths"
	"hustings/internal/postgres"

	"github.com/go-chi/chi/v5"
)

// movePage asks where a comment is to go, with everything below it.
type movePage struct {
	layout
	Case  *caseView
	Below string // as typed
	Top   bool
	Field string // that the problem is about
	Done  *doneNotice
	Last  *postgres.CaseAct // its newest move, where that can be taken back
}

// fieldBelow is the comment below which another one is to stand, as a link or a
// number; fieldFrom is what it answered on the page.
const (
	fieldBelow = "below"
	fieldFrom  = "from"
	fieldTop   = "top"
)

func (s *Server) showMove(w http.ResponseWriter, r *http.Request) error {
	id, err := parseCommentID(chi.URLParam(r, "id"))
	if err != nil {
		return err
	}
	p, err := s.newMovePage(r, id)
	if err != nil {
		return err
	}
	if done := s.done(r, p.locale); done != nil && done.Comment == id {
		p.Done = done
		p.Done.Next = paths.CommentAct(id, string(forum.ActMove))
	}
	return s.render(w, http.StatusOK, "move", p)
}

func (s *Server) newMovePage(r *http.Request, id forum.CommentID) (*movePage, error) {
	c, err := s.db.Case(r.Context(), viewerOf(r), id)
	if err != nil {
		return nil, err
	}
	p := &movePage{layout: s.layout(r, ""), Case: s.newCase(r, &c)}
	p.Title = p.T("Move a comment")
	p.NoIndex, p.MainClass = true, "narrow"
	for i := range c.History {
		if act := &c.History[i]; act.Action == postgres.ActMove {
			if !act.Undone {
				p.Last = act
			}
			break
		}
	}
	return p, nil
}

func (s *Server) postMove(w http.ResponseWriter, r *http.Request) error {
	allow(w, suggestionTime)
	id, err := parseCommentID(chi.URLParam(r, "id"))
	if err != nil {
		return err
	}
	form, err := readForm(r)
	if err != nil {
		return err
	}
	in, err := s.readMove(id, form)
	var done action.Moderated
	if err == nil {
		done, err = s.act.Move(r.Context(), viewerOf(r), in)
	}
	if err != nil {
		return s.refuseMove(w, r, id, form, err)
	}
	return redirect(w, paths.CommentAct(id, string(forum.ActMove))+"?done="+strconv.FormatInt(done.Seq, 10))
}

// refuseMove shows the form again, with what was typed and why nothing was done.
func (s *Server) refuseMove(w http.ResponseWriter, r *http.Request, id forum.CommentID, form url.Values, problem error) error {
	kind := forum.KindOf(problem)
	if !viewerOf(r).Moderates() || kind != forum.Invalid && kind != forum.Conflict && kind != forum.Forbidden && kind != forum.NotFound {
		return problem
	}
	p, err := s.newMovePage(r, id)
	if err != nil {
		return problem // the comment itself is not there
	}
	noteFailure(r, statusFor(problem), problem)
	e := kindly(problem)
	p.Below, p.Top, p.Field = form.Get(fieldBelow), form.Get(fieldTop) != "", e.Field
	p.Case.Note, p.Case.Problem = form.Get(fieldNote), p.Error(e)
	status := statusFor(problem)
	if kind == forum.NotFound {
		status, p.Field = http.StatusUnprocessableEntity, fieldBelow // what was typed is not there; the page is
	}
	return s.render(w, status, "move", p)
}

func (s *Server) readMove(id forum.CommentID, form url.Values) (in action.MoveInput, err error) {
	in = action.MoveInput{Comment: id, Note: form.Get(fieldNote)}
	if text := form.Get(fieldFrom); text != "" {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 0 {
			return in, forum.NewError(forum.Malformed, "This form is not complete. Please open the page again.")
		}
		from := forum.CommentID(n)
		in.From = &from
	}
	if form.Get(fieldTop) != "" {
		return in, nil
	}
	if in.Below, err = parseCommentLink(form.Get(fieldBelow)); err != nil {
		return in, err
	}
	return in, nil
}

// commentLink is what a link to a comment ends with: its page, or its place on
// the article's page.
var commentLink = regexp.MustCompile(`(?:/comments/|#c)([0-9]{1,18})(?:[/?#].*)?$`)

// parseCommentLink reads which comment is meant, by its link or its number.
func parseCommentLink(text string) (forum.CommentID, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return 0, forum.FieldError(fieldBelow, "Please say below which comment, or choose the top level.")
	}
	digits := strings.TrimLeft(text, "#c")
	// The last link in it is meant: a comment's page has the comment again behind #.
	if m := commentLink.FindStringSubmatch(text); m != nil {
		digits = m[1]
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n <= 0 {
		return 0, forum.FieldError(fieldBelow, "That is neither the link of a comment nor its number.")
	}
	return forum.CommentID(n), nil
}
