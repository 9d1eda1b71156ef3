package action

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"net/url"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"hustings/internal/forum"
	"hustings/internal/importer"
	"hustings/internal/markup"
	"hustings/internal/postgres"
)

const (
	// maxTitleChars and maxNameChars are what the tables hold. Nothing is ever
	// cut: what is longer is refused.
	maxTitleChars = 1000
	maxNameChars  = 200
	// maxURLBytes is the longest source address that is kept.
	maxURLBytes = 2000
	// maxOldURLs is how many further addresses of an article lead here.
	maxOldURLs = 10
	// maxKeyBytes keeps keys within what an index holds; a longer one is
	// replaced by its digest.
	maxKeyBytes = 500
)

// renderArticle makes an article fit to be stored, or says in a sentence why it
// can't be.
func (s *stager) renderArticle(r importer.Article) (a postgres.StagedArticle, b postgres.ArticleBody, err error) {
	a = postgres.StagedArticle{
		Line: int32(r.Line), PortableID: r.ID, Slug: r.Slug, Title: markup.CleanLine(r.Title),
		SourceURL: s.sourceURL(r), OldURLs: r.OldURLs[:min(len(r.OldURLs), maxOldURLs)],
		State: forum.ArticleState(r.State), Replies: forum.Replies(r.Replies),
	}
	if a.State == "" {
		a.State = forum.ArticlePublished
	}
	if a.Replies == "" {
		a.Replies = forum.RepliesOpen
	}
	switch {
	case a.Title == "":
		return a, b, forum.NewError(forum.Invalid, "It has no title.")
	case utf8.RuneCountInString(a.Title) > maxTitleChars:
		return a, b, forum.NewError(forum.Invalid, "Its title has more than %d characters.", maxTitleChars)
	}
	if b, err = articleBody(r); err != nil {
		return a, b, err
	}
	b.Author, b.PublishedAt, b.Standfirst = cleanName(r.Author), r.PublishedAt, s.standfirst(r)
	a.Bare, a.Pictures = b.HTML == "", markup.Pictures(b.HTML)
	a.Digest = s.articleDigest(&a, &b)
	return a, b, nil
}

func articleBody(r importer.Article) (b postgres.ArticleBody, err error) {
	body := markup.PlainText(r.BodyText)
	b.Source, b.Format = r.BodyText, "text"
	if r.BodyHTML != "" {
		if body, err = markup.Article(r.BodyHTML); err != nil {
			return b, err
		}
		b.Source, b.Format = r.BodyHTML, "html"
	}
	if r.BodyMarkdown != "" {
		if body, err = markup.ArticleMarkdown(r.BodyMarkdown); err != nil {
			return b, err
		}
		b.Source, b.Format = r.BodyMarkdown, "markdown"
	}
	b.HTML, b.Text, b.Policy = body.HTML, body.Text, body.Version
	return b, nil
}

func (s *stager) articleDigest(a *postgres.StagedArticle, b *postgres.ArticleBody) []byte {
	d := newDigest()
	d.text(a.Title, b.Source, b.Format)
	d.maybe(b.Author, a.SourceURL)
	d.times(b.PublishedAt)
	if b.Standfirst != "" {
		// Left out without one, so that what came before there were any is unchanged.
		d.text(b.Standfirst)
	}
	if a.Bare {
		return ranked(d.sum(), 0) // any text is nearer
	}
	return ranked(d.sum(), s.rank)
}

