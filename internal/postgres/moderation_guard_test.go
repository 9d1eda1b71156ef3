package postgres_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"hustings/internal/postgres"
)

// goSource calls see for every source file of the program but its tests.
func goSource(t *testing.T, see func(path string, file *ast.File)) {
	t.Helper()
	root := filepath.Join("..", "..")
	fset := token.NewFileSet()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil //nolint:nilerr // the compiler says it better
		}
		see(path, file)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// literals calls see for the text of every string in a syntax tree.
func literals(n ast.Node, see func(string)) {
	ast.Inspect(n, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			if s, err := strconv.Unquote(lit.Value); err == nil {
				see(s)
			}
		}
		return true
	})
}

var (
	changesComment = regexp.MustCompile(`(?is)\b(?:update|insert\s+into)\s+comment\b.*?\bset\b(.*?)(?:\bwhere\b|\breturning\b|$)`)
	setsState      = regexp.MustCompile(`(?i)\bstate\s*=`)
)

func setsCommentState(sql string) bool {
	for _, m := range changesComment.FindAllStringSubmatch(sql, -1) {
		if setsState.MatchString(m[1]) {
			return true
		}
	}
	return false
}

func TestGuard_finds_statements_that_set_a_comments_state(t *testing.T) {
	t.Parallel()
	for sql, found := range map[string]bool{
		`update comment set state = 'removed' where id = $1`:                     true,
		"UPDATE comment c\n\tSET removal=1, State=$2":                            true,
		`insert into comment (id) values (1) on conflict do update set state=$1`: true,
		`update comment set branch_removed = true where state = 'published'`:     false,
		`update article set state = 'draft'`:                                     false,
		`update comment_revision set x = 1 where state = 2`:                      false,
	} {
		if setsCommentState(sql) != found {
			t.Errorf("%q: %v", sql, !found)
		}
	}
}

func TestGuard_a_comments_state_changes_in_one_place(t *testing.T) {
	t.Parallel()
	allowed := map[string]string{
		"internal/postgres/comment_state.go":     "SetState, which keeps the counters",
		"internal/postgres/import_told.go":       "an import whose source says another state than before; it counts the article anew",
		"internal/postgres/import_undo_write.go": "an import undone: a comment has the state of before, or stays as a tombstone; it counts the article anew",
	}
	times := map[string]int{"internal/postgres/import_undo_write.go": 2}
	places := map[string]int{}
	goSource(t, func(path string, file *ast.File) {
		literals(file, func(s string) {
			if setsCommentState(s) {
				places[filepath.ToSlash(strings.TrimPrefix(path, filepath.Join("..", "..")+string(os.PathSeparator)))]++
			}
		})
	})
	for place, n := range places {
		if allowed[place] == "" || n != max(times[place], 1) {
			t.Errorf("%s changes the state of a comment in %d statements; call SetState, which keeps the counters", place, n)
		}
	}
	if places["internal/postgres/comment_state.go"] != 1 {
		t.Error("this test no longer finds SetState")
	}
}

func TestGuard_every_act_is_public_or_private(t *testing.T) {
	t.Parallel()
	acts := map[string]string{} // constant -> act
	goSource(t, func(path string, file *ast.File) {
		if filepath.Base(path) != "audit_act.go" {
			return
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Values) != len(spec.Names) {
				return true
			}
			for i, name := range spec.Names {
				if lit, ok := spec.Values[i].(*ast.BasicLit); ok {
					acts[name.Name], _ = strconv.Unquote(lit.Value)
				}
			}
			return true
		})
	})
	if len(acts) < 15 {
		t.Fatalf("found only %d acts; does this test still read the right file?", len(acts))
	}
	for name, act := range acts {
		reason, private := postgres.PrivateActs[act]
		if slices.Contains(postgres.PublicActs, act) == private || (private && reason == "") {
			t.Errorf("%s belongs on one of PublicActs and PrivateActs, the latter with a reason", name)
		}
	}
	if n := len(postgres.PublicActs) + len(postgres.PrivateActs); n != len(acts) {
		t.Errorf("the lists hold %d acts, there are %d", n, len(acts))
	}
}

func TestGuard_audit_entries_name_a_known_act(t *testing.T) {
	t.Parallel()
	goSource(t, func(path string, file *ast.File) {
		ast.Inspect(file, func(n ast.Node) bool {
			entry, ok := n.(*ast.CompositeLit)
			if !ok || !isAuditEntry(entry.Type) {
				return true
			}
			for _, e := range entry.Elts {
				kv, ok := e.(*ast.KeyValueExpr)
				if !ok {
					continue
				}
				key, _ := kv.Key.(*ast.Ident)
				if lit, ok := kv.Value.(*ast.BasicLit); ok && key != nil && key.Name == "Action" {
					t.Errorf("%s writes the act %s by hand; it has to be a constant of audit_act.go", path, lit.Value)
				}
			}
			return true
		})
	})
}

func isAuditEntry(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name == "AuditEntry"
	case *ast.SelectorExpr:
		return e.Sel.Name == "AuditEntry"
	}
	return false
}
