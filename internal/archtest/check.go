package archtest

import (
	"fmt"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strings"
	"text/template/parse"
)

// Checker follows templates through every branch with the types of what they are
// given, and lists fields, methods and functions that are not there or are called
// with the wrong arguments: mistakes that html/template finds only when the branch
// is executed. What has no type it can know, it believes.
type Checker struct {
	Problems []string

	funcs   map[string]*types.Signature
	pkg     *types.Package
	shared  map[string]Template // layout and partials, by name
	pages   map[string]Template // "main" of each page
	main    Template            // of the page under way
	checked map[string]bool
}

// NewChecker prepares a checker for templates that a package renders.
func NewChecker(t *Typed, templates []Template) *Checker {
	c := &Checker{funcs: t.TemplateFuncs(), pkg: t.Types, shared: map[string]Template{}, pages: map[string]Template{}, checked: map[string]bool{}}
	for _, tmpl := range templates {
		if name, ok := tmpl.Page(); ok {
			c.pages[name] = tmpl
		} else if tmpl.Name != "main" {
			c.shared[tmpl.Name] = tmpl
		}
	}
	return c
}

// Check follows one page or partial.
func (c *Checker) Check(r Rendered) {
	start, ok := c.shared[r.Name]
	if r.Page {
		c.main, ok = c.pages[r.Name]
		start = c.shared["layout.html"]
	}
	if !ok {
		c.Problems = append(c.Problems, fmt.Sprintf("%s renders the template %q, which is not there", r.At, r.Name))
		return
	}
	c.enter(start, r.Data)
}

// scope is where the checker is: the template, its dot and its variables.
type scope struct {
	*Checker
	tmpl Template
	dot  types.Type // nil: not known
	vars map[string]types.Type
}

// enter follows a template with a dot, once for each type.
func (c *Checker) enter(t Template, dot types.Type) {
	key := t.Path + " " + t.Name + " " + c.main.Path + " "
	if dot != nil {
		key += dot.String()
	}
	if c.checked[key] {
		return
	}
	c.checked[key] = true
	s := &scope{c, t, dot, map[string]types.Type{"$": dot}}
	s.list(t.Root)
}

// inner is the same place with another dot; its variables end with it.
func (s *scope) inner(dot types.Type) *scope {
	return &scope{s.Checker, s.tmpl, dot, maps.Clone(s.vars)}
}

func (s *scope) wrong(n parse.Node, format string, args ...any) {
	line := 1 + strings.Count(s.tmpl.Text[:min(int(n.Position()), len(s.tmpl.Text))], "\n")
	s.Problems = append(s.Problems, fmt.Sprintf("%s:%d: %s", s.tmpl.Path, line, fmt.Sprintf(format, args...)))
}

func (s *scope) list(l *parse.ListNode) {
	if l == nil {
		return
	}
	for _, n := range l.Nodes {
		s.node(n)
	}
}

func (s *scope) node(n parse.Node) {
	switch n := n.(type) {
	case *parse.ActionNode:
		s.pipe(n.Pipe)
	case *parse.IfNode:
		inside := s.inner(s.dot)
		inside.pipe(n.Pipe)
		inside.list(n.List)
		s.inner(s.dot).list(n.ElseList)
	case *parse.WithNode:
		inside := s.inner(s.dot)
		inside.dot = inside.pipe(n.Pipe)
		inside.list(n.List)
		s.inner(s.dot).list(n.ElseList)
	case *parse.RangeNode:
		s.loop(n)
	case *parse.TemplateNode:
		s.call(n)
	}
}

func (s *scope) loop(n *parse.RangeNode) {
	inside := s.inner(s.dot)
	over := inside.pipe(n.Pipe)
	key, elem, ok := rangeTypes(over)
	if !ok {
		s.wrong(n, "{{range %s}} over %s", n.Pipe, over)
	}
	inside.dot = elem
	switch decl := n.Pipe.Decl; len(decl) {
	case 1:
		inside.vars[decl[0].Ident[0]] = elem
	case 2:
		inside.vars[decl[0].Ident[0]], inside.vars[decl[1].Ident[0]] = key, elem
	}
	inside.list(n.List)
	s.inner(s.dot).list(n.ElseList)
}

