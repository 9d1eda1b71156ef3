package server_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"hustings/internal/forum"
)

// program is a client of the API with a token, or without one.
type program struct {
	*browser
	headers []string
}

func (s *site) program(token string) *program {
	p := &program{browser: s.anonymous()}
	if token != "" {
		p.headers = []string{"Authorization", "Bearer " + token}
	}
	return p
}

func (p *program) send(path, body string, headers ...string) *answer {
	p.t.Helper()
	return p.do(http.MethodPost, path, "application/json", body, append(headers, p.headers...)...)
}

func (p *program) read(path string) *answer {
	p.t.Helper()
	return p.get(path, p.headers...)
}

// comment as the API tells of it.
type comment struct {
	ID         int64   `json:"id"`
	PortableID string  `json:"portable_id"`
	Article    string  `json:"article"`
	Parent     *int64  `json:"parent"`
	Depth      int     `json:"depth"`
	Author     *string `json:"author"`
	AuthorKind *string `json:"author_kind"`
	CreatedAt  *string `json:"created_at"`
	State      string  `json:"state"`
	Public     bool    `json:"public"`
	BodyHTML   *string `json:"body_html"`
	BodyText   *string `json:"body_text"`
	Replies    int     `json:"replies"`
	URL        string  `json:"url"`
}

type commentList struct {
	Comments []comment `json:"comments"`
	Next     *string   `json:"next"`
}

func (l commentList) texts() string {
	var b strings.Builder
	for _, c := range l.Comments {
		fmt.Fprintf(&b, "%d %s|", c.Depth, *c.BodyText)
	}
	return b.String()
}

// problem checks that an answer is a problem document.
func (a *answer) problem(status int) *answer {
	a.t.Helper()
	a.wants(status)
	var p struct {
		Type, Title, Detail string
		Status              int
	}
	a.json(&p)
	if !strings.HasPrefix(a.Header.Get("Content-Type"), "application/problem+json") || p.Status != status || p.Type == "" || p.Title == "" || p.Detail == "" {
		a.t.Errorf("%s: not a problem document: %s", a.Request.URL, a.body)
	}
	if (status == http.StatusUnauthorized) != (a.Header.Get("WWW-Authenticate") != "") {
		a.t.Errorf("%s: %d with WWW-Authenticate %q", a.Request.URL, status, a.Header.Get("WWW-Authenticate"))
	}
	return a
}

func TestAPI_reads_a_thread_in_display_order(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.article("trees", smallThread)
	p := s.program("")
	for sort, want := range map[string]string{
		"":             "1 first words|2 answer to Ann|3 answer to Ben|2 second answer to Ann|1 another beginning|",
		"?sort=newest": "1 another beginning|1 first words|2 second answer to Ann|2 answer to Ann|3 answer to Ben|",
	} {
		var list commentList
		p.read("/api/v1/articles/trees/comments" + sort).wants(http.StatusOK).json(&list)
		if list.texts() != want || list.Next != nil {
			t.Errorf("%s: %s", sort, list.texts())
		}
		at := map[int64]comment{}
		for _, c := range list.Comments {
			at[c.ID] = c
			if c.Parent != nil && at[*c.Parent].Depth != c.Depth-1 || c.Parent == nil && c.Depth != 1 {
				t.Errorf("%s: %+v does not follow its parent", sort, c)
			}
			if *c.AuthorKind != "imported" || !c.Public || c.State != "published" || c.Article != "trees" ||
				c.URL != fmt.Sprintf("%s/comments/%d", p.base, c.ID) || *c.CreatedAt != "2026-11-01T10:00:00Z" {
				t.Errorf("%s: %+v", sort, c)
			}
		}
		first := int64(s.comment("first words"))
		if at[first].Replies != 2 || at[first].PortableID != "trees-0" || *at[first].Author != "Ann" {
			t.Errorf("%s: %+v", sort, at[first])
		}
		var alone comment
		p.read(fmt.Sprintf("/api/v1/comments/%d", first)).wants(http.StatusOK).json(&alone)
		if alone.Replies != 2 || *alone.BodyText != "first words" || alone.Depth != 1 {
			t.Errorf("alone: %+v", alone)
		}
	}
}

