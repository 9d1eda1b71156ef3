package main

import (
	"archive/zip"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hustings/internal/importer"
)

func TestExport_for_WordPress_comes_back(t *testing.T) {
	s := newShell(t)
	s.ok(scraped, "import", "-")
	file := s.ok("", "export", "--format", "wxr")
	if !strings.Contains(file, "<wp:wxr_version>1.2</wp:wxr_version>") || !strings.Contains(file, "It was there on Friday.") {
		t.Errorf("exported: %s", file)
	}
	var report importer.Report
	if err := json.Unmarshal([]byte(s.ok(file, "import", "--json", "--source", "there", "-")), &report); err != nil {
		t.Fatal(err)
	}
	if report.Format != "wxr" || report.Articles.Same != 1 || report.Comments.Same != 1 || len(report.Refused) != 0 {
		t.Errorf("report: %+v", report)
	}
}

func TestExport_as_pages_and_mail(t *testing.T) {
	s := newShell(t)
	dir := t.TempDir()
	s.ok(scraped, "import", "-")
	s.ok(`{"type":"article","slug":"CON","title":"Not ready","state":"draft","body_text":"Hidden text"}`+"\n"+
		`{"type":"article","slug":"con","title":"Ready <now>","body_text":"Shown text"}`+"\n", "import", "--source", "two", "-")
	out := filepath.Join(dir, "pages")
	s.ok("", "export", "--format", "html", "--out", out)
	pages := map[string]string{}
	entries, err := os.ReadDir(out)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		content, err := os.ReadFile(filepath.Join(out, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		pages[e.Name()] = string(content)
	}
	if len(pages) != 3 || !strings.Contains(pages["who-has-the-wheelbarrow.html"], "It was there on Friday.") || !strings.Contains(pages["index.html"], `href="con-`) {
		t.Errorf("pages: %v", pages)
	}
	if strings.Contains(strings.Join(slices.Collect(maps.Values(pages)), ""), "Hidden text") {
		t.Error("a draft is in the pages")
	}
	if status, _, told := s.run("", "export", "--format", "html", "--out", out); status != 1 || !strings.Contains(told, "empty folder") {
		t.Errorf("into a folder with something in it: %d %s", status, told)
	}
	archive := s.ok("", "export", "--format", "html")
	z, err := zip.NewReader(strings.NewReader(archive), int64(len(archive)))
	if err != nil || len(z.File) != 3 {
		t.Fatalf("%v %v", err, z)
	}
	one := s.ok("", "export", "--format", "html", "--article", "CON")
	if !strings.Contains(one, "Hidden text") {
		t.Errorf("an article asked for by its name: %s", one)
	}
	mail := s.ok("", "export", "--format", "mbox")
	if n := strings.Count("\n"+mail, "\nFrom "); n != 3 || !strings.Contains(mail, "It was there on Friday.") || strings.Contains(mail, "Hidden text") {
		t.Errorf("%d messages: %s", n, mail)
	}
	var report importer.Report
	status, printed, _ := s.run(archive, "import", "--json", "--source", "there", "-")
	if err := json.Unmarshal([]byte(printed), &report); err != nil {
		t.Fatal(err)
	}
	if report.Articles.New != 2 || report.Comments.New != 1 || status != 2 || !strings.Contains(report.Refused[0].Reason, "lists 2 articles") {
		t.Errorf("the pages came back as %+v", report)
	}
}