// rangeTypes gives what a loop over a type yields.
func rangeTypes(t types.Type) (key, elem types.Type, ok bool) {
	if t == nil {
		return nil, nil, true
	}
	index := types.Type(types.Typ[types.Int])
	switch u := deref(t).Underlying().(type) {
	case *types.Slice:
		return index, u.Elem(), true
	case *types.Array:
		return index, u.Elem(), true
	case *types.Map:
		return u.Key(), u.Elem(), true
	case *types.Chan:
		return index, u.Elem(), true
	case *types.Basic:
		return index, t, u.Info()&types.IsInteger != 0
	case *types.Signature, *types.Interface:
		return nil, nil, true
	}
	return nil, nil, false
}

// call follows {{template}}; main is the page's own.
func (s *scope) call(n *parse.TemplateNode) {
	var dot types.Type
	if n.Pipe != nil {
		dot = s.pipe(n.Pipe)
	}
	t, ok := s.shared[n.Name]
	if n.Name == "main" {
		t, ok = s.main, true
	}
	if !ok {
		s.wrong(n, "there is no template %q", n.Name)
		return
	}
	s.enter(t, dot)
}

// pipe gives the type of a pipeline and sets the variables it declares.
func (s *scope) pipe(p *parse.PipeNode) (t types.Type) {
	if p == nil {
		return nil
	}
	for i, cmd := range p.Cmds {
		var piped []types.Type
		if i > 0 {
			piped = []types.Type{t}
		}
		t = s.command(cmd, piped)
	}
	if len(p.Decl) == 1 {
		s.vars[p.Decl[0].Ident[0]] = t
	}
	return t
}

// command gives the type of a call or a value.
func (s *scope) command(c *parse.CommandNode, piped []types.Type) types.Type {
	args := make([]types.Type, 0, len(c.Args))
	for _, a := range c.Args[1:] {
		args = append(args, s.value(a, nil))
	}
	return s.value(c.Args[0], append(args, piped...))
}

// value gives the type of a node that args are handed to.
func (s *scope) value(n parse.Node, args []types.Type) types.Type {
	switch n := n.(type) {
	case *parse.DotNode:
		return s.dot
	case *parse.StringNode:
		return types.Typ[types.UntypedString]
	case *parse.BoolNode:
		return types.Typ[types.UntypedBool]
	case *parse.NumberNode:
		if n.IsInt {
			return types.Typ[types.UntypedInt]
		}
		return types.Typ[types.UntypedFloat]
	case *parse.PipeNode:
		return s.pipe(n)
	case *parse.FieldNode:
		return s.fields(n, s.dot, n.Ident, args)
	case *parse.ChainNode:
		return s.fields(n, s.value(n.Node, nil), n.Field, args)
	case *parse.VariableNode:
		return s.fields(n, s.vars[n.Ident[0]], n.Ident[1:], args)
	case *parse.IdentifierNode:
		return s.function(n, args)
	}
	return nil
}

// fields follows .A.B.C; args are handed to the last.
func (s *scope) fields(n parse.Node, t types.Type, names []string, args []types.Type) types.Type {
	for i, name := range names {
		if t == nil {
			return nil
		}
		var given []types.Type
		if i == len(names)-1 {
			given = args
		}
		t = s.member(n, t, name, given)
	}
	return t
}

// member gives the type of a field or of a method's result.
func (s *scope) member(n parse.Node, t types.Type, name string, args []types.Type) types.Type {
	if m, ok := deref(t).Underlying().(*types.Map); ok {
		return m.Elem()
	}
	if i, ok := t.Underlying().(*types.Interface); ok && i.Empty() {
		return nil
	}
	found, _, _ := types.LookupFieldOrMethod(t, true, s.pkg, name)
	if found == nil || !token.IsExported(name) {
		s.wrong(n, "%s: %s has no %s that a template can reach", n, short(t), name)
		return nil
	}
	if sig, ok := found.Type().Underlying().(*types.Signature); ok {
		return s.result(n, name, sig, args)
	}
	if len(args) > 0 {
		s.wrong(n, "%s: %s is no method and takes no arguments", n, name)
	}
	return found.Type()
}

