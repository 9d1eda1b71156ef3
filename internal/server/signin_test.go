package server_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"hustings/internal/forum"
)

func TestSignInPage(t *testing.T) {
	t.Parallel()
	s := newAccountSite(t)
	s.account("Ruth Semple", forum.Reader)
	s.sql(`update person set email = 'ruth@example.org'`)
	t.Run("form", func(t *testing.T) {
		a := s.browser().get("/signin?next=/articles/rain%3Freply%3D3")
		if a.StatusCode != 200 || a.page.Find(`form[action="/signin"][method=post] input[name=name]`).Length() != 1 ||
			a.page.Find(`form[action="/signin"] input[name=password][type=password]`).Length() != 1 {
			t.Errorf("got %d\n%s", a.StatusCode, a.body)
		}
		if next, _ := a.page.Find(`form input[name=next]`).First().Attr("value"); next != "/articles/rain?reply=3" {
			t.Errorf("leads on to %q", next)
		}
	})
	for _, name := range []string{"Ruth Semple", "ruth semple", "RUTH@example.org"} {
		b := s.browser()
		a := b.post("/signin", "name", name, "password", goodPassword, "next", "/keys")
		if a.StatusCode != 303 || a.Header.Get("Location") != "/keys" || b.signedIn() != "Ruth Semple" {
			t.Errorf("%s: %d to %s", name, a.StatusCode, a.Header.Get("Location"))
		}
		if a := b.get("/signin?next=/keys"); a.StatusCode != 303 || a.Header.Get("Location") != "/keys" {
			t.Errorf("signed in already: %d", a.StatusCode)
		}
	}
}

func TestSignInPage_says_the_same_whoever_is_named(t *testing.T) {
	t.Parallel()
	s := newAccountSite(t)
	s.account("Ruth Semple", forum.Admin)
	s.sql(`update person set email = 'ruth@example.org'`)
	said := ""
	for _, name := range []string{"Ruth Semple", "ruth@example.org", "nobody at all", "nobody@example.org", "", "<script>alert(1)</script>", "' or 1=1 --", strings.Repeat("x", 2000)} {
		b := s.browser()
		a := b.post("/signin", "name", name, "password", "not the password")
		if a.StatusCode != http.StatusUnprocessableEntity || len(a.Cookies()) != 0 {
			t.Fatalf("%.20q: %d", name, a.StatusCode)
		}
		if kept, _ := a.page.Find("#name").Attr("value"); kept != name {
			t.Errorf("%.20q: kept %q", name, kept)
		}
		if a.page.Find("main script").Length() != 0 || strings.Contains(a.body, "not the password") {
			t.Errorf("%.20q: the page repeats too much", name)
		}
		text := a.page.Find("#pwe").Text()
		if said == "" {
			said = text
		}
		if text != said || text == "" {
			t.Errorf("%.20q: %q, and before %q", name, text, said)
		}
	}
}

func TestSignInPage_limit(t *testing.T) {
	t.Parallel()
	s := newAccountSite(t)
	s.account("Ruth", forum.Reader)
	for range 10 {
		s.browser().post("/signin", "name", "Ruth", "password", "wrong password")
	}
	a := s.browser().post("/signin", "name", "Ruth", "password", goodPassword)
	if a.StatusCode != http.StatusTooManyRequests || a.Header.Get("Retry-After") == "" || a.page.Find(`form[action="/signin"] .over`).Text() == "" {
		t.Errorf("got %d, %v", a.StatusCode, a.Header)
	}
	r := s.browser().request("POST", "/signin", url.Values{"name": {"Ruth"}, "password": {goodPassword}}.Encode())
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("X-Forwarded-For", "198.51.100.1")
	r.Header.Set("X-Real-IP", "198.51.100.1")
	if a := s.browser().do(r); a.StatusCode != http.StatusTooManyRequests {
		t.Errorf("another address by header: %d", a.StatusCode)
	}
}

