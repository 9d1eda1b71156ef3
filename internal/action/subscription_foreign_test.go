package action_test

import (
	"testing"

	"hustings/internal/action"
)

func TestFeed_changes_nothing_that_another_site_brought(t *testing.T) {
	t.Parallel()
	item := func(title, site string) string {
		return `<rss version="2.0"><channel><title>A feed</title><link>` + site + `/</link><item><title>` + title + `</title><link>` + site + `/post/</link>
			<guid>` + site + `/post/</guid><description>The text, ` + title + `.</description></item></channel></rss>`
	}
	b := newBlog(t)
	b.answers["/theirs/"] = item("rewritten", "https://pond.example")
	r := newReader(t, b, action.SubscribeInput{Address: "/theirs/"})
	r.take(action.ImportInput{Files: []action.ImportFile{textFile("pond.xml", item("original", "https://pond.example"))}})
	before := r.one(`select title || body_text || state from article where slug = 'original'`)
	r.look()
	if got := r.one(`select title || body_text || state from article where slug = 'original'`); got != before {
		t.Errorf("the feed has made it %s", got)
	}
}

func TestAddressFile_is_named_without_anybodys_password(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	done := d.take(action.ImportInput{Files: []action.ImportFile{action.AddressFile(web(t), "https://ann:hunter2@old.example/feed")}})
	if len(done.Refused) != 1 || done.Refused[0].File != "https://old.example/feed" || done.Files[0] != "https://old.example/feed" {
		t.Errorf("%+v", done.Report)
	}
}