// result checks the arguments of a call and gives its type.
func (s *scope) result(n parse.Node, name string, sig *types.Signature, args []types.Type) types.Type {
	params := sig.Params()
	if len(args) < params.Len() && (!sig.Variadic() || len(args) < params.Len()-1) || len(args) > params.Len() && !sig.Variadic() {
		s.wrong(n, "%s takes %d arguments, not %d", name, params.Len(), len(args))
		return nil
	}
	for i, arg := range args {
		want := params.At(min(i, params.Len()-1)).Type()
		if list, ok := want.(*types.Slice); ok && sig.Variadic() && i >= params.Len()-1 {
			want = list.Elem()
		}
		if !fits(arg, want) {
			s.wrong(n, "%s wants %s as argument %d, not %s", name, short(want), i+1, short(arg))
		}
	}
	if sig.Results().Len() == 0 {
		s.wrong(n, "%s gives nothing", name)
		return nil
	}
	return sig.Results().At(0).Type()
}

// fits tells whether text/template hands a value over as a type.
func fits(have, want types.Type) bool {
	if have == nil || types.IsInterface(have) {
		return true
	}
	if types.AssignableTo(have, want) || types.AssignableTo(deref(have), want) || types.AssignableTo(types.NewPointer(have), want) {
		return true
	}
	constant, ok := have.(*types.Basic)
	if !ok || constant.Info()&types.IsUntyped == 0 {
		return false
	}
	basic, ok := want.Underlying().(*types.Basic)
	return ok && sameKind(constant, basic)
}

func sameKind(a, b *types.Basic) bool {
	const kinds = types.IsBoolean | types.IsNumeric | types.IsString
	left, right := a.Info()&kinds, b.Info()&kinds
	return left&right != 0 || left&types.IsNumeric != 0 && right&types.IsNumeric != 0
}

// function gives the type of a call of a function of the FuncMap or a built-in.
func (s *scope) function(n *parse.IdentifierNode, args []types.Type) types.Type {
	if sig, ok := s.funcs[n.Ident]; ok {
		return s.result(n, n.Ident, sig, args)
	}
	switch n.Ident {
	case "eq", "ne", "lt", "le", "gt", "ge":
		s.comparison(n, args)
		return types.Typ[types.Bool]
	case "not":
		return types.Typ[types.Bool]
	case "len":
		return types.Typ[types.Int]
	case "print", "printf", "println", "html", "js", "urlquery":
		return types.Typ[types.String]
	case "and", "or":
		if len(args) > 0 && !slices.ContainsFunc(args, func(t types.Type) bool { return t == nil || !types.Identical(t, args[0]) }) {
			return args[0]
		}
		return nil
	case "index":
		return indexed(args)
	case "slice", "call":
		return nil
	}
	s.wrong(n, "there is no function %s", n.Ident)
	return nil
}

// comparison finds values that can never be compared: html/template would fail.
func (s *scope) comparison(n parse.Node, args []types.Type) {
	if len(args) < 2 {
		s.wrong(n, "%s compares two values or more", n)
		return
	}
	first, ok := basicOf(args[0])
	for _, arg := range args[1:] {
		other, okOther := basicOf(arg)
		if ok && okOther && !sameKind(first, other) {
			s.wrong(n, "%s compares %s with %s", n, short(args[0]), short(arg))
		}
	}
}

func basicOf(t types.Type) (*types.Basic, bool) {
	if t == nil {
		return nil, false
	}
	b, ok := t.Underlying().(*types.Basic)
	return b, ok
}

func indexed(args []types.Type) types.Type {
	if len(args) != 2 || args[0] == nil {
		return nil
	}
	_, elem, _ := rangeTypes(args[0])
	return elem
}

func deref(t types.Type) types.Type {
	if p, ok := t.Underlying().(*types.Pointer); ok {
		return p.Elem()
	}
	return t
}

// short writes a type without the paths of its packages.
func short(t types.Type) string {
	if t == nil {
		return "something"
	}
	return types.TypeString(t, func(p *types.Package) string { return p.Name() })
}
