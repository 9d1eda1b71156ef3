package server_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"hustings/internal/forum"
)

const smallThread = `
Ann: first words
 Ben: answer to Ann
  Ann: answer to Ben
 Cid: second answer to Ann
Dee: another beginning
`

func TestArticle_shows_the_whole_thread_in_its_place(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.article("trees", smallThread)
	a := s.anonymous().get("/articles/trees").wants(http.StatusOK)
	p := a.page()
	p.In("h1", "About trees")
	p.In("#count", "5 comments")
	p.Count(".thread .comment", 5)
	ann, ben := s.comment("first words"), s.comment("answer to Ann")
	p.In(fmt.Sprintf("#c%d > .branch > .comment-article .comment-body", ann), "first words")
	p.In(fmt.Sprintf(`#c%d > .branch > .replies > #c%d[data-depth="2"][data-parent="%d"] .comment-author`, ann, ben, ann), "Ben")
	p.In(fmt.Sprintf("#c%d .in-reply-to", s.comment("second answer")), "in reply to Ann")
	p.In(fmt.Sprintf("#c%d .vh", ben), ", level 2, reply 1 of 2 to Ann")
	if strings.Contains(a.body, "form_id") {
		t.Error("a page that may be cached carries a form_id")
	}
}

func TestArticle_orders(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.article("trees", smallThread)
	for sort, want := range map[string]string{
		"oldest": "first words|answer to Ann|answer to Ben|second answer to Ann|another beginning",
		"newest": "another beginning|first words|second answer to Ann|answer to Ann|answer to Ben",
	} {
		var got []string
		for _, body := range s.anonymous().get("/articles/trees?sort=" + sort).wants(http.StatusOK).page().Find(".comment-body").EachIter() {
			got = append(got, strings.TrimSpace(body.Text()))
		}
		if strings.Join(got, "|") != want {
			t.Errorf("%s: got %v", sort, got)
		}
	}
	s.anonymous().get("/articles/trees?sort=loudest").wants(http.StatusBadRequest)
}

func TestArticle_answers_304_until_something_changes(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.article("trees", smallThread)
	b := s.anonymous()
	first := b.get("/articles/trees").wants(http.StatusOK)
	tag := first.Header.Get("ETag")
	if !strings.HasPrefix(tag, `"`) {
		t.Fatalf("the tag %q is not a strong one", tag)
	}
	b.get("/articles/trees", "If-None-Match", tag).wants(http.StatusNotModified)
	s.signedIn("Eva", "reader").reply("trees", "", "something new")
	again := b.get("/articles/trees", "If-None-Match", tag).wants(http.StatusOK)
	if !strings.Contains(again.body, "something new") {
		t.Error("the reply is not on the page at once")
	}
}

func TestArticle_pages_of_a_long_thread_show_every_comment_once(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	var outline strings.Builder
	for i := range 120 {
		fmt.Fprintf(&outline, "Ann: top %d.\n Ben: below %d.\n  Cid: deeper %d.\n", i, i, i)
	}
	s.article("long", outline.String())
	for _, sort := range []string{"oldest", "newest", "best"} {
		seen := map[string]bool{}
		path := "/articles/long?sort=" + sort
		for pages := 0; path != ""; pages++ {
			p := s.anonymous().get(path).wants(http.StatusOK).page()
			for _, c := range p.Find(".thread .comment").EachIter() {
				id := c.AttrOr("id", "")
				if seen[id] {
					t.Fatalf("%s: %s is on two pages", sort, id)
				}
				seen[id] = true
			}
			path, _, _ = strings.Cut(p.Attr(`a[rel="next"]`, "href"), "#")
			if pages > 10 {
				t.Fatalf("%s: the pages do not end", sort)
			}
		}
		if len(seen) != 360 {
			t.Errorf("%s: %d comments on all pages, not 360", sort, len(seen))
		}
	}
}

func TestArticle_a_deep_chain_continues_on_other_pages(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	var outline strings.Builder
	for i := range 150 {
		fmt.Fprintf(&outline, "%sAnn: link %d.\n", strings.Repeat(" ", i), i)
	}
	s.article("deep", outline.String())
	seen := 0
	path := "/articles/deep"
	for range 5 {
		p := s.anonymous().get(path).wants(http.StatusOK).page()
		seen = max(seen, p.Find("#thread .comment-body").Length())
		path = p.Attr("#thread .continue a", "href")
		if path == "" {
			break
		}
		p.In(".thread .continue", "1 more reply")
	}
	p := s.anonymous().get(fmt.Sprintf("/comments/%d", s.comment("link 149."))).wants(http.StatusOK).page()
	p.In(".subject .comment-body", "link 149.")
	p.In(".lineage", "link 148.")
	if path != "" || seen != 64 {
		t.Errorf("the chain did not end (%q), or a page showed %d levels, not 64", path, seen)
	}
}

