package markup

import (
	"strings"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"
	"golang.org/x/net/html"
)

func TestHostile_samples_stay_harmless_in_their_box(t *testing.T) {
	t.Parallel()
	samples := readHostile(t, "*.jsonl")
	if len(samples) < 1000 {
		t.Fatalf("only %d samples", len(samples))
	}
	for _, h := range samples {
		judgeAll(t, h.Payload)
	}
}

// Every payload of the samples once more inside constructs that change what a parser
// or the Markdown renderer makes of it.
func TestHostile_samples_inside_other_constructs(t *testing.T) {
	t.Parallel()
	around := []string{"> - %", "[x](<%>)", "![%](http://e.example/%)", "`%`", "<a href=\"%\">%</a>", "<p title='%'>", "<ul><table><%", "<https://e.example/%>", "<pre>\n%</pre>"}
	for _, h := range readHostile(t, "*.jsonl") {
		for _, a := range around {
			judgeAll(t, strings.ReplaceAll(a, "%", h.Payload))
		}
	}
}

// TestCommonMark compares with the reference renderer's output. Left out are examples
// with raw HTML, which is text here by choice, and those that show nothing at all, such
// as a lone rule: a reply that is nothing but markers is shown as it was typed.
func TestCommonMark_visible_text_equals_the_reference(t *testing.T) {
	t.Parallel()
	total, equal, markersOnly := 0, 0, 0
	for _, h := range readHostile(t, "commonmark-spec.jsonl") {
		if hasRawHTML(h.Payload) {
			continue
		}
		want := visibleText(t, h.Expected)
		r, err := Reply(h.Payload)
		if err != nil && want != "" {
			t.Errorf("%s: %v", h.ID, err)
		}
		got := visibleText(t, r.HTML)
		if want == "" {
			markersOnly++
			if typed := strings.Join(strings.Fields(h.Payload), ""); got != typed {
				t.Errorf("%s %q: markers alone are shown as %q", h.ID, h.Payload, got)
			}
			continue
		}
		total++
		if got == want {
			equal++
		} else {
			t.Logf("%s %q:\n got %q\nwant %q", h.ID, h.Payload, got, want)
		}
	}
	t.Logf("%d of %d equal, %d of markers alone", equal, total, markersOnly)
	if total < 500 || equal*100 < total*99 {
		t.Errorf("only %d of %d examples keep their visible text", equal, total)
	}
}

// hasRawHTML asks Markdown's own parser, without our changes to it.
func hasRawHTML(source string) bool {
	found := false
	doc := goldmark.New().Parser().Parse(text.NewReader([]byte(source)))
	_ = ast.Walk(doc, func(n ast.Node, _ bool) (ast.WalkStatus, error) {
		found = found || n.Kind() == ast.KindRawHTML || n.Kind() == ast.KindHTMLBlock
		return ast.WalkContinue, nil
	})
	return found
}

// visibleText is the text of HTML, with the descriptions of its pictures and without
// white space, which line breaks and blocks shift about.
func visibleText(t *testing.T, s string) string {
	t.Helper()
	nodes, err := html.ParseFragment(strings.NewReader(s), fragmentContext)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		switch n.Type {
		case html.TextNode:
			b.WriteString(n.Data)
		case html.ElementNode:
			if n.Data == "img" {
				b.WriteString(attr(n, "alt"))
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	for _, n := range nodes {
		walk(n)
	}
	return strings.Join(strings.Fields(b.String()), "")
}
