package archtest

import (
	"go/ast"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func readme(t *testing.T) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(load(t).Root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

var (
	settingRow = regexp.MustCompile("(?m)^\\| `([A-Z][A-Z0-9_]+)` \\|")
	roomRow    = regexp.MustCompile("(?m)^\\| ((?:`[a-z/]+`(?:, )?)+) \\|")
	roomName   = regexp.MustCompile("`([a-z/]+)`")
	setting    = regexp.MustCompile(`^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$`)
	linked     = regexp.MustCompile(`\]\(([a-zA-Z.][^):]*)\)`)
	said       = regexp.MustCompile(`(?m)(?:^    |` + "`" + `)hustings ([a-z][a-z-]*)`)
)

func TestReadme_lists_every_setting(t *testing.T) {
	t.Parallel()
	var listed, read []string
	for _, m := range settingRow.FindAllStringSubmatch(readme(t), -1) {
		listed = append(listed, m[1])
	}
	for _, f := range load(t).Packages["internal/config"].Program() {
		ast.Inspect(f.File, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok {
				if name, ok := stringOf(lit); ok && setting.MatchString(name) {
					read = append(read, name)
				}
			}
			return true
		})
	}
	slices.Sort(read)
	read = slices.Compact(read)
	for _, name := range read {
		elsewhere := []string{"STATE_DIRECTORY", "XDG_DATA_HOME"} // the system's own
		if !slices.Contains(listed, name) && !slices.Contains(elsewhere, name) {
			t.Errorf("internal/config reads %s, which README's table does not list", name)
		}
	}
	for _, name := range listed {
		if !slices.Contains(read, name) {
			t.Errorf("README lists %s, which internal/config does not read", name)
		}
	}
}

func TestReadme_lists_every_room(t *testing.T) {
	t.Parallel()
	s := load(t)
	var listed []string
	for _, row := range roomRow.FindAllStringSubmatch(readme(t), -1) {
		for _, m := range roomName.FindAllStringSubmatch(row[1], -1) {
			listed = append(listed, m[1])
		}
	}
	for dir := range s.Packages {
		if !slices.Contains(listed, dir) {
			t.Errorf("README does not say what happens in %s", dir)
		}
	}
	for _, dir := range listed {
		if s.Packages[dir] == nil && dir != "deploy" {
			t.Errorf("README speaks of %s, which is not there", dir)
		}
	}
}

func TestReadme_begins_with_the_two_commands(t *testing.T) {
	t.Parallel()
	head := strings.Join(strings.SplitN(readme(t), "\n", 21)[:20], "\n")
	for _, command := range []string{"go run ./cmd/hustings demo", "go test ./..."} {
		if !strings.Contains(head, command) {
			t.Errorf("%q is not in README's first twenty lines", command)
		}
	}
}

func TestReadme_names_what_is_there(t *testing.T) {
	t.Parallel()
	s, text := load(t), readme(t)
	for _, m := range linked.FindAllStringSubmatch(text, -1) {
		if _, err := os.Stat(filepath.Join(s.Root, filepath.FromSlash(m[1]))); err != nil {
			t.Errorf("README links %s, which is not there", m[1])
		}
	}
	commands := commandNames(s)
	if len(commands) < 5 {
		t.Fatalf("only %d commands were found in cmd/hustings", len(commands))
	}
	for _, m := range said.FindAllStringSubmatch(text, -1) {
		if !slices.Contains(commands, m[1]) {
			t.Errorf("README has the command %q, which is not there", m[0])
		}
	}
}

// commandNames lists the commands of the command line: the fields of its struct.
func commandNames(s *Source) (names []string) {
	for _, f := range s.Packages["cmd/hustings"].Program() {
		ast.Inspect(f.File, func(n ast.Node) bool {
			ts, ok := n.(*ast.TypeSpec)
			if !ok || ts.Name.Name != "commands" {
				return true
			}
			if fields, ok := ts.Type.(*ast.StructType); ok {
				for _, field := range fields.Fields.List {
					names = append(names, strings.ToLower(field.Names[0].Name))
				}
			}
			return false
		})
	}
	return names
}
