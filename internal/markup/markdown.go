package markup

import (
	"bytes"
	"errors"
	"html"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	markdownhtml "github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// replyMarkdown is built once; goldmark's Markdown is safe for concurrent use.
var replyMarkdown = goldmark.New(
	goldmark.WithParser(parser.NewParser(
		parser.WithBlockParsers(
			util.Prioritized(parser.NewSetextHeadingParser(), 100),
			util.Prioritized(parser.NewThematicBreakParser(), 200),
			util.Prioritized(capped{parser.NewListParser(), ast.KindList, maxLists}, 300),
			util.Prioritized(parser.NewListItemParser(), 400),
			util.Prioritized(parser.NewCodeBlockParser(), 500),
			util.Prioritized(parser.NewATXHeadingParser(), 600),
			util.Prioritized(parser.NewFencedCodeBlockParser(), 700),
			util.Prioritized(capped{parser.NewBlockquoteParser(), ast.KindBlockquote, maxQuotes}, 800),
			util.Prioritized(parser.NewHTMLBlockParser(), 900),
			util.Prioritized(parser.NewParagraphParser(), 1000),
		),
		parser.WithInlineParsers(parser.DefaultInlineParsers()...),
		parser.WithParagraphTransformers(parser.DefaultParagraphTransformers()...),
	)),
	goldmark.WithExtensions(extension.Linkify, extension.Strikethrough),
	goldmark.WithRendererOptions(
		markdownhtml.WithHardWraps(),
		renderer.WithNodeRenderers(util.Prioritized(visibleHTML{}, 100)),
	),
)

// markdown renders a source. It fails when the output passes a bound that no honest
// text comes near, since one reference link may be used thousands of times.
func markdown(source string) (string, error) {
	var w boundedBuffer
	w.limit = 8*len(source) + 64<<10
	if err := replyMarkdown.Convert([]byte(source), &w); err != nil {
		return "", err
	}
	return w.String(), nil
}

var errTooLarge = errors.New("markup: output too large")

// boundedBuffer refuses to grow past its limit.
type boundedBuffer struct {
	bytes.Buffer
	limit int
}

func (w *boundedBuffer) Write(p []byte) (int, error) {
	if w.Len()+len(p) > w.limit {
		return 0, errTooLarge
	}
	return w.Buffer.Write(p)
}

// capped keeps a block parser from nesting its kind deeper than limit. The marker that
// would have opened one level more stays in the text of the deepest level. Without it
// the cost of nesting is quadratic.
type capped struct {
	parser.BlockParser
	kind  ast.NodeKind
	limit int
}

// Open is parser.BlockParser's.
func (c capped) Open(parent ast.Node, reader text.Reader, pc parser.Context) (ast.Node, parser.State) {
	depth := 0
	for n := parent; n != nil; n = n.Parent() {
		if n.Kind() == c.kind {
			depth++
		}
	}
	if depth >= c.limit {
		return nil, parser.NoChildren
	}
	return c.BlockParser.Open(parent, reader, pc)
}

// visibleHTML renders raw HTML as the text it is.
type visibleHTML struct{}

// RegisterFuncs is renderer.NodeRenderer's.
func (visibleHTML) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(ast.KindRawHTML, renderRawInline)
	r.Register(ast.KindHTMLBlock, renderRawBlock)
}

func renderRawInline(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if entering {
		segments := n.(*ast.RawHTML).Segments
		for i := range segments.Len() {
			segment := segments.At(i)
			writeLines(w, segment.Value(source))
		}
	}
	return ast.WalkSkipChildren, nil
}

func renderRawBlock(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	block := n.(*ast.HTMLBlock)
	var b bytes.Buffer
	for i := range block.Lines().Len() {
		line := block.Lines().At(i)
		b.Write(line.Value(source))
	}
	if block.HasClosure() {
		b.Write(block.ClosureLine.Value(source))
	}
	_, _ = w.WriteString("<p>")
	writeLines(w, bytes.TrimRight(b.Bytes(), "\n"))
	_, _ = w.WriteString("</p>\n")
	return ast.WalkContinue, nil
}

// writeLines writes escaped text with its line breaks.
func writeLines(w util.BufWriter, s []byte) {
	for i, line := range bytes.Split(s, []byte("\n")) {
		if i > 0 {
			_, _ = w.WriteString("<br>")
		}
		_, _ = w.WriteString(html.EscapeString(string(line)))
	}
}
