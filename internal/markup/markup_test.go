package markup

import (
	"errors"
	"strings"
	"sync"
	"testing"
)

func TestReply_renders_markdown_as_people_write_it(t *testing.T) {
	t.Parallel()
	rel := ` rel="nofollow ugc noreferrer"`
	for name, c := range map[string]struct{ source, html, text string }{
		"paragraphs_and_line_breaks":   {"one\ntwo\n\nthree", "<p>one<br>two</p><p>three</p>", "one\ntwo\n\nthree"},
		"line_ends_of_any_system":      {"one\r\ntwo\rthree", "<p>one<br>two<br>three</p>", "one\ntwo\nthree"},
		"emphasis":                     {"*a* **b** ~~c~~ `d`", "<p><em>a</em> <strong>b</strong> <del>c</del> <code>d</code></p>", "a b c d"},
		"a_quote_and_an_answer":        {"> said\n\nno", "<blockquote><p>said</p></blockquote><p>no</p>", "said\n\nno"},
		"lists":                        {"- a\n- b\n\n3. c\n4. d", `<ul><li>a</li><li>b</li></ul><ol start="3"><li>c</li><li>d</li></ol>`, "a\nb\n\nc\nd"},
		"loose_list":                   {"- a\n\n- b", "<ul><li><p>a</p></li><li><p>b</p></li></ul>", "a\n\nb"},
		"nested_list":                  {"- a\n  - b\n- c", "<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>", "a\nb\nc"},
		"code_block":                   {"```go\na  <b>\n\nc\n```\nd", "<pre><code>a  &lt;b&gt;\n\nc\n</code></pre><p>d</p>", "a  <b>\n\nc\n\nd"},
		"a_link":                       {"[a](https://e.example/?b=1&c=2 \"t\")", `<p><a href="https://e.example/?b=1&amp;c=2"` + rel + `>a</a></p>`, "a"},
		"a_bare_address":               {"see https://e.example/a, ok", `<p>see <a href="https://e.example/a"` + rel + `>https://e.example/a</a>, ok</p>`, "see https://e.example/a, ok"},
		"a_mail_address":               {"a@e.example", `<p><a href="mailto:a@e.example"` + rel + `>a@e.example</a></p>`, "a@e.example"},
		"an_image_is_a_link":           {"![cat](https://e.example/c.png)", `<p><a href="https://e.example/c.png"` + rel + `>cat</a></p>`, "cat"},
		"an_image_without_words":       {"![](https://e.example/x/c.png?s=1)", `<p><a href="https://e.example/x/c.png?s=1"` + rel + `>c.png</a></p>`, "c.png"},
		"an_image_in_a_link":           {"[![cat](https://e.example/c.png)](https://e.example/)", `<p><a href="https://e.example/"` + rel + `>cat</a></p>`, "cat"},
		"relative_link_keeps_its_text": {"[a](/b) [c](//e.example) [d](javascript:x) [e](ftp://e.example/)", "<p>a c d e</p>", "a c d e"},
		"link_with_a_user_is_none":     {"[bank](https://bank.example@evil.example/)", "<p>bank</p>", "bank"},
		"heading_is_a_bold_line":       {"# a *b*\nc", "<p><strong>a <em>b</em></strong></p><p>c</p>", "a b\n\nc"},
		"a_rule":                       {"a\n\n***\n\nb", "<p>a</p><hr><p>b</p>", "a\n\nb"},
		"raw_html_is_text":             {"a <b title=\"*x*\">c</b>", "<p>a &lt;b title=\"*x*\"&gt;c&lt;/b&gt;</p>", "a <b title=\"*x*\">c</b>"},
		"raw_html_block_is_text":       {"<script>\nalert(1) // *a* [b](c)\n</script>\n\nd", "<p>&lt;script&gt;<br>alert(1) // *a* [b](c)<br>&lt;/script&gt;</p><p>d</p>", "<script>\nalert(1) // *a* [b](c)\n</script>\n\nd"},
		"comments_are_text":            {"<!-- a -->", "<p>&lt;!-- a --&gt;</p>", "<!-- a -->"},
		"tables_are_text":              {"|a|b|\n|-|-|\n|c|d|", "<p>|a|b|<br>|-|-|<br>|c|d|</p>", "|a|b|\n|-|-|\n|c|d|"},
		"signs_stay":                   {"1 < 2 & 3 > 2 \"q\" 'r' <3", "<p>1 &lt; 2 &amp; 3 &gt; 2 \"q\" 'r' &lt;3</p>", "1 < 2 & 3 > 2 \"q\" 'r' <3"},
		"entities_are_decoded_once":    {"&amp;lt; &copy;", "<p>&amp;lt; ©</p>", "&lt; ©"},
		"inner_spaces_stay":            {"a  b\u00a0c", "<p>a  b\u00a0c</p>", "a  b\u00a0c"},
		"markers_alone_are_text":       {"***", "<p>***</p>", "***"},
		"a_greeting_is_no_definition":  {"[Anna]: yes\n\nok", "<p>[Anna]: yes</p><p>ok</p>", "[Anna]: yes\n\nok"},
		"a_definition_in_use":          {"[a]\n\n[a]: http://e.example/", `<p><a href="http://e.example/"` + rel + `>a</a></p>`, "a"},
		"control_characters_go":        {"a\x00b\x1b[1m\u0085c&#1;d", "<p>ab[1mcd</p>", "ab[1mcd"},
		"invalid_bytes_are_marked":     {"a\xff\xfeb", "<p>a\uFFFDb</p>", "a\uFFFDb"},
		"marks_are_cut":                {"Z" + strings.Repeat("\u0335", 9) + "a", "<p>Z" + strings.Repeat("\u0335", 4) + "a</p>", "Z" + strings.Repeat("\u0335", 4) + "a"},
		"marks_across_elements":        {"a\u0301\u0301\u0301*\u0301\u0301*", "<p>a\u0301\u0301\u0301<em>\u0301</em></p>", "a\u0301\u0301\u0301\u0301"},
		"right_to_left":                {"שלום **עולם**", "<p>שלום <strong>עולם</strong></p>", "שלום עולם"},
		"quotes_nest_eight_deep":       {strings.Repeat("> ", 9) + "a", strings.Repeat("<blockquote>", 8) + "<p>&gt; a</p>" + strings.Repeat("</blockquote>", 8), "> a"},
		"lists_nest_eight_deep":        {strings.Repeat("- ", 9) + "a", strings.Repeat("<ul><li>", 8) + "- a" + strings.Repeat("</li></ul>", 8), "- a"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := Reply(c.source)
			if err != nil {
				t.Fatal(err)
			}
			if got.HTML != c.html || got.Text != c.text {
				t.Errorf("%q gives\n%s\n%q\nwant\n%s\n%q", c.source, got.HTML, got.Text, c.html, c.text)
			}
			judgeAll(t, c.source)
		})
	}
}

