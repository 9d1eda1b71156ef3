package server

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"hustings/internal/action"
	"hustings/internal/forum"
	"hustings/internal/pgtest"
	"hustings/internal/postgres"

	"github.com/PuerkitoBio/goquery"
	"github.com/go-chi/chi/v5"
)

// bench is a site with a few people and one discussion, whose routes can be
// asked as anybody: who is asking comes from the test, not from a session.
type bench struct {
	*testing.T
	s       *Server
	db      *postgres.DB
	article forum.ArticleID

	ann, bob, mod, mod2, admin forum.Viewer
}

func newBench(t *testing.T) *bench {
	t.Helper()
	db, log := pgtest.DB(t), slog.New(slog.DiscardHandler)
	base, _ := url.Parse("http://hustings.example")
	s, err := New(db, action.New(db, log), Options{BaseURL: base, SessionKey: []byte(strings.Repeat("k", 32)), Log: log})
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{T: t, s: s, db: db}
	b.ann, b.bob = b.person("Ann Ames", forum.Reader), b.person("Bob Bell", forum.Reader)
	b.mod, b.mod2 = b.person("Mo Marsh", forum.Moderator), b.person("Meg Mill", forum.Moderator)
	b.admin = b.person("Ada Alder", forum.Admin)
	b.article = benchRow[forum.ArticleID](b, `insert into article (portable_id, slug, title) values ('hedges', 'hedges', 'On hedges') returning id`)
	return b
}

func benchRow[T any](b *bench, sql string, args ...any) (v T) {
	b.Helper()
	err := b.db.Do(b.Context(), func(ctx context.Context, tx *postgres.Tx) error { return tx.QueryRow(ctx, sql, args...).Scan(&v) })
	if err != nil {
		b.Fatal(err)
	}
	return v
}

func (b *bench) person(name string, role forum.Role) forum.Viewer {
	b.Helper()
	handle := strings.ToLower(strings.ReplaceAll(name, " ", "-"))
	id := benchRow[forum.PersonID](b, `insert into person (kind, role, name, handle, skeleton) values ('member', $2, $1, $3, $3) returning id`, name, role, handle)
	return forum.Viewer{ID: id, Name: name, Handle: handle, Role: role}
}

func (b *bench) write(parent forum.CommentID, by forum.Viewer, state forum.CommentState, text string) (id forum.CommentID) {
	b.Helper()
	key := benchRow[string](b, `select gen_random_uuid()::text`)
	err := b.db.Do(b.Context(), func(ctx context.Context, tx *postgres.Tx) (err error) {
		id, _, err = tx.AddReply(ctx, postgres.NewReply{
			Article: b.article, Parent: parent, Author: by.ID, FormKey: key, PortableID: key, State: state,
			Source: text, HTML: "<p>" + text + "</p>", Text: text, Policy: 1,
		})
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return id
}

func (b *bench) state(id forum.CommentID) forum.CommentState {
	b.Helper()
	return benchRow[forum.CommentState](b, `select state from comment where id = $1`, id)
}

// ask sends a request as somebody through the table of routes.
func (b *bench) ask(v forum.Viewer, r *http.Request) *httptest.ResponseRecorder {
	b.Helper()
	router := chi.NewRouter()
	router.Use(b.s.requestID, b.s.clientAddress, b.s.logRequests, b.s.recoverPanics, b.s.securityHeaders)
	router.Use(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { next.ServeHTTP(w, withViewer(r, v)) })
	})
	for _, line := range b.s.table() {
		router.Method(line.method, line.pattern, b.s.handle(b.s.admit(line)))
	}
	w := httptest.NewRecorder()
	router.ServeHTTP(w, r)
	if w.Code >= 500 {
		b.Errorf("%s %s answers %d", r.Method, r.URL, w.Code)
	}
	return w
}

// get fetches a page that has to answer with a status.
func (b *bench) get(v forum.Viewer, path string, status int) *goquery.Document {
	b.Helper()
	w := b.ask(v, httptest.NewRequestWithContext(b.Context(), http.MethodGet, path, nil))
	return b.page(w, "GET "+path, status)
}

