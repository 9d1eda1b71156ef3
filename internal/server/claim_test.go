package server_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"hustings/internal/action"
	"hustings/internal/forum"
)

// oldBlog brings in comments of Tom, who gave an address and a page, and of Ann.
func (s *site) oldBlog() {
	s.t.Helper()
	comment := func(id int, name, mail, page string) string {
		return fmt.Sprintf(`<wp:comment><wp:comment_id>%d</wp:comment_id><wp:comment_author><![CDATA[%s]]></wp:comment_author>
<wp:comment_author_email>%s</wp:comment_author_email><wp:comment_author_url>%s</wp:comment_author_url>
<wp:comment_date_gmt>2019-04-01 10:0%d:00</wp:comment_date_gmt><wp:comment_content><![CDATA[Said %d.]]></wp:comment_content>
<wp:comment_approved>1</wp:comment_approved><wp:comment_parent>0</wp:comment_parent></wp:comment>`, id, name, mail, page, id, id)
	}
	file := `<rss xmlns:wp="http://wordpress.org/export/1.2/"><channel><wp:base_blog_url>https://old.example</wp:base_blog_url>
<item><title>The weir</title><guid>https://old.example/?p=1</guid><wp:post_id>1</wp:post_id><wp:post_name>the-weir</wp:post_name>
<wp:status>publish</wp:status><wp:post_type>post</wp:post_type>` + comment(1, "Tom &lt;i&gt;", "tom@secret.example", "https://tom.example/?a=1&amp;b=2") +
		comment(2, "Ann", "", "javascript:alert(1)") + comment(3, "Tom &lt;i&gt;", "tom@secret.example", "") + "</item></channel></rss>"
	done, err := s.act.ImportFromShell(s.t.Context(), action.ImportInput{Files: []action.ImportFile{{Name: "old.xml",
		Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(file)), nil }}}})
	if err != nil || done.Comments.New != 3 {
		s.t.Fatalf("import: %v, %+v", err, done)
	}
}

func TestPersonPage_of_an_imported_person_links_to_their_page(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.oldBlog()
	p := s.anonymous().get("/people/tom-i").wants(http.StatusOK).page()
	if href, rel := p.Attr(`a[rel~="ugc"]`, "href"), p.Attr(`a[rel~="ugc"]`, "rel"); href != "https://tom.example/?a=1&b=2" || rel != "nofollow ugc noreferrer" {
		t.Errorf("%s, %s", href, rel)
	}
	p.None("#claim, #give")
	if body := s.anonymous().get("/articles/the-weir").body + s.anonymous().get("/people/ann").body; strings.Contains(body, "tom.example") || strings.Contains(body, "javascript:alert") {
		t.Error("a page of an author stands where it should not")
	}
}

func TestClaim_from_the_question_to_the_way_back(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.oldBlog()
	tom, chief := s.signedIn("Thomas", forum.Reader), s.signedIn("Chief", forum.Admin)
	s.anonymous().get("/people/tom-i").wants(http.StatusOK) // and kept for others
	// Somebody who has not signed in is led there.
	if to := s.anonymous().post("/people/tom-i/claim", nil).wants(http.StatusSeeOther).location(); !strings.HasPrefix(to, "/signin") {
		t.Errorf("leads to %s", to)
	}
	tom.get("/people/tom-i").wants(http.StatusOK).page().Count("#claim form", 1)
	tom.get("/people/tom-i").page().None("#give")
	a := tom.post("/people/tom-i/claim", url.Values{"note": {strings.Repeat("x", 1001)}}).wants(http.StatusUnprocessableEntity)
	a.page().In("#claime", "1,000")
	tom.post("/people/tom-i/claim", url.Values{"note": {`I am <b>Tom</b>`}}).wants(http.StatusSeeOther)
	p := tom.get("/people/tom-i").page()
	p.In("#claim [role=status]", "You have asked")
	p.None("#claim form")

	chief.get("/admin").wants(http.StatusOK).page().In("main", "1 waiting")
	list := chief.get("/admin/claims").wants(http.StatusOK)
	list.page().In("main", "Thomas", "Tom <i>", "I am <b>Tom</b>", "2 comments", "old.example", "no e-mail address that could be compared")
	if strings.Contains(list.body, "secret.example") {
		t.Error("the page shows an address")
	}
	chief.post("/admin/claims/1", url.Values{"act": {"refuse"}}).wants(http.StatusUnprocessableEntity).page().Count(".wrong", 1)
	chief.post("/admin/claims/1", url.Values{"act": {"burn"}}).wants(http.StatusBadRequest)
	chief.post("/admin/claims/x", url.Values{"act": {"approve"}}).wants(http.StatusNotFound)
	chief.post("/admin/claims/1", url.Values{"act": {"refuse"}, "reason": {"Tom has <i>died</i>."}}).wants(http.StatusSeeOther)
	p = tom.get("/people/tom-i").page()
	p.In("#claim .notice", "Tom has <i>died</i>.")
	p.Count("#claim form", 1)

	tom.post("/people/tom-i/claim", nil).wants(http.StatusSeeOther)
	chief.post("/admin/claims/2", url.Values{"act": {"approve"}}).wants(http.StatusSeeOther)
	chief.post("/admin/claims/2", url.Values{"act": {"approve"}}).wants(http.StatusConflict)
	if to := s.anonymous().get("/people/tom-i").wants(http.StatusSeeOther).location(); to != "/people/thomas" {
		t.Errorf("the old name leads to %s", to)
	}
	if to := s.anonymous().get("/people/tom-i.atom").wants(http.StatusSeeOther).location(); to != "/people/thomas.atom" {
		t.Errorf("the old feed leads to %s", to)
	}
	s.anonymous().get("/people/thomas").wants(http.StatusOK).page().In("main", "Said 1.", "Said 3.")
	s.anonymous().get("/articles/the-weir").wants(http.StatusOK).page().In("#thread", "Thomas")

	chief.post("/admin/claims/2", url.Values{"act": {"undo"}, "reason": {"A mistake"}}).wants(http.StatusSeeOther)
	s.anonymous().get("/people/tom-i").wants(http.StatusOK).page().In("main", "Said 1.", "Said 3.")
	tom.get("/people/tom-i").page().In("#claim .notice", "A mistake")
}

