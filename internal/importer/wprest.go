package importer

import (
	"bufio"
	"bytes"
	"context"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// WPREST reads what the REST interface of WordPress answers (wp/v2): lists of posts
// and of comments, in one file or in several, one list after the other or as the
// lists "posts" and "comments" of an object. Keys are those of WXR, so that an
// export and a live site are the same articles.
type WPREST struct{}

// Name is the word for --format.
func (WPREST) Name() string { return "wprest" }

// Sniff looks for the fields that nothing else has together.
func (WPREST) Sniff(_ string, head []byte) int {
	head = bytes.TrimSpace(bytes.TrimPrefix(head, []byte(byteOrderMark)))
	has := func(s string) bool { return bytes.Contains(head, []byte(s)) }
	switch {
	case len(head) == 0 || head[0] != '[' && head[0] != '{':
		return 0
	case has(`"rendered"`) && has(`"date_gmt"`) && (has(`"slug"`) || has(`"guid"`) || has(`"author_name"`)):
		return 92
	}
	return 0
}

// Read emits posts and comments as they come; comments whose post comes later
// wait for it. Comments of posts that never come stand on pages known only by their
// addresses.
func (WPREST) Read(ctx context.Context, src Source, emit func(Record) error) error {
	in := bufio.NewReaderSize(src.R, headSize)
	head, _ := in.Peek(headSize) //nolint:errcheck // who reads on meets it again
	src.R = in
	w := &wpREST{foreign: newForeign(src, emit), early: newHeld(), keys: map[string]string{}, links: map[string]string{}}
	record := func(path string) bool { return path == "" || path == "[]" }
	if restLists.Match(head) {
		record = func(path string) bool { return path == ".posts[]" || path == ".pages[]" || path == ".comments[]" }
	}
	if err := eachJSON(ctx, w.foreign, record, w.take); err != nil {
		return err
	}
	if err := w.early.each(w.settled); err != nil {
		return err
	}
	if err := w.emitPages(); err != nil {
		return err
	}
	return w.finish()
}

var restLists = regexp.MustCompile(`^(?:\xef\xbb\xbf)?\s*\{\s*"(?:posts|pages|comments)"\s*:`)

// wpREST is one file being read.
type wpREST struct {
	*foreign
	early *held
	keys  map[string]string // of articles, by post number
	links map[string]string // of pages, by post number, that their comments tell of
}

// rendered is a text that WordPress made HTML of.
type rendered struct {
	Rendered  string `json:"rendered"`
	Protected bool   `json:"protected"`
}

// restRecord has the fields of posts and of comments; a comment says what post it
// is on.
type restRecord struct {
	ID      loose    `json:"id"`
	Date    string   `json:"date"`
	GMT     string   `json:"date_gmt"`
	Link    string   `json:"link"`
	Status  string   `json:"status"`
	Type    string   `json:"type"`
	Content rendered `json:"content"`
	Author  loose    `json:"author"`

	GUID     rendered `json:"guid"`
	Slug     string   `json:"slug"`
	Title    rendered `json:"title"`
	Excerpt  rendered `json:"excerpt"`
	Comments string   `json:"comment_status"`
	Embedded struct {
		Author []struct {
			Name string `json:"name"`
		} `json:"author"`
	} `json:"_embedded"`

	Post   loose  `json:"post"`
	Parent loose  `json:"parent"`
	Name   string `json:"author_name"`
	Page   string `json:"author_url"`
	Mail   string `json:"author_email"`
	IP     string `json:"author_ip"`
}

func (w *wpREST) take(r jsonRecord) error {
	var l restRecord
	if ok, err := w.decode(r, &l); !ok {
		return err
	}
	for _, s := range []*string{&l.Link, &l.Slug, &l.Content.Rendered, &l.GUID.Rendered, &l.Title.Rendered, &l.Excerpt.Rendered, &l.Name, &l.Page, (*string)(&l.ID), (*string)(&l.Post), (*string)(&l.Parent), (*string)(&l.Author)} {
		*s, _ = clean(*s)
	}
	switch {
	case nativeID(string(l.ID)) == "":
		return w.refuse(r.at, "This is neither an article nor a comment of WordPress.", string(r.data))
	case l.Type == "attachment":
		return nil
	case l.Post != "":
		return w.comment(r, &l)
	}
	return w.post(r, &l)
}

func (w *wpREST) post(r jsonRecord, l *restRecord) error {
	at, err := w.when(r.at, l)
	if err != nil {
		return err
	}
	guid := plainHTML(l.GUID.Rendered)
	site := blogBase(guid, l.Link)
	a := Article{Key: guid, Site: siteName(site), Slug: slugFrom(l.Slug), Title: collapse(plainHTML(l.Title.Rendered)), PublishedAt: at,
		State: restState(l), Replies: "open", BodyHTML: l.Content.Rendered, Standfirst: standfirst(l.Excerpt.Rendered, l.Content.Rendered), File: w.src.Name, Line: r.at.line}
	if a.Key == "" {
		a.Key = "post " + string(l.ID)
	}
	if l.Comments == "closed" {
		a.Replies = "closed"
	}
	if len(l.Embedded.Author) > 0 {
		name, _ := clean(l.Embedded.Author[0].Name)
		a.Author, _ = author(plainHTML(name))
	}
	link := webAddress(l.Link)
	if link != "" {
		a.SourceURL = &link
	}
	query := "/?p="
	if l.Type == "page" {
		query = "/?page_id="
	}
	for _, old := range []string{strings.TrimRight(site, "/") + query + string(l.ID), webAddress(guid)} {
		if site != "" && old != "" && old != link && !slices.Contains(a.OldURLs, old) {
			a.OldURLs = append(a.OldURLs, old)
		}
	}
	if a.Title == "" {
		a.Title = titleOf(&wxrItem{content: wxrSlot{text: a.BodyHTML}, name: wxrSlot{text: a.Slug}, id: wxrSlot{text: string(l.ID)}})
	}
	w.keys[string(l.ID)] = a.Key
	return w.emit(a)
}

// when is the time of a record: that of Greenwich, else the site's own.
func (w *wpREST) when(at place, l *restRecord) (*time.Time, error) {
	if t, err := time.Parse("2006-01-02T15:04:05", l.GMT); err == nil {
		return utc(t), nil
	}
	if l.GMT != "" {
		return w.time(at, l.GMT)
	}
	return w.time(at, l.Date)
}

// restState never makes public what was not.
func restState(l *restRecord) string {
	switch l.Status {
	case "publish", "":
		if l.Content.Protected {
			return "private"
		}
		return "published"
	case "future":
		return "scheduled"
	case "draft", "pending", "auto-draft":
		return "draft"
	}
	return "private"
}

// standfirst is the excerpt that somebody wrote; programs make up the others out
// of the text's beginning.
func standfirst(excerpt, content string) string {
	excerpt = collapse(plainHTML(excerpt))
	start := strings.TrimRight(strings.TrimSuffix(strings.TrimSuffix(excerpt, "[…]"), "…"), " ")
	if strings.HasPrefix(collapse(plainHTML(content)), start) {
		return ""
	}
	return excerpt
}

// blogBase is the address of the site: where an id such as /?p=7, else a link, says
// that it is; "" where neither is an address.
func blogBase(id, link string) string {
	for _, address := range []string{id, link} {
		u, err := url.Parse(webAddress(address))
		if err != nil || u.Host == "" {
			continue
		}
		base := u.Scheme + "://" + u.Host
		if query := u.Query(); query.Has("p") || query.Has("page_id") {
			base += strings.TrimRight(u.Path, "/")
		}
		return base
	}
	return ""
}

// siteName is a site as sources are named: its host and path, without what changes
// when it turns to https.
func siteName(base string) string {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" {
		return ""
	}
	return strings.TrimPrefix(strings.ToLower(u.Host), "www.") + strings.TrimRight(u.Path, "/")
}

