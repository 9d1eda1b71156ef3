package importer

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestMarkdown_golden_files(t *testing.T) {
	t.Parallel()
	for _, file := range samplesOf(t, "markdown") {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		list := recordsOf(t, Markdown{}, string(data))
		got := describeRecords(list)
		for _, r := range list {
			if a, ok := r.(Article); ok {
				got += "  markdown: " + a.BodyMarkdown + "\n"
			}
		}
		checkGolden(t, file+".golden", got)
	}
}

func TestMarkdown_is_known_by_what_it_holds(t *testing.T) {
	t.Parallel()
	for _, file := range samplesOf(t, "markdown") {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		f, err := Sniff("import.dat", data)
		if err != nil || f.Name() != "markdown" {
			t.Errorf("%s is taken for %v: %v", file, f, err)
		}
	}
	for folder := range foreignFormats {
		for _, file := range samplesOf(t, folder) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if score := (Markdown{}).Sniff(file, data); score > 0 {
				t.Errorf("%s is taken for Markdown with %d", file, score)
			}
		}
	}
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if f, err := Sniff("x.md", data); err != nil || f.Name() != "text" {
			t.Errorf("%s is taken for %v", file, f)
		}
	}
	for what, head := range map[string]string{
		"a rule":       "---\nText\n\n---\n",
		"JSON Lines":   `{"type":"article","slug":"s","title":"T"}` + "\n" + `{"type":"comment"}`,
		"one JSON":     `{"title":"T"}`,
		"never closed": "---\ntitle: x\n",
	} {
		if score := (Markdown{}).Sniff("x.md", []byte(head)); score > 0 {
			t.Errorf("%s is taken for Markdown with %d", what, score)
		}
	}
}

func TestMarkdown_takes_from_the_name_what_the_file_does_not_say(t *testing.T) {
	t.Parallel()
	a := readMarkdown(t, "b/_posts/2014-05-03-lime-scale.html", "---\ntitle: Lime\n---\n<p>x</p>\n")
	same(t, "slug", a.Slug, "lime-scale")
	same(t, "date", exact(a.PublishedAt), "2014-05-03T00:00:00Z")
	same(t, "html", a.BodyHTML, "<p>x</p>")
	same(t, "markdown", a.BodyMarkdown, "")
	// The name is no part of what the article is.
	same(t, "key", readMarkdown(t, "other.md", "---\ntitle: Lime\n---\nCorrected\n").Key, a.Key)
}

func readMarkdown(t *testing.T, name, data string) (a Article) {
	t.Helper()
	src := Source{Name: name, R: strings.NewReader(data)}
	if err := (Markdown{}).Read(context.Background(), src, func(r Record) error {
		a, _ = r.(Article)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return a
}

func FuzzMarkdown(f *testing.F) {
	files, _ := filepath.Glob("testdata/markdown/*.md")
	for _, file := range files {
		if data, err := os.ReadFile(file); err == nil {
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		g := &guard{t: t, known: map[string]bool{}}
		src := Source{Name: "f", R: strings.NewReader(string(data))}
		if err := (Markdown{}).Read(context.Background(), src, func(r Record) error {
			if a, ok := r.(Article); ok {
				g.text(a.BodyMarkdown)
				g.text(a.OldURLs...)
			}
			return g.take(r)
		}); err != nil {
			t.Fatal(err)
		}
		if g.number > 4 || g.bytes > 12*len(data)+4000 {
			t.Fatalf("%d records, %d bytes of %d", g.number, g.bytes, len(data))
		}
		(Markdown{}).Sniff("f", data)
	})
}