func TestClaimLink_is_shown_once_and_works_once(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.oldBlog()
	tom, other, chief := s.signedIn("Thomas", forum.Reader), s.signedIn("Other", forum.Reader), s.signedIn("Chief", forum.Admin)
	chief.get("/people/tom-i").wants(http.StatusOK).page().Count("#give form", 1)
	chief.post("/people/tom-i/claim-link", url.Values{"account": {"nobody here"}}).wants(http.StatusUnprocessableEntity).page().Count("#givee", 1)
	made := chief.post("/people/tom-i/claim-link", url.Values{"account": {"Thomas"}}).wants(http.StatusOK).page().Text("#give code")
	path, ok := strings.CutPrefix(made, s.srv.URL)
	if !ok {
		t.Fatalf("the link is %s", made)
	}
	if to := s.anonymous().get(path).wants(http.StatusSeeOther).location(); to != "/signin?next="+url.QueryEscape(path) {
		t.Errorf("leads to %s", to)
	}
	other.get(path).wants(http.StatusConflict).page().In(".wrong", "somebody else")
	other.post(path, nil).wants(http.StatusConflict)
	p := tom.get(path).wants(http.StatusOK).page()
	p.In("main", "Tom <i>", "2 comments")
	p.Count(`main form[action^="/claims/"]`, 1)
	s.anonymous().get("/people/tom-i").wants(http.StatusOK) // looking has done nothing
	if to := tom.post(path, nil).wants(http.StatusSeeOther).location(); to != "/people/thomas" {
		t.Errorf("leads to %s", to)
	}
	tom.get(path).wants(http.StatusConflict).page().In(".wrong", "already been used")
	tom.post(path, nil).wants(http.StatusConflict)
	tom.get("/claims/%00").wants(http.StatusNotFound)
	chief.get("/admin/claims").wants(http.StatusOK).page().In("main", "Approved")
}

func TestClaims_speak_German(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.oldBlog()
	tom, chief := s.signedIn("Thomas", forum.Reader), s.signedIn("Chief", forum.Admin)
	tom.get("/people/tom-i", "Accept-Language", "de").wants(http.StatusOK).page().In("#claim h2", "Sind das Ihre?")
	tom.post("/people/tom-i/claim", nil)
	chief.get("/admin/claims", "Accept-Language", "de").wants(http.StatusOK).page().In("main", "Ein Name beweist nichts")
	a := tom.get("/claims/none", "Accept-Language", "de").wants(http.StatusNotFound)
	a.page().In("main", "Dieser Link ist unvollständig")
}

func TestClaim_asked_too_often_says_when_to_come_back(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.oldBlog()
	tom := s.signedIn("Thomas", forum.Reader)
	for range 5 {
		tom.post("/people/tom-i/claim", url.Values{"note": {"me"}}).wants(http.StatusSeeOther)
	}
	got := tom.post("/people/tom-i/claim", url.Values{"note": {"me again"}}).wants(http.StatusTooManyRequests)
	if got.Header.Get("Retry-After") == "" {
		t.Errorf("%v", got.Header)
	}
}
