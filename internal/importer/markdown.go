package importer

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// Markdown reads one article from a file as generators of sites have them: front
// matter in YAML or JSON, then the text in Markdown, or in HTML where the file's
// name says so.
type Markdown struct{}

// Name is the word for --format.
func (Markdown) Name() string { return "markdown" }

var (
	frontKey    = regexp.MustCompile(`(?m)^"?(title|date|layout|slug|permalink|draft|author)"?\s*[:=]`)
	headingLine = regexp.MustCompile(`^#[ \t]+(.+?)[ \t#]*(\r?\n|$)`)
)

// Sniff looks for front matter that names a thing which articles have. A file that
// opens with a heading is likely Markdown too.
func (Markdown) Sniff(_ string, head []byte) int {
	if binary(head) {
		return 0
	}
	front, body, kind := splitFront(head)
	switch {
	case kind == frontTOML && frontKey.Match(front), kind == frontYAML && frontKey.Match(front):
		return 85
	case kind == frontJSON && frontKeyIn(front) && len(bytes.TrimSpace(body)) > 0 && !bytes.ContainsAny(bytes.TrimSpace(body)[:1], "{[,"):
		return 85
	case kind == frontNone && headingLine.Match(body):
		return 55
	case kind != frontTOML && staticman(front, body):
		return 60
	}
	return 0
}

// frontKeyIn tells whether an object has a title.
func frontKeyIn(front []byte) bool {
	var o struct{ Title *string }
	return json.Unmarshal(front, &o) == nil && o.Title != nil
}

type frontKind int

const (
	frontNone frontKind = iota
	frontYAML
	frontTOML
	frontJSON
)

// splitFront parts front matter from the text behind it.
func splitFront(data []byte) (front, body []byte, kind frontKind) {
	data = bytes.TrimLeft(bytes.TrimPrefix(data, []byte(byteOrderMark)), "\r\n")
	first, rest, _ := bytes.Cut(data, newline)
	mark := strings.TrimRight(string(first), " \t\r")
	switch {
	case mark == "---":
		kind = frontYAML
	case mark == "+++":
		kind = frontTOML
	case strings.HasPrefix(mark, "{"):
		dec := json.NewDecoder(bytes.NewReader(data))
		var raw json.RawMessage
		if dec.Decode(&raw) != nil {
			return nil, data, frontNone
		}
		return raw, data[dec.InputOffset():], frontJSON
	default:
		return nil, data, frontNone
	}
	at := 0
	for line := range bytes.Lines(rest) {
		end := strings.TrimRight(string(line), " \t\r\n")
		if end == mark || end == "..." && kind == frontYAML {
			return rest[:at], rest[at+len(line):], kind
		}
		at += len(line)
	}
	return nil, data, frontNone
}

// Read emits the article.
func (Markdown) Read(ctx context.Context, src Source, emit func(Record) error) error {
	m := &markdown{foreign: newForeign(src, emit), at: place{line: 1, column: 1}}
	data, err := io.ReadAll(io.LimitReader(src.R, maxRecord+1))
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return m.refuse(m.at, readReason(err), "")
	case len(data) > maxRecord:
		return m.refuse(m.at, errLongRecord.Error(), "")
	}
	text, repair := clean(string(data))
	if repair != "" {
		if err := m.note(m.at, repair, ""); err != nil {
			return err
		}
	}
	m.text = slices.Clip([]byte(text))
	front, body, kind := splitFront(m.text)
	if kind != frontTOML && staticman(front, body) {
		if len(front) == 0 {
			front = body
		}
		return m.remark(front)
	}
	if ok, err := m.parse(front, kind); !ok {
		return err
	}
	return m.article(string(body))
}

// markdown is one file being read.
type markdown struct {
	*foreign
	at     place
	text   []byte
	fields map[string]*yaml.Node
}

// field gives the first of some fields that has a text.
func (m *markdown) field(names ...string) string {
	for _, name := range names {
		if list := texts(m.fields[name]); len(list) > 0 {
			return strings.Join(list, ", ")
		}
	}
	return ""
}

// texts are the words of a node: its own, those of its list, or the name in it.
func texts(n *yaml.Node) (list []string) {
	switch {
	case n == nil:
	case n.Kind == yaml.ScalarNode && n.Tag != "!!null":
		if s, _ := clean(strings.TrimSpace(n.Value)); s != "" {
			list = append(list, s)
		}
	case n.Kind == yaml.SequenceNode:
		for _, k := range n.Content {
			if k.Kind != yaml.SequenceNode {
				list = append(list, texts(k)...)
			}
		}
	case n.Kind == yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == "name" && n.Content[i+1].Kind == yaml.ScalarNode {
				return texts(n.Content[i+1])
			}
		}
	}
	return list
}

