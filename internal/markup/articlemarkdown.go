package markup

import (
	"html"
	"regexp"
	"slices"
	"strings"

	"github.com/yuin/goldmark"
)

const (
	// pieceBytes is the length at which a long article is parted, in bytes: on longer
	// texts Markdown may be slow.
	pieceBytes = MaxReplyBytes / 2
	// maxColumns is how many columns a table may have: a line of two bytes becomes a
	// row of all of them.
	maxColumns = 20
	// maxDefinitions is how many addresses that stand apart from the text are looked
	// up in every piece of it.
	maxDefinitions = 300
)

// ArticleMarkdown renders the body of an article that was written as Markdown for
// another site, with tables and footnotes; HTML in it goes through the policy of
// Article. A long one is rendered in pieces, parted between paragraphs; a piece
// longer than MaxReplyBytes is shown as plain text, and footnotes of a long one stay
// as they were typed. An empty text gives an empty result. It returns *TooLong over
// MaxArticleBytes.
func ArticleMarkdown(source string) (Rendered, error) {
	if len(source) > MaxArticleBytes {
		return Rendered{}, &TooLong{Max: MaxArticleBytes, Got: len(source)}
	}
	source = cleanBody(source)
	if blank(source) {
		return Rendered{Version: PolicyVersion}, nil
	}
	var b strings.Builder
	parts := pieces(source)
	known := definitions(source, len(parts))
	for _, part := range parts {
		b.WriteString(renderPiece(part, len(parts) == 1, known))
	}
	if r, ok := sanitise(b.String(), articlePolicy, maxOutput(len(source))); ok {
		return r, nil
	}
	return plain(source), nil
}

// renderPiece renders a piece of an article, whole: it is all of it.
func renderPiece(source string, whole bool, known []definition) string {
	parser := tabledMarkdown
	switch {
	case len(source) > MaxReplyBytes:
		return plainPiece(source)
	case wideTable(source):
		parser = articleMarkdown
	case whole:
		parser = notedMarkdown
	}
	for _, d := range known {
		if strings.Contains(source, "["+d.label+"]") && !strings.Contains(source, d.line) {
			source += "\n\n" + d.line
		}
	}
	if s, ok := convert(parser, source); ok {
		return s
	}
	return plainPiece(source)
}

func convert(parser goldmark.Markdown, source string) (string, bool) {
	var w boundedBuffer
	w.limit = maxRaw(len(source))
	if err := parser.Convert([]byte(source), &w); err != nil {
		return "", false
	}
	return backLink.ReplaceAllString(w.String(), ""), true
}

// backLink leads from a footnote to where it is used; it has no text here.
var backLink = regexp.MustCompile(`(?:&#160;)?<a href="#fnref[^"<>]*"[^<>]*></a>`)

// plainPiece is a text as it was typed, in paragraphs.
func plainPiece(source string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(source, "\n\n") {
		if part = strings.Trim(part, "\n"); part != "" {
			b.WriteString("<p>" + strings.ReplaceAll(html.EscapeString(part), "\n", "<br>") + "</p>")
		}
	}
	return b.String()
}

// tableRule is the line below the head of a table.
var tableRule = regexp.MustCompile(`(?m)^[ \t>]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)+\|?[ \t]*$`)

func wideTable(source string) bool {
	return slices.ContainsFunc(tableRule.FindAllString(source, -1), func(rule string) bool {
		return strings.Count(rule, "|") > maxColumns
	})
}

// definition is the address of a link that stands apart from it.
type definition struct{ label, line string }

var definitionLine = regexp.MustCompile(`(?m)^ {0,3}\[([^\[\]^][^\[\]]{0,200})\]:[ \t]+\S.{0,900}$`)

// definitions are those of an article in so many pieces; one alone has its own.
func definitions(source string, parts int) (list []definition) {
	if parts < 2 {
		return nil
	}
	seen := map[string]bool{}
	for _, m := range definitionLine.FindAllStringSubmatch(source, maxDefinitions) {
		if !seen[m[1]] {
			seen[m[1]] = true
			list = append(list, definition{m[1], strings.TrimSpace(m[0])})
		}
	}
	return list
}

// pieces parts an article where that changes nothing: before a paragraph or a heading
// that stands behind an empty line, and in no code.
func pieces(source string) (list []string) {
	if len(source) <= MaxReplyBytes {
		return []string{source}
	}
	start, at, until, empty := 0, 0, "", false
	for line := range strings.Lines(source) {
		switch text := strings.TrimSpace(line); {
		case until != "":
			if strings.Contains(text, until) {
				until = ""
			}
		case empty && at-start >= pieceBytes && beginsParagraph(line):
			list = append(list, source[start:at])
			start = at
			until = opens(text)
		default:
			until = opens(text)
		}
		empty = until == "" && strings.TrimSpace(line) == ""
		at += len(line)
	}
	return append(list, source[start:])
}

// opens gives what ends the code or the HTML that a line begins, "" for none.
func opens(text string) string {
	lower := strings.ToLower(text[:min(len(text), 10)])
	ends := func(begin, end string) bool {
		return strings.HasPrefix(lower, begin) && !strings.Contains(text[len(begin):], end)
	}
	for _, fence := range []string{"```", "~~~"} {
		if ends(fence, fence) {
			return fence
		}
	}
	if ends("<!--", "-->") {
		return "-->"
	}
	for _, name := range []string{"pre", "script", "style"} {
		if end := "</" + name + ">"; ends("<"+name, end) {
			return end
		}
	}
	return ""
}

// beginsParagraph tells whether a line begins something that is no part of a list, a
// quotation, a table or HTML.
func beginsParagraph(line string) bool {
	switch c := line[0]; {
	case c == '#', strings.HasPrefix(line, "```"), strings.HasPrefix(line, "~~~"):
		return true
	case strings.IndexByte(" \t>-*+|:<[=_`~\n\r", c) >= 0:
		return false
	case c >= '0' && c <= '9':
		return false
	}
	return true
}
