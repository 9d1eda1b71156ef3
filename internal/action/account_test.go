package action

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"strings"
	"testing"

	"hustings/internal/forum"
	"hustings/internal/pgtest"
	"hustings/internal/postgres"

	"github.com/jackc/pgx/v5/pgxpool"
)

const goodPassword = "a lamp in the window"

// site is a store of its own with Actions over it.
type site struct {
	*Actions
	pool *pgxpool.Pool
	t    *testing.T
}

func newSite(t *testing.T) site {
	t.Helper()
	pool := pgtest.New(t)
	db := postgres.New(pool)
	t.Cleanup(db.Close)
	a := New(db, slog.New(slog.DiscardHandler))
	// What hashing costs is a matter of password_test.go.
	a.accounts.hasher.costs = argon{memory: 64, time: 1, threads: 1}
	return site{a, pool, t}
}

func (s site) sql(sql string, args ...any) {
	s.t.Helper()
	if _, err := s.pool.Exec(s.t.Context(), sql, args...); err != nil {
		s.t.Fatal(err)
	}
}

func (s site) value(sql string, args ...any) (text string) {
	s.t.Helper()
	if err := s.pool.QueryRow(s.t.Context(), `select (`+sql+`)::text`, args...).Scan(&text); err != nil {
		s.t.Fatal(err)
	}
	return text
}

func (s site) account(name string, role forum.Role) forum.Person {
	s.t.Helper()
	p, err := s.AddAccount(s.t.Context(), NewAccount{Name: name, Password: goodPassword}, role)
	if err != nil {
		s.t.Fatal(err)
	}
	return p
}

func from(addr string) Browser {
	return Browser{Addr: netip.MustParseAddr(addr), UserAgent: "Browser"}
}

// signIn signs in with the good password and gives the session.
func (s site) signIn(name string) SignedIn {
	s.t.Helper()
	in, err := s.SignIn(s.t.Context(), name, goodPassword, from("192.0.2.1"))
	if err != nil {
		s.t.Fatal(err)
	}
	return in
}

// lives tells whether a session opens anything.
func (s site) lives(session string) bool {
	s.t.Helper()
	_, _, err := s.db.SessionViewer(s.t.Context(), session)
	if err != nil && forum.KindOf(err) != forum.NotFound {
		s.t.Fatal(err)
	}
	return err == nil
}

func fieldOf(err error) string {
	if e, ok := errors.AsType[*forum.Error](err); ok {
		return e.Field
	}
	return ""
}

func TestAddAccount(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	p := s.account("admin", forum.Admin) // reserved names are the shell's to give
	if p.Role != forum.Admin || s.signIn("Admin").Viewer.Role != forum.Admin {
		t.Errorf("got %+v", p)
	}
	if got := s.value(`select action || ' ' || actor_kind || ' ' || subject_id from audit`); got != "add_account system "+s.value(`select id from person`) {
		t.Errorf("audit: %s", got)
	}
}

