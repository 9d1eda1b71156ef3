// Package forum holds the nouns of the site and their rules: articles, comments
// and their threads, people and what each of them may do. It is pure: it imports
// nothing but the standard library, opens nothing and reads no clock.
package forum

// ArticleID is the number of an article inside this installation.
type ArticleID int64

// CommentID is the number of a comment; it is the one in addresses and in the
// element id "c{id}". Parents always have smaller numbers than their replies.
type CommentID int64

// PersonID is the number of a person: an account or a name that was imported.
type PersonID int64

// Limits of what people write. Each is checked before anything is stored;
// nothing is ever cut.
const (
	// MaxReplyBytes is the longest Markdown source of a reply. Markdown parsers
	// are quadratic in places; at 16 KiB the worst known input stays harmless.
	MaxReplyBytes = 16 << 10
	// MaxNoteChars is the longest note with a report or a moderator's act.
	MaxNoteChars = 2000
	// MinPasswordChars and MaxPasswordChars bound a password. There are no
	// composition rules.
	MinPasswordChars = 8
	MaxPasswordChars = 1024
	// MaxEmailChars is the longest e-mail address (RFC 5321).
	MaxEmailChars = 254
)
