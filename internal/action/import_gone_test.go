package action_test

import (
	"strings"
	"testing"

	"hustings/internal/action"
)

// sixRooks is a site of six articles.
func sixRooks() *rooks {
	s := &rooks{}
	for id := range 6 {
		s.posts = append(s.posts, rookPost{id: id + 1, title: "Rook " + string(rune('A'+id)), text: "Caw."})
	}
	return s
}

func (s *rooks) without(ids ...int) *rooks {
	left := &rooks{}
	for _, p := range s.posts {
		if !strings.Contains(strings.Join(idStrings(ids), " "), string(rune('0'+p.id))) {
			left.posts = append(left.posts, p)
		}
	}
	return left
}

func idStrings(ids []int) (list []string) {
	for _, id := range ids {
		list = append(list, string(rune('0'+id)))
	}
	return list
}

// gone imports files, once to look, and gives what is said of articles that are
// missing.
func (d *desk) gone(files ...action.ImportFile) string {
	d.t.Helper()
	look := d.take(action.ImportInput{Files: files, DryRun: true})
	done := d.take(action.ImportInput{Files: files})
	if a, b := figures(look), figures(done); a != b {
		d.t.Errorf("the dry run said\n%s\nthe import\n%s", a, b)
	}
	var said []string
	for _, f := range done.Conflicts {
		if strings.Contains(f.Reason, "Earlier exports") {
			said = append(said, f.File+": "+f.Reason)
		}
	}
	return strings.Join(said, "\n")
}

func TestImport_lists_articles_that_an_export_of_the_whole_site_has_no_longer(t *testing.T) {
	t.Parallel()
	const one = "export.xml: Earlier exports of this source had the article “Rook B”, which this one has not; it stays here."
	const two = "export.xml: Earlier exports of this source had 2 articles that this one has not, such as “Rook B”, “Rook E”; they stay here."
	d, site := newDesk(t), sixRooks()
	page := site.page(site.posts[1])
	moved := sixRooks()
	moved.posts[0].moved = true
	cut := site.without(2, 5).wxr()
	torn := textFile("export.xml", "<rss xmlns:wp=\"http://wordpress.org/export/1.2/\"><channel><wp:base_blog_url>"+rooksHost+"</wp:base_blog_url><item><wp:comment><wp:comment_id>9</wp:comment_id>")
	for i, step := range []struct {
		files []action.ImportFile
		want  string
	}{
		{[]action.ImportFile{site.wxr()}, ""},
		{[]action.ImportFile{site.wxr()}, ""},
		{[]action.ImportFile{site.without(2).wxr()}, one},
		{[]action.ImportFile{cut}, two},
		{[]action.ImportFile{cut}, two},
		{[]action.ImportFile{cut, page}, strings.NewReplacer("B", "E").Replace(one)}, // the page has it still
		{[]action.ImportFile{site.without(1, 2, 3, 4).wxr()}, ""},                    // a part, surely
		{[]action.ImportFile{site.without(1, 2).wxr(), site.without(3, 4).wxr()}, ""},
		{[]action.ImportFile{page}, ""},
		{[]action.ImportFile{site.feed()}, ""},
		{[]action.ImportFile{cut, torn}, ""}, // which may have them
		{[]action.ImportFile{moved.wxr()}, ""},
	} {
		if got := d.gone(step.files...); got != step.want {
			t.Errorf("step %d: said %q, want %q", i, got, step.want)
		}
	}
	if n := strings.Count(d.export(), `"type":"article"`); n != 6 {
		t.Errorf("%d articles are left", n)
	}
}

func TestImport_lists_no_article_that_only_a_page_brought(t *testing.T) {
	t.Parallel()
	d, site := newDesk(t), sixRooks()
	d.take(action.ImportInput{Files: []action.ImportFile{site.page(site.posts[5])}})
	d.take(action.ImportInput{Files: []action.ImportFile{site.without(6).wxr()}})
	if got := d.gone(site.without(6).wxr()); got != "" {
		t.Error(got)
	}
}