func TestAccount_forms(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.account("Ruth Semple", forum.Reader)
	good := NewAccount{Name: "Paul", Password: goodPassword}
	with := func(change func(*NewAccount)) NewAccount {
		n := good
		change(&n)
		return n
	}
	for _, tc := range []struct {
		name  string
		n     NewAccount
		field string
	}{
		{"no_name", with(func(n *NewAccount) { n.Name = "" }), "name"},
		{"one_letter", with(func(n *NewAccount) { n.Name = "x" }), "name"},
		{"spaces", with(func(n *NewAccount) { n.Name = "     " }), "name"},
		{"nul", with(func(n *NewAccount) { n.Name = "Pa\x00ul" }), "name"},
		{"invalid_utf_8", with(func(n *NewAccount) { n.Name = "Paul\xff" }), "name"},
		{"direction_override", with(func(n *NewAccount) { n.Name = "Paul\u202exe" }), "name"},
		{"zero_width", with(func(n *NewAccount) { n.Name = "Pa\u200bul" }), "name"},
		{"markup", with(func(n *NewAccount) { n.Name = "<script>alert(1)</script>" }), "name"},
		{"sql", with(func(n *NewAccount) { n.Name = "x'; drop table person; --" }), "name"},
		{"address_as_name", with(func(n *NewAccount) { n.Name = "paul@example.org" }), "name"},
		{"huge", with(func(n *NewAccount) { n.Name = strings.Repeat("Paul ", 200_000) }), "name"},
		{"piled_marks", with(func(n *NewAccount) { n.Name = "Pa" + strings.Repeat("\u0301", 50) }), "name"},
		{"taken", with(func(n *NewAccount) { n.Name = "Ruth Semple" }), "name"},
		{"taken_in_capitals", with(func(n *NewAccount) { n.Name = "RUTH SEMPLE" }), "name"},
		{"taken_in_cyrillic", with(func(n *NewAccount) { n.Name = "Ruth Sеmрlе" }), "name"},
		{"taken_full_width", with(func(n *NewAccount) { n.Name = "Ｒuth Semple" }), "name"},
		{"taken_with_more_spaces", with(func(n *NewAccount) { n.Name = " Ruth   Semple " }), "name"},
		{"no_at", with(func(n *NewAccount) { n.Email = "paul" }), "email"},
		{"address_with_name", with(func(n *NewAccount) { n.Email = "Paul <paul@example.org>" }), "email"},
		{"two_addresses", with(func(n *NewAccount) { n.Email = "a@example.org,b@example.org" }), "email"},
		{"header_injection", with(func(n *NewAccount) { n.Email = "a@example.org\r\nBcc: b@example.org" }), "email"},
		{"nul_in_address", with(func(n *NewAccount) { n.Email = "a\x00@example.org" }), "email"},
		{"long_address", with(func(n *NewAccount) { n.Email = strings.Repeat("a", 300) + "@example.org" }), "email"},
		{"no_password", with(func(n *NewAccount) { n.Password = "" }), "password"},
		{"short_password", with(func(n *NewAccount) { n.Password = "1234567" }), "password"},
		{"seven_wide_letters", with(func(n *NewAccount) { n.Password = "жжжжжжж" }), "password"},
		{"common_password", with(func(n *NewAccount) { n.Password = "PassWord123" }), "password"},
		{"too_long_password", with(func(n *NewAccount) { n.Password = strings.Repeat("x", 1025) }), "password"},
		{"invalid_password", with(func(n *NewAccount) { n.Password = "abcdefgh\xff" }), "password"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := s.AddAccount(t.Context(), tc.n, forum.Reader)
			if forum.KindOf(err) != forum.Invalid || fieldOf(err) != tc.field {
				t.Errorf("got %v in field %q, want field %q", err, fieldOf(err), tc.field)
			}
		})
	}
	t.Run("the_longest_and_oddest_that_is_allowed", func(t *testing.T) {
		n := NewAccount{Name: "Жанна-1_2.3 d", Email: "жанна+x@example.org", Password: strings.Repeat("\u00e9", 1024)}
		if _, err := s.AddAccount(t.Context(), n, forum.Reader); err != nil {
			t.Fatal(err)
		}
		n.Password = strings.Repeat("e\u0301", 1024) // the same letters from another keyboard
		if _, err := s.SignIn(t.Context(), n.Email, n.Password, from("192.0.2.1")); err != nil {
			t.Error(err)
		}
	})
}

func TestSetRole(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	p := s.account("Ambrose Keel", forum.Reader)
	in := s.signIn("Ambrose Keel")
	token, err := s.AddToken(t.Context(), in.Viewer, "")
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.SetRole(t.Context(), "ambrose-keel", forum.Moderator)
	if err != nil || got.ID != p.ID || got.Role != forum.Moderator {
		t.Fatalf("got %+v, %v", got, err)
	}
	if s.lives(in.Session) {
		t.Error("a session from before the change still opens")
	}
	if _, err := s.ViewerByToken(t.Context(), token); forum.KindOf(err) != forum.Unauthenticated {
		t.Errorf("a token from before the change: %v", err)
	}
	if got := s.value(`select detail from audit where action = 'role'`); got != `{"to": "moderator", "from": "reader"}` {
		t.Errorf("audit: %s", got)
	}
	in = s.signIn("Ambrose Keel")
	if _, err := s.SetRole(t.Context(), "Ambrose Keel", forum.Moderator); err != nil || !s.lives(in.Session) {
		t.Errorf("a change to the same role: %v", err)
	}
	if _, err := s.SetRole(t.Context(), "nobody", forum.Admin); forum.KindOf(err) != forum.NotFound {
		t.Errorf("got %v", err)
	}
}

func TestChangeRole_by_whom(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	target := s.account("Target", forum.Reader)
	for _, tc := range []struct {
		role forum.Role
		kind forum.Kind
	}{{forum.Reader, forum.Forbidden}, {forum.Moderator, forum.Forbidden}, {forum.Admin, 0}} {
		v := viewerOf(s.account("The "+string(tc.role), tc.role))
		if _, err := s.ChangeRole(t.Context(), v, target.ID, forum.Moderator); forum.KindOf(err) != tc.kind {
			t.Errorf("%s: %v", tc.role, err)
		}
		if _, err := s.ChangeRole(t.Context(), v, v.ID, forum.Admin); forum.KindOf(err) != forum.Forbidden {
			t.Errorf("%s on themselves: %v", tc.role, err)
		}
	}
	if _, err := s.ChangeRole(t.Context(), forum.Anonymous, target.ID, forum.Admin); forum.KindOf(err) != forum.Unauthenticated {
		t.Errorf("got %v", err)
	}
	if got := s.value(`select role from person where id = $1`, target.ID); got != "moderator" {
		t.Errorf("the role is %s", got)
	}
}

