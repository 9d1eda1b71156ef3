package importer

import (
	"bufio"
	"bytes"
	"context"
	"regexp"
	"strings"
	"time"
)

// Feed reads RSS, Atom and JSON Feed. Entries are articles; those that say what they
// answer (RFC 4685) are comments.
type Feed struct{}

// Name is the word for --format.
func (Feed) Name() string { return "feed" }

var feedRoot = regexp.MustCompile(`^(?s:\s|<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>]*>)*<(?:rss|rdf:RDF|(?:[a-z]+:)?feed)[\s>]`)

// Sniff looks for the root element, or the version of a JSON Feed. Exports that have
// the form of a feed are none.
func (Feed) Sniff(name string, head []byte) int {
	head = bytes.TrimPrefix(head, []byte(byteOrderMark))
	switch {
	case isJSONFeed(head):
		return 90
	case !feedRoot.Match(head), (WXR{}).Sniff(name, head) > 0, (Blogger{}).Sniff(name, head) > 0:
		return 0
	}
	return 80
}

func isJSONFeed(head []byte) bool {
	return bytes.HasPrefix(bytes.TrimSpace(head), []byte("{")) &&
		bytes.Contains(bytes.ReplaceAll(head, []byte(`\/`), []byte("/")), []byte(`"https://jsonfeed.org/version/`))
}

// Read emits the articles as they come and the comments at the end, when it is known
// what they answer.
func (Feed) Read(ctx context.Context, src Source, emit func(Record) error) error {
	in := bufio.NewReaderSize(src.R, headSize)
	head, _ := in.Peek(headSize) //nolint:errcheck // who reads on meets it again
	src.R = in
	f := newFeed(src, head, emit)
	return f.read(ctx, head)
}

func newFeed(src Source, head []byte, emit func(Record) error) *feed {
	return &feed{foreign: newForeign(src, emit), early: newHeld(), articles: map[string]bool{}, at: map[string]string{}, answers: map[string]string{},
		links: map[string]string{}, roots: map[string]string{}, wordPress: feedOfWordPress(head)}
}

// read emits everything.
func (f *feed) read(ctx context.Context, head []byte) error {
	var err error
	if bytes.HasPrefix(bytes.TrimSpace(bytes.TrimPrefix(head, []byte(byteOrderMark))), []byte("{")) {
		err = f.readJSON(ctx)
	} else {
		err = eachXML(ctx, f.foreign, []string{"item", "entry"}, nil, f.take)
	}
	if err != nil {
		return err
	}
	if err := f.early.each(f.comment); err != nil {
		return err
	}
	if err := f.emitPages(); err != nil {
		return err
	}
	return f.finish()
}

// feed is one file being read.
type feed struct {
	*foreign
	early    *held
	articles map[string]bool   // keys that were emitted
	answers  map[string]string // a comment's key: what it answers
	links    map[string]string // what is answered: where that stands
	roots    map[string]string // a comment's key: its article's
	at       map[string]string // an article's address: its key
	// wordPress tells that the ids of comments are addresses with the numbers that
	// WordPress' exports have.
	wordPress bool
	hear      func(e *element, a Article) // hears of articles (e is nil in JSON); nil: nobody does
	entry     *element                    // being read
}

// feedTimes are the forms of dates in feeds.
var feedTimes = append([]string{
	time.RFC1123Z, time.RFC1123, "Mon, 2 Jan 2006 15:04:05 -0700", "Mon, 2 Jan 2006 15:04:05 MST", "2 Jan 2006 15:04:05 -0700",
	"2 Jan 2006 15:04:05 MST", "Mon, 2 Jan 2006 15:04 -0700", time.RFC822Z, time.RFC822,
}, timeForms...)

func (f *feed) take(e *element) error {
	at, err := f.time(e.at, firstText(e, "published", "pubDate", "issued", "date", "updated"), feedTimes...)
	if err != nil {
		return err
	}
	link, id := feedLink(e), firstText(e, "id", "guid")
	if c, is := f.answer(e, link, id); is {
		return f.hold(e, c, at)
	}
	a := Article{Key: id, Title: feedTitle(e.kid("title"), link), PublishedAt: at, SourceURL: f.address(link, ""), Site: siteName(blogBase(id, link)),
		State: "published", Replies: "open", File: f.src.Name, Line: e.at.line}
	a.Author = f.feedAuthor(e)
	a.BodyHTML, a.BodyText = feedBody(e)
	if e.kid("encoded") != nil || e.kid("content") != nil {
		a.Standfirst = standfirst(firstText(e, "description", "summary"), a.BodyHTML+a.BodyText)
	}
	if old := webAddress(id); old != "" && old != link && a.SourceURL != nil {
		a.OldURLs = []string{old}
	}
	f.entry = e
	return f.article(e.at, a)
}

