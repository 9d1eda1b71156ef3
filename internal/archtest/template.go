package archtest

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
	"text/template/parse"
)

// Template is one parsed template: a file, or what a {{define}} in it names.
type Template struct {
	Path string // of the file, from the root
	Name string // as {{template}} calls it; for the file itself its base name
	*parse.Tree
	Text string // the whole file
}

// Page tells whether the template is a page of its own, and its name for render.
func (t Template) Page() (name string, ok bool) {
	dir, base := path.Split(t.Path)
	return strings.TrimSuffix(base, ".html"), dir == "web/templates/page/" && t.Name == "main"
}

// Templates parses all of web/templates. Functions are not looked up.
func (s *Source) Templates() ([]Template, error) {
	files, err := filepath.Glob(filepath.Join(s.Root, "web", "templates", "*.html"))
	if err != nil {
		return nil, err
	}
	deeper, err := filepath.Glob(filepath.Join(s.Root, "web", "templates", "*", "*.html"))
	if err != nil {
		return nil, err
	}
	var all []Template
	for _, file := range append(files, deeper...) {
		list, err := parseTemplates(s.Root, file)
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	return all, nil
}

func parseTemplates(root, file string) ([]Template, error) {
	rel, err := filepath.Rel(root, file)
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	rel = filepath.ToSlash(rel)
	trees := map[string]*parse.Tree{}
	t := parse.New(path.Base(rel))
	t.Mode = parse.SkipFuncCheck
	if _, err := t.Parse(string(text), "", "", trees); err != nil {
		return nil, fmt.Errorf("%s: %w", rel, err)
	}
	var list []Template
	for name, tree := range trees {
		list = append(list, Template{rel, name, tree, string(text)})
	}
	return list, nil
}

// walk calls see for every node below n, n first.
func walk(n parse.Node, see func(parse.Node)) {
	switch n := n.(type) {
	case *parse.ListNode:
		if n == nil {
			return
		}
		see(n)
		for _, child := range n.Nodes {
			walk(child, see)
		}
		return
	case *parse.PipeNode:
		if n == nil {
			return
		}
		see(n)
		for _, c := range n.Cmds {
			walk(c, see)
		}
		return
	case nil:
		return
	}
	see(n)
	switch n := n.(type) {
	case *parse.ActionNode:
		walk(n.Pipe, see)
	case *parse.CommandNode:
		for _, arg := range n.Args {
			walk(arg, see)
		}
	case *parse.ChainNode:
		walk(n.Node, see)
	case *parse.TemplateNode:
		walk(n.Pipe, see)
	case *parse.IfNode:
		walkBranch(&n.BranchNode, see)
	case *parse.RangeNode:
		walkBranch(&n.BranchNode, see)
	case *parse.WithNode:
		walkBranch(&n.BranchNode, see)
	}
}

func walkBranch(n *parse.BranchNode, see func(parse.Node)) {
	walk(n.Pipe, see)
	walk(n.List, see)
	walk(n.ElseList, see)
}
