package archtest

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// floors are the oldest versions of what we build on that have their known holes
// closed. A library we do not require needs none.
var floors = []struct{ module, oldest, reason string }{
	{"golang.org/x/net", "v0.55.0", "older parsers read some HTML differently from browsers"},
	{"github.com/go-chi/chi/v5", "v5.3.0", "older ones trust what proxies say too easily"},
	{"github.com/jackc/pgx/v5", "v5.12.0", "GHSA-j38q-h3ph-jjpq and GHSA-95fj-3fxw-g62g"},
	{"github.com/yuin/goldmark", "v1.7.17", "CVE-2026-5160"},
	{"github.com/gorilla/sessions", "v1.4.0", "GO-2024-2730"},
	{"github.com/microcosm-cc/bluemonday", "v1.0.27", "CVE-2021-42576 and what followed"},
}

var requirement = regexp.MustCompile(`(?m)^\s*(?:require\s+)?([a-z0-9.]+\.[a-z]+/\S+) (v[0-9]+\S*)`)

func TestModules_are_not_older_than_their_holes(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile(filepath.Join(load(t).Root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	required := map[string]string{}
	for _, m := range requirement.FindAllStringSubmatch(string(content), -1) {
		required[m[1]] = m[2]
	}
	for _, f := range floors {
		switch version, ok := required[f.module]; {
		case !ok:
			t.Errorf("go.mod does not require %s: its floor %s is held by nobody (%s)", f.module, f.oldest, f.reason)
		case older(version, f.oldest):
			t.Errorf("go.mod requires %s %s, older than %s: %s", f.module, version, f.oldest, f.reason)
		}
	}
	for _, banned := range []string{"github.com/gorilla/csrf", "github.com/lib/pq", "github.com/fergusstrange/embedded-postgres"} {
		if required[banned] != "" {
			t.Errorf("go.mod requires %s, which the design rules out (dependencies.md and security.md say why)", banned)
		}
	}
	if bytes.Contains(content, []byte("\nreplace ")) || bytes.Contains(content, []byte("\ntoolchain ")) {
		t.Error("go.mod replaces a module or names a toolchain: neither works for those who install us")
	}
}

// older compares versions by their three numbers; a pre-release counts as its release.
func older(a, b string) bool {
	return slices.Compare(numbers(a), numbers(b)) < 0
}

func numbers(version string) []int {
	var n [3]int
	fmt.Sscanf(version, "v%d.%d.%d", &n[0], &n[1], &n[2]) //nolint:errcheck // what is missing is 0
	return n[:]
}

func TestOlder(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		a, b string
		want bool
	}{{"v0.54.9", "v0.55.0", true}, {"v0.55.0", "v0.55.0", false}, {"v0.100.0", "v0.55.0", false}, {"v5.2.99", "v5.12.0", true}, {"v1.0.27-rc1", "v1.0.27", false}} {
		if older(tc.a, tc.b) != tc.want {
			t.Errorf("older(%s, %s) is not %v", tc.a, tc.b, tc.want)
		}
	}
}

func TestCalls_that_are_traps_are_not_made(t *testing.T) {
	t.Parallel()
	traps := map[string]string{
		"middleware.RealIP":               "it believes X-Forwarded-For from anybody; clientAddress asks whether the proxy is trusted",
		"middleware.RedirectSlashes":      "it redirects to other hosts",
		"sessions.NewFilesystemStore":     "GO-2024-2730",
		"sessions.NewCookieStore":         "sessions live in the database, where they can be revoked",
		"http.ListenAndServe":             "it has no time limits; server.HTTP has",
		"pgx.QueryExecModeSimpleProtocol": "it builds SQL from text",
		"template.Must":                   "a template that does not parse is an error with a name, not a panic",
		"bluemonday.UGCPolicy":            "it keeps ids, images and addresses without a scheme; ours is stricter",
		"html.WithUnsafe":                 "raw HTML is shown as text",
		"http.DefaultClient":              "it has no time limit and reaches private addresses",
		"http.Get":                        "it has no time limit and reaches private addresses",
		"rand.Seed":                       "randomness comes in as a value",
		"debug.SetGCPercent":              "the admin decides about memory (GOGC, GOMEMLIMIT)",
	}
	s := load(t)
	for _, p := range s.Packages {
		for _, f := range p.Program() {
			ast.Inspect(f.File, func(n ast.Node) bool {
				sel, ok := n.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				x, ok := sel.X.(*ast.Ident)
				if !ok {
					return true
				}
				if reason := traps[x.Name+"."+sel.Sel.Name]; reason != "" && p.Dir != "cmd/dev" {
					t.Errorf("%s uses %s.%s: %s", s.At(n), x.Name, sel.Sel.Name, reason)
				}
				if sel.Sel.Name == "AddInsecureBypassPattern" {
					t.Errorf("%s opens a way around the cross-origin check (CVE-2025-47910)", s.At(n))
				}
				return true
			})
		}
	}
}

// topLevel is the client's list of what may stand at the top of the repository,
// beside names that begin with a dot.
var topLevel = []string{"cmd", "internal", "migrations", "web", "deploy", "go.mod", "go.sum", "docker-compose.yml", "README.md"}

// tracked lists the files of the repository: what git knows or would add, or
// without git all there are.
func tracked(t *testing.T) []string {
	t.Helper()
	root := load(t).Root
	list := exec.CommandContext(t.Context(), "git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	if out, err := list.Output(); err == nil && len(out) > 0 {
		return strings.Split(strings.TrimRight(string(out), "\x00"), "\x00")
	}
	var all []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if d.Name() == ".git" {
				return fs.SkipDir
			}
			return nil
		}
		rel, err := filepath.Rel(root, path)
		all = append(all, filepath.ToSlash(rel))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestTop_level_holds_only_what_the_client_listed(t *testing.T) {
	t.Parallel()
	for _, file := range tracked(t) {
		top, _, _ := strings.Cut(file, "/")
		if !strings.HasPrefix(top, ".") && !slices.Contains(topLevel, top) {
			t.Errorf("%s stands at the top level, where only %s and names with a dot may", file, strings.Join(topLevel, " "))
		}
	}
}

// elsewhere finds what is true of one machine only: paths of a workplace, and
// package registries that people may reach by other names.
var elsewhere = regexp.MustCompile(`(^|[\s"'(=:])/(wor[k]|far[m])/|\.librar[y]/|\b(proxy|registry|deb)\.[a-z]+\.(org|com)\b`)

func TestFiles_name_no_machine(t *testing.T) {
	t.Parallel()
	root := load(t).Root
	for _, file := range tracked(t) {
		if strings.HasSuffix(file, ".sum") || strings.HasSuffix(file, ".png") {
			continue
		}
		content, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(file)))
		if errors.Is(err, fs.ErrNotExist) {
			continue // removed, and not yet committed
		}
		if err != nil {
			t.Fatal(err)
		}
		if bytes.IndexByte(content, 0) >= 0 {
			continue // no text
		}
		if m := elsewhere.FindIndex(content); m != nil {
			line := 1 + bytes.Count(content[:m[0]], []byte("\n"))
			t.Errorf("%s:%d has %q, which exists on one machine only", file, line, content[m[0]:m[1]])
		}
	}
}

// smell is when a file is long enough to be looked at. It fails nothing.
const smell = 500

func TestSizes_are_logged(t *testing.T) {
	t.Parallel()
	s := load(t)
	for _, p := range s.Packages {
		for _, f := range p.Files {
			if lines := s.Fset.Position(f.FileEnd).Line; lines > smell {
				t.Logf("%s has %d lines: perhaps two subjects", f.Path, lines)
			}
		}
	}
}
