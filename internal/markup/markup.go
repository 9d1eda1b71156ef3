// Package markup turns untrusted text into sanitised, balanced HTML and plain text.
// It is the only maker of template.HTML from anything a person wrote. It may not read
// a database, fetch anything, know about people, threads or pages, or keep state
// between calls: every function is pure and safe for use by many goroutines.
//
// Three walls stand behind each other and none trusts the one before it:
// the Markdown renderer never passes raw HTML on, the bluemonday policy drops what is
// not listed, and the builder writes only elements and attributes of its own small
// table, strictly nested. What it wrote is then parsed the way a browser parses and
// must come back unchanged; text that fails is shown as plain text, never as nothing.
package markup

import (
	"errors"
	"fmt"
	"html/template"
	"strings"
)

// PolicyVersion is stored beside every rendered text. It is raised whenever the output
// for a stored source may change, so that old renderings can be found and made again.
const PolicyVersion = 3

const (
	// MaxReplyBytes is the longest Markdown source of a reply, in bytes of UTF-8.
	// At this size the slowest input known takes well under 50 ms; at four times the
	// size Markdown's quadratic corners take seconds.
	MaxReplyBytes = 16 << 10

	// MaxArticleBytes is the longest HTML of one article, in bytes: several times the
	// longest page people write by hand, and about a second of work at worst.
	MaxArticleBytes = 2 << 20

	// MaxImportBytes is the longest HTML of one imported comment, in bytes. Sixteen
	// times a reply: other systems limit comments to 64 KiB and their markup doubles it.
	MaxImportBytes = 256 << 10
)

// ErrEmpty is returned for a reply without any visible character.
var ErrEmpty = errors.New("Write something first: the reply is empty.") //nolint:staticcheck // a sentence for people

// TooLong is returned for a source over its limit. Nothing is ever cut: the writer keeps
// the text and shortens it.
type TooLong struct {
	Max int // the limit, in bytes of UTF-8
	Got int // the length of the text, in bytes of UTF-8
}

// Error is a sentence that may be shown.
func (e *TooLong) Error() string {
	return fmt.Sprintf("The text is too long: it has %d bytes and the limit is %d.", e.Got, e.Max)
}

// Rendered is a text as it is stored and shown.
type Rendered struct {
	HTML    string // sanitised and balanced; becomes template.HTML through Safe only
	Text    string // plain text: paragraphs joined by a blank line, line breaks by \n
	Version int    // PolicyVersion at the time
}

// Reply renders Markdown as people write it in a comment. Raw HTML is shown as the text
// it is, images become links, headings become bold lines, a line break stays a line
// break, and quotes and lists nest at most maxQuotes and maxLists deep; deeper markers
// are text. Input whose HTML would outgrow the bound of four times the source plus
// 4 KiB is shown as plain text. It returns *TooLong or ErrEmpty.
func Reply(source string) (Rendered, error) {
	if len(source) > MaxReplyBytes {
		return Rendered{}, &TooLong{Max: MaxReplyBytes, Got: len(source)}
	}
	source = cleanBody(source)
	if blank(source) {
		return Rendered{}, ErrEmpty
	}
	raw, err := markdown(source)
	if err != nil {
		return plain(source), nil //nolint:nilerr // never nothing: the text as it was typed
	}
	r, ok := sanitise(raw, replyPolicy, maxOutput(len(source)))
	if !ok || blank(r.Text) {
		return plain(source), nil
	}
	return r, nil
}

// PlainText renders text in which nothing is markup: a blank line parts paragraphs, a
// newline is a line break. Text is the source exactly, inner, trailing and no-break
// spaces included; only what no database can hold is changed (U+0000 is dropped, invalid
// UTF-8 becomes U+FFFD). The HTML also leaves out control characters. Text of any
// length is taken, in linear time.
func PlainText(source string) Rendered {
	return plain(storable(source))
}

// HTML sanitises foreign HTML, as imports bring it, by the policy of replies. Its result
// is a fixed point: HTML of the result's HTML is the same HTML. Empty input gives an
// empty result. It returns *TooLong over MaxImportBytes.
func HTML(source string) (Rendered, error) {
	return foreign(source, replyPolicy, MaxImportBytes)
}

// Article sanitises the body of an article: the policy of HTML with headings (levels 2
// to 4, a first-level heading becomes a second), figures and images, which pages show
// through ShowPictures only. It returns *TooLong over MaxArticleBytes.
func Article(source string) (Rendered, error) {
	return foreign(source, articlePolicy, MaxArticleBytes)
}

// Safe marks stored HTML as fit for a template. It is the one conversion in the program:
// give it only the HTML field of a Rendered, as it was stored.
func Safe(stored string) template.HTML {
	return template.HTML(stored) //nolint:gosec // the one conversion, see the comment
}

func foreign(source string, p *policy, limit int) (Rendered, error) {
	if len(source) > limit {
		return Rendered{}, &TooLong{Max: limit, Got: len(source)}
	}
	source = cleanBody(source)
	if r, ok := plainest(source, p, maxOutput(len(source))); ok {
		return r, nil
	}
	if r, ok := thorough(source, p, maxOutput(len(source))); ok {
		return r, nil
	}
	return plain(source), nil
}

// maxOutput is the bound on the bytes of HTML made from n bytes of source. Ordinary
// text stays under twice its size; the bound exists for reference links, list markers
// and other input that multiplies.
func maxOutput(n int) int { return 4*n + 4<<10 }

// sanitise is the second and third wall and the check after them; ok is false when the
// result is too large or would not survive a parser unchanged.
func sanitise(source string, p *policy, limit int) (r Rendered, ok bool) {
	if cleanBody(source) == source {
		if r, ok := plainest(source, p, limit); ok {
			return r, true
		}
	}
	return thorough(source, p, limit)
}

// thorough is sanitise for any source.
func thorough(source string, p *policy, limit int) (r Rendered, ok bool) {
	b := newBuilder(p, limit)
	if !b.build(p.wall.Sanitize(source)) || !survivesParsing(b.out.String()) {
		return Rendered{}, false
	}
	return Rendered{HTML: b.out.String(), Text: b.text.String(), Version: PolicyVersion}, true
}

// plain writes text that has been through storable.
func plain(source string) Rendered {
	var out strings.Builder
	out.Grow(len(source) + len(source)/8 + 16)
	var marks markLimit
	open := false
	for line := range strings.SplitSeq(newlines(source), "\n") {
		line = marks.cut(cleanBody(line))
		switch {
		case strings.Trim(line, " \t") == "":
			if open {
				out.WriteString("</p>")
			}
			open = false
			continue
		case open:
			out.WriteString("<br>")
		default:
			out.WriteString("<p>")
		}
		open = true
		marks.reset()
		writeText(&out, line)
	}
	if open {
		out.WriteString("</p>")
	}
	return Rendered{HTML: out.String(), Text: source, Version: PolicyVersion}
}