// frontTimes are the forms of dates in front matter.
var frontTimes = append([]string{
	"2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05 -07:00", "2006-01-02 15:04 -0700", "2006-01-02T15:04:05.999999999-0700",
	"2006-01-02 15:04", "2006-1-2", "January 2, 2006", "Jan 2, 2006", "2 January 2006",
}, timeForms...)

// datedName is how Jekyll names its files.
var datedName = regexp.MustCompile(`^(\d{4}-\d{1,2}-\d{1,2})-(.+)\.[a-z]+$`)

func (m *markdown) article(body string) (err error) {
	file := path.Base(strings.ReplaceAll(m.src.Name, `\`, "/"))
	date, slug := m.field("date", "published_at", "publishdate", "created"), m.field("slug")
	if dated := datedName.FindStringSubmatch(file); dated != nil {
		if date == "" {
			date = dated[1]
		}
		if slug == "" {
			slug = dated[2]
		}
	}
	a := Article{Title: collapse(m.field("title")), Slug: slug, State: "published", Replies: "open", File: m.src.Name, Line: 1}
	if a.Title == "" {
		if h := headingLine.FindStringSubmatch(body); h != nil {
			a.Title, body = collapse(h[1]), body[len(h[0]):]
		}
	}
	if a.PublishedAt, err = m.time(m.at, date, frontTimes...); err != nil {
		return err
	}
	a.Author, _ = author(m.field("author", "authors"))
	a.State = m.state()
	if c := m.field("comments", "comment", "allow_comments"); strings.EqualFold(c, "false") {
		a.Replies = "closed"
	}
	a.Standfirst = collapse(plainHTML(m.field("description", "summary", "excerpt", "subtitle")))
	m.addresses(&a)
	body = strings.Trim(strings.ReplaceAll(body, "\r\n", "\n"), "\n")
	if ext := strings.ToLower(path.Ext(file)); ext == ".html" || ext == ".htm" {
		a.BodyHTML = body
	} else {
		a.BodyMarkdown = body
	}
	if a.Title == "" {
		return m.refuse(m.at, "The article has no title.", body)
	}
	if a.Key == "" {
		a.Key = ArticleKey(m.src.site(""), a.Title, a.Author)
	}
	a.Aliases = slugKeys(m.src.Name, a.Slug)
	return m.emit(a)
}

// state never makes public what was not.
func (m *markdown) state() string {
	is := func(value string, names ...string) bool { return strings.EqualFold(m.field(names...), value) }
	switch status := strings.ToLower(m.field("status", "post_status")); {
	case is("true", "draft"), is("false", "published"), status == "draft", status == "pending":
		return "draft"
	case status == "private", is("true", "private", "hidden"):
		return "private"
	case status == "future", status == "scheduled":
		return "scheduled"
	}
	// Drafts of Jekyll lie in a folder of their own.
	if strings.HasPrefix(m.src.Name, "_drafts/") || strings.Contains(m.src.Name, "/_drafts/") {
		return "draft"
	}
	return "published"
}

// addresses finds where the article stood. A pattern of addresses is none.
func (m *markdown) addresses(a *Article) {
	own := m.field("canonical_url", "canonicalurl", "url", "permalink", "link")
	if u, err := url.Parse(own); err == nil && (u.Host != "" || !strings.Contains(own, ":")) {
		a.SourceURL = m.address(own, "")
		switch {
		case a.SourceURL != nil:
			a.Key = pageKey(*a.SourceURL)
			if u, err := url.Parse(*a.SourceURL); err == nil {
				a.Site, _ = clean(strings.ToLower(u.Host))
			}
		case strings.HasPrefix(own, "/"):
			a.OldURLs = append(a.OldURLs, own)
		}
	}
	for _, name := range []string{"aliases", "alias", "redirect_from", "redirects", "old_url", "wordpress_url"} {
		for _, old := range texts(m.fields[name]) {
			if strings.HasPrefix(old, "/") || strings.HasPrefix(old, "http://") || strings.HasPrefix(old, "https://") {
				a.OldURLs = append(a.OldURLs, old)
			}
		}
	}
	a.OldURLs = a.OldURLs[:min(len(a.OldURLs), maxOthers)]
}
