package markup

import (
	"slices"
	"strings"
	"testing"
)

func TestArticle_keeps_its_images(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ source, want, text string }{
		"with_words":      {`<p>a <img src="https://e.example/a.png?b=1&amp;c" alt="two  &quot;cats&quot;" onerror=x> b`, `<p>a <img src="https://e.example/a.png?b=1&amp;c" alt="two &quot;cats&quot;"> b</p>`, `a two "cats" b`},
		"without_words":   {`<img src=http://e.example/x.png>`, `<p><img src="http://e.example/x.png" alt=""></p>`, ""},
		"in_a_link":       {`<a href="https://e.example/big"><img src="https://e.example/s.png" alt="cat"></a>`, `<p><a href="https://e.example/big" rel="` + linkRel + `"><img src="https://e.example/s.png" alt="cat"></a></p>`, "cat"},
		"no_address":      {`<p><img src="javascript:alert(1)" alt="x"><img src="data:image/png;base64,AA" alt="y"><img src="/z.png" alt="z">`, `<p>xyz</p>`, "xyz"},
		"mail":            {`<p><img src="mailto:a@e.example" alt="x">`, `<p>x</p>`, "x"},
		"in_preformatted": {`<pre>a<img src="https://e.example/s.png" alt="cat"></pre>`, `<pre>a<a href="https://e.example/s.png" rel="` + linkRel + `">cat</a></pre>`, "acat"},
	} {
		got, err := Article(c.source)
		if err != nil || got.HTML != c.want || got.Text != c.text {
			t.Errorf("%s: %v\n got %s\nwant %s\ntext %q", name, err, got.HTML, c.want, got.Text)
		}
		if again, err := Article(got.HTML); err != nil || again.HTML != got.HTML {
			t.Errorf("%s: a second time: %v %s", name, err, again.HTML)
		}
		judge(t, c.source, got.HTML, true)
	}
}

func TestShowPictures(t *testing.T) {
	t.Parallel()
	stored, err := Article(`<p>a <img src="https://e.example/a.png?b=1&amp;c" alt="two &quot;cats&quot;"> b <img src="https://e.example/b.png">
		<a href="https://e.example/">c <img src="https://e.example/c.png" alt="d &amp; e"></a> <img src="https://e.example/a.png?b=1&amp;c">`)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := Pictures(stored.HTML), []string{"https://e.example/a.png?b=1&c", "https://e.example/b.png", "https://e.example/c.png"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	shown := ShowPictures(stored.HTML, map[string]Picture{"https://e.example/a.png?b=1&c": {Path: "/images/1", Width: 3, Height: 4}})
	want := `<p>a <img src="/images/1" alt="two &quot;cats&quot;" width="3" height="4" loading="lazy" decoding="async"> b ` +
		`<a href="https://e.example/b.png" rel="` + linkRel + `">b.png</a> <a href="https://e.example/" rel="` + linkRel + `">c d &amp; e</a> ` +
		`<img src="/images/1" alt="" width="3" height="4" loading="lazy" decoding="async"></p>`
	if shown != want {
		t.Errorf("\n got %s\nwant %s", shown, want)
	}
	judge(t, "nothing kept", ShowPictures(stored.HTML, nil), true)
	if none := ShowPictures(stored.HTML, nil); strings.Contains(none, "<img") {
		t.Errorf("an image of another site is shown: %s", none)
	}
}

func FuzzShowPictures(f *testing.F) {
	f.Add(`<a href="http://a/"><img src="http://b/" alt="<a "></a><img src="http://b/?a&quot;b" alt='"'>`)
	f.Add(`<pre><img src="http://b/"></pre><figure><img src="http://b/" alt="&lt;img src=&quot;"></figure>`)
	f.Fuzz(func(t *testing.T, source string) {
		stored, err := Article(source)
		if err != nil {
			return
		}
		none := ShowPictures(stored.HTML, nil)
		judge(t, source, none, true)
		if strings.Contains(none, "<img") {
			t.Fatalf("%q: an image of another site is shown: %s", source, none)
		}
		kept := map[string]Picture{}
		for _, src := range Pictures(stored.HTML) {
			kept[src] = Picture{Path: "/images/1"}
		}
		if n := strings.Count(ShowPictures(stored.HTML, kept), pictureStart); n != strings.Count(stored.HTML, pictureStart) {
			t.Fatalf("%q: %d images of %s", source, n, stored.HTML)
		}
	})
}
