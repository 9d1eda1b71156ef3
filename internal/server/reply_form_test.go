package server_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"hustings/internal/forum"
)

func TestReplyForm_shows_what_one_answers_above_the_whole_discussion(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.article("trees", smallThread)
	p := s.anonymous().get(fmt.Sprintf("/articles/trees?reply=%d", s.comment("first words"))).wants(http.StatusOK).page()
	p.In("title", "Reply to Ann")
	p.In("h1", "Reply to Ann")
	p.In("h2", "What you are answering")
	p.Count(".narrow .comment", 1)
	p.In(".narrow .comment-body", "first words")
	p.None(".narrow .comment-actions")
	p.Count("form.composer", 1)
	p.Count("#thread .comment", 5)
	p.Count(fmt.Sprintf("[id=c%d]", s.comment("first words")), 1)
	p.In(".article-body", "Words about trees")
	p.Count("h1", 1)
	p.Attr("form.composer textarea", "autofocus")
	article := s.anonymous().get("/articles/trees?reply=").wants(http.StatusOK).page()
	article.In("form.composer label", "Reply to the article")
	article.None(".narrow .comment")
	article.Count("#thread .comment", 5)
}

func TestReplyForm_says_why_a_locked_discussion_has_none(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.article("trees", smallThread)
	s.signedIn("Mo", forum.Moderator).post("/articles/trees/lock", url.Values{}).wants(http.StatusSeeOther)
	p := s.signedIn("Eva", forum.Reader).get("/articles/trees?reply=").wants(http.StatusOK).page()
	p.In(".notice", "locked")
	p.None("form.composer")
}

func TestReplyForm_keeps_a_waiting_text_although_the_comment_has_gone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.article("trees", smallThread)
	s.account("Eva", forum.Reader)
	parent := s.comment("answer to Ann")
	b := s.anonymous()
	to := b.post("/articles/trees/reply", b.form("trees", fmt.Sprint(parent), "waiting words")).wants(http.StatusSeeOther).location()
	s.signedIn("Mo", forum.Moderator).post(fmt.Sprintf("/comments/%d/remove-branch", s.comment("first words")),
		url.Values{"reason": {"off_topic"}}).wants(http.StatusSeeOther)
	next := b.post("/signin", url.Values{"name": {"Eva"}, "password": {password}, "next": {b.get(to).page().Attr(`input[name="next"]`, "value")}}).wants(http.StatusSeeOther).location()
	p := b.get(next).wants(http.StatusOK).page()
	if got := strings.TrimSpace(p.Find("form.composer textarea").Text()); got != "waiting words" {
		t.Errorf("the form holds %q", got)
	}
	p.In(".notice.wrong", "Not posted yet.")
	s.signedIn("Zoe", forum.Reader).get(next).wants(http.StatusGone)
}

func TestComment_greets_its_author_beside_it(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.article("trees", smallThread)
	eva := s.signedIn("Eva", forum.Reader)
	link, _, _ := strings.Cut(eva.reply("trees", "", "fresh words"), "#")
	p := eva.get(link).wants(http.StatusOK).page()
	p.In(".thread-column > .notice", "Posted.")
	p.Count("form.composer", 1)
}

func TestArticle_folds_and_unfolds_all_without_script(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.article("trees", smallThread)
	for _, tc := range []struct{ path, words, href string }{
		{"/articles/trees", "Fold all", "?fold=all#thread"},
		{"/articles/trees?sort=best", "Fold all", "?fold=all&sort=best#thread"},
		{"/articles/trees?fold=all", "Unfold all", "/articles/trees#thread"},
		{"/articles/trees?fold=all&sort=best", "Unfold all", "/articles/trees?sort=best#thread"},
	} {
		p := s.anonymous().get(tc.path).wants(http.StatusOK).page()
		p.In(".thread-tools", tc.words)
		if href := p.Attr(".thread-tools a", "href"); href != tc.href {
			t.Errorf("%s: “%s” leads to %s, not %s", tc.path, tc.words, href, tc.href)
		}
	}
	s.article("one", "Ann: alone\n")
	p := s.anonymous().get("/articles/one").wants(http.StatusOK).page()
	p.In("#count", "1 comment")
	p.None(".thread-tools a[href*='fold'], .thread-head .tabs") // nothing to fold, nothing to order
}
