package importer

import (
	"bytes"
	"context"
	"net/url"
	"regexp"
	"strings"
)

// Blogger reads the Atom files of Blogger: the backup of old, and that of Google
// Takeout since its schema of 2018. Posts and pages are articles; settings,
// templates and other entries are passed over.
type Blogger struct{}

// Name is the word for --format.
func (Blogger) Name() string { return "blogger" }

// Sniff looks for one of the two schemas in an Atom feed. The feeds for readers, which
// have the ids of Blogger, too, do not say what each entry is: they are Feed's.
func (Blogger) Sniff(_ string, head []byte) int {
	if !bytes.Contains(head, []byte("<feed")) {
		return 0
	}
	if bytes.Contains(head, []byte("schemas.google.com/blogger/2018")) || bytes.Contains(head, []byte("blogger/2008/kind#")) {
		return 95
	}
	return 0
}

// Read emits posts and comments as they come.
func (Blogger) Read(ctx context.Context, src Source, emit func(Record) error) error {
	b := &blogger{foreign: newForeign(src, emit)}
	if err := eachXML(ctx, b.foreign, []string{"entry"}, nil, b.take); err != nil {
		return err
	}
	if b.homeless > 0 {
		err := b.emit(Problem{File: src.Name, Offset: -1, Reason: "The file does not name the old site’s host, so " +
			count(b.homeless, "article") + " came without the old address. Import with the host as the source to have it."})
		if err != nil {
			return err
		}
	}
	return b.finish()
}

// blogger is one file being read.
type blogger struct {
	*foreign
	homeless int // articles of which only the path is known
}

func (b *blogger) take(e *element) error {
	switch kind := bloggerKind(e); kind {
	case "post", "page":
		return b.article(e)
	case "comment":
		return b.comment(e)
	}
	return nil
}

// bloggerKind is post, page, comment, or something nobody needs.
func bloggerKind(e *element) string {
	if t := e.kid("type").text(); t != "" {
		return strings.ToLower(t)
	}
	for _, c := range e.all("category") {
		if _, kind, ok := strings.Cut(c.attr("term"), "blogger/2008/kind#"); ok {
			return kind
		}
	}
	return ""
}

var (
	lastNumber = regexp.MustCompile(`([0-9]+)[^0-9]*$`)
	blogNumber = regexp.MustCompile(`blog-([0-9]+)`)
)

// bloggerID is the number with which an id or the address of an entry ends: the
// one thing that both schemas and all their references have in common. What stands in
// the number's place is taken whole where it is none.
func bloggerID(s string) string {
	if _, id, ok := strings.Cut(s, ".post-"); ok {
		return strings.TrimSpace(id)
	}
	if m := lastNumber.FindStringSubmatch(s); m != nil {
		return m[1]
	}
	return strings.TrimSpace(s)
}

func bloggerSite(id string) string {
	if m := blogNumber.FindStringSubmatch(id); m != nil {
		return "blogger " + m[1]
	}
	return ""
}

func (b *blogger) article(e *element) error {
	id := e.kid("id").text()
	published, err := b.time(e.at, e.kid("published").text())
	if err != nil {
		return err
	}
	address := bloggerLink(e, "alternate")
	if address == "" {
		address = e.kid("filename").text()
	}
	a := Article{Key: bloggerID(id), Site: bloggerSite(id), Title: pageTitle(e.kid("title").text(), address), PublishedAt: published,
		BodyHTML: content(e), Replies: "open", SourceURL: b.address(address, ""), File: b.src.Name, Line: e.at.line}
	a.Author, _ = author(e.kid("author").kid("name").text())
	b.drop(dropMail, e.kid("author").kid("email").text())
	if a.Key == "" {
		return b.refuse(e.at, fieldError{"id", "is missing"}.Error(), a.Title)
	}
	if a.Title == "" {
		a.Title = "Untitled " + a.Key // Blogger has posts without titles
	}
	if address != "" && a.SourceURL == nil {
		b.homeless++
	}
	if a.State, err = b.articleState(e); err != nil {
		return err
	}
	return b.emit(a)
}

// content is the text of an entry as HTML.
func content(e *element) string {
	c := e.kid("content")
	if c == nil {
		c = e.kid("summary")
	}
	if c == nil {
		return ""
	}
	if c.attr("type") == "xhtml" {
		return c.inner()
	}
	return c.text()
}

