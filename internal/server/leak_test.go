package server_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"hustings/internal/forum"
)

// pageAddresses are the pages of a secretive site, those that readers may not
// open among them.
func pageAddresses(ids []forum.CommentID) []string {
	list := []string{"/", "/?sort=new", "/?sort=top", "/sitemap.xml", "/moderation", "/moderation.atom", "/moderation?article=draft"}
	for _, slug := range []string{"open", "draft", "private", "scheduled"} {
		for _, query := range []string{"", "?sort=newest", "?sort=best", "?fold=all", "?reply=", "?after=1", "?after=1&sort=newest"} {
			list = append(list, "/articles/"+slug+query)
		}
		for _, id := range ids {
			list = append(list, fmt.Sprintf("/articles/%s?reply=%d", slug, id))
		}
	}
	for _, id := range ids {
		for _, more := range []string{"", "?sort=newest", "?sort=best", "?context=0", "?context=64", "?after=1",
			"/history", "/report", "/report?sent=1", "/edit", "/retract", "/remove"} {
			list = append(list, fmt.Sprintf("/comments/%d%s", id, more))
		}
	}
	for _, state := range append([]string{"marked", "below", "deeper", "draft", "private", "scheduled"}, hiddenStates...) {
		list = append(list, "/people/ghost-"+state, "/people/ghost-"+state+".atom")
	}
	return list
}

func TestPages_show_readers_nothing_hidden(t *testing.T) {
	t.Parallel()
	s, ids := secretive(t)
	visitors := map[string]*browser{"anonymous": s.anonymous(), "reader": s.signedIn("Ruth", forum.Reader)}
	seen := 0
	for _, address := range pageAddresses(ids) {
		for who, b := range visitors {
			a := b.get(address)
			// The address itself comes back, as the way back after signing in.
			body := strings.NewReplacer(address, "", url.QueryEscape(address), "").Replace(a.body)
			if a.StatusCode >= 500 || leaks(body) {
				t.Errorf("%s to %s: %d %.600s", address, who, a.StatusCode, body)
			}
			seen += strings.Count(body, "seen below")
		}
	}
	if seen == 0 {
		t.Error("the public replies to what is hidden are nowhere")
	}
	if a := s.signedIn("Mo", forum.Moderator).get("/people/ghost-held"); a.StatusCode != http.StatusOK {
		t.Errorf("a moderator does not find who wrote what is held: %d", a.StatusCode)
	}
}

func TestForms_about_hidden_comments_answer_with_nothing_of_them(t *testing.T) {
	t.Parallel()
	s, ids := secretive(t)
	for who, b := range map[string]*browser{"anonymous": s.anonymous(), "reader": s.signedIn("Ruth", forum.Reader)} {
		for _, id := range ids {
			number, comment := fmt.Sprint(id), fmt.Sprintf("/comments/%d", id)
			answers := []*answer{
				b.post("/articles/open/reply", url.Values{"parent": {number}, "body": {"words"}, "action": {"preview"}}),
				b.post("/articles/open/reply", url.Values{"parent": {number}, "body": {"words"}, "action": {"post"}}),
				b.get("/signin"), // says whom the waiting text answers
				b.post("/articles/draft/reply", url.Values{"parent": {number}, "body": {"words"}, "action": {"preview"}}),
				b.post(comment+"/report", url.Values{"reason": {""}}),
				b.post(comment+"/edit", url.Values{"revision": {"1"}, "body": {"words"}}),
				b.post(comment+"/retract", url.Values{}),
				b.post(comment+"/remove", url.Values{"reason": {"abuse"}}),
			}
			for _, a := range answers {
				if a.StatusCode >= 500 || leaks(a.body) {
					t.Errorf("%s %s about comment %d to %s: %d %.600s", a.Request.Method, a.Request.URL.Path, id, who, a.StatusCode, a.body)
				}
			}
		}
	}
}

// leaks tells whether something of a secretive site shows.
func leaks(body string) bool {
	return strings.Contains(body, "LEAK") || strings.Contains(body, "GHOST") || strings.Contains(body, "ghost")
}

func TestArticle_without_links_from_elsewhere_whose_branch_was_removed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.load(`{"type":"article","id":"a","slug":"a","title":"A","state":"published","replies":"open","body_html":"<p>x</p>"}
{"type":"comment","article":"a","id":"link","parent":null,"author":"GHOST","author_kind":"imported","created_at":"2026-11-01T10:00:00Z","state":"published","kind":"link_back","body_text":"LEAK text"}`)
	moderator, reader := s.signedIn("Mo", forum.Moderator), s.anonymous()
	if !leaks(reader.get("/articles/a").body) {
		t.Fatal("the link is not shown to begin with")
	}
	moderator.post(fmt.Sprintf("/comments/%d/remove-branch", s.comment("LEAK")), url.Values{"reason": {"spam"}}).wants(http.StatusSeeOther)
	if leaks(reader.get("/articles/a").body) {
		t.Error("readers still see it")
	}
}

func TestShared_pages_repeat_no_reply_parameter_of_another_visitor(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.article("a", "Ann: hello there")
	for _, address := range []string{"/", "/articles/a", "/people/ann", "/moderation", fmt.Sprintf("/comments/%d", s.comment("hello"))} {
		s.anonymous().get(address + "?reply=POISON")
		if strings.Contains(s.anonymous().get(address).wants(http.StatusOK).body, "POISON") {
			t.Errorf("%s repeats what somebody else asked for", address)
		}
	}
}
