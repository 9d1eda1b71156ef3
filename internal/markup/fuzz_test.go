package markup

import "testing"

// seed adds a few constructs that have broken renderers.
func seed(f *testing.F) {
	f.Helper()
	for _, s := range []string{
		typical, "<b><p>x</b></p>", "<a href=http://a.b><p>c<a href=http://d.e>f", "<ul><li><pre>\n\na</ul>", "- > 1. a\n  ***\nb",
		"[a]: b\n[a] ![c](http://d)", "&amp;&#1;&lt;&", "<table><td><a><table>", "<svg><style><img>", "<math><mtext><mglyph>", "a\u0301\u0301\u0301\u0301\u0301",
	} {
		f.Add(s)
	}
}

func FuzzReply(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, s string) {
		r, err := Reply(s)
		if err != nil {
			return
		}
		judge(t, s, r.HTML, false)
		if len(r.HTML) > 4*len(s)+4096 {
			t.Fatalf("%d bytes from %d", len(r.HTML), len(s))
		}
		if blank(r.Text) {
			t.Fatalf("%q shows nothing: %s", s, r.HTML)
		}
		twice, err := HTML(r.HTML)
		if err != nil || twice.HTML != r.HTML {
			t.Fatalf("no fixed point:\n%s\n%s", r.HTML, twice.HTML)
		}
	})
}

func FuzzHTML(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, s string) { judgeAll(t, s) })
}

func FuzzName(f *testing.F) {
	seed(f)
	f.Add("раypal")
	f.Fuzz(func(t *testing.T, s string) { judgeName(t, s) })
}