func (b *bench) page(w *httptest.ResponseRecorder, what string, status int) *goquery.Document {
	b.Helper()
	if w.Code != status {
		b.Fatalf("%s answers %d, want %d: %.400s", what, w.Code, status, w.Body)
	}
	doc, err := goquery.NewDocumentFromReader(w.Body)
	if err != nil {
		b.Fatal(err)
	}
	return doc
}

// post sends a form; fields are name, value, name, value …
func (b *bench) post(v forum.Viewer, path string, fields ...string) *httptest.ResponseRecorder {
	b.Helper()
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	r := httptest.NewRequestWithContext(b.Context(), http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.ask(v, r)
}

// redirected checks that a form was answered with 303 to somewhere.
func (b *bench) redirected(w *httptest.ResponseRecorder, to string) {
	b.Helper()
	if w.Code != http.StatusSeeOther || !strings.HasPrefix(w.Header().Get("Location"), to) {
		b.Fatalf("answered %d to %q, want 303 to %q: %.300s", w.Code, w.Header().Get("Location"), to, w.Body)
	}
}

func at(id forum.CommentID, act string) string { return fmt.Sprintf("/comments/%d/%s", id, act) }

// press sends the form that a button on a page belongs to, as a browser without
// script does; fields fill in what a person would.
func (b *bench) press(v forum.Viewer, doc *goquery.Document, button string, fields ...string) *httptest.ResponseRecorder {
	b.Helper()
	pressed := doc.Find(button)
	if pressed.Length() != 1 {
		b.Fatalf("there are %d of %q", pressed.Length(), button)
	}
	form := pressed.Closest("form")
	path, _ := pressed.Attr("formaction")
	if path == "" {
		path, _ = form.Attr("action")
	}
	var sent []string
	form.Find(`input[name="note"], input[type="hidden"], input[type="radio"][checked]`).Each(func(_ int, in *goquery.Selection) {
		name, _ := in.Attr("name")
		value, _ := in.Attr("value")
		sent = append(sent, name, value)
	})
	return b.post(v, path, append(sent, fields...)...)
}

var actsOfModerators = []string{"remove", "restore", "hold", "release", "keep", "remove-branch", "restore-branch", "lock", "unlock"}

func TestModerationPages_are_for_moderators_only(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.write(0, b.ann, forum.Published, "a comment")
	posts := []string{"/articles/hedges/lock", "/articles/hedges/unlock"}
	for _, act := range actsOfModerators {
		posts = append(posts, at(id, act))
	}
	for _, path := range posts {
		if w := b.post(b.bob, path, "reason", "abuse"); w.Code != http.StatusForbidden {
			t.Errorf("a reader's POST %s answers %d", path, w.Code)
		}
		b.redirected(b.post(forum.Anonymous, path, "reason", "abuse"), "/signin?next=")
	}
	for _, path := range []string{"/mod", "/mod?lane=held", fmt.Sprintf("/mod?case=%d", id), at(id, "remove")} {
		b.get(b.bob, path, http.StatusForbidden)
		b.redirected(b.ask(forum.Anonymous, httptest.NewRequest(http.MethodGet, path, nil)), "/signin?next=")
	}
	if b.state(id) != forum.Published || benchRow[int64](b, `select seq from audit_head`) != 0 {
		t.Error("a refused request did something")
	}
}

func TestQueuePage_leads_through_a_case(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	doc := b.get(b.mod, "/mod", http.StatusOK)
	if doc.Find(".queue").Length() != 0 || doc.Find("h2").Text() != "Nothing is waiting here" {
		t.Error("an empty queue does not say so")
	}
	root := b.write(0, b.bob, forum.Published, "what is above")
	id := b.write(root, b.ann, forum.Published, "what is reported")
	b.write(id, b.bob, forum.Published, "a reply")
	b.redirected(b.post(b.bob, at(id, "report"), "reason", "abuse", "note", "please <b>look</b>"), at(id, "report?sent=1"))

	doc = b.get(b.mod, "/mod", http.StatusOK)
	for selector, text := range map[string]string{
		".cases a[aria-current] .why":          "abuse",
		".cases a q":                           "what is reported",
		".case .subject .comment-body":         "what is reported",
		".case .why-list li q":                 "please <b>look</b>",
		`[formaction$="/remove"] ~ div p`:      "Takes away 1 comment. Its 1 reply stays. Closes 1 report.",
		`form.act[action$="/keep"] p`:          "Closes 1 report; the comment stays as it is.",
		`[formaction$="/remove-branch"] ~ div`: "Takes away 2 comments",
		".reasons label:has([checked])":        "Abuse",
	} {
		if got := doc.Find(selector).First().Text(); !strings.Contains(got, text) {
			t.Errorf("%s says %q, want %q", selector, got, text)
		}
	}
	if s := doc.Find(".why-list").Text(); strings.Contains(s, "Bob Bell") {
		t.Errorf("a moderator learns who reported: %s", s)
	}
	b.redirected(b.press(b.mod, doc, `[formaction$="/remove"]`, "note", "seen"), "/mod?done=1&lane=reported")
	if b.state(id) != forum.Removed {
		t.Fatal("the comment is not removed")
	}
	doc = b.get(b.mod, "/mod?done=1&lane=reported", http.StatusOK)
	if !strings.Contains(doc.Find(".notice").Text(), "Removed 1 comment by Ann Ames: abuse.") {
		t.Errorf("the notice says %q", doc.Find(".notice").Text())
	}
	b.redirected(b.press(b.mod, doc, `button[data-key="u"]`), fmt.Sprintf("/mod?case=%d&done=2", id))
	if b.state(id) != forum.Published {
		t.Error("undo did not restore it")
	}
}

func TestQueuePage_held_lane(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	first := b.write(0, b.ann, forum.Held, "first held")
	second := b.write(0, b.bob, forum.Held, "second held")
	doc := b.get(b.mod, "/mod?lane=held", http.StatusOK)
	if doc.Find(".cases a").Length() != 2 || doc.Find(".tabs [aria-current] .n").Text() != "2" {
		t.Errorf("the lane lists %d cases", doc.Find(".cases a").Length())
	}
	b.redirected(b.press(b.mod, doc, `form[action$="/release"] button`), fmt.Sprintf("/mod?case=%d&done=1&lane=held", second))
	if b.state(first) != forum.Published || b.state(second) != forum.Held {
		t.Error("the wrong one was published")
	}
	doc = b.get(b.mod, "/mod?done=1&lane=held", http.StatusOK)
	if got, _ := doc.Find(".subject").Attr("id"); got != fmt.Sprintf("c%d", second) {
		t.Errorf("after the first comes %q", got)
	}
	b.redirected(b.press(b.mod, doc, `[formaction$="/remove"]`, "reason", "spam"), "/mod?done=2")
	if b.state(second) != forum.Removed {
		t.Error("a held comment was not removed")
	}
}

func TestQueuePage_second_moderator_is_told(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.write(0, b.ann, forum.Held, "contested")
	page := b.get(b.mod2, "/mod?lane=held", http.StatusOK)
	b.redirected(b.post(b.mod, at(id, "release")), fmt.Sprintf("/comments/%d#c%d", id, id))
	w := b.press(b.mod2, page, `[formaction$="/remove"]`, "reason", "abuse", "note", "my note")
	doc := b.page(w, "a stale removal", http.StatusConflict)
	if s := doc.Find(".notice.wrong").Text(); !strings.Contains(s, "Somebody was faster") {
		t.Errorf("said %q", s)
	}
	if doc.Find("input[name=note]").AttrOr("value", "") != "my note" || doc.Find(`[value="abuse"][checked]`).Length() != 1 {
		t.Error("what was typed is lost")
	}
	if b.state(id) != forum.Published {
		t.Error("a stale page changed the comment")
	}
	// With the page as it is now, the same act goes through.
	b.redirected(b.press(b.mod2, doc, `[formaction$="/remove"]`), "/mod?done=2")
}

func TestRemovePage(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.write(0, b.ann, forum.Published, "from the thread")
	doc := b.get(b.mod, at(id, "remove"), http.StatusOK)
	doc = b.page(b.press(b.mod, doc, `[formaction$="/remove"]`, "note", "no reason yet"), "a removal without a reason", http.StatusUnprocessableEntity)
	if doc.Find("input[name=note]").AttrOr("value", "") != "no reason yet" || !strings.Contains(doc.Find(".wrong").Text(), "choose a reason") {
		t.Error("the note is lost, or nothing is said")
	}
	b.redirected(b.press(b.mod, doc, `[formaction$="/remove"]`, "reason", "private"), fmt.Sprintf("/comments/%d#c%d", id, id))
	doc = b.get(b.mod2, at(id, "remove"), http.StatusOK)
	if !strings.Contains(doc.Find(".why-list").Text(), "no reason yet") || doc.Find(`form[action$="/restore"]`).Length() != 1 {
		t.Error("a removed comment's page says nothing of its removal, or cannot take it back")
	}
	b.redirected(b.press(b.mod2, doc, `form[action$="/restore"] button`), fmt.Sprintf("/comments/%d", id))
	if b.state(id) != forum.Published {
		t.Error("it was not restored")
	}
}

func TestBranchPages(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	root := b.write(0, b.ann, forum.Published, "root")
	below := b.write(root, b.bob, forum.Published, "below")
	b.redirected(b.post(b.mod, at(root, "lock")), fmt.Sprintf("/comments/%d#c%d", root, root))
	b.redirected(b.post(b.mod, at(root, "unlock"), "next", "/articles/hedges?sort=newest"), "/articles/hedges?sort=newest")
	doc := b.get(b.mod, fmt.Sprintf("/mod?case=%d", root), http.StatusOK)
	b.redirected(b.press(b.mod, doc, `[formaction$="/remove-branch"]`, "reason", "off_topic"), "/mod?done=3")
	doc = b.get(b.mod, fmt.Sprintf("/mod?case=%d", below), http.StatusOK)
	if !strings.Contains(doc.Find(".why-list").Text(), "stands in a branch that was removed") {
		t.Error("the case does not say why nobody sees it")
	}
	doc = b.get(b.mod, "/mod?done=3", http.StatusOK)
	b.redirected(b.press(b.mod, doc, `button[data-key="u"]`), fmt.Sprintf("/mod?case=%d&done=4", root))
	if benchRow[bool](b, `select branch_removed from comment where id = $1`, root) {
		t.Error("the branch is not back")
	}
	b.redirected(b.post(b.mod, "/articles/hedges/lock"), "/articles/hedges#thread")
	if w := b.post(b.mod2, "/articles/hedges/lock"); w.Code != http.StatusConflict {
		t.Errorf("a second lock answers %d", w.Code)
	}
	b.redirected(b.post(b.mod2, "/articles/hedges/unlock"), "/articles/hedges#thread")
}

func TestReportPage(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.write(0, b.ann, forum.Published, "a bad one")
	for _, v := range []forum.Viewer{forum.Anonymous, b.bob} {
		doc := b.get(v, at(id, "report"), http.StatusOK)
		doc = b.page(b.press(v, doc, "main button.go", "note", "why"), "a report without a reason", http.StatusUnprocessableEntity)
		if doc.Find("textarea").Text() != "why" {
			t.Error("the note is lost")
		}
		b.redirected(b.press(v, doc, "main button.go", "reason", "spam"), at(id, "report?sent=1"))
		b.redirected(b.press(v, doc, "main button.go", "reason", "spam"), at(id, "report?sent=again"))
		if h := b.get(v, at(id, "report?sent=1"), http.StatusOK).Find("h1").Text(); h != "Thank you" {
			t.Errorf("after a report: %q", h)
		}
	}
	b.get(b.ann, at(id, "report"), http.StatusForbidden)
	if w := b.post(b.ann, at(id, "report"), "reason", "spam"); w.Code != http.StatusForbidden {
		t.Errorf("reporting oneself answers %d", w.Code)
	}
	for range 7 { // a report without a reason costs nothing
		b.post(b.bob, at(b.write(0, b.ann, forum.Published, "more"), "report"), "reason", "abuse")
	}
	last := b.write(0, b.ann, forum.Published, "last")
	b.post(b.bob, at(last, "report"), "reason", "abuse")
	w := b.post(b.bob, at(b.write(0, b.ann, forum.Published, "too many"), "report"), "reason", "abuse", "note", "kept")
	if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), "kept") {
		t.Errorf("the eleventh report in an hour answers %d", w.Code)
	}
}