func TestSignIn_leads_to_this_site_only(t *testing.T) {
	t.Parallel()
	s := newAccountSite(t)
	s.account("Ruth", forum.Reader)
	b := s.browser()
	for next, want := range map[string]string{
		"":                              "/",
		"/keys":                         "/keys",
		"/articles/a?reply=3#c3":        "/articles/a?reply=3#c3",
		"//evil.example":                "/",
		"///evil.example":               "/",
		`/\evil.example`:                "/",
		`\\evil.example`:                "/",
		`/a\..\..\\evil.example`:        "/",
		"https://evil.example":          "/",
		"https:evil.example":            "/",
		"javascript:alert(1)":           "/",
		"data:text/html,x":              "/",
		"evil.example":                  "/",
		".evil.example":                 "/",
		"@evil.example":                 "/",
		" //evil.example":               "/",
		"/\t/evil.example":              "/",
		"\t//evil.example":              "/",
		"/\n/evil.example":              "/",
		"/\r\nSet-Cookie: a=b":          "/",
		"/a b":                          "/",
		"/\x7f":                         "/",
		"/" + strings.Repeat("x", 5000): "/",
		"/signin":                       "/",
		"/signin?next=/signin":          "/",
		"/signup/":                      "/",
		"/signout":                      "/",
	} {
		a := b.post("/signin", "name", "Ruth", "password", goodPassword, "next", next)
		if a.StatusCode != 303 || a.Header.Get("Location") != want {
			t.Errorf("next=%.40q: %d to %q, want %q", next, a.StatusCode, a.Header.Get("Location"), want)
		}
		a = b.get("/signin?next=" + url.QueryEscape(next))
		if a.StatusCode != 303 || a.Header.Get("Location") != want {
			t.Errorf("signed in, next=%.40q: %d to %q", next, a.StatusCode, a.Header.Get("Location"))
		}
	}
	for _, next := range []string{"/%09/evil.example", "/%5cevil.example", "/..//evil.example"} { // odd paths, but of this site
		a := b.post("/signin", "name", "Ruth", "password", goodPassword, "next", next)
		at, err := a.Location()
		if err != nil || at.Host != a.Request.URL.Host {
			t.Errorf("next=%q leads to %v, %v", next, at, err)
		}
	}
}

func TestSignIn_takes_the_waiting_text_along(t *testing.T) {
	t.Parallel()
	s := newAccountSite(t)
	ruth := s.account("Ruth Semple", forum.Reader)
	c := s.comment(s.article("rain"), ruth.ID, "<p>Hello</p>")
	b := s.browser()
	a := b.post("/articles/rain/reply", "parent", fmt.Sprint(c), "body", "half a *reply*", "action", "post")
	if a.StatusCode != 303 || !strings.HasPrefix(a.Header.Get("Location"), "/signin?next=") {
		t.Fatalf("got %d to %s", a.StatusCode, a.Header.Get("Location"))
	}
	a = b.get(a.Header.Get("Location"))
	if text := a.page.Find(".standfirst").Text(); !strings.Contains(text, "Ruth Semple") || !strings.Contains(text, "Your text is kept.") {
		t.Errorf("the page says %q", text)
	}
	if text := b.get("/signup").page.Find(".standfirst").Text(); !strings.Contains(text, "Ruth Semple") {
		t.Errorf("signing up says %q", text)
	}
	a = b.post("/signin", "name", "Ruth Semple", "password", goodPassword)
	if want := fmt.Sprintf("/articles/rain?reply=%d", c); a.Header.Get("Location") != want {
		t.Fatalf("leads to %s", a.Header.Get("Location"))
	}
	a = b.get(fmt.Sprintf("/articles/rain?reply=%d", c))
	if text := a.page.Find(fmt.Sprintf(`form.composer:has(input[name=parent][value="%d"]) textarea`, c)).Text(); text != "half a *reply*" {
		t.Errorf("%d: the form holds %q", a.StatusCode, text)
	}
}

func TestSignUpPage(t *testing.T) {
	t.Parallel()
	s := newAccountSite(t)
	s.account("Taken Name", forum.Reader)
	b := s.browser()
	if a := b.get("/signup?next=/keys"); a.StatusCode != 200 || a.page.Find(`form[action="/signup"] input[name=email]`).Length() != 1 {
		t.Errorf("got %d\n%s", a.StatusCode, a.body)
	}
	for _, tc := range []struct{ name, email, password, at string }{
		{"Tаken Name", "p@example.org", goodPassword, "#namee"},
		{"moderator", "p@example.org", goodPassword, "#namee"},
		{"", "p@example.org", goodPassword, "#namee"},
		{"<b>Priya</b>", "p@example.org", goodPassword, "#namee"},
		{"Priya\u202e", "p@example.org", goodPassword, "#namee"},
		{"Priya", "nowhere", goodPassword, "#emaile"},
		{"Priya", "p@example.org\nBcc: q@example.org", goodPassword, "#emaile"},
		{"Priya", "p@example.org", "short", "#pwe"},
		{"Priya", "p@example.org", "password123", "#pwe"},
	} {
		a := b.post("/signup", "name", tc.name, "email", tc.email, "password", tc.password, "next", "/keys")
		if a.StatusCode != 422 || a.page.Find(tc.at).Text() == "" || len(a.Cookies()) != 0 {
			t.Errorf("%q: %d\n%s", tc.name, a.StatusCode, a.page.Find("main").Text())
		}
		name, _ := a.page.Find("#name").Attr("value")
		next, _ := a.page.Find("input[name=next]").Attr("value")
		password, typed := a.page.Find("#pw").Attr("value")
		if name != tc.name || next != "/keys" || typed || password != "" {
			t.Errorf("kept %q and %q", name, next)
		}
	}
	a := b.post("/signup", "name", "Priya Venn", "email", "p@example.org", "password", goodPassword, "next", "/keys",
		"role", "admin", "id", "1", "handle", "root", "kind", "imported", "created_at", "2000-01-01")
	if a.StatusCode != 303 || a.Header.Get("Location") != "/keys" || b.signedIn() != "Priya Venn" {
		t.Fatalf("got %d to %s", a.StatusCode, a.Header.Get("Location"))
	}
	p, err := s.db.Profile(t.Context(), forum.Anonymous, "priya-venn")
	if err != nil || p.Role != forum.Reader || p.Kind != forum.Member || p.CreatedAt.Year() == 2000 {
		t.Errorf("got %+v, %v", p, err)
	}
}

