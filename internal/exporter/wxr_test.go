package exporter_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"

	"hustings/internal/exporter"
	"hustings/internal/importer"

	"pgregory.net/rapid"
)

var site = exporter.Site{Title: "Site & co", URL: "https://site.example", At: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}

func writeWXR(t testing.TB, a exporter.Article, comments ...exporter.Comment) string {
	t.Helper()
	var b bytes.Buffer
	w := exporter.NewWXR(&b, site)
	err := w.Article(7, a)
	for i, c := range comments {
		err = errors.Join(err, w.Comment(int64(100+i), c))
	}
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// readWXR gives the records of a file that has nothing to put right.
func readWXR(t testing.TB, file string) (articles []importer.Article, comments []importer.Comment) {
	t.Helper()
	src := importer.Source{Name: "x", Verbatim: true, R: strings.NewReader(file)}
	err := importer.WXR{}.Read(t.Context(), src, func(r importer.Record) error {
		switch r := r.(type) {
		case importer.Article:
			articles = append(articles, r)
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
	return articles, comments
}

func TestWXR_is_XML_with_what_WordPress_looks_for(t *testing.T) {
	t.Parallel()
	a, c := full()
	a.BodyHTML, c.Author = "<p>a ]]> b</p>", ptr("A <b> & ]]> co")
	file := writeWXR(t, a, c)
	d := xml.NewDecoder(strings.NewReader(file))
	for {
		if _, err := d.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatalf("%v in\n%s", err, file)
		}
	}
	for _, want := range []string{
		"<wp:wxr_version>1.2</wp:wxr_version>\n", "<wp:base_site_url>https://site.example</wp:base_site_url>\n",
		"<wp:author><wp:author_id>1</wp:author_id><wp:author_login><![CDATA[ann]]></wp:author_login>", "</wp:author>\n<item>\n",
		"<content:encoded><![CDATA[<p>a ]]]]><![CDATA[> b</p>]]></content:encoded>\n", "<wp:post_id>7</wp:post_id>\n",
		"<wp:post_date_gmt>2021-07-26 17:31:00</wp:post_date_gmt>\n", "<wp:status><![CDATA[draft]]></wp:status>\n",
		"<wp:comment_status><![CDATA[closed]]></wp:comment_status>\n", "<wp:comment_approved><![CDATA[0]]></wp:comment_approved>\n",
		"<wp:comment_id>100</wp:comment_id>\n",
	} {
		if !strings.Contains(file, want) {
			t.Errorf("%s is missing in\n%s", want, file)
		}
	}
	if articles, comments := readWXR(t, file); *comments[0].Author != *c.Author || articles[0].Title != strings.NewReplacer("\r\n", "\n", "\x01", "", "\x1f", "").Replace(strings.TrimSpace(hard)) {
		t.Errorf("%q, %q", *comments[0].Author, articles[0].Title)
	}
}

func TestWXR_makes_nothing_public(t *testing.T) {
	t.Parallel()
	at := func(depth int, state, branch, kind string) exporter.Comment {
		c := exporter.Comment{Depth: depth, State: state, Kind: kind, BodyHTML: "<p>x</p>", Author: ptr("A")}
		if branch != "" {
			c.Branch = &branch
		}
		if kind == "placeholder" {
			c.BodyHTML, c.Author = "", nil
		}
		return c
	}
	_, got := readWXR(t, writeWXR(t, exporter.Article{ID: "a", Slug: "s", Title: "T", State: "published", Replies: "open", BodyHTML: "<p>x</p>"},
		at(1, "published", "", "comment"),
		at(2, "published", "removed", "comment"),
		at(3, "published", "", "comment"),
		at(2, "published", "", "comment"),
		at(1, "held", "", "comment"),
		at(1, "quarantined", "", "comment"),
		at(1, "spam", "removed", "comment"),
		at(2, "published", "", "comment"),
		at(1, "retracted", "", "comment"),
		at(1, "published", "", "placeholder"),
		at(2, "published", "locked", "comment"),
		at(1, "published", "", "link_back")))
	var b strings.Builder
	for _, c := range got {
		fmt.Fprintf(&b, "%s<%s %s %s\n", c.Key, c.ParentKey, c.Kind, c.State)
	}
	want := "100< comment published\n101<100 comment removed\n102<101 comment removed\n103<100 comment published\n104< comment held\n" +
		"105< comment held\n106< comment spam\n107<106 comment removed\n108< comment removed\n109< placeholder published\n" +
		"110<109 comment published\n111< link_back published\n"
	if b.String() != want {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}
}

func TestWXR_line_ends_make_no_breaks(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"<p>a<br>\nb</p>\n<p>c\nd <em>e</em>\nf</p>":              "<p>a<br>b</p><p>c d <em>e</em> f</p>",
		"<p>a\nb</p>\n<pre><code>c\n\nd\n</code></pre>\n<p>e</p>": "<p>a b</p><pre><code>c\n\nd\n</code></pre><p>e</p>",
		"<blockquote>\n<p>x</p>\n</blockquote>":                   "<blockquote><p>x</p></blockquote>",
	} {
		articles, _ := readWXR(t, writeWXR(t, exporter.Article{ID: "a", Slug: "s", Title: "T", State: "published", BodyHTML: in}))
		if got := strings.TrimSpace(articles[0].BodyHTML); strings.ReplaceAll(got, "> <", "><") != want {
			t.Errorf("%q came back as %q", in, got)
		}
	}
}

func TestWXR_comes_back_as_the_same_tree(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(0, 20).Draw(rt, "comments")
		comments := make([]exporter.Comment, n)
		parents := make([]string, n) // keys at the other end
		var up []int
		for i := range comments {
			depth := rapid.IntRange(1, len(up)+1).Draw(rt, "depth")
			up = append(up[:depth-1], i)
			if depth > 1 {
				parents[i] = fmt.Sprint(100 + up[depth-2])
			}
			when := time.Unix(int64(1e9+i), 0)
			comments[i] = exporter.Comment{Depth: depth, State: "published", Kind: "comment", CreatedAt: &when,
				Author: ptr("A" + rapid.String().Draw(rt, "author")), BodyHTML: "<p>" + strings.TrimSpace(rapid.StringOf(rapid.RuneFrom([]rune("ab ]>é😉ĺ\u00a0;"))).Draw(rt, "body")) + "</p>"}
		}
		_, got := readWXR(t, writeWXR(t, exporter.Article{ID: "a", Slug: "s", Title: "T", State: "published", BodyHTML: "x"}, comments...))
		if len(got) != n {
			rt.Fatalf("%d comments of %d", len(got), n)
		}
		for i, c := range got {
			same := *c.BodyHTML == comments[i].BodyHTML || strings.TrimSpace(comments[i].BodyHTML) == "<p></p>"
			if c.ParentKey != parents[i] || !same || !c.CreatedAt.Equal(*comments[i].CreatedAt) || i > 0 && c.Ordinal <= got[i-1].Ordinal {
				rt.Fatalf("%+v came back as %+v, %q", comments[i], c, *c.BodyHTML)
			}
		}
	})
}

