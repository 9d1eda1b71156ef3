package markup

import (
	"strings"
	"testing"
	"time"
)

// fill repeats a unit up to the longest reply.
func fill(unit string) string {
	return strings.Repeat(unit, MaxReplyBytes/len(unit))
}

// nest puts n openings before n closings.
func nest(opening, closing string) string {
	n := MaxReplyBytes / (len(opening) + len(closing))
	return strings.Repeat(opening, n) + strings.Repeat(closing, n)
}

// pathological are sources at the size limit of a reply that cost a careless renderer
// seconds or megabytes.
func pathological() map[string]string {
	half := strings.Repeat("a", 1000)
	long := "[a]: http://e.example/" + strings.Repeat("b", 7000) + "\n\n"
	table := "|" + strings.Repeat("x|", 64) + "\n|" + strings.Repeat("-|", 64) + "\n"
	return map[string]string{
		"emphasis_closing": fill("*a_ "), "emphasis_open": fill("*a **a "), "underscore": fill("a_ "),
		"stars": fill("*"), "star_letter": fill("a**b"), "strong_em": fill("***a** "), "tilde": fill("~~a~ "),
		"nested_emphasis": nest("*a **b ", "** *"), "mixed_delimiters": fill("*_~`[!"),
		"quotes": fill("> "), "quotes_dense": fill(">"), "quote_lines": fill(">a\n\n"), "quote_empty": fill(">\n\n"),
		"quote_staircase": staircase("> "), "list_staircase": staircase("- "),
		"brackets": fill("["), "bracket_pairs": nest("[", "]"), "links": nest("[a](", ")"), "link_open": fill("[a](b"),
		"link_angle": fill("[a](<b"), "images": fill("![a"), "references": fill("[a][b]"), "reference_use": long + fill("[a]")[:9000],
		"short_reference": "[a]: http://b.c\n\n" + fill("[a]")[:16000], "definitions": fill("[a]: b\n"),
		"ticks": fill("`a"), "tick_runs": ticks(), "fences": fill("```\n"), "fence_open": fill("~~~a\n\n"),
		"list_empty": fill("- foo\n-\n"), "list_alternate": fill("-\n\n*\n\n"), "list_flat": fill("- a\n"), "list_dashes": fill("- "), "numbers": fill("1. a\n2) b\n"),
		"table": table + fill("|a\n")[:16000], "html_open": fill("<a b "), "html_nest": nest("<div>", "</div>"), "html_comment": fill("<!--"), "html_instruction": fill("<?"),
		"html_declaration": fill("<!A "), "html_cdata": fill("<![CDATA["), "less": fill("<"), "greater": fill("a>"), "ampersands": fill("&"), "amp_less": fill("&<"), "amp_lines": fill("&\n"),
		"quotation": fill("\""), "entities": fill("&amp;"), "long_entities": fill("&CounterClockwiseContourIntegral;"), "autolinks": fill("<a@b>"), "short_autolinks": fill("<http:a>"), "addresses": fill("http://a.b "), "www": fill("www.a.b("), "mail": fill("a@b.c "), "dots_mail": fill("a.b-"),
		"hard_breaks": fill("a\\\n"), "lines": fill("a\n"), "paragraphs": fill("a\n\n"), "headings": fill("# a\n"), "setext": fill("a\n-\n"), "rules": fill("***\n"), "backslashes": fill("\\"),
		"spaces": fill(" ")[1:] + "a", "tabs": fill("\ta\n"), "marks": "a" + fill("\u0301")[2:], "nulls": fill("a\x00"), "invalid": fill("\xff"), "long_word": fill(half), "wide": fill("漢"), "bidi": fill("\u202ea"),
		"parens": "[a](" + nest("(", ")")[:16000], "title_open": fill("[a](b \""), "code_indent": fill("    a\n\n"),
	}
}