func (w *wpREST) comment(r jsonRecord, l *restRecord) error {
	at, err := w.when(r.at, l)
	if err != nil {
		return err
	}
	w.drop(dropIP, l.IP)
	name, _ := author(plainHTML(l.Name))
	c := Comment{Key: nativeID(string(l.ID)), ParentKey: nativeID(string(l.Parent)), Kind: restKind(l), Author: name, AuthorKind: "imported",
		AuthorKey: nativeID(string(l.Author)), AuthorURL: webAddress(l.Page), AuthorEmail: mailAddress(l.Mail), CreatedAt: at,
		State: restCommentState(l.Status), BodyHTML: &l.Content.Rendered, Ordinal: wpOrdinal(at, string(l.ID)),
		Anchor: Anchor("comment-", string(l.ID)), File: w.src.Name, Line: r.at.line}
	w.drop(hashMail, l.Mail)
	if name == nil {
		c.AuthorKind = "unknown"
	}
	if c.Kind == KindLinkBack {
		body := withLink(l.Content.Rendered, c.AuthorURL)
		c.ParentKey, c.BodyHTML = "", &body
	}
	c.ArticleKey = w.keys[nativeID(string(l.Post))]
	if c.ArticleKey != "" {
		return w.emit(c)
	}
	if page, _, _ := strings.Cut(l.Link, "#"); page != "" {
		w.links[nativeID(string(l.Post))] = page
	}
	if !w.early.add(c, nativeID(string(l.Post))) {
		return w.refuse(r.at, "There are too many comments in the file before their article.", string(l.ID))
	}
	return nil
}

// settled emits a comment that waited.
func (w *wpREST) settled(c Comment, post string) error {
	if c.ArticleKey = w.keys[post]; c.ArticleKey == "" {
		c.ArticleKey = "post " + post
		p := w.page(c.ArticleKey)
		p.used, p.open, p.url, p.at.line = true, true, w.links[post], c.Line
		p.site = siteName(blogBase("", p.url))
	}
	return w.emit(c)
}

func restKind(l *restRecord) Kind {
	switch l.Type {
	case "pingback", "trackback", "webmention":
		return KindLinkBack
	}
	if strings.HasPrefix(strings.TrimSpace(plainHTML(l.Content.Rendered)), "Reblogged this on ") {
		return KindLinkBack
	}
	return KindComment
}

// restCommentState is the status of a comment; those that the public sees have
// only the first.
func restCommentState(status string) string {
	switch status {
	case "approved", "approve", "1", "":
		return "published"
	case "spam":
		return "spam"
	case "trash", "post-trashed":
		return "removed"
	}
	return "held"
}

// wpOrdinal orders siblings by time and then by id: WordPress gives them in any
// order. Those without a time come last.
func wpOrdinal(at *time.Time, id string) int64 {
	secs := int64(ordinalSecs)
	if at != nil {
		secs = min(max(at.Unix(), -ordinalSecs+1), ordinalSecs-1)
	}
	return secs<<ordinalIDBits | wxrNumber(id)&(1<<ordinalIDBits-1)
}

// slugFrom is a slug with its letters as people read them.
func slugFrom(name string) string {
	return slugOf(&wxrItem{name: wxrSlot{text: name}})
}
