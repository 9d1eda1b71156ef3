package exporter_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"hustings/internal/exporter"
	"hustings/internal/forum"
	"hustings/internal/importer"

	"pgregory.net/rapid"
)

// publicWriter is what pages and mail have in common.
type publicWriter interface {
	Article(exporter.Article) error
	Comment(int64, exporter.Comment, forum.Tomb) error
	Close() error
}

// writePublic writes what readers see of an article with its thread.
func writePublic(t testing.TB, w publicWriter, a exporter.Article, comments []exporter.Comment) {
	t.Helper()
	err := w.Article(a)
	public := exporter.NewPublic(w.Comment)
	for i, c := range comments {
		err = errors.Join(err, public.Comment(int64(100+i), c))
	}
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
}

func writeHTML(t testing.TB, a exporter.Article, comments ...exporter.Comment) string {
	t.Helper()
	var b bytes.Buffer
	writePublic(t, exporter.NewHTML(&b, site), a, comments)
	return b.String()
}

// readHTML gives the records of a page that has nothing to put right.
func readHTML(t testing.TB, file string) (article importer.Article, comments []importer.Comment) {
	t.Helper()
	src := importer.Source{Name: "x.html", Verbatim: true, R: strings.NewReader(file)}
	err := importer.HTML{}.Read(t.Context(), src, func(r importer.Record) error {
		switch r := r.(type) {
		case importer.Article:
			article = r
		case importer.Comment:
			comments = append(comments, r)
		case importer.Problem:
			t.Errorf("line %d: %s", r.Line, r.Reason)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return article, comments
}

func TestHTML_comes_back_as_the_same_tree(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(0, 30).Draw(rt, "comments")
		comments, parents := make([]exporter.Comment, n), make([]int, n)
		var up []int
		for i := range comments {
			depth := rapid.IntRange(1, len(up)+1).Draw(rt, "depth")
			up = append(up[:depth-1], i)
			parents[i] = -1
			if depth > 1 {
				parents[i] = up[depth-2]
			}
			comments[i] = exporter.Comment{Depth: depth, State: "published", Kind: "comment",
				BodyHTML: fmt.Sprintf("<p>Text %d %s</p>", i, rapid.StringOf(rapid.RuneFrom([]rune("abé😉ĺ; "))).Draw(rt, "body"))}
			if i%3 > 0 {
				when := time.Unix(int64(1e9+i), 123456000).UTC()
				comments[i].CreatedAt, comments[i].Author = &when, ptr(fmt.Sprint("Ann <b> & ", i))
			}
			if i%5 == 4 {
				later := time.Unix(int64(1e9+1000), 0).UTC()
				comments[i].EditedAt = &later
			}
		}
		same(rt, readInto(t, writeHTML(t, page(), comments...)), comments, parents)
	})
}

func page() exporter.Article {
	when := time.Unix(1e9, 0).UTC()
	return exporter.Article{ID: "a", Slug: "tea", Title: "Tea & <cake>", Standfirst: "In short.", State: "published", Author: ptr("Ada \"A\""),
		PublishedAt: &when, BodyHTML: "<p>Long enough a text about tea, with <em>words</em> in it.</p>", Comments: 3}
}

func readInto(t testing.TB, file string) []importer.Comment {
	t.Helper()
	a, comments := readHTML(t, file)
	if a.Title != "Tea & <cake>" || a.Author == nil || *a.Author != `Ada "A"` || a.PublishedAt == nil || !strings.Contains(a.BodyHTML, "<em>words</em>") || a.Standfirst != "In short." {
		t.Errorf("the article came back as %+v", a)
	}
	return comments
}

type failer interface{ Fatalf(string, ...any) }

func same(t failer, got []importer.Comment, want []exporter.Comment, parents []int) {
	if len(got) != len(want) {
		t.Fatalf("%d comments of %d", len(got), len(want))
	}
	for i, c := range got {
		w := want[i]
		parent := ""
		if parents[i] >= 0 {
			parent = got[parents[i]].Key
		}
		known := (w.CreatedAt == nil) == (c.CreatedAt == nil) && (w.CreatedAt == nil || w.CreatedAt.Equal(*c.CreatedAt)) && (w.EditedAt == nil) == (c.EditedAt == nil)
		if c.ParentKey != parent || c.BodyHTML == nil || strings.TrimSpace(*c.BodyHTML) != w.BodyHTML || !known || (c.Author == nil) != (w.Author == nil) || c.Author != nil && *c.Author != *w.Author {
			body := ""
			if c.BodyHTML != nil {
				body = *c.BodyHTML
			}
			t.Fatalf("%d: %+v came back as %+v, %q", i, w, c, body)
		}
	}
}

func TestHTML_of_any_depth_is_read_by_programs_that_stop_at_512(t *testing.T) {
	t.Parallel()
	const n = 700
	comments, parents := make([]exporter.Comment, 0, n+2), make([]int, 0, n+2)
	add := func(depth, parent int) {
		comments = append(comments, exporter.Comment{Depth: depth, State: "published", Kind: "comment", BodyHTML: fmt.Sprintf("<p>Text %d</p>", len(comments))})
		parents = append(parents, parent)
	}
	for i := range n {
		add(i+1, i-1)
	}
	add(400, 398) // beside one of those in the middle
	add(2, 0)
	add(1, -1)
	same(t, readInto(t, writeHTML(t, page(), comments...)), comments, parents)
}

func TestHTML_stubs_come_back_as_placeholders(t *testing.T) {
	t.Parallel()
	comments := []exporter.Comment{
		{Depth: 1, State: "removed", Kind: "comment", BodyHTML: "<p>Rude</p>", Author: ptr("Rude")},
		{Depth: 2, State: "published", Kind: "placeholder"},
		{Depth: 3, State: "published", Kind: "comment", BodyHTML: "<p>Kind</p>", Author: ptr("Kim")},
		{Depth: 1, State: "published", Kind: "link_back", BodyHTML: `<p><a href="https://other.example/x">Other</a> says more</p>`, Author: ptr("Other"), CreatedAt: ptr(time.Unix(1e9, 0))},
	}
	got := readInto(t, writeHTML(t, page(), comments...))
	var kinds []string
	for _, c := range got {
		kinds = append(kinds, string(c.Kind))
	}
	if strings.Join(kinds, " ") != "placeholder placeholder comment link_back" || got[2].ParentKey != got[1].Key || got[1].ParentKey != got[0].Key || got[0].Author != nil ||
		got[3].CreatedAt == nil || *got[3].Author != "Other" {
		t.Errorf("%v %+v", kinds, got)
	}
}