func TestWXR_authors_are_told_apart_by_what_WordPress_leaves_of_a_login(t *testing.T) {
	t.Parallel()
	names := []string{"Зоя", "Ада", "Bo & <Co>", "bo co", "Bo'Co", "Зоя", strings.Repeat("long name ", 19), "author"}
	var b bytes.Buffer
	w := exporter.NewWXR(&b, site)
	for i, name := range names {
		if err := w.Article(int64(i+1), exporter.Article{ID: fmt.Sprint(i), Slug: fmt.Sprint(i), Title: "T", State: "published", Author: &name, Standfirst: "In <short> & all"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	logins := map[string]bool{}
	for _, m := range regexp.MustCompile(`<wp:author_login><!\[CDATA\[([ _.*@a-z0-9-]{1,60})\]\]>`).FindAllStringSubmatch(b.String(), -1) {
		logins[m[1]] = true
	}
	if len(logins) != len(names)-1 {
		t.Errorf("logins: %v", logins)
	}
	articles, _ := readWXR(t, b.String())
	for i, a := range articles {
		if a.Author == nil || *a.Author != strings.TrimSpace(names[i]) || a.Standfirst != "In <short> & all" {
			t.Errorf("%q came back as %+v", names[i], a)
		}
	}
}

func TestWXR_keeps_the_first_error(t *testing.T) {
	t.Parallel()
	w := exporter.NewWXR(failing{}, site)
	var err error
	for range 10000 {
		err = w.Article(1, exporter.Article{Title: "long enough to fill the buffer at some time"})
	}
	if err == nil || w.Close() == nil {
		t.Errorf("errors lost: %v", err)
	}
}
