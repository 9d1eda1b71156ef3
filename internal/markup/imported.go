package markup

import (
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer"
	markdownhtml "github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/util"
)

// importedMarkdown is that of replies, but passes raw HTML on to the policy: the
// systems that comments come from show it.
var importedMarkdown = goldmark.New(
	goldmark.WithParser(replyMarkdown.Parser()),
	goldmark.WithRendererOptions(
		markdownhtml.WithHardWraps(),
		markdownhtml.WithUnsafe(),
		renderer.WithNodeRenderers(util.Prioritized(extension.NewStrikethroughHTMLRenderer(), 500)),
	),
)

// Markdown renders Markdown that was typed on another site. It differs from Reply in
// what those sites allow: HTML in it is sanitised instead of shown as typed. Text
// longer than MaxReplyBytes, on which Markdown may be slow, is shown as plain text; an
// empty one gives an empty result. It returns *TooLong over MaxImportBytes.
func Markdown(source string) (Rendered, error) {
	if len(source) > MaxImportBytes {
		return Rendered{}, &TooLong{Max: MaxImportBytes, Got: len(source)}
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
	if err := importedMarkdown.Convert([]byte(source), &w); err != nil {
		return plain(source), nil //nolint:nilerr // never nothing: the text as it was typed
	}
	r, ok := sanitise(w.String(), replyPolicy, maxOutput(len(source)))
	if !ok || blank(r.Text) {
		return plain(source), nil
	}
	return r, nil
}