func TestAPI_pages_keep_trees_whole(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	var outline strings.Builder
	for tree := range 60 {
		fmt.Fprintf(&outline, "Ann: top %d\n", tree)
		for reply := range tree % 7 {
			fmt.Fprintf(&outline, "%sBen: reply %d of %d\n", strings.Repeat(" ", 1+reply%3), reply, tree)
		}
	}
	s.article("trees", outline.String())
	total := strings.Count(outline.String(), "\n")
	p := s.program("")
	for _, sort := range []string{"oldest", "newest", "best"} {
		for _, limit := range []int{1, 5, 50, 250, 1_000_000} {
			seen := map[int64]bool{}
			next := ""
			for pages := 0; ; pages++ {
				var list commentList
				p.read(fmt.Sprintf("/api/v1/articles/trees/comments?sort=%s&limit=%d&after=%s", sort, limit, next)).wants(http.StatusOK).json(&list)
				tops := 0
				for _, c := range list.Comments {
					if seen[c.ID] || c.Parent != nil && !seen[*c.Parent] {
						t.Fatalf("%s, %d: comment %d twice or before its parent", sort, limit, c.ID)
					}
					seen[c.ID] = true
					if c.Depth == 1 {
						tops++
					}
				}
				if len(list.Comments) > min(limit, 250) && tops > 1 {
					t.Errorf("%s: %d comments in %d trees on a page of %d", sort, len(list.Comments), tops, limit)
				}
				if list.Next == nil {
					break
				}
				if next = *list.Next; pages > 60 {
					t.Fatalf("%s, %d: no end", sort, limit)
				}
			}
			if len(seen) != total {
				t.Errorf("%s, %d: %d comments of %d", sort, limit, len(seen), total)
			}
		}
	}
}

func TestAPI_leads_to_the_end_of_a_deep_branch(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	var outline strings.Builder
	const levels = 150
	for n := range levels {
		fmt.Fprintf(&outline, "%sAnn: level %d.\n", strings.Repeat(" ", n), n+1)
	}
	s.article("deep", outline.String())
	s.article("hedges", "Eve: on hedges")
	p := s.program("")
	seen := map[int]bool{}
	address := "/api/v1/articles/deep/comments"
	for pages := 0; address != ""; pages++ {
		var list commentList
		p.read(address).wants(http.StatusOK).json(&list)
		for _, c := range list.Comments {
			if seen[c.Depth] = true; *c.BodyText != fmt.Sprintf("level %d.", c.Depth) {
				t.Fatalf("depth %d says %s", c.Depth, *c.BodyText)
			}
		}
		address = ""
		if last := list.Comments[len(list.Comments)-1]; last.Replies > 0 {
			address = fmt.Sprintf("/api/v1/articles/deep/comments?below=%d", last.ID)
		}
		if pages > 3 {
			t.Fatal("no end")
		}
	}
	if len(seen) != levels {
		t.Errorf("%d levels of %d", len(seen), levels)
	}
	p.read(fmt.Sprintf("/api/v1/articles/deep/comments?below=%d", s.comment("on hedges"))).problem(http.StatusNotFound)
	for _, bad := range []string{"x", "0", "-1", "%00"} {
		p.read("/api/v1/articles/deep/comments?below=" + bad).problem(http.StatusNotFound)
	}
}

