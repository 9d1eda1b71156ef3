package importer

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/html"
)

const (
	// maxLinked bounds the JSON-LD of a page, in bytes: as values it takes some
	// times as much.
	maxLinked = 4 << 20
	// maxLinkedDepth is how deep it may nest; a thread takes two levels a reply.
	maxLinkedDepth = 2000
)

// linkedData is the JSON-LD of a page.
type linkedData struct {
	page   *webPage
	dates  *dateReader
	nodes  []map[string]any
	byID   map[string]map[string]any
	broken []*html.Node // scripts that can't be read
	script *html.Node   // the one being read
	places []*html.Node // of the nodes: their scripts
	list   []*pageComment
	seen   map[string]bool // comments, by what node they are
}

// linked reads the page's JSON-LD.
func (p *webPage) linked(dates *dateReader) *linkedData {
	l := &linkedData{page: p, dates: dates, byID: map[string]map[string]any{}, seen: map[string]bool{}}
	left := maxLinked
	each(p.doc, func(e *html.Node) bool {
		if e.Data != "script" || !strings.HasPrefix(strings.ToLower(strings.TrimSpace(attr(e, "type"))), "application/ld+json") {
			return e.Data != "script"
		}
		l.script = e
		text := ""
		if e.FirstChild != nil {
			text = e.FirstChild.Data
		}
		if left -= len(text); left < 0 || !l.add(text) {
			l.broken = append(l.broken, e)
		}
		return false
	})
	return l
}

// add reads one script. False means that it can't be read.
func (l *linkedData) add(text string) bool {
	text = strings.TrimSpace(text)
	for _, wrap := range []string{"<!--", "//<![CDATA[", "/*<![CDATA[*/", "<![CDATA["} {
		text = strings.TrimPrefix(text, wrap)
	}
	for _, wrap := range []string{"-->", "//]]>", "/*]]>*/", "]]>", ";"} {
		text = strings.TrimSuffix(strings.TrimSpace(text), wrap)
	}
	if text = strings.TrimSpace(text); text == "" {
		return true
	}
	if nesting(text) > maxLinkedDepth {
		return false
	}
	var v any
	if json.Unmarshal([]byte(text), &v) != nil && json.Unmarshal([]byte(escapeControls(text)), &v) != nil {
		return false
	}
	l.gather(v)
	return true
}

// nesting is how deep brackets nest, those in strings too.
func nesting(text string) (most int) {
	depth := 0
	for i := range len(text) {
		switch text[i] {
		case '{', '[':
			depth++
			most = max(most, depth)
		case '}', ']':
			depth--
		}
	}
	return most
}

// escapeControls puts line ends right that stand in a string as they are.
func escapeControls(text string) string {
	var b strings.Builder
	inside := false
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '"':
			inside = !inside
		case c == '\\' && inside && i+1 < len(text):
			b.WriteByte(c)
			i++
			c = text[i]
		}
		switch {
		case c >= ' ' || !inside:
			b.WriteByte(c)
		case c == '\n':
			b.WriteString(`\n`)
		default:
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// gather notes all objects of a value.
func (l *linkedData) gather(v any) {
	switch v := v.(type) {
	case []any:
		for _, k := range v {
			l.gather(k)
		}
	case map[string]any:
		if len(v) > 1 || v["@id"] == nil {
			v[linkedNo] = strconv.Itoa(len(l.nodes))
			l.nodes, l.places = append(l.nodes, v), append(l.places, l.script)
			if id := stringOf(v["@id"]); id != "" && len(v) > len(l.byID[id]) {
				l.byID[id] = v
			}
		}
		keys := make([]string, 0, len(v))
		for key := range v {
			keys = append(keys, key)
		}
		slices.Sort(keys)
		for _, key := range keys {
			l.gather(v[key])
		}
	}
}

// object is a value as an object: itself, the first of a list, or what it names.
func (l *linkedData) object(v any) map[string]any {
	switch v := v.(type) {
	case map[string]any:
		if id := stringOf(v["@id"]); id != "" && len(v) == 1 && l.byID[id] != nil {
			return l.byID[id]
		}
		return v
	case []any:
		if len(v) > 0 {
			return l.object(v[0])
		}
	case string:
		return l.byID[v]
	}
	return nil
}

// objects are all objects of a value.
func (l *linkedData) objects(v any) (list []map[string]any) {
	many, is := v.([]any)
	if !is {
		many = []any{v}
	}
	for _, k := range many {
		if _, nested := k.([]any); nested {
			continue
		}
		if o := l.object(k); o != nil {
			list = append(list, o)
		}
	}
	return list
}

func stringOf(v any) string {
	switch v := v.(type) {
	case string:
		s, _ := clean(strings.TrimSpace(v))
		return s
	case map[string]any:
		if s := stringOf(v["@value"]); s != "" {
			return s
		}
		return stringOf(v["@id"])
	case []any:
		for _, k := range v {
			if s := stringOf(k); s != "" {
				return s
			}
		}
	}
	return ""
}

// isA tells whether an object is of one of some types.
func isA(o map[string]any, types map[string]bool) bool {
	list, is := o["@type"].([]any)
	if !is {
		list = []any{o["@type"]}
	}
	for _, t := range list {
		if s, is := t.(string); is {
			if types[strings.ToLower(s[strings.LastIndexByte(s, '/')+1:])] {
				return true
			}
		}
	}
	return false
}

// names are the names of people: texts, objects, or lists of them.
func (l *linkedData) names(v any) string {
	var list []string
	many, is := v.([]any)
	if !is {
		many = []any{v}
	}
	for _, k := range many {
		name := ""
		if s, is := k.(string); is && l.byID[s] == nil {
			name = stringOf(s)
		} else if o := l.object(k); o != nil {
			if name = stringOf(o["name"]); name == "" {
				name = strings.TrimSpace(stringOf(o["givenName"]) + " " + stringOf(o["familyName"]))
			}
		}
		if name = plainHTML(name); name != "" && !slices.Contains(list, name) && len(list) < 20 {
			list = append(list, name)
		}
	}
	return strings.Join(list, ", ")
}

// article finds the object that the page is about, nil where there is none; many
// tells that there are several that it may be.
func (l *linkedData) article(address string) (best map[string]any, many bool) {
	points := -1
	n := 0
	for _, o := range l.nodes {
		if !isA(o, articleTypes) {
			continue
		}
		p := 0
		if o["comment"] != nil || o["suggestedAnswer"] != nil {
			p++
		}
		for _, key := range []string{"url", "mainEntityOfPage", "@id"} {
			if own := l.page.link(stringOf(o[key])); address != "" && own != "" && pageKey(withoutCommentPage(own)) == pageKey(address) {
				p += 2
			}
		}
		if n++; p > points {
			points, best = p, o
		}
	}
	return best, n > 1 && points < 2
}
