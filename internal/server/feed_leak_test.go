package server_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"hustings/internal/forum"
)

// hiddenStates are the states in which readers see nothing of a comment.
var hiddenStates = []string{"held", "quarantined", "removed", "spam", "retracted", "erased"}

// secretive is a site with something hidden of every sort. What must not be seen
// says LEAK; names of people who wrote nothing else say GHOST.
func secretive(t *testing.T) (*site, []forum.CommentID) {
	t.Helper()
	s := newSite(t)
	var lines []string
	add := func(record map[string]any) {
		encoded, err := json.Marshal(record)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, string(encoded))
	}
	comment := func(article, id string, parent any, author, state, text string, more ...string) {
		c := map[string]any{"type": "comment", "article": article, "id": id, "parent": parent, "author": author,
			"author_kind": "imported", "created_at": "2026-11-01T10:00:00Z", "state": state, "kind": "comment", "body_text": text}
		for i := 0; i+1 < len(more); i += 2 {
			c[more[i]] = more[i+1]
		}
		add(c)
	}
	for slug, state := range map[string]string{"open": "published", "draft": "draft", "private": "private", "scheduled": "scheduled"} {
		title := "LEAK title " + slug
		if state == "published" {
			title = "In the open"
		}
		add(map[string]any{"type": "article", "id": slug, "slug": slug, "title": title, "state": state, "replies": "open",
			"body_html": "<p>" + title + "</p>", "author": title})
		if state != "published" {
			comment(slug, slug+"-1", nil, "GHOST "+slug, "published", "LEAK in a "+slug+" article")
		}
	}
	for _, state := range hiddenStates {
		comment("open", state, nil, "GHOST "+state, state, "LEAK "+state)
		comment("open", state+"-alone", nil, "GHOST "+state, state, "LEAK alone "+state)
		comment("open", state+"-reply", state, "Ann", "published", "seen below "+state)
	}
	comment("open", "marked", nil, "GHOST marked", "published", "LEAK marked", "branch", "removed")
	comment("open", "below", "marked", "GHOST below", "published", "LEAK below a mark")
	comment("open", "deeper", "below", "GHOST deeper", "published", "LEAK deeper below a mark")
	s.load(strings.Join(lines, "\n"))
	var ids []forum.CommentID
	for _, state := range hiddenStates {
		ids = append(ids, s.comment("LEAK "+state), s.comment("LEAK alone "+state), s.comment("seen below "+state))
	}
	ids = append(ids, s.comment("LEAK marked"), s.comment("LEAK below"), s.comment("LEAK deeper"),
		s.comment("LEAK in a draft"), s.comment("LEAK in a private"), s.comment("LEAK in a scheduled"))
	return s, ids
}

// publicAddresses are all feeds and all reads of the API for a site's comments.
func publicAddresses(ids []forum.CommentID) []string {
	list := []string{"/feed.atom", "/comments.atom", "/people/ann.atom", "/api/v1/articles", "/api/v1/articles?sort=new", "/api/v1/articles?sort=top"}
	for _, slug := range []string{"open", "draft", "private", "scheduled"} {
		list = append(list, "/articles/"+slug+"/comments.atom", "/api/v1/articles/"+slug)
		for _, sort := range []string{"oldest", "newest", "best"} {
			list = append(list, "/api/v1/articles/"+slug+"/comments?sort="+sort)
		}
	}
	for _, id := range ids {
		list = append(list, fmt.Sprintf("/comments/%d/replies.atom", id), fmt.Sprintf("/api/v1/comments/%d", id),
			fmt.Sprintf("/api/v1/articles/open/comments?below=%d", id), fmt.Sprintf("/api/v1/articles/draft/comments?below=%d", id))
	}
	return list
}