func TestAPI_lists_articles_in_pages(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for i := range 7 {
		s.article(fmt.Sprintf("a%d", i), fmt.Sprintf("Ann: about %d", i))
	}
	for _, sort := range []string{"active", "new", "top"} {
		var slugs []string
		next := ""
		for range 5 {
			var list struct {
				Articles []struct {
					Slug     string
					Comments int
				}
				Next *string
			}
			s.program("").read("/api/v1/articles?limit=2&sort=" + sort + "&after=" + next).wants(http.StatusOK).json(&list)
			for _, a := range list.Articles {
				slugs = append(slugs, a.Slug)
				if a.Comments != 1 {
					t.Errorf("%s has %d comments", a.Slug, a.Comments)
				}
			}
			if list.Next == nil {
				break
			}
			next = *list.Next
		}
		if got := strings.Join(slugs, " "); sort == "new" && got != "a6 a5 a4 a3 a2 a1 a0" || len(slugs) != 7 {
			t.Errorf("%s: %s", sort, got)
		}
	}
}

func TestAPI_replies(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.article("trees", smallThread)
	p := s.program(s.token("Ruth", forum.Reader))
	a := p.send("/api/v1/articles/trees/comments", `{"parent":null,"body":"Some *new* words."}`, "Idempotency-Key", "k1").wants(http.StatusCreated)
	var made comment
	a.json(&made)
	if a.location() != fmt.Sprintf("%s/api/v1/comments/%d", p.base, made.ID) || made.Parent != nil || made.Depth != 1 || *made.Author != "Ruth" ||
		*made.AuthorKind != "member" || *made.BodyText != "Some new words." || *made.BodyHTML != "<p>Some <em>new</em> words.</p>" {
		t.Errorf("made %s at %s", a.body, a.location())
	}
	below := fmt.Sprintf(`{"parent":%d,"body":"Below."}`, made.ID)
	var reply, again comment
	p.send("/api/v1/articles/trees/comments", below, "Idempotency-Key", "k2").wants(http.StatusCreated).json(&reply)
	p.send("/api/v1/articles/trees/comments", `{"body":"quite another text"}`, "Idempotency-Key", "k2").wants(http.StatusOK).json(&again)
	if reply.Parent == nil || *reply.Parent != made.ID || reply.Depth != 2 || again.ID != reply.ID || *again.BodyText != "Below." {
		t.Errorf("reply %+v, again %+v", reply, again)
	}
	// Without the header each request is a reply of its own; another account's key is another key.
	var third, other comment
	p.send("/api/v1/articles/trees/comments", below).wants(http.StatusCreated).json(&third)
	s.program(s.token("Sam", forum.Reader)).send("/api/v1/articles/trees/comments", below, "Idempotency-Key", "k2").wants(http.StatusCreated).json(&other)
	if third.ID == reply.ID || other.ID == reply.ID {
		t.Error("one comment for different requests")
	}
	page := s.anonymous().get("/articles/trees").wants(http.StatusOK).page()
	page.In(fmt.Sprintf("#c%d .comment-body", reply.ID), "Below.")
}

func TestAPI_the_same_key_twenty_times_at_once_makes_one_comment(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.article("trees", smallThread)
	token := s.token("Ruth", forum.Reader)
	second := s.serve()
	answers := make(chan *answer, 20)
	var all sync.WaitGroup
	for i := range 20 {
		p := s.program(token)
		if i%2 == 1 {
			p.base = second.URL
		}
		all.Go(func() {
			answers <- p.send("/api/v1/articles/trees/comments", `{"body":"once"}`, "Idempotency-Key", "the-same")
		})
	}
	all.Wait()
	close(answers)
	ids, created := map[int64]bool{}, 0
	for a := range answers {
		var c comment
		a.json(&c)
		ids[c.ID] = true
		switch a.StatusCode {
		case http.StatusCreated:
			created++
		case http.StatusOK:
		default:
			t.Errorf("%d: %s", a.StatusCode, a.body)
		}
	}
	if len(ids) != 1 || created != 1 {
		t.Errorf("%d comments, %d times created", len(ids), created)
	}
	var list commentList
	s.program("").read("/api/v1/articles/trees/comments").json(&list)
	if n := strings.Count(list.texts(), "once|"); n != 1 {
		t.Errorf("the thread has it %d times", n)
	}
}

