package importer

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// filtered gives what the filter makes of a file, and its repairs.
func filtered(t testing.TB, r io.Reader) (text, repairs string) {
	t.Helper()
	var b strings.Builder
	out, err := io.ReadAll(newXMLFilter(r, func(at cursor, reason, _ string) {
		fmt.Fprintf(&b, "%d:%d %s\n", at.line, at.off-at.start+1, reason)
	}))
	if err != nil {
		t.Fatal(err)
	}
	return string(out), b.String()
}

func TestXMLFilter_repairs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, out, repairs string }{
		{"<a>plain &amp; &#233; &#x1F600; ĺ 😉</a>", "<a>plain &amp; é 😀 ĺ 😉</a>", ""},
		{"\uFEFF<?xml version='1.0' encoding='utf-8'?>\n<!-- a\nb -- c -->\n<a/>", "\n\n\n<a/>", ""},
		{"<!DOCTYPE a [\n<!ENTITY x \"y\">\n]>\n<a/>", "\n\n\n<a/>", ""},
		{"<a>x\by</a>", "<a>xy</a>", "1:5 " + fixedControl + "\n"},
		{"<a>\n<![CDATA[x\by & ]]></a>", "<a>\n<![CDATA[xy & ]]></a>", "2:11 " + fixedControl + "\n"},
		{"<a>x&#8;y&#0;</a>", "<a>xy</a>", "1:5 " + fixedControl + "\n1:10 " + fixedControl + "\n"},
		{"<a>R&D & co; &</a>", "<a>R&amp;D &amp; co; &amp;</a>", "1:5 " + fixedAmpersand + "\n1:8 " + fixedAmpersand + "\n1:14 " + fixedAmpersand + "\n"},
		{"<a>&nbsp;&lang;&bogus;</a>", "<a>\u00a0\u27e8&amp;bogus;</a>", "1:4 " + fixedEntity + "\n1:10 " + fixedEntity + "\n1:16 " + fixedAmpersand + "\n"},
		{"<a>&#146;&#xD83D;&#xDE09;</a>", "<a>’😉</a>", "1:4 " + fixedRange + "\n"},
		{"<a>&#xD83D; &#99999999999999999999; &#x110000;</a>", "<a>  </a>", "1:4 " + fixedReference + "\n1:13 " + fixedReference + "\n1:37 " + fixedReference + "\n"},
		{"<a>caf\xe9 \x93x\x94</a>", "<a>café “x”</a>", "1:7 " + fixedBytes + "\n1:9 " + fixedBytes + "\n1:11 " + fixedBytes + "\n"},
		{"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>\xabCAF\xc9\xbb \x80</a>", "<a>«CAFÉ» €</a>", ""},
		{"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>café</a>", "<a>café</a>", ""},
		{"<?xml version=\"1.0\" encoding=\"windows-1251\"?><a>\xcf\xf0\xe8\xe2\xe5\xf2</a>", "<a>Привет</a>", ""},
		{"<a>x ]]> y</a>", "<a>x ]]&gt; y</a>", "1:6 " + fixedCDATA + "\n"},
		{"<a>1 < 2 <3 <b/></a>", "<a>1 &lt; 2 &lt;3 <b/></a>", "1:6 " + fixedLess + "\n1:10 " + fixedLess + "\n"},
		{"<a b=\"x&y\" c='>'>z</a>", "<a b=\"x&amp;y\" c='>'>z</a>", "1:8 " + fixedAmpersand + "\n"},
		{"<a>\xed\xa0\xbd\xed\xb8\x89</a>", "<a>😉</a>", "1:4 " + fixedBytes + "\n"},
		{"<a>a\r\nb\rc</a>", "<a>a\nb\nc</a>", ""},
		{"<a>\ufffe</a>", "<a></a>", "1:4 " + fixedControl + "\n"},
	} {
		for how, r := range map[string]io.Reader{"whole": strings.NewReader(c.in), "byte by byte": iotest.OneByteReader(strings.NewReader(c.in))} {
			out, repairs := filtered(t, r)
			if out != c.out || repairs != c.repairs {
				t.Errorf("%q %s: got %q\n%swant %q\n%s", c.in, how, out, repairs, c.out, c.repairs)
			}
		}
	}
}

func TestXMLFilter_across_the_ends_of_its_buffer(t *testing.T) {
	t.Parallel()
	for _, piece := range []string{"é", "😉", "&amp;", "&eacute;", "]]>", "\xed\xa0\xbd\xed\xb8\x89", "\r\n", "<b c=\"é\"/>", "<![CDATA[é]]>"} {
		short, _ := filtered(t, strings.NewReader("<a>"+piece+"</a>"))
		want := strings.TrimSuffix(strings.TrimPrefix(short, "<a>"), "</a>")
		for back := range len(piece) + 2 {
			pad := strings.Repeat("x", headSize-3-back)
			got, _ := filtered(t, strings.NewReader("<a>"+pad+piece+"</a>"))
			if got != "<a>"+pad+want+"</a>" {
				t.Errorf("%q, %d bytes before the end: got …%q", piece, back, got[len(got)-20:])
			}
		}
	}
}

