package server_test

import (
	"bytes"
	"context"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"hustings/internal/forum"
	"hustings/internal/htmltest"
)

const wheelbarrow = `Who has the wheelbarrow?

It was by the water butt.

2 Responses

  1. Tom says:

    It was there on Friday.

    1. Jean says:

      It is by my <script>alert(1)</script> water butt.

  2. Arthur says:

    I saw it at the station.
`

// worker carries out imports, as the program does.
func (s *site) worker() {
	s.t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	wake, done := make(chan struct{}, 1), make(chan struct{})
	s.act.OnWork(func(string) {
		select {
		case wake <- struct{}{}:
		default:
		}
	})
	go func() {
		defer close(done)
		for {
			more, err := s.act.WorkImports(ctx)
			if err != nil && ctx.Err() == nil {
				s.t.Errorf("an import: %v", err)
			}
			if more {
				continue
			}
			select {
			case <-wake:
			case <-ctx.Done():
				return
			}
		}
	}()
	s.t.Cleanup(func() { stop(); <-done })
}

// newImports is a site where imports are carried out, and its admin.
func newImports(t *testing.T) (*site, *browser) {
	t.Helper()
	s := newSite(t)
	s.worker()
	return s, s.signedIn("Chief", forum.Admin)
}

// upload sends the import's form as a browser does, fields and files in the order
// of the form: names of files and their contents, one after the other.
func (b *browser) upload(fields map[string]string, files ...string) *answer {
	b.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	if job, ok := fields["job"]; ok { // stands at the beginning of the form
		if err := form.WriteField("job", job); err != nil {
			b.t.Fatal(err)
		}
	}
	for pair := range slices.Chunk(files, 2) {
		h := textproto.MIMEHeader{"Content-Disposition": {`form-data; name="file"; filename="` + strings.ReplaceAll(pair[0], `"`, "%22") + `"`},
			"Content-Type": {"application/octet-stream"}}
		part, err := form.CreatePart(h)
		if err == nil {
			_, err = part.Write([]byte(pair[1]))
		}
		if err != nil {
			b.t.Fatal(err)
		}
	}
	for name, value := range fields {
		if err := form.WriteField(name, value); err != nil {
			b.t.Fatal(err)
		}
	}
	if err := form.Close(); err != nil {
		b.t.Fatal(err)
	}
	return b.do(http.MethodPost, "/admin/import", form.FormDataContentType(), body.String())
}

// arrives follows an import to the page on which it comes to rest.
func (b *browser) arrives(at string) (string, *htmltest.Page) {
	b.t.Helper()
	for range 400 {
		a := b.get(at)
		switch {
		case a.StatusCode == http.StatusSeeOther:
			at = a.location()
		case a.StatusCode == http.StatusOK && strings.HasSuffix(at, "/progress") && strings.Contains(a.body, "data-events"):
			time.Sleep(10 * time.Millisecond)
		default:
			return at, a.wants(http.StatusOK).page()
		}
	}
	b.t.Fatalf("the import never came to rest, it is at %s", at)
	return "", nil
}

// sent uploads and gives the page with what was found.
func (b *browser) sent(fields map[string]string, files ...string) (string, *htmltest.Page) {
	b.t.Helper()
	return b.arrives(b.upload(fields, files...).wants(http.StatusSeeOther).location())
}