// article gives an article its key and emits it.
func (f *feed) article(at place, a Article) error {
	if a.Title == "" {
		return f.refuse(at, "The entry has neither a title nor an address.", a.BodyHTML+a.BodyText)
	}
	if a.Key == "" && a.SourceURL != nil {
		a.Key = pageKey(*a.SourceURL)
	}
	if a.Key == "" {
		a.Key = ArticleKey(f.src.site(a.Site), a.Title, a.Author)
	}
	if f.hear != nil {
		f.hear(f.entry, a)
	}
	f.articles[a.Key] = true
	if a.SourceURL != nil {
		f.at[*a.SourceURL] = a.Key
	}
	return f.emit(a)
}

// answering is what an entry says of the place of a comment.
type answering struct {
	id, ref, href string // its own id; that of what it answers, and where that stands
	markup, text  string
}

// answer tells whether an entry is a comment: it says what it answers, or its
// address is that of a comment, or everything in the file is one.
func (f *feed) answer(e *element, link, id string) (c answering, is bool) {
	page, _, anchored := strings.Cut(link, "#comment-")
	answered := e.kid("in-reply-to")
	if answered == nil && !anchored && f.src.Article == "" {
		return c, false
	}
	if c.id = id; c.id == "" {
		c.id = link
	}
	c.markup, c.text = feedBody(e)
	switch {
	case answered != nil:
		c.ref, c.href = strings.TrimSpace(answered.attr("ref")), answered.attr("href")
	case anchored:
		base, _, named := strings.Cut(c.id, "#comment-")
		if !named {
			base = page
		} else if f.at[page] == "" {
			f.at[page] = base
		}
		c.ref, c.href = base, page
		if m := feedParent.FindStringSubmatch(c.markup); m != nil {
			c.ref, c.href, c.markup = base+m[1], page+m[1], c.markup[len(m[0]):]
		}
	default:
		c.ref = f.src.Article
	}
	return c, true
}

// feedParent is what WordPress puts before the text of a comment in feeds without
// threads: a line of its own with a link to what is answered.
var feedParent = regexp.MustCompile(`^\s*(?:<p>)?[^<]{0,60}<a href="[^"#]*(#comment-\d{1,18})"[^>]*>[^<]*</a>[^<]{0,5}(?:</p>|\n\s*\n|<br ?/?>)\s*`)

// hold keeps a comment until all of the file is known.
func (f *feed) hold(e *element, said answering, at *time.Time) error {
	if said.id == "" || said.ref == "" {
		return f.refuse(e.at, "The comment does not say its id, or that of what it answers.", e.kid("title").text())
	}
	c := Comment{Key: said.id, ParentKey: said.ref, Kind: KindComment, State: "published", AuthorKind: "unknown", CreatedAt: at, Ordinal: byTime(at),
		File: f.src.Name, Line: e.at.line}
	if c.Author = f.feedAuthor(e); c.Author != nil {
		c.AuthorKind, c.AuthorURL = "imported", e.kid("author").kid("uri").text()
	}
	_, fragment, _ := strings.Cut(feedLink(e), "#")
	c.Anchor = Anchor("", fragment)
	if c.BodyHTML = &said.markup; said.text != "" {
		c.BodyHTML, c.BodyText = nil, &said.text
	}
	f.answers[c.Key] = said.ref
	if said.href != "" {
		f.links[said.ref] = said.href
	}
	if !f.early.add(c, "") {
		return f.refuse(e.at, "There are too many comments in one feed.", c.Key)
	}
	return nil
}

