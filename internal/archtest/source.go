package archtest

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
)

// Module is the path that our own packages begin with.
const Module = "hustings"

// Source is the parsed source of the repository, without generated caches.
type Source struct {
	Root     string // the folder of go.mod
	Fset     *token.FileSet
	Packages map[string]*Package // by folder, as "internal/forum"
}

// Package is the source of one folder.
type Package struct {
	Dir   string
	Name  string
	Files []*File
}

// File is one Go file.
type File struct {
	Path string // from the root, with slashes
	Test bool
	*ast.File
}

// Load parses every Go file below the root of the module that holds the working
// directory.
func Load() (*Source, error) {
	root, err := moduleRoot()
	if err != nil {
		return nil, err
	}
	s := &Source{Root: root, Fset: token.NewFileSet(), Packages: map[string]*Package{}}
	err = filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && file != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata"):
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(file, ".go"):
			return nil
		}
		return s.parse(file)
	})
	return s, err
}

func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("there is no go.mod above the working directory")
		}
	}
}

func (s *Source) parse(file string) error {
	rel, err := filepath.Rel(s.Root, file)
	if err != nil {
		return err
	}
	rel = filepath.ToSlash(rel)
	parsed, err := parser.ParseFile(s.Fset, file, nil, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	dir := path.Dir(rel)
	p := s.Packages[dir]
	if p == nil {
		p = &Package{Dir: dir}
		s.Packages[dir] = p
	}
	f := &File{Path: rel, Test: strings.HasSuffix(rel, "_test.go"), File: parsed}
	if !f.Test {
		p.Name = parsed.Name.Name
	}
	p.Files = append(p.Files, f)
	return nil
}

// At says where a piece of source stands, as file:line from the root.
func (s *Source) At(n ast.Node) string {
	p := s.Fset.Position(n.Pos())
	rel, err := filepath.Rel(s.Root, p.Filename)
	if err != nil {
		rel = p.Filename
	}
	return fmt.Sprintf("%s:%d", filepath.ToSlash(rel), p.Line)
}

// Program gives the files of a package that are compiled into the program.
func (p *Package) Program() []*File {
	var list []*File
	for _, f := range p.Files {
		if !f.Test {
			list = append(list, f)
		}
	}
	return list
}

// ImportPaths lists what a file imports.
func (f *File) ImportPaths() []string {
	var list []string
	for _, i := range f.Imports {
		if p, err := strconv.Unquote(i.Path.Value); err == nil {
			list = append(list, p)
		}
	}
	return list
}

// localName is the name by which a file knows an imported package, or "".
func (f *File) localName(importPath string) string {
	for _, i := range f.Imports {
		if p, err := strconv.Unquote(i.Path.Value); err != nil || p != importPath {
			continue
		}
		if i.Name != nil {
			return i.Name.Name
		}
		return path.Base(importPath)
	}
	return ""
}

// stringOf is the value of a string literal.
func stringOf(e ast.Expr) (string, bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(lit.Value)
	return s, err == nil
}
