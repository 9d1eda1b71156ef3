package importer

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// wxrItem is an item being read: an article, or something that WordPress keeps in
// the same table.
type wxrItem struct {
	at      cursor
	key     string // settled at the first comment, or at the end
	spoilt  bool   // a field was lost
	kept    int    // comments that were emitted
	skipped int    // comments that were not

	title, link, guid, creator, pubDate, content wxrSlot
	excerpt                                      wxrSlot
	id, date, gmt, commentStatus, name           wxrSlot
	status, kind, password                       wxrSlot

	plain   map[string]int    // comments without an id, by what they say
	renamed map[string]string // keys of comments whose ids stand elsewhere, too
}

func (it *wxrItem) slot(name []byte) *wxrSlot {
	switch string(name) {
	case "title":
		return &it.title
	case "link":
		return &it.link
	case "guid":
		return &it.guid
	case "dc:creator":
		return &it.creator
	case "pubDate":
		return &it.pubDate
	case "content:encoded":
		return &it.content
	case "excerpt:encoded":
		return &it.excerpt
	case "wp:post_id":
		return &it.id
	case "wp:post_date":
		return &it.date
	case "wp:post_date_gmt":
		return &it.gmt
	case "wp:comment_status":
		return &it.commentStatus
	case "wp:post_name":
		return &it.name
	case "wp:status":
		return &it.status
	case "wp:post_type":
		return &it.kind
	case "wp:post_password":
		return &it.password
	}
	return nil
}

func (w *wxrReader) beginItem(at cursor) {
	w.item = &wxrItem{at: at}
	w.items++
}

// endItem emits the article of the open item. whole: its end tag stands in the
// file.
func (w *wxrReader) endItem(whole bool) {
	w.endComment(false)
	it := w.item
	if it == nil {
		return
	}
	w.item = nil
	w.ids.move(w.itemIDs)
	// What an item is stands behind its text: without that, a draft could be
	// taken for an article.
	if (!whole || it.spoilt) && !it.status.seen && it.kept == 0 {
		if !w.ended {
			w.tally.refuseRecord(it.at, cmp.Or(it.id.text, it.guid.text), "The article is damaged and is left out.", it.title.text)
		}
		return
	}
	if !whole && !w.ended {
		w.tally.note(it.at, "The article’s end is missing; what stands before it was read.", it.title.text)
	}
	if !w.isArticle(it) {
		return
	}
	w.send(w.article(it))
}

func (w *wxrReader) send(r Record) {
	if w.tally.err == nil {
		w.tally.err = w.emit(r)
	}
}

// isArticle reports whether an item becomes an article: posts and pages do, other
// things only where people talked about them.
func (w *wxrReader) isArticle(it *wxrItem) bool {
	switch it.kind.text {
	case "post", "page", "":
		return true
	}
	if it.kept > 0 {
		w.note(it.at, "item", "%s of type “"+shortType(it.kind.text)+"” became an article because of its comments.")
		return true
	}
	w.note(it.at, "item", "%s of type “"+shortType(it.kind.text)+"” left out, being no article.")
	return false
}

// shortType keeps a type fit for a sentence.
func shortType(s string) string {
	if utf8.RuneCountInString(s) > 40 {
		return string([]rune(s)[:40]) + "…"
	}
	return s
}

func (w *wxrReader) article(it *wxrItem) Article {
	w.settle(it)
	a := Article{
		Key: it.key, Site: w.site(), Slug: slugOf(it), Title: plainHTML(it.title.text), Author: w.byline(it),
		PublishedAt: w.published(it), State: w.state(it), Replies: "open",
		BodyHTML: autop(it.content.text), File: w.src.Name, Line: it.at.line,
	}
	if id, ours := strings.CutPrefix(it.guid.text, "urn:hustings:"); ours && it.key == it.guid.text && utf8.RuneCountInString(id) <= maxID {
		a.ID = id // an export of ours, which WordPress may have handed on
	}
	w.countShortcodes(it.at, it.content.text)
	if it.commentStatus.text == "closed" {
		a.Replies = "closed"
	}
	a.SourceURL, a.OldURLs = w.addresses(it)
	a.Standfirst = collapse(plainHTML(it.excerpt.text))
	if strings.TrimSpace(a.Title) == "" {
		a.Title = titleOf(it)
		w.tally.note(it.at, "The article has no title; the beginning of its text or its address stands for it.", a.Title)
	}
	return a
}

