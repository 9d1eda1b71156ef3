package server_test

import (
	"net/http"
	"strings"
	"testing"

	"hustings/internal/action"
	"hustings/internal/forum"
)

func TestImport_in_the_browser_takes_pasted_text(t *testing.T) {
	t.Parallel()
	_, b := newImports(t)
	_, p := b.sent(map[string]string{"text": strings.ReplaceAll(wheelbarrow, "\n", "\r\n")})
	p.In(".standfirst", "pasted text: plain text")
	p.In("h1", "1 article and 3 comments")
}

func TestImport_of_a_folder_keeps_the_paths_and_passes_over_what_nobody_meant(t *testing.T) {
	t.Parallel()
	_, b := newImports(t)
	at, p := b.sent(nil, "old/2009/wheel.txt", wheelbarrow, "old/.DS_Store", "x", "old/__MACOSX/._wheel", "x", `old\.git\config`, "x", "", "",
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
	b.get(at, "Accept-Language", "de").wants(200).page().In(".problems td:not([lang])", "Die Datei ist leer.")
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
