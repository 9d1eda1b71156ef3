package archtest

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/constant"
	"go/importer"
	"go/types"
	"io"
	"os"
	"os/exec"
	"strings"
)

// Typed is one package with the types of its expressions.
type Typed struct {
	*Package
	Types *types.Package
	Info  *types.Info
}

// Check type-checks a package of the program. What it imports comes compiled from
// the go command's cache.
func (s *Source) Check(dir string) (*Typed, error) {
	lookup, err := s.compiled(dir)
	if err != nil {
		return nil, err
	}
	p := s.Packages[dir]
	var files []*ast.File
	for _, f := range p.Program() {
		files = append(files, f.File)
	}
	t := &Typed{p, nil, &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}}}
	cfg := types.Config{Importer: importer.ForCompiler(s.Fset, "gc", lookup)}
	t.Types, err = cfg.Check(Module+"/"+dir, s.Fset, files, t.Info)
	return t, err
}

// compiled finds the compiled form of everything that a package imports.
func (s *Source) compiled(dir string) (importer.Lookup, error) {
	list := exec.Command("go", "list", "-export", "-deps", "-f", "{{.ImportPath}}\t{{.Export}}", "./"+dir)
	list.Dir = s.Root
	var complaints bytes.Buffer
	list.Stderr = &complaints
	out, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w: %s", err, complaints.Bytes())
	}
	files := map[string]string{}
	for line := range strings.Lines(string(out)) {
		if name, file, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok {
			files[name] = file
		}
	}
	return func(name string) (io.ReadCloser, error) { return os.Open(files[name]) }, nil
}

// Rendered is one place where a handler hands a page or a partial to its template.
type Rendered struct {
	Name string
	Page bool
	Data types.Type
	At   string
}

// renderers are the functions that render, and which argument is the name; the data
// follows it.
var renderers = map[string]int{"render": 2, "execute": 1, "partial": 1}

// Rendered lists what the server renders, with the type of what it hands over.
func (s *Source) Rendered(t *Typed) []Rendered {
	var list []Rendered
	t.calls(func(call *ast.CallExpr, name string, in *ast.FuncDecl) {
		at, ok := renderers[name]
		if !ok || len(call.Args) != at+2 {
			return
		}
		data := t.Info.Types[call.Args[at+1]].Type
		if types.IsInterface(data) {
			return // passed on, as render itself does
		}
		for _, template := range t.constants(call.Args[at], in) {
			list = append(list, Rendered{template, name != "partial", data, s.At(call)})
		}
	})
	return list
}

// calls shows see every call of a function or method that has a name.
func (t *Typed) calls(see func(call *ast.CallExpr, name string, in *ast.FuncDecl)) {
	for _, f := range t.Program() {
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			ast.Inspect(fn, func(n ast.Node) bool {
				if call, ok := n.(*ast.CallExpr); ok {
					switch fun := call.Fun.(type) {
					case *ast.SelectorExpr:
						see(call, fun.Sel.Name, fn)
					case *ast.Ident:
						see(call, fun.Name, fn)
					}
				}
				return true
			})
		}
	}
}

// constants gives the strings an argument can be: a constant, or those that are
// handed to the parameter it is.
func (t *Typed) constants(e ast.Expr, in *ast.FuncDecl) (list []string) {
	if v := t.Info.Types[e].Value; v != nil && v.Kind() == constant.String {
		return []string{constant.StringVal(v)}
	}
	id, ok := e.(*ast.Ident)
	if !ok {
		return nil
	}
	at := parameter(in.Type, id.Name)
	if at < 0 {
		return nil
	}
	t.calls(func(call *ast.CallExpr, name string, _ *ast.FuncDecl) {
		if name != in.Name.Name || len(call.Args) <= at {
			return
		}
		if v := t.Info.Types[call.Args[at]].Value; v != nil && v.Kind() == constant.String {
			list = append(list, constant.StringVal(v))
		}
	})
	return list
}

// TemplateFuncs gives the signatures of the functions that templates may call: the
// one FuncMap of a package.
func (t *Typed) TemplateFuncs() map[string]*types.Signature {
	funcs := map[string]*types.Signature{}
	for _, f := range t.Program() {
		ast.Inspect(f.File, func(n ast.Node) bool {
			lit, ok := n.(*ast.CompositeLit)
			if !ok || typeName(lit.Type) != "FuncMap" {
				return true
			}
			for _, e := range lit.Elts {
				kv, ok := e.(*ast.KeyValueExpr)
				if !ok {
					continue
				}
				if name, ok := stringOf(kv.Key); ok {
					if sig, ok := t.Info.Types[kv.Value].Type.(*types.Signature); ok {
						funcs[name] = sig
					}
				}
			}
			return false
		})
	}
	return funcs
}
