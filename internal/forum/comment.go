package forum

import "time"

// CommentState says who can see a comment. Changes go through the transitions
// in state.go only.
type CommentState string

// The states of a comment.
const (
	Held        CommentState = "held"        // waits for a moderator
	Published   CommentState = "published"   // everybody sees it
	Quarantined CommentState = "quarantined" // was public, is being reviewed
	Removed     CommentState = "removed"     // by a moderator
	Spam        CommentState = "spam"
	Retracted   CommentState = "retracted" // by its author
	Erased      CommentState = "erased"    // for legal reasons
)

// ParseCommentState reads a state by name.
func ParseCommentState(s string) (CommentState, bool) {
	switch c := CommentState(s); c {
	case Held, Published, Quarantined, Removed, Spam, Retracted, Erased:
		return c, true
	}
	return "", false
}

// CommentKind tells comments from what only stands among them.
type CommentKind string

// The kinds of comment.
const (
	KindComment     CommentKind = "comment"
	KindLinkBack    CommentKind = "link_back"   // another site wrote about the article; not part of the tree
	KindPlaceholder CommentKind = "placeholder" // the source had lost it; keeps its replies in place
)

// EditWindow is how long authors may edit their own comment. Long enough to mend
// a slip, short enough that nobody answers a text that changes under them.
const EditWindow = 15 * time.Minute

// Comment is one contribution to a thread. Its text belongs to its author, its
// state to its author (retract) and to moderators (all else).
type Comment struct {
	ID         CommentID
	Article    ArticleID
	Parent     CommentID // 0: answers the article
	Root       CommentID
	Depth      int // from 0; people are shown Depth+1
	AuthorID   PersonID
	AuthorName string // "" : unknown
	AuthorKind PersonKind
	AuthorRole Role
	Handle     string
	Kind       CommentKind
	State      CommentState
	// BranchRemoved and BranchLocked are marks on this very comment; they hold
	// for everything below it.
	BranchRemoved bool
	BranchLocked  bool
	Revision      int
	CreatedAt     *time.Time // nil: unknown
	EditedAt      *time.Time
	BodyHTML      string
	Anchor        string   // fragment under which its old site showed it; "": none
	Removal       *Removal // of this comment or of the branch that begins here; nil: none, or not known
}

// Removal is what the audit says about a comment's removal.
type Removal struct {
	Seq    int64 // number of the audit entry
	Reason Reason
	At     time.Time
}

// Level is the depth as people count it: an answer to the article has level 1.
func (c *Comment) Level() int { return c.Depth + 1 }

// Reason is why a moderator removed something, or a reader reported it.
type Reason string

// Reasons lists the reason codes in the order in which they are offered; keys 1
// to 8 choose them in the queue.
var Reasons = []Reason{"off_topic", "personal", "abuse", "advertising", "spam", "private", "repeat", "illegal", "other"}

// reasonWords are the reasons as said to people ("Removed by a moderator: …").
var reasonWords = map[Reason]string{
	"off_topic":   "off topic",
	"personal":    "a remark about a person",
	"abuse":       "abuse",
	"advertising": "advertising",
	"spam":        "spam",
	"private":     "somebody’s private affairs",
	"repeat":      "says the same again",
	"illegal":     "may be against the law",
	"other":       "another reason",
}

// Words says the reason in plain English; it is also the key of its translation.
func (r Reason) Words() string { return reasonWords[r] }

// ParseReason reads a reason code.
func ParseReason(s string) (Reason, error) {
	if s == "" {
		return "", FieldError("reason", "Please choose a reason.")
	}
	if _, ok := reasonWords[Reason(s)]; !ok {
		return "", FieldError("reason", "There is no reason “%s”.", s)
	}
	return Reason(s), nil
}
