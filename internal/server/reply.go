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

// replyPage shows what one answers and the form: to begin with, for a preview, and
// for a reply that could not be posted yet.
type replyPage struct {
	layout
	Article  *forum.Article
	Answered template.HTML
	Composer *composer
	Closed   string       // why nothing can be posted, instead of the form
	Whole    *articlePage // the article with its thread, below the form; nil in answers to it
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
	s.endDraft(w, r, slug, parent)
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
	a, node, err := s.replyTarget(r, slug, parent)
	switch {
	case err == nil, a != nil && isKind(err, forum.NotFound, forum.Gone):
		// The text matters more than what it answered.
	case problem != nil:
		// The place is gone or cannot be read: the text is still shown.
		a = nil
	case form.Get("body") != "":
		return s.showReplyProblem(w, r, slug, parent, form, err)
	default:
		return err
	}
	p := s.newReplyPage(r, slug, a, parent, node)
	c := p.Composer
	c.Body = form.Get("body")
	if id := form.Get("form_id"); s.validFormID(id, p.Viewer.ID) {
		c.FormID = id
	}
	if problem != nil {
		c.Problem = p.Error(problem)
	} else if rendered, err := s.act.Preview(r.Context(), c.Body, addressOf(r)); err == nil {
		c.Preview, c.HasView, c.Focus = markup.Safe(rendered.HTML), true, false
	} else {
		return s.showReplyProblem(w, r, slug, parent, form, err)
	}
	c.TooLong = action.CharactersOver(c.Body)
	return s.render(w, status, "reply", p)
}

// showReplyForm opens the form to answer a comment, or the article. The script
// takes the form from here and puts it below the comment.
func (s *Server) showReplyForm(w http.ResponseWriter, r *http.Request, slug, reply string) error {
	parent, err := parseParent(reply)
	if err != nil {
		return err
	}
	a, node, err := s.replyTarget(r, slug, parent)
	if a == nil {
		return err
	}
	p := s.newReplyPage(r, slug, a, parent, node)
	if err := s.fillFromDraft(r, p.Composer); err != nil {
		return err
	}
	kept := p.Composer.Body != ""
	switch {
	case err != nil && kept && isKind(err, forum.NotFound, forum.Gone):
		p.Composer.Problem = p.Error(kindly(err))
	case err != nil:
		return err
	case !kept && !repliesOffered(p.Viewer, a):
		p.Composer, p.Closed = nil, closedBecause(p.locale, a)
	case !kept && node != nil && node.BranchLocked && !p.Viewer.Moderates():
		p.Composer, p.Closed = nil, p.T("A moderator has locked this branch, so no new replies can be posted in it.")
	}
	whole, part, err := s.discussion(r, a, forum.Oldest, "")
	if err != nil {
		return err
	}
	whole.Below, p.Whole = true, whole
	if err := s.render(w, http.StatusOK, "reply", p); err != nil {
		return err
	}
	part.place(w)
	return nil
}

// newReplyPage begins the page of the form to answer node, or the article. Without
// an article it only carries the text.
func (s *Server) newReplyPage(r *http.Request, slug string, a *forum.Article, parent forum.CommentID, node *forum.Node) *replyPage {
	p := &replyPage{layout: s.layout(r, ""), Article: a}
	p.NoIndex = true
	p.Composer = s.newComposer(r, p.locale, slug, node)
	p.Composer.Parent, p.Composer.Focus = parent, true
	p.Title = p.T("Reply to the article")
	if p.Composer.To != "" {
		p.Title = p.T("Reply to %s", p.Composer.To)
	} else if parent != 0 {
		p.Title = p.T("Reply to this comment")
	}
	if a == nil {
		p.Article = &forum.Article{Slug: slug, Title: p.T("the discussion")}
	} else if node != nil {
		p.Answered = s.answered(s.threadWriter(p.layout, a), node)
	}
	return p
}

// replyTarget is what a reply answers, as far as its author may see it: the
// article, also where only the comment is missing, and the comment, nil for the
// article itself.
func (s *Server) replyTarget(r *http.Request, slug string, parent forum.CommentID) (*forum.Article, *forum.Node, error) {
	a, err := s.db.Article(r.Context(), viewerOf(r), slug)
	if err != nil {
		return nil, nil, err
	}
	if parent == 0 {
		return a, nil, nil
	}
	link, err := s.db.Comment(r.Context(), viewerOf(r), parent, postgres.PermalinkPage{})
	if err != nil {
		return a, nil, err
	}
	if link.Article.ID != a.ID {
		return a, nil, forum.NewError(forum.NotFound, "The comment you are answering does not belong to this article.")
	}
	node := link.Subject()
	node.BranchLocked = link.BranchLocked // also by a mark further up
	return a, node, nil
}

// isKind tells whether an error is for people and of one of these kinds.
func isKind(err error, kinds ...forum.Kind) bool {
	e, ok := errors.AsType[*forum.Error](err)
	if !ok {
		return false
	}
	return slices.Contains(kinds, e.Kind)
}
