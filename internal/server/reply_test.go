package server_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"hustings/internal/forum"
)

func TestReply_appears_in_its_place_at_once(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.article("trees", smallThread)
	eva := s.signedIn("Eva", forum.Reader)
	parent := fmt.Sprint(s.comment("answer to Ben"))
	location := eva.reply("trees", parent, "Well *said*.\n\nSecond paragraph.")
	p := eva.get(strings.Split(location, "#")[0]).wants(http.StatusOK).page()
	p.In(".subject.own .comment-body em", "said")
	p.In(".notice", "Posted. You can edit for 15 minutes.")
	p.In(".lineage", "answer to Ben")
	page := s.anonymous().get("/articles/trees").wants(http.StatusOK).page()
	page.In(fmt.Sprintf(`#c%s .comment[data-depth="4"] .comment-body`, parent), "Well said.", "Second paragraph.")
	page.In("#count", "6 comments")
}

func TestReply_sent_twice_makes_one_comment_also_at_two_servers_at_once(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.article("trees", smallThread)
	eva := s.signedIn("Eva", forum.Reader)
	second := *eva
	second.base = s.serve().URL
	cookies := eva.client.Jar.Cookies(mustURL(t, eva.base))
	second.client.Jar.SetCookies(mustURL(t, second.base), cookies)
	form := eva.form("trees", "", "only once")
	locations := make([]string, 20)
	var group sync.WaitGroup
	for i := range locations {
		group.Go(func() {
			b := eva
			if i%2 == 1 {
				b = &second
			}
			locations[i] = b.post("/articles/trees/reply", form).wants(http.StatusSeeOther).location()
		})
	}
	group.Wait()
	for _, l := range locations {
		if l == "" || l != locations[0] {
			t.Errorf("different answers: %q and %q", l, locations[0])
		}
	}
	s.anonymous().get("/articles/trees").page().In("#count", "6 comments")
}

func mustURL(t *testing.T, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestReply_that_cannot_be_posted_keeps_the_text(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.article("trees", smallThread)
	s.article("other", "Zoe: elsewhere")
	s.load(`{"type":"article","id":"shut","slug":"shut","title":"Shut","state":"published","replies":"closed","body_html":"<p>x</p>"}
{"type":"article","id":"hidden","slug":"hidden","title":"Hidden","state":"draft","replies":"open","body_html":"<p>x</p>"}`)
	eva := s.signedIn("Eva", forum.Reader)
	const kept = "my careful words"
	for name, tc := range map[string]struct {
		slug, parent, body string
		status             int
		says               string
	}{
		"too_long":              {"trees", "", kept + strings.Repeat("x", forum.MaxReplyBytes), 422, "too long"},
		"empty":                 {"trees", "", " \n ", 422, "empty"},
		"closed":                {"shut", "", kept, 403, "closed"},
		"parent_of_another":     {"trees", fmt.Sprint(s.comment("elsewhere")), kept, 404, "does not belong"},
		"parent_not_there":      {"trees", "999999", kept, 404, "does not belong"},
		"parent_is_no_number":   {"trees", "abc", kept, 404, "no such comment"},
		"article_not_there":     {"nowhere", "", kept, 404, "no such article"},
		"article_is_a_draft":    {"hidden", "", kept, 404, "no such article"},
		"parent_beyond_numbers": {"trees", "99999999999999999999", kept, 404, "no such comment"},
	} {
		t.Run(name, func(t *testing.T) {
			form := eva.form("trees", "", tc.body)
			form.Set("parent", tc.parent)
			p := eva.post("/articles/"+tc.slug+"/reply", form).wants(tc.status).page()
			p.In(".notice.wrong", tc.says)
			if got := p.Find("textarea").Text(); strings.TrimPrefix(got, "\n") != tc.body {
				t.Errorf("the text is %.60q", got)
			}
		})
	}
}

func TestReply_without_a_form_id_shows_a_preview_and_posts_nothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.article("trees", smallThread)
	eva, ben := s.signedIn("Eva", forum.Reader), s.signedIn("Benno", forum.Reader)
	stolen := ben.form("trees", "", "x").Get("form_id")
	for _, id := range []string{"", "x", strings.Repeat("A", 32), stolen} {
		p := eva.post("/articles/trees/reply", url.Values{"form_id": {id}, "parent": {""}, "body": {"some *words*"}, "action": {"post"}}).wants(http.StatusOK).page()
		p.In(".preview em", "words")
		if fresh := p.Attr(`input[name="form_id"]`, "value"); fresh == "" || fresh == id {
			t.Errorf("no fresh form id: %q", fresh)
		}
	}
	s.anonymous().get("/articles/trees").page().In("#count", "5 comments")
}

