package archtest

import (
	"fmt"
	"go/ast"
	"go/types"
	"slices"
	"strings"
	"text/template/parse"
)

// Sentences are the English sentences of the interface, which are the keys of
// every other language's catalogue.
type Sentences struct {
	// Messages holds each sentence with one place where it is said.
	Messages map[string]string
	// Plurals holds, by the plural form, what depends on a number.
	Plurals map[string]Plural
	// Unknown lists the places whose sentence cannot be read from the source.
	Unknown []string
}

// Plural is a sentence or a noun that depends on a number.
type Plural struct{ One, Other, At string }

// speakers are the functions that say a sentence, and where among their arguments
// it stands. Functions that pass a parameter on to one of these are found.
var speakers = map[string]int{"T": 0, "NewError": 1, "FieldError": 1}

// counters are the functions that say something that depends on a number.
var counters = map[string][2]int{"N": {1, 2}, "Plain": {1, 2}}

// names of things that the standard library has: said by way of String().
var calendar = []string{
	"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
	"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
}

// spoken are the packages whose sentences readers and moderators see. What the
// command line says stays English.
var spoken = []string{"internal/forum", "internal/markup", "internal/importer", "internal/exporter", "internal/fetch", "internal/rules", "internal/postgres", "internal/action", "internal/jobs", "internal/mail", "internal/server"}

// Sentences reads every sentence of the interface out of the templates and the
// source. Each has to be a string literal where it is said, or get there by a
// constant, a variable, a field, a parameter or a function's result of ours.
func (s *Source) Sentences() (*Sentences, error) {
	x := &extraction{Source: s, found: &Sentences{Messages: map[string]string{}, Plurals: map[string]Plural{}},
		speakers: map[string]int{}, funcs: map[string][]*function{}}
	x.index()
	for x.collect() { // until no further function turns out to pass a sentence on
	}
	templates, err := s.Templates()
	if err != nil {
		return nil, err
	}
	for _, t := range templates {
		x.template(t)
	}
	slices.Sort(x.found.Unknown)
	x.found.Unknown = slices.Compact(x.found.Unknown)
	return x.found, nil
}

// extraction is the work under way.
type extraction struct {
	*Source
	found    *Sentences
	speakers map[string]int // found ones, by "folder.name"
	funcs    map[string][]*function
}

// function is a function of ours, with where it stands.
type function struct {
	*ast.FuncDecl
	pkg  *Package
	file *File
}

func (x *extraction) index() {
	for _, dir := range spoken {
		p := x.Packages[dir]
		if p == nil {
			continue
		}
		for _, f := range p.Program() {
			for _, d := range f.Decls {
				if fn, ok := d.(*ast.FuncDecl); ok {
					key := dir + "." + fn.Name.Name
					x.funcs[key] = append(x.funcs[key], &function{fn, p, f})
				}
			}
		}
	}
}

// collect reads the source once and tells whether a new speaker was found.
func (x *extraction) collect() (again bool) {
	before := len(x.speakers)
	x.found.Unknown = nil
	for _, list := range x.funcs {
		for _, fn := range list {
			x.read(fn, fn)
		}
	}
	for _, dir := range spoken { // sentences in variables of packages
		if p := x.Packages[dir]; p != nil {
			for _, f := range p.Program() {
				for _, d := range f.Decls {
					if g, ok := d.(*ast.GenDecl); ok {
						x.read(g, &function{nil, p, f})
					}
				}
			}
		}
	}
	return len(x.speakers) > before
}

func (x *extraction) read(n ast.Node, in *function) {
	if fn, ok := n.(*function); ok {
		n = fn.FuncDecl
	}
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			x.call(n, in)
		case *ast.CompositeLit:
			if typeName(n.Type) == "Error" {
				for _, e := range n.Elts {
					if kv, ok := e.(*ast.KeyValueExpr); ok && isIdent(kv.Key, "Msg") {
						x.say(kv.Value, in)
					}
				}
			}
		}
		return true
	})
}

