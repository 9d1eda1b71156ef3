package importer

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// foreignFormats are those of other comment systems, with the folder of their samples.
var foreignFormats = map[string]Format{
	"disqus": Disqus{}, "remark42": Remark42{}, "commento": Commento{}, "comentario": Comentario{},
	"isso": Isso{}, "blogger": Blogger{}, "mt": MovableType{}, "wprest": WPREST{},
}

// samples are the files of a format, without what was expected of them.
func samplesOf(t *testing.T, folder string) []string {
	t.Helper()
	all, err := filepath.Glob("testdata/" + folder + "/*")
	var files []string
	for _, f := range all {
		if filepath.Ext(f) != ".golden" {
			files = append(files, f)
		}
	}
	if err != nil || len(files) < 2 {
		t.Fatalf("%d samples of %s: %v", len(files), folder, err)
	}
	return files
}

func TestForeign_golden_files(t *testing.T) {
	t.Parallel()
	for folder, format := range foreignFormats {
		for _, file := range samplesOf(t, folder) {
			t.Run(folder+"/"+filepath.Base(file), func(t *testing.T) {
				t.Parallel()
				data, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				checkGolden(t, file+".golden", describeRecords(recordsOf(t, format, string(data))))
			})
		}
	}
}

// recordsOf reads a file as a format, whatever it looks like.
func recordsOf(t *testing.T, format Format, data string) []Record {
	t.Helper()
	var list []Record
	src, _, err := Open(Source{Name: "file", R: strings.NewReader(data)})
	if err != nil {
		t.Fatal(err)
	}
	if err := format.Read(context.Background(), src, func(r Record) error {
		list = append(list, r)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return list
}

// describeRecords writes records down, a paragraph for each.
func describeRecords(list []Record) string {
	var b strings.Builder
	field := func(name string, value string) {
		if value != "" {
			fmt.Fprintf(&b, "  %s: %q\n", name, value)
		}
	}
	// Problems come last: when a filter tells of them depends on its buffer.
	slices.SortStableFunc(list, func(a, b Record) int {
		p, is := a.(Problem)
		q, also := b.(Problem)
		switch {
		case is && also:
			return cmp.Or(cmp.Compare(p.Line, q.Line), cmp.Compare(p.Column, q.Column))
		case is:
			return 1
		case also:
			return -1
		}
		return 0
	})
	for _, r := range list {
		switch r := r.(type) {
		case Article:
			fmt.Fprintf(&b, "article %s (line %d, %s, %s)\n", r.Key, r.Line, r.State, r.Replies)
			field("site", r.Site)
			field("slug", r.Slug)
			field("title", r.Title)
			field("standfirst", r.Standfirst)
			field("author", deref(r.Author))
			field("at", exact(r.PublishedAt))
			field("url", deref(r.SourceURL))
			field("old urls", strings.Join(r.OldURLs, " "))
			field("html", r.BodyHTML)
			field("text", r.BodyText)
		case Comment:
			fmt.Fprintf(&b, "%s %s (line %d, %s)\n", r.Kind, r.Key, r.Line, r.State)
			field("on", r.ArticleKey)
			field("answers", r.ParentKey)
			field("author", deref(r.Author))
			field("kind", strings.TrimPrefix(r.AuthorKind, "imported"))
			field("who", strings.TrimSpace(r.AuthorKey+" "+r.AuthorEmail+" "+r.AuthorURL))
			field("anchor", r.Anchor)
			field("at", exact(r.CreatedAt))
			field("edited", exact(r.EditedAt))
			field("markdown", deref(r.SourceText))
			field("html", deref(r.BodyHTML))
			if r.BodyText != nil {
				fmt.Fprintf(&b, "  text: %q\n", *r.BodyText)
			}
		case Problem:
			verb := "put right"
			if r.Refused {
				verb = "refused"
			}
			fmt.Fprintf(&b, "%s in line %d, column %d: %s\n", verb, r.Line, r.Column, r.Reason)
			field("at", r.Excerpt)
		}
	}
	return b.String()
}

func exact(at *time.Time) string {
	if at == nil {
		return ""
	}
	return at.Format(time.RFC3339Nano)
}

// TestSniff_knows_every_sample_and_takes_it_for_nothing_else feeds the samples of
// every format to every other one.
func TestSniff_knows_every_sample_and_takes_it_for_nothing_else(t *testing.T) {
	t.Parallel()
	for folder := range foreignFormats {
		for _, file := range samplesOf(t, folder) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range Formats() {
				score := f.Sniff("import.dat", data)
				switch {
				case f.Name() == folder && score < 80:
					t.Errorf("%s is taken for %s with %d only", file, f.Name(), score)
				case f.Name() != folder && score >= 70:
					t.Errorf("%s is taken for %s with %d", file, f.Name(), score)
				}
			}
		}
	}
	for _, pattern := range []string{"testdata/*.txt", "testdata/wxr/*.xml"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for name, f := range foreignFormats {
				if score := f.Sniff("export.json", data); score > 0 {
					t.Errorf("%s is taken for %s with %d", file, name, score)
				}
			}
		}
	}
}

