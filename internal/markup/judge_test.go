package markup

import (
	"bufio"
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"hustings/internal/sampletest"
)

// The judge looks at rendered HTML the way a browser's parser does and knows nothing of
// how it was made: what it allows is written out here a second time.

var allowedElements = map[string]string{ // element -> attributes it may have
	"p": "", "br": "", "em": "", "strong": "", "del": "", "blockquote": "", "ul": "", "ol": "start", "li": "",
	"pre": "", "code": "", "a": "href rel", "hr": "", "sub": "", "sup": "", "img": "src alt",
}

// hidden from comments: allowedElements has what img may carry in an article.
var commentForbids = map[string]bool{"img": true}

var articleOnly = map[string]bool{"h2": true, "h3": true, "h4": true, "figure": true, "figcaption": true, "img": true}

// judge fails the test unless the HTML stays inside its box and holds only what is
// allowed.
func judge(t testing.TB, what, out string, article bool) {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(`<!DOCTYPE html><html><head></head><body><div id="box">` + out + `</div><p id="after">after</p></body></html>`))
	if err != nil {
		t.Fatalf("%q: the page cannot be parsed: %v", what, err)
	}
	body := doc.LastChild.LastChild
	box := body.FirstChild
	if box == nil || box.Data != "div" || attr(box, "id") != "box" {
		t.Fatalf("%q: the box is gone: %s", what, out)
	}
	after := box.NextSibling
	if after == nil || after.Data != "p" || len(after.Attr) != 1 || attr(after, "id") != "after" || after.NextSibling != nil ||
		after.FirstChild == nil || after.FirstChild.Data != "after" || after.FirstChild.NextSibling != nil {
		t.Fatalf("%q: something escaped the box: %s", what, out)
	}
	for n := range box.Descendants() {
		judgeNode(t, what, out, n, article)
	}
	for n := range body.Descendants() {
		if n != box && n != after && attr(n, "id") != "" {
			t.Fatalf("%q: an id: %s", what, out)
		}
	}
}

func judgeNode(t testing.TB, what, out string, n *html.Node, article bool) {
	t.Helper()
	switch n.Type {
	case html.TextNode:
		if strings.IndexFunc(n.Data, unwanted) >= 0 {
			t.Fatalf("%q: a control character: %q", what, out)
		}
		return
	case html.ElementNode:
	default:
		t.Fatalf("%q: a node of type %d: %s", what, n.Type, out)
	}
	attrs, ok := allowedElements[n.Data]
	if (!ok && !(article && articleOnly[n.Data])) || !article && commentForbids[n.Data] || n.Namespace != "" {
		t.Fatalf("%q: element %s: %s", what, n.Data, out)
	}
	for _, a := range n.Attr {
		if a.Namespace != "" || !strings.Contains(" "+attrs+" ", " "+a.Key+" ") {
			t.Fatalf("%q: attribute %s of %s: %s", what, a.Key, n.Data, out)
		}
	}
	if n.Data == "img" {
		judgeLink(t, what, attr(n, "src"), linkRel)
	}
	if n.Data == "a" {
		judgeLink(t, what, attr(n, "href"), attr(n, "rel"))
	}
}

func judgeLink(t testing.TB, what, href, rel string) {
	t.Helper()
	u, err := url.Parse(href)
	if err != nil {
		t.Fatalf("%q: link %q: %v", what, href, err)
	}
	web := (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.User == nil
	mail := u.Scheme == "mailto" && strings.Contains(u.Opaque, "@") && u.RawQuery == ""
	if !web && !mail || strings.ContainsAny(href, " \t\r\n\"'<>\\`") && !strings.Contains(href, `\`) {
		t.Fatalf("%q: link %q", what, href)
	}
	if rel != "nofollow ugc noreferrer" {
		t.Fatalf("%q: rel %q", what, rel)
	}
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// judgeAll puts one source through every entry and the judge.
func judgeAll(t testing.TB, source string) {
	t.Helper()
	check := func(entry string, r Rendered, err error, article bool) {
		t.Helper()
		if err != nil {
			return
		}
		judge(t, source, r.HTML, article)
		if len(r.HTML) > 4*len(source)+4096 {
			t.Fatalf("%s(%q): %d bytes of HTML from %d", entry, source, len(r.HTML), len(source))
		}
		again := HTML
		if article {
			again = Article
		}
		if twice, err := again(r.HTML); err == nil && twice.HTML != r.HTML {
			t.Fatalf("%s(%q) is not a fixed point:\n%s\n%s", entry, source, r.HTML, twice.HTML)
		}
		if r.Version != PolicyVersion {
			t.Fatalf("%s(%q): version %d", entry, source, r.Version)
		}
	}
	r, err := Reply(source)
	check("Reply", r, err, false)
	r, err = HTML(source)
	check("HTML", r, err, false)
	r, err = Article(source)
	check("Article", r, err, true)
	check("PlainText", PlainText(source), nil, false)
}

// hostile is one line of a samples file.
type hostile struct{ ID, Payload, Expected string }

func readHostile(t testing.TB, pattern string) []hostile {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(sampletest.Dir(t, "the hostile texts are not tried"), "hostile", pattern))
	if err != nil || len(files) == 0 {
		t.Skip("the samples hold no hostile/" + pattern)
	}
	var all []hostile
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(f)
		lines.Buffer(nil, 8<<20)
		for lines.Scan() {
			var h hostile
			if err := json.Unmarshal(lines.Bytes(), &h); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			all = append(all, h)
		}
		if err := lines.Err(); err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
	return all
}
