package markup

import (
	"strings"
	"testing"
)

func TestArticleMarkdown(t *testing.T) {
	t.Parallel()
	for name, c := range map[string][2]string{
		"nothing":         {" \n", ""},
		"lines join":      {"a\nb", "<p>a b</p>"},
		"headings":        {"# A\n\n## B", "<h2>A</h2><h2>B</h2>"},
		"HTML":            {"a <b>b</b> <script>x</script>", "<p>a <strong>b</strong> </p>"},
		"no way out":      {"[a](javascript:x)", "<p>a</p>"},
		"too long for it": {strings.Repeat("*", MaxReplyBytes+1), "<p>" + strings.Repeat("*", MaxReplyBytes+1) + "</p>"},
		"a table":         {"| A | B |\n|---|:-:|\n| 1 | *2* |\n", "<p>A B</p><p>1 <em>2</em></p>"},
		"a footnote":      {"So[^1] they say.\n\n[^1]: Not *all*.", "<p>So<sup>1</sup> they say.</p><hr><ol><li><p>Not <em>all</em>.</p></li></ol>"},
	} {
		r, err := ArticleMarkdown(c[0])
		if err != nil || strings.TrimSpace(r.HTML) != c[1] {
			t.Errorf("%s: %v, %.200q, want %.200q", name, err, r.HTML, c[1])
		}
	}
	if _, err := ArticleMarkdown(strings.Repeat("x", MaxArticleBytes+1)); err == nil {
		t.Error("an article of any length is rendered")
	}
}

func TestArticleMarkdown_of_any_length_is_rendered(t *testing.T) {
	t.Parallel()
	paragraph := "Some *words* of [a link][far], and more of them, `code` too.\n\n"
	source := strings.Repeat(paragraph, 400) + "```\n" + strings.Repeat("code *as it is*\n\n", 400) + "```\n\n" +
		strings.Repeat("- an item\n\n  of *two*\n\n", 100) + "1. one\n\n" + strings.Repeat(paragraph, 400) + "# End\n\n[far]: https://far.example/\n"
	r, err := ArticleMarkdown(source)
	if err != nil {
		t.Fatal(err)
	}
	for want, n := range map[string]int{`href="https://far.example/"`: 800, "<em>words</em>": 800, "code *as it is*": 400, "<li>": 101, "<h2>End</h2>": 1, "<pre>": 1} {
		if got := strings.Count(r.HTML, want); got != n {
			t.Errorf("%d times %s, not %d", got, want, n)
		}
	}
	if strings.Contains(r.HTML, "[far]") {
		t.Error("a link stayed as it was typed")
	}
}

func TestArticleMarkdown_makes_no_more_of_a_text_than_there_is(t *testing.T) {
	t.Parallel()
	for what, source := range map[string]string{
		"a wide table":  "|" + strings.Repeat("x|", 3000) + "\n|" + strings.Repeat("-|", 3000) + "\n" + strings.Repeat("|a\n", 1000),
		"many columns":  "|" + strings.Repeat("x|", 20) + "\n|" + strings.Repeat("-|", 20) + "\n" + strings.Repeat("|a\n", 5000),
		"many notes":    strings.Repeat("[^a]", 2000) + "\n\n[^a]: x\n",
		"notes in each": strings.Repeat("[^a]: [^a]\n\n", 1000),
		"definitions":   strings.Repeat("[a]: http://a.example/"+strings.Repeat("b", 1000)+"\n\nword [a]\n\n", 1500),
		"open code":     "```\n" + strings.Repeat("x\n\n", 40_000),
		"no place":      strings.Repeat("- x\n\n", 30_000),
	} {
		r, err := ArticleMarkdown(source)
		if err != nil || len(r.HTML) > 8*len(source)+64<<10 || r.HTML == "" {
			t.Errorf("%s: %d bytes of %d, %v", what, len(r.HTML), len(source), err)
		}
	}
}
