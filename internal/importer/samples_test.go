package importer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"hustings/internal/sampletest"
)

// truth is what the samples' README promises of each file.
type truth struct {
	Title        string
	Site         *string
	Author, Date *string
	Body         struct {
		Paragraphs      int
		First60, Last40 string
		SHA256          string `json:"sha256"`
	}
	Comments, Placeholders int
	LinkBacks              int `json:"link_backs"`
	MaxDepth               int `json:"max_depth"`
	Tree                   []struct {
		Path, Parent    *string
		Depth           int
		Kind            string
		Line            int
		Author, Date    *string
		First60, Last40 string
		Paragraphs      int
		SHA256          string `json:"sha256"`
	}
}

func TestText_reads_the_samples_as_they_truly_are(t *testing.T) {
	t.Parallel()
	dir := sampletest.Dir(t, "the real samples are not checked")
	data, err := os.ReadFile(filepath.Join(dir, "truth.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]truth
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	for name, want := range all {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			checkTruth(t, readText(t, string(data)), want)
		})
	}
}

func checkTruth(t *testing.T, got parsed, want truth) {
	a := got.article
	same(t, "title", a.Title, want.Title)
	same(t, "site", a.Site, deref(want.Site))
	same(t, "author", deref(a.Author), deref(want.Author))
	same(t, "date", wall(a.PublishedAt), deref(want.Date))
	same(t, "body", sha16(a.BodyText), want.Body.SHA256)
	same(t, "body begins", first(a.BodyText, 60), want.Body.First60)
	same(t, "body ends", last(a.BodyText, 40), want.Body.Last40)
	same(t, "problems", len(got.problems), 0)
	same(t, "depth", got.maxDepth(), want.MaxDepth)
	same(t, "comments", len(got.of(KindComment)), want.Comments)
	same(t, "placeholders", len(got.of(KindPlaceholder)), want.Placeholders)
	same(t, "link-backs", len(got.of(KindLinkBack)), want.LinkBacks)
	if len(got.comments) != len(want.Tree) {
		t.Fatalf("%d records, want %d", len(got.comments), len(want.Tree))
	}
	for i, w := range want.Tree {
		c := got.comments[i]
		same(t, "path", got.path[c.Key], deref(w.Path))
		same(t, "parent", got.path[c.ParentKey], deref(w.Parent))
		same(t, "kind", string(c.Kind), w.Kind)
		same(t, "line", c.Line, w.Line)
		same(t, "author", deref(c.Author), deref(w.Author))
		same(t, "no author", c.Author == nil, w.Author == nil)
		same(t, "date", wall(c.CreatedAt), deref(w.Date))
		same(t, "begins", first(*c.BodyText, 60), w.First60)
		same(t, "ends", last(*c.BodyText, 40), w.Last40)
		same(t, "paragraphs", paragraphs(*c.BodyText), w.Paragraphs)
		same(t, "sha256", sha16(*c.BodyText), w.SHA256)
	}
}

// parsed is everything a text file gave.
type parsed struct {
	article  Article
	comments []Comment
	problems []Problem
	path     map[string]string // of comments and placeholders, by key
}

func (p parsed) of(kind Kind) (list []Comment) {
	for _, c := range p.comments {
		if c.Kind == kind {
			list = append(list, c)
		}
	}
	return list
}

func (p parsed) maxDepth() int {
	deepest := 0
	for _, path := range p.path {
		if path != "" {
			deepest = max(deepest, strings.Count(path, ".")+1)
		}
	}
	return deepest
}

// failer is what testing and rapid have in common.
type failer interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}

// readText reads a file and fails where a record comes before its parent.
func readText(t failer, text string) parsed {
	t.Helper()
	p := parsed{path: map[string]string{"": ""}}
	children := map[string]int{}
	err := Text{}.Read(context.Background(), Source{Name: "sample.txt", R: strings.NewReader(text)}, func(r Record) error {
		switch r := r.(type) {
		case Article:
			p.article = r
		case Problem:
			p.problems = append(p.problems, r)
		case Comment:
			p.comments = append(p.comments, r)
			p.place(t, r, children)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (p parsed) place(t failer, c Comment, children map[string]int) {
	t.Helper()
	above, known := p.path[c.ParentKey]
	if !known {
		t.Fatalf("comment of line %d came before its parent", c.Line)
	}
	if _, twice := p.path[c.Key]; twice {
		t.Fatalf("comment of line %d has the key of another", c.Line)
	}
	if c.Kind == KindLinkBack {
		p.path[c.Key] = ""
		return
	}
	children[c.ParentKey]++
	p.path[c.Key] = strings.TrimPrefix(above+"."+strconv.Itoa(children[c.ParentKey]), ".")
}

func same[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %#v, want %#v", what, got, want)
	}
}

func wall(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.Format("2006-01-02T15:04")
}

func sha16(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:8])
}

func paragraphs(s string) int {
	if s == "" {
		return 0
	}
	return strings.Count(s, "\n\n") + 1
}

func first(s string, n int) string {
	r := []rune(s)
	return string(r[:min(n, len(r))])
}

func last(s string, n int) string {
	r := []rune(s)
	return string(r[max(0, len(r)-n):])
}

func TestText_reads_dates_in_the_zone_of_the_source(t *testing.T) {
	t.Parallel()
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Skip("no time zones on this machine")
	}
	file := "Tea\n\nHot.\n\n  1. Yes\n\n    Ann\n\n    July 26, 2021 at 5:31 pm\n"
	src := Source{Name: "tea", R: strings.NewReader(file), Zone: london}
	var got string
	if err := (Text{}).Read(context.Background(), src, func(r Record) error {
		if c, ok := r.(Comment); ok {
			got = c.CreatedAt.Format(time.RFC3339)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	same(t, "time", got, "2021-07-26T16:31:00Z")
}
