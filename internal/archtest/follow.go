package archtest

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"
)

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
