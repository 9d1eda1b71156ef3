package server

import (
	"net/http"

	"hustings/internal/action"
)

func (s *Server) showSignUp(w http.ResponseWriter, r *http.Request) error {
	next := nextPath(r.URL.Query().Get("next"))
	if viewerOf(r).SignedIn() {
		return redirect(w, next)
	}
	return s.renderSignIn(w, r, http.StatusOK, "signup", signInPage{Next: next})
}

func (s *Server) postSignUp(w http.ResponseWriter, r *http.Request) error {
	form, err := readForm(r)
	if err != nil {
		return err
	}
	browser, err := s.browserOf(r)
	if err != nil {
		return err
	}
	p := signInPage{Next: nextPath(form.Get("next")), Name: form.Get("name"), Email: form.Get("email")}
	in, err := s.act.SignUp(r.Context(), action.NewAccount{Name: p.Name, Email: p.Email, Password: form.Get("password")}, browser)
	if err != nil {
		return s.showSignInProblem(w, r, "signup", p, err)
	}
	return s.welcome(w, r, in.Session, p.Next)
}