func TestReply_refuses_with_a_sentence(t *testing.T) {
	t.Parallel()
	for _, empty := range []string{"", " \n\t", "\u200b\u200d", "\u00a0", "\x00\x01", "\u3164", "\u2800", "\u202e"} {
		if _, err := Reply(empty); !errors.Is(err, ErrEmpty) {
			t.Errorf("%q: %v", empty, err)
		}
	}
	var long *TooLong
	if _, err := Reply(strings.Repeat("a", MaxReplyBytes+1)); !errors.As(err, &long) || long.Max != MaxReplyBytes || long.Got != MaxReplyBytes+1 {
		t.Errorf("%v", err)
	}
	if _, err := HTML(strings.Repeat("a", MaxImportBytes+1)); !errors.As(err, &long) {
		t.Errorf("%v", err)
	}
	if _, err := Article(strings.Repeat("a", MaxArticleBytes+1)); !errors.As(err, &long) {
		t.Errorf("%v", err)
	}
	if _, err := Reply(strings.Repeat("a", MaxReplyBytes)); err != nil {
		t.Error(err)
	}
	for _, err := range []error{ErrEmpty, long} {
		if s := err.Error(); !strings.HasSuffix(s, ".") || strings.ToUpper(s[:1]) != s[:1] {
			t.Errorf("no sentence: %q", s)
		}
	}
}

