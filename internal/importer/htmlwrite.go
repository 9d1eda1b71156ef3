package importer

import (
	"html"
	"net/url"
	"path"
	"regexp"
	"strings"

	xhtml "golang.org/x/net/html"
)

// pageWriter writes a part of a page as HTML for the sanitiser: with absolute
// addresses, without what nobody sees, and without what skip says.
type pageWriter struct {
	page *webPage
	skip func(e *xhtml.Node) bool
	b    strings.Builder
	lost int // pictures that stood only in the folder saved with the page
}

// keptAttrs are the attributes that say something about the text.
var keptAttrs = map[string][]string{
	"a": {"title"}, "ol": {"start", "type"}, "li": {"value"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan", "scope"},
	"time": {"datetime"}, "abbr": {"title"},
}

var voidTags = wordSet("br hr wbr img col")

func (w *pageWriter) children(n *xhtml.Node) {
	for k := n.FirstChild; k != nil; k = k.NextSibling {
		switch k.Type {
		case xhtml.TextNode:
			w.b.WriteString(html.EscapeString(k.Data))
		case xhtml.ElementNode:
			w.element(k)
		}
	}
}

func (w *pageWriter) element(e *xhtml.Node) {
	switch {
	case e.Data == "iframe" || e.Data == "embed" || e.Data == "video" || e.Data == "audio":
		w.player(e)
		return
	case hidden(e) || w.skip != nil && w.skip(e):
		return
	case e.Data == "img":
		w.image(e)
		return
	case !plainName(e.Data):
		w.children(e)
		return
	}
	href := ""
	if e.Data == "a" {
		if href = w.href(attr(e, "href")); href == "" {
			w.children(e)
			return
		}
	}
	w.b.WriteString("<" + e.Data)
	if href != "" {
		w.attr("href", href)
	}
	for _, name := range keptAttrs[e.Data] {
		if v := attr(e, name); v != "" {
			w.attr(name, v)
		}
	}
	for _, name := range []string{"dir", "lang"} {
		if v := attr(e, name); v != "" {
			w.attr(name, v)
		}
	}
	w.b.WriteByte('>')
	if voidTags[e.Data] {
		return
	}
	w.children(e)
	w.b.WriteString("</" + e.Data + ">")
}

func (w *pageWriter) attr(name, value string) {
	w.b.WriteString(" " + name + `="` + html.EscapeString(value) + `"`)
}

// plainName tells whether an element's name is one that can be written.
func plainName(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return s != "" && s != "font" && s != "center" && s != "html" && s != "body"
}

// href is where a link leads, "" where that is nowhere outside of the page.
func (w *pageWriter) href(ref string) string {
	ref = strings.TrimSpace(ref)
	switch {
	case strings.HasPrefix(ref, "#"):
		return ""
	case strings.HasPrefix(strings.ToLower(ref), "mailto:"):
		return ref
	}
	return w.page.link(ref)
}

// lazySources are the attributes in which pages put the address of a picture that a
// script shows later.
var lazySources = []string{"data-orig-file", "data-lazy-src", "data-original", "data-src", "src"}

func (w *pageWriter) image(e *xhtml.Node) {
	alt := attr(e, "alt")
	if classes := attrWords(e, "class"); anyWord(classes, smileys) {
		w.b.WriteString(html.EscapeString(alt))
		return
	}
	src, local := "", false
	for _, name := range lazySources {
		ref := attr(e, name)
		if ref == "" || strings.HasPrefix(ref, "data:") {
			continue
		}
		if savedBeside(ref) {
			local = true
			continue
		}
		if src = w.page.link(ref); src != "" {
			break
		}
	}
	if src == "" {
		src = w.largest(attr(e, "srcset") + "," + attr(e, "data-srcset") + "," + attr(e, "data-lazy-srcset"))
	}
	if src == "" {
		if local {
			w.lost++
		}
		w.b.WriteString(html.EscapeString(alt))
		return
	}
	w.b.WriteString("<img")
	w.attr("src", src)
	w.attr("alt", alt)
	for _, name := range []string{"width", "height"} {
		if v := attr(e, name); v != "" {
			w.attr(name, v)
		}
	}
	w.b.WriteByte('>')
}

var smileys = wordSet("wp-smiley emoji emojione twemoji smiley smilie")

// savedBeside tells whether an address is of the folder that browsers save with a
// page: such files are nowhere on the web.
func savedBeside(ref string) bool {
	u, err := url.Parse(ref)
	if err != nil || u.Scheme != "" || u.Host != "" {
		return err == nil && (u.Scheme == "file" || u.Scheme == "cid")
	}
	folder, _, nested := strings.Cut(strings.TrimPrefix(u.Path, "./"), "/")
	return nested && besidePage.MatchString(folder)
}

var (
	// besidePage is how browsers call the folder that they save with a page.
	besidePage = regexp.MustCompile(`(?:_files|-Dateien|_fichiers|_archivos|_bestanden|_file|\.resources)$`)
	// pagePiece is what lies in it.
	pagePiece = regexp.MustCompile(`(?i)(?:\.(?:js|css|png|jpe?g|gif|svg|webp|avif|ico|woff2?|ttf|eot|mp4|webm|php|download)(?:\(\d+\))?|(?:^|/)saved_resource(?:\(\d+\))?(?:\.html?)?)$`)
)

// SavedPiece tells whether a file is a piece of a page that a browser saved beside it:
// a script, a picture, a frame. Such files are passed over where folders are read.
func SavedPiece(name string) bool {
	name = strings.ReplaceAll(name, `\`, "/")
	folder := path.Base(path.Dir(name))
	return besidePage.MatchString(folder) && pagePiece.MatchString(name)
}

// largest is the address of the largest picture of a srcset.
func (w *pageWriter) largest(set string) (best string) {
	most := -1.0
	for part := range strings.SplitSeq(set[:min(len(set), 20_000)], ",") {
		fields := strings.Fields(part)
		if len(fields) == 0 || savedBeside(fields[0]) || strings.HasPrefix(fields[0], "data:") {
			continue
		}
		size := 1.0
		if len(fields) > 1 {
			size = leadingNumber(fields[1])
		}
		if u := w.page.link(fields[0]); u != "" && size > most {
			best, most = u, size
		}
	}
	return best
}

func leadingNumber(s string) float64 {
	n := 0.0
	for _, c := range s {
		if c < '0' || c > '9' || n > 1e6 {
			break
		}
		n = n*10 + float64(c-'0')
	}
	return n
}

// player leaves a link where a page plays something.
func (w *pageWriter) player(e *xhtml.Node) {
	src := attr(e, "src")
	if src == "" {
		if s := firstOf(e, func(k *xhtml.Node) bool { return k.Data == "source" }); s != nil {
			src = attr(s, "src")
		}
	}
	if src == "" {
		src = attr(e, "data-src")
	}
	if savedBeside(src) {
		return
	}
	if address := w.page.link(src); address != "" {
		w.b.WriteString(`<p><a href="` + html.EscapeString(address) + `">` + html.EscapeString(address) + "</a></p>")
	}
}

// render writes what is in some nodes.
func (p *webPage) render(skip func(e *xhtml.Node) bool, nodes ...*xhtml.Node) (markup string, lost int) {
	w := &pageWriter{page: p, skip: skip}
	for _, n := range nodes {
		w.children(n)
	}
	markup, _ = clean(strings.TrimSpace(w.b.String()))
	return markup, w.lost
}
