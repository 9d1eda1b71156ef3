package server_test

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"hustings/internal/action"
	"hustings/internal/forum"
)

// wordpress brings in an export of a WordPress site with one post and n comments,
// each answered once; the last one lies in the trash, with an answer.
func (s *site) wordpress(n int) {
	s.t.Helper()
	var b strings.Builder
	b.WriteString(`<rss xmlns:wp="http://wordpress.org/export/1.2/" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>
<title>Old blog</title><link>https://old.example</link><wp:wxr_version>1.2</wp:wxr_version><wp:base_blog_url>https://old.example</wp:base_blog_url>
<item><title>The weir</title><link>https://old.example/2019/03/the-weir/</link><guid isPermaLink="false">https://old.example/?p=1</guid>
<content:encoded><![CDATA[It is broken.]]></content:encoded><wp:post_id>1</wp:post_id><wp:post_name>the-weir</wp:post_name>
<wp:status>publish</wp:status><wp:post_type>post</wp:post_type>`)
	for i := range 2 * n {
		state, parent := "1", 0
		if i%2 == 1 {
			parent = 1000 + i - 1
		}
		if i == 2*n-2 {
			state = "trash"
		}
		fmt.Fprintf(&b, `<wp:comment><wp:comment_id>%d</wp:comment_id><wp:comment_author><![CDATA[A%d]]></wp:comment_author>
<wp:comment_date_gmt>2019-04-%02d %02d:%02d:00</wp:comment_date_gmt><wp:comment_content><![CDATA[Said %d.]]></wp:comment_content>
<wp:comment_approved>%s</wp:comment_approved><wp:comment_parent>%d</wp:comment_parent></wp:comment>`, 1000+i, i%7, 1+i/600, i/60%10, i%60, i, state, parent)
	}
	b.WriteString("</item></channel></rss>")
	done, err := s.act.ImportFromShell(s.t.Context(), action.ImportInput{Files: []action.ImportFile{{Name: "old.xml",
		Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(b.String())), nil }}}})
	if err != nil || len(done.Refused) > 0 || done.Comments.New != 2*n {
		s.t.Fatalf("import: %v, %+v", err, done)
	}
}

func TestOldAddresses_and_fragments_land_on_the_comment_in_one_hop(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.wordpress(4)
	b := s.anonymous()
	for path, to := range map[string]string{
		"/?p=1": "/articles/the-weir", "/2019/03/the-weir/": "/articles/the-weir", "/2019/03/the-weir": "/articles/the-weir",
		"/2019/03/the-weir/comment-page-2/": "/articles/the-weir", "/2019/03/the-weir/comment-page-1?replytocom=1002": "/articles/the-weir",
		"/2019/03/the-weir/amp/": "/articles/the-weir", "/2019/03/the-weir/feed/": "/articles/the-weir/comments.atom", "/feed/": "/feed.atom",
	} {
		if got := b.get(path).wants(http.StatusMovedPermanently).location(); got != to {
			t.Errorf("%s leads to %s", path, got)
			continue
		}
		b.get(to).wants(http.StatusOK) // one hop
	}
	b.get("/2019/03/the-weir/comment-page-x/").wants(http.StatusNotFound)
	p := b.get("/articles/the-weir").wants(http.StatusOK).page()
	for _, form := range []string{"comment-1003", "li-comment-1003", "div-comment-1003"} {
		id := "c" + strconv.FormatInt(int64(s.comment("Said 3.")), 10)
		p.Count("#"+id+" > .comment-article > #"+form, 1)
	}
	// A comment that was removed keeps its place.
	gone := "#c" + strconv.FormatInt(int64(s.comment("Said 6.")), 10) + " > .branch > .comment-article > "
	p.Count(gone+"#comment-1006", 1)
	p.Count(gone+".tomb", 1)
}

func TestPages_have_old_fragments_only_where_there_are_any(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.article("here", "Ann: One\n Bert: Two")
	if body := s.anonymous().get("/articles/here").wants(http.StatusOK).body; strings.Contains(body, "<span id=") {
		t.Error("there is a fragment that nobody asked for")
	}
}

func TestAnchor_leads_to_comments_that_are_on_later_pages(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.wordpress(150)
	b := s.anonymous()
	if strings.Contains(b.get("/articles/the-weir").wants(http.StatusOK).body, `"comment-1290"`) {
		t.Fatal("the comment is on the first page; the test is too small")
	}
	to := "/comments/" + strconv.FormatInt(int64(s.comment("Said 290.")), 10)
	for _, form := range []string{"comment-1290", "li-comment-1290", "div-comment-1290"} {
		if got := b.get("/articles/the-weir/at/" + form).wants(http.StatusSeeOther).location(); got != to {
			t.Errorf("%s leads to %s, not %s", form, got, to)
		}
	}
	b.get(to).wants(http.StatusOK).page().Count("#comment-1290", 1)
	held := "/comments/" + strconv.FormatInt(int64(s.comment("Said 10.")), 10)
	for _, unknown := range []string{"comment-1", "comment-", "li-comment-1010", "%00", "%ff", strings.Repeat("x", 3000), "comment-1010'%20or%201=1"} {
		if unknown == "li-comment-1010" { // held since
			mod := s.signedIn("Mo", forum.Moderator)
			mod.post(held+"/hold", nil).wants(http.StatusSeeOther)
		}
		a := b.get("/articles/the-weir/at/" + unknown)
		if a.StatusCode >= 500 || a.StatusCode < 400 && a.location() != "/articles/the-weir" {
			t.Errorf("%.40s: %d, %s", unknown, a.StatusCode, a.location())
		}
	}
	b.get("/articles/nothing/at/comment-1290").wants(http.StatusNotFound)
}