func TestImport_in_the_browser_shows_what_it_will_do_and_then_does_it(t *testing.T) {
	t.Parallel()
	s, b := newImports(t)
	b.get("/admin").wants(200).page().In(`a[href="/admin/import"]`)
	b.get("/admin/import").wants(200).page().In(`form[enctype="multipart/form-data"]:has(input[type="file"][multiple]):has(#folder[webkitdirectory]):has(#address):has(#text)`)

	found, p := b.sent(map[string]string{"source": "old site"}, "wheel.txt", wheelbarrow)
	p.In("[aria-current=step]", "What we found")
	p.In("h1", "1 article and 3 comments")
	p.In(".standfirst", "wheel.txt: plain text, 1 kB. Nothing has been written yet.")
	p.In(".figures tbody tr:nth-child(2) td", "3")
	p.In(`.source #f1l7`, "Tom says:")
	p.In(`.compare .thread [data-depth="2"] .comment-author`, "Jean")
	p.In(`.compare [data-depth="2"] a[href="#f1l11"]`, "line 11")
	p.None(".compare script")
	p.In("main .go", "Import 1 new article and 3 new comments")
	p.In("form .hint", "Adds 1 article and 3 comments.")
	b.get("/articles/who-has-the-wheelbarrow").wants(http.StatusNotFound) // looking writes nothing

	result, p := b.arrives(b.post(found+"/apply", nil).wants(http.StatusSeeOther).location())
	p.In("[aria-current=step]", "Result")
	p.In(`a[href="/articles/who-has-the-wheelbarrow"]`, "Who has the wheelbarrow?")
	s.anonymous().get("/articles/who-has-the-wheelbarrow").wants(200).page().In(`[data-depth="2"] .comment-body`, "<script>alert(1)</script>")
	if to := b.post(found+"/apply", nil).wants(http.StatusSeeOther).location(); to != result {
		t.Errorf("imported twice it leads to %s", to)
	}
	for _, elsewhere := range []string{found, found + "/progress"} {
		if to := b.get(elsewhere).wants(http.StatusSeeOther).location(); to != result {
			t.Errorf("%s leads to %s", elsewhere, to)
		}
	}
	other := s.signedIn("Other", forum.Admin)
	other.get(result).wants(200)
	other.get("/admin/import").wants(200).page().In(`.log li:has(a[href="`+result+`"])`, "wheel.txt", "imported", "Chief", "1 article and 3 comments")

	_, p = b.sent(map[string]string{"source": "old site"}, "wheel.txt", wheelbarrow)
	p.In("main", "Nothing to import", "here already")
	p.None("main .go")
}

func TestImport_is_taken_back_after_a_question(t *testing.T) {
	t.Parallel()
	s, b := newImports(t)
	found, _ := b.sent(nil, "wheel.txt", wheelbarrow)
	b.get(found + "/undo").wants(http.StatusSeeOther) // nothing is there to take back
	b.post(found+"/undo", nil).wants(http.StatusConflict).page().In(".notice.wrong", "changed nothing")
	_, p := b.arrives(b.post(found+"/apply", nil).location())
	p.In(`a[href="`+found+`/undo"]`, "Take it back")
	b.reply("who-has-the-wheelbarrow", fmt.Sprint(s.comment("It was there on Friday")), "It still is.")

	p = b.get(found + "/undo").wants(200).page()
	p.In("h1", "Take this import back?")
	p.In("main ul", "2 comments will go", "1 comment that was answered will become a placeholder", "1 article stays")
	p.In("table", "Who has the wheelbarrow?", "There are comments in it that stay")
	_, p = b.arrives(b.post(found+"/undo", nil).wants(http.StatusSeeOther).location())
	p.In("h1", "Taken back")
	p.In("main ul", "2 comments have gone")
	page := s.anonymous().get("/articles/who-has-the-wheelbarrow").wants(200).page()
	page.In(".thread", "It still is.")
	page.None(`.thread .comment-author:contains("Arthur")`)
	b.post(found+"/apply", nil).wants(http.StatusConflict).page().In(".notice.wrong", "looked at")
}

func TestImport_in_the_browser_lists_what_it_leaves_out(t *testing.T) {
	t.Parallel()
	_, b := newImports(t)
	damaged := `{"type":"article","slug":"s","title":"T"}` + "\n" + `{"type":"comment","parent":null,"article":"s","id":"a","body_text":"x"}` + "\n" + strings.Repeat(`{"type":"comm`+"\n", 5)
	found, p := b.sent(nil, "damaged.jsonl", damaged)
	p.In(".problems td", "damaged.jsonl, line 3", "and 2 more places")
	p.In(".problems a[href='#f1l3']", "damaged.jsonl, line 3")
	p.In(".problems .over", "Left out")
	p.In("#f1l3.hit", `{"type":"comm`)
	p.In("main .go", "Import 1 new article and 1 new comment")
	p.In("form .hint", "Leaves 5 records or files out.")
	csv := b.get(p.Attr(`a[href$=".csv"]`, "href")).wants(200)
	if n := strings.Count(csv.body, "damaged.jsonl"); n != 5 || !strings.Contains(csv.Header.Get("Content-Disposition"), "attachment") {
		t.Errorf("%d lines: %s", n, csv.body)
	}
	b.get(p.Attr(`a[href$=".json"]`, "href")).wants(200)
	b.arrives(b.post(found+"/apply", nil).location())
	_, p = b.sent(nil, "empty.jsonl", `{"odd":1}`+"\n")
	p.In("h1", "Nothing that can be read")
	p.None("main .go")
	b.post(p.Attr("#discard", "action"), nil).wants(http.StatusSeeOther)
	b.get("/admin/import").page().None(`.log li:contains("empty.jsonl")`)
}

