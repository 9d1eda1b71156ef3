package importer

import (
	"fmt"
	"testing"
)

// TestWPREST_has_the_names_of_an_export reads one article with two comments as a
// site's export has it and as its REST interface answers.
func TestWPREST_has_the_names_of_an_export(t *testing.T) {
	t.Parallel()
	export := `<rss xmlns:wp="http://wordpress.org/export/1.2/"><channel><wp:base_blog_url>http://www.kiln.example/blog</wp:base_blog_url>
		<item><title>Glaze</title><link>http://www.kiln.example/blog/glaze/</link><guid>http://www.kiln.example/blog/?p=7</guid>
		<content:encoded><![CDATA[Blue.]]></content:encoded><wp:post_id>7</wp:post_id><wp:post_name>glaze</wp:post_name><wp:status>publish</wp:status>
		<wp:post_type>post</wp:post_type><wp:post_date_gmt>2020-02-02 10:00:00</wp:post_date_gmt>
		<wp:comment><wp:comment_id>3</wp:comment_id><wp:comment_author>Io</wp:comment_author><wp:comment_date_gmt>2020-02-03 10:00:00</wp:comment_date_gmt>
		<wp:comment_content><![CDATA[Green?]]></wp:comment_content><wp:comment_approved>1</wp:comment_approved><wp:comment_parent>2</wp:comment_parent><wp:comment_user_id>4</wp:comment_user_id></wp:comment>
		</item></channel></rss>`
	live := `[{"id":7,"date_gmt":"2020-02-02T10:00:00","guid":{"rendered":"http://www.kiln.example/blog/?p=7"},"slug":"glaze","status":"publish","type":"post",
		"link":"http://www.kiln.example/blog/glaze/","title":{"rendered":"Glaze"},"content":{"rendered":"<p>Blue.</p>"},"excerpt":{"rendered":"<p>Blue.</p>"}}]
		[{"id":3,"post":7,"parent":2,"author":4,"author_name":"Io","date_gmt":"2020-02-03T10:00:00","content":{"rendered":"<p>Green?</p>"},"status":"approved"}]`
	names := func(list []Record) (names []string) {
		for _, r := range list {
			switch r := r.(type) {
			case Article:
				names = append(names, fmt.Sprint("article ", r.Key, " ", r.Site, " ", r.Slug, " ", exact(r.PublishedAt), " ", *r.SourceURL, " ", r.OldURLs))
			case Comment:
				names = append(names, fmt.Sprint("comment ", r.Key, " ", r.ArticleKey, " ", r.ParentKey, " ", r.Ordinal, " ", r.AuthorKey, " ", r.Anchor, " ", exact(r.CreatedAt)))
			case Problem:
				t.Errorf("line %d: %s", r.Line, r.Reason)
			}
		}
		return names
	}
	a, b := names(recordsOf(t, WXR{}, export)), names(recordsOf(t, WPREST{}, live))
	if len(a) != 2 || len(b) != 2 || a[0] != b[1] || a[1] != b[0] {
		t.Errorf("the export has\n%q\nthe site\n%q", a, b)
	}
}
