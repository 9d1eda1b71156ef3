package postgres_test

import (
	"context"
	"strings"
	"testing"

	"hustings/internal/forum"
	"hustings/internal/postgres"
)

func (p people) session(id forum.PersonID, token string) {
	p.t.Helper()
	p.do(func(ctx context.Context, tx *postgres.Tx) error { return tx.AddSession(ctx, id, token, "Browser") })
}

func TestSessionViewer_by_age_and_role(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name       string
		role       forum.Role
		seen, made string
		lives      bool
	}{
		{"fresh", forum.Reader, "0", "0", true},
		{"reader_seen_29_days_ago", forum.Reader, "29 days", "29 days", true},
		{"reader_seen_31_days_ago", forum.Reader, "31 days", "31 days", false},
		{"reader_since_89_days", forum.Reader, "1 day", "89 days", true},
		{"reader_since_91_days", forum.Reader, "1 day", "91 days", false},
		{"moderator_seen_23_hours_ago", forum.Moderator, "23 hours", "2 days", true},
		{"moderator_seen_25_hours_ago", forum.Moderator, "25 hours", "2 days", false},
		{"admin_since_6_days", forum.Admin, "1 hour", "6 days", true},
		{"admin_since_8_days", forum.Admin, "1 hour", "8 days", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			p := newPeople(t)
			who := p.member("Priya Venn", tc.role)
			p.session(who.ID, "secret")
			p.sql(`update session set seen_at = now() - $1::interval, created_at = now() - $2::interval,
				expires_at = now() - $2::interval + '90 days'`, tc.seen, tc.made)
			v, stale, err := p.SessionViewer(t.Context(), "secret")
			if !tc.lives {
				if forum.KindOf(err) != forum.NotFound || v.SignedIn() {
					t.Errorf("got %+v, %v", v, err)
				}
				return
			}
			if err != nil || v != (forum.Viewer{ID: who.ID, Name: "Priya Venn", Handle: "priya-venn", Role: tc.role}) || stale != (tc.seen != "0") {
				t.Errorf("got %+v, %v, %v", v, stale, err)
			}
			list, err := p.Sessions(t.Context(), v, "secret")
			if err != nil || len(list) != 1 || !list[0].Current {
				t.Errorf("got %+v, %v", list, err)
			}
		})
	}
}

func TestSessions_end(t *testing.T) {
	t.Parallel()
	p := newPeople(t)
	one, two := p.member("One", forum.Reader), p.member("Two", forum.Reader)
	lives := func(token string) bool {
		_, _, err := p.SessionViewer(t.Context(), token)
		return err == nil
	}
	for _, s := range []string{"a", "b", "c"} {
		p.session(one.ID, s)
	}
	p.session(two.ID, "other")
	p.do(func(ctx context.Context, tx *postgres.Tx) error { return tx.EndSession(ctx, "a") })
	if lives("a") || !lives("b") {
		t.Error("not just this one ended")
	}
	list, err := p.Sessions(t.Context(), forum.Viewer{ID: two.ID}, "")
	if err != nil || len(list) != 1 || list[0].Current {
		t.Fatalf("got %+v, %v", list, err)
	}
	end := func(who forum.PersonID, id string) error {
		return p.Do(t.Context(), func(ctx context.Context, tx *postgres.Tx) error { return tx.EndSessionByID(ctx, who, id) })
	}
	if err := end(one.ID, list[0].ID); forum.KindOf(err) != forum.NotFound || !lives("other") {
		t.Errorf("somebody else's browser was signed out: %v", err)
	}
	if err := end(two.ID, list[0].ID); err != nil || lives("other") {
		t.Errorf("own browser was not signed out: %v", err)
	}
	p.do(func(ctx context.Context, tx *postgres.Tx) error {
		_, err := tx.EndSessions(ctx, one.ID, "c")
		return err
	})
	if lives("b") || !lives("c") {
		t.Error("not all but one ended")
	}
}

func TestSessions_are_bounded_and_hold_no_secret(t *testing.T) {
	t.Parallel()
	p := newPeople(t)
	who := p.member("Priya", forum.Reader)
	p.session(who.ID, "first")
	p.sql(`update session set seen_at = now() - interval '1 day'`)
	for i := range 50 {
		p.session(who.ID, strings.Repeat("s", i+1))
	}
	if n := p.count(`select count(*) from session`); n != 50 {
		t.Errorf("%d sessions, want 50", n)
	}
	if _, _, err := p.SessionViewer(t.Context(), "first"); err == nil {
		t.Error("the session not seen for longest is still there")
	}
	if n := p.count(`select count(*) from session s where s::text like '%sssss%'`); n != 0 {
		t.Error("a secret is stored")
	}
}

func TestSweepSessions(t *testing.T) {
	t.Parallel()
	p := newPeople(t)
	who := p.member("Priya", forum.Reader)
	p.session(who.ID, "old")
	p.sql(`update session set expires_at = now() - interval '1 second'`)
	p.session(who.ID, "new")
	p.do(func(ctx context.Context, tx *postgres.Tx) error { return tx.SweepSessions(ctx) })
	if n := p.count(`select count(*) from session`); n != 1 {
		t.Errorf("%d sessions left, want 1", n)
	}
}
