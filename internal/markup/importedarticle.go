package markup

import (
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer"
	markdownhtml "github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/util"
)

// articleMarkdown is importedMarkdown for articles: there a line's end is a space, as
// every generator of sites has it.
var articleMarkdown = goldmark.New(
	goldmark.WithParser(replyMarkdown.Parser()),
	goldmark.WithRendererOptions(
		markdownhtml.WithUnsafe(),
		renderer.WithNodeRenderers(util.Prioritized(extension.NewStrikethroughHTMLRenderer(), 500)),
	),
)

// ArticleMarkdown renders the body of an article that was written as Markdown for
// another site. HTML in it goes through the policy of Article. Text longer than
// MaxReplyBytes, on which Markdown may be slow, is shown as plain text; an empty one
// gives an empty result. It returns *TooLong over MaxArticleBytes.
func ArticleMarkdown(source string) (Rendered, error) {
	if len(source) > MaxArticleBytes {
		return Rendered{}, &TooLong{Max: MaxArticleBytes, Got: len(source)}
	}
	source = cleanBody(source)
	if blank(source) {
		return Rendered{Version: PolicyVersion}, nil
	}
	if len(source) > MaxReplyBytes {
		return plain(source), nil
	}
	var w boundedBuffer
	w.limit = maxRaw(len(source))
	if err := articleMarkdown.Convert([]byte(source), &w); err != nil {
		return plain(source), nil //nolint:nilerr // never nothing: the text as it was written
	}
	if r, ok := sanitise(w.String(), articlePolicy, maxOutput(len(source))); ok {
		return r, nil
	}
	return plain(source), nil
}
