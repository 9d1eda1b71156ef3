package server_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"hustings/internal/forum"
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

// upload sends the import's form as a browser does.
func (b *browser) upload(fields map[string]string, fileName, file string) *answer {
	b.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for name, value := range fields {
		if err := form.WriteField(name, value); err != nil {
			b.t.Fatal(err)
		}
	}
	part, err := form.CreateFormFile("file", fileName)
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := part.Write([]byte(file)); err != nil {
		b.t.Fatal(err)
	}
	if err := form.Close(); err != nil {
		b.t.Fatal(err)
	}
	return b.do(http.MethodPost, "/admin/import", form.FormDataContentType(), body.String())
}

func TestImport_in_the_browser_shows_what_it_will_do_and_then_does_it(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.signedIn("Chief", forum.Admin)
	b.get("/admin").wants(200).page().In(`a[href="/admin/import"]`)
	b.get("/admin/import").wants(200).page().In(`form[enctype="multipart/form-data"] input[type="file"]`)

	found := b.upload(map[string]string{"source": "old site"}, "wheel.txt", wheelbarrow).wants(http.StatusSeeOther).location()
	for range 2 { // looking writes nothing
		p := b.get(found).wants(200).page()
		p.In("h1", "What we found")
		p.In(".figures tbody tr:nth-child(2) td", "3")
		p.In(`.source #l7`, "Tom says:")
		p.In(`.compare .thread [data-depth="2"] .comment-author`, "Jean")
		p.None(".compare script")
	}
	b.get("/articles/who-has-the-wheelbarrow").wants(http.StatusNotFound)

	p := b.post(found, nil).wants(200).page()
	p.In("h1", "Imported")
	p.In(`a[href="/articles/who-has-the-wheelbarrow"]`, "Who has the wheelbarrow?")
	s.anonymous().get("/articles/who-has-the-wheelbarrow").wants(200).page().In(`[data-depth="2"] .comment-body`, "<script>alert(1)</script>")

	b.post(found, nil).wants(200).page().In(".figures tbody tr:nth-child(2) td:last-child", "3") // all the same
	if other := s.signedIn("Other", forum.Admin); other.get(found).StatusCode != http.StatusNotFound {
		t.Error("another admin sees a file that is not theirs")
	}
}

func TestImport_in_the_browser_takes_pasted_text(t *testing.T) {
	t.Parallel()
	b := newSite(t).signedIn("Chief", forum.Admin)
	found := b.upload(map[string]string{"text": wheelbarrow}, "", "").wants(http.StatusSeeOther).location()
	b.get(found).wants(200).page().In(".standfirst", "pasted text", "text")
}

func TestImport_in_the_browser_lists_what_it_leaves_out(t *testing.T) {
	t.Parallel()
	b := newSite(t).signedIn("Chief", forum.Admin)
	file := `{"type":"article","slug":"s","title":"T"}` + "\n" + `{"type":"comment","parent":null,"article":"s","id":"a","body_text":"x"}` + "\n" + `{"type":"comm` + "\n"
	found := b.upload(nil, "damaged.jsonl", file).wants(http.StatusSeeOther).location()
	p := b.get(found).wants(200).page()
	p.In(".problems a[href='#l3']", "line 3")
	p.In(".problems .over", "Left out")
	p.In("#l3.hit", `{"type":"comm`)
	p.In("main .go", "Import 1 new comment")
	p = b.get(b.upload(nil, "empty.jsonl", `{"odd":1}`+"\n").wants(http.StatusSeeOther).location()).wants(200).page()
	p.In("main", "Nothing to import", "no article in it that can be read")
	p.None("main .go")
	b.post(found, nil).wants(200)
	b.get(b.upload(nil, "damaged.jsonl", file).location()).page().In("main", "Nothing to import", "here already")
}

func TestImport_in_the_browser_leads_only_to_lines_that_it_shows(t *testing.T) {
	t.Parallel()
	b := newSite(t).signedIn("Chief", forum.Admin)
	damaged := strings.Replace(wheelbarrow, "on Friday", "on \x00\xff Friday", 1)
	p := b.get(b.upload(nil, "damaged.txt", damaged).location()).wants(200).page()
	p.In("#l9.hit", "on \uFFFD\uFFFD Friday")
	long := strings.Replace(wheelbarrow, "It was by the", strings.Repeat("It rained.\n\n", 300)+"It was by the", 1)
	p = b.get(b.upload(nil, "long.txt", long).location()).wants(200).page()
	p.In(".comment-head", "line 607")
	p.None(".comment-head a")
}

func TestImport_in_the_browser_says_what_is_wrong_with_the_form(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.signedIn("Chief", forum.Admin)
	b.upload(nil, "", "").wants(http.StatusUnprocessableEntity).page().In("#err", "Please choose a file")
	p := b.upload(map[string]string{"source": strings.Repeat("x", 201), "text": "kept"}, "", "").wants(http.StatusUnprocessableEntity).page()
	p.In("#err", "200 characters")
	p.In("textarea", "kept")
	b.upload(nil, "big", strings.Repeat("x", 33<<20)).wants(http.StatusRequestEntityTooLarge).page().In("main", "32 MB")
	b.post("/admin/import", nil).wants(http.StatusBadRequest)
	b.get("/admin/import/unknown").wants(http.StatusNotFound)
	b.post("/admin/import/unknown", nil).wants(http.StatusNotFound)
	found := b.upload(nil, "binary", "\x00\x01\x02").wants(http.StatusSeeOther).location()
	b.get(found).wants(200)
	found = b.upload(map[string]string{"source": "bad \xff\x00 name"}, "bad\xffname", "just a title").wants(http.StatusSeeOther).location()
	b.get(found).wants(200)
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