func TestModerationForms_take_hostile_input_calmly(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.write(0, b.ann, forum.Held, "text")
	live := b.write(0, b.ann, forum.Published, "live")
	hostile := []string{"", " ", "'", `"><script>alert(1)</script>`, "a\x00b", "\xff\xfe", strings.Repeat("x", 40_000), "-1", "999999999999999999999",
		"1e9", "../../etc", "{{.}}", "%s%n", "\u202e\u2066", "NaN", "//evil.example", "https://evil.example/", "/\\evil.example", "/mod\r\nSet-Cookie: a=b"}
	for _, field := range []string{"reason", "note", "next", "state", "revision", "undoes", "done", "reason[]"} {
		for _, value := range hostile {
			for _, act := range append(actsOfModerators, "report") {
				target := live
				if act == "release" {
					target = id
				}
				w := b.post(b.mod, at(target, act), field, value)
				if w.Code >= 500 || w.Code < 300 {
					t.Errorf("%s with %s=%.20q answers %d", act, field, value, w.Code)
				}
				if to := w.Header().Get("Location"); to != "" && (!strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.HasPrefix(to, "/\\")) {
					t.Errorf("%s with %s=%.20q leads to %q", act, field, value, to)
				}
				if strings.Contains(w.Body.String(), "<script>alert") {
					t.Errorf("%s with %s=%.20q lets a script through", act, field, value)
				}
			}
		}
	}
	for _, value := range hostile {
		q := url.QueryEscape(value)
		for _, path := range []string{"/mod?lane=" + q, "/mod?case=" + q, "/mod?after=" + q, "/mod?done=" + q,
			"/moderation?kind=" + q, "/moderation?article=" + q, "/moderation?after=" + q, "/moderation/" + url.PathEscape(value)} {
			r := httptest.NewRequest(http.MethodGet, "/mod", nil)
			u, err := url.Parse(path)
			if err != nil {
				t.Fatal(err)
			}
			r.URL = u
			w := b.ask(b.mod, r)
			if w.Code >= 500 || strings.Contains(w.Body.String(), "<script>alert") {
				t.Errorf("GET %.40s answers %d", path, w.Code)
			}
		}
		for _, segment := range []string{url.PathEscape(value), "0", "-0", "1 ", "0x1"} {
			u, _ := url.Parse("/comments/" + url.PathEscape(segment) + "/remove")
			r := httptest.NewRequest(http.MethodGet, "/mod", nil)
			r.URL = u
			if w := b.ask(b.mod, r); w.Code != http.StatusNotFound && w.Code != http.StatusBadRequest {
				t.Errorf("a comment numbered %.20q answers %d", segment, w.Code)
			}
		}
	}
}

