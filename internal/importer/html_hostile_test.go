package importer

import (
	"fmt"
	"strings"
	"testing"
)

func TestHTML_ends_on_pages_made_to_exhaust_it(t *testing.T) {
	t.Parallel()
	for what, page := range hostilePages() {
		size := 0
		for _, r := range readPage(t, what, page) {
			switch r := r.(type) {
			case Article:
				size += len(r.BodyHTML) + len(r.Title)
			case Comment:
				size += len(deref(r.BodyHTML)) + len(deref(r.Author))
			}
		}
		if size > 20*len(page)+1000 {
			t.Errorf("%s: %d bytes of %d", what, size, len(page))
		}
	}
}

func TestHTML_ends_on_data_made_to_exhaust_it(t *testing.T) {
	t.Parallel()
	page := func(data string) string {
		return `<html><head><title>T</title><script type="application/ld+json">` + data + `</script></head><body><h1>T</h1><p>Text.</p></body></html>`
	}
	self := `{"@graph":[{"@type":"Article","@id":"a","headline":"T","comment":{"@id":"b"}},{"@type":"Comment","@id":"b","text":"B","author":"Ben","comment":[{"@id":"b"},{"@id":"c"}]},` +
		`{"@type":"Comment","@id":"c","text":"C","parentItem":{"@id":"d"},"comment":{"@id":"b"}},{"@type":"Comment","@id":"d","text":"D","parentItem":{"@id":"c"}},{"@type":"Comment","@id":"e","text":"E","parentItem":{"@id":"e"}}]}`
	for what, c := range map[string]struct {
		data     string
		comments int
		problems int
	}{
		"a circle of ids":          {self, 4, 0},
		"an author who is himself": {`{"@type":"Article","@id":"a","author":{"@id":"a"},"headline":"T"}`, 0, 0},
		"a list in lists":          {strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000), 0, 1},
		"a deep thread":            {strings.Repeat(`{"@type":"Comment","text":"x","comment":`, 900) + `null` + strings.Repeat("}", 900), 900, 0},
		"too deep a thread":        {strings.Repeat(`{"@type":"Comment","text":"x","comment":`, 5000) + `null` + strings.Repeat("}", 5000), 0, 1},
		"never closed":             {strings.Repeat(`{"a":`, 5000), 0, 1},
		"too much":                 {`"` + strings.Repeat("x", maxLinked) + `"`, 0, 1},
		"empty objects":            {`[` + strings.Repeat("{},", 100_000) + `{}]`, 0, 0},
		"names without end":        {`{"@type":"Article","headline":"T","author":[` + strings.Repeat(`"A",`, 10_000) + `"B"]}`, 0, 0},
		"things of other kinds":    {`{"@type":["Article",7,null],"headline":["T"],"author":7,"comment":[1,"x",null,[{}]],"datePublished":{"a":[]},"commentCount":-5}`, 0, 0},
		"nothing":                  {``, 0, 0},
		"null":                     {`null`, 0, 0},
	} {
		comments, problems := 0, 0
		for _, r := range readPage(t, what, page(c.data)) {
			switch r.(type) {
			case Comment:
				comments++
			case Problem:
				problems++
			}
		}
		if comments != c.comments || problems != c.problems {
			t.Errorf("%s: %d comments and %d problems, not %d and %d", what, comments, problems, c.comments, c.problems)
		}
	}
}

func TestHTML_hands_on_no_address_that_runs(t *testing.T) {
	t.Parallel()
	page := `<html><head><title>T</title><link rel=canonical href="javascript:alert(1)"><link rel=shortlink href="data:text/html,x?p=1"><base href="javascript:alert(2)//"></head>
<body><h1>T</h1><div class=entry-content><p onclick="alert(3)" style="background:url(javascript:alert(4))">Text <a href="java&#10;script:alert(5)">a</a> <a href=" javascript:alert(6)">b</a> <img src="javascript:alert(7)" srcset="javascript:alert(8) 2x" alt="x&quot; onerror=alert(9)"></p><svg><script>alert(10)</script></svg><object data="javascript:alert(11)"></object><iframe src="javascript:alert(12)"></iframe><math><mtext><img src=x onerror=alert(13)></mtext></math></div>
<ol class=commentlist><li id="comment-1&quot;&gt;&lt;script&gt;" class=comment><cite><a href="javascript:alert(14)"><b>E</b>ve</a></cite><p>x<script>alert(15)</script></p></li>
<li id="comment-2" class=pingback><a href="vbscript:alert(16)">Ping</a></li></ol></body></html>`
	list := readPage(t, "f", page)
	for _, r := range list {
		text := fmt.Sprintf("%+v", r)
		if c, is := r.(Comment); is {
			text = strings.Join([]string{c.Anchor, c.AuthorURL, deref(c.Author), deref(c.BodyHTML)}, "\n")
		}
		for _, bad := range []string{"javascript:", "vbscript:", "data:", "<script", "onclick", "<svg", "style="} {
			if strings.Contains(strings.ToLower(text), bad) {
				t.Errorf("%s in %s", bad, text)
			}
		}
		if a, is := r.(Article); is && (a.SourceURL != nil || len(a.OldURLs) > 0) {
			t.Errorf("addresses %v %v", a.SourceURL, a.OldURLs)
		}
	}
	same(t, "records", len(list), 3)
}

