package action_test

import (
	"os"
	"strings"
	"testing"

	"hustings/internal/action"
)

func TestImport_brings_comments_that_lie_beside_their_articles(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	in := action.ImportInput{Files: []action.ImportFile{textFile("site.zip", string(zipFile(t,
		"_data/comments/lime-scale/1.yml", "_id: aa\nmessage: |\n  Use *vinegar*.\n\n  Warm.\nname: Mia\ndate: 1516695000\n",
		"_data/comments/lime-scale/2.yml", "_id: bb\nreplying_to_uid: aa\nmessage: It smells.\nname: Ned\ndate: 1516695060\n",
		"_data/comments/nowhere/3.yml", "_id: cc\nmessage: Lost.\nname: Ned\n",
		"_posts/2014-05-03-lime-scale.md", "---\ntitle: Lime\n---\nText.\n")))}}
	out := d.take(in)
	if out.Articles.New != 1 || out.Comments.New != 2 || out.MaxDepth != 2 || len(out.Refused) != 1 {
		t.Errorf("%+v", out.Report)
	}
	if all := d.export(); !strings.Contains(all, "Use <em>vinegar</em>.</p><p>Warm.") {
		t.Error(all)
	}
	if out = d.take(in); out.Comments.Same != 2 || out.Comments.New != 0 {
		t.Errorf("a second time: %+v", out.Comments)
	}
}

func TestImport_of_a_page_and_of_its_export_are_one_article(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	page, err := os.ReadFile("../importer/testdata/html/wordpress.html")
	if err != nil {
		t.Fatal(err)
	}
	in := action.ImportInput{Files: []action.ImportFile{textFile("hedge.html", string(page))}}
	out := d.take(in)
	if out.Articles.New != 1 || out.Comments.New != 4 || out.Comments.Held != 1 || out.Comments.LinkBacks != 1 || out.MaxDepth != 3 || len(out.Refused) != 0 {
		t.Errorf("%+v", out.Report)
	}
	all := d.export()
	for _, want := range []string{`"title":"When to cut a hedge"`, `"source_url":"https://fence.example/2019/03/hedge/"`, `"author":"Tom & Co"`, `<blockquote><p>Never in March.</p></blockquote>`} {
		if !strings.Contains(all, want) {
			t.Errorf("there is no %s in %s", want, all)
		}
	}
	for _, not := range []string{"Share this", "Reply", "says", "Hidden", "Related", "Leave", "avatar"} {
		if strings.Contains(all, not) {
			t.Errorf("there is %q in %s", not, all)
		}
	}
	if out = d.take(in); out.Articles.Same != 1 || out.Comments.Same != 4 || out.Comments.New+out.Comments.Changed != 0 {
		t.Errorf("a second time: %+v", out.Report)
	}
	wxr := `<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:wp="http://wordpress.org/export/1.2/" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>F</title>
<link>https://fence.example</link><wp:wxr_version>1.2</wp:wxr_version><wp:base_blog_url>https://fence.example</wp:base_blog_url>
<item><title>When to cut a hedge</title><link>https://fence.example/2019/03/hedge/</link><guid isPermaLink="false">https://fence.example/?p=41</guid><content:encoded><![CDATA[New text.]]></content:encoded><wp:post_id>41</wp:post_id><wp:status>publish</wp:status><wp:post_type>post</wp:post_type>
<wp:comment><wp:comment_id>104</wp:comment_id><wp:comment_author><![CDATA[Ada Thorn]]></wp:comment_author><wp:comment_date_gmt>2019-03-02 09:00:00</wp:comment_date_gmt><wp:comment_content><![CDATA[Never: birds.]]></wp:comment_content><wp:comment_approved>1</wp:comment_approved><wp:comment_parent>101</wp:comment_parent></wp:comment>
<wp:comment><wp:comment_id>109</wp:comment_id><wp:comment_author><![CDATA[Eve]]></wp:comment_author><wp:comment_date_gmt>2019-03-05 09:00:00</wp:comment_date_gmt><wp:comment_content><![CDATA[Late.]]></wp:comment_content><wp:comment_approved>1</wp:comment_approved><wp:comment_parent>104</wp:comment_parent></wp:comment>
</item></channel></rss>`
	out = d.take(action.ImportInput{Files: []action.ImportFile{textFile("export.xml", wxr)}})
	if out.Articles.New != 0 || out.Comments.New != 1 || out.Comments.Placeholders != 0 {
		t.Errorf("the export: %+v", out.Report)
	}
}
