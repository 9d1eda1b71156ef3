package exporter_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"hustings/internal/exporter"
	"hustings/internal/importer"
)

func ptr[T any](v T) *T { return &v }

// hard are texts that writers of JSON like to change.
const hard = "a \"b\" \\c <d> & e\u2028f\u2029 g\u00a0h\ti\r\nj \u0001\x1f 😉 ĺ e\u0301 \u202e `k’ "

func full() (exporter.Article, exporter.Comment) {
	when := time.Date(2021, 7, 26, 18, 31, 0, 123456000, time.FixedZone("", 3600))
	return exporter.Article{
			ID: "01", Slug: "tea", Title: hard, State: "draft", Replies: "locked",
			SourceURL: ptr("https://example.org/?p=1&q=2"), Author: ptr("Ann"), PublishedAt: &when,
			BodyHTML: "<p>" + hard + "</p>", Comments: 47,
		}, exporter.Comment{
			Article: "tea", ID: "02", Parent: ptr("03"), Path: ptr("9.3.1.2"), Depth: 4,
			Author: ptr(" Bo "), AuthorKind: "guest", CreatedAt: &when, EditedAt: &when,
			State: "held", Branch: ptr("locked"), Kind: "comment", SourceText: ptr(hard),
			BodyHTML: "<p>x</p>", BodyText: ptr(hard),
		}
}

func write(t *testing.T, articles []exporter.Article, comments []exporter.Comment) string {
	t.Helper()
	var b bytes.Buffer
	w := exporter.NewJSONL(&b)
	for _, a := range articles {
		if err := w.Article(a); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range comments {
		if err := w.Comment(c); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestJSONL_writes_the_contract_s_lines(t *testing.T) {
	t.Parallel()
	got := write(t,
		[]exporter.Article{{ID: "a", Slug: "s", Title: "<T> & \"t\"", State: "published", Replies: "open"}},
		[]exporter.Comment{{Article: "s", ID: "c", Depth: 1, AuthorKind: "unknown", State: "published", Kind: "placeholder"}})
	want := `{"type":"hustings","version":1}
{"type":"article","id":"a","slug":"s","title":"<T> & \"t\"","state":"published","replies":"open","source_url":null,"author":null,"published_at":null,"body_html":"","comments":0}
{"type":"comment","article":"s","id":"c","parent":null,"path":null,"depth":1,"author":null,"author_kind":"unknown","created_at":null,"edited_at":null,"state":"published","branch":null,"kind":"placeholder","source_text":null,"body_html":"","body_text":null}
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestJSONL_is_JSON_that_keeps_every_character(t *testing.T) {
	t.Parallel()
	a, c := full()
	out := write(t, []exporter.Article{a}, []exporter.Comment{c})
	lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	if len(lines) != 3 || !strings.Contains(out, "<d> & e\u2028f") || !strings.Contains(out, `"published_at":"2021-07-26T17:31:00.123456Z"`) {
		t.Errorf("%d lines: %s", len(lines), out)
	}
	var back struct{ Title string }
	if err := json.Unmarshal([]byte(lines[1]), &back); err != nil || back.Title != hard {
		t.Errorf("title %q, %v", back.Title, err)
	}
	broken := write(t, []exporter.Article{{Title: "a\xffb"}}, nil)
	if !strings.Contains(broken, `"title":"a`+"\uFFFD"+`b"`) {
		t.Errorf("invalid bytes: %s", broken)
	}
}

// reread makes export values of what the importer reads; what only the store
// knows (path, depth, counts) is taken from the originals.
func reread(t *testing.T, file string, a exporter.Article, c exporter.Comment) string {
	t.Helper()
	var articles []exporter.Article
	var comments []exporter.Comment
	src := importer.Source{Name: "x", R: strings.NewReader(file)}
	_, err := importer.Read(context.Background(), src, "auto", func(r importer.Record) error {
		switch r := r.(type) {
		case importer.Article:
			articles = append(articles, exporter.Article{
				ID: r.ID, Slug: r.Slug, Title: r.Title, State: r.State, Replies: r.Replies, SourceURL: r.SourceURL,
				Author: r.Author, PublishedAt: r.PublishedAt, BodyHTML: r.BodyHTML, Comments: a.Comments,
			})
		case importer.Comment:
			comments = append(comments, exporter.Comment{
				Article: r.ArticleKey, ID: r.ID, Parent: &r.ParentKey, Path: c.Path, Depth: c.Depth,
				Author: r.Author, AuthorKind: r.AuthorKind, CreatedAt: r.CreatedAt, EditedAt: r.EditedAt,
				State: r.State, Branch: &r.Branch, Kind: string(r.Kind), SourceText: r.SourceText,
				BodyHTML: *r.BodyHTML, BodyText: r.BodyText,
			})
		case importer.Problem:
			t.Errorf("line %d: %s", r.Line, r.Reason)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return write(t, articles, comments)
}

func TestJSONL_comes_back_from_the_importer_byte_for_byte(t *testing.T) {
	t.Parallel()
	a, c := full()
	file := write(t, []exporter.Article{a}, []exporter.Comment{c})
	if again := reread(t, file, a, c); again != file {
		t.Errorf("got\n%s\nwant\n%s", again, file)
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestJSONL_keeps_the_first_error(t *testing.T) {
	t.Parallel()
	w := exporter.NewJSONL(failing{})
	var err error
	for range 10000 {
		err = w.Article(exporter.Article{Title: "long enough to fill the buffer at some time"})
	}
	if err == nil || w.Close() == nil {
		t.Errorf("errors lost: %v", err)
	}
}

func BenchmarkJSONL(b *testing.B) {
	_, c := full()
	var out bytes.Buffer
	w := exporter.NewJSONL(&out)
	b.ReportAllocs()
	for b.Loop() {
		out.Reset()
		if err := w.Comment(c); err != nil {
			b.Fatal(err)
		}
	}
}
