package server_test

import (
	"net/http"
	"strings"
	"testing"

	"hustings/internal/forum"
)

func TestSettings(t *testing.T) {
	t.Parallel()
	s := newAccountSite(t)
	s.account("Ruth", forum.Reader)
	b := s.browser().in("Ruth")
	t.Run("are_for_members", func(t *testing.T) {
		for _, path := range []string{"/settings/email", "/settings/password", "/settings/sessions", "/settings/tokens"} {
			if a := s.browser().post(path, "x", "y"); a.StatusCode != 303 || !strings.HasPrefix(a.Header.Get("Location"), "/signin") {
				t.Errorf("%s: %d", path, a.StatusCode)
			}
		}
		if a := s.browser().get("/settings"); a.StatusCode != 303 {
			t.Errorf("got %d", a.StatusCode)
		}
	})
	t.Run("email_needs_the_password", func(t *testing.T) {
		a := b.post("/settings/email", "email", "ruth@example.org", "password", "wrong password")
		if kept, _ := a.page.Find("#email").Attr("value"); a.StatusCode != 422 || a.page.Find("#emailpwe").Text() == "" || kept != "ruth@example.org" {
			t.Errorf("got %d\n%s", a.StatusCode, a.page.Find("#email-form").Text())
		}
		if a = b.post("/settings/email", "email", "nowhere", "password", goodPassword); a.StatusCode != 422 || a.page.Find("#emaile").Text() == "" {
			t.Errorf("got %d", a.StatusCode)
		}
		if a = b.post("/settings/email", "email", "ruth@example.org", "password", goodPassword); a.StatusCode != 303 {
			t.Fatalf("got %d", a.StatusCode)
		}
		a = b.get(a.Header.Get("Location"))
		if is, _ := a.page.Find("#email").Attr("value"); is != "ruth@example.org" || a.page.Find(".notice[role=status]").Text() == "" {
			t.Errorf("the address is %q", is)
		}
	})
	t.Run("password", func(t *testing.T) {
		for _, tc := range []struct{ present, fresh, at string }{
			{"wrong password", "another good one", "#pwe"}, {goodPassword, "short", "#newpwe"}, {goodPassword, "password123", "#newpwe"},
		} {
			a := b.post("/settings/password", "password", tc.present, "new_password", tc.fresh)
			if a.StatusCode != 422 || a.page.Find(tc.at).Text() == "" || strings.Contains(a.body, tc.fresh) {
				t.Errorf("%v: %d", tc, a.StatusCode)
			}
		}
	})
	t.Run("other_browsers", func(t *testing.T) {
		other, third := s.browser().in("Ruth"), s.browser().in("Ruth")
		a := b.get("/settings")
		if n := a.page.Find("#sessions li.session").Length(); n != 3 {
			t.Fatalf("%d sessions are listed", n)
		}
		if n := a.page.Find("#sessions li.session:has(b)").Length(); n != 1 {
			t.Errorf("%d sessions are this one", n)
		}
		id, _ := a.page.Find("#sessions button[name=id]").First().Attr("value")
		if a := b.post("/settings/sessions", "id", id); a.StatusCode != 303 {
			t.Errorf("got %d", a.StatusCode)
		}
		if (other.signedIn() == "") == (third.signedIn() == "") || b.signedIn() == "" {
			t.Error("not just one other browser was signed out")
		}
		if a := b.post("/settings/sessions", "id", id); a.StatusCode != 404 {
			t.Errorf("again: %d", a.StatusCode)
		}
		b.post("/settings/sessions", "others", "1")
		if other.signedIn()+third.signedIn() != "" || b.signedIn() != "Ruth" {
			t.Error("not just this browser is still signed in")
		}
	})
	t.Run("nobody_ends_what_is_somebody_elses", func(t *testing.T) {
		s.account("Eve", forum.Admin)
		eve := s.browser().in("Eve")
		token, err := s.act.AddTokenFor(t.Context(), "Ruth", "Ruth’s")
		if err != nil {
			t.Fatal(err)
		}
		var session, key string
		for _, q := range []struct {
			into *string
			sql  string
		}{{&session, `session`}, {&key, `token`}} {
			err := s.pool.QueryRow(t.Context(), `select encode(substring(token_hash for 8), 'hex') from `+q.sql+
				` where person_id = (select id from person where name = 'Ruth') limit 1`).Scan(q.into)
			if err != nil {
				t.Fatal(err)
			}
		}
		for path, id := range map[string]string{"/settings/sessions": session, "/settings/tokens": key} {
			if a := eve.post(path, "id", id); a.StatusCode != 404 {
				t.Errorf("%s: %d", path, a.StatusCode)
			}
		}
		if _, err := s.act.ViewerByToken(t.Context(), token); err != nil || b.signedIn() != "Ruth" {
			t.Errorf("ended by somebody else: %v", err)
		}
	})
}

func TestSettings_tokens(t *testing.T) {
	t.Parallel()
	s := newAccountSite(t)
	s.account("Ruth", forum.Reader)
	b := s.browser().in("Ruth")
	a := b.post("/settings/tokens", "label", `my "script" <b>`)
	secret := a.page.Find("#secret code").Text()
	if v, err := s.act.ViewerByToken(t.Context(), secret); a.StatusCode != 200 || err != nil || v.Name != "Ruth" {
		t.Fatalf("%d: %+v, %v", a.StatusCode, v, err)
	}
	if !strings.Contains(a.Header.Get("Cache-Control"), "no-store") {
		t.Error("a secret may be stored by caches")
	}
	a = b.get("/settings")
	if strings.Contains(a.body, secret) || a.page.Find("#tokens li bdi").Text() != `my "script" <b>` {
		t.Errorf("the list: %s", a.page.Find("#tokens").Text())
	}
	id, _ := a.page.Find("#tokens button[name=id]").Attr("value")
	if a := b.post("/settings/tokens", "id", id); a.StatusCode != 303 {
		t.Errorf("got %d", a.StatusCode)
	}
	if _, err := s.act.ViewerByToken(t.Context(), secret); forum.KindOf(err) != forum.Unauthenticated {
		t.Errorf("got %v", err)
	}
	if a := b.post("/settings/tokens", "label", strings.Repeat("x", 101)); a.StatusCode != http.StatusUnprocessableEntity || a.page.Find("#labele").Text() == "" {
		t.Errorf("got %d", a.StatusCode)
	}
}
