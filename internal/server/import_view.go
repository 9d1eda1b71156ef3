package server

import (
	"fmt"
	"strconv"

	"hustings/internal/action"
	"hustings/internal/forum"
)

// importPreview is the beginning of an article's thread as it would stand, beside
// the lines that it comes from.
type importPreview struct {
	Title  string
	File   string
	name   string // of the file, as reports have it
	Prefix string // of the ids of the lines
	Start  int    // the first line
	Lines  []sourceLine
	Nodes  []*previewNode
}

// previewNode is a comment of a preview with those below it.
type previewNode struct {
	Level, Number, Parent int
	Author, Words, Mark   string
	Where                 string // the line in words
	Link                  string // the element with that line; "": it is not on the page
	Nested                []*previewNode
}

// previews are the first threads. The lines of a file stand beside the first of
// its articles.
func (v *importView) previews(done *action.Imported, sources map[string]*fileLines) (list []importPreview) {
	for _, a := range done.Links {
		if len(a.Preview) == 0 {
			continue
		}
		file := a.Preview[0].File
		p := importPreview{Title: a.Title, File: v.file(file), name: file, Prefix: fmt.Sprintf("f%dl", len(list)+1)}
		e := sources[file]
		if e != nil && len(e.lines) > 0 {
			p.Lines, p.Start = e.lines, e.from
		}
		v.thread(&p, a.Preview, e)
		list = append(list, p)
	}
	return list
}

// linkPlaces makes the places of what was found lead to the lines that are shown.
func (v *importView) linkPlaces() {
	shown := map[fileAndLine]string{}
	for _, p := range v.Previews {
		for _, l := range p.Lines {
			at := fileAndLine{p.name, l.Number}
			if shown[at] == "" {
				shown[at] = fmt.Sprintf("#%s%d", p.Prefix, l.Number)
			}
		}
	}
	for _, g := range v.Groups {
		for i := range g.Places {
			g.Places[i].Link = shown[g.Places[i].at]
		}
	}
}

// thread puts comments in the order of a page into each other.
func (v *importView) thread(p *importPreview, comments []action.PreviewComment, e *fileLines) {
	var open []*previewNode
	for i, c := range comments {
		n := &previewNode{Level: c.Level, Number: i + 1, Author: c.Author, Words: c.Words, Mark: v.mark(c)}
		if c.Line > 0 {
			n.Where = v.T("line %s", strconv.Itoa(c.Line))
			if e != nil && c.Line >= e.from && c.Line < e.from+len(e.lines) {
				n.Link = fmt.Sprintf("#%s%d", p.Prefix, c.Line)
			}
		}
		if n.Author == "" {
			n.Author = v.T("Unknown")
		}
		for len(open) > 0 && open[len(open)-1].Level >= n.Level {
			open = open[:len(open)-1]
		}
		if len(open) == 0 {
			p.Nodes = append(p.Nodes, n)
		} else {
			up := open[len(open)-1]
			n.Parent, up.Nested = up.Number, append(up.Nested, n)
		}
		open = append(open, n)
	}
}

// mark says what is special about a comment of a preview.
func (v *importView) mark(c action.PreviewComment) string {
	switch {
	case c.Kind == forum.KindPlaceholder:
		return v.T("placeholder")
	case c.Kind == forum.KindLinkBack:
		return v.T("a link from another site")
	case c.State == forum.Held:
		return v.T("waits for a moderator")
	case c.State != forum.Published:
		return v.T("not shown")
	case c.New && v.Report.Comments.Same+v.Report.Comments.Changed > 0:
		return v.T("new") // said of all it would say nothing
	}
	return ""
}
