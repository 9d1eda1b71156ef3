package importer

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// guard checks what must hold of any file, however broken.
type guard struct {
	t      *testing.T
	tree   bool            // parents come first
	known  map[string]bool // keys so far
	bytes  int
	number int
}

func (g *guard) take(r Record) error {
	g.number++
	switch r := r.(type) {
	case Article:
		g.text(r.Title, r.BodyText, r.BodyHTML, r.Slug, r.Key, r.Site, deref(r.Author), deref(r.SourceURL))
	case Problem:
		g.text(r.Reason, r.Excerpt)
		if utf8.RuneCountInString(r.Excerpt) > maxExcerpt {
			g.t.Fatalf("excerpt of %d bytes", len(r.Excerpt))
		}
	case Comment:
		g.text(r.ArticleKey, r.Key, r.ParentKey, deref(r.Author), deref(r.BodyText), deref(r.BodyHTML), deref(r.SourceText))
		if g.tree && (r.ParentKey != "" && !g.known[r.ParentKey] || g.known[r.Key]) {
			g.t.Fatalf("line %d: parent after child, or a key given twice", r.Line)
		}
		g.known[r.Key] = true
	}
	return nil
}

func (g *guard) text(list ...string) {
	for _, s := range list {
		g.bytes += len(s)
		if !utf8.ValidString(s) || strings.IndexByte(s, 0) >= 0 {
			g.t.Fatalf("not text: %q", s)
		}
	}
}

func fuzz(f *testing.F, format Format, tree bool, pattern string) {
	files, _ := filepath.Glob(pattern)
	for _, file := range files {
		if data, err := os.ReadFile(file); err == nil {
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		g := &guard{t: t, tree: tree, known: map[string]bool{}}
		src := Source{Name: "f", R: strings.NewReader(string(data))}
		if err := format.Read(context.Background(), src, g.take); err != nil {
			t.Fatal(err)
		}
		// Keys, reasons and excerpts take some hundred bytes a record; a line
		// makes at most one comment with its placeholders and two problems.
		lines := strings.Count(string(data), "\n") + 1
		if g.number > lines*(maxVanished+4)+1 || g.bytes > 3*len(data)+g.number*700 {
			t.Fatalf("%d records, %d bytes of %d", g.number, g.bytes, len(data))
		}
	})
}

func FuzzText(f *testing.F) {
	f.Add([]byte("T\n\n  1. a says:\n\n    b\n\n      1. c\n"))
	f.Add([]byte("T\n\n  • a\n\n\n    July 1, 2020 at 1:02 am\n"))
	fuzz(f, Text{}, true, "testdata/*.txt")
}

func FuzzJSONL(f *testing.F) {
	f.Add([]byte(`{"type":"hustings","version":1}` + "\n" + `{"type":"article","slug":"s","title":"t"}` + "\n" +
		`{"type":"comment","article":"s","id":"1","parent":null,"body_text":"\u0000","created_at":"2020-01-01T00:00:00Z"}`))
	fuzz(f, JSONL{}, false, "testdata/*.jsonl")
}
