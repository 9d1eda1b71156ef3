package markup

import (
	"strings"
	"testing"
	"unicode"
)

// plainSources are what goes the short way.
var plainSources = []string{
	"", " ", "\n", "a", "a\nb", " a ", "<p>a</p>", "<p>a<br>b</p>\n<p>c</p>", "<p> a <br />\n b </p>", "a<br/>b", "<p></p>", "<p><em></em></p>",
	"<p>a<em> b<strong> c </strong></em>d</p>", "<em>a</em><p>b</p>", "<blockquote>a</blockquote>", "<blockquote>\n<p>a</p>\n</blockquote>\n<p>b</p>",
	"<ul>\n<li>a</li>\n<li><p>b</p></li><li>c<ul><li>d</li></ul>e</li></ul>", "<ol><li></li><li>a</li></ol>", "a<hr>b", "<li>", "<hr /><hr/>",
	`<p><a href="http://a.example/?b=1&amp;c=2" rel="nofollow ugc noreferrer">a</a> b</p>`, `<a title="x" href="https://a.example" target="_blank">a</a>`,
	"&lt;b&gt; &amp;lt; &amp &copy; &#8217; &#39; &#0; &#13; &#x1; & &&amp;", "a>b", "<p>a\u0301\u0301\u0301\u0301\u0301<em>\u0301</em></p>", "<p>’ ĺ 😀\ufe0f</p>",
	strings.Repeat("<blockquote>", 10) + "a" + strings.Repeat("</blockquote>", 10), strings.Repeat("<ul><li>", 10) + "a" + strings.Repeat("</li></ul>", 10),
	strings.Repeat("<sup>", 20) + "a" + strings.Repeat("</sup>", 20), strings.Repeat("<b>", 5) + "a" + strings.Repeat("</b>", 5) + "<p>c</p>",
	"<blockquote><em>a</em><hr><ul><li><blockquote>b</blockquote></li></ul></blockquote>", "<li><em>a</em></li>", "<p><code>a  b\n</code></p>",
}

// The short way gives what the long one gives, byte for byte, whatever takes it.
func judgePlainest(t *testing.T, source string) {
	t.Helper()
	source = cleanBody(source)
	for _, p := range []*policy{replyPolicy, articlePolicy} {
		got, ok := plainest(source, p, maxOutput(len(source)))
		if !ok {
			continue
		}
		if want, ok := thorough(source, p, maxOutput(len(source))); !ok || got != want {
			t.Fatalf("%.300q gives %v, %v\n%.300s\n%.300q\nwant\n%.300s\n%.300q", source, ok, len(got.HTML)-len(want.HTML), got.HTML, got.Text, want.HTML, want.Text)
		}
		judge(t, source, got.HTML, p.pictures)
	}
}

func TestPlainest_gives_what_the_long_way_gives(t *testing.T) {
	t.Parallel()
	short := 0
	for _, source := range plainSources {
		judgePlainest(t, source)
		if _, ok := plainest(cleanBody(source), replyPolicy, 1<<20); ok {
			short++
		}
	}
	if short < len(plainSources)-2 {
		t.Errorf("only %d of %d go the short way", short, len(plainSources))
	}
	for name, source := range pathological() {
		judgePlainest(t, source)
		if r, err := Reply(source); err == nil {
			judgePlainest(t, r.HTML)
		} else {
			t.Log(name, err)
		}
	}
}

func TestPlainest_leaves_all_else_to_the_long_way(t *testing.T) {
	t.Parallel()
	for _, source := range []string{
		"<script>a</script>", "<p onclick=a>b</p>", "<P>a</P>", "<p>a", "a</p>", "<p><p>a</p></p>", "<em><p>a</p></em>", "<p><ul></ul></p>", "<b><i>a</b></i>",
		`<a href="javascript:a">b</a>`, `<a href=" http://a.example">b</a>`, `<a href='http://a.example'>b</a>`, `<a href="http://u@a.example/">b</a>`, `<a>b</a>`, `<a name="b">b</a>`,
		`<a href="http://a.example" href="http://b.example">b</a>`, `<a href="http://a.example/&#106;">b</a>`, `<a href="http://a.example/&copy=1">b</a>`, `<a href="http://a.example"onclick="b">c</a>`,
		`<a href="http://a.example"><em><a href="http://b.example">c</a></em></a>`, "<ul>a</ul>", "<ul><p>a</p></ul>", "<pre>a</pre>", "<!-- a -->", "<![CDATA[a]]>", "<", "a <b", "</>", "<>", "<p/>", "<svg>",
		"<img src=x onerror=y>", "<p >a</p>", "</p >", "<a", "<a ", `<a href="http://a.example/"`, `<a href="http://a.example/" `, "<hr></hr>", "<p><li>a</li></p>",
	} {
		if r, ok := plainest(source, replyPolicy, 1<<20); ok {
			t.Errorf("%q goes the short way: %s", source, r.HTML)
		}
		judgeAll(t, source)
	}
}

func FuzzPlainest(f *testing.F) {
	seed(f)
	for _, s := range plainSources {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		judgePlainest(t, s)
		judgePlainest(t, plainTagsOf(s))
	})
}

// plainTagsOf makes HTML of a text that goes the short way more often than chance has it.
func plainTagsOf(s string) string {
	tags := []string{"<p>", "</p>", "<br>", "\n", "<em>", "</em>", "<b>", "</b>", "<ul>", "</ul>", "<li>", "</li>", "<blockquote>", "</blockquote>", " ",
		"<hr />", `<a href="http://a.example/?b&amp;c">`, "</a>", "&amp;", "&lt", "<i>", "</i>", "<ol>", "</ol>", "a", "\u0301", ">", "&"}
	var b strings.Builder
	var open []string
	for i := range len(s) {
		tag := tags[int(s[i])%len(tags)]
		if strings.HasPrefix(tag, "</") && len(open) > 0 && s[i] < 200 {
			tag, open = open[len(open)-1], open[:len(open)-1]
		} else if name, ok := strings.CutPrefix(tag, "<"); ok && tag != "<br>" && tag != "<hr />" && name[0] != '/' {
			name, _, _ = strings.Cut(strings.TrimSuffix(name, ">"), " ")
			open = append(open, "</"+name+">")
		}
		b.WriteString(tag)
	}
	for i := len(open) - 1; i >= 0; i-- {
		b.WriteString(open[i])
	}
	return b.String()
}

func TestCombines_knows_every_mark(t *testing.T) {
	t.Parallel()
	for r := range rune(unicode.MaxRune + 1) {
		if combines(r) != unicode.In(r, unicode.Mn, unicode.Me) {
			t.Errorf("%U", r)
		}
	}
}

func TestCleanBody_looks_at_each_byte(t *testing.T) {
	t.Parallel()
	for at := range 20 {
		for c := range 256 {
			b := []byte("abcdefghijklmnopqrst")
			b[at] = byte(c)
			plain := c >= ' ' && c < 0x7F || c == '\n' || c == '\t'
			if s := string(b); plainASCII(s) != plain || ascii(s) != (c < 0x80) || (cleanBody(s) == s) != plain {
				t.Errorf("%#x at %d", c, at)
			}
		}
	}
}

func BenchmarkHTML_plainest(b *testing.B) {
	source := "<p>" + strings.Repeat("Some words of a comment, not many of them. ", 4) + "</p>\n<p>" + strings.Repeat("And a second paragraph of it. ", 5) + "</p>"
	b.SetBytes(int64(len(source)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := HTML(source); err != nil {
			b.Fatal(err)
		}
	}
}
