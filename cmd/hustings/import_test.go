package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hustings/internal/importer"
)

const scraped = `Who has the wheelbarrow?

It was by the water butt.

1 Response

  1. Tom says:

    It was there on Friday.
`

func write(t *testing.T, name, content string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestImport_export_and_check(t *testing.T) {
	s := newShell(t)
	dir := t.TempDir()
	write(t, filepath.Join(dir, "in", "one.txt"), scraped)
	write(t, filepath.Join(dir, "in", "deeper", "two.txt"), strings.Replace(scraped, "wheelbarrow", "ladder", 1))
	write(t, filepath.Join(dir, "in", ".hidden", "three.txt"), "never read")
	write(t, filepath.Join(dir, "in", "Thumbs.db"), "never read")

	if out := s.ok("", "import", "--dry-run", filepath.Join(dir, "in")); !strings.Contains(out, "nothing was written") {
		t.Errorf("the dry run says %s", out)
	}
	var report importer.Report
	if err := json.Unmarshal([]byte(s.ok("", "import", "--json", filepath.Join(dir, "in"))), &report); err != nil {
		t.Fatal(err)
	}
	if report.Articles.New != 2 || report.Comments.New != 2 || len(report.Files) != 2 || report.Format != "text" {
		t.Errorf("report: %+v", report)
	}
	exported := s.ok("", "export")
	if n := strings.Count(exported, "\n"); n != 5 {
		t.Errorf("%d lines exported:\n%s", n, exported)
	}
	if out := s.ok(exported, "import", "--source", "elsewhere", "-"); !strings.Contains(out, "comments          0        0        2") {
		t.Errorf("a site's own export: %s", out)
	}
	file := filepath.Join(dir, "out.jsonl")
	s.ok("", "export", "--article", "who-has-the-ladder", "--out", file)
	if content, err := os.ReadFile(file); err != nil || strings.Count(string(content), "\n") != 3 {
		t.Errorf("%v %s", err, content)
	}
	if out := s.ok("", "check"); !strings.Contains(out, "holds together") {
		t.Errorf("check says %s", out)
	}
	if out := s.ok("", "check", "--json"); !strings.Contains(out, `"ok":true`) {
		t.Errorf("check says %s", out)
	}
}

func TestImport_exit_codes(t *testing.T) {
	s := newShell(t)
	damaged := `{"type":"article","slug":"s","title":"T"}` + "\n" + `{"type":"comm` + "\n"
	for name, c := range map[string]struct {
		in   string
		args []string
		code int
		said string // on standard output or standard error
	}{
		"some records refused": {damaged, []string{"-"}, 2, "-:2"},
		"no record read":       {`{"type":"article"`, []string{"-"}, 1, "Left out (1)"},
		"no such file":         {"", []string{"/nowhere/at/all"}, 1, "/nowhere/at/all can’t be read"},
		"a private address":    {"", []string{"http://127.0.0.1/"}, 1, "leads to an address inside a private network"},
		"no such format":       {"", []string{"--format", "docx", "-"}, 1, "docx"},
		"no such zone":         {"", []string{"--zone", "Mars/Olympus", "-"}, 1, "Mars/Olympus"},
		"no argument":          {"", nil, exitUsage, "<path>"},
	} {
		code, out, stderr := s.run(c.in, append([]string{"import"}, c.args...)...)
		if code != c.code || !strings.Contains(out+stderr, c.said) {
			t.Errorf("%s: exit %d, want %d; %s%s", name, code, c.code, out, stderr)
		}
	}
	if _, out, _ := s.run(`{"type":"article"`, "import", "--format", "auto", "-"); !strings.HasPrefix(out, "Nothing was imported: 1 file") || strings.Contains(out, "(auto)") || strings.Contains(out, "--undo") {
		t.Errorf("an import that brought nothing says %s", out)
	}
	good := filepath.Join(t.TempDir(), "good.jsonl")
	write(t, good, `{"type":"article","slug":"good","title":"Good"}`)
	if code, out, stderr := s.run("", "import", "--json", "/nowhere/at/all", good); code != 2 || !strings.Contains(out, `"new":1`) || !strings.Contains(out, `"file":"/nowhere/at/all"`) {
		t.Errorf("a file that is missing beside a good one: exit %d, %s%s", code, out, stderr)
	}
	if code, _, stderr := s.run("", "export", "--article", "nothing"); code != exitFailed || !strings.Contains(stderr, "no such article") {
		t.Errorf("exit %d, %s", code, stderr)
	}
	file := filepath.Join(t.TempDir(), "kept")
	write(t, file, "as it was")
	s.run("", "export", "--article", "nothing", "--out", file)
	if content, err := os.ReadFile(file); err != nil || string(content) != "as it was" {
		t.Errorf("a failed export touched the file: %v %s", err, content)
	}
}