func staircase(marker string) string {
	var b strings.Builder
	for n := 1; b.Len()+n*len(marker)+2 < MaxReplyBytes; n++ {
		b.WriteString(strings.Repeat(marker, n) + "a\n")
	}
	return b.String()
}

func ticks() string {
	var b strings.Builder
	for n := 1; b.Len()+n+1 < MaxReplyBytes; n++ {
		b.WriteString(strings.Repeat("`", n) + " ")
	}
	return b.String()
}

func TestPathological_sources_stay_bounded_and_visible(t *testing.T) {
	t.Parallel()
	for name, source := range pathological() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if len(source) > MaxReplyBytes {
				t.Fatalf("%d bytes", len(source))
			}
			judgeAll(t, source)
			r, err := Reply(source)
			if err == nil && visibleText(t, r.HTML) == "" {
				t.Error("nothing is shown")
			}
		})
	}
}

// Formatting that a parser would open again in each paragraph multiplies; the builder
// must not.
func TestForeign_HTML_cannot_multiply(t *testing.T) {
	t.Parallel()
	var all strings.Builder
	for _, name := range []string{"b", "i", "s", "code", "sub", "sup", "em", "strong", "del"} {
		all.WriteString(strings.Repeat("<"+name+">", 200))
	}
	for name, source := range map[string]string{
		"reopened_formatting": all.String() + strings.Repeat("<p>x", 20000),
		"reopened_links":      strings.Repeat("<a href=http://e.example/"+strings.Repeat("b", 1900)+"><p>x", 60),
		"deep_divs":           strings.Repeat("<div>", 20000) + "x",
		"deep_quotes":         strings.Repeat("<blockquote>", 10000) + "x",
		"deep_lists":          strings.Repeat("<ul><li>", 10000) + "x",
		"deep_inline":         strings.Repeat("<b><sub>", 10000) + "x",
		"empty_items":         strings.Repeat("<li>", 20000),
		"items":               "<ul>" + strings.Repeat("<li>", 20000),
		"rules":               strings.Repeat("<hr>", 20000),
		"breaks":              strings.Repeat("<br>", 20000),
		"misnested":           strings.Repeat("<b><p><i></b></p></i>x", 9000),
		"tables":              strings.Repeat("<table><tr><td>x", 9000),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			judgeAll(t, source)
			r, err := HTML(source)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(source, "x") && !strings.Contains(r.Text, "x") {
				t.Error("the text is lost")
			}
		})
	}
}

const typical = `I have read this three times now and I still think that the *second* half is the better one.

> The council was never asked, and when it was, it had already decided.

That is not quite what happened: see the minutes at https://council.example.org/minutes/2021/07 (page 4), where **two** members asked for a vote
and were told that there would be another meeting. There was none.

- The first draft went out in May.
- The second one, with the changed map, in July.
- Nobody I know has seen the third.

So before we all agree that it "was in the open", could somebody who was there say when the third draft was published? My neighbour's guess is "never", & mine too.
`

func BenchmarkReply_typical(b *testing.B) {
	b.SetBytes(int64(len(typical)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Reply(typical); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkHTML_typical(b *testing.B) {
	r, err := Reply(typical)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(r.HTML)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := HTML(r.HTML); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPlainText_typical(b *testing.B) {
	b.SetBytes(int64(len(typical)))
	b.ReportAllocs()
	for b.Loop() {
		PlainText(typical)
	}
}

func BenchmarkSkeleton(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Skeleton("Гриша Мельников")
	}
}

// BenchmarkReply_pathological gives each source's cost; the worst must stay under 50 ms
// on a quiet machine.
func BenchmarkReply_pathological(b *testing.B) {
	for name, source := range pathological() {
		b.Run(name, func(b *testing.B) {
			best := time.Hour
			for b.Loop() {
				start := time.Now()
				_, _ = Reply(source)
				best = min(best, time.Since(start))
			}
			b.ReportMetric(float64(best.Microseconds())/1000, "best-ms")
		})
	}
}