// sourceURL is the article's old address, where it is one that can be followed.
func (s *stager) sourceURL(r importer.Article) *string {
	if r.SourceURL == nil {
		return nil
	}
	u, err := url.Parse(*r.SourceURL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || len(*r.SourceURL) > maxURLBytes {
		s.repaired(r.File, r.Line, "Its source address can’t be followed and is left out.")
		return nil
	}
	return r.SourceURL
}

// renderComment makes a comment fit to be stored, or says in a sentence why it
// can't be.
func (s *stager) renderComment(r importer.Comment) (c postgres.StagedComment, err error) {
	c = postgres.StagedComment{
		Line: int32(r.Line), Key: refKey(r.Key), Parent: refKey(r.ParentKey), PortableID: r.ID,
		Kind: forum.CommentKind(r.Kind), Author: cleanName(r.Author), AuthorKind: authorKind(r),
		CreatedAt: r.CreatedAt, EditedAt: r.EditedAt, State: forum.CommentState(r.State), Branch: r.Branch,
		SourceText: r.SourceText, Ordinal: r.Ordinal,
	}
	if c.State == "" {
		c.State = forum.Published
	}
	if c.Kind == forum.KindPlaceholder {
		c.Author, c.AuthorKind, c.SourceText = nil, nil, nil
	}
	if c.Author != nil && utf8.RuneCountInString(*c.Author) > maxNameChars {
		return c, forum.NewError(forum.Invalid, "Its author’s name has more than %d characters.", maxNameChars)
	}
	if err := renderBody(&c, r); err != nil {
		return c, err
	}
	s.sign(&c, r)
	// Who the author is beyond a name does not count: comments from before that was
	// kept are unchanged.
	d := newDigest()
	d.text(string(c.Kind))
	d.maybe(r.Author, r.SourceText, r.BodyHTML, r.BodyText, textOf(c.AuthorKind))
	d.times(r.CreatedAt, r.EditedAt)
	rank := s.rank
	if c.Kind == forum.KindPlaceholder {
		rank = 0 // anything is nearer
	}
	c.Digest = ranked(d.sum(), rank)
	return c, nil
}

func renderBody(c *postgres.StagedComment, r importer.Comment) error {
	c.Format, c.Policy = "html", markup.PolicyVersion
	if c.Kind == forum.KindPlaceholder {
		return nil
	}
	text := ""
	if r.BodyText != nil {
		text = *r.BodyText
	}
	if len(text) > markup.MaxImportBytes || r.SourceText != nil && len(*r.SourceText) > markup.MaxImportBytes {
		return forum.NewError(forum.Invalid, "Its text has more than %d KiB.", markup.MaxImportBytes>>10)
	}
	var rendered markup.Rendered
	var err error
	switch {
	case r.BodyHTML == nil && r.BodyText == nil && r.SourceText != nil:
		if rendered, err = markup.Markdown(*r.SourceText); err != nil {
			return err
		}
		text = rendered.Text
	case r.BodyHTML == nil:
		c.Format = "text"
		rendered = markup.PlainText(text)
	default:
		if rendered, err = markup.HTML(*r.BodyHTML); err != nil {
			return err
		}
		if r.BodyText == nil {
			text = rendered.Text
		}
	}
	if r.SourceText != nil {
		c.Format = "markdown" // the one source text that exports have
	}
	c.BodyHTML, c.BodyText, c.Policy = rendered.HTML, &text, rendered.Version
	return nil
}

// authorKind is the kind of author that the source names, nil for the usual one
// of an import.
func authorKind(r importer.Comment) *forum.PersonKind {
	if kind := forum.PersonKind(r.AuthorKind); kind == forum.Member || kind == forum.Guest {
		return &kind
	}
	return nil
}

// cleanName makes a foreign name fit to be shown; nil where nothing is left.
func cleanName(name *string) *string {
	if name == nil {
		return nil
	}
	return pointer(markup.CleanLine(*name))
}

func textOf(k *forum.PersonKind) *string {
	if k == nil {
		return nil
	}
	s := string(*k)
	return &s
}

// refKey is a source's key as it is kept.
func refKey(key string) string {
	if len(key) <= maxKeyBytes {
		return key
	}
	sum := sha256.Sum256([]byte(key))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// redirectPaths are the old addresses of an article, as the server looks for
// them.
func redirectPaths(a *postgres.StagedHead) []string {
	paths := pathsOf(a.SourceURL)
	for _, u := range a.OldURLs {
		if len(u) <= maxURLBytes {
			paths = append(paths, pathsOf(&u)...)
		}
	}
	return paths
}

// pathsOf are the forms of one address: the path with and without its last slash,
// or with "?p=…" where that names the article. The front page of a site is nobody's
// address.
func pathsOf(source *string) []string {
	if source == nil {
		return nil
	}
	u, err := url.Parse(*source)
	if err != nil || !utf8.ValidString(u.Path) || strings.ContainsRune(u.Path, 0) {
		return nil
	}
	path := strings.TrimRight(u.Path, "/")
	// WordPress numbers articles, pages and files together.
	for _, name := range []string{"p", "page_id", "attachment_id"} {
		if p := u.Query().Get(name); p != "" && len(p) < 20 {
			return []string{path + "/?p=" + p, path + "?p=" + p}
		}
	}
	if path == "" {
		return nil
	}
	return []string{path, path + "/"}
}

// digest hashes fields so that no two lists of fields give the same bytes. It is of
// no use after its sum.
type digest struct{ b *bytes.Buffer }

// digestBuffers are used again, as each comment needs one for a moment.
var digestBuffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func newDigest() digest { return digest{digestBuffers.Get().(*bytes.Buffer)} } //nolint:errcheck // nothing else is in there

func (d digest) text(fields ...string) {
	for _, f := range fields {
		d.field(f)
	}
}

func (d digest) maybe(fields ...*string) {
	for _, f := range fields {
		if f == nil {
			d.b.WriteByte(0)
			continue
		}
		d.field(*f)
	}
}

func (d digest) field(s string) {
	d.b.WriteByte(1)
	d.b.Write(binary.AppendUvarint(d.b.AvailableBuffer(), uint64(len(s))))
	d.b.WriteString(s)
}

func (d digest) times(fields ...*time.Time) {
	for _, t := range fields {
		if t == nil {
			d.b.WriteByte(0)
			continue
		}
		var room [len(time.RFC3339Nano)]byte
		s := t.UTC().AppendFormat(room[:0], time.RFC3339Nano)
		d.b.WriteByte(1)
		d.b.WriteByte(byte(len(s))) // of one byte: a time is never as long as 128
		d.b.Write(s)
	}
}

func (d digest) sum() []byte {
	sum := sha256.Sum256(d.b.Bytes())
	if d.b.Cap() < 1<<20 {
		d.b.Reset()
		digestBuffers.Put(d.b)
	}
	return sum[:]
}
