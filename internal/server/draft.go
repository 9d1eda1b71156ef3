package server

import (
	"net/http"

	"hustings/internal/forum"
	"hustings/internal/postgres"
)

// draftCookie holds the token of a text that waits while its author signs in.
const draftCookie = "hustings_draft"

// saveDraft keeps a text and leaves the way back to it in the browser.
func (s *Server) saveDraft(w http.ResponseWriter, r *http.Request, article forum.ArticleID, parent forum.CommentID, body string) error {
	token, err := s.act.SaveDraft(r.Context(), addressOf(r), article, parent, body)
	if err != nil {
		return err
	}
	s.setDraftCookie(w, token, int(postgres.DraftLife.Seconds()))
	return nil
}

func (s *Server) setDraftCookie(w http.ResponseWriter, token string, age int) {
	http.SetCookie(w, &http.Cookie{Name: draftCookie, Value: token, Path: "/", MaxAge: age,
		HttpOnly: true, Secure: s.BaseURL.Scheme == "https", SameSite: http.SameSiteLaxMode})
}

// waitingDraft is the text that waits in this browser, if any.
func (s *Server) waitingDraft(r *http.Request) (postgres.Draft, bool, error) {
	cookie, err := r.Cookie(draftCookie)
	if err != nil || cookie.Value == "" {
		return postgres.Draft{}, false, nil //nolint:nilerr // no cookie, no text
	}
	d, err := s.db.Draft(r.Context(), viewerOf(r), cookie.Value)
	if isKind(err, forum.NotFound) {
		return postgres.Draft{}, false, nil
	}
	return d, err == nil, err
}

// fillFromDraft puts the waiting text into the form it was written in.
func (s *Server) fillFromDraft(r *http.Request, c *composer) error {
	d, ok, err := s.waitingDraft(r)
	if err != nil || !ok || d.ArticleSlug != c.Slug || d.Parent != c.Parent {
		return err
	}
	c.Body, c.Kept = d.Body, c.SignedIn
	return nil
}

// endDraft forgets the waiting text once it is posted; one that waits for another
// place goes on waiting.
func (s *Server) endDraft(w http.ResponseWriter, r *http.Request, slug string, parent forum.CommentID) {
	d, ok, err := s.waitingDraft(r)
	if err != nil || !ok || d.ArticleSlug != slug || d.Parent != parent {
		return
	}
	cookie, err := r.Cookie(draftCookie)
	if err != nil || cookie.Value == "" {
		return
	}
	if err := s.act.EndDraft(r.Context(), cookie.Value); err != nil {
		s.Log.Warn("a draft could not be ended; it ends by itself", "err", err)
	}
	s.setDraftCookie(w, "", -1)
}
