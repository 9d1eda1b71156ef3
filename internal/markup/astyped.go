package markup

import (
	"bytes"
	"html"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// asTyped renders what Markdown would hide as the text it was typed as: raw HTML, and
// definitions of links that nothing refers to ("[Anna]: hello" is a greeting).
type asTyped struct{}

// RegisterFuncs is renderer.NodeRenderer's.
func (asTyped) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(ast.KindRawHTML, renderRawInline)
	r.Register(ast.KindHTMLBlock, renderRawBlock)
	r.Register(ast.KindLinkReferenceDefinition, renderDefinition)
}

func renderRawInline(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if entering {
		segments := n.(*ast.RawHTML).Segments //nolint:errcheck // registered for this kind only
		for i := range segments.Len() {
			segment := segments.At(i)
			writeTyped(w, segment.Value(source))
		}
	}
	return ast.WalkSkipChildren, nil
}

func renderRawBlock(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if entering {
		lines := joinLines(n.Lines(), source)
		if block := n.(*ast.HTMLBlock); block.HasClosure() { //nolint:errcheck // likewise
			lines = append(lines, block.ClosureLine.Value(source)...)
		}
		writeTypedBlock(w, lines)
	}
	return ast.WalkContinue, nil
}

func renderDefinition(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if _, unused := n.AttributeString(unusedMark); unused && entering {
		writeTypedBlock(w, joinLines(n.Lines(), source))
	}
	return ast.WalkSkipChildren, nil
}

func joinLines(lines *text.Segments, source []byte) []byte {
	var b []byte
	for i := range lines.Len() {
		line := lines.At(i)
		b = append(b, line.Value(source)...)
	}
	return b
}

func writeTypedBlock(w util.BufWriter, s []byte) {
	_, _ = w.WriteString("<p>")
	writeTyped(w, bytes.TrimRight(s, "\n"))
	_, _ = w.WriteString("</p>\n")
}

// writeTyped writes escaped text with its line breaks.
func writeTyped(w util.BufWriter, s []byte) {
	for i, line := range bytes.Split(s, []byte("\n")) {
		if i > 0 {
			_, _ = w.WriteString("<br>")
		}
		_, _ = w.WriteString(html.EscapeString(string(line)))
	}
}

// unusedMark is set on a definition that no link of the text refers to.
const unusedMark = "unused"

// unusedDefinitions marks them. A target that begins with a slash is left as Markdown
// has it: that is no sentence, and no address we would link to.
type unusedDefinitions struct{}

// Transform is parser.ASTTransformer's.
func (unusedDefinitions) Transform(doc *ast.Document, _ text.Reader, pc parser.Context) {
	if len(pc.References()) == 0 {
		return
	}
	used := map[string]bool{}
	var definitions []*ast.LinkReferenceDefinition
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Link:
			if n.Reference != nil {
				used[util.ToLinkReference(n.Reference.Value)] = true
			}
		case *ast.Image:
			if n.Reference != nil {
				used[util.ToLinkReference(n.Reference.Value)] = true
			}
		case *ast.LinkReferenceDefinition:
			definitions = append(definitions, n)
		}
		return ast.WalkContinue, nil
	})
	for _, d := range definitions {
		if !used[util.ToLinkReference(d.Label)] && !bytes.HasPrefix(d.Destination, []byte("/")) {
			d.SetAttributeString(unusedMark, true)
		}
	}
}
