package action_test

import (
	"reflect"
	"testing"

	"hustings/internal/action"
	"hustings/internal/importer"
)

// figuresFile has everything that the report of an import counts apart.
func figuresFile() action.ImportFile {
	const day = "2020-01-01 00:00:"
	return textFile("figures.xml", `<rss xmlns:wp="http://wordpress.org/export/1.2/"><channel><wp:base_blog_url>https://blog.example</wp:base_blog_url>`+
		wxrItem(1, "post", "publish",
			wxrComment(1, 0, day+"01", "1"), wxrComment(2, 1, day+"02", "1"), wxrComment(3, 2, day+"03", "0"),
			wxrComment(4, 0, day+"04", "spam"), wxrComment(5, 0, day+"05", "trash"), wxrComment(6, 900, day+"06", "1"))+
		wxrItem(2, "post", "draft")+wxrItem(3, "post", "private", wxrComment(7, 0, day+"07", "1"))+
		`<item><title>Pictures</title><link>https://blog.example/2019/4/</link><guid>https://blog.example/?p=4</guid><wp:post_id>4</wp:post_id>`+
		`<content:encoded><![CDATA[<img src="https://blog.example/a.png"><img src="https://blog.example/b.png">]]></content:encoded><wp:post_type>post</wp:post_type><wp:status>publish</wp:status></item>`+
		`<item><title>Ours</title><link>https://blog.example/moderation</link><guid>https://blog.example/?p=5</guid><wp:post_id>5</wp:post_id>`+
		`<content:encoded><![CDATA[Text]]></content:encoded><wp:post_type>post</wp:post_type><wp:status>publish</wp:status></item></channel></rss>`)
}

func TestImport_counts_what_is_hidden_people_addresses_and_images_as_its_dry_run_does(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.member("a2", "a2@blog.example") // as the author of a comment is called, but for a capital letter
	d.take(action.ImportInput{Files: []action.ImportFile{textFile("other.xml", `<rss xmlns:wp="http://wordpress.org/export/1.2/"><channel><wp:base_blog_url>https://other.example</wp:base_blog_url>`+
		`<item><title>Other</title><link>https://other.example/2019/2/</link><guid>https://other.example/?p=70</guid><wp:post_id>70</wp:post_id>`+
		`<content:encoded><![CDATA[Text]]></content:encoded><wp:post_type>post</wp:post_type><wp:status>publish</wp:status></item></channel></rss>`)}})
	look := d.take(action.ImportInput{Files: []action.ImportFile{figuresFile()}, DryRun: true})
	done := d.take(action.ImportInput{Files: []action.ImportFile{figuresFile()}})
	look.DryRun = false
	if !reflect.DeepEqual(look.Report, done.Report) {
		t.Errorf("the look says\n%+v\nthe import\n%+v", look.Report, done.Report)
	}
	want := importer.ArticleCounts{New: 5, Drafts: 1, Private: 1}
	if done.Articles != want {
		t.Errorf("articles: %+v", done.Articles)
	}
	if c := done.Comments; c.Held != 1 || c.Spam != 1 || c.Removed+c.Retracted != 1 || c.Placeholders != 1 {
		t.Errorf("comments: %+v", c)
	}
	if !reflect.DeepEqual(done.Depths, []int{5, 2, 1}) {
		t.Errorf("by depth: %v", done.Depths)
	}
	if done.Authors != (importer.AuthorCounts{New: 7, Clash: 1}) {
		t.Errorf("authors: %+v", done.Authors)
	}
	if done.Images != (importer.ImageCounts{Images: 2, Articles: 1}) {
		t.Errorf("images: %+v", done.Images)
	}
	if done.Redirects.Taken != 1 || done.Redirects.Ours != 1 || done.Redirects.New < 3 {
		t.Errorf("old addresses: %+v", done.Redirects)
	}
	again := d.take(action.ImportInput{Files: []action.ImportFile{figuresFile()}})
	if again.Authors != (importer.AuthorCounts{Known: 7, Clash: 1}) || again.Redirects.New != 0 || again.Redirects.Same != done.Redirects.New {
		t.Errorf("a second time: %+v %+v", again.Authors, again.Redirects)
	}
}

func TestImport_counts_only_authors_of_comments_that_it_takes(t *testing.T) {
	t.Parallel()
	said := func(article, id, who, text string) string {
		return `{"type":"comment","article":"` + article + `","id":"` + id + `","parent":null,"author":"` + who + `","body_text":"` + text + `"}` + "\n"
	}
	nowhere := said("nowhere", "1", "Ann", "One.") + said("nowhere", "2", "Ann", "Two.")
	weir := `{"type":"article","slug":"weir","title":"The weir","body_text":"It is a mile."}` + "\n" +
		said("weir", "3", "Ann", "Three.") + said("weir", "4", "Bea", "Four.") + said("weir", "4", "Cyd", "Four, but another.") +
		said("weir", "5", "Dot", "Five.") + said("weir", "5", "Dot", "Five, but another.")
	for name, file := range map[string]struct {
		text string
		want importer.AuthorCounts
		then importer.AuthorCounts // a second time
	}{
		"all refused":  {nowhere, importer.AuthorCounts{}, importer.AuthorCounts{}},
		"some refused": {nowhere + weir, importer.AuthorCounts{New: 3, Clash: 1}, importer.AuthorCounts{Known: 3, Clash: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.member("ann", "ann@weir.example")
			d.member("cyd", "cyd@weir.example")
			in := action.ImportInput{Files: []action.ImportFile{textFile("a.jsonl", file.text)}}
			dry := in
			dry.DryRun = true
			if look := d.take(dry); look.Authors != file.want {
				t.Errorf("the look says %+v, want %+v", look.Authors, file.want)
			}
			in.Files = []action.ImportFile{textFile("a.jsonl", file.text)}
			if done := d.take(in); done.Authors != file.want {
				t.Errorf("the import says %+v, want %+v", done.Authors, file.want)
			}
			in.Files = []action.ImportFile{textFile("a.jsonl", file.text)}
			if again := d.take(in); again.Authors != file.then {
				t.Errorf("a second time: %+v, want %+v", again.Authors, file.then)
			}
		})
	}
}
