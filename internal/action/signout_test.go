package action

import (
	"testing"

	"hustings/internal/forum"
)

func TestSignOut(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.account("Ruth", forum.Reader)
	one, two, three := s.signIn("Ruth"), s.signIn("Ruth"), s.signIn("Ruth")
	for range 2 { // the second time there is nothing left to end
		if err := s.SignOut(t.Context(), one.Session); err != nil {
			t.Fatal(err)
		}
	}
	if s.lives(one.Session) || !s.lives(two.Session) {
		t.Error("not just this one ended")
	}
	if err := s.SignOutElsewhere(t.Context(), two.Viewer, two.Session); err != nil || s.lives(three.Session) || !s.lives(two.Session) {
		t.Errorf("elsewhere: %v", err)
	}
	list, err := s.db.Sessions(t.Context(), two.Viewer, "")
	if err != nil || len(list) != 1 {
		t.Fatalf("got %v, %v", list, err)
	}
	if err := s.SignOutBrowser(t.Context(), two.Viewer, list[0].ID); err != nil || s.lives(two.Session) {
		t.Errorf("by its number: %v", err)
	}
	if err := s.SignOutBrowser(t.Context(), forum.Anonymous, list[0].ID); forum.KindOf(err) != forum.Unauthenticated {
		t.Errorf("got %v", err)
	}
}

func TestSeeSession_keeps_a_session_alive(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.account("Ruth", forum.Reader)
	in := s.signIn("Ruth")
	s.sql(`update session set seen_at = now() - interval '29 days'`)
	if err := s.SeeSession(t.Context(), in.Session); err != nil {
		t.Fatal(err)
	}
	if got := s.value(`select seen_at > now() - interval '1 minute' from session`); got != "true" {
		t.Error("the session was not marked")
	}
}
