package archtest

import (
	"go/ast"
	"regexp"
	"slices"
	"strings"
	"testing"
	"text/template/parse"
)

func TestHTML_from_people_is_made_in_one_room(t *testing.T) {
	t.Parallel()
	s := load(t)
	trusted := []string{"HTML", "HTMLAttr", "CSS", "JS", "JSStr", "URL", "Srcset"}
	for _, p := range s.Packages {
		for _, f := range p.Program() {
			name := f.localName("html/template")
			if name == "" {
				continue
			}
			ast.Inspect(f.File, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				fun, ok := call.Fun.(*ast.SelectorExpr)
				if !ok || !isIdent(fun.X, name) || !slices.Contains(trusted, fun.Sel.Name) {
					return true
				}
				if p.Dir != "internal/markup" || fun.Sel.Name != "HTML" {
					t.Errorf("%s calls template.%s: what it is given is never escaped again, so only internal/markup, which has sanitised it, may", s.At(n), fun.Sel.Name)
				}
				return true
			})
		}
	}
}

func TestErrors_reach_the_log_and_not_a_page(t *testing.T) {
	t.Parallel()
	s := load(t)
	for _, f := range s.Packages["internal/server"].Program() {
		slog := f.localName("log/slog")
		ast.Inspect(f.File, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			fun, ok := call.Fun.(*ast.SelectorExpr)
			if ok && slog != "" && isIdent(fun.X, slog) {
				return false // what is below goes to the log
			}
			if ok && fun.Sel.Name == "Error" && len(call.Args) == 0 {
				t.Errorf("%s uses the text of an error: pages show forum.Error's Msg through the catalogue, and causes only go to the log", s.At(n))
			}
			return true
		})
	}
}

func TestServer_writes_through_actions_only(t *testing.T) {
	t.Parallel()
	s := load(t)
	write := regexp.MustCompile(`^(Do|Add|Apply|Change|Create|Delete|Drop|End|Ensure|Insert|Make|Move|Put|Remove|Save|Set|Update|Write)`)
	for _, f := range s.Packages["internal/server"].Program() {
		ast.Inspect(f.File, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			fun, ok := call.Fun.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if db, ok := fun.X.(*ast.SelectorExpr); ok && db.Sel.Name == "db" && write.MatchString(fun.Sel.Name) {
				t.Errorf("%s calls db.%s: a write starts in internal/action, where its rules and its audit are", s.At(n), fun.Sel.Name)
			}
			return true
		})
	}
}

// inert says what may not stand in a page's markup: Content-Security-Policy is
// script-src 'self' without a nonce, and other people's HTML is on the same page.
var inert = []struct {
	found  *regexp.Regexp
	reason string
}{
	{regexp.MustCompile(`(?i)<script(?:\s+type="module")?\s*>`), "an inline script"},
	{regexp.MustCompile(`(?i)<style\b`), "an inline stylesheet"},
	{regexp.MustCompile(`(?i)[\s"']style\s*=`), "a style attribute"},
	{regexp.MustCompile(`(?i)<[a-z][^<>]*\son[a-z]+\s*=`), "an event attribute"},
	{regexp.MustCompile(`(?i)javascript:`), "a javascript: address"},
}

func checkInert(t *testing.T, where, text string) {
	t.Helper()
	for _, rule := range inert {
		if m := rule.found.FindString(text); m != "" {
			t.Errorf("%s has %s (%.40q): the security policy would not run it, and nobody should get used to it", where, rule.reason, m)
		}
	}
}

func TestPages_have_no_inline_script_or_style(t *testing.T) {
	t.Parallel()
	s := load(t)
	templates := templatesOf(t, s)
	for _, tmpl := range templates {
		checkInert(t, tmpl.Path, tmpl.Text)
	}
	for _, dir := range []string{"internal/server", "internal/markup"} {
		for _, f := range s.Packages[dir].Program() {
			ast.Inspect(f.File, func(n ast.Node) bool {
				if lit, ok := n.(*ast.BasicLit); ok {
					if text, ok := stringOf(lit); ok && strings.Contains(text, "<") {
						checkInert(t, s.At(n), text)
					}
				}
				return true
			})
		}
	}
}

// TestInert_finds keeps the patterns from matching nothing.
func TestInert_finds(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{`<script>x()</script>`, `<SCRIPT type="module">`, `<style>`, `<p style="x">`, `<p class="a" onclick="x()">`, `<a href="javascript:x()">`} {
		if !slices.ContainsFunc(inert, func(r struct {
			found  *regexp.Regexp
			reason string
		}) bool {
			return r.found.MatchString(bad)
		}) {
			t.Errorf("%s is not found", bad)
		}
	}
	for _, good := range []string{`<script type="module" src="/x.js"></script>`, `<p class="style on">on = off</p>`, `<link rel="stylesheet" href="x">`} {
		checkInert(t, good, good)
	}
}

func templatesOf(t *testing.T, s *Source) []Template {
	t.Helper()
	list, err := s.Templates()
	if err != nil {
		t.Fatal(err)
	}
	if len(list) < 10 {
		t.Fatalf("only %d templates in web/templates", len(list))
	}
	return list
}

func TestTemplates_are_defined_once_and_used(t *testing.T) {
	t.Parallel()
	s := load(t)
	defined, used := map[string]string{}, map[string]string{}
	for _, tmpl := range templatesOf(t, s) {
		walk(tmpl.Root, func(n parse.Node) {
			if call, ok := n.(*parse.TemplateNode); ok {
				used[call.Name] = tmpl.Path
			}
		})
		if name, ok := tmpl.Page(); ok {
			defined["page "+name] = tmpl.Path
			continue
		}
		if tmpl.Name == "main" || tmpl.Name == "head" || strings.HasSuffix(tmpl.Name, ".html") {
			continue // the blocks in the layout, or a file that only defines
		}
		if other, twice := defined[tmpl.Name]; twice {
			t.Errorf("%s and %s both define %q: one of them silently wins", other, tmpl.Path, tmpl.Name)
		}
		defined[tmpl.Name] = tmpl.Path
	}
	for _, name := range namesInServer(s) {
		used[name] = "internal/server"
		used["page "+name] = "internal/server"
	}
	for name, where := range used {
		if defined[name] == "" && where != "internal/server" && name != "main" && name != "head" {
			t.Errorf("%s calls the template %q, which is not there", where, name)
		}
	}
	for name, where := range defined {
		if used[name] == "" {
			t.Errorf("nothing shows the template %q of %s: it goes stale unseen", name, where)
		}
	}
}

// namesInServer lists the strings that handlers hand to render, execute or partial.
func namesInServer(s *Source) []string {
	var names []string
	for _, f := range s.Packages["internal/server"].Program() {
		ast.Inspect(f.File, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok {
				if name, ok := stringOf(lit); ok {
					names = append(names, name)
				}
			}
			return true
		})
	}
	return names
}