// TestXMLFilter_output_has_only_characters_of_XML writes files of everything that
// is wrong with files.
func TestXMLFilter_output_has_only_characters_of_XML(t *testing.T) {
	t.Parallel()
	parts := []string{"<a>", "</a>", "<![CDATA[", "]]>", "&", "&#8;", "&nbsp;", "\b", "\xe9", "é", "\n", "text", "<", ">", "\"", "<!--", "-->", "<?", "?>", "<!D [", "]>", "'", "&#x"}
	rapid.Check(t, func(t *rapid.T) {
		in := strings.Join(rapid.SliceOfN(rapid.SampledFrom(parts), 0, 40).Draw(t, "parts"), "")
		out, err := io.ReadAll(newXMLFilter(strings.NewReader(in), func(cursor, string, string) {}))
		if err != nil {
			t.Fatal(err)
		}
		if !utf8.Valid(out) || bytes.ContainsAny(out, "\b\r") || bytes.Count(out, newline) != strings.Count(in, "\n") {
			t.Fatalf("%q became %q", in, out)
		}
		d := xml.NewDecoder(strings.NewReader(string(out)))
		d.Strict = false
		for {
			_, err := d.RawToken()
			if err == nil {
				continue
			}
			for _, bad := range []string{"illegal character", "invalid UTF-8", "unescaped ]]>", "invalid character entity", "<!"} {
				if strings.Contains(err.Error(), bad) {
					t.Fatalf("%q became %q: %v", in, out, err)
				}
			}
			return
		}
	})
}

func TestTally_lists_some_and_counts_all(t *testing.T) {
	t.Parallel()
	var got []Problem
	y := newTally("f", func(r Record) error { got = append(got, r.(Problem)); return nil })
	for i := range 1000 {
		y.note(cursor{line: i + 1}, fixedControl, "x\ny")
	}
	if err := y.close(); err != nil {
		t.Fatal(err)
	}
	if len(got) != maxListed+1 || !strings.Contains(got[maxListed].Reason, "950 times more") || got[maxListed].Line != 51 || got[0].Excerpt != "x y" {
		t.Errorf("%d: %+v", len(got), got[len(got)-1])
	}
}

func TestDemojibake(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"cafÃ© au lait":            "café au lait",
		"cafÃƒÂ©":                  "café",
		"donâ€™t â€œquoteâ€\u009d": "don’t “quote”",
		"Ã\u00a0 la carte":         "à la carte",
		"ðŸ˜‰":                     "😉",
		"ÐŸÑ€Ð¸Ð²ÐµÑ‚":             "Привет",
		"a\u00c2\u00a0b":           "a\u00a0b",
	} {
		if got, ok := demojibake(in); !ok || got != want {
			t.Errorf("%q became %q, not %q", in, got, want)
		}
	}
	for _, same := range []string{
		"", "plain", "ĺ", "laĺka cafÃ©", "😉", "👍🏽 cafÃ©", "Привет", "tân, gŵr a gwraig, tŷ, dŵr, llên", "a\u00a0b", "café", "NÃO",
		"Ã", "Â", "â€", "ÃœBER", "don’t", "“Ã©”", "中文", "Ã©\u0001€ĺ",
	} {
		if got, ok := demojibake(same); ok || got != same {
			if same == "ÃœBER" && got == "ÜBER" { // what it is meant for, after all
				continue
			}
			t.Errorf("%q became %q", same, got)
		}
	}
}

func TestDemojibake_undoes_what_went_wrong(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "s")
		wrong := s
		rounds := rapid.IntRange(1, maxMojibake).Draw(t, "rounds")
		for range rounds {
			var b strings.Builder
			for _, c := range []byte(wrong) {
				b.WriteRune(decode1252(c))
			}
			wrong = b.String()
		}
		if strings.ContainsFunc(s, func(r rune) bool { return r < ' ' }) || wrong == s {
			return
		}
		if got, ok := demojibake(wrong); !ok || got != s {
			// A text that looked so before it went wrong goes one step too far.
			if again, _ := demojibake(s); again != s {
				return
			}
			if rounds == 1 && got != s {
				if again, ok := demojibakeOnce(s); ok && got == again {
					return
				}
			}
			t.Fatalf("%q became %q after %q", s, got, wrong)
		}
	})
}

