package importer

import (
	"encoding/xml"
	"html"
	"slices"
	"strings"
)

// element is an XML element of a record. Names are without their prefix: whoever
// reads a broken file cannot rely on its declarations.
type element struct {
	name  string // "" for text
	attrs []xml.Attr
	kids  []*element
	data  string // of text
	at    place
}

// attr gives an attribute, whatever its prefix.
func (e *element) attr(name string) string {
	if e == nil {
		return ""
	}
	for _, a := range e.attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// kid gives the first child of a name, nil where there is none; that may be asked
// for everything too.
func (e *element) kid(name string) *element {
	if e == nil {
		return nil
	}
	for _, k := range e.kids {
		if k.name == name {
			return k
		}
	}
	return nil
}

// find is kid, but where an end tag is missing it also looks deeper.
func (e *element) find(name string) *element {
	if k := e.kid(name); k != nil || e == nil {
		return k
	}
	todo := e.kids
	for len(todo) > 0 {
		var next []*element
		for _, k := range todo {
			if k.name == name {
				return k
			}
			next = append(next, k.kids...)
		}
		todo = next
	}
	return nil
}

// all gives the children of a name.
func (e *element) all(name string) []*element {
	var list []*element
	for _, k := range e.kids {
		if k.name == name {
			list = append(list, k)
		}
	}
	return list
}

// text is the text of an element without white space around it.
func (e *element) text() string {
	if e == nil {
		return ""
	}
	var b strings.Builder
	for _, k := range e.kids {
		b.WriteString(k.data)
	}
	return strings.TrimSpace(b.String())
}

// inner is an element's content as markup, for what is written as XHTML.
func (e *element) inner() string {
	var b strings.Builder
	type step struct {
		e   *element
		end bool
	}
	var todo []step
	push := func(e *element) {
		for _, k := range slices.Backward(e.kids) {
			todo = append(todo, step{e: k})
		}
	}
	push(e)
	for len(todo) > 0 {
		s := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		switch {
		case s.end:
			b.WriteString("</" + s.e.name + ">")
		case s.e.name == "":
			b.WriteString(html.EscapeString(s.e.data))
		default:
			b.WriteString("<" + s.e.name)
			for _, a := range s.e.attrs {
				b.WriteString(" " + a.Name.Local + `="` + html.EscapeString(a.Value) + `"`)
			}
			b.WriteString(">")
			if len(s.e.kids) > 0 || !slices.Contains([]string{"br", "hr", "img"}, s.e.name) {
				todo = append(todo, step{s.e, true})
			}
			push(s.e)
		}
	}
	return strings.TrimSpace(b.String())
}