func TestHTML_keeps_the_sense_of_foreign_pages(t *testing.T) {
	t.Parallel()
	rel := ` rel="nofollow ugc noreferrer"`
	for name, c := range map[string]struct{ source, html, text string }{
		"nothing":                      {"", "", ""},
		"text_gets_a_paragraph":        {"a &amp; b", "<p>a &amp; b</p>", "a & b"},
		"old_names":                    {"<i>a</i><b>b</b><strike>c</strike><tt>d</tt>", "<p><em>a</em><strong>b</strong><del>c</del><code>d</code></p>", "abcd"},
		"attributes_go":                {`<p id=a class=b style=c onclick=d lang=e>x</p>`, "<p>x</p>", "x"},
		"divs_part_paragraphs":         {"<div>a</div><div>b</div>", "<p>a</p><p>b</p>", "a\n\nb"},
		"white_space_of_the_source":    {"<p>\n  a\n  b <em>c</em>\n</p>\n", "<p>a b <em>c</em></p>", "a b c"},
		"emphasis_over_paragraphs":     {"<i>a<p>b</p>c</i>d", "<p><em>a</em></p><p><em>b</em></p><p><em>c</em>d</p>", "a\n\nb\n\ncd"},
		"crossed_elements":             {"<b>a<i>b</b>c</i>", "<p><strong>a<em>b</em></strong><em>c</em></p>", "abc"},
		"links_in_links":               {`<a href="http://a.example">a<a href="http://b.example">b</a>`, `<p><a href="http://a.example"` + rel + `>a</a><a href="http://b.example"` + rel + `>b</a></p>`, "ab"},
		"relative_links":               {`<a href="/a">a</a><a href="//b.example">b</a><a href=" java&#10;script:x">c</a><a name=d>d</a>`, "<p>abcd</p>", "abcd"},
		"scheme_in_capitals":           {`<a href=" HTTP://A.example/ ">a</a>`, `<p><a href="http://A.example/"` + rel + `>a</a></p>`, "a"},
		"pictures":                     {`<img src="https://e.example/a.png" alt="b"><img src=/c alt=d><img src=e>`, `<p><a href="https://e.example/a.png"` + rel + `>b</a>d</p>`, "bd"},
		"tables":                       {"<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "<p>a b</p><p>c</p>", "a b\n\nc"},
		"headings":                     {"<h2>a</h2>b", "<p><strong>a</strong></p><p>b</p>", "a\n\nb"},
		"list_without_items":           {"<ul>a<ul><li>b</ul></ul>", "<ul><li>a<ul><li>b</li></ul></li></ul>", "a\nb"},
		"item_without_list":            {"<li>a<li>b", "<p>a</p><p>b</p>", "a\n\nb"},
		"text_after_a_block_in_item":   {"<ul><li><p>a</p>b</ul>", "<ul><li><p>a</p><p>b</p></li></ul>", "a\n\nb"},
		"empty_item_keeps_its_number":  {"<ol start=03><li><li>a</ol>", `<ol start="3"><li></li><li>a</li></ol>`, "a"},
		"strict_start":                 {"<ol start='1e9'><li>a</ol><ol start=-4><li>b</ol>", `<ol><li>a</li></ol><ol><li>b</li></ol>`, "a\n\nb"},
		"preformatted":                 {"<pre>\n\na\n  b\n</pre>", "<pre>\n\na\n  b\n</pre>", "\na\n  b"},
		"scripts_and_styles_go":        {"a<script>b</script><style>c</style><!--d--><iframe>e</iframe><noscript>f</noscript>", "<p>a</p>", "a"},
		"unclosed_object_keeps_text":   {"a<object>b<frame>c", "<p>abc</p>", "abc"},
		"stray_ends":                   {"</div></p></li></a></blockquote>a</table>", "<p>a</p>", "a"},
		"quotation_marks":              {"<q>a</q>", "<p>“a”</p>", "“a”"},
		"line_breaks":                  {"a<br>\nb<br/>c", "<p>a<br>b<br>c</p>", "a\nb\nc"},
		"entities_for_controls":        {"a&#0;b&#x1;c&#xFFFE;d", "<p>a\uFFFDbcd</p>", "a\uFFFDbcd"},
		"kelvin_sign_is_no_k":          {"<\u212Aeygen>a</\u212Aeygen><bloc\u212Aquote>b", "<p>&lt;\u212Aeygen&gt;ab</p>", "<\u212Aeygen>ab"},
		"marks_by_entity":              {"a" + strings.Repeat("&#x301;", 9), "<p>a" + strings.Repeat("\u0301", 4) + "</p>", "a" + strings.Repeat("\u0301", 4)},
		"quotes_nest_eight_deep":       {strings.Repeat("<blockquote>", 600) + "a", strings.Repeat("<blockquote>", 8) + "<p>a</p>" + strings.Repeat("</blockquote>", 8), "a"},
		"inline_nests_sixteen_deep":    {strings.Repeat("<sup>", 600) + "a", "<p>" + strings.Repeat("<sup>", 16) + "a" + strings.Repeat("</sup>", 16) + "</p>", "a"},
		"plain_text_html_is_unchanged": {PlainText(" a  b \nc&<\n\nd").HTML, "<p> a  b <br>c&&lt;</p><p>d</p>", " a  b \nc&<\n\nd"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := HTML(c.source)
			if err != nil {
				t.Fatal(err)
			}
			if got.HTML != c.html || got.Text != c.text {
				t.Errorf("%q gives\n%s\n%q\nwant\n%s\n%q", c.source, got.HTML, got.Text, c.html, c.text)
			}
			judgeAll(t, c.source)
		})
	}
}

