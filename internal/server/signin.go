package server

import (
	"net/http"
	"strings"

	"hustings/internal/forum"
	"hustings/internal/paths"
	"hustings/internal/postgres"
)

// signInPage is the form to sign in; signing up uses the same parts.
type signInPage struct {
	layout
	Next     string // where to go afterwards, a path of this site
	Name     string // as typed
	Email    string // as typed; signing up only
	Problem  string
	Field    string // the field that the problem belongs to
	Draft    postgres.Draft
	HasDraft bool
}

// ProblemAt is the problem where it belongs to a field, else "".
func (p signInPage) ProblemAt(field string) string {
	if p.Field == field {
		return p.Problem
	}
	return ""
}

func (s *Server) showSignIn(w http.ResponseWriter, r *http.Request) error {
	next := nextPath(r.URL.Query().Get("next"))
	if viewerOf(r).SignedIn() {
		return redirect(w, next)
	}
	return s.renderSignIn(w, r, http.StatusOK, "signin", signInPage{Next: next})
}

func (s *Server) postSignIn(w http.ResponseWriter, r *http.Request) error {
	form, err := readForm(r)
	if err != nil {
		return err
	}
	browser, err := s.browserOf(r)
	if err != nil {
		return err
	}
	p := signInPage{Next: nextPath(form.Get("next")), Name: form.Get("name")}
	in, err := s.act.SignIn(r.Context(), p.Name, form.Get("password"), browser)
	if err != nil {
		return s.showSignInProblem(w, r, "signin", p, err)
	}
	return s.welcome(w, r, in.Session, p.Next)
}

// welcome sets the cookie and leads on: to the page one came from, or where a
// text waits to that.
func (s *Server) welcome(w http.ResponseWriter, r *http.Request, session, next string) error {
	if err := s.startSession(w, r, session); err != nil {
		return err
	}
	if next == paths.Front {
		d, ok, err := s.waitingDraft(r)
		if err != nil {
			return err
		}
		if ok {
			next = paths.ReplyForm(d.ArticleSlug, d.Parent)
		}
	}
	return redirect(w, next)
}

// showSignInProblem shows the form again with what was typed, except passwords.
func (s *Server) showSignInProblem(w http.ResponseWriter, r *http.Request, name string, p signInPage, problem error) error {
	if !isKind(problem, forum.Invalid, forum.TooMany, forum.Conflict) {
		return problem
	}
	e := kindly(problem)
	noteFailure(r, statusFor(problem), problem)
	if e.RetryAfter > 0 {
		w.Header().Set("Retry-After", seconds(e.RetryAfter))
	}
	p.Problem, p.Field = s.localeOf(r).Error(e), e.Field
	return s.renderSignIn(w, r, statusFor(problem), name, p)
}

func (s *Server) renderSignIn(w http.ResponseWriter, r *http.Request, status int, name string, p signInPage) (err error) {
	title := map[string]string{"signin": "Sign in", "signup": "Make an account"}[name]
	p.layout = s.layout(r, "")
	p.Title = p.T(title)
	p.Here = paths.Front // nothing leads back to a form that was answered
	p.Section, p.MainClass, p.NoIndex = "signin", "narrow", true
	if p.Draft, p.HasDraft, err = s.waitingDraft(r); err != nil {
		return err
	}
	return s.render(w, status, name, p)
}

func (s *Server) postSignOut(w http.ResponseWriter, r *http.Request) error {
	session, err := s.sessions.of(r)
	if err != nil {
		return err
	}
	session.Options.MaxAge = -1
	if err := session.Save(r, w); err != nil {
		return err
	}
	return redirect(w, paths.Front)
}

// nextPath is a path of this site to go on to, and not one that would lead
// straight back to a form of this kind.
func nextPath(next string) string {
	path := localPath(next)
	bare, _, _ := strings.Cut(path, "?")
	bare, _, _ = strings.Cut(bare, "#")
	switch strings.TrimSuffix(bare, "/") {
	case paths.SignIn, paths.SignUp, paths.SignOut:
		return paths.Front
	}
	return path
}
