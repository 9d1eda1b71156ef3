package archtest

import (
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/language"
)

func sentences(t *testing.T) *Sentences {
	t.Helper()
	found, err := load(t).Sentences()
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestSentences_can_all_be_read_from_the_source(t *testing.T) {
	t.Parallel()
	found := sentences(t)
	for _, at := range found.Unknown {
		t.Errorf("%s: what is said here cannot be found in the source, so no translator would hear of it; say a string literal, or one that comes from a constant, field or function of ours", at)
	}
	// One of each way in which a sentence gets onto a page.
	for _, msg := range []string{"Sign in", "January", "Monday", "A password has at least 8 characters.", "Nothing here"} {
		if found.Messages[msg] == "" {
			t.Errorf("%q was not found: the reader of the source has gone blind", msg)
		}
	}
	if len(found.Messages) < 250 || len(found.Plurals) < 10 {
		t.Errorf("only %d sentences and %d plurals were found", len(found.Messages), len(found.Plurals))
	}
}

func TestLocales_are_complete(t *testing.T) {
	t.Parallel()
	s, found := load(t), sentences(t)
	files, err := filepath.Glob(filepath.Join(s.Root, "web", "locales", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		name := filepath.Base(file)
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		tag, err := language.Parse(strings.TrimSuffix(name, ".json"))
		if err != nil {
			t.Errorf("%s: the name is not that of a language: %v", name, err)
			continue
		}
		c, err := ReadCatalogue(content)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, problem := range found.Problems(tag, c) {
			t.Errorf("%s: %s", name, problem)
		}
	}
}

func TestProblems(t *testing.T) {
	t.Parallel()
	found := &Sentences{Messages: map[string]string{"Hello, %s: %d": "here", "day {day}": "there"},
		Plurals: map[string]Plural{"%d replies": {"%d reply", "%d replies", "here"}}}
	whole := func() Catalogue {
		return Catalogue{Name: "Polski", Messages: map[string]string{"Hello, %s: %d": "%[2]d: cześć, %[1]s", "day {day}": "dzień {day}"},
			Plurals: map[string]map[string]string{"%d replies": {"one": "%d odpowiedź", "few": "%d odpowiedzi", "many": "%d odpowiedzi", "other": "%d odpowiedzi"}}}
	}
	cases := []struct {
		name   string
		damage func(*Catalogue)
		want   string
	}{
		{"a whole one has none", func(*Catalogue) {}, ""},
		{"no name", func(c *Catalogue) { c.Name = "" }, "no name"},
		{"odd direction", func(c *Catalogue) { c.Dir = "up" }, "dir can be"},
		{"sentence missing", func(c *Catalogue) { delete(c.Messages, "day {day}") }, "not translated"},
		{"sentence empty", func(c *Catalogue) { c.Messages["day {day}"] = "" }, "not translated"},
		{"verb lost", func(c *Catalogue) { c.Messages["Hello, %s: %d"] = "cześć, %s" }, "other placeholders"},
		{"verbs swapped without numbers", func(c *Catalogue) { c.Messages["Hello, %s: %d"] = "%d: %s" }, "other placeholders"},
		{"name lost", func(c *Catalogue) { c.Messages["day {day}"] = "dzień {dzien}" }, "other placeholders"},
		{"nobody says it", func(c *Catalogue) { c.Messages["Bye"] = "Pa" }, "nobody says"},
		{"form missing", func(c *Catalogue) { delete(c.Plurals["%d replies"], "few") }, `form "few" is missing`},
		{"form of another language", func(c *Catalogue) { c.Plurals["%d replies"]["two"] = "%d" }, `no form "two"`},
		{"verb lost in a form", func(c *Catalogue) { c.Plurals["%d replies"]["one"] = "odpowiedź" }, "other placeholders"},
		{"nobody counts it", func(c *Catalogue) { c.Plurals["%d days"] = nil }, "nobody counts"},
	}
	for _, tc := range cases {
		t.Run(strings.ReplaceAll(tc.name, " ", "_"), func(t *testing.T) {
			t.Parallel()
			c := whole()
			tc.damage(&c)
			got := strings.Join(found.Problems(language.Polish, c), "\n")
			if (got == "") != (tc.want == "") || !strings.Contains(got, tc.want) {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

const ways = `package server
type act struct { label, late string }
const unsaid, inConst = "unsaid", "in a constant"
var (
	headings = map[int]string{404: "in a map"}
	acts = []act{{"in a field", "x"}, {label: "in a named field"}}
	errFar = errors.New("in an error")
)
func far() error { return errFar }
func words() string { if x { return "in a result" }; return inConst }
func refuse(msg string) error { return NewError(1, msg) }
func (s *Server) show() error {
	l.T("as it is said")
	l.T("in two " + "parts")
	heading, ok := headings[404]
	if !ok { heading = "in a variable" }
	l.T(heading)
	l.T(words())
	for _, a := range acts { l.T(a.label) }
	refuse("as a parameter")
	err := far()
	l.N(n, "%d one", "%d more")
	return &Error{Msg: err.Error()}
}
func bad(r *Request) { l.T(r.Form.Get("x")); l.N(n, one, "%d") }
`

func TestSentences_come_in_many_ways(t *testing.T) {
	t.Parallel()
	s := &Source{Root: t.TempDir(), Fset: token.NewFileSet(), Packages: map[string]*Package{}}
	file, err := parser.ParseFile(s.Fset, filepath.Join(s.Root, "internal", "server", "x.go"), ways, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	s.Packages["internal/server"] = &Package{Dir: "internal/server", Name: "server", Files: []*File{{Path: "internal/server/x.go", File: file}}}
	found, err := s.Sentences()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for msg := range found.Messages {
		got = append(got, msg)
	}
	slices.Sort(got)
	want := []string{"as a parameter", "as it is said", "in a constant", "in a field", "in a map", "in a named field", "in a result", "in a variable", "in an error", "in two parts"}
	if !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
	if found.Plurals["%d more"].One != "%d one" || len(found.Plurals) != 1 {
		t.Errorf("found the plurals %v", found.Plurals)
	}
	if len(found.Unknown) != 2 {
		t.Errorf("found these unreadable: %q; want the one from a form, and the number's", found.Unknown)
	}
}
