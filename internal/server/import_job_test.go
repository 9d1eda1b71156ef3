package server_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"hustings/internal/forum"
)

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
	p.In("main button.go", "Import 1 new article and 3 new comments")
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
	p.In("h1", "Not finished: wheel.txt")
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
	p.In("h1", "Stopped: wheel.txt")
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