func TestArticle_keeps_headings_and_figures(t *testing.T) {
	t.Parallel()
	source := `<h1>a</h1><h3>b</h3><h6>c</h6><figure><img src="http://e.example/d.png"><figcaption>e</figcaption></figure><p>f`
	want := `<h2>a</h2><h3>b</h3><h4>c</h4><figure><p><img src="http://e.example/d.png" alt=""></p><figcaption>e</figcaption></figure><p>f</p>`
	got, err := Article(source)
	if err != nil {
		t.Fatal(err)
	}
	if got.HTML != want || got.Text != "a\n\nb\n\nc\n\ne\n\nf" {
		t.Errorf("%s\n%q", got.HTML, got.Text)
	}
	judgeAll(t, source)
}

func TestPlainText_is_the_source_exactly(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		"":                             "",
		"a\nb\n\nc":                    "<p>a<br>b</p><p>c</p>",
		" a  b \u00a0\n\n\n \n*c* <d>": "<p> a  b \u00a0</p><p>*c* &lt;d&gt;</p>",
		"\u00a0":                       "<p>\u00a0</p>",
		"a\r\nb":                       "<p>a<br>b</p>",
		"*&(*% B** t**t > `x":          "<p>*&(*% B** t**t &gt; `x</p>",
		"a\tb\x07":                     "<p>a\tb</p>",
		"http://e.example/ &amp;":      "<p>http://e.example/ &amp;amp;</p>",
	} {
		got := PlainText(source)
		if got.Text != source {
			t.Errorf("%q became %q", source, got.Text)
		}
		if got.HTML != strings.ReplaceAll(want, "*&(", "*&amp;(") {
			t.Errorf("%q gives %s, want %s", source, got.HTML, want)
		}
	}
	if got := PlainText("a\x00b\xff").Text; got != "ab\uFFFD" {
		t.Errorf("%q", got)
	}
}

func TestReply_is_deterministic_and_safe_for_many_at_once(t *testing.T) {
	t.Parallel()
	want, err := Reply(typical)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 20 {
				if got, err := Reply(typical); err != nil || got != want {
					t.Errorf("%v %v", got, err)
				}
			}
		})
	}
	wg.Wait()
}

func TestSafe_hands_on_what_is_stored(t *testing.T) {
	t.Parallel()
	if got := Safe("<p>a</p>"); string(got) != "<p>a</p>" {
		t.Error(got)
	}
}