// call takes the sentences out of one call.
func (x *extraction) call(call *ast.CallExpr, in *function) {
	name, dir := "", in.pkg.Dir
	switch fun := call.Fun.(type) {
	case *ast.Ident:
		name = fun.Name
	case *ast.SelectorExpr:
		name = fun.Sel.Name
		if other := x.packageOf(fun.X, in.file); other != "" {
			dir = other
		}
	}
	if at, ok := counters[name]; ok && len(call.Args) > at[1] {
		one, okOne := stringOf(call.Args[at[0]])
		other, okOther := stringOf(call.Args[at[1]])
		switch {
		case okOne && okOther:
			x.found.Plurals[other] = Plural{one, other, x.At(call)}
		default:
			x.unknown(call, call.Args[at[1]])
		}
		return
	}
	at, ok := speakers[name]
	if !ok {
		if at, ok = x.speakers[dir+"."+name]; !ok {
			return
		}
	}
	if in.FuncDecl != nil && in.Name.Name == name && in.pkg.Dir == dir {
		return // the speaker itself
	}
	if len(call.Args) > at {
		x.say(call.Args[at], in)
	}
}

// say notes the sentences an expression can be.
func (x *extraction) say(e ast.Expr, in *function) {
	list, ok := x.texts(e, in, 0)
	if !ok {
		x.unknown(e, e)
	}
	for _, text := range list {
		if _, there := x.found.Messages[text]; !there && text != "" {
			x.found.Messages[text] = x.At(e)
		}
	}
}

func (x *extraction) unknown(at ast.Node, e ast.Expr) {
	x.found.Unknown = append(x.found.Unknown, x.At(at)+": "+types.ExprString(e))
}

// packageOf gives the folder of a package of ours that an expression names, or "".
func (x *extraction) packageOf(e ast.Expr, f *File) string {
	id, ok := e.(*ast.Ident)
	if !ok || f == nil {
		return ""
	}
	for _, imported := range f.ImportPaths() {
		if dir, ours := strings.CutPrefix(imported, Module+"/"); ours && f.localName(imported) == id.Name {
			return dir
		}
	}
	return ""
}

// typeName is the last part of a type's name.
func typeName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	case *ast.StarExpr:
		return typeName(e.X)
	}
	return ""
}

// template takes the sentences out of one template.
func (x *extraction) template(t Template) {
	walk(t.Root, func(n parse.Node) {
		c, ok := n.(*parse.CommandNode)
		if !ok || len(c.Args) < 2 {
			return
		}
		where := fmt.Sprintf("%s:%d", t.Path, 1+strings.Count(t.Text[:min(int(c.Position()), len(t.Text))], "\n"))
		switch name := lastName(c.Args[0]); name {
		case "T":
			text, ok := c.Args[1].(*parse.StringNode)
			if !ok {
				x.found.Unknown = append(x.found.Unknown, where+": "+c.String())
				return
			}
			if _, there := x.found.Messages[text.Text]; !there {
				x.found.Messages[text.Text] = where
			}
		case "N", "Plain":
			if len(c.Args) < 4 {
				x.found.Unknown = append(x.found.Unknown, where+": "+c.String())
				return
			}
			one, okOne := c.Args[2].(*parse.StringNode)
			other, okOther := c.Args[3].(*parse.StringNode)
			if !okOne || !okOther {
				x.found.Unknown = append(x.found.Unknown, where+": "+c.String())
				return
			}
			x.found.Plurals[other.Text] = Plural{one.Text, other.Text, where}
		}
	})
}

// lastName is the last name of a chain such as .Case.T or $.T.
func lastName(n parse.Node) string {
	var chain []string
	switch n := n.(type) {
	case *parse.FieldNode:
		chain = n.Ident
	case *parse.VariableNode:
		chain = n.Ident[1:]
	case *parse.ChainNode:
		chain = n.Field
	}
	if len(chain) == 0 {
		return ""
	}
	return chain[len(chain)-1]
}

func isIdent(e ast.Expr, name string) bool {
	id, ok := e.(*ast.Ident)
	return ok && id.Name == name
}
