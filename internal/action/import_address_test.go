package action_test

import (
	"strings"
	"testing"

	"hustings/internal/action"
	"hustings/internal/postgres"
)

const fenceWXR = `<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:wp="http://wordpress.org/export/1.2/" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>F</title>
<link>https://www.fence.example</link><wp:wxr_version>1.2</wp:wxr_version><wp:base_blog_url>https://www.fence.example</wp:base_blog_url>
<item><title>When to cut a hedge</title><link>https://www.fence.example/2019/03/hedge/</link><guid isPermaLink="false">https://www.fence.example/?p=41</guid><content:encoded><![CDATA[Not in March.]]></content:encoded><wp:post_id>41</wp:post_id><wp:status>publish</wp:status><wp:post_type>post</wp:post_type>
<wp:comment><wp:comment_id>7</wp:comment_id><wp:comment_author><![CDATA[Ada]]></wp:comment_author><wp:comment_date_gmt>2019-03-02 09:00:00</wp:comment_date_gmt><wp:comment_content><![CDATA[From before Disqus.]]></wp:comment_content><wp:comment_approved>1</wp:comment_approved><wp:comment_parent>0</wp:comment_parent></wp:comment>
</item></channel></rss>`

const fenceDisqus = `<?xml version="1.0" encoding="utf-8"?>
<disqus xmlns="http://disqus.com" xmlns:dsq="http://disqus.com/disqus-internals">
<category dsq:id="1"><forum>fence</forum><title>General</title><isDefault>true</isDefault></category>
<thread dsq:id="11"><id/><forum>fence</forum><category dsq:id="1"/><link>http://fence.example/2019/03/hedge/?utm_source=x</link><title>When to cut a hedge | Fence</title><message/><createdAt>2019-03-01T10:00:00Z</createdAt><author><name>T</name><isAnonymous>false</isAnonymous><username>t</username></author><isClosed>false</isClosed><isDeleted>false</isDeleted></thread>
<thread dsq:id="12"><id/><forum>fence</forum><category dsq:id="1"/><link>http://other.example/2019/03/hedge/</link><title>Another site’s hedge</title><message/><createdAt>2019-03-01T10:00:00Z</createdAt><author><name>T</name><isAnonymous>false</isAnonymous><username>t</username></author><isClosed>false</isClosed><isDeleted>false</isDeleted></thread>
<post dsq:id="7"><id/><message><![CDATA[<p>Never: birds.</p>]]></message><createdAt>2019-04-01T10:00:00Z</createdAt><isDeleted>false</isDeleted><isSpam>false</isSpam><author><name>Bea</name><isAnonymous>false</isAnonymous><username>bea</username></author><thread dsq:id="11"/></post>
<post dsq:id="8"><id/><message><![CDATA[<p>Elsewhere.</p>]]></message><createdAt>2019-04-01T11:00:00Z</createdAt><isDeleted>false</isDeleted><isSpam>false</isSpam><author><name>Bea</name><isAnonymous>false</isAnonymous><username>bea</username></author><thread dsq:id="12"/></post>
</disqus>`

func TestImport_finds_the_article_of_another_source_at_its_address(t *testing.T) {
	t.Parallel()
	wxr, disqus := textFile("fence.xml", fenceWXR), textFile("disqus.xml", fenceDisqus)
	for name, runs := range map[string][][]action.ImportFile{
		"texts_first":    {{wxr}, {disqus}},
		"threads_first":  {{disqus}, {wxr}},
		"together":       {{wxr, disqus}},
		"together_again": {{disqus, wxr}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			for _, files := range runs {
				look := d.take(action.ImportInput{Files: files, DryRun: true})
				done := d.take(action.ImportInput{Files: files})
				if look.Articles != done.Articles || look.Comments != done.Comments || len(done.Refused) > 0 {
					t.Errorf("a dry run said %+v %+v, the import %+v %+v, refused %v", look.Articles, look.Comments, done.Articles, done.Comments, done.Refused)
				}
			}
			all := d.export()
			if n := strings.Count(all, `"type":"article"`); n != 2 {
				t.Fatalf("%d articles:\n%s", n, all)
			}
			for _, want := range []string{
				`"title":"When to cut a hedge","state":"published"`, `"body_html":"<p>Not in March.</p>","comments":2`, "From before Disqus.", "Never: birds.", "Another site’s hedge",
			} {
				if !strings.Contains(all, want) {
					t.Errorf("there is no %s in\n%s", want, all)
				}
			}
			for _, files := range runs {
				again := d.take(action.ImportInput{Files: files})
				if again.Articles.New+again.Articles.Changed+again.Comments.New+again.Comments.Changed != 0 {
					t.Errorf("again: %+v %+v", again.Articles, again.Comments)
				}
			}
			later := strings.Replace(fenceDisqus, "When to cut a hedge |", "Hedges, renamed |", 1)
			d.take(action.ImportInput{Files: []action.ImportFile{textFile("disqus.xml", later)}})
			if now := d.export(); now != all {
				t.Errorf("a later export of the threads changed\n%s\ninto\n%s", all, now)
			}
		})
	}
}

func TestImport_lets_no_site_speak_for_another(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.take(action.ImportInput{Files: []action.ImportFile{textFile("fence.xml", fenceWXR)}})
	feed := `<?xml version="1.0"?><rss version="2.0"><channel><title>Elsewhere</title><link>https://elsewhere.example/</link>
<item><title>Mine</title><guid isPermaLink="false">https://elsewhere.example/?p=1</guid><link>https://www.fence.example/2019/03/hedge/</link><description>Other words.</description></item></channel></rss>`
	out := d.take(action.ImportInput{Files: []action.ImportFile{textFile("feed.xml", feed)}})
	if out.Articles.New != 1 {
		t.Errorf("%+v", out.Report)
	}
	if all := d.export(); !strings.Contains(all, `"body_html":"<p>Not in March.</p>","comments":1`) {
		t.Error(all)
	}
}

func TestImport_of_one_article_from_two_files_is_undone_whole(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	before := d.export()
	done, err := d.act.ImportJobFromShell(t.Context(), action.ImportInput{Files: []action.ImportFile{
		textFile("fence.xml", fenceWXR), textFile("disqus.xml", fenceDisqus),
	}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.act.UndoFromShell(t.Context(), postgres.JobID(done.Job), nil); err != nil {
		t.Fatal(err)
	}
	if after := d.export(); after != before {
		t.Errorf("left: %s", after)
	}
}