func TestAccountForms_take_anything(t *testing.T) {
	t.Parallel()
	s := newAccountSite(t)
	s.account("Ruth", forum.Reader)
	in := s.browser().in("Ruth")
	const form = "application/x-www-form-urlencoded"
	for _, path := range []string{"/signin", "/signup", "/settings/email", "/settings/password", "/settings/sessions", "/settings/tokens"} {
		for _, tc := range []struct {
			name, kind, body string
			want             []int
		}{
			{"nothing", form, "", []int{404, 422, 200}},
			{"nul", form, "name=a%00b&password=c%00d&email=%00&id=%00&label=%00&new_password=%00", []int{400}},
			{"invalid_utf_8", form, "name=%ff&password=%ff&email=%ff&id=%ff&label=%ff&new_password=%ff", []int{400}},
			{"bad_escape", form, "name=%zz", []int{400}},
			{"a_megabyte", form, "name=" + strings.Repeat("x", 1<<20), []int{413}},
			{"arrays", form, "name[]=a&name=x&name=Ruth&password=y&password=" + url.QueryEscape(goodPassword) + "&email=x&id=x&label=%07", []int{404, 422}},
			{"many_fields", form, strings.Repeat("a=b&", 9000) + "name=x&label=%07", []int{404, 422}},
			{"more_fields_than_any_form_has", form, strings.Repeat("a=b&", 12_000) + "name=x&label=%07", []int{400}},
			{"other_type", "text/plain", "name=Ruth", []int{400}},
			{"json", "application/json", `{"name":"Ruth"}`, []int{400}},
			{"no_type", "", "name=Ruth", []int{400}},
			{"broken_multipart", "multipart/form-data; boundary=x", "--x\r\nrubbish", []int{400}},
			{"crlf", form, "name=a%0d%0ab&password=c%0d%0ad&email=e%0d%0af&id=%0d%0a&label=%0d%0ax&new_password=x", []int{404, 422}},
			{"odd_letters", form, "name=" + url.QueryEscape("a\u202eb\u200b\U000e0041") + "&email=%F0%9F%92%A9&label=%1b[31m&id=x&password=x", []int{404, 422}},
		} {
			if path == "/settings/tokens" && (tc.name == "crlf" || tc.name == "nothing") {
				tc.want = append(tc.want, 200) // an empty label is none
			}
			r := in.request("POST", path, tc.body)
			r.Header.Set("Content-Type", tc.kind)
			r.Header.Set("User-Agent", "Evil \xff "+strings.Repeat("é", 2000))
			r.Header.Set("Accept-Language", strings.Repeat("x-", 2000))
			a := in.do(r)
			ok := false
			for _, want := range tc.want {
				ok = ok || a.StatusCode == want
			}
			if !ok && !(a.StatusCode == 429 && tc.want[len(tc.want)-1] >= 422) {
				t.Errorf("%s, %s: %d\n%.300s", path, tc.name, a.StatusCode, a.page.Find("main").Text())
			}
		}
	}
}

func TestSignUp_refuses_names_that_look_like_the_staffs(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.account("Judith Farrow", forum.Admin)
	s.account("Paul Weth", forum.Reader)
	for name, status := range map[string]int{"Judith-Farrow": 422, "JudithFarrow": 422, "judith farrow.": 422, "Judith Farr0w": 422, "Paul-Weth": 303} {
		a := s.anonymous().post("/signup", url.Values{"name": {name}, "password": {password}}).wants(status)
		if status == 422 {
			a.page().In(".over", "already has this name")
		}
	}
}
