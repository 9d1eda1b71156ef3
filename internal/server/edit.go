package server

import (
	"html/template"
	"net/http"
	"strconv"

	"hustings/internal/action"
	"hustings/internal/forum"
	"hustings/internal/markup"
	"hustings/internal/paths"
	"hustings/internal/postgres"

	"github.com/go-chi/chi/v5"
)

// editPage is the form in which an author changes a comment.
type editPage struct {
	layout
	Article  *forum.Article
	ID       forum.CommentID
	Revision int
	Body     string
	Max      int
	Problem  string
	Preview  template.HTML
	HasView  bool
}

// ownComment reads a comment that its author is about to change.
func (s *Server) ownComment(r *http.Request) (*postgres.Permalink, error) {
	id, err := parseCommentID(chi.URLParam(r, "id"))
	if err != nil {
		return nil, err
	}
	return s.db.Comment(r.Context(), viewerOf(r), id, postgres.PermalinkPage{})
}

func (s *Server) showEdit(w http.ResponseWriter, r *http.Request) error {
	link, err := s.ownComment(r)
	if err != nil {
		return err
	}
	subject := link.Subject()
	if err := forum.CanEdit(viewerOf(r), &subject.Comment, link.Age); err != nil {
		return err
	}
	source, revision, err := s.db.Source(r.Context(), subject.ID)
	if err != nil {
		return err
	}
	return s.renderEdit(w, r, http.StatusOK, link, editPage{Revision: revision, Body: source})
}

func (s *Server) renderEdit(w http.ResponseWriter, r *http.Request, status int, link *postgres.Permalink, p editPage) error {
	p.layout = s.layout(r, "")
	p.Title = p.T("Edit your comment")
	p.NoIndex, p.MainClass = true, "narrow"
	p.Article, p.ID, p.Max = &link.Article, link.Subject().ID, forum.MaxReplyBytes
	return s.render(w, status, "edit", p)
}

func (s *Server) postEdit(w http.ResponseWriter, r *http.Request) error {
	form, err := readForm(r)
	if err != nil {
		return err
	}
	link, err := s.ownComment(r)
	if err != nil {
		return err
	}
	id := link.Subject().ID
	p := editPage{Body: form.Get("body")}
	if !viewerOf(r).SignedIn() {
		p.Revision, _ = strconv.Atoi(form.Get("revision")) //nolint:errcheck // 0 asks for the newest
		return s.showEditProblem(w, r, link, p, forum.NewError(forum.Unauthenticated,
			"You are no longer signed in. Please open another tab, sign in there, and save here again; your text is kept."))
	}
	if p.Revision, err = s.editedRevision(r, id, form.Get("revision")); err != nil {
		return s.showEditProblem(w, r, link, p, err)
	}
	if form.Get("action") == "preview" {
		rendered, err := s.act.Preview(r.Context(), p.Body, addressOf(r))
		if err != nil {
			return s.showEditProblem(w, r, link, p, err)
		}
		p.Preview, p.HasView = markup.Safe(rendered.HTML), true
		return s.renderEdit(w, r, http.StatusOK, link, p)
	}
	err = s.act.Edit(r.Context(), viewerOf(r), action.EditInput{Comment: id, Revision: p.Revision, Body: p.Body})
	if err != nil {
		return s.showEditProblem(w, r, link, p, err)
	}
	return redirect(w, paths.Comment(id)+"#"+paths.Anchor(id))
}

// editedRevision is the one that an edit was made from: the form's own, which
// tells when somebody else was faster, or without one the newest.
func (s *Server) editedRevision(r *http.Request, id forum.CommentID, given string) (revision int, err error) {
	if given == "" {
		_, revision, err = s.db.Source(r.Context(), id)
		return revision, err
	}
	if revision, err = strconv.Atoi(given); err != nil {
		return 0, forum.NewError(forum.Malformed, "This form is not complete. Please open the edit page again.")
	}
	return revision, nil
}

// showEditProblem keeps the text beside the reason it was not saved.
func (s *Server) showEditProblem(w http.ResponseWriter, r *http.Request, link *postgres.Permalink, p editPage, problem error) error {
	e := kindly(problem)
	noteFailure(r, statusFor(problem), problem)
	p.Problem = s.localeOf(r).Error(e)
	if e.RetryAfter > 0 {
		w.Header().Set("Retry-After", seconds(e.RetryAfter))
	}
	return s.renderEdit(w, r, statusFor(problem), link, p)
}

// retractPage asks before a comment is taken back.
type retractPage struct {
	layout
	Article *forum.Article
	Node    *forum.Node
}

func (s *Server) showRetract(w http.ResponseWriter, r *http.Request) error {
	link, err := s.ownComment(r)
	if err != nil {
		return err
	}
	if err := forum.CanRetract(viewerOf(r), &link.Subject().Comment); err != nil {
		return err
	}
	p := retractPage{layout: s.layout(r, ""), Article: &link.Article, Node: link.Subject()}
	p.Title = p.T("Take your comment back?")
	p.NoIndex, p.MainClass = true, "narrow"
	return s.render(w, http.StatusOK, "retract", p)
}

func (s *Server) postRetract(w http.ResponseWriter, r *http.Request) error {
	id, err := parseCommentID(chi.URLParam(r, "id"))
	if err != nil {
		return err
	}
	slug, err := s.act.Retract(r.Context(), viewerOf(r), id)
	if err != nil {
		return err
	}
	return redirect(w, paths.ArticleComment(slug, id))
}

// historyPage shows all versions of a comment.
type historyPage struct {
	layout
	Article  *forum.Article
	Node     *forum.Node
	Versions []version
}

type version struct {
	postgres.Revision
	Body template.HTML
}

func (s *Server) showHistory(w http.ResponseWriter, r *http.Request) error {
	link, err := s.ownComment(r)
	if err != nil {
		return err
	}
	if link.Subject().Tomb != forum.NoTomb {
		return forum.NewError(forum.Gone, "This comment is no longer there, and neither is its history.")
	}
	list, err := s.db.History(r.Context(), link.Subject().ID)
	if err != nil {
		return err
	}
	p := historyPage{layout: s.layout(r, ""), Article: &link.Article, Node: link.Subject()}
	p.Title = p.T("History of a comment")
	p.NoIndex, p.MainClass = true, "narrow"
	for _, rev := range list {
		p.Versions = append(p.Versions, version{rev, markup.Safe(rev.HTML)})
	}
	return s.render(w, http.StatusOK, "history", p)
}