func TestLogPage(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	root := b.write(0, b.ann, forum.Published, "root words")
	below := b.write(root, b.bob, forum.Published, "below words")
	b.post(b.mod, at(below, "remove"), "reason", "abuse", "note", "a note for colleagues")
	b.post(b.mod, at(root, "remove-branch"), "reason", "off_topic")
	b.post(b.mod2, at(root, "restore-branch"))
	doc := b.get(forum.Anonymous, "/moderation", http.StatusOK)
	if doc.Find("ol.log > li").Length() != 3 {
		t.Fatalf("the log has %d entries", doc.Find("ol.log > li").Length())
	}
	for selector, text := range map[string]string{
		"#a1 b": "Comment removed", "#a1 .why": "abuse", "#a1 .hint": "by a moderator",
		"#a2 b": "Branch removed", "#a2 summary": "1 comment", "#a2 i": "undone since",
		"#a3 b": "Branch restored",
	} {
		if got := doc.Find(selector).Text(); !strings.Contains(got, text) {
			t.Errorf("%s says %q, want %q", selector, got, text)
		}
	}
	if got, _ := doc.Find(`#a2 a[href="/articles/hedges"]`).Attr("href"); got == "" {
		t.Error("an entry does not lead to its article")
	}
	for _, secret := range []string{"root words", "below words", "Ann Ames", "Bob Bell", "Mo Marsh", "Meg Mill", "colleagues"} {
		if html, _ := doc.Html(); strings.Contains(html, secret) {
			t.Errorf("the log tells %q", secret)
		}
	}
	if n := b.get(forum.Anonymous, "/moderation?kind=remove&article=hedges", http.StatusOK).Find("ol.log > li").Length(); n != 1 {
		t.Errorf("filtered, the log has %d entries", n)
	}
	if got := b.get(forum.Anonymous, "/moderation/2", http.StatusOK).Find(`#a2 details[open] a[href^="/comments/"]`).Length(); got != 1 {
		t.Errorf("by itself, the branch lists %d comments", got)
	}
	feed := b.get(forum.Anonymous, "/moderation.atom", http.StatusOK)
	if feed.Find("entry").Length() != 3 || !strings.Contains(feed.Find("entry title").Text(), "Branch removed: On hedges") {
		t.Errorf("the feed says %q", feed.Find("entry title").Text())
	}
	b.get(forum.Anonymous, "/moderation/99", http.StatusNotFound)
	b.get(forum.Anonymous, "/moderation?kind=add_token", http.StatusBadRequest)
}

