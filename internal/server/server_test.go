package server_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"hustings/internal/action"
	"hustings/internal/forum"
	"hustings/internal/htmltest"
	"hustings/internal/pgtest"
	"hustings/internal/postgres"
	"hustings/internal/server"

	"github.com/jackc/pgx/v5/pgxpool"
)

// site is a whole server over a database of its own.
type site struct {
	t      testing.TB
	pool   *pgxpool.Pool // for what no action does, such as making things old
	db     *postgres.DB
	act    *action.Actions
	srv    *httptest.Server
	server *server.Server // the one that srv runs
}

// newSite starts a site. Options may be changed before it starts.
func newSite(t testing.TB, change ...func(*server.Options)) *site {
	t.Helper()
	pool := pgtest.New(t)
	db := postgres.New(pool)
	t.Cleanup(db.Close)
	s := &site{t: t, pool: pool, db: db, act: action.New(db, slog.New(slog.DiscardHandler))}
	s.srv = s.serve(change...)
	return s
}

// serve starts one more server on the same database.
func (s *site) serve(change ...func(*server.Options)) *httptest.Server {
	s.t.Helper()
	srv := httptest.NewUnstartedServer(nil)
	base, err := url.Parse("http://" + srv.Listener.Addr().String())
	if err != nil {
		s.t.Fatal(err)
	}
	o := server.Options{BaseURL: base, SessionKey: []byte(strings.Repeat("k", 32)), Log: slog.New(slog.DiscardHandler),
		TrustedProxies: []netip.Prefix{}}
	for _, f := range change {
		f(&o)
	}
	h, err := server.New(s.db, s.act, o)
	if err != nil {
		s.t.Fatal(err)
	}
	h.SetReady()
	srv.Config.Handler = h
	s.server = h
	srv.Start()
	s.t.Cleanup(srv.Close)
	return srv
}

// article brings an article in with a thread. Each line of the outline is
// "Author: text", indented by one space a level.
func (s *site) article(slug, outline string) {
	s.t.Helper()
	lines := []string{fmt.Sprintf(`{"type":"article","id":"%s","slug":"%s","title":"About %s","state":"published","replies":"open","body_html":"<p>Words about %s.</p>"}`, slug, slug, slug, slug)}
	var open []string
	for i, line := range strings.Split(strings.Trim(outline, "\n"), "\n") {
		text := strings.TrimLeft(line, " \t")
		if text == "" {
			continue
		}
		depth := len(line) - len(text)
		author, body, _ := strings.Cut(text, ": ")
		id := fmt.Sprintf("%s-%d", slug, i)
		record := map[string]any{"type": "comment", "article": slug, "id": id, "parent": nil, "author": author, "author_kind": "imported",
			"created_at": "2026-11-01T10:00:00Z", "state": "published", "kind": "comment", "body_text": body}
		if depth > 0 {
			record["parent"] = open[depth-1]
		}
		open = append(open[:depth], id)
		encoded, err := json.Marshal(record)
		if err != nil {
			s.t.Fatal(err)
		}
		lines = append(lines, string(encoded))
	}
	s.load(strings.Join(lines, "\n"))
}

// load imports JSON Lines.
func (s *site) load(jsonl string) {
	s.t.Helper()
	done, err := s.act.ImportFromShell(s.t.Context(), action.ImportInput{Files: []action.ImportFile{{Name: "test.jsonl",
		Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(jsonl)), nil }}}})
	if err != nil || len(done.Refused) > 0 {
		s.t.Fatalf("import: %v, refused %v", err, done)
	}
}

// comment finds the number of a comment by the beginning of its text.
func (s *site) comment(text string) forum.CommentID {
	s.t.Helper()
	list, err := s.db.FindByText(s.t.Context(), text)
	if err != nil {
		s.t.Fatalf("no comment begins with %q: %v", text, err)
	}
	return list
}

const password = "correct horse battery"

// account makes an account with a role.
func (s *site) account(name string, role forum.Role) forum.Person {
	s.t.Helper()
	p, err := s.act.AddAccount(s.t.Context(), action.NewAccount{Name: name, Password: password}, role)
	if err != nil {
		s.t.Fatal(err)
	}
	return p
}

// browser is somebody with cookies.
type browser struct {
	*site
	base   string
	client *http.Client
}

// anonymous is a browser that has not signed in.
func (s *site) anonymous() *browser { return s.browserAt(s.srv) }

func (s *site) browserAt(srv *httptest.Server) *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return &browser{s, srv.URL, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// signedIn makes an account and signs it in.
func (s *site) signedIn(name string, role forum.Role) *browser {
	s.t.Helper()
	s.account(name, role)
	b := s.anonymous()
	b.post("/signin", url.Values{"name": {name}, "password": {password}}).wants(http.StatusSeeOther)
	return b
}

// answer is what came back.
type answer struct {
	*http.Response
	t    testing.TB
	body string
}

func (b *browser) do(method, path, contentType, body string, headers ...string) *answer {
	b.t.Helper()
	r, err := http.NewRequestWithContext(context.Background(), method, b.base+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := b.client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer response.Body.Close() //nolint:errcheck // read whole
	content, err := io.ReadAll(response.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return &answer{response, b.t, string(content)}
}

func (b *browser) get(path string, headers ...string) *answer {
	b.t.Helper()
	return b.do(http.MethodGet, path, "", "", headers...)
}

func (b *browser) post(path string, form url.Values, headers ...string) *answer {
	b.t.Helper()
	return b.do(http.MethodPost, path, "application/x-www-form-urlencoded", form.Encode(), headers...)
}

// wants checks the status.
func (a *answer) wants(status int) *answer {
	a.t.Helper()
	if a.StatusCode != status {
		a.t.Fatalf("%s %.80s answered %d, not %d: %.400s", a.Request.Method, a.Request.URL.Path, a.StatusCode, status, a.body)
	}
	return a
}

// page parses the answer.
func (a *answer) page() *htmltest.Page { return htmltest.Parse(a.t, strings.NewReader(a.body)) }

// location is where a redirect leads.
func (a *answer) location() string { return a.Header.Get("Location") }

// reply posts a reply as a person would: it opens the form and sends it. It gives
// the comment's permalink.
func (b *browser) reply(slug string, parent string, body string) string {
	b.t.Helper()
	a := b.post("/articles/"+slug+"/reply", b.form(slug, parent, body)).wants(http.StatusSeeOther)
	return a.location()
}

// form opens the reply form and fills it in.
func (b *browser) form(slug, parent, body string) url.Values {
	b.t.Helper()
	p := b.get("/articles/" + slug + "?reply=" + parent).wants(http.StatusOK).page()
	return url.Values{"form_id": {p.Attr(`form.composer input[name="form_id"]`, "value")}, "parent": {parent}, "body": {body}, "action": {"post"}}
}
