package server_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"hustings/internal/action"
	"hustings/internal/forum"
	"hustings/internal/pgtest"
	"hustings/internal/postgres"
	"hustings/internal/server"

	"github.com/PuerkitoBio/goquery"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	goodPassword = "a lamp in the window"
	keyOne       = "the first key is long enough to sign with"
	keyTwo       = "the second key is long enough as well too"
)

// accountSite is a site of its own with what the tests of accounts need.
type accountSite struct {
	t    *testing.T
	pool *pgxpool.Pool
	db   *postgres.DB
	act  *action.Actions
	http *httptest.Server
}

func newAccountSite(t *testing.T) *accountSite {
	t.Helper()
	pool := pgtest.New(t)
	db := postgres.New(pool)
	t.Cleanup(db.Close)
	s := &accountSite{t: t, pool: pool, db: db, act: action.New(db, discard())}
	s.http = httptest.NewServer(s.handler("http://site.example", keyOne))
	t.Cleanup(s.http.Close)
	return s
}

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

// handler is a server over the site's database.
func (s *accountSite) handler(base, key string) http.Handler {
	s.t.Helper()
	address, err := url.Parse(base)
	if err != nil {
		s.t.Fatal(err)
	}
	h, err := server.New(s.db, s.act, server.Options{BaseURL: address, SessionKey: []byte(key), Log: discard()})
	if err != nil {
		s.t.Fatal(err)
	}
	return h
}

func (s *accountSite) account(name string, role forum.Role) forum.Person {
	s.t.Helper()
	p, err := s.act.AddAccount(s.t.Context(), action.NewAccount{Name: name, Password: goodPassword}, role)
	if err != nil {
		s.t.Fatal(err)
	}
	return p
}

func (s *accountSite) sql(sql string, args ...any) {
	s.t.Helper()
	if _, err := s.pool.Exec(s.t.Context(), sql, args...); err != nil {
		s.t.Fatal(err)
	}
}

func (s *accountSite) article(slug string) (id forum.ArticleID) {
	s.t.Helper()
	err := s.pool.QueryRow(s.t.Context(), `insert into article (portable_id, slug, title) values ($1, $1, 'On ' || $1) returning id`, slug).Scan(&id)
	if err != nil {
		s.t.Fatal(err)
	}
	return id
}

func (s *accountSite) comment(article forum.ArticleID, author forum.PersonID, body string) (id forum.CommentID) {
	s.t.Helper()
	err := s.pool.QueryRow(s.t.Context(), `with n as (select nextval(pg_get_serial_sequence('comment', 'id')) as id)
		insert into comment (id, article_id, root_id, depth, author_id, portable_id, body_html)
		overriding system value select id, $1, id, 0, $2, 'c' || id, $3 from n returning id`, article, author, body).Scan(&id)
	if err != nil {
		s.t.Fatal(err)
	}
	s.sql(`insert into comment_path (descendant, depth, ancestor, article_id) values ($1, 0, $1, $2)`, id, article)
	return id
}

// visitor is somebody's browser: it keeps cookies and follows nothing.
type visitor struct {
	s   *accountSite
	jar http.CookieJar
}

func (s *accountSite) browser() *visitor {
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return &visitor{s, jar}
}

// visit is what came back.
type visit struct {
	*http.Response
	body string
	page *goquery.Document
}