// leakCase is a comment that nobody but staff may read, with the words by which
// it would be recognised.
type leakCase struct {
	id     forum.CommentID
	name   string
	secret string
}

func (b *bench) leaks() (cases []leakCase) {
	b.Helper()
	add := func(name string, parent forum.CommentID, state forum.CommentState) forum.CommentID {
		author := b.person("Zz"+name+" Author", forum.Reader)
		secret := "secret-" + name + "-words"
		id := b.write(parent, author, state, secret)
		cases = append(cases, leakCase{id, author.Name, secret})
		return id
	}
	for _, withReplies := range []bool{false, true} {
		for _, state := range []forum.CommentState{forum.Held, forum.Quarantined, forum.Spam, forum.Retracted, forum.Erased, forum.Published} {
			name := string(state) + strconv.FormatBool(withReplies)
			id := add(name, 0, state)
			if withReplies {
				b.write(id, b.bob, forum.Published, "a harmless reply")
			}
			if state == forum.Published {
				b.redirected(b.post(b.mod, at(id, "remove"), "reason", "abuse", "note", "secret-"+name+"-words again"), "/")
			}
		}
	}
	root := add("branch", 0, forum.Published)
	add("inbranch", root, forum.Published)
	b.redirected(b.post(b.mod, at(root, "remove-branch"), "reason", "off_topic"), "/")
	return cases
}

