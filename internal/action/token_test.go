package action

import (
	"strings"
	"testing"

	"hustings/internal/forum"
)

func TestAddToken(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := viewerOf(s.account("Ruth", forum.Moderator))
	secret, err := s.AddToken(t.Context(), v, " feed reader ")
	if err != nil || !strings.HasPrefix(secret, "hust_") || len(secret) < 48 {
		t.Fatalf("got %q, %v", secret, err)
	}
	for range 2 {
		if got, err := s.ViewerByToken(t.Context(), secret); err != nil || got != v {
			t.Errorf("got %+v, %v", got, err)
		}
	}
	list, err := s.db.Tokens(t.Context(), v)
	if err != nil || len(list) != 1 || list[0].Label != "feed reader" || list[0].UsedAt == nil {
		t.Fatalf("got %+v, %v", list, err)
	}
	if err := s.EndToken(t.Context(), v, list[0].ID); err != nil {
		t.Fatal(err)
	}
	if _, err := s.ViewerByToken(t.Context(), secret); forum.KindOf(err) != forum.Unauthenticated {
		t.Errorf("got %v", err)
	}
	for name, label := range map[string]string{"two_lines": "a\nb", "nul": "a\x00", "invalid": "\xff", "long": strings.Repeat("x", 101)} {
		if _, err := s.AddToken(t.Context(), v, label); fieldOf(err) != "label" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := s.AddToken(t.Context(), forum.Anonymous, ""); forum.KindOf(err) != forum.Unauthenticated {
		t.Errorf("got %v", err)
	}
}

func TestAddTokenFor(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	p := s.account("Ruth", forum.Reader)
	secret, err := s.AddTokenFor(t.Context(), "ruth", "script")
	if err != nil {
		t.Fatal(err)
	}
	if v, err := s.ViewerByToken(t.Context(), secret); err != nil || v.ID != p.ID {
		t.Errorf("got %+v, %v", v, err)
	}
	if got := s.value(`select count(*) from audit where action = 'add_token'`); got != "1" {
		t.Errorf("%s audit rows", got)
	}
	if _, err := s.AddTokenFor(t.Context(), "nobody", ""); forum.KindOf(err) != forum.NotFound {
		t.Errorf("got %v", err)
	}
	for _, bad := range []string{"", "hust_", strings.Repeat("x", 1<<20), "\x00", "\xff"} {
		if _, err := s.ViewerByToken(t.Context(), bad); forum.KindOf(err) != forum.Unauthenticated {
			t.Errorf("%.10q: %v", bad, err)
		}
	}
}