func TestAPI_removes_and_restores(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.article("trees", smallThread)
	mo, ruth := s.program(s.token("Mo", forum.Moderator)), s.program(s.token("Ruth", forum.Reader))
	path := fmt.Sprintf("/api/v1/comments/%d", s.comment("answer to Ann"))
	s.program("").send(path+"/remove", `{"reason":"spam"}`).problem(http.StatusUnauthorized)
	ruth.send(path+"/remove", `{"reason":"spam"}`).problem(http.StatusForbidden)
	for _, body := range []string{`{"reason":"dull"}`, `{}`, `{"reason":null}`, `{"reason":""}`, `{"reason":["spam"]}`, `{"reason":"spam","note":5}`,
		`{"reason":"spam","note":"` + strings.Repeat("x", 2001) + `"}`, `{"reason":"SPAM"}`} {
		mo.send(path+"/remove", body).problem(http.StatusUnprocessableEntity)
	}
	var c comment
	for range 2 {
		mo.send(path+"/remove", `{"reason":"off_topic","note":"not here"}`).wants(http.StatusOK).json(&c)
		if c.State != "removed" || c.Public || c.BodyText == nil || *c.BodyText != "answer to Ann" {
			t.Errorf("the moderator is told %+v", c)
		}
	}
	mo.send(path+"/remove", `{"reason":"spam"}`).problem(http.StatusConflict)
	var stub comment
	s.program("").read(path).wants(http.StatusOK).json(&stub)
	if stub.State != "removed" || stub.Author != nil || stub.BodyHTML != nil {
		t.Errorf("a reader is told %+v", stub)
	}
	mo.send(path+"/restore", `{"reason":"dull"}`).problem(http.StatusUnprocessableEntity)
	mo.send(path+"/restore", `{"reason":"","note":"after all"}`).wants(http.StatusOK).json(&c)
	if c.State != "published" || !c.Public {
		t.Errorf("restored: %+v", c)
	}
	mo.send("/api/v1/comments/999999/remove", `{"reason":"spam"}`).problem(http.StatusNotFound)
}

func TestAPI_cookies_count_for_nothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.article("trees", smallThread)
	b := s.signedIn("Mo", forum.Moderator)
	id := s.comment("first words")
	b.do("POST", "/api/v1/articles/trees/comments", "application/json", `{"body":"by cookie"}`).problem(http.StatusUnauthorized)
	b.do("POST", fmt.Sprintf("/api/v1/comments/%d/remove", id), "application/json", `{"reason":"spam"}`).problem(http.StatusUnauthorized)
	b.do("POST", "/api/v1/articles/trees/comments", "application/json", `{"body":"x"}`, "Authorization", "Bearer wrong").problem(http.StatusUnauthorized)
	s.anonymous().get("/api/v1/articles", "Authorization", "Bearer wrong").problem(http.StatusUnauthorized)
	p := s.program(s.token("Ruth", forum.Reader))
	p.send("/api/v1/articles/trees/comments", `{"body":"x"}`, "Origin", "https://elsewhere.example", "Sec-Fetch-Site", "cross-site").problem(http.StatusForbidden)
	p.send("/api/v1/articles/trees/comments", `{"body":"a program sends no Origin"}`).wants(http.StatusCreated)
}

