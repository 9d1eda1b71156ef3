package server

import (
	"net/http"
	"net/url"

	"hustings/internal/forum"
	"hustings/internal/paths"
	"hustings/internal/postgres"
)

// settingsPage is one's own account.
type settingsPage struct {
	layout
	Email    string // as it is, or as typed where that was refused
	Label    string // of a token that was refused
	Sessions []postgres.Session
	Others   bool // there are sessions besides this one
	Tokens   []postgres.Token
	Secret   string // of a token that was just made: shown this once
	Form     string // which form has the problem: email, password or token
	Field    string
	Problem  string
}

// ProblemAt is the problem where it belongs to a field of a form, else "".
func (p settingsPage) ProblemAt(form, field string) string {
	if p.Form == form && p.Field == field {
		return p.Problem
	}
	return ""
}

// settingsDone are the sentences shown after a change, by what ?done= says.
var settingsDone = map[string]string{
	"email":    "Your e-mail address is changed.",
	"password": "Your password is changed. You are signed out everywhere else, and your API tokens are withdrawn.",
	"sessions": "Done: those browsers are signed out.",
	"tokens":   "The API token is withdrawn.",
}

func (s *Server) showSettings(w http.ResponseWriter, r *http.Request) error {
	p := settingsPage{}
	if done, ok := settingsDone[r.URL.Query().Get("done")]; ok {
		p.Notice = s.localeOf(r).T(done)
	}
	return s.renderSettings(w, r, http.StatusOK, p)
}

func (s *Server) renderSettings(w http.ResponseWriter, r *http.Request, status int, p settingsPage) error {
	notice := p.Notice
	p.layout = s.layout(r, "")
	p.Title, p.Notice = p.T("Settings"), notice
	p.Here = paths.Settings
	p.Section, p.MainClass, p.NoIndex = "settings", "narrow", true
	account, err := s.db.Account(r.Context(), p.Viewer)
	if err != nil {
		return err
	}
	if p.Form != "email" {
		p.Email = account.Email
	}
	session, err := s.sessions.of(r)
	if err != nil {
		return err
	}
	if p.Sessions, err = s.db.Sessions(r.Context(), p.Viewer, session.ID); err != nil {
		return err
	}
	for _, one := range p.Sessions {
		p.Others = p.Others || !one.Current
	}
	if p.Tokens, err = s.db.Tokens(r.Context(), p.Viewer); err != nil {
		return err
	}
	return s.render(w, status, "settings", p)
}

// showSettingsProblem shows the page with what was typed, except passwords.
func (s *Server) showSettingsProblem(w http.ResponseWriter, r *http.Request, p settingsPage, problem error) error {
	if !isKind(problem, forum.Invalid, forum.TooMany, forum.Conflict) {
		return problem
	}
	e := kindly(problem)
	noteFailure(r, statusFor(problem), problem)
	if e.RetryAfter > 0 {
		w.Header().Set("Retry-After", seconds(e.RetryAfter))
	}
	p.Problem, p.Field = s.localeOf(r).Error(e), e.Field
	return s.renderSettings(w, r, statusFor(problem), p)
}

func settled(w http.ResponseWriter, what string) error {
	return redirect(w, paths.Settings+"?done="+what)
}

func (s *Server) postEmail(w http.ResponseWriter, r *http.Request) error {
	form, err := readForm(r)
	if err != nil {
		return err
	}
	if err := s.act.ChangeEmail(r.Context(), viewerOf(r), form.Get("email"), form.Get("password")); err != nil {
		return s.showSettingsProblem(w, r, settingsPage{Form: "email", Email: form.Get("email")}, err)
	}
	return settled(w, "email")
}

func (s *Server) postPassword(w http.ResponseWriter, r *http.Request) error {
	form, err := readForm(r)
	if err != nil {
		return err
	}
	browser, err := s.browserOf(r)
	if err != nil {
		return err
	}
	token, err := s.act.ChangePassword(r.Context(), viewerOf(r), form.Get("password"), form.Get("new_password"), browser)
	if err != nil {
		return s.showSettingsProblem(w, r, settingsPage{Form: "password"}, err)
	}
	if err := s.startSession(w, r, token); err != nil {
		return err
	}
	return settled(w, "password")
}

// postSessions signs one browser out (id), or all but this one (others).
func (s *Server) postSessions(w http.ResponseWriter, r *http.Request) error {
	form, err := readForm(r)
	if err != nil {
		return err
	}
	if err := s.endSessions(r, form); err != nil {
		return err
	}
	return settled(w, "sessions")
}

func (s *Server) endSessions(r *http.Request, form url.Values) error {
	if form.Get("others") == "" {
		return s.act.SignOutBrowser(r.Context(), viewerOf(r), form.Get("id"))
	}
	session, err := s.sessions.of(r)
	if err != nil {
		return err
	}
	return s.act.SignOutElsewhere(r.Context(), viewerOf(r), session.ID)
}

// postTokens makes an API token and shows its secret, or with an id withdraws one.
func (s *Server) postTokens(w http.ResponseWriter, r *http.Request) error {
	form, err := readForm(r)
	if err != nil {
		return err
	}
	if id := form.Get("id"); id != "" {
		if err := s.act.EndToken(r.Context(), viewerOf(r), id); err != nil {
			return err
		}
		return settled(w, "tokens")
	}
	secret, err := s.act.AddToken(r.Context(), viewerOf(r), form.Get("label"))
	if err != nil {
		return s.showSettingsProblem(w, r, settingsPage{Form: "token", Label: form.Get("label")}, err)
	}
	return s.renderSettings(w, r, http.StatusOK, settingsPage{Secret: secret})
}