func (b *visitor) do(r *http.Request) visit {
	b.s.t.Helper()
	client := http.Client{Jar: b.jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(r)
	if err != nil {
		b.s.t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // only read
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		b.s.t.Fatal(err)
	}
	page, err := goquery.NewDocumentFromReader(strings.NewReader(string(body)))
	if err != nil {
		b.s.t.Fatal(err)
	}
	return visit{resp, string(body), page}
}

func (b *visitor) request(method, path, body string) *http.Request {
	r, err := http.NewRequestWithContext(context.Background(), method, b.s.http.URL+path, strings.NewReader(body))
	if err != nil {
		b.s.t.Fatal(err)
	}
	return r
}

func (b *visitor) get(path string) visit {
	b.s.t.Helper()
	return b.do(b.request("GET", path, ""))
}

// post sends a form; fields are names and values by turns.
func (b *visitor) post(path string, fields ...string) visit {
	b.s.t.Helper()
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	r := b.request("POST", path, form.Encode())
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.do(r)
}

// in signs in with the good password.
func (b *visitor) in(name string) *visitor {
	b.s.t.Helper()
	if a := b.post("/signin", "name", name, "password", goodPassword); a.StatusCode != http.StatusSeeOther {
		b.s.t.Fatalf("signing in: %d\n%s", a.StatusCode, a.body)
	}
	return b
}

// signedIn tells who the pages think it is, "" for nobody.
func (b *visitor) signedIn() string {
	b.s.t.Helper()
	return b.get("/signin-as-nobody").page.Find(`.site-nav a[href="/settings"]`).Text()
}

// cookie is the session's cookie.
func (b *visitor) cookie() *http.Cookie {
	b.s.t.Helper()
	at, _ := url.Parse(b.s.http.URL)
	for _, c := range b.jar.Cookies(at) {
		if c.Name == "hustings" {
			return c
		}
	}
	b.s.t.Fatal("there is no session cookie")
	return nil
}

var expires = regexp.MustCompile(` Expires=[^;]*;`)

// undated is the cookie that was set, without the date of which Max-Age says the same.
func undated(w *httptest.ResponseRecorder) string {
	return expires.ReplaceAllString(w.Header().Get("Set-Cookie"), "")
}

func TestCookie_flags(t *testing.T) {
	t.Parallel()
	s := newAccountSite(t)
	s.account("Ruth", forum.Reader)
	for _, tc := range []struct{ base, want string }{
		{"http://site.example", "hustings=V; Path=/; Max-Age=7776000; HttpOnly; SameSite=Lax"},
		{"https://site.example", "__Host-hustings=V; Path=/; Max-Age=7776000; HttpOnly; Secure; SameSite=Lax"},
	} {
		h := s.handler(tc.base, keyOne)
		r := httptest.NewRequest("POST", "/signin", strings.NewReader(url.Values{"name": {"Ruth"}, "password": {goodPassword}}.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		cookies := w.Result().Cookies()
		if w.Code != http.StatusSeeOther || len(cookies) != 1 {
			t.Fatalf("%s: %d, %v", tc.base, w.Code, cookies)
		}
		if got := strings.Replace(undated(w), cookies[0].Value, "V", 1); got != tc.want {
			t.Errorf("%s: %s", tc.base, got)
		}
		r = httptest.NewRequest("GET", "/settings", nil)
		r.AddCookie(cookies[0])
		w = httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != http.StatusOK || !strings.HasPrefix(w.Header().Get("Cache-Control"), "private, no-store") {
			t.Errorf("%s: %d, %v", tc.base, w.Code, w.Header())
		}
		r = httptest.NewRequest("POST", "/signout", strings.NewReader(""))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.AddCookie(cookies[0])
		w = httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if got := undated(w); got != strings.NewReplacer("=V", "=", "Max-Age=7776000", "Max-Age=0").Replace(tc.want) {
			t.Errorf("signing out: %s", got)
		}
	}
}

func TestSession_id_changes_at_sign_in(t *testing.T) {
	t.Parallel()
	s := newAccountSite(t)
	s.account("Ruth", forum.Reader)
	b := s.browser().in("Ruth")
	before := b.cookie()
	b.in("Ruth")
	if b.cookie().Value == before.Value {
		t.Error("the cookie is the same")
	}
	if b.signedIn() != "Ruth" {
		t.Error("not signed in")
	}
	if who := s.with(before).signedIn(); who != "" {
		t.Errorf("the cookie from before still opens as %s", who)
	}
}

// with is another browser with a copied cookie.
func (s *accountSite) with(c *http.Cookie) *visitor {
	b := s.browser()
	at, _ := url.Parse(s.http.URL)
	b.jar.SetCookies(at, []*http.Cookie{c})
	return b
}

func TestCopied_cookie_opens_nothing_after(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		act  func(s *accountSite, b *visitor)
	}{
		{"signing_out", func(_ *accountSite, b *visitor) { b.post("/signout") }},
		{"a_changed_password", func(_ *accountSite, b *visitor) {
			b.post("/settings/password", "password", goodPassword, "new_password", "another good one")
		}},
		{"signing_out_elsewhere", func(s *accountSite, _ *visitor) {
			s.browser().in("Ruth").post("/settings/sessions", "others", "1")
		}},
		{"a_reset_password", func(s *accountSite, _ *visitor) {
			mustDo(s.act.ResetPassword(s.t.Context(), "Ruth", "another good one"))
		}},
		{"a_changed_role", func(s *accountSite, _ *visitor) { mustDo(s.act.SetRole(s.t.Context(), "Ruth", forum.Moderator)) }},
		{"too_long_a_time", func(s *accountSite, _ *visitor) { s.sql(`update session set seen_at = now() - interval '31 days'`) }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := newAccountSite(t)
			s.account("Ruth", forum.Reader)
			b := s.browser().in("Ruth")
			thief := s.with(b.cookie())
			if thief.signedIn() != "Ruth" {
				t.Fatal("the copied cookie never worked")
			}
			tc.act(s, b)
			if who := thief.signedIn(); who != "" {
				t.Errorf("signed in as %q", who)
			}
			if a := thief.get("/settings"); a.StatusCode != http.StatusSeeOther || a.Header.Get("Location") != "/signin?next=%2Fsettings" {
				t.Errorf("settings: %d", a.StatusCode)
			}
		})
	}
}

func mustDo(_ any, err error) {
	if err != nil {
		panic(err)
	}
}

func TestForged_cookies_are_nobody_and_no_error(t *testing.T) {
	t.Parallel()
	s := newAccountSite(t)
	s.account("Ruth", forum.Reader)
	good := s.browser().in("Ruth").cookie().Value
	for name, value := range map[string]string{
		"empty": "", "rubbish": "x", "cut": good[:len(good)-4], "changed": "A" + good[1:], "twice": good + good,
		"nul": "%00", "sql": "'or-1=1--", "huge": strings.Repeat("A", 20_000), "spaces": "a b",
	} {
		t.Run(name, func(t *testing.T) {
			r := s.browser().request("GET", "/", "")
			r.Header.Set("Cookie", "hustings="+value)
			if a := s.browser().do(r); a.StatusCode != http.StatusOK || a.page.Find(`a[href="/settings"]`).Length() != 0 {
				t.Errorf("got %d", a.StatusCode)
			}
		})
	}
	t.Run("a_good_one_behind_a_forged_one_counts", func(t *testing.T) {
		r := s.browser().request("GET", "/settings", "")
		r.Header.Set("Cookie", "hustings=x; hustings="+good)
		if a := s.browser().do(r); a.StatusCode != http.StatusOK {
			t.Errorf("got %d", a.StatusCode)
		}
	})
}

func TestKeys_can_be_rotated(t *testing.T) {
	t.Parallel()
	s := newAccountSite(t)
	s.account("Ruth", forum.Reader)
	old := s.browser().in("Ruth").cookie()
	for _, tc := range []struct {
		key  string
		want int
	}{{keyOne, 200}, {keyTwo, 303}, {keyTwo + "," + keyOne, 200}, {keyOne + "," + keyTwo, 200}, {keyTwo + ",short", 303}} {
		r := httptest.NewRequest("GET", "/settings", nil)
		r.AddCookie(old)
		w := httptest.NewRecorder()
		s.handler("http://site.example", tc.key).ServeHTTP(w, r)
		if w.Code != tc.want {
			t.Errorf("with key %q: %d, want %d", tc.key, w.Code, tc.want)
		}
	}
}

func TestForms_of_other_sites_are_refused(t *testing.T) {
	t.Parallel()
	s := newAccountSite(t)
	s.account("Ruth", forum.Reader)
	b := s.browser().in("Ruth")
	for _, path := range []string{"/signin", "/signup", "/signout", "/settings/email", "/settings/password", "/settings/sessions", "/settings/tokens"} {
		for name, value := range map[string]string{"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site", "origin": "null", "sec-fetch-site": "same-site"} {
			r := b.request("POST", path, "name=Ruth&password="+url.QueryEscape(goodPassword)+"&others=1&label=x")
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set(name, value)
			if a := b.do(r); a.StatusCode != http.StatusForbidden || len(a.Cookies()) != 0 {
				t.Errorf("%s with %s: %s: %d", path, name, value, a.StatusCode)
			}
		}
	}
	if b.signedIn() != "Ruth" {
		t.Error("signed out by another site")
	}
}

func TestAPI_knows_people_by_token_only(t *testing.T) {
	t.Parallel()
	s := newAccountSite(t)
	p := s.account("Ruth", forum.Reader)
	token, err := s.act.AddToken(t.Context(), forum.Viewer{ID: p.ID}, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name, header string
		want         int
	}{
		{"token", "Bearer " + token, 404}, {"small_letters", "bearer " + token, 404}, {"none", "", 404},
		{"unknown", "Bearer hust_x", 401}, {"other_scheme", "Basic cnV0aDp4", 401}, {"no_scheme", token, 401}, {"hostile", "Bearer \xff\x01", 401},
	} {
		r := s.browser().request("GET", "/api/v1/nothing-here", "")
		if tc.header != "" {
			r.Header["Authorization"] = []string{tc.header}
		}
		w := httptest.NewRecorder()
		r.RequestURI = r.URL.Path
		s.handler("http://site.example", keyOne).ServeHTTP(w, r)
		if w.Code != tc.want {
			t.Errorf("%s: %d, want %d", tc.name, w.Code, tc.want)
		}
	}
}