func TestArticle_not_there(t *testing.T) {
	t.Parallel()
	b := newSite(t).anonymous()
	for path, status := range map[string]int{
		"/articles/none":                         404,
		"/articles/" + strings.Repeat("x", 4000): 404,
		"/articles/%00":                          400,
		"/articles/%ff%fe":                       400,
		"/comments/0":                            404,
		"/comments/-1":                           404,
		"/comments/9223372036854775807":          404,
		"/comments/99999999999999999999":         404,
		"/comments/1;drop":                       404,
		"/nothing":                               404,
		"/?sort=x":                               400,
		"/?after=x":                              400,
		"/?after=1.1":                            200,
		"/articles/none/reply":                   405,
	} {
		a := b.get(path).wants(status)
		if status != 200 {
			a.page().In("main", "If it goes on")
		}
	}
}

func TestShared_pages_are_the_same_whatever_else_a_visitor_sends(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.article("trees", smallThread)
	b := s.anonymous()
	for _, path := range []string{"/", "/articles/trees", fmt.Sprintf("/comments/%d", s.comment("first words")), "/moderation", "/keys", "/people/ann"} {
		poisoned := b.get(path+"?utm=%22%3E%3Cscript%3E&next=//evil.example&x="+strings.Repeat("y", 50), "X-Forwarded-Host", "evil.example", "X-Forwarded-Proto", "gopher",
			"X-Original-URL", "/admin", "X-HTTP-Method-Override", "DELETE", "Referer", "https://evil.example/", "Cookie", "junk=1; hustings_draft=x", "Accept", "text/evil", "Forwarded", "host=evil.example")
		clean := b.get(path)
		if poisoned.wants(http.StatusOK).body != clean.wants(http.StatusOK).body {
			t.Errorf("%s differs for the next visitor", path)
		}
		if strings.Contains(clean.body, "evil") {
			t.Errorf("%s repeats what another visitor sent", path)
		}
	}
}

func TestComment_with_very_many_replies_leads_to_all_of_them(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	var outline strings.Builder
	outline.WriteString("Ann: the question.\n")
	for i := range 700 {
		fmt.Fprintf(&outline, " Ben: answer %d.\n", i)
		if i%100 == 0 {
			outline.WriteString("  Cid: and below.\n")
		}
	}
	s.article("wide", outline.String())
	subject := fmt.Sprintf("#c%d", s.comment("the question."))
	seen := map[string]bool{}
	path := "/articles/wide"
	for pages := 0; path != "" && pages < 12; pages++ {
		p := s.anonymous().get(path).wants(http.StatusOK).page()
		for _, c := range p.Find(subject + " > .branch > .replies > .comment").EachIter() {
			id := c.AttrOr("id", "")
			if seen[id] {
				t.Fatalf("%s is on two pages", id)
			}
			seen[id] = true
		}
		path = p.Attr(subject+" > .branch > .continue a", "href")
	}
	if len(seen) != 700 {
		t.Errorf("the pages showed %d replies, not 700", len(seen))
	}
}

func TestArticle_thread_kept_for_everybody_is_nobodys_own(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.article("trees", smallThread)
	eva, ben, mo := s.signedIn("Eva", forum.Reader), s.signedIn("Benno", forum.Reader), s.signedIn("Mo", forum.Moderator)
	own, _, _ := strings.Cut(eva.reply("trees", "", "Eva’s words"), "#")
	mo.post(own+"/hold", url.Values{}).wants(http.StatusSeeOther)
	for range 2 { // whoever comes first: what is kept must not be theirs
		for _, b := range []*browser{mo, eva, ben, s.anonymous()} {
			p := b.get("/articles/trees").wants(http.StatusOK).page()
			if b == mo || b == eva {
				p.In(".comment.held .comment-body", "Eva’s words")
				continue
			}
			p.None(".held, .own, .comment-actions [formaction]")
			p.Count("#thread .comment", 5)
		}
	}
	mo.post(own+"/release", url.Values{}).wants(http.StatusSeeOther)
	for _, b := range []*browser{ben, eva, mo, s.anonymous()} {
		p := b.get("/articles/trees").wants(http.StatusOK).page()
		p.In("#thread", "Eva’s words")
		if b == eva {
			p.In(".own .comment-actions", "Edit", "Retract")
		} else {
			p.None(".own")
		}
	}
}