func TestAutop(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                            "",
		"one":                         "<p>one</p>",
		"one\n\ntwo\nthree":           "<p>one</p><p>two<br>\nthree</p>",
		"one\n \t\n\n\ntwo":           "<p>one</p><p>two</p>",
		"one<br />\ntwo<br>three":     "<p>one<br />\ntwo<br>three</p>",
		"<p>one</p>\n\n<p>two\nx</p>": "<p>one</p><p>two<br>\nx</p>",
		"a <em>b\n\nc</em>":           "<p>a <em>b</p><p>c</em></p>",
		"say:\n<blockquote>one\n\ntwo</blockquote>\nend": "<p>say:</p><blockquote><p>one</p><p>two</p></blockquote><p>end</p>",
		"<ul>\n<li>one</li>\n<li>two\nx</li>\n</ul>":     "<ul><li>one</li><li>two<br>\nx</li></ul>",
		"<pre>a\n\nb</pre>\nc":                           "<pre>a\n\nb</pre><p>c</p>",
		"<pre>a\n\nb":                                    "<pre><p>a</p><p>b</p>",
		"a\n<!--more-->\n\nb":                            "<p>a<br>\n<!--more--></p><p>b</p>",
		"a\n\n<!--more-->\n\nb":                          "<p>a</p><!--more--><p>b</p>",
		"<a\nhref='x'>y</a>":                             "<p><a href='x'>y</a></p>",
		"1 < 2\n\n3 > 2":                                 "<p>1 < 2</p><p>3 > 2</p>",
		"<h2>a\nb</h2>":                                  "<h2>a<br>\nb</h2>",
		"[gallery]\n\nx":                                 "<p>[gallery]</p><p>x</p>",
		"<!-- wp:paragraph -->\n<p>a\nb</p>":             "<!-- wp:paragraph -->\n<p>a\nb</p>",
		"<div>one\n\ntwo</div>":                          "<div><p>one</p><p>two</p></div>",
		"<hr>\na":                                        "<hr><p>a</p>",
		"a\n>\nb":                                        "<p>a<br>\n><br>\nb</p>",
		"\n\n one \r\n \u00a0 \n\n\u00a0\n\n":            "<p>one \r<br>\n \u00a0</p>\u00a0",
	} {
		if got := autop(in); got != want {
			t.Errorf("%q became %q, not %q", in, got, want)
		}
	}
}

// What has no tag takes a shorter way to the same end.
func FuzzAutop(f *testing.F) {
	for _, s := range []string{"", " ", "a", "a\n\n b \nc", "\n\na\r\n\r\n\u00a0\n\nb\t", "a\n>\n >\nb", "\r", "a\n\n\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		s = strings.ReplaceAll(s, "<", "\n")
		if strings.TrimSpace(s) == "" {
			return
		}
		if got, want := untagged(s), tagged(s); got != want {
			t.Fatalf("%q gives %q, not %q", s, got, want)
		}
	})
}

func TestTimes_are_read_as_the_library_reads_them(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, zone := range []*time.Location{time.UTC, berlin} {
		for _, s := range []string{
			"2021-07-26 17:31:00", "2020-02-29 00:00:00", "2021-02-29 00:00:00", "2021-03-28 02:30:00", "2021-10-31 02:30:00", "2021-02-28 23:59:59", "0001-01-01 00:00:00",
			"2021-13-01 00:00:00", "2021-00-01 00:00:00", "2021-01-00 00:00:00", "2021-01-01 24:00:00", "2021-01-01 00:60:00", "2021-01-01 00:00:60", "2021-1-01 000:00:00",
			"2021-01-01T00:00:00", "2021/01/01 00:00:00", "2o21-01-01 00:00:00", "x021-01-01 00:00:00", "2021-01-01 00:00:0x", "-001-01-01 00:00:00", "9999-12-28 23:59:59",
		} {
			got, ok := usualTime(s, zone)
			if want, err := time.ParseInLocation(time.DateTime, s, zone); ok && (err != nil || !got.Equal(want)) {
				t.Errorf("%s is %s, not %s, %v", s, got, want, err)
			}
		}
	}
	if _, ok := usualTime("2021-07-26 17:31:00", berlin); !ok {
		t.Error("an ordinary time is left to others")
	}
}

func TestAutop_loses_no_word(t *testing.T) {
	t.Parallel()
	parts := []string{"word", "\n", "\n\n", "<p>", "</p>", "<div>", "</div>", "<", ">", "<em>", "</em>", "<pre>", "</pre>", "<!--", "-->", "<br>", " ", "<li>", "é", "\"", "<a href=\""}
	rapid.Check(t, func(t *rapid.T) {
		in := strings.Join(rapid.SliceOfN(rapid.SampledFrom(parts), 0, 40).Draw(t, "parts"), "")
		got := autop(in)
		if strings.Count(got, "word") != strings.Count(in, "word") || strings.Count(got, "é") != strings.Count(in, "é") {
			t.Fatalf("%q became %q", in, got)
		}
	})
}