func bloggerLink(e *element, rel string) string {
	for _, l := range e.all("link") {
		if l.attr("rel") == rel && (rel != "alternate" || l.attr("type") == "" || l.attr("type") == "text/html") {
			return l.attr("href")
		}
	}
	return ""
}

func (b *blogger) articleState(e *element) (string, error) {
	if e.kid("trashed").text() != "" {
		return "private", nil
	}
	if e.kid("control").kid("draft").text() == "yes" {
		return "draft", nil
	}
	switch status := strings.ToUpper(e.kid("status").text()); status {
	case "", "LIVE":
		return "published", nil
	case "DRAFT":
		return "draft", nil
	case "SCHEDULED":
		return "scheduled", nil
	case "SOFT_TRASHED", "HARD_TRASHED":
		return "private", nil
	default:
		return "draft", b.note(e.at, "Its status “"+excerpt(status)+"” is not known; the article comes as a draft.", "")
	}
}

func (b *blogger) comment(e *element) error {
	created, err := b.time(e.at, e.kid("published").text())
	if err != nil {
		return err
	}
	c := Comment{ArticleKey: bloggerID(e.kid("parent").text()), Key: bloggerID(e.kid("id").text()), Kind: KindComment,
		CreatedAt: created, Ordinal: byTime(created), File: b.src.Name, Line: e.at.line}
	if c.ArticleKey == "" {
		c.ArticleKey = bloggerID(e.kid("in-reply-to").attr("ref"))
	}
	if c.ParentKey = bloggerID(e.kid("inReplyTo").text()); c.ParentKey == "" {
		c.ParentKey = bloggerID(bloggerLink(e, "related"))
	}
	if c.ParentKey == c.ArticleKey {
		c.ParentKey = ""
	}
	body := ownParagraphs(content(e))
	c.BodyHTML = &body
	switch {
	case c.Key == "":
		return b.refuse(e.at, fieldError{"id", "is missing"}.Error(), body)
	case c.ArticleKey == "":
		return b.refuse(e.at, "The comment says no post that it stands below.", body)
	}
	who := e.kid("author")
	c.Author, c.AuthorKind = author(who.kid("name").text())
	if deref(c.Author) == "Anonymous" && who.kid("uri").text() == "" {
		c.Author, c.AuthorKind = nil, "unknown" // Blogger’s word for a name that nobody gave
	}
	c.AuthorKey, c.AuthorURL = bloggerProfile(who.kid("uri").text())
	c.AuthorEmail = mailAddress(who.kid("email").text())
	b.drop(hashMail, c.AuthorEmail)
	if c.State, err = b.commentState(e, body); err != nil {
		return err
	}
	if c.State == "retracted" {
		body = "" // only the remark that it is gone
	}
	return b.emit(c)
}

func (b *blogger) commentState(e *element, body string) (string, error) {
	for _, p := range e.all("extendedProperty") {
		if p.attr("name") == "blogger.contentRemoved" && p.attr("value") == "true" {
			if strings.Contains(body, "by the author") {
				return "retracted", nil
			}
			return "removed", nil
		}
	}
	if e.kid("trashed").text() != "" {
		return "removed", nil
	}
	switch status := strings.ToUpper(e.kid("status").text()); status {
	case "", "LIVE":
		return "published", nil
	case "PENDING", "GHOSTED":
		return "held", nil
	case "SPAM", "SPAM_TRASHED":
		return "spam", nil
	case "SOFT_TRASHED", "HARD_TRASHED", "EMPTIED", "REMOVED":
		return "removed", nil
	default:
		return "held", b.note(e.at, "Its status “"+excerpt(status)+"” is not known; the comment is held.", "")
	}
}

// bloggerProfile parts the address of a Blogger profile, which names its owner for
// good, from people's own pages.
func bloggerProfile(uri string) (key, page string) {
	u, err := url.Parse(uri)
	if err != nil {
		return "", ""
	}
	switch host := strings.TrimPrefix(u.Hostname(), "www."); {
	case host == "blogger.com" && strings.HasPrefix(u.Path, "/profile/"):
		return strings.TrimPrefix(u.Path, "/profile/"), ""
	case host == "draft.blogger.com":
		return "", ""
	}
	return "", uri
}
