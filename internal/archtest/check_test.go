package archtest

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestTemplates_find_what_they_ask_for(t *testing.T) {
	t.Parallel()
	s := load(t)
	typed, err := s.Check("internal/server")
	if err != nil {
		t.Fatal(err)
	}
	c := NewChecker(typed, templatesOf(t, s))
	rendered := s.Rendered(typed)
	for _, r := range rendered {
		c.Check(r)
	}
	slices.Sort(c.Problems)
	for _, problem := range slices.Compact(c.Problems) {
		t.Errorf("%s; this page would end in the middle when somebody gets there", problem)
	}
	for name, page := range c.pages {
		if !slices.ContainsFunc(rendered, func(r Rendered) bool { return r.Page && r.Name == name }) {
			t.Errorf("%s is rendered nowhere with a name and a type that can be read from the source", page.Path)
		}
	}
}

// handler is a server in small: a page with all that templates can ask for.
const handler = `package server
type Person struct { Name string; Age int }
func (p *Person) Greet(word string) string { return word }
type layout struct { Title string }
func (l layout) T(msg string, args ...any) string { return msg }
type page struct { layout; List []Person; Best *Person; ByName map[string]Person; hidden string; Any any; Count int }
type FuncMap map[string]any
var funcs = FuncMap{"double": func(n int) int { return 2 * n }}
type Server struct{}
func (s *Server) render(w, status int, name string, data any) {}
func (s *Server) show() { s.render(0, 200, "p", page{}) }
`

func TestChecker(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, template, want string }{
		{"fields, methods, functions", `{{.Title}} {{.Count | double}} {{.T "x" 1 2}} {{with .Best}}{{.Greet "a"}} {{$.Title}}{{end}}`, ""},
		{"loops and variables", `{{range $i, $p := .List}}{{double $i}} {{$p.Name}} {{.Age}} {{len .Name}}{{else}}{{.Title}}{{end}}{{range .ByName}}{{.Name}}{{end}}`, ""},
		{"what has no known type is believed", `{{.Any.Whatever}} {{range .Any}}{{.X}}{{end}}`, ""},
		{"a partial gets its own dot", `{{range .List}}{{template "part" .}}{{end}}`, ""},
		{"a missing field", `{{.Titel}}`, "has no Titel"},
		{"in a branch that is seldom taken", `{{if .Any}}{{else}}{{with .Best}}{{.Nam}}{{end}}{{end}}`, "has no Nam"},
		{"in an element", `{{range .List}}{{.Title}}{{end}}`, "Person has no Title"},
		{"what only Go can reach", `{{.hidden}}`, "no hidden that"},
		{"a partial with the wrong dot", `{{template "part" .}}`, "has no Name"},
		{"a partial that is not there", `{{template "prat" .}}`, `no template "prat"`},
		{"too few arguments", `{{.Best.Greet}}`, "takes 1 arguments, not 0"},
		{"an argument of the wrong type", `{{double .Title}}`, "double wants int as argument 1, not string"},
		{"a number for a word", `{{.Best.Greet 3}}`, "wants string"},
		{"no function", `{{treble 3}}`, "no function treble"},
		{"a loop over a person", `{{range .Best}}{{end}}`, "over *server.Person"},
		{"a comparison that fails", `{{if eq .Count "3"}}{{end}}`, "compares int with untyped string"},
		{"an argument for a field", `{{.Title 3}}`, "takes no arguments"},
	} {
		t.Run(strings.ReplaceAll(tc.name, " ", "_"), func(t *testing.T) {
			t.Parallel()
			got := strings.Join(checkSmall(t, tc.template), "\n")
			if (got == "") != (tc.want == "") || !strings.Contains(got, tc.want) {
				t.Errorf("found %q, want %q", got, tc.want)
			}
		})
	}
}

// checkSmall checks one page of the server in small.
func checkSmall(t *testing.T, page string) []string {
	t.Helper()
	s := &Source{Root: t.TempDir(), Fset: token.NewFileSet(), Packages: map[string]*Package{}}
	file, err := parser.ParseFile(s.Fset, filepath.Join(s.Root, "x.go"), handler, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	typed := &Typed{&Package{Dir: "internal/server", Files: []*File{{Path: "x.go", File: file}}}, nil,
		&types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}}}
	if typed.Types, err = (&types.Config{}).Check("server", s.Fset, []*ast.File{file}, typed.Info); err != nil {
		t.Fatal(err)
	}
	files := map[string]string{
		"layout.html":       `<title>{{.Title}}</title>{{block "main" .}}{{end}}`,
		"partial/part.html": `{{define "part"}}{{.Name}}{{end}}`,
		"page/p.html":       `{{define "main"}}` + page + `{{end}}`,
	}
	for name, text := range files {
		path := filepath.Join(s.Root, "web", "templates", filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	templates, err := s.Templates()
	if err != nil {
		t.Fatal(err)
	}
	c := NewChecker(typed, templates)
	for _, r := range s.Rendered(typed) {
		c.Check(r)
	}
	return c.Problems
}