func TestAPI_may_be_read_from_other_sites_without_a_token_only(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.article("trees", smallThread)
	token := s.token("Ruth", forum.Reader)
	for _, path := range []string{"/api/v1/articles", "/api/v1/articles/trees", "/api/v1/articles/trees/comments", "/api/v1/articles/none", "/api/openapi.yaml"} {
		a := s.anonymous().get(path, "Origin", "https://elsewhere.example", "Sec-Fetch-Site", "cross-site")
		if a.Header.Get("Access-Control-Allow-Origin") != "*" || a.Header.Get("Access-Control-Allow-Credentials") != "" ||
			a.Header.Get("Cross-Origin-Resource-Policy") != "cross-origin" {
			t.Errorf("%s: %v", path, a.Header)
		}
		known := s.anonymous().get(path, "Authorization", "Bearer "+token)
		if known.Header.Get("Access-Control-Allow-Origin") != "" || known.Header.Get("Cross-Origin-Resource-Policy") != "same-origin" ||
			strings.HasPrefix(known.Header.Get("Cache-Control"), "public") {
			t.Errorf("%s with a token: %v", path, known.Header)
		}
	}
	for _, path := range []string{"/articles/trees", "/feed.atom", "/signin"} {
		if a := s.anonymous().get(path); a.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s may be read from elsewhere", path)
		}
	}
}

func TestAPI_refuses_what_it_cannot_read(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.article("trees", smallThread)
	s.article("hedges", "Eve: on hedges")
	s.load(`{"type":"article","slug":"draft","title":"Draft","state":"draft","body_html":"<p>x</p>"}`)
	p := s.program(s.token("Ruth", forum.Reader))
	elsewhere := s.comment("on hedges")
	for body, want := range map[string]int{
		"":                           400,
		"  \n":                       400,
		"{":                          400,
		`{"body":"x"}{"body":"y"}`:   400,
		`{"body":"x"} x`:             400,
		`{"body":'x'}`:               400,
		`{body:"x"}`:                 400,
		"{\"body\":\"\xff\"}":        400,
		"\ufeff{\"body\":\"x\"}":     400,
		"{\"body\":\"a\x01b\"}":      400,
		"body=x":                     400,
		"null":                       422,
		"[]":                         422,
		`"x"`:                        422,
		"5":                          422,
		"{}":                         422,
		`{"body":null}`:              422,
		`{"body":""}`:                422,
		`{"body":" \t\u00a0\u200b"}`: 422,
		`{"body":"\u0000"}`:          422,
		`{"body":5}`:                 422,
		`{"body":["x"]}`:             422,
		`{"body":{"a":1}}`:           422,
		`{"body":true}`:              422,
		`{"body":"x","body":"y"}`:    422,
		`{"Body":"x"}`:               422,
		`{"body":"x","parent":"1"}`:  422,
		`{"body":"x","parent":0}`:    422,
		`{"body":"x","parent":-1}`:   422,
		`{"body":"x","parent":1.0}`:  422,
		`{"body":"x","parent":1e3}`:  422,
		`{"body":"x","parent":[1]}`:  422,
		`{"body":"x","parent":true}`: 422,
		`{"body":"x","parent":9223372036854775808}`:                                  422,
		`{"body":"x","parent":9223372036854775807}`:                                  404,
		fmt.Sprintf(`{"body":"x","parent":%d}`, elsewhere):                           404,
		`{"body":"x","author_id":1}`:                                                 422,
		`{"body":"x","role":"admin","state":"published"}`:                            422,
		`{"body":"x","` + strings.Repeat("y", 9000) + `":1}`:                         422,
		`{"body":"` + strings.Repeat("x", 16<<10) + `y"}`:                            422,
		`{"body":"` + strings.Repeat("x", 64<<10) + `"}`:                             413,
		`{"body":` + strings.Repeat("[", 30_000) + strings.Repeat("]", 30_000) + `}`: 400,
		`{"body":"x","parent":` + strings.Repeat("9", 60_000) + `}`:                  422,
	} {
		if a := p.send("/api/v1/articles/trees/comments", body); a.StatusCode != want {
			t.Errorf("%.60q: %d, not %d: %.200s", body, a.StatusCode, want, a.body)
		} else if a.problem(want); len(a.body) > 1000 {
			t.Errorf("%.60q: the answer repeats what was sent", body)
		}
	}
	for _, kind := range []string{"", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml", "json", "application/jsonx", ";"} {
		p.do("POST", "/api/v1/articles/trees/comments", kind, `{"body":"x"}`, p.headers...).problem(http.StatusUnsupportedMediaType)
	}
	p.do("POST", "/api/v1/articles/trees/comments", "Application/JSON; charset=UTF-8", `{"body":"read all the same"}`, p.headers...).wants(http.StatusCreated)
	for _, key := range []string{"", " ", "a b", "é", strings.Repeat("k", 129), "a\tb"} {
		p.send("/api/v1/articles/trees/comments", `{"body":"x"}`, "Idempotency-Key", key).problem(http.StatusBadRequest)
	}
	for _, body := range []string{`{"body":"x"}`, fmt.Sprintf(`{"body":"x","parent":%d}`, elsewhere)} {
		if a := p.send("/api/v1/articles/draft/comments", body).problem(404); !strings.Contains(a.body, "There is no such article.") {
			t.Errorf("the answer tells that there is a draft: %s", a.body)
		}
	}
	p.send("/api/v1/articles/none/comments", `{"body":"x"}`).problem(404)
}

