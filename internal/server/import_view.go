package server

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"hustings/internal/action"
	"hustings/internal/forum"
	"hustings/internal/importer"
)

const (
	// maxShownProblems and maxShownLines bound the page; the shell prints all.
	maxShownProblems = 200
	maxShownLines    = 400
	maxShownChars    = 200 // of one line of the source
)

// importProblem is a line that was put right or left out.
type importProblem struct {
	importer.Finding
	LeftOut bool
}

// importProblems lists what was left out, then what was put right, and how many
// more there are.
func importProblems(r *importer.Report) (list []importProblem, more int) {
	for _, f := range r.Refused {
		list = append(list, importProblem{f, true})
	}
	for _, f := range r.Repairs {
		list = append(list, importProblem{f, false})
	}
	if len(list) > maxShownProblems {
		return list[:maxShownProblems], len(list) - maxShownProblems
	}
	return list, 0
}

// sourceLine is a line of the file beside the thread.
type sourceLine struct {
	Number int
	Text   string
	Hit    bool // something was wrong with it
}

// sourceLines gives the beginning of a file that is text.
func sourceLines(content []byte, problems []importProblem) []sourceLine {
	if bytes.HasPrefix(content, []byte("\x1f\x8b")) || bytes.Count(content, []byte{0}) > len(content)/100 {
		return nil // packed, or in a coding of its own
	}
	hit := map[int]bool{}
	for _, p := range problems {
		hit[p.Line] = true
	}
	var list []sourceLine
	for line := range bytes.Lines(content) {
		text := strings.TrimRight(string(line), "\r\n")
		text = strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
		n := len(list) + 1
		list = append(list, sourceLine{n, cutLine(text), hit[n]})
		if n == maxShownLines {
			break
		}
	}
	return list
}

func cutLine(s string) string {
	if utf8.RuneCountInString(s) <= maxShownChars {
		return s
	}
	return string([]rune(s)[:maxShownChars]) + "…"
}

// Shows tells whether a line of the source is on the page.
func (p *foundPage) Shows(line int) bool { return line > 0 && line <= len(p.Lines) }

// Idle tells whether importing would change nothing.
func (p *foundPage) Idle() bool {
	a, c := &p.Report.Articles, &p.Report.Comments
	return a.New+a.Changed+c.New+c.Changed == 0
}

// importPreview is the beginning of an article's thread as it would stand.
type importPreview struct {
	Title string
	Nodes []*previewNode
}

// previewNode is a comment of a preview with those below it.
type previewNode struct {
	Level, Number, Parent int
	Author, Words, Mark   string
	Line                  int    // in the source
	Where                 string // the same in words
	Shown                 bool   // the line is on the page
	Nested                []*previewNode
}

func (p *foundPage) previews(done *action.Imported) (list []importPreview) {
	for _, a := range done.Links {
		if len(a.Preview) == 0 {
			continue
		}
		preview := importPreview{Title: a.Title}
		var open []*previewNode
		for i, c := range a.Preview {
			n := &previewNode{Level: c.Level, Number: i + 1, Author: c.Author, Words: c.Words, Mark: p.mark(c), Line: c.Line, Where: p.T("line %d", c.Line), Shown: p.Shows(c.Line)}
			if n.Author == "" {
				n.Author = p.T("Unknown")
			}
			for len(open) > 0 && open[len(open)-1].Level >= n.Level {
				open = open[:len(open)-1]
			}
			if len(open) == 0 {
				preview.Nodes = append(preview.Nodes, n)
			} else {
				up := open[len(open)-1]
				n.Parent, up.Nested = up.Number, append(up.Nested, n)
			}
			open = append(open, n)
		}
		list = append(list, preview)
	}
	return list
}

// mark says what is special about a comment of a preview.
func (p *foundPage) mark(c action.PreviewComment) string {
	switch {
	case c.Kind == forum.KindPlaceholder:
		return p.T("missing in the source")
	case c.Kind == forum.KindLinkBack:
		return p.T("a link from another site")
	case c.State == forum.Held:
		return p.T("waits for a moderator")
	case c.State != forum.Published:
		return p.T("not shown")
	case c.New && p.Report.Comments.Same+p.Report.Comments.Changed > 0:
		return p.T("new") // said of all it would say nothing
	}
	return ""
}
