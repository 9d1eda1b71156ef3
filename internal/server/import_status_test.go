package server_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"hustings/internal/action"
	"hustings/internal/forum"
)

// themeTest is an export in the shape of those that designs of WordPress are tested
// with: 32 comments, of which 2 are pingbacks, 2 trackbacks and 3 pending; a thread of
// ten levels; 70 entries of menus; a draft, a post of the future and others that are
// not for everybody.
func themeTest() string {
	var b strings.Builder
	b.WriteString(`<rss xmlns:wp="http://wordpress.org/export/1.2/" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>
<wp:wxr_version>1.2</wp:wxr_version><wp:base_blog_url>https://theme.example</wp:base_blog_url>`)
	n, id := 0, 0
	item := func(slug, kind, status, extra string, comments func()) {
		n++
		fmt.Fprintf(&b, `<item><title>About %s</title><link>https://theme.example/2013/%s/</link><guid isPermaLink="false">https://theme.example/?p=%d</guid>
<content:encoded><![CDATA[Words.]]></content:encoded><wp:post_id>%d</wp:post_id><wp:post_name>%s</wp:post_name><wp:status>%s</wp:status><wp:post_type>%s</wp:post_type>%s`,
			slug, slug, n, n, slug, status, kind, extra)
		if comments != nil {
			comments()
		}
		b.WriteString("</item>\n")
	}
	comment := func(parent int, approved, kind string) int {
		id++
		fmt.Fprintf(&b, `<wp:comment><wp:comment_id>%d</wp:comment_id><wp:comment_author><![CDATA[Person %d]]></wp:comment_author>
<wp:comment_author_url>https://linking.example/%d</wp:comment_author_url><wp:comment_date_gmt>2013-03-14 12:%02d:00</wp:comment_date_gmt>
<wp:comment_content><![CDATA[%s %d.]]></wp:comment_content><wp:comment_approved>%s</wp:comment_approved><wp:comment_type>%s</wp:comment_type>
<wp:comment_parent>%d</wp:comment_parent></wp:comment>`, id, id%5, id, id, map[string]string{"1": "Public", "0": "Pending", "spam": "Rubbish", "trash": "Binned"}[approved], id, approved, kind, parent)
		return id
	}
	item("threads", "post", "publish", "", func() {
		last := 0
		for range 10 {
			last = comment(last, "1", []string{"", "comment"}[id%2])
		}
		comment(1, "1", "")
		for range 6 {
			comment(0, "1", "")
		}
		comment(0, "0", "")
		comment(0, "0", "comment")
		comment(0, "0", "")
	})
	item("links", "post", "publish", "<wp:comment_status>closed</wp:comment_status>", func() {
		for _, kind := range []string{"pingback", "trackback", "pingback", "trackback"} {
			comment(0, "1", kind)
		}
		for range 8 {
			comment(0, "1", "")
		}
	})
	item("a-draft", "post", "draft", "", nil)
	item("tomorrow", "post", "future", "", nil)
	item("mine", "post", "private", "", nil)
	item("locked-up", "post", "publish", "<wp:post_password>hush</wp:post_password>", nil)
	item("a-page", "page", "publish", "", nil)
	for i := range 70 {
		item(fmt.Sprintf("menu-%d", i), "nav_menu_item", "publish", "", nil)
	}
	item("bins", "post", "publish", "", func() {
		comment(0, "spam", "")
		comment(comment(0, "spam", ""), "1", "")
		comment(0, "trash", "")
		comment(comment(0, "trash", ""), "1", "")
		comment(0, "1", "order_note")
	})
	return b.String() + "</channel></rss>"
}

func TestImport_gives_each_status_its_place(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	file := themeTest()
	done, err := s.act.ImportFromShell(t.Context(), action.ImportInput{Files: []action.ImportFile{{Name: "theme.xml",
		Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(file)), nil }}}})
	if err != nil {
		t.Fatal(err)
	}
	// 25 are published, 3 wait, 4 are link-backs; 6 more lie among the bins.
	if c := done.Comments; c.New != 28+6 || c.Held != 3 || c.LinkBacks != 4 || done.MaxDepth != 10 || done.Articles.New != 8 || len(done.Refused) > 0 {
		t.Errorf("%+v", done.Report)
	}
	ignored := false
	for _, r := range done.Repairs {
		ignored = ignored || strings.Contains(r.Reason, "70") && strings.Contains(r.Reason, "nav_menu_item")
	}
	if !ignored {
		t.Errorf("nobody says that 70 menu entries were left out: %+v", done.Repairs)
	}
	reader, mod, chief := s.signedIn("Reader", forum.Reader), s.signedIn("Mo", forum.Moderator), s.signedIn("Chief", forum.Admin)
	for slug, want := range map[string]int{"threads": 200, "links": 200, "a-page": 200, "a-draft": 404, "tomorrow": 404, "mine": 404, "locked-up": 404} {
		reader.get("/articles/" + slug).wants(want)
		chief.get("/articles/" + slug).wants(http.StatusOK)
	}
	// What waits stands in the queue with the date that it had.
	if body := reader.get("/articles/threads").wants(http.StatusOK).body; strings.Contains(body, "Pending") || !strings.Contains(body, `data-depth="10"`) {
		t.Error("readers see what waits, or the thread is not whole")
	}
	queue := mod.get("/mod?lane=held").wants(http.StatusOK)
	queue.page().In("main", "Pending 18.")
	if !strings.Contains(queue.body, `datetime="2013-03-14T12:18:00Z"`) {
		t.Error("the queue does not say how old the comment is")
	}
	// Links from elsewhere are listed apart, and nobody can reply where that is closed.
	links := reader.get("/articles/links").wants(http.StatusOK).page()
	links.Count("#thread .comment", 8)
	reader.get("/articles/links?reply=").page().None(`textarea[name="body"]`)
	// Spam is never shown; what was binned leaves a stub where it was answered.
	bins := reader.get("/articles/bins").wants(http.StatusOK)
	if strings.Contains(bins.body, "Rubbish") || strings.Contains(bins.body, "Binned") || strings.Contains(bins.body, "order_note") {
		t.Error("readers see spam, or what lay in the bin")
	}
	p := bins.page()
	p.Count("#thread .comment .comment .comment-body", 2)
	p.Count("#thread > .comment", 2)
	p.Count(".tomb", 2)
}
