package server_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"hustings/internal/action"
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
	p.In("main .go", "Import 3 new comments")
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
	p.In("main ul", "2 comments will go", "1 comment that was answered will become an empty place", "1 article stays")
	p.In("table", "Who has the wheelbarrow?", "There are comments in it that stay")
	_, p = b.arrives(b.post(found+"/undo", nil).wants(http.StatusSeeOther).location())
	p.In("h1", "Taken back")
	p.In("main ul", "2 comments have gone")
	page := s.anonymous().get("/articles/who-has-the-wheelbarrow").wants(200).page()
	page.In(".thread", "It still is.")
	page.None(`.thread .comment-author:contains("Arthur")`)
	b.post(found+"/apply", nil).wants(http.StatusConflict).page().In(".notice.wrong", "looked at")
}

func TestImport_in_the_browser_takes_pasted_text(t *testing.T) {
	t.Parallel()
	_, b := newImports(t)
	_, p := b.sent(map[string]string{"text": strings.ReplaceAll(wheelbarrow, "\n", "\r\n")})
	p.In(".standfirst", "pasted text: plain text")
	p.In("h1", "1 article and 3 comments")
}

func TestImport_in_the_browser_lists_what_it_leaves_out(t *testing.T) {
	t.Parallel()
	_, b := newImports(t)
	damaged := `{"type":"article","slug":"s","title":"T"}` + "\n" + `{"type":"comment","parent":null,"article":"s","id":"a","body_text":"x"}` + "\n" + strings.Repeat(`{"type":"comm`+"\n", 5)
	found, p := b.sent(nil, "damaged.jsonl", damaged)
	p.In(".problems td", "damaged.jsonl, line 3", "and 2 more places")
	p.In(".problems .over", "Left out")
	p.In("#f1l3.hit", `{"type":"comm`)
	p.In("main .go", "Import 1 new comment")
	p.In("form .hint", "Leaves 5 records out.")
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

func TestImport_of_a_folder_keeps_the_paths_and_passes_over_what_nobody_meant(t *testing.T) {
	t.Parallel()
	_, b := newImports(t)
	_, p := b.sent(nil, "old/2009/wheel.txt", wheelbarrow, "old/.DS_Store", "x", "old/__MACOSX/._wheel", "x", `old\.git\config`, "x", "", "",
		"old/empty.txt", "", `../../etc/<b>"x".txt`, strings.Replace(wheelbarrow, "wheelbarrow", "ladder", 1))
	p.In("h1", "2 articles and 6 comments")
	files := p.Text(".problems:has(th:contains('What came of it'))")
	for _, want := range []string{"old/2009/wheel.txt", "old/empty.txt", `etc/<b>"x".txt`} {
		if !strings.Contains(files, want) {
			t.Errorf("there is no %s in %s", want, files)
		}
	}
	for _, not := range []string{".DS_Store", "MACOSX", ".git", "../"} {
		if strings.Contains(files, not) {
			t.Errorf("%s is in %s", not, files)
		}
	}
	p.None("main b:contains('x')")
	p.In(".problems", "The file is empty.")
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

func TestImport_in_the_browser_says_what_is_wrong_with_the_form(t *testing.T) {
	t.Parallel()
	_, b := newImports(t)
	p := b.upload(nil, "", "").wants(http.StatusUnprocessableEntity).page()
	p.In("#err", "Please choose a file")
	p.In("#file[aria-invalid=true]")
	p = b.upload(map[string]string{"source": strings.Repeat("x", 201), "text": "\n kept", "address": "https://kept.example/"}).wants(http.StatusUnprocessableEntity).page()
	p.In("#err", "200 characters")
	p.In("details[open] #source[aria-invalid=true]")
	if got := p.Find("textarea").Text(); got != "\n kept" {
		t.Errorf("the text has become %q", got)
	}
	if got := p.Attr("#address", "value"); got != "https://kept.example/" {
		t.Errorf("the address has become %q", got)
	}
	b.upload(map[string]string{"address": "javascript:alert(1)"}).wants(http.StatusUnprocessableEntity).page().In("#address[aria-invalid=true]")
	b.upload(map[string]string{"zone": "Mars/Olympus", "text": "x"}).wants(http.StatusUnprocessableEntity).page().In("#err", "Mars/Olympus")
	b.upload(map[string]string{"format": "docx", "text": "x"}).wants(http.StatusUnprocessableEntity).page().In("#err", "docx")
	b.upload(map[string]string{"text": strings.Repeat("x", 9<<20)}).wants(http.StatusRequestEntityTooLarge).page().In("#err", "8 MB")
	b.post("/admin/import", nil).wants(http.StatusBadRequest)
	b.do(http.MethodPost, "/admin/import", "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nhalf").wants(http.StatusBadRequest)
	b.get("/admin/import").wants(200).page().None("#earlier") // nothing is left of all that
	for _, id := range []string{"unknown", "0", "-1", "01", "999", "99999999999999999999"} {
		for _, page := range []string{"", "/progress", "/events", "/result", "/undo", "/problems.csv"} {
			b.get("/admin/import/" + id + page).wants(http.StatusNotFound)
		}
		b.post("/admin/import/"+id+"/apply", nil).wants(http.StatusNotFound)
	}
	b.sent(nil, "binary", "\x00\x01\x02")
	b.sent(map[string]string{"source": "bad \xff\x00 name"}, "bad\xffname", "just a title")
}

func TestImport_keeps_files_that_have_arrived_while_the_form_is_put_right(t *testing.T) {
	t.Parallel()
	_, b := newImports(t)
	p := b.upload(map[string]string{"zone": "Mars/Olympus"}, "old/wheel.txt", wheelbarrow, "ladder.txt", strings.Replace(wheelbarrow, "wheelbarrow", "ladder", 1)).
		wants(http.StatusUnprocessableEntity).page()
	p.In(".notice", "2 files are here already", "old/wheel.txt", "ladder.txt")
	job := p.Attr(`input[name="job"]`, "value")
	b.get("/admin/import/"+job).wants(200).page().In(".notice", "2 files are here already")
	_, p = b.sent(map[string]string{"job": job, "text": strings.Replace(wheelbarrow, "wheelbarrow", "key", 1)})
	p.In("h1", "3 articles and 9 comments")
	p = b.upload(map[string]string{"job": job, "text": "too late, but kept"}).wants(http.StatusConflict).page()
	p.In("#err", "begun already")
	p.In("textarea", "too late, but kept")
	p.None(`input[name="job"]`)
}

func TestImport_keeps_what_was_typed_behind_a_file_that_is_wrong(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.signedIn("Chief", forum.Admin)
	job := b.upload(map[string]string{"zone": "Mars/Olympus"}, "0.txt", "x").page().Attr(`input[name="job"]`, "value")
	if _, err := s.pool.Exec(t.Context(), `insert into import_file (job_id, number, name, size) select $1::text::bigint, n, n || '.txt', 0 from generate_series(2, $2::int) n`,
		job, action.MaxImportFiles); err != nil {
		t.Fatal(err)
	}
	p := b.upload(map[string]string{"text": "pasted", "job": job}, "more.txt", "x", "", "", "and more.txt", "x").wants(http.StatusRequestEntityTooLarge).page()
	p.In("#err", "at most 10,000 files")
	p.In("textarea", "pasted")
	p.In(".notice", "10,000 files are here already")
}

func TestImport_says_when_what_was_found_is_out_of_date_or_gone(t *testing.T) {
	t.Parallel()
	s, b := newImports(t)
	found, _ := b.sent(nil, "wheel.txt", wheelbarrow)
	other, _ := b.sent(nil, "ladder.txt", strings.Replace(wheelbarrow, "wheelbarrow", "ladder", 1))
	b.arrives(b.post(other+"/apply", nil).wants(http.StatusSeeOther).location())
	p := b.get(found).wants(200).page()
	p.In(".notice.wait", "Another import has changed something")
	p.None("main button.go")
	b.post(found+"/apply", nil).wants(http.StatusConflict).page().In(".notice.wrong", "look at them again")
	_, p = b.arrives(b.post(p.Attr(".notice.wait form", "action"), nil).wants(http.StatusSeeOther).location())
	p.In("main button.go", "Import 3 new comments")
	s.exec(`update import_job set files_until = now() - interval '1 minute' where state = 'found'`)
	p = b.get(found).wants(200).page()
	p.In("main", "no longer kept")
	p.None("main button.go")
	p.None(".source")
	b.post(found+"/apply", nil).wants(http.StatusGone).page().In(".notice.wrong", "no longer kept")
}

func TestImport_that_failed_says_why_and_can_go_on(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.signedIn("Chief", forum.Admin)
	progress := b.upload(nil, "wheel.txt", wheelbarrow).location()
	at := strings.TrimSuffix(progress, "/progress")
	s.exec(`update import_job set state = 'failed', failure = 'The shed has burnt down.', ended_at = now()`)
	p := b.get(progress).wants(200).page()
	p.In("h1", "wheel.txt could not be finished")
	p.In(".standfirst", "The shed has burnt down.")
	b.get("/admin/import").page().In(".log .over", "stopped by an error")
	s.exec(`update import_job set shell = true`)
	p = b.get(progress).wants(200).page()
	p.In("main", "begun in the shell")
	p.None(`button[formaction$="/resume"]`)
	b.post(at+"/resume", nil).wants(http.StatusConflict).page().In(".notice.wrong", "begun in the shell")
	s.exec(`update import_job set shell = false`)
	b.post(at+"/resume", nil).wants(http.StatusSeeOther)
	if _, err := s.act.WorkImports(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, p = b.arrives(at)
	p.In("h1", "1 article and 3 comments")
	if kind := b.do(http.MethodHead, at+"/events", "", "").wants(200).Header.Get("Content-Type"); kind != "text/event-stream" {
		t.Errorf("asked for its head, the stream is %s", kind)
	}
}

func TestImports_that_there_were_are_listed_a_page_at_a_time(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.signedIn("Chief", forum.Admin)
	s.exec(`insert into import_job (shell, state) select true, 'done' from generate_series(1, 45)`)
	p := b.get("/admin/import").wants(200).page()
	p.Count(".log > li", 20)
	p.In(".log > li", "an import without files", "the shell")
	next := p.Attr("a[rel=next]", "href")
	p = b.get(next).wants(200).page()
	p.Count(".log > li", 20)
	p.In(".folio a", "The newest")
	p = b.get(p.Attr("a[rel=next]", "href")).wants(200).page()
	p.Count(".log > li", 5)
	p.None("a[rel=next]")
	for _, odd := range []string{"x", "-1", "0", "99999999999999999999"} {
		b.get("/admin/import?before="+odd).wants(200).page().Count(".log > li", 20)
	}
}

// exec changes what no action does.
func (s *site) exec(sql string) {
	s.t.Helper()
	if _, err := s.pool.Exec(s.t.Context(), sql); err != nil {
		s.t.Fatal(err)
	}
}

// readEvents reads the stream of an import to its end.
func (b *browser) readEvents(path string) (events []string) {
	b.t.Helper()
	a := b.get(path).wants(200)
	if kind := a.Header.Get("Content-Type"); kind != "text/event-stream" {
		b.t.Errorf("the stream is %s", kind)
	}
	for line := range strings.Lines(a.body) {
		if data, ok := strings.CutPrefix(strings.TrimSpace(line), "data: "); ok {
			events = append(events, data)
		}
	}
	return events
}

func TestImport_progress_is_a_page_and_a_stream_that_ends_with_the_work(t *testing.T) {
	t.Parallel()
	s := newSite(t) // nobody works yet
	b := s.signedIn("Chief", forum.Admin)
	progress := b.upload(nil, "wheel.txt", wheelbarrow).wants(http.StatusSeeOther).location()
	p := b.get(progress).wants(200).page()
	p.In("[aria-current=step]", "Progress")
	p.In(`[data-events] progress`)
	p.In(`[data-live="records"]`, "0")
	p.In("h1", "Looking at wheel.txt")
	if got := p.Attr(`head noscript`, "class") + p.Find("head noscript").Text(); !strings.Contains(got, `http-equiv="refresh"`) {
		t.Errorf("without script the page does not read itself again: %q", got)
	}
	found := strings.TrimSuffix(progress, "/progress")
	done := make(chan []string)
	go func() { done <- b.readEvents(found + "/events") }()
	if _, err := s.act.WorkImports(t.Context()); err != nil {
		t.Fatal(err)
	}
	events := <-done
	if last := events[len(events)-1]; !strings.Contains(last, `"next":"`+found+`"`) {
		t.Errorf("the stream ends with %s", last)
	}
}

func TestStreams_end_with_the_server_and_are_few(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.signedIn("Chief", forum.Admin)
	events := strings.TrimSuffix(b.upload(nil, "wheel.txt", wheelbarrow).location(), "progress") + "events"
	const most = 40
	begun, ended := make(chan bool), make(chan bool)
	for range most {
		go func() {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.srv.URL+events, nil)
			if err != nil {
				t.Error(err)
			}
			a, err := b.client.Do(r)
			if err != nil {
				t.Error(err)
				begun <- false
				ended <- false
				return
			}
			defer a.Body.Close() //nolint:errcheck // read to its end
			first := make([]byte, 6)
			_, err = io.ReadFull(a.Body, first)
			begun <- err == nil && string(first) == "data: "
			_, err = io.Copy(io.Discard, a.Body)
			ended <- err == nil
		}()
	}
	for range most {
		if !<-begun {
			t.Error("a stream says nothing at its beginning")
		}
	}
	a := b.get(events).wants(http.StatusServiceUnavailable)
	if a.Header.Get("Retry-After") == "" {
		t.Error("it is not said when to come again")
	}
	s.server.Drain()
	s.server.Drain() // twice is as good as once
	for range most {
		if !<-ended {
			t.Error("a stream was cut off")
		}
	}
}

func TestImport_that_waits_can_be_stopped_resumed_and_let_go_of(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.signedIn("Chief", forum.Admin)
	progress := b.upload(nil, "wheel.txt", wheelbarrow).location()
	at := strings.TrimSuffix(progress, "/progress")
	b.post(at+"/apply", nil).wants(http.StatusConflict).page().In(".notice.wrong", "looked at before")
	b.post(at+"/resume", nil).wants(http.StatusSeeOther)
	if to := b.post(at+"/cancel", nil).wants(http.StatusSeeOther).location(); to != progress {
		t.Errorf("stopped, it leads to %s", to)
	}
	p := b.get(progress).wants(200).page()
	p.In("h1", "wheel.txt was stopped")
	p.In(`button[formaction="` + at + `/resume"]`)
	p.None("[data-events]")
	if text := p.Find("head noscript").Text(); text != "" {
		t.Errorf("a page of something stopped reads itself again: %s", text)
	}
	b.post(at+"/resume", nil).wants(http.StatusSeeOther)
	b.get(progress).wants(200).page().In("[data-events]")
	if _, err := s.act.WorkImports(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.get(progress).wants(http.StatusSeeOther)
	b.post(at+"/discard", nil).wants(http.StatusSeeOther)
	b.get(at).wants(http.StatusNotFound)
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
