package markup

import (
	"bytes"
	"errors"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	markdownhtml "github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// newParser knows the Markdown of replies. Extensions change a parser, so that whoever
// wants others needs one of their own.
func newParser() parser.Parser {
	return parser.NewParser(
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
		parser.WithInlineParsers(
			util.Prioritized(parser.NewCodeSpanParser(), 100),
			util.Prioritized(newRationed(parser.NewLinkParser(), maxBrackets), 200),
			util.Prioritized(parser.NewAutoLinkParser(), 300),
			util.Prioritized(parser.NewRawHTMLParser(), 400),
			util.Prioritized(newRationed(parser.NewEmphasisParser(), maxDelimiters), 500),
			util.Prioritized(newRationed(extension.NewStrikethroughParser(), maxDelimiters), 500),
		),
		parser.WithParagraphTransformers(parser.DefaultParagraphTransformers()...),
		parser.WithASTTransformers(util.Prioritized(unusedDefinitions{}, 100)),
	)
}

// replyMarkdown is built once; goldmark's Markdown is safe for concurrent use.
var replyMarkdown = goldmark.New(
	goldmark.WithParser(newParser()),
	goldmark.WithExtensions(extension.Linkify),
	goldmark.WithRendererOptions(
		markdownhtml.WithHardWraps(),
		renderer.WithNodeRenderers(
			util.Prioritized(asTyped{}, 100),
			util.Prioritized(extension.NewStrikethroughHTMLRenderer(), 500),
		),
	),
)

// markdown renders a source. It fails when the output passes a bound that no honest
// text comes near, since one reference link may be used thousands of times.
func markdown(source string) (string, error) {
	var w boundedBuffer
	w.limit = maxRaw(len(source))
	if err := replyMarkdown.Convert([]byte(source), &w); err != nil {
		return "", err
	}
	return w.String(), nil
}

// maxRaw is the bound on the bytes that Markdown may make of n bytes of source.
func maxRaw(n int) int { return 8*n + 64<<10 }

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
