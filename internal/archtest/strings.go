package archtest

import (
	"fmt"
	"go/ast"
	"go/token"
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
var spoken = []string{"internal/forum", "internal/markup", "internal/importer", "internal/exporter", "internal/rules", "internal/postgres", "internal/action", "internal/jobs", "internal/mail", "internal/server"}

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

// deepest bounds how far a sentence is followed through variables and functions.
const deepest = 8

// texts gives the values an expression of type string can have, as far as they
// are literals; false where one of its sources is something else.
func (x *extraction) texts(e ast.Expr, in *function, depth int) ([]string, bool) {
	if depth > deepest {
		return nil, false
	}
	depth++
	switch e := e.(type) {
	case *ast.BasicLit:
		text, ok := stringOf(e)
		return []string{text}, ok
	case *ast.ParenExpr:
		return x.texts(e.X, in, depth)
	case *ast.BinaryExpr:
		left, okLeft := x.texts(e.X, in, depth)
		right, okRight := x.texts(e.Y, in, depth)
		if e.Op != token.ADD || !okLeft || !okRight || len(left) != 1 || len(right) != 1 {
			return nil, false
		}
		return []string{left[0] + right[0]}, true
	case *ast.Ident:
		return x.named(e, in, depth)
	case *ast.IndexExpr:
		return x.texts(e.X, in, depth)
	case *ast.CompositeLit:
		return x.elements(e, in, depth)
	case *ast.CallExpr:
		return x.results(e, in, depth)
	case *ast.SelectorExpr:
		if dir := x.packageOf(e.X, in.file); dir != "" && x.Packages[dir] != nil {
			return x.global(e.Sel.Name, x.Packages[dir], depth)
		}
		return x.field(e.Sel.Name, in, depth)
	}
	return nil, false
}

// elements gives the texts in a list or in the values of a map.
func (x *extraction) elements(lit *ast.CompositeLit, in *function, depth int) (list []string, ok bool) {
	ok = true
	for _, e := range lit.Elts {
		if kv, keyed := e.(*ast.KeyValueExpr); keyed {
			e = kv.Value
		}
		texts, fine := x.texts(e, in, depth)
		list, ok = append(list, texts...), ok && fine
	}
	return list, ok
}

// named follows a name: a parameter makes its function a speaker; a variable or
// constant has what is assigned to it.
func (x *extraction) named(id *ast.Ident, in *function, depth int) ([]string, bool) {
	if in.FuncDecl != nil {
		if i := parameter(in.Type, id.Name); i >= 0 {
			key := in.pkg.Dir + "." + in.Name.Name
			if at, known := x.speakers[key]; known && at != i {
				return nil, false
			}
			x.speakers[key] = i
			return nil, true
		}
		if values := assigned(in.Body, id.Name); len(values) > 0 {
			var list []string
			ok := true
			for _, v := range values {
				texts, fine := x.texts(v, in, depth)
				list, ok = append(list, texts...), ok && fine
			}
			return list, ok
		}
	}
	return x.global(id.Name, in.pkg, depth)
}

// parameter gives the place of a parameter, or -1.
func parameter(t *ast.FuncType, name string) int {
	i := 0
	for _, field := range t.Params.List {
		for _, n := range field.Names {
			if n.Name == name {
				return i
			}
			i++
		}
		if len(field.Names) == 0 {
			i++
		}
	}
	return -1
}

// assigned lists what a function assigns to a variable of its own.
func assigned(body ast.Node, name string) (values []ast.Expr) {
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for i, left := range n.Lhs {
				if isIdent(left, name) && (i < len(n.Rhs) || len(n.Rhs) == 1) {
					values = append(values, n.Rhs[min(i, len(n.Rhs)-1)])
				}
			}
		case *ast.ValueSpec:
			for i, left := range n.Names {
				if left.Name == name && i < len(n.Values) {
					values = append(values, n.Values[i])
				}
			}
		case *ast.RangeStmt:
			if n.Value != nil && isIdent(n.Value, name) {
				values = append(values, n.X)
			}
		}
		return true
	})
	return values
}

// global gives the texts of a package's constant or variable.
func (x *extraction) global(name string, p *Package, depth int) ([]string, bool) {
	for _, f := range p.Program() {
		for _, d := range f.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok {
				continue
			}
			if values := assigned(g, name); len(values) == 1 {
				return x.texts(values[0], &function{nil, p, f}, depth)
			}
		}
	}
	return nil, false
}

// results gives the texts of a call: those of the function's results.
func (x *extraction) results(call *ast.CallExpr, in *function, depth int) ([]string, bool) {
	name, dir := "", in.pkg.Dir
	var on ast.Expr
	switch fun := call.Fun.(type) {
	case *ast.Ident:
		name = fun.Name
	case *ast.SelectorExpr:
		name, on = fun.Sel.Name, fun.X
		if other := x.packageOf(on, in.file); other != "" {
			dir, on = other, nil
		}
	}
	switch {
	case name == "T" && len(call.Args) > 0: // said already
		return x.texts(call.Args[0], in, depth)
	case isIdent(on, "errors") && name == "New":
		return x.texts(call.Args[0], in, depth)
	case name == "Error" && len(call.Args) == 0:
		return x.errorText(on, in, depth)
	case name == "String" && len(call.Args) == 0:
		if list := calendarOf(on, in); list != nil {
			return list, true
		}
	}
	fns := x.funcs[dir+"."+name]
	if len(fns) == 0 && on != nil { // a method of a type from another package
		for _, other := range spoken {
			fns = append(fns, x.funcs[other+"."+name]...)
		}
	}
	return x.returned(fns, false, depth)
}