func TestAPI_refuses_hostile_addresses(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.article("trees", smallThread)
	p := s.program("")
	for path, want := range map[string]int{
		"/api/":                       404,
		"/api/v1":                     404,
		"/api/v2/articles":            404,
		"/api/v1/articles/":           404,
		"/api/v1/articles/none":       404,
		"/api/v1/articles/%00":        400,
		"/api/v1/articles/%ff":        400,
		"/api/v1/articles/..%2fadmin": 404,
		"/api/v1/articles/" + strings.Repeat("x", 5000): 404,
		"/api/v1/articles/none/comments":                404,
		"/api/v1/comments/0":                            404,
		"/api/v1/comments/-1":                           404,
		"/api/v1/comments/1.0":                          404,
		"/api/v1/comments/abc":                          404,
		"/api/v1/comments/99999999999999999999":         404,
		"/api/v1/comments/9223372036854775807":          404,
		"/api/v1/comments/1%00":                         404,
		"/api/v1/articles?sort=worst":                   400,
		"/api/v1/articles?limit=0":                      400,
		"/api/v1/articles?limit=-1":                     400,
		"/api/v1/articles?limit=x":                      400,
		"/api/v1/articles?limit=1e3":                    400,
		"/api/v1/articles?limit=99999999999999":         400,
		"/api/v1/articles?after=x":                      400,
		"/api/v1/articles?after=%00":                    400,
		"/api/v1/articles?limit=5000":                   200,
		"/api/v1/articles?other=x":                      200,
		"/api/v1/articles/trees/comments?sort=x":        400,
		"/api/v1/articles/trees/comments?after=!":       400,
		"/api/v1/articles/trees/comments?after=-1":      400,
		"/api/v1/articles/trees/comments?limit=0":       400,
		"/api/v1/articles/trees/comments?limit=٣":       400,
	} {
		a := p.read(path)
		if a.StatusCode != want {
			t.Errorf("%.80s: %d, not %d: %.200s", path, a.StatusCode, want, a.body)
		} else if want != 200 {
			a.problem(want)
		}
	}
}

func TestAPI_says_which_methods_an_address_answers(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.article("trees", smallThread)
	b := s.anonymous()
	for _, tc := range [][3]string{
		{"PUT", "/api/v1/articles/trees/comments", "GET, HEAD, POST"},
		{"DELETE", "/api/v1/comments/1", "GET, HEAD"},
		{"GET", "/api/v1/comments/1/remove", "POST"},
		{"OPTIONS", "/api/v1/articles", "GET, HEAD"},
		{"TRACE", "/api/v1/articles", "GET, HEAD"},
		{"POST", "/feed.atom", "GET, HEAD"},
	} {
		a := b.do(tc[0], tc[1], "", "").wants(http.StatusMethodNotAllowed)
		if a.Header.Get("Allow") != tc[2] {
			t.Errorf("%s %s allows %q", tc[0], tc[1], a.Header.Get("Allow"))
		}
	}
}