func TestImport_lists_apart_what_was_changed_at_the_source_and_here(t *testing.T) {
	t.Parallel()
	s, b := newImports(t)
	file := `{"type":"article","slug":"s","title":"T"}` + "\n" + `{"type":"comment","parent":null,"article":"s","id":"a","author":"Tom","body_text":"as it was"}` + "\n"
	found, _ := b.sent(nil, "notes.jsonl", file)
	b.arrives(b.post(found+"/apply", nil).location())
	id := s.comment("as it was")
	b.post(fmt.Sprintf("/comments/%d/remove", id), url.Values{"reason": {"off_topic"}}).wants(http.StatusSeeOther)
	found, p := b.sent(nil, "notes.jsonl", strings.Replace(file, `"id":"a"`, `"id":"a","state":"spam"`, 1))
	p.In("main h2", "Changed at the source and here")
	p.In("main section:has(h3:contains('notes.jsonl, line 2'))", "stays")
	p.None(".problems:contains('stays')")
	s.exec(fmt.Sprintf(`update import_finding set ours = 'ours <b>', excerpt = 'theirs </p>', comment_id = %d where kind = 'conflict'`, id))
	p = b.get(found).wants(200).page()
	p.In(".compare > div:first-child .comment-body", "ours <b>")
	p.In(".compare > div:last-child .comment-body", "theirs </p>")
	p.In(fmt.Sprintf(`.compare a[href="/comments/%d"]`, id), "Here")
}

func TestImport_in_the_browser_leads_only_to_lines_that_it_shows(t *testing.T) {
	t.Parallel()
	_, b := newImports(t)
	damaged := strings.Replace(wheelbarrow, "on Friday", "on \x00\xff Friday", 1)
	_, p := b.sent(nil, "damaged.txt", damaged)
	p.In("#f1l9.hit", "on \uFFFD\uFFFD Friday")
	long := strings.Replace(wheelbarrow, "It was by the", strings.Repeat("It rained.\n\n", 300)+"It was by the", 1)
	_, p = b.sent(nil, "long.txt", long)
	p.In(`.compare a[href="#f1l607"]`, "line 607")
	p.In("#f1l607", "Tom says:")
	if n := p.Find(".source li").Length(); n > 50 {
		t.Errorf("%d lines are shown for three comments", n)
	}
	wide := strings.Replace(long, "  2. Arthur", strings.Repeat("     It rained.\n\n", 300)+"  2. Arthur", 1)
	_, p = b.sent(nil, "wide.txt", wide)
	p.In(".comment-head:not(:has(a))", "Arthur", "line 1215")
}

func TestImport_makes_old_addresses_lead_here(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for path, source := range map[string]string{
		"/2019/03/hedges/": "https://old.example/2019/03/hedges/", "/2019/03/gates": "https://old.example/2019/03/gates/",
		"/?p=12": "https://old.example/?p=12", "/caf%C3%A9": "https://old.example/caf%C3%A9?utm=x#top",
	} {
		slug := strings.Trim(strings.NewReplacer("/", "", "?", "", "=", "", "%", "").Replace(path), "/")
		s.load(`{"type":"article","slug":"` + slug + `","title":"T","source_url":"` + source + `"}`)
		if to := s.anonymous().get(path).wants(http.StatusMovedPermanently).location(); to != "/articles/"+slug {
			t.Errorf("%s leads to %s", path, to)
		}
	}
	s.load(`{"type":"article","slug":"weirs","title":"T","source_url":"https://old.example/blog?p=14"}`)
	for path, to := range map[string]string{"/blog?p=14": "/articles/weirs", "/blog/?p=14&x=y": "/articles/weirs",
		"/2019/03/hedges/?p=2": "/articles/201903hedges"} {
		if got := s.anonymous().get(path).wants(http.StatusMovedPermanently).location(); got != to {
			t.Errorf("%s leads to %s", path, got)
		}
	}
	for path, to := range map[string]string{"/?page_id=12": "/articles/p12", "/?attachment_id=12": "/articles/p12",
		"/2019/03/hedges/feed/": "/articles/201903hedges/comments.atom", "/2019/03/gates/feed": "/articles/201903gates/comments.atom",
		"/feed/": "/feed.atom", "/comments/feed/": "/comments.atom"} {
		if got := s.anonymous().get(path).wants(http.StatusMovedPermanently).location(); got != to {
			t.Errorf("%s leads to %s", path, got)
		}
	}
	s.anonymous().get("/nothing/feed/").wants(http.StatusNotFound)
	s.anonymous().get("/?p=13").wants(http.StatusOK)
	s.anonymous().get("/blog/").wants(http.StatusNotFound)
}
