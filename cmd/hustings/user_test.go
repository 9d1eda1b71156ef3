package main

import (
	"bytes"
	"log/slog"
	"net/netip"
	"strings"
	"testing"

	"hustings/internal/action"
	"hustings/internal/forum"
	"hustings/internal/pgtest"
	"hustings/internal/postgres"
)

// shell runs commands on a database of its own.
type shell struct {
	t  *testing.T
	db *postgres.DB
}

func newShell(t *testing.T) shell {
	t.Helper()
	url := pgtest.NewURL(t)
	t.Setenv("DATABASE_URL", url)
	t.Setenv("HUSTINGS_DATA_DIR", t.TempDir())
	db, err := postgres.Open(t.Context(), url, postgres.Options{MaxConns: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return shell{t, db}
}

func (s shell) run(in string, args ...string) (code int, out, stderr string) {
	s.t.Helper()
	var o, e bytes.Buffer
	code = run(s.t.Context(), args, strings.NewReader(in), &o, &e)
	return code, o.String(), e.String()
}

func (s shell) ok(in string, args ...string) (out string) {
	s.t.Helper()
	code, out, stderr := s.run(in, args...)
	if code != 0 {
		s.t.Fatalf("%v: exit %d, %s", args, code, stderr)
	}
	return out
}

func (s shell) signIn(name, password string) (forum.Viewer, error) {
	s.t.Helper()
	act := action.New(s.db, slog.New(slog.DiscardHandler))
	in, err := act.SignIn(s.t.Context(), name, password, action.Browser{Addr: netip.MustParseAddr("192.0.2.1")})
	return in.Viewer, err
}

// The commands read the process' environment, so these tests are not parallel.

func TestUser(t *testing.T) {
	s := newShell(t)
	for in, name := range map[string]string{"a lamp in the window\nsecond line\n": "Unix", "a lamp in the window\r\n": "Windows", "a lamp in the window": "Bare"} {
		if out := s.ok(in, "user", "add", name, "--role", "moderator", "--email", name+"@example.org", "--password-stdin"); out != "" {
			t.Errorf("%s: printed %q", name, out)
		}
		if v, err := s.signIn(name+"@example.org", "a lamp in the window"); err != nil || v.Role != forum.Moderator {
			t.Errorf("%s: %+v, %v", name, v, err)
		}
	}
	made := strings.TrimSpace(s.ok("", "user", "add", "Made Up"))
	if v, err := s.signIn("Made Up", made); err != nil || v.Role != forum.Reader {
		t.Errorf("password %q: %v", made, err)
	}
	s.ok("", "user", "role", "made-up", "admin")
	if v, err := s.signIn("Made Up", made); err != nil || v.Role != forum.Admin {
		t.Errorf("after the change: %+v, %v", v, err)
	}
	s.ok(" spaces are kept \n", "user", "reset-password", "Made Up", "--password-stdin")
	if _, err := s.signIn("Made Up", " spaces are kept "); err != nil {
		t.Error(err)
	}
	for _, tc := range []struct {
		in   string
		args []string
		code int
	}{
		{"", []string{"user", "add", "Other", "--password-stdin"}, 1},
		{"password123\n", []string{"user", "add", "Other", "--password-stdin"}, 1},
		{"a lamp in the window\n", []string{"user", "add", "Unix", "--password-stdin"}, 1},
		{"a lamp in the window\n", []string{"user", "add", "a/b", "--password-stdin"}, 1},
		{"", []string{"user", "add", "Other", "--role", "king"}, 64},
		{"", []string{"user", "add"}, 64},
		{"", []string{"user", "role", "Unix", "king"}, 64},
		{"", []string{"user", "role", "Nobody", "admin"}, 1},
		{"", []string{"user", "reset-password", "Nobody"}, 1},
		{"", []string{"token", "add", "Nobody"}, 1},
	} {
		code, out, stderr := s.run(tc.in, tc.args...)
		if code != tc.code || out != "" || stderr == "" {
			t.Errorf("%v: exit %d, %q, %q", tc.args, code, out, stderr)
		}
		if code == 1 && strings.Count(stderr, "\n") != 1 {
			t.Errorf("%v says more than a sentence: %q", tc.args, stderr)
		}
	}
}

func TestToken(t *testing.T) {
	s := newShell(t)
	s.ok("a lamp in the window\n", "user", "add", "Ruth", "--password-stdin")
	for _, args := range [][]string{{"token", "add", "Ruth"}, {"token", "add", "Ruth", "--name", "feed reader"}} {
		out := s.ok("", args...)
		secret, rest, _ := strings.Cut(out, "\n")
		v, _, err := s.db.ViewerByToken(t.Context(), secret)
		if err != nil || v.Name != "Ruth" || rest != "" {
			t.Errorf("%v: printed %q: %v", args, out, err)
		}
	}
}

func TestUser_claim_link_gives_an_imported_names_comments_to_one_account(t *testing.T) {
	s := newShell(t)
	s.ok(`{"type":"article","slug":"weirs","title":"Weirs"}
{"type":"comment","article":"weirs","id":"a","parent":null,"author":"Old Tom","body_text":"Yes"}
`, "import", "-")
	s.ok("long enough\n", "user", "add", "Thomas", "--password-stdin")
	link := s.ok("", "user", "claim-link", "old-tom", "--for", "thomas")
	_, secret, ok := strings.Cut(strings.TrimSpace(link), "/claims/")
	if !ok || strings.Count(link, "\n") != 1 {
		t.Fatalf("printed %q", link)
	}
	for name, want := range map[string]int{"nobody": 1, "thomas": 1} {
		if code, _, stderr := s.run("", "user", "claim-link", name); code != want || !strings.Contains(stderr, "nobody of this name") && !strings.Contains(stderr, "account") {
			t.Errorf("%s: exit %d, %s", name, code, stderr)
		}
	}
	v, err := s.signIn("Thomas", "long enough")
	if err != nil {
		t.Fatal(err)
	}
	act := action.New(s.db, slog.New(slog.DiscardHandler))
	if n, err := act.UseClaimLink(t.Context(), v, secret); n != 1 || err != nil {
		t.Errorf("%d comments, %v", n, err)
	}
}

func TestUser_erase_says_first_what_goes(t *testing.T) {
	s := newShell(t)
	s.ok("a lamp in the window\n", "user", "add", "Quill Feather", "--email", "quill@example.org", "--password-stdin")
	for _, name := range []string{"quill-feather", "Quill Feather", "QUILL@example.org"} {
		if out := s.ok("", "user", "erase", name); !strings.Contains(out, "0 comments in 0 articles by Quill Feather would lose the name; the account goes, too") {
			t.Errorf("%s: %s", name, out)
		}
	}
	if _, err := s.signIn("Quill Feather", "a lamp in the window"); err != nil {
		t.Fatal(err)
	}
	if out := s.ok("", "user", "erase", "Quill Feather", "--texts", "--same-mail", "--yes"); !strings.Contains(out, "have no name and no text now") {
		t.Errorf("said %s", out)
	}
	if _, err := s.signIn("Quill Feather", "a lamp in the window"); err == nil {
		t.Error("the account is still there")
	}
	if code, _, stderr := s.run("", "user", "erase", "quill-feather", "--yes"); code != 1 || !strings.Contains(stderr, "nobody of this name") {
		t.Errorf("a second time: %d, %s", code, stderr)
	}
}