func TestReply_preview_shows_the_text_and_keeps_the_form(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.article("trees", smallThread)
	eva := s.signedIn("Eva", forum.Reader)
	form := eva.form("trees", fmt.Sprint(s.comment("first words")), "> quoted\n\n**strong** <script>alert(1)</script>")
	form.Set("action", "preview")
	p := eva.post("/articles/trees/reply", form).wants(http.StatusOK).page()
	p.In(".preview strong", "strong")
	p.In(".preview", "<script>alert(1)</script>")
	p.None(".preview script")
	p.In("h1", "Reply to Ann")
	if p.Attr(`input[name="form_id"]`, "value") != form.Get("form_id") {
		t.Error("the preview changed the form's id")
	}
}

func TestReply_of_somebody_not_signed_in_waits_for_them(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.article("trees", smallThread)
	s.account("Eva", forum.Reader)
	parent := fmt.Sprint(s.comment("first words"))
	b := s.anonymous()
	to := b.post("/articles/trees/reply", b.form("trees", parent, "waiting words")).wants(http.StatusSeeOther).location()
	if !strings.HasPrefix(to, "/signin?next=") {
		t.Fatalf("leads to %q", to)
	}
	signin := b.get(to).wants(http.StatusOK).page()
	signin.In("main", "Ann", "kept")
	next := b.post("/signin", url.Values{"name": {"Eva"}, "password": {password}, "next": {signin.Attr(`input[name="next"]`, "value")}}).wants(http.StatusSeeOther).location()
	p := b.get(strings.Split(next, "#")[0]).wants(http.StatusOK).page()
	if got := p.Find(fmt.Sprintf(`form.composer:has(input[name="parent"][value="%s"]) textarea`, parent)).Text(); strings.TrimSpace(got) != "waiting words" {
		t.Fatalf("the text did not wait: %q on %s", got, next)
	}
	b.reply("trees", parent, "waiting words")
	if again := b.get(strings.Split(next, "#")[0]).page().Find("textarea").Text(); strings.Contains(again, "waiting") {
		t.Error("the draft is still there after it was posted")
	}
}

func TestReply_is_limited_per_account_and_answers_a_known_form_all_the_same(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.article("trees", smallThread)
	eva := s.signedIn("Eva", forum.Reader)
	first := eva.form("trees", "", "number 0")
	known := eva.post("/articles/trees/reply", first).wants(http.StatusSeeOther).location()
	var refused *answer
	for i := 1; i < 15 && refused == nil; i++ {
		a := eva.post("/articles/trees/reply", eva.form("trees", "", fmt.Sprintf("number %d", i)))
		if a.StatusCode == http.StatusTooManyRequests {
			refused = a
			if i != 10 {
				t.Errorf("refused at reply %d", i+1)
			}
		}
	}
	if refused == nil || refused.Header.Get("Retry-After") == "" {
		t.Fatal("never refused, or without Retry-After")
	}
	refused.page().In("textarea", "number 10")
	if again := eva.post("/articles/trees/reply", first).wants(http.StatusSeeOther).location(); again != known {
		t.Errorf("the known form answers %q", again)
	}
}

func TestEdit(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.article("trees", smallThread)
	eva, ben := s.signedIn("Eva", forum.Reader), s.signedIn("Benno", forum.Reader)
	link, _, _ := strings.Cut(eva.reply("trees", "", "frist version"), "#")
	p := eva.get(link + "/edit").wants(http.StatusOK).page()
	p.In("textarea", "frist version")
	form := url.Values{"revision": {p.Attr(`input[name="revision"]`, "value")}, "body": {"first version"}, "action": {"save"}}
	eva.post(link+"/edit", form).wants(http.StatusSeeOther)
	eva.get(link).page().In(".subject .comment-body", "first version")
	history := s.anonymous().get(link + "/history").wants(http.StatusOK).page()
	history.In("main", "frist version", "first version")
	// The form of the older revision again: nothing is overwritten, nothing lost.
	form.Set("body", "other version")
	stale := eva.post(link+"/edit", form).wants(http.StatusConflict).page()
	stale.In("textarea", "other version")
	ben.get(link + "/edit").wants(http.StatusForbidden)
	ben.post(link+"/edit", form).wants(http.StatusForbidden)
	s.anonymous().get(link + "/edit").wants(http.StatusSeeOther)
	out := s.anonymous().post(link+"/edit", form).wants(http.StatusUnauthorized).page()
	out.In("textarea", "other version")
	out.In(".notice.wrong", "no longer signed in")
	form.Set("revision", "2")
	for _, body := range []string{"", strings.Repeat("y", forum.MaxReplyBytes+1)} {
		form.Set("body", body)
		if got := eva.post(link+"/edit", form).wants(http.StatusUnprocessableEntity).page().Find("textarea").Text(); strings.TrimPrefix(got, "\n") != body {
			t.Errorf("the text is not kept: %.40q", got)
		}
	}
}

