package action

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"hustings/internal/forum"
)

func TestSignUp(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	in, err := s.SignUp(t.Context(), NewAccount{Name: "Priya Venn", Email: "p@example.org", Password: goodPassword}, from("192.0.2.1"))
	if err != nil || in.Viewer.Role != forum.Reader || in.Viewer.Handle != "priya-venn" || !s.lives(in.Session) {
		t.Fatalf("got %+v, %v", in, err)
	}
	if got := s.value(`select count(*) from audit`); got != "0" {
		t.Errorf("%s audit rows for one's own account", got)
	}
	for _, name := range []string{"admin", "Moderator", "ADMlN", "аdmin", "hus_tings", "The Editors", "no.reply"} {
		_, err := s.SignUp(t.Context(), NewAccount{Name: name, Password: goodPassword}, from("192.0.2.1"))
		if forum.KindOf(err) != forum.Invalid || fieldOf(err) != "name" {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestSignUp_at_once_with_one_name(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	names := []string{"Ruth Semple", "RUTH SEMPLE", "Ruth Sеmple", "ruth semple", "Ruth Semp1e", "Ruth Semple", "Ruth  Semple", "Ｒuth Semple"}
	errs := make(chan error)
	for _, name := range names {
		go func() {
			_, err := s.SignUp(t.Context(), NewAccount{Name: name, Password: goodPassword}, from("192.0.2.1"))
			errs <- err
		}()
	}
	made := 0
	for range names {
		err := <-errs
		if err == nil {
			made++
		} else if forum.KindOf(err) != forum.Invalid || fieldOf(err) != "name" {
			t.Errorf("got %v", err)
		}
	}
	if n := s.value(`select count(*) from person`); made != 1 || n != "1" {
		t.Errorf("%d signed up, %s people", made, n)
	}
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.account("Ruth Semple", forum.Moderator)
	s.sql(`update person set email = 'ruth@example.org'`)
	for _, name := range []string{"Ruth Semple", "ruth semple", "  Ruth Semple  ", "ruth@example.org", "RUTH@EXAMPLE.ORG"} {
		if in, err := s.SignIn(t.Context(), name, goodPassword, from("192.0.2.1")); err != nil || in.Viewer.Name != "Ruth Semple" || in.Viewer.Role != forum.Moderator {
			t.Errorf("%q: %+v, %v", name, in, err)
		}
	}
}

func TestSignIn_says_the_same_whoever_is_named(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.account("Ruth Semple", forum.Reader)
	s.account("No Password", forum.Reader)
	s.sql(`update person set email = 'ruth@example.org' where name = 'Ruth Semple'`)
	s.sql(`update person set password_hash = null where name = 'No Password'`)
	s.sql(`insert into person (kind, name, handle, source) values ('imported', 'Robert Green', 'robert-green', 'old')`)
	for i, name := range []string{
		"Ruth Semple", "ruth@example.org", "No Password", "Robert Green", "robert-green", "nobody", "nobody@example.org", "", " ",
		"\x00", "a\x00b@c", "\xff\xfe", strings.Repeat("x", 1<<20), "' or 1=1 --", "%", "<b>", "Ruth\r\nSemple\u202e",
	} {
		for j, password := range []string{"wrong password", "", "\x00", "\xff", strings.Repeat("x", 1<<20)} {
			_, err := s.SignIn(t.Context(), name, password, from(fmt.Sprintf("10.%d.%d.1", i, j)))
			if !errors.Is(err, errWrongSignIn) {
				t.Errorf("%.20q with %.20q: %v", name, password, err)
			}
		}
	}
}

func TestSignIn_ends_the_session_there_was(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.account("Ruth", forum.Reader)
	before := s.signIn("Ruth")
	b := from("192.0.2.1")
	b.Session = before.Session
	after, err := s.SignIn(t.Context(), "Ruth", goodPassword, b)
	if err != nil || after.Session == before.Session || s.lives(before.Session) || !s.lives(after.Session) {
		t.Errorf("got %+v, %v", after, err)
	}
}

func TestSignIn_takes_any_user_agent(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.account("Ruth", forum.Reader)
	b := from("192.0.2.1")
	b.UserAgent = "Evil\x00\xff\r\n\x1b[31m" + strings.Repeat("é", 1000)
	if _, err := s.SignIn(t.Context(), "Ruth", goodPassword, b); err != nil {
		t.Fatal(err)
	}
	if got := s.value(`select user_agent from session`); len([]rune(got)) != 200 || !strings.HasPrefix(got, "Evil[31mé") {
		t.Errorf("kept %q", got)
	}
}

func TestSignIn_limit(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.account("Ruth", forum.Reader)
	fail := func(name, addr string) error {
		_, err := s.SignIn(t.Context(), name, "wrong password", from(addr))
		return err
	}
	for _, name := range []string{"Ruth", "nobody"} {
		for i := range 10 {
			if err := fail(name, fmt.Sprintf("192.0.2.%d", i)); forum.KindOf(err) != forum.Invalid {
				t.Fatalf("%s, %d: %v", name, i, err)
			}
		}
		err := fail(name, "192.0.2.200")
		if e, ok := errors.AsType[*forum.Error](err); !ok || e.Kind != forum.TooMany || e.RetryAfter <= 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	t.Run("also_for_the_right_password_and_other_spellings", func(t *testing.T) {
		for _, name := range []string{"Ruth", "RUTH", " ruth ", "Ｒuth"} {
			if _, err := s.SignIn(t.Context(), name, goodPassword, from("192.0.2.1")); forum.KindOf(err) != forum.TooMany {
				t.Errorf("%q: %v", name, err)
			}
		}
	})
	t.Run("locks_nobody_out_elsewhere", func(t *testing.T) {
		for _, addr := range []string{"192.0.3.1", "2001:db8::1", "::ffff:198.51.100.7"} {
			if _, err := s.SignIn(t.Context(), "Ruth", goodPassword, from(addr)); err != nil {
				t.Errorf("%s: %v", addr, err)
			}
		}
	})
	t.Run("one_network_is_one_address", func(t *testing.T) {
		for i := range 10 {
			if err := fail("Ruth", fmt.Sprintf("2001:db8:0:7::%d", i+1)); forum.KindOf(err) != forum.Invalid {
				t.Fatal(err)
			}
		}
		if err := fail("Ruth", "2001:db8:0:7:ffff::1"); forum.KindOf(err) != forum.TooMany {
			t.Errorf("got %v", err)
		}
	})
	t.Run("success_does_not_count", func(t *testing.T) {
		for range 15 {
			if _, err := s.SignIn(t.Context(), "Ruth", goodPassword, from("203.0.113.1")); err != nil {
				t.Fatal(err)
			}
		}
	})
	t.Run("no_address_or_name_is_stored", func(t *testing.T) {
		if n := s.value(`select count(*) from rate_bucket where key ~* 'ruth|192|2001|203'`); n != "0" {
			t.Errorf("%s keys tell who it was", n)
		}
	})
}

func TestSignIn_hashes_again_where_costs_have_risen(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.account("Ruth", forum.Reader)
	hash := func() string { return s.value(`select password_hash from person`) }
	before := hash()
	s.signIn("Ruth")
	if hash() != before {
		t.Error("hashed again without need")
	}
	s.accounts.hasher.costs = argon{memory: 128, time: 1, threads: 1}
	s.signIn("Ruth")
	if !strings.Contains(hash(), "m=128,") {
		t.Errorf("not hashed again: %s", hash())
	}
	s.signIn("Ruth")
}
