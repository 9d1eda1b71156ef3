// Package demo holds Hustings' own sample discussions as data: what a reader
// sees the first time the program is started. It turns the text files in
// content into values and can generate one long thread; it may not touch the
// database, the clock or the network, and imports nothing but the standard
// library.
//
// Every time is an age, counted back from the first start, so that the sample
// is always a few days old and never last year's.
package demo

import "time"

// States of a comment, as [Comment.State] has them.
const (
	Published = "published"
	Held      = "held"      // waits for a moderator
	Removed   = "removed"   // taken away by a moderator; Reason says why
	Retracted = "retracted" // taken back by its author
)

// Marks on the root of a branch, as [Comment.Branch] has them; they hold for
// everything below the comment that carries them.
const (
	BranchRemoved = "removed"
	BranchLocked  = "locked"
)

// Kinds of a comment, as [Comment.Kind] has them.
const (
	KindComment  = "comment"
	KindLinkBack = "link_back" // another site linking here; not part of the tree
)

// Roles of an account, as [Account.Role] has them.
const (
	RoleReader    = "reader"
	RoleModerator = "moderator"
	RoleAdmin     = "admin"
)

// Article is one sample article with its whole thread.
type Article struct {
	Slug       string
	Title      string
	Standfirst string // one sentence
	Author     string
	BodyHTML   string        // only p, blockquote and em
	Age        time.Duration // how long before the first start it appeared
	State      string        // published or draft
	Replies    string        // open, locked or closed
	Comments   []*Comment    // top level, in the order of the file
}

// Comment is one comment with the replies below it.
type Comment struct {
	Author  string        // "" when unknown
	Age     time.Duration // how long before the first start; negative when unknown
	Body    string        // Markdown, the text as it stands now
	Edits   []Edit        // earlier texts, oldest first
	State   string
	Reason  string        // why it was removed, one of [Reasons]; on a removed branch why that was
	Branch  string        // "", removed or locked
	Changed time.Duration // age at which State or Branch was set; 0 when neither was
	Kind    string
	// Imported marks a comment that came from an older site, whose author has
	// no account here.
	Imported bool
	Reports  []Report
	Replies  []*Comment
}

// Edit is a text a comment used to have.
type Edit struct {
	Body  string        // Markdown, as it read before
	Until time.Duration // age at which the next text took its place
}

// Report is a reader's complaint about a comment, still open.
type Report struct {
	Reason   string // one of [Reasons]
	Reporter string
	Note     string // may be empty
	Age      time.Duration
}

// Account is someone the demo lets a visitor sign in as.
type Account struct {
	Name string
	Role string
}

// Accounts are the three people a visitor can be. All of them have written in
// the sample threads.
var Accounts = []Account{
	{Name: "Tilda Marsh", Role: RoleReader},
	{Name: "Ambrose Keel", Role: RoleModerator},
	{Name: "Judith Farrow", Role: RoleAdmin},
}

// Reasons are the codes a removal or a report may carry.
var Reasons = []string{
	"off_topic", "personal", "abuse", "advertising", "spam", "private",
	"repeat", "illegal", "other",
}

// Walk calls visit for every comment of the thread, parents before replies,
// with its depth: 1 at the top level.
func (a Article) Walk(visit func(c *Comment, depth int)) {
	walk(a.Comments, 1, visit)
}

func walk(list []*Comment, depth int, visit func(*Comment, int)) {
	for _, c := range list {
		visit(c, depth)
		walk(c.Replies, depth+1, visit)
	}
}
