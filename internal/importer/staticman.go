package importer

import (
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

var (
	staticmanID   = regexp.MustCompile(`(?m)^[ \t{]*"?_id"?\s*:`)
	staticmanText = regexp.MustCompile(`(?m)^[ \t{,]*"?(?:message|comment|body|text)"?\s*:|"(?:message|comment|body|text)"\s*:`)
)

// staticman tells whether a file is a comment as Staticman writes them: fields alone,
// with an id of its own and a text.
func staticman(front, body []byte) bool {
	whole := front
	if len(whole) == 0 {
		whole = body
	} else if len(strings.TrimSpace(string(body))) > 0 {
		return false
	}
	return staticmanID.Match(whole) && staticmanText.Match(whole)
}

// remark reads a comment. Its article is that of its folder, which has the name of
// the article's slug.
func (m *markdown) remark(data []byte) error {
	m.fields = map[string]*yaml.Node{}
	if len(data) > maxRecord || nesting(string(data)) > maxFrontDepth {
		return m.refuse(m.at, "The comment nests too deeply.", "")
	}
	if line, err := m.parseYAML(data); err != nil {
		at, text := m.lineOf(data, line)
		return m.refuse(at, "The comment is damaged and can’t be read.", text)
	}
	slug := remarkSlug(m.src.Name, m.field("_parent", "slug"))
	if slug == "" {
		return m.refuse(m.at, "The comment does not say which article it belongs to: it lies in no folder that has the article’s name.", m.field("message", "comment", "body", "text"))
	}
	text, _ := clean(m.raw("message", "comment", "body", "text"))
	c := Comment{ArticleKey: slugKey(slug), Key: m.field("_id"), Kind: KindComment, State: "published", SourceText: &text, File: m.src.Name, Line: 1}
	c.ParentKey = m.answered(slug)
	c.Author, c.AuthorKind = author(m.field("name", "author"))
	c.AuthorURL = webAddress(m.field("url", "website"))
	mail := m.field("email")
	if c.AuthorEmail = mailAddress(mail); c.AuthorEmail == "" && mailDigest.MatchString(mail) {
		c.AuthorKey = strings.ToLower(mail)
	}
	m.drop(hashMail, c.AuthorEmail)
	var err error
	if c.CreatedAt, err = m.remarkTime(m.field("date", "timestamp", "created")); err != nil {
		return err
	}
	c.Ordinal = byTime(c.CreatedAt)
	if err := m.emit(c); err != nil {
		return err
	}
	return m.finish()
}

// mailDigest is the MD5 of an address, by which Gravatar knows people.
var mailDigest = regexp.MustCompile(`^[0-9a-fA-F]{32}$`)

// raw is the text of the first of some fields, with its white space.
func (m *markdown) raw(names ...string) string {
	for _, name := range names {
		if n := m.fields[name]; n != nil && n.Kind == yaml.ScalarNode && strings.TrimSpace(n.Value) != "" {
			return strings.TrimSpace(strings.ReplaceAll(n.Value, "\r\n", "\n"))
		}
	}
	return ""
}

// answered is the key of the comment that is answered. Some themes count the comments
// of the page instead of naming one: then nobody can tell which it is, but those who
// answer one stay together.
func (m *markdown) answered(slug string) string {
	if id := m.field("replying_to_uid", "replying_to_id"); id != "" {
		return id
	}
	id := m.field("replying_to", "reply_to", "parent_id")
	if n, err := strconv.Atoi(id); err == nil {
		if n == 0 {
			return ""
		}
		return "comment " + id + " of " + slugKey(slug)
	}
	return id
}

// remarkTime reads seconds or milliseconds since 1970, or a date.
func (m *markdown) remarkTime(s string) (*time.Time, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	switch {
	case err != nil:
		return m.time(m.at, s, frontTimes...)
	case n > 1e11:
		return utc(time.UnixMilli(n)), nil
	}
	return utc(time.Unix(n, 0)), nil
}

// remarkSlug is the name of the folder that the comment lies in, else the last part
// of what it says its page is.
func remarkSlug(file, parent string) string {
	folder := path.Base(path.Dir(strings.ReplaceAll(file, `\`, "/")))
	if folder != "." && folder != "/" && folder != "comments" && folder != "_data" && folder != "data" {
		return folder
	}
	parent = strings.Trim(strings.TrimSuffix(parent, ".html"), "/")
	if base := path.Base(parent); base != "." && base != "/" {
		return base
	}
	return ""
}

// slugKey is the key by which comments in files of their own name an article.
func slugKey(slug string) string { return "slug " + strings.ToLower(slug) }

// slugKeys are all those of an article: its slug and the name of its file, which are
// what folders of comments are called after.
func slugKeys(file, slug string) (keys []string) {
	file = strings.ReplaceAll(file, `\`, "/")
	base := strings.TrimSuffix(path.Base(file), path.Ext(file))
	if base == "index" || base == "_index" {
		base = path.Base(path.Dir(file))
	}
	for _, name := range []string{slug, base} {
		if name != "" && name != "." && name != "/" && name != "-" {
			keys = addOnce(keys, slugKey(name))
		}
	}
	return keys
}
