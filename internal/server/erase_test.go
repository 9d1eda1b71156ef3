package server_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"hustings/internal/forum"
)

func TestErase_shows_first_what_goes_and_then_nothing_of_it(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.oldBlog()
	chief, reader := s.signedIn("Chief", forum.Admin), s.signedIn("Reader", forum.Reader)
	s.anonymous().get("/articles/the-weir").wants(http.StatusOK) // and kept for others
	reader.get("/people/tom-i").page().None(`a[href="/people/tom-i/erase"]`)
	chief.get("/people/tom-i").page().Count(`a[href="/people/tom-i/erase"]`, 1)
	chief.get("/people/ann").page().Count(`a[href="/people/ann/erase"]`, 1)
	chief.get("/people/chief").page().None(`a[href="/people/chief/erase"]`)

	p := chief.get("/people/tom-i/erase").wants(http.StatusOK)
	for _, words := range []string{"Tom &lt;i&gt;", "old.example", "2 comments", "1 article"} {
		if !strings.Contains(p.body, words) {
			t.Errorf("the page does not say %q", words)
		}
	}
	p.page().None(`[name="mail"]`)
	q := chief.post("/people/tom-i/erase", url.Values{"texts": {"yes"}}).wants(http.StatusUnprocessableEntity).page()
	q.Count(`[name="texts"][checked]`, 1)
	q.Count(`[name="sure"][aria-invalid]`, 1)
	s.anonymous().get("/people/tom-i").wants(http.StatusOK)

	if body := chief.post("/people/tom-i/erase", url.Values{"sure": {"yes"}}).wants(http.StatusOK).body; !strings.Contains(body, "2 comments have no name now") {
		t.Error("it does not say what was done")
	}
	chief.get("/people/tom-i").wants(http.StatusNotFound)
	chief.post("/people/tom-i/erase", url.Values{"sure": {"yes"}}).wants(http.StatusNotFound)
	for _, path := range []string{"/articles/the-weir", "/comments/1", "/articles/the-weir/comments.atom", "/api/v1/articles/the-weir/comments", "/moderation", "/"} {
		for _, c := range []*browser{chief, s.anonymous()} {
			if body := c.get(path).wants(http.StatusOK).body; strings.Contains(body, "Tom") {
				t.Errorf("%s still names him", path)
			}
		}
	}
	if body := s.anonymous().get("/articles/the-weir").body; !strings.Contains(body, "Said 1.") {
		t.Error("the text is gone")
	}
	chief.post("/people/ann/erase", url.Values{"sure": {"yes"}, "texts": {"yes"}}).wants(http.StatusOK)
	if body := s.anonymous().get("/articles/the-weir").body; strings.Contains(body, "Said 2.") {
		t.Error("the text is still there")
	}
}

func TestErase_says_what_stands_against_it(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	chief := s.signedIn("Chief", forum.Admin)
	s.signedIn("Other Chief", forum.Admin)
	if body := chief.get("/people/other-chief/erase").wants(http.StatusConflict).body; !strings.Contains(body, "make it a reader first") {
		t.Error("it does not say why")
	}
}
