package importer

import (
	"cmp"
	"html"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// wxrComment is a comment being read. Network addresses are never looked at.
type wxrComment struct {
	at     cursor
	spoilt bool // a field that counts was lost

	id, author, url, date, gmt      wxrSlot
	content, approved, kind, parent wxrSlot
	mail, user                      wxrSlot
	metaKey, metaValue              wxrSlot
	portable                        string // the id that our own exports give
}

// idMeta is the name under which our own exports keep a comment's portable id, which
// WordPress hands on.
const idMeta = "_hustings_id"

// meta begins or ends one of the named values that plugins and exports keep with a
// comment.
func (c *wxrComment) meta(ends bool) {
	if ends && c.metaKey.text == idMeta && utf8.RuneCountInString(c.metaValue.text) <= maxID {
		c.portable = c.metaValue.text
	}
	c.metaKey, c.metaValue = wxrSlot{}, wxrSlot{}
}

func (c *wxrComment) slot(name []byte) *wxrSlot {
	switch string(name) {
	case "wp:comment_id":
		return &c.id
	case "wp:comment_author":
		return &c.author
	case "wp:comment_author_email":
		return &c.mail
	case "wp:comment_user_id":
		return &c.user
	case "wp:comment_author_url":
		return &c.url
	case "wp:comment_date":
		return &c.date
	case "wp:comment_date_gmt":
		return &c.gmt
	case "wp:comment_content":
		return &c.content
	case "wp:comment_approved":
		return &c.approved
	case "wp:comment_type":
		return &c.kind
	case "wp:comment_parent":
		return &c.parent
	case "wp:meta_key":
		return &c.metaKey
	case "wp:meta_value":
		if c.metaKey.text == idMeta {
			return &c.metaValue
		}
	}
	return nil
}

// endComment emits the open comment. whole: its end tag stands in the file.
func (w *wxrReader) endComment(whole bool) {
	c := w.comment
	if c == nil {
		return
	}
	w.comment = nil
	it := w.item
	all := c.content.seen && c.approved.seen && c.parent.seen
	switch {
	case c.spoilt, !whole && !all:
		if !w.ended {
			w.tally.refuseRecord(c.at, c.id.text, "The comment is damaged and is left out; what answers it keeps its place.", cmp.Or(c.content.text, c.author.text, c.id.text))
		}
		return
	case it == nil:
		w.tally.refuseRecord(c.at, c.id.text, "The comment stands in no article.", c.content.text)
		return
	}
	kind, ok := w.kindOf(c)
	if !ok {
		it.skipped++
		return
	}
	w.settle(it)
	it.kept++
	w.send(w.commentOf(it, c, kind))
}

// kindOf tells comments from what else WordPress and its plugins keep among them;
// ok is false for what is none of the reader's business.
func (w *wxrReader) kindOf(c *wxrComment) (kind Kind, ok bool) {
	switch c.kind.text {
	case "", "comment", "reply", "review", "rating", "wpdiscuz_sticky":
		if strings.HasPrefix(c.content.text, "Reblogged this on ") {
			return KindLinkBack, true
		}
		return KindComment, true
	case "pingback", "trackback", "webmention", "mention", "repost", "like", "bookmark":
		return KindLinkBack, true
	}
	// Notes on orders, on drafts and the like are not meant for readers.
	w.note(c.at, "comment", "%s of type “"+shortType(c.kind.text)+"” left out, being no part of a discussion.")
	return "", false
}

func (w *wxrReader) commentOf(it *wxrItem, c *wxrComment, kind Kind) Comment {
	said := &struct{ author, body string }{plainHTML(c.author.text), autop(c.content.text)}
	w.countShortcodes(c.at, c.content.text)
	r := Comment{
		ArticleKey: it.key, ID: c.portable, Key: nativeID(c.id.text), ParentKey: nativeID(c.parent.text), Kind: kind,
		Author: known(&said.author), AuthorKind: "imported", CreatedAt: w.time(c.gmt.text, c.date.text),
		State: w.commentState(c), BodyHTML: &said.body, File: w.src.Name, Line: c.at.line,
	}
	if r.Author == nil {
		r.AuthorKind = "unknown"
	}
	r.Ordinal = w.ordinal(r.CreatedAt, c.id.text)
	if kind == KindComment && r.State == "removed" && r.Author == nil && said.body == "" {
		// In the trash with nothing left of it: our own exports write so.
		r.Kind, r.State, r.BodyHTML, r.CreatedAt = KindPlaceholder, "published", nil, nil
	}
	if kind == KindLinkBack {
		r.ParentKey = ""
		said.body = withLink(said.body, webAddress(c.url.text))
	}
	r.AuthorKey, r.AuthorEmail, r.AuthorURL = nativeID(c.user.text), mailAddress(c.mail.text), webAddress(c.url.text)
	w.mails = w.mails || r.AuthorEmail != ""
	if id := wxrNumber(c.id.text); id > 0 {
		r.Anchor = "comment-" + strconv.FormatInt(id, 10)
	}
	w.own(it, &r, c.at)
	if r.Key == "" {
		r.Key = it.fingerprint(r, c.content.text)
	}
	return r
}

// fingerprint is the key of a comment without an id.
func (it *wxrItem) fingerprint(r Comment, body string) string {
	said := CommentContent{Author: r.Author, Date: r.CreatedAt, Body: body}
	if it.plain == nil {
		it.plain = map[string]int{}
	}
	same := r.ParentKey + " " + said.Hash()
	it.plain[same]++
	return Fingerprint(it.key, r.ParentKey, said, it.plain[same]-1)
}

func (w *wxrReader) commentState(c *wxrComment) string {
	switch c.approved.text {
	case "1", "approve", "approved", "":
		return "published"
	case "0", "hold", "pending":
		return "held"
	case "spam":
		return "spam"
	case "trash", "post-trashed":
		return "removed"
	}
	w.note(c.at, "comment", "%s with the status “"+shortType(c.approved.text)+"”, which is not known here, held for moderation.")
	return "held"
}

// withLink adds the address of the page that links here, unless the text has it.
func withLink(body, address string) string {
	escaped := html.EscapeString(address)
	if address == "" || strings.Contains(body, address) || strings.Contains(body, escaped) {
		return body
	}
	return body + `<p><a href="` + escaped + `">` + escaped + `</a></p>`
}

// nativeID is a WordPress id; "" for none, which is written 0.
func nativeID(s string) string {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		if s[0] >= '1' {
			return s
		}
		if n == 0 {
			return ""
		}
		return strconv.FormatInt(n, 10)
	}
	return s
}

// wxrNumber reads an id; 0 for none.
func wxrNumber(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// An ordinal holds the seconds since 1970 and, for comments of the same second,
// the lowest bits of the id.
const (
	ordinalIDBits = 30
	ordinalSecs   = 1 << 32 // until 2106
)

// ordinal orders siblings as wpOrdinal does. In our own exports the ids have the
// order of the siblings.
func (w *wxrReader) ordinal(at *time.Time, id string) int64 {
	if w.generator.text == WXRGenerator {
		return wxrNumber(id)
	}
	return wpOrdinal(at, id)
}
