package server_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"hustings/internal/forum"
)

func TestReply_keeps_the_text_whatever_is_wrong(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.article("trees", smallThread)
	eva := s.signedIn("Eva", forum.Reader)
	id := eva.form("trees", "", "").Get("form_id")
	for name, c := range map[string]struct {
		path   string
		form   url.Values
		status int
	}{
		"no such article":         {"/articles/gone/reply", url.Values{"body": {"my words"}}, http.StatusNotFound},
		"no such article, a form": {"/articles/gone/reply", url.Values{"body": {"my words"}, "form_id": {id}}, http.StatusNotFound},
		"no such act":             {"/articles/trees/reply", url.Values{"body": {"my words"}, "form_id": {id}, "action": {"publish"}}, http.StatusBadRequest},
		"too long":                {"/articles/trees/reply", url.Values{"body": {"my words" + strings.Repeat(" and more", 3000)}, "form_id": {id}}, http.StatusUnprocessableEntity},
		"far too long":            {"/articles/trees/reply", url.Values{"body": {"my words" + strings.Repeat(" and more", 30000)}, "form_id": {id}}, http.StatusRequestEntityTooLarge},
	} {
		page := eva.post(c.path, c.form).wants(c.status)
		if !strings.Contains(page.body, "my words") {
			t.Errorf("%s: the text is lost", name)
		}
	}
	guest := s.anonymous().post("/articles/gone/reply", url.Values{"body": {"my words"}, "action": {"post"}}).wants(http.StatusNotFound)
	if !strings.Contains(guest.body, "my words") {
		t.Error("a guest's text is lost where the article is gone")
	}
	s.anonymous().get("/articles/trees").page().In("#count", "5 comments")
}

func TestEdit_without_a_revision_changes_the_newest(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.article("trees", smallThread)
	eva := s.signedIn("Eva", forum.Reader)
	eva.reply("trees", "", "first words")
	path := fmt.Sprintf("/comments/%d/edit", s.comment("first words"))
	eva.post(path, url.Values{"body": {"second words"}}).wants(http.StatusSeeOther)
	page := eva.post(path, url.Values{"body": {"third words"}, "revision": {"one"}}).wants(http.StatusBadRequest)
	if !strings.Contains(page.body, "third words") {
		t.Error("the text is lost")
	}
	s.anonymous().get("/articles/trees").page().In("#thread", "second words")
}

func TestArticle_shows_no_form_where_nothing_can_be_posted(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.article("trees", smallThread)
	eva, mod := s.signedIn("Eva", forum.Reader), s.signedIn("Mod", forum.Moderator)
	mod.post("/articles/trees/lock", url.Values{}).wants(http.StatusSeeOther)
	for _, reader := range []*browser{eva, s.anonymous()} {
		page := reader.get("/articles/trees?reply=").wants(http.StatusOK)
		if strings.Contains(page.body, "form_id") {
			t.Error("a locked discussion shows a form that cannot be posted")
		}
		page.page().In(".notice", "A moderator has locked this discussion.")
	}
	if page := mod.get("/articles/trees?reply=").wants(http.StatusOK); !strings.Contains(page.body, "form_id") {
		t.Error("moderators may answer in a locked discussion")
	}
}