func TestResetPassword(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.account("Paul", forum.Reader)
	in := s.signIn("Paul")
	if _, err := s.ResetPassword(t.Context(), "Paul", "short"); fieldOf(err) != "password" {
		t.Errorf("got %v", err)
	}
	if _, err := s.ResetPassword(t.Context(), "Paul", "another good one"); err != nil {
		t.Fatal(err)
	}
	if s.lives(in.Session) {
		t.Error("a session from before still opens")
	}
	if _, err := s.SignIn(t.Context(), "Paul", goodPassword, from("192.0.2.1")); forum.KindOf(err) != forum.Invalid {
		t.Errorf("the old password: %v", err)
	}
	if _, err := s.SignIn(t.Context(), "Paul", "another good one", from("192.0.2.1")); err != nil {
		t.Errorf("the new password: %v", err)
	}
	if got := s.value(`select count(*) from audit where action = 'reset_password'`); got != "1" {
		t.Errorf("%s audit rows", got)
	}
}

func TestChangePassword(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.account("Paul", forum.Reader)
	here, there := s.signIn("Paul"), s.signIn("Paul")
	token, err := s.AddToken(t.Context(), here.Viewer, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.ChangePassword(t.Context(), here.Viewer, "wrong", "another good one", from("192.0.2.1")); fieldOf(err) != "password" {
		t.Errorf("got %v", err)
	}
	if _, err := s.ChangePassword(t.Context(), here.Viewer, goodPassword, "12345678", from("192.0.2.1")); fieldOf(err) != "new_password" {
		t.Errorf("got %v", err)
	}
	if !s.lives(there.Session) {
		t.Error("a refused change signed somebody out")
	}
	fresh, err := s.ChangePassword(t.Context(), here.Viewer, goodPassword, "another good one", from("192.0.2.1"))
	if err != nil {
		t.Fatal(err)
	}
	if s.lives(here.Session) || s.lives(there.Session) || !s.lives(fresh) {
		t.Error("not just the new session lives")
	}
	if _, err := s.ViewerByToken(t.Context(), token); err == nil {
		t.Error("a token from before still opens")
	}
	t.Run("guessing_is_bounded_and_a_right_answer_is_free", func(t *testing.T) {
		for range 15 {
			if err := s.ChangeEmail(t.Context(), here.Viewer, "", "another good one"); err != nil {
				t.Fatal(err)
			}
		}
		var err error
		for range 10 {
			err = s.ChangeEmail(t.Context(), here.Viewer, "p@example.org", "guess")
		}
		if forum.KindOf(err) != forum.TooMany {
			t.Errorf("got %v", err)
		}
	})
}

func TestChangeEmail(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.account("Paul", forum.Reader)
	v := s.signIn("Paul").Viewer
	change := func(email, password string) error { return s.ChangeEmail(t.Context(), v, email, password) }
	if err := change("paul@example.org", "wrong password"); fieldOf(err) != "password" {
		t.Errorf("got %v", err)
	}
	if err := change("paul at example", goodPassword); fieldOf(err) != "email" {
		t.Errorf("got %v", err)
	}
	if err := change(" paul@example.org ", goodPassword); err != nil {
		t.Fatal(err)
	}
	if _, err := s.SignIn(t.Context(), "PAUL@example.org", goodPassword, from("192.0.2.1")); err != nil {
		t.Error(err)
	}
	if err := change("", goodPassword); err != nil || s.value(`select count(*) from person where email is not null`) != "0" {
		t.Errorf("taking it away: %v", err)
	}
	if err := s.ChangeEmail(t.Context(), forum.Anonymous, "", ""); forum.KindOf(err) != forum.Unauthenticated {
		t.Errorf("got %v", err)
	}
}

// whileChecked changes Paul's password after act has checked it and before act
// has written anything: act waits for the row that is held here.
func (s site) whileChecked(act func() error) error {
	s.t.Helper()
	tx, err := s.pool.Begin(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	defer tx.Rollback(context.Background()) //nolint:errcheck // after the commit it has nothing to do
	if _, err := tx.Exec(s.t.Context(), `update person set password_hash = password_hash || 'A'`); err != nil {
		s.t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- act() }()
	// Whoever waits for a row holds a lock on that tuple meanwhile.
	const waiting = `select count(*) from pg_locks where locktype = 'tuple' and database = (select oid from pg_database where datname = current_database())`
	for s.value(waiting) == "0" {
		select {
		case err := <-done:
			s.t.Fatalf("did not wait: %v", err)
		default:
		}
	}
	if err := tx.Commit(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	return <-done
}

func TestPassword_changed_by_somebody_else_in_the_meantime(t *testing.T) {
	t.Parallel()
	for name, act := range map[string]func(site, forum.Viewer) error{
		"sign_in": func(s site, _ forum.Viewer) error {
			_, err := s.SignIn(s.t.Context(), "Paul", goodPassword, from("192.0.2.1"))
			return err
		},
		"change_password": func(s site, v forum.Viewer) error {
			_, err := s.ChangePassword(s.t.Context(), v, goodPassword, "another good one", from("192.0.2.1"))
			return err
		},
		"change_email": func(s site, v forum.Viewer) error {
			return s.ChangeEmail(s.t.Context(), v, "p@example.org", goodPassword)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			v := viewerOf(s.account("Paul", forum.Reader))
			err := s.whileChecked(func() error { return act(s, v) })
			if forum.KindOf(err) != forum.Conflict || s.value(`select count(*) from session`) != "0" {
				t.Errorf("got %v", err)
			}
		})
	}
}