// settle decides by what name the article is known: its guid, which WordPress
// never changes, else its number, else its address, else what it says.
func (w *wxrReader) settle(it *wxrItem) {
	if it.key != "" {
		return
	}
	switch {
	case it.guid.text != "":
		it.key = it.guid.text
	case it.id.text != "":
		it.key = "post " + it.id.text
	case it.link.text != "":
		it.key = it.link.text
	case it.title.text != "":
		it.key = ArticleKey(w.site(), it.title.text, known(&it.creator.text))
	default:
		it.key = "line " + strconv.Itoa(it.at.line)
	}
	it.key = strings.Clone(it.key) // it is remembered, and shares memory with what is not
	// Copies of an article may have kept its guid.
	if id, taken := w.keys[it.key]; taken && id != it.id.text {
		it.key += " post " + it.id.text
	}
	w.keys[it.key] = strings.Clone(it.id.text)
}

// slugOf is the last part of the article's address, where it is one. WordPress
// keeps other letters than Latin ones escaped.
func slugOf(it *wxrItem) string {
	slug, err := url.PathUnescape(it.name.text)
	if err != nil || !utf8.ValidString(slug) || strings.ContainsRune(slug, 0) {
		return it.name.text
	}
	return slug
}

// byline is the name that the author has in the list of authors, else the one in
// the item: before version 1.1 that was a name for people.
func (w *wxrReader) byline(it *wxrItem) *string {
	name := it.creator.text
	if display := w.authors[name]; display != "" {
		name = display
	}
	name = plainHTML(name)
	return known(&name)
}

func (w *wxrReader) published(it *wxrItem) *time.Time {
	if t := w.time(it.gmt.text, it.date.text); t != nil {
		return t
	}
	for _, layout := range []string{time.RFC1123Z, time.RFC1123} {
		if t, err := time.Parse(layout, it.pubDate.text); err == nil && t.Year() > 0 {
			return utc(t)
		}
	}
	return nil
}

// state never makes public what was not.
func (w *wxrReader) state(it *wxrItem) string {
	switch it.status.text {
	case "publish", "":
		if it.status.text == "" && it.spoilt {
			w.tally.note(it.at, "The article’s status was lost; it became a draft.", it.title.text)
			return "draft"
		}
		if it.password.text != "" {
			return "private"
		}
		return "published"
	case "private", "inherit":
		return "private"
	case "future":
		return "scheduled"
	case "draft", "pending", "auto-draft":
		return "draft"
	case "trash":
		w.note(it.at, "article", "%s lay in the trash at the source and private here.")
		return "private"
	}
	w.note(it.at, "article", "%s with the status “"+shortType(it.status.text)+"”, which is not known here, made a draft.")
	return "draft"
}

// addresses are where the article stood: its address, and the others under which
// WordPress answers.
func (w *wxrReader) addresses(it *wxrItem) (source *string, old []string) {
	link, guid := webAddress(it.link.text), webAddress(it.guid.text)
	base := webAddress(w.base.text)
	if base == "" {
		base = webAddress(w.link.text)
	}
	if n := wxrNumber(it.id.text); n > 0 && base != "" {
		query := "/?p="
		if it.kind.text == "page" {
			query = "/?page_id="
		}
		old = append(old, strings.TrimRight(base, "/")+query+strconv.FormatInt(n, 10))
	}
	if guid != "" && guid != link && !slices.Contains(old, guid) {
		old = append(old, guid)
	}
	if link == "" {
		return nil, old
	}
	return &link, old
}

// webAddress is s where it is an address of the web.
func webAddress(s string) string {
	if s == "" {
		return ""
	}
	if u, err := url.Parse(s); err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" {
		return s
	}
	return ""
}

// maxTitleWords is how long a title made of a text gets, in characters.
const maxTitleWords = 60

// titleOf names an article that has no title.
func titleOf(it *wxrItem) string {
	words := collapse(plainHTML(it.content.text))
	if words == "" {
		words = slugOf(it)
	}
	if words == "" {
		words = "Untitled " + it.id.text
	}
	n := 0
	for i := range words {
		if n++; n > maxTitleWords {
			if space := strings.LastIndexByte(words[:i], ' '); space > 0 {
				i = space
			}
			return words[:i] + "…"
		}
	}
	return strings.TrimSpace(words)
}