func TestHTML_takes_a_comment_of_two_vocabularies_once(t *testing.T) {
	t.Parallel()
	for what, data := range map[string]string{
		"numbers":          `[{"@type":"Comment","@id":"#comment-1","text":"One","author":"A"},{"@type":"Comment","url":"https://a.example/x#comment-2","text":"Two","author":"B"}]`,
		"what is said":     `[{"@type":"Comment","text":"One","author":"A"},{"@type":"Comment","text":"<p>Two</p>","author":{"name":"B"}}]`,
		"inside and alone": `[{"@type":"Article","@id":"#a","headline":"T","comment":[{"@id":"#comment-1"}]},{"@type":"Comment","@id":"#comment-1","text":"One"},{"@type":"Comment","@id":"#comment-2","text":"Two"}]`,
	} {
		page := `<html><head><title>T</title><link rel=canonical href="https://a.example/x"><script type="application/ld+json">` + data + `</script></head>
<body><h1>T</h1><p>Text.</p><ol class=commentlist><li id="comment-1" class=comment><cite>A</cite><p>One</p><ul class=children><li id="comment-2" class=comment><cite>B</cite><p>Two</p></ul></ol></body></html>`
		var got []string
		for _, r := range readPage(t, "f", page) {
			if c, is := r.(Comment); is {
				got = append(got, fmt.Sprintf("%s below %q by %s: %s%s", strings.SplitN(c.Key, " ", 2)[0], strings.SplitN(c.ParentKey, " ", 2)[0], deref(c.Author), deref(c.BodyHTML), deref(c.BodyText)))
			}
		}
		same(t, what, strings.Join(got, "\n"), "1 below \"\" by A: <p>One</p>\n2 below \"1\" by B: <p>Two</p>")
	}
}

// wordPressPage is a page with many comments, each but the first of ten answering the
// one before.
func wordPressPage(comments int) string {
	var b strings.Builder
	b.WriteString(`<!DOCTYPE html><html><head><meta charset="utf-8"><title>T</title><link rel="canonical" href="https://a.example/x/"><link rel="shortlink" href="https://a.example/?p=1"></head><body class="single"><article class="hentry"><h1 class="entry-title">T</h1><div class="entry-content"><p>` +
		strings.Repeat("Words of an article, and more of them. ", 100) + `</p></div></article><ol class="comment-list">` + "\n")
	for i := range comments {
		fmt.Fprintf(&b, `<li id="comment-%d" class="comment even thread-even depth-%d">
<article id="div-comment-%d" class="comment-body"><footer class="comment-meta"><div class="comment-author vcard"><img alt='' src='https://gravatar.example/a.png' class='avatar avatar-32 photo' /> <b class="fn"><a href="https://p%d.example/" class="url" rel="ugc external nofollow">Person %d</a></b> <span class="says">says:</span></div>
<div class="comment-metadata"><a href="https://a.example/x/#comment-%d"><time datetime="2019-03-02T09:12:00+01:00">2 March 2019 at 9:12 am</time></a></div></footer>
<div class="comment-content"><p>Some words of comment %d, which is as long as comments are, with <em>stress</em> here.</p><p>And a second paragraph of it, which has a <a href="/y/">link</a>.</p></div>
<div class="reply"><a rel="nofollow" class="comment-reply-link" href="https://a.example/x/?replytocom=%d#respond">Reply</a></div></article>
<ol class="children">`, i+1, i%10+1, i+1, i%97, i%97, i+1, i+1, i+1)
		if i%10 == 9 || i == comments-1 {
			b.WriteString(strings.Repeat("</ol></li>\n", i%10+1))
		}
	}
	b.WriteString("</ol></body></html>")
	return b.String()
}

func TestHTML_reads_threads_of_any_size(t *testing.T) {
	t.Parallel()
	keys := map[string]string{}
	for _, r := range readPage(t, "f", wordPressPage(3000)) {
		switch r := r.(type) {
		case Comment:
			keys[r.Key] = r.ParentKey
		case Problem:
			t.Error(r.Reason)
		}
	}
	same(t, "comments", len(keys), 3000)
	same(t, "top", keys["11"], "")
	same(t, "parent", keys["2995"], "2994")
}

func BenchmarkHTML(b *testing.B) {
	const comments = 2000
	page := wordPressPage(comments)
	b.SetBytes(int64(len(page)))
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		src := Source{Name: "f", R: strings.NewReader(page)}
		if err := (HTML{}).Read(b.Context(), src, func(Record) error { n++; return nil }); err != nil || n != comments+1 {
			b.Fatal(n, err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*comments), "ns/comment")
}

func TestHTML_refuses_what_is_too_large(t *testing.T) {
	t.Parallel()
	for want, page := range map[string]string{
		errLongPage.Error(): "<html><body>" + strings.Repeat("x", maxPage),
		errManyTags.Error(): "<html><body>" + strings.Repeat("<b>", maxPageTags),
	} {
		list := readPage(t, "f", page)
		if p, is := list[0].(Problem); !is || len(list) != 1 || !p.Refused || p.Reason != want {
			t.Errorf("%+.300v", list)
		}
	}
}
