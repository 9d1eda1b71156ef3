package importer

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
)

func TestReadFeedInfo_says_where_comments_are(t *testing.T) {
	t.Parallel()
	rss, err := os.ReadFile("testdata/feed/wordpress.xml")
	if err != nil {
		t.Fatal(err)
	}
	atom := `<feed xmlns="http://www.w3.org/2005/Atom" xmlns:thr="http://purl.org/syndication/thread/1.0"><title type="html">A &amp;lt;b</title>
		<link rel="alternate" href="/"/><link rel='next' href='/page/2'/>
		<entry><id>tag:a,1</id><title>One</title><link href="/one"/><updated>2020-01-01T00:00:00Z</updated>
		<link rel="replies" type="text/html" href="/one#talk" thr:count="3"/><link rel="replies" type="application/rss+xml" href="/one.rss"/>
		<link rel="replies" type="application/atom+xml" href="/one.atom" thr:count="4"/></entry>
		<entry><title>Two</title><link href="javascript:alert(1)"/><thr:total>5</thr:total></entry></feed>`
	plain := `{"version":"https://jsonfeed.org/version/1.1","title":"J","next_url":"2","items":[{"id":"1","title":"x","url":"https://j.example/1"}]}`
	for name, test := range map[string]struct{ data, want string }{
		"rss": {string(rss), `{Bees & more https://www.bees.example/blog true https://www.bees.example/blog/feed/?paged=2 ` +
			`[{https://www.bees.example/blog/?p=7 https://www.bees.example/blog/swarms/ 2014-05-03 18:59:31 +0000 UTC 7 [https://www.bees.example/blog/swarms/feed/] 34} ` +
			`{https://www.bees.example/blog/?p=9 https://www.bees.example/blog/wax/ <nil> 9 [] 0}]}`},
		"atom": {atom, `{A <b https://www.bees.example/ false https://www.bees.example/page/2 ` +
			`[{tag:a,1 https://www.bees.example/one 2020-01-01 00:00:00 +0000 UTC 0 [https://www.bees.example/one.atom https://www.bees.example/one.rss] 4} ` +
			`{` + ArticleKey("local", "Two", nil) + `  <nil> 0 [] 5}]}`},
		"json": {plain, `{J  false https://www.bees.example/blog/feed/2 [{1 https://j.example/1 <nil> 0 [] -1}]}`},
	} {
		info, ok := ReadFeedInfo(context.Background(), []byte(test.data), "https://www.bees.example/blog/feed/")
		if got := fmt.Sprint(info); !ok || got != test.want {
			t.Errorf("%s:\n%s\nnot\n%s", name, got, test.want)
		}
	}
	if _, ok := ReadFeedInfo(context.Background(), []byte("<html><title>x</title>"), "https://h.example/"); ok {
		t.Error("a page is taken for a feed")
	}
}

func TestReadFeedInfo_names_a_bounded_number_of_entries(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString(`<rss version="2.0"><channel><title>Long</title>`)
	for i := range maxFeedEntries + 200 {
		fmt.Fprintf(&b, `<item><title>%d</title><link>https://l.example/%d</link></item>`, i, i)
	}
	b.WriteString(`</channel></rss>`)
	info, ok := ReadFeedInfo(context.Background(), []byte(b.String()), "https://l.example/feed")
	if !ok || len(info.Entries) != maxFeedEntries || info.Entries[0].Link != "https://l.example/0" {
		t.Errorf("%d entries, %v", len(info.Entries), ok)
	}
}

// TestFeed_of_comments_belongs_to_the_article_it_was_fetched_for reads a feed that
// says nothing of threads.
func TestFeed_of_comments_belongs_to_the_article_it_was_fetched_for(t *testing.T) {
	t.Parallel()
	src := Source{Name: "f", Article: "the article"}
	var got []Comment
	data := `<rss><channel><item><title>Ann</title><link>https://h.example/x?c=1</link><description>One</description></item>
		<item><guid>c2</guid><description>Two</description></item></channel></rss>`
	opened, _, err := Open(Source{Name: src.Name, Article: src.Article, R: strings.NewReader(data)})
	if err != nil {
		t.Fatal(err)
	}
	err = Feed{}.Read(context.Background(), opened, src.Emit(func(r Record) error {
		if c, ok := r.(Comment); ok {
			got = append(got, c)
		} else {
			t.Errorf("%+v", r)
		}
		return nil
	}))
	if err != nil || len(got) != 2 || got[0].ArticleKey != "the article" || got[0].ParentKey != "" || got[1].Key != "c2" || *got[1].BodyHTML != "Two" {
		t.Errorf("%+v, %v", got, err)
	}
}

func FuzzReadFeedInfo(f *testing.F) {
	for _, file := range []string{"wordpress.xml", "comments.rss", "comments.atom", "items.json"} {
		data, err := os.ReadFile("testdata/feed/" + file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		info, ok := ReadFeedInfo(context.Background(), data, "https://h.example/feed/")
		addresses := []string{info.Site, info.Next}
		for _, e := range info.Entries {
			if addresses = append(addresses, e.CommentFeeds...); e.Key == "" || e.Comments < -1 {
				t.Fatalf("%+v", e)
			}
		}
		for _, a := range addresses {
			if a != webAddress(a) || a != "" && !ok {
				t.Fatalf("%q is to be asked", a)
			}
		}
	})
}