// comment emits one that was kept.
func (f *feed) comment(c Comment, _ string) error {
	root, ok := f.root(c.Key)
	if !ok {
		return f.refuse(place{line: c.Line, column: 1, offset: -1}, "The comment answers itself, or an answer to it.", c.Key)
	}
	c.ArticleKey = root
	if c.ParentKey == root || f.at[c.ParentKey] == root {
		c.ParentKey = ""
	}
	if !f.articles[root] {
		p := f.page(root)
		if p.used, p.open = true, true; p.at.line == 0 {
			p.at.line = c.Line
		}
		link, _, _ := strings.Cut(f.links[c.ParentKey], "#")
		if c.ParentKey == "" {
			link, _, _ = strings.Cut(f.links[root], "#")
		}
		if link == "" && strings.HasPrefix(root, "http") {
			link = root
		}
		if p.url == "" {
			p.isAt(link)
			p.site = siteName(blogBase(root, link))
		}
		if p.url == "" {
			p.title = root
		}
	}
	c.Key, c.ParentKey = f.native(c.Key), f.native(c.ParentKey)
	return f.emit(c)
}

var feedNumber = regexp.MustCompile(`#comment-(\d{1,18})$`)

// native is the key of a comment in the exports of its system, where that is known.
func (f *feed) native(key string) string {
	if m := feedNumber.FindStringSubmatch(key); f.wordPress && m != nil {
		return nativeID(m[1])
	}
	return key
}

// root finds the article of a comment: what is answered in the end and is no comment
// of the file. It is not ok where that is the comment itself.
func (f *feed) root(key string) (root string, ok bool) {
	var path []string
	seen := map[string]bool{}
	for at := key; ; {
		if known, done := f.roots[at]; done {
			root = known
			break
		}
		ref, isComment := f.answers[at]
		if !isComment || f.articles[at] {
			// A comment that the feed no longer has; its address is that of the article.
			if root, _, _ = strings.Cut(at, "#comment-"); f.at[root] != "" && !f.articles[root] {
				root = f.at[root]
			}
			break
		}
		if seen[at] {
			root = ""
			break
		}
		seen[at] = true
		path = append(path, at)
		at = ref
	}
	for _, p := range path {
		f.roots[p] = root
	}
	return root, root != ""
}

func firstText(e *element, names ...string) string {
	for _, name := range names {
		if s := e.kid(name).text(); s != "" {
			return s
		}
	}
	return ""
}

// feedLink is the address of an entry: text in RSS, an attribute in Atom.
func feedLink(e *element) string {
	for _, l := range e.all("link") {
		if rel := l.attr("rel"); l.attr("href") != "" && (rel == "" || rel == "alternate") {
			return strings.TrimSpace(l.attr("href"))
		}
		if s := l.text(); s != "" {
			return s
		}
	}
	if guid := e.kid("guid"); guid.attr("isPermaLink") != "false" {
		return guid.text()
	}
	return ""
}

var tags = regexp.MustCompile(`<[^<>]*>`)

// feedTitle is a title without the markup that Atom allows in it.
func feedTitle(title *element, link string) string {
	s := title.text()
	if kind := title.attr("type"); kind == "html" {
		s = tags.ReplaceAllString(s, "")
	} else if kind == "xhtml" {
		s = tags.ReplaceAllString(title.inner(), "")
	}
	return pageTitle(s, link)
}

var inBrackets = regexp.MustCompile(`\(([^()]+)\)\s*$`)

// feedAuthor is the name of whoever wrote an entry. RSS has an address for mail,
// with the name behind it.
func (f *feed) feedAuthor(e *element) *string {
	name := firstText(e, "creator")
	who := e.kid("author")
	f.drop(dropMail, who.kid("email").text())
	if s := who.kid("name").text(); name == "" {
		name = s
	}
	if s := who.text(); name == "" && s != "" {
		name = s
		if strings.Contains(s, "@") {
			f.drop(dropMail, s)
			name = ""
			if m := inBrackets.FindStringSubmatch(s); m != nil {
				name = m[1]
			}
		}
	}
	a, _ := author(unescape(name))
	return a
}

// feedBody is the text of an entry, the whole one where it has that.
func feedBody(e *element) (markup, text string) {
	if s := e.kid("encoded").text(); s != "" {
		return s, ""
	}
	if s := e.kid("description").text(); s != "" && e.kid("content").text() == "" {
		return s, ""
	}
	body := e.kid("content")
	if body == nil {
		body = e.kid("summary")
	}
	if kind := body.attr("type"); body != nil && e.name == "entry" && (kind == "" || kind == "text" || kind == "text/plain") {
		return "", body.text()
	}
	return content(e), ""
}