// returned gives the texts of the first results of functions, or of the last.
func (x *extraction) returned(fns []*function, last bool, depth int) (list []string, ok bool) {
	ok = len(fns) > 0
	for _, fn := range fns {
		ast.Inspect(fn.Body, func(n ast.Node) bool {
			if _, inner := n.(*ast.FuncLit); inner {
				return false
			}
			r, isReturn := n.(*ast.ReturnStmt)
			if !isReturn || len(r.Results) == 0 {
				return true
			}
			result := r.Results[0]
			if last {
				result = r.Results[len(r.Results)-1]
			}
			if isIdent(result, "nil") {
				return true
			}
			texts, fine := x.texts(result, fn, depth)
			list, ok = append(list, texts...), ok && fine
			return true
		})
	}
	return list, ok
}

// errorText follows err.Error() to the function the error came from.
func (x *extraction) errorText(err ast.Expr, in *function, depth int) (list []string, ok bool) {
	id, isName := err.(*ast.Ident)
	if !isName || in.FuncDecl == nil {
		return nil, false
	}
	values := assigned(in.Body, id.Name)
	ok = len(values) > 0
	for _, v := range values {
		call, isCall := v.(*ast.CallExpr)
		if !isCall {
			return nil, false
		}
		key := ""
		switch fun := call.Fun.(type) {
		case *ast.Ident:
			key = in.pkg.Dir + "." + fun.Name
		case *ast.SelectorExpr:
			key = x.packageOf(fun.X, in.file) + "." + fun.Sel.Name
		}
		texts, fine := x.returned(x.funcs[key], true, depth)
		list, ok = append(list, texts...), ok && fine
	}
	return list, ok
}

// calendarOf gives the months or the days of the week, where an expression plainly
// is one of them, else nil.
func calendarOf(e ast.Expr, in *function) []string {
	sources := []ast.Expr{e}
	if id, ok := e.(*ast.Ident); ok && in.FuncDecl != nil {
		sources = append(sources, assigned(in.Body, id.Name)...)
	}
	var all strings.Builder
	for _, source := range sources {
		all.WriteString(strings.ToLower(types.ExprString(source)) + " ")
	}
	words := all.String()
	switch {
	case strings.Contains(words, "month") || strings.Contains(words, "january"):
		return calendar[:12]
	case strings.Contains(words, "weekday"):
		return calendar[12:]
	}
	return nil
}

// field gives the texts that a package puts into fields of a name.
func (x *extraction) field(name string, in *function, depth int) (list []string, ok bool) {
	add := func(e ast.Expr, f *File) {
		texts, fine := x.texts(e, &function{nil, in.pkg, f}, depth)
		list, ok = append(list, texts...), ok && fine
	}
	ok = true
	found := false
	for _, f := range in.pkg.Program() {
		ast.Inspect(f.File, func(n ast.Node) bool {
			lit, isLit := n.(*ast.CompositeLit)
			if !isLit {
				return true
			}
			position := x.position(lit, name, in.pkg)
			for i, e := range lit.Elts {
				if kv, keyed := e.(*ast.KeyValueExpr); keyed {
					if isIdent(kv.Key, name) {
						found = true
						add(kv.Value, f)
					} else if inner, bare := kv.Value.(*ast.CompositeLit); bare && inner.Type == nil {
						found = x.bare(lit, inner, name, in.pkg, func(e ast.Expr) { add(e, f) }) || found
					}
					continue
				}
				if i == position {
					found = true
					add(e, f)
				}
				if inner, bare := e.(*ast.CompositeLit); bare && inner.Type == nil {
					found = x.bare(lit, inner, name, in.pkg, func(e ast.Expr) { add(e, f) }) || found
				}
			}
			return true
		})
	}
	return list, ok && found
}

// bare reads an element whose type stands only on the list or map around it.
func (x *extraction) bare(outer, inner *ast.CompositeLit, name string, p *Package, add func(ast.Expr)) bool {
	var of ast.Expr
	switch t := outer.Type.(type) {
	case *ast.ArrayType:
		of = t.Elt
	case *ast.MapType:
		of = t.Value
	}
	position := x.position(&ast.CompositeLit{Type: of}, name, p)
	if position < 0 || position >= len(inner.Elts) {
		return false
	}
	if _, keyed := inner.Elts[position].(*ast.KeyValueExpr); keyed {
		return false // found as a literal of its own
	}
	add(inner.Elts[position])
	return true
}

// position gives the place of a field in the struct that a literal makes, or -1.
func (x *extraction) position(lit *ast.CompositeLit, name string, p *Package) int {
	if s, ok := lit.Type.(*ast.StructType); ok {
		return parameter(&ast.FuncType{Params: s.Fields}, name)
	}
	typ := typeName(lit.Type)
	if typ == "" {
		return -1
	}
	for _, f := range p.Program() {
		for _, d := range f.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok {
				continue
			}
			for _, spec := range g.Specs {
				if ts, ok := spec.(*ast.TypeSpec); ok && ts.Name.Name == typ {
					if s, ok := ts.Type.(*ast.StructType); ok {
						return parameter(&ast.FuncType{Params: s.Fields}, name)
					}
				}
			}
		}
	}
	return -1
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
