package importer

import (
	"bytes"
	"strconv"
	"strings"

	"golang.org/x/net/html"
)

// markedAt is the attribute in which markTags notes where a tag stood.
const markedAt = "hustings-at"

const (
	// maxFlatDepth is how deep the tags of a page nest that nested too deeply. The
	// parser's own limit counts what it adds, which is several times as much.
	maxFlatDepth = 100
	// maxFormats is how many tags like <b> and <font> may be open at once: the
	// parser repeats the open ones in every paragraph.
	maxFormats = 16
)

// markTags goes over a page's tags once. Those that may begin a comment get the
// place where they stand, and what would make the tree grow without bounds is left
// out. depth bounds how deep elements nest, 0: the parser does.
func markTags(text string, depth int) (string, error) {
	m := &tagMarker{depth: depth, z: html.NewTokenizer(strings.NewReader(text))}
	m.out.Grow(len(text) + len(text)/8)
	for offset, tags := 0, 0; ; {
		kind := m.z.Next()
		raw := m.z.Raw()
		switch kind {
		case html.ErrorToken:
			m.out.Write(raw)
			return m.out.String(), nil
		case html.StartTagToken, html.SelfClosingTagToken:
			m.start(raw, offset)
			tags++
		case html.EndTagToken:
			m.end(raw)
			tags++
		default:
			m.out.Write(raw)
		}
		if tags > maxPageTags {
			return "", errManyTags
		}
		offset += len(raw)
	}
}

// tagMarker is a page on its way through markTags.
type tagMarker struct {
	z       *html.Tokenizer
	out     strings.Builder
	depth   int      // the most; 0: any
	open    int      // elements now
	formats []string // open formatting elements; "" parts those of a cell from the rest
	inner   []string // the cells and other elements that part them
}

func (m *tagMarker) start(raw []byte, offset int) {
	name := startName(raw)
	switch {
	case formatTags[name]:
		if len(m.formats) >= maxFormats {
			return
		}
		m.formats = append(m.formats, name)
	case partingTags[name]:
		if len(m.inner) < maxFormats {
			m.formats, m.inner = append(m.formats, ""), append(m.inner, name)
		}
	}
	if nestingTags[name] {
		if m.open++; m.depth > 0 && m.open > m.depth {
			return
		}
	}
	if name == "noscript" {
		m.z.NextIsNotRawText()
	}
	if !markable(name, raw) {
		m.out.Write(raw)
		return
	}
	m.out.Write(raw[:1+len(name)])
	m.out.WriteString(" " + markedAt + `="`)
	m.out.WriteString(strconv.Itoa(offset))
	m.out.WriteByte('"')
	m.out.Write(raw[1+len(name):])
}

func (m *tagMarker) end(raw []byte) {
	name := startName(raw[1:])
	switch {
	case formatTags[name]:
		m.close(name)
	case partingTags[name]:
		m.leave(name)
	}
	if nestingTags[name] {
		if m.open--; m.depth > 0 && m.open >= m.depth {
			return
		}
		m.open = max(m.open, 0)
	}
	m.out.Write(raw)
}

// close forgets the innermost open format of the name, unless a cell parts it from
// its end.
func (m *tagMarker) close(name string) {
	for i := len(m.formats) - 1; i >= 0 && m.formats[i] != ""; i-- {
		if m.formats[i] == name {
			m.formats = append(m.formats[:i], m.formats[i+1:]...)
			return
		}
	}
}

// leave forgets what was open in a cell.
func (m *tagMarker) leave(name string) {
	for i := len(m.inner) - 1; i >= 0; i-- {
		if m.inner[i] != name {
			continue
		}
		for n := len(m.inner) - i; n > 0; {
			last := m.formats[len(m.formats)-1]
			m.formats = m.formats[:len(m.formats)-1]
			if last == "" {
				n--
			}
		}
		m.inner = m.inner[:i]
		return
	}
}

// startName is the name of a tag in small letters; "" for a name that none of the
// lists here has.
func startName(raw []byte) string {
	var b [12]byte
	n := 0
	for _, c := range raw[min(1, len(raw)):] {
		switch {
		case c >= 'A' && c <= 'Z':
			c += 'a' - 'A'
		case c == ' ' || c == '>' || c == '/' || c == '\n' || c == '\t' || c == '\r' || c == '\f':
			return string(b[:n])
		}
		if n == len(b) {
			return ""
		}
		b[n] = c
		n++
	}
	return string(b[:n])
}

// wordSet makes a set of words.
func wordSet(list string) map[string]bool {
	set := map[string]bool{}
	for name := range strings.FieldsSeq(list) {
		set[name] = true
	}
	return set
}

var (
	formatTags  = wordSet("a b big code em font i nobr s small strike strong tt u")
	partingTags = wordSet("td th caption object applet marquee template select svg math")
	nestingTags = wordSet("address article aside blockquote button center details dialog dir div dl fieldset figcaption figure footer form header hgroup label main menu nav ol pre search section span sub sup summary table ul ins del q cite abbr bdo bdi dfn kbd mark samp var time template svg math object select")
	markTagsOf  = wordSet("li div article section dl dt tr title h1 script")
)

// markable tells whether a place is wanted for the tag.
func markable(name string, raw []byte) bool {
	if !markTagsOf[name] {
		return false
	}
	return name != "div" && name != "section" || bytes.Contains(raw, []byte("id=")) || bytes.Contains(raw, []byte("class=")) || bytes.Contains(raw, []byte("item"))
}