func TestReply_too_long_is_told_in_characters(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.article("trees", smallThread)
	eva := s.signedIn("Eva", forum.Reader)
	p := eva.post("/articles/trees/reply", eva.form("trees", "", strings.Repeat("議", 6000))).wants(http.StatusUnprocessableEntity).page()
	p.In(".notice.wrong", "539 characters too long: a reply has at most 5,461")
}

func TestRetract_leaves_a_nameless_stub_where_there_are_replies(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.article("trees", smallThread)
	eva, ben := s.signedIn("Eva", forum.Reader), s.signedIn("Benno", forum.Reader)
	link, _, _ := strings.Cut(eva.reply("trees", "", "regretted words"), "#")
	ben.reply("trees", strings.TrimPrefix(link, "/comments/"), "an answer that stays")
	lonely, _, _ := strings.Cut(eva.reply("trees", "", "regretted alone"), "#")
	ben.post(link+"/retract", url.Values{}).wants(http.StatusForbidden)
	for _, l := range []string{link, lonely} {
		eva.get(l+"/retract").wants(http.StatusOK).page().In("main", "Take it back")
		eva.post(l+"/retract", url.Values{}).wants(http.StatusSeeOther)
		eva.post(l+"/retract", url.Values{}).wants(http.StatusSeeOther) // sent twice
	}
	for _, b := range []*browser{s.anonymous(), ben} {
		a := b.get("/articles/trees").wants(http.StatusOK)
		if strings.Contains(a.body, "regretted") || strings.Contains(a.page().Text(".thread"), "Eva") {
			t.Error("the retracted text or its author is still on the page")
		}
		a.page().In(".retracted .tomb", "Taken back by its author")
		a.page().In(".retracted .replies .comment-body", "an answer that stays")
		a.page().In("#count", "6 comments")
		b.get(lonely).wants(http.StatusGone)
		b.get(link).wants(http.StatusOK).page().In(".tomb", "Taken back")
		b.get(link + "/history").wants(http.StatusGone)
	}
}

func TestPreview_has_a_limit_and_keeps_the_text(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.article("a", "Ann: hello")
	b := s.anonymous()
	form := url.Values{"parent": {""}, "body": {"words to keep"}, "action": {"preview"}}
	b.post("/articles/a/reply", form).wants(http.StatusOK)
	last := 0
	for n := 0; last != http.StatusTooManyRequests; n++ {
		if n > 100 {
			t.Fatal("there is no end to previews")
		}
		a := b.post("/articles/a/reply", form)
		if last = a.StatusCode; !strings.Contains(a.body, "words to keep") {
			t.Fatalf("the text is lost: %d %.300s", last, a.body)
		}
		if last == http.StatusTooManyRequests && a.Header.Get("Retry-After") == "" {
			t.Error("it does not say when to try again")
		}
	}
}

func TestDraft_waits_until_it_is_posted_itself(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.article("a", "Ann: hello")
	s.article("b", "Ben: good morning")
	s.account("Ruth", forum.Reader)
	b := s.anonymous()
	b.post("/articles/a/reply", url.Values{"parent": {""}, "body": {"words that wait"}, "action": {"post"}}).wants(http.StatusSeeOther)
	b.post("/signin", url.Values{"name": {"Ruth"}, "password": {password}}).wants(http.StatusSeeOther)
	waits := func() bool {
		box := b.get("/articles/a?reply=").wants(http.StatusOK).page()
		return strings.Contains(box.Text("form.composer textarea"), "words that wait")
	}
	b.reply("b", "", "something else")
	if !waits() {
		t.Error("a reply elsewhere has thrown the waiting text away")
	}
	b.reply("a", "", "words that wait, posted")
	if waits() {
		t.Error("once posted it still waits")
	}
}
