package server_test

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hustings/internal/forum"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// oldFiles are what somebody may have kept of old sites: half of them damaged, some
// with names and contents that want to be more than text.
func oldFiles(t *testing.T) (folder string) {
	t.Helper()
	folder = filepath.Join(t.TempDir(), "old site")
	about := func(what string) string { return strings.Replace(wheelbarrow, "wheelbarrow", what, 1) }
	var packed bytes.Buffer
	z := zip.NewWriter(&packed)
	for name, content := range map[string]string{"inner/bench.txt": about("bench"), "../evil.txt": about("evil")} {
		w, err := z.Create(name)
		if err == nil {
			_, err = io.WriteString(w, content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"2009/wheelbarrow.txt":                     wheelbarrow,
		"2009/damaged.txt":                         strings.Replace(about("ladder"), "Friday", "Fri\x00d\xe9y", 1),
		"<img src=x onerror=alert(1)>/\"key\".txt": about("<b>key</b>"),
		"notes.jsonl": `{"type":"article","slug":"notes","title":"<script>alert(2)</script>"}` + "\n" +
			`{"type":"comment","article":"notes","id":"a","parent":null,"author":"<svg onload=alert(3)>","body_html":"<p>Mind the nail.<script>alert(4)</script></p>"}` + "\n" +
			`{"type":"comm` + "\n",
		"photo.jpg":   strings.Repeat("\xff\xd8\x00\x01", 500),
		"empty.txt":   "",
		".hidden":     "never meant",
		"archive.zip": packed.String(),
	} {
		path := filepath.Join(folder, filepath.FromSlash(name))
		err := os.MkdirAll(filepath.Dir(path), 0o700)
		if err == nil {
			err = os.WriteFile(path, []byte(content), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func TestBrowser_imports_a_folder_dropped_on_the_page_and_takes_it_back(t *testing.T) {
	t.Parallel()
	tellImport(t, true)
}

func TestBrowser_the_same_import_with_JavaScript_off(t *testing.T) {
	t.Parallel()
	tellImport(t, false)
}

// tellImport is a whole import in a real browser. Nobody works on it until its
// progress has been looked at.
func tellImport(t *testing.T, script bool) {
	browser := startBrowser(t)
	s := newSite(t)
	s.account("Chief", forum.Admin)
	w := newWindow(t, browser, s.srv.URL, script)
	w.signIn("Chief")
	folder := oldFiles(t)
	w.visit("/admin/import")
	if script {
		w.drop(folder)
		w.until(`document.querySelector("#chosen-count").textContent === "7" && document.querySelector("#passed-count").textContent === "1" && document.querySelector("#chosen-names").textContent.includes("old site/2009/wheelbarrow.txt")`)
	} else {
		w.choose("#file", filesIn(t, folder)...)
	}
	w.click("#import button.go")
	w.watches(s, "Looking at", "What we found")

	w.says("h1", "5 articles")
	w.says("main", "The file is empty.", "The line ends in the middle", "The name leads out of the archive", "NUL character", "photo.jpg", `archive.zip/inner/bench.txt`)
	if script {
		w.says("main", `old site/<img src=x onerror=alert(1)>/"key".txt`)
	}
	w.click("main form[action$='/apply'] button.go")
	w.watches(s, "Importing", "Result")
	w.says("main h2", "Where they are now")
	w.says("main", "<script>alert(2)</script>", "Who has the <b>key</b>?")

	w.click("main a[href='/articles/who-has-the-wheelbarrow']")
	w.says(".thread", "It is by my <script>alert(1)</script> water butt.")
	w.visit("/articles/notes")
	w.says(".thread", "<svg onload=alert(3)>", "Mind the nail.")

	w.visit("/admin/import")
	w.click("#earlier ~ .log a")
	w.click("main a[href$='/undo']")
	w.says("h1", "Take this import back?")
	w.says("main ul", "5 articles will go")
	w.click("main form[action$='/undo'] button.stop")
	w.watches(s, "Taking back", "Result")
	w.says("h1", "Taken back")
	w.says("main ul", "5 articles have gone")
	s.anonymous().get("/articles/who-has-the-wheelbarrow").wants(http.StatusNotFound)
}

// watches sees an import wait on its page of progress, has the work done, and sees
// the page go on by itself to the step after it.
func (w *window) watches(s *site, doing, then string) {
	w.t.Helper()
	w.until(`document.querySelector("[data-events] progress")`)
	w.says("h1", doing)
	if _, err := s.act.WorkImports(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	w.until(fmt.Sprintf(`document.querySelector("[aria-current=step]")?.innerText.includes(%q)`, then))
}

// says waits until what a selector finds has the words.
func (w *window) says(selector string, words ...string) {
	w.t.Helper()
	for _, text := range words {
		w.until(fmt.Sprintf(`[...document.querySelectorAll(%q)].some(e => e.textContent.includes(%q))`, selector, text))
	}
}

// forgive forgets what the browser said of an answer that was wanted.
func (w *window) forgive(status string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.problems = slices.DeleteFunc(w.problems, func(s string) bool { return strings.Contains(s, "status of "+status) })
}

// choose puts files into a field, as its dialog would.
func (w *window) choose(selector string, files ...string) {
	w.t.Helper()
	w.run(chromedp.SetUploadFiles(chromedp.CSS(selector), files))
}

// filesIn lists the files of a folder, hidden ones left out.
func filesIn(t *testing.T, folder string) (list []string) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && !strings.HasPrefix(entry.Name(), ".") {
			list = append(list, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// drop drags something from a file manager over the page and lets go of it.
func (w *window) drop(path string) {
	w.t.Helper()
	w.until(`!document.querySelector("#drop").hidden`)
	data := &input.DragData{Items: []*input.DragDataItem{}, Files: []string{path}, DragOperationsMask: 1}
	w.run(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		for _, kind := range []input.DispatchDragEventType{"dragEnter", "dragOver", "drop"} {
			if _, err := cdp.Call(ctx, t, input.DispatchDragEvent, input.DispatchDragEventParams{Type: kind, X: 200, Y: 200, Data: data}); err != nil {
				return err
			}
		}
		return nil
	}))
}

func TestBrowser_says_what_went_wrong_with_an_upload_and_keeps_the_files(t *testing.T) {
	t.Parallel()
	browser := startBrowser(t)
	s := newSite(t)
	s.worker()
	s.account("Chief", forum.Admin)
	w := newWindow(t, browser, s.srv.URL, true)
	w.signIn("Chief")
	w.visit("/admin/import")
	w.choose("#folder", oldFiles(t))
	w.until(`document.querySelector("#chosen-count").textContent === "7"`)
	w.click("#import details summary")
	w.write("#zone", "Mars/Olympus")
	w.click("#import button.go")
	w.says("#import .notice.wrong[role=alert]", "Mars/Olympus")
	w.forgive("422") // browsers tell of it as of a fault
	w.says("#import .notice", "7 files are here already")
	w.says("#import details[open] #zone + .hint", "Europe")
	w.write("#zone", "Europe/London")
	w.click("#import button.go")
	w.says("[aria-current=step]", "What we found")
	w.says("main", "old site/2009/wheelbarrow.txt")
	w.visit("/admin/import")
	if text := value[string](w, `document.querySelector(".log").innerText`); strings.Contains(text, "not all of it") {
		t.Errorf("the upload that failed has left something: %s", text)
	}
}
