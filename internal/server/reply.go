package server

import (
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"slices"

	"hustings/internal/action"
	"hustings/internal/forum"
	"hustings/internal/markup"
	"hustings/internal/paths"
	"hustings/internal/postgres"

	"github.com/go-chi/chi/v5"
)

// replyPage shows what one answers and the form, for a preview and for a reply
// that could not be posted yet.
type replyPage struct {
	layout
	Article  *forum.Article
	Answered template.HTML
	Ancestor *forum.Node
	Composer *composer
}

func (s *Server) postReply(w http.ResponseWriter, r *http.Request) error {
	form, err := readForm(r)
	if err != nil {
		return err
	}
	v, slug := viewerOf(r), chi.URLParam(r, "slug")
	parent, err := parseParent(form.Get("parent"))
	if err != nil {
		return s.showReplyProblem(w, r, slug, 0, form, err)
	}
	act := form.Get("action")
	if act != "" && act != "post" && act != "preview" {
		return s.showReplyProblem(w, r, slug, parent, form, forum.NewError(forum.Malformed, oddForm))
	}
	valid := s.validFormID(form.Get("form_id"), v.ID)
	if !v.SignedIn() && act != "preview" {
		return s.keepForLater(w, r, slug, parent, form)
	}
	if act == "preview" || (v.SignedIn() && !valid) {
		return s.showReplyPage(w, r, http.StatusOK, slug, parent, form, nil)
	}
	posted, err := s.act.Reply(r.Context(), v, action.ReplyInput{
		Slug: slug, Parent: parent, Body: form.Get("body"), FormKey: form.Get("form_id"), Address: addressOf(r)})
	if err != nil {
		return s.showReplyProblem(w, r, slug, parent, form, err)
	}
	s.endDraft(w, r)
	return redirect(w, paths.Comment(posted)+"#"+paths.Anchor(posted))
}

// keepForLater stores what somebody wrote before signing in, and asks them to.
func (s *Server) keepForLater(w http.ResponseWriter, r *http.Request, slug string, parent forum.CommentID, form url.Values) error {
	a, err := s.db.Article(r.Context(), viewerOf(r), slug)
	if err != nil {
		return s.showReplyProblem(w, r, slug, parent, form, err)
	}
	if !repliesOffered(viewerOf(r), a) {
		return s.showReplyProblem(w, r, slug, parent, form, forum.NewError(forum.Closed, closedBecause(s.locales.list[0], a)))
	}
	if form.Get("body") != "" {
		if err := s.saveDraft(w, r, a.ID, parent, form.Get("body")); err != nil {
			return s.showReplyProblem(w, r, slug, parent, form, err)
		}
	}
	return redirect(w, paths.SignInTo(paths.ReplyForm(slug, parent)))
}

// showReplyProblem shows the form again with the text and what to change. Where
// even that can't be done, the error page says why.
func (s *Server) showReplyProblem(w http.ResponseWriter, r *http.Request, slug string, parent forum.CommentID, form url.Values, problem error) error {
	e := kindly(problem)
	status := statusFor(problem)
	if status == http.StatusUnprocessableEntity && len(form.Get("body")) > formLimit {
		status = http.StatusRequestEntityTooLarge
	}
	noteFailure(r, status, problem)
	if e.RetryAfter > 0 {
		w.Header().Set("Retry-After", seconds(e.RetryAfter))
	}
	return s.showReplyPage(w, r, status, slug, parent, form, e)
}

func (s *Server) showReplyPage(w http.ResponseWriter, r *http.Request, status int, slug string, parent forum.CommentID, form url.Values, problem *forum.Error) error {
	v := viewerOf(r)
	p := replyPage{layout: s.layout(r, "")}
	p.Title = p.T("Reply")
	p.NoIndex = true
	a, node, err := s.replyContext(r, slug, parent)
	switch {
	case err == nil:
		p.Article = a
	case problem != nil:
		// The place is gone or cannot be read: the text is still shown.
		p.Article = &forum.Article{Slug: slug, Title: p.T("the discussion")}
	case form.Get("body") != "":
		return s.showReplyProblem(w, r, slug, parent, form, err)
	default:
		return err
	}
	c := s.newComposer(r, p.locale, slug, node)
	c.Parent = parent
	c.Body = form.Get("body")
	if id := form.Get("form_id"); s.validFormID(id, v.ID) {
		c.FormID = id
	}
	if problem != nil {
		c.Problem = p.Error(problem)
	} else if rendered, err := s.act.Preview(r.Context(), c.Body, addressOf(r)); err == nil {
		c.Preview, c.HasView = markup.Safe(rendered.HTML), true
	} else {
		return s.showReplyProblem(w, r, slug, parent, form, err)
	}
	c.TooLong = max(0, len(c.Body)-forum.MaxReplyBytes)
	p.Composer = c
	if node != nil {
		p.Answered = s.answered(s.threadWriter(p.layout, a), node)
	}
	return s.render(w, status, "reply", p)
}

// replyContext is what a reply answers, as far as its author may see it.
func (s *Server) replyContext(r *http.Request, slug string, parent forum.CommentID) (*forum.Article, *forum.Node, error) {
	a, err := s.db.Article(r.Context(), viewerOf(r), slug)
	if err != nil {
		return nil, nil, err
	}
	if parent == 0 {
		return a, nil, nil
	}
	link, err := s.db.Comment(r.Context(), viewerOf(r), parent, postgres.PermalinkPage{})
	if kind := forum.KindOf(err); kind == forum.NotFound || kind == forum.Gone {
		return a, nil, nil // the text matters more than what it answered
	}
	if err != nil {
		return nil, nil, err
	}
	if link.Article.ID != a.ID {
		return a, nil, nil
	}
	return a, link.Subject(), nil
}

// isKind tells whether an error is for people and of one of these kinds.
func isKind(err error, kinds ...forum.Kind) bool {
	e, ok := errors.AsType[*forum.Error](err)
	if !ok {
		return false
	}
	return slices.Contains(kinds, e.Kind)
}
