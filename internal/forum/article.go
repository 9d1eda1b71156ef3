package forum

import (
	"strings"
	"time"
	"unicode"
)

// ArticleState says who can see an article.
type ArticleState string

// The states of an article. Only a published one is public.
const (
	ArticlePublished ArticleState = "published"
	ArticleDraft     ArticleState = "draft"
	ArticlePrivate   ArticleState = "private"
	ArticleScheduled ArticleState = "scheduled"
)

// Replies says whether an article takes replies.
type Replies string

// The reply policies of an article. Locked is a moderator's act and leaves
// staff free to answer; closed is the end of the discussion for everybody.
const (
	RepliesOpen   Replies = "open"
	RepliesLocked Replies = "locked"
	RepliesClosed Replies = "closed"
)

// Article is something to discuss. Its text is changed by imports and admins.
type Article struct {
	ID          ArticleID
	PortableID  string
	Slug        string
	Title       string
	Standfirst  string
	Author      *string // byline; nil: unknown
	State       ArticleState
	Replies     Replies
	SourceURL   *string
	BodyHTML    string     // sanitised; "" in lists
	Opening     string     // the first words of the text
	PublishedAt *time.Time // nil: unknown
	CreatedAt   time.Time
	Comments    int   // published comments outside removed branches, no link-backs
	Revision    int64 // rises with every change that a reader can see
	ActiveAt    time.Time
}

// VisibleTo tells whether the viewer may know that the article exists.
func (a *Article) VisibleTo(v Viewer) bool {
	return a.State == ArticlePublished || v.Administers()
}

// maxSlugChars keeps addresses readable; longer titles are cut between words.
const maxSlugChars = 80

// Slug makes the readable part of an address from a title: letters and digits
// of any script in lower case, joined by single hyphens, at most 80 characters.
// It is never empty.
func Slug(title string) string {
	var b strings.Builder
	n := 0
	gap := false
	for _, r := range strings.ToLower(title) {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r) || (unicode.IsMark(r) && n > 0 && !gap):
			if gap && n > 0 {
				b.WriteByte('-')
				n++
			}
			gap = false
			b.WriteRune(r)
			n++
		case r == '\'' || r == '’':
			// "don't" becomes "dont", not "don-t".
		default:
			gap = true
			if n >= maxSlugChars*3/4 {
				return b.String()
			}
		}
		if n >= maxSlugChars {
			break
		}
	}
	if n == 0 {
		return "untitled"
	}
	return b.String()
}

// maxLine is the longest line that stands for an article in a list.
const maxLine = 160

// Line is the one line that says what an article is about: its standfirst, else
// its first words.
func (a *Article) Line() string {
	if a.Standfirst != "" {
		return a.Standfirst
	}
	text := strings.Join(strings.Fields(a.Opening), " ")
	runes := []rune(text)
	if len(runes) <= maxLine {
		return text
	}
	cut := string(runes[:maxLine])
	if space := strings.LastIndexByte(cut, ' '); space > 0 {
		cut = cut[:space]
	}
	return strings.TrimRight(cut, " ,;:–-") + "…"
}