func TestNothing_hidden_leaks_to_readers(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.write(0, b.bob, forum.Published, "something visible")
	cases := b.leaks()
	for _, v := range []forum.Viewer{forum.Anonymous, b.bob} {
		paths := []string{"/", "/?sort=new", "/?sort=top", "/articles/hedges", "/articles/hedges?sort=newest", "/articles/hedges?sort=best", "/articles/hedges?fold=all",
			"/articles/hedges?reply=", "/moderation", "/moderation.atom", "/moderation/1", "/mod", "/mod?lane=held", "/feed.atom", "/comments.atom", "/articles/hedges/comments.atom", "/sitemap.xml"}
		for _, c := range cases {
			for _, act := range []string{"", "/report", "/report?sent=1", "/history", "/edit", "/retract", "/remove", "/replies.atom", "?context=8"} {
				paths = append(paths, fmt.Sprintf("/comments/%d%s", c.id, act))
			}
			paths = append(paths, fmt.Sprintf("/mod?case=%d", c.id), fmt.Sprintf("/articles/hedges?reply=%d", c.id), fmt.Sprintf("/api/v1/comments/%d", c.id))
		}
		for _, path := range paths {
			body := b.ask(v, httptest.NewRequest(http.MethodGet, path, nil)).Body.String()
			for _, c := range cases {
				if strings.Contains(body, c.secret) || strings.Contains(body, c.name) {
					t.Errorf("GET %s tells %q what %s wrote", path, v.Name, c.name)
				}
			}
		}
	}
	// The test can fail: a moderator does see them.
	body := b.ask(b.mod, httptest.NewRequest(http.MethodGet, fmt.Sprintf("/mod?case=%d", cases[0].id), nil)).Body.String()
	if !strings.Contains(body, cases[0].secret) || !strings.Contains(body, cases[0].name) {
		t.Error("a moderator does not see a held comment")
	}
}
