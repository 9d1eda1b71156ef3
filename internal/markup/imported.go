package markup

import (
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer"
	markdownhtml "github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/util"
)

// Markdown of other sites is parsed as that of replies, but raw HTML is passed on
// to the policy: the systems it comes from show it. In an article a line's end is a
// space, as every generator of sites has it; in a comment it stays.
var (
	importedMarkdown = foreignMarkdown(nil, markdownhtml.WithHardWraps())
	articleMarkdown  = foreignMarkdown(nil)
	// tabledMarkdown and notedMarkdown know what generators of sites have besides.
	tabledMarkdown = foreignMarkdown([]goldmark.Extender{extension.Table})
	notedMarkdown  = foreignMarkdown([]goldmark.Extender{extension.Table,
		extension.NewFootnote(extension.WithFootnoteBacklinkHTML(""))})
)

func foreignMarkdown(extensions []goldmark.Extender, options ...renderer.Option) goldmark.Markdown {
	options = append(options, markdownhtml.WithUnsafe(),
		renderer.WithNodeRenderers(util.Prioritized(extension.NewStrikethroughHTMLRenderer(), 500)))
	return goldmark.New(goldmark.WithParser(newParser()), goldmark.WithExtensions(append(extensions, extension.Linkify)...),
		goldmark.WithRendererOptions(options...))
}

// Markdown renders Markdown that was typed on another site. It differs from Reply in
// what those sites allow: HTML in it is sanitised instead of shown as typed. Text
// longer than MaxReplyBytes, on which Markdown may be slow, is shown as plain text; an
// empty one gives an empty result. It returns *TooLong over MaxImportBytes.
func Markdown(source string) (Rendered, error) {
	r, err := renderForeign(source, importedMarkdown, replyPolicy, MaxImportBytes)
	if err == nil && blank(r.Text) && !blank(source) {
		return plain(cleanBody(source)), nil
	}
	return r, err
}

func renderForeign(source string, markdown goldmark.Markdown, p *policy, limit int) (Rendered, error) {
	if len(source) > limit {
		return Rendered{}, &TooLong{Max: limit, Got: len(source)}
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
	if err := markdown.Convert([]byte(source), &w); err != nil {
		return plain(source), nil //nolint:nilerr // never nothing: the text as it was written
	}
	if r, ok := sanitise(w.String(), p, maxOutput(len(source))); ok {
		return r, nil
	}
	return plain(source), nil
}