func TestSniff_takes_other_things_for_no_foreign_format(t *testing.T) {
	t.Parallel()
	for what, head := range map[string]string{
		"nothing":     "",
		"white space": " \n",
		"json":        `{"version":3,"dependencies":{}}`,
		"lock file":   `{"version":1,"packages":[]}`,
		"list":        `[{"id":1,"title":"x"}]`,
		"ours":        `{"type":"hustings","version":1}` + "\n" + `{"type":"comment","parent":null,"article":"a","id":"1","body_text":"\"pid\" \"locator\""}`,
		"atom":        `<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>Moving away from disqus.com</title></entry></feed>`,
		"html":        `<html><script src="https://x.disqus.com/embed.js"></script></html>`,
		"sql":         "CREATE TABLE comments (id INTEGER, body TEXT);\nINSERT INTO comments VALUES(1,'x');",
		"prose":       "TITLE: a word on titles\n\nText.",
		"front":       "---\ntitle: x\n---\n",
	} {
		for name, f := range foreignFormats {
			if score := f.Sniff("disqus.xml", []byte(head)); score > 0 {
				t.Errorf("%s is taken for %s with %d", what, name, score)
			}
		}
	}
}

// The feeds that Blogger makes for readers have its ids, too, but do not say what each
// entry is.
func TestSniff_takes_only_exports_of_Blogger_for_such(t *testing.T) {
	t.Parallel()
	const head = `<feed xmlns="http://www.w3.org/2005/Atom" xmlns:blogger="http://schemas.google.com/blogger/20`
	for file, want := range map[string]string{
		head + `08"><id>tag:blogger.com,1999:blog-1.post2..comments</id><entry><id>tag:blogger.com,1999:blog-1.post-3</id><title>A</title></entry></feed>`:    "feed",
		head + `18"><entry><id>tag:blogger.com,1999:blog-1.post-3</id><blogger:type>POST</blogger:type></entry></feed>`:                                       "blogger",
		head + `08"><entry><category scheme="http://schemas.google.com/g/2005#kind" term="http://schemas.google.com/blogger/2008/kind#post"/></entry></feed>`: "blogger",
	} {
		if f, err := Sniff("feed.atom", []byte(file)); err != nil || f.Name() != want {
			t.Errorf("%s is taken as %v, %v", file, f, err)
		}
	}
	for id, want := range map[string]string{
		"tag:blogger.com,1999:blog-12.post-345":                     "345",
		"http://www.blogger.com/feeds/12/345/comments/default/6789": "6789",
		"tag:blogger.com,1999:blog-12.post-a1":                      "a1",
		"http://b.example/2009/10/a.html?showComment=1260#c4788":    "4788",
	} {
		if got := bloggerID(id); got != want {
			t.Errorf("%q is %q, not %q", id, got, want)
		}
	}
}
