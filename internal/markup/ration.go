package markup

import (
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
)

const (
	// maxBrackets and maxDelimiters are how many square brackets, and how many runs of
	// emphasis or of strike-out, one reply may use as markup. Their cost is quadratic;
	// beyond the limit, which no honest text of 16 KiB comes near, they are text.
	maxBrackets   = 1500
	maxDelimiters = 3000
)

// rationed gives an inline parser a number of attempts per document.
type rationed struct {
	parser.InlineParser
	spent parser.ContextKey
	limit int
}

func newRationed(p parser.InlineParser, limit int) rationed {
	return rationed{InlineParser: p, spent: parser.NewContextKey(), limit: limit}
}

// Parse is parser.InlineParser's.
func (r rationed) Parse(parent ast.Node, block text.Reader, pc parser.Context) ast.Node {
	spent := pc.ComputeIfAbsent(r.spent, func() any { return new(int) }).(*int) //nolint:errcheck // only this line stores there
	if *spent >= r.limit {
		return nil
	}
	*spent++
	return r.InlineParser.Parse(parent, block, pc)
}

// CloseBlock is parser.CloseBlocker's: the link parser tidies up here.
func (r rationed) CloseBlock(parent ast.Node, block text.Reader, pc parser.Context) {
	if c, ok := r.InlineParser.(parser.CloseBlocker); ok {
		c.CloseBlock(parent, block, pc)
	}
}