func TestFeeds_and_API_show_readers_nothing_hidden(t *testing.T) {
	t.Parallel()
	s, ids := secretive(t)
	reader, moderator := s.token("Ruth", forum.Reader), s.token("Mo", forum.Moderator)
	seen := map[string]bool{}
	for _, address := range publicAddresses(ids) {
		for who, headers := range map[string][]string{"anonymous": nil, "reader": {"Authorization", "Bearer " + reader}} {
			a := s.anonymous().get(address, headers...)
			if a.StatusCode >= 500 || strings.Contains(a.body, "LEAK") || strings.Contains(a.body, "GHOST") || strings.Contains(a.body, "ghost") {
				t.Errorf("%s to %s: %d %.600s", address, who, a.StatusCode, a.body)
			}
			for _, state := range hiddenStates {
				seen[state] = seen[state] || strings.Contains(a.body, "seen below "+state)
			}
		}
		hidden := strings.Contains(address, "draft") || strings.Contains(address, "private") || strings.Contains(address, "scheduled")
		if a := s.anonymous().get(address, "Authorization", "Bearer "+moderator); hidden && a.StatusCode != http.StatusNotFound {
			t.Errorf("%s to a moderator: %d", address, a.StatusCode)
		}
	}
	for _, state := range hiddenStates {
		if !seen[state] {
			t.Errorf("the public reply to a %s comment is nowhere", state)
		}
	}
}

// The test above would pass on an empty site: what is hidden is there for those
// who may see it.
func TestAPI_shows_moderators_and_admins_what_is_theirs(t *testing.T) {
	t.Parallel()
	s, ids := secretive(t)
	moderator, admin := s.token("Mo", forum.Moderator), s.token("Ada", forum.Admin)
	list := s.anonymous().get("/api/v1/articles/open/comments", "Authorization", "Bearer "+moderator).wants(http.StatusOK)
	for _, state := range []string{"held", "quarantined", "removed", "spam", "marked", "below", "deeper"} {
		if !strings.Contains(list.body, "LEAK "+state) {
			t.Errorf("a moderator does not see what is %s", state)
		}
	}
	for _, state := range []string{"retracted", "erased"} {
		if strings.Contains(list.body, "LEAK "+state) {
			t.Errorf("a moderator sees what is %s", state)
		}
	}
	if list.Header.Get("Cache-Control") != "private, no-store" || list.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("an answer to a token may be kept or read elsewhere: %v", list.Header)
	}
	for _, slug := range []string{"draft", "private", "scheduled"} {
		a := s.anonymous().get("/api/v1/articles/"+slug, "Authorization", "Bearer "+admin).wants(http.StatusOK)
		if !strings.Contains(a.body, "LEAK title") {
			t.Errorf("an admin does not see what is %s", slug)
		}
	}
	// Feeds are the same for everybody, also for a moderator's browser.
	b := s.signedIn("Meg", forum.Moderator)
	for _, address := range publicAddresses(ids) {
		if a := b.get(address); strings.Contains(a.body, "LEAK") {
			t.Errorf("%s shows a moderator's browser what is hidden: the cookie counted", address)
		}
	}
}

func TestAPI_stubs_say_only_what_a_reader_may_know(t *testing.T) {
	t.Parallel()
	s, _ := secretive(t)
	want := map[string]string{"held": "hidden", "quarantined": "hidden", "removed": "removed", "spam": "hidden", "retracted": "retracted", "erased": "hidden"}
	for _, state := range hiddenStates {
		id := s.comment("LEAK " + state)
		var got map[string]any
		s.anonymous().get(fmt.Sprintf("/api/v1/comments/%d", id)).wants(http.StatusOK).json(&got)
		for _, field := range []string{"author", "author_kind", "author_url", "body_html", "body_text", "created_at", "edited_at"} {
			if got[field] != nil {
				t.Errorf("%s: %s is %v", state, field, got[field])
			}
		}
		if got["state"] != want[state] || got["public"] != false || got["replies"] != 1.0 {
			t.Errorf("%s: %v", state, got)
		}
		alone := s.anonymous().get(fmt.Sprintf("/api/v1/comments/%d", s.comment("LEAK alone "+state)))
		if alone.StatusCode != http.StatusNotFound && alone.StatusCode != http.StatusGone {
			t.Errorf("%s with nothing below: %d", state, alone.StatusCode)
		}
	}
}

// token makes an account and a token of it.
func (s *site) token(name string, role forum.Role) string {
	s.t.Helper()
	p := s.account(name, role)
	token, err := s.act.AddToken(s.t.Context(), forum.Viewer{ID: p.ID, Name: p.Name, Handle: p.Handle, Role: role}, "test")
	if err != nil {
		s.t.Fatal(err)
	}
	return token
}

// json reads the answer.
func (a *answer) json(into any) {
	a.t.Helper()
	if err := json.Unmarshal([]byte(a.body), into); err != nil {
		a.t.Fatalf("%v: %.400s", err, a.body)
	}
}
