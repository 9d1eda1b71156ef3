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
