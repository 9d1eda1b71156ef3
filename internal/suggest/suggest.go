// Package suggest finds, in a thread that was imported, what its source may have
// lost on the way: answers that a limit of depth put beside the comment they
// answer, comments that were sent twice, and corrections of one's own words. It
// is pure, knows rules and nothing else, and decides nothing: a person accepts
// what it finds, or does not.
package suggest

import (
	"time"

	"hustings/internal/forum"
)

// Rule is why something is suggested.
type Rule string

// The rules. All but Duplicate say that a comment belongs below another one.
const (
	// Reply: by the author of the comment it answers, after an answer by somebody
	// else. At a source's last level people answer there what they cannot answer below.
	Reply Rule = "reply"
	// Quote: quotes QuoteWords or more words in a row of an earlier answer.
	Quote Rule = "quote"
	// Name: opens with the name of somebody who answered before. Weak: many are right, some are not.
	Name Rule = "name"
	// Correction: corrects a comment that the same person wrote shortly before.
	Correction Rule = "correction"
	// Duplicate: says word for word what the same person has just said.
	Duplicate Rule = "duplicate"
)

// Rules lists all rules, the surest first.
var Rules = []Rule{Reply, Quote, Correction, Duplicate, Name}

// ParseRule reads the name of a rule; ok is false for anything else.
func ParseRule(s string) (r Rule, ok bool) {
	for _, r := range Rules {
		if string(r) == s {
			return r, true
		}
	}
	return "", false
}

// Sure tells whether all that a rule has found may be accepted in one go.
func (r Rule) Sure() bool { return r == Reply || r == Quote }

// Limits of the rules.
const (
	// QuoteWords in a row are a quotation; fewer are mostly chance (import.md, 1).
	QuoteWords = 12
	// DuplicateWithin is how far apart the same text is one that was sent twice.
	DuplicateWithin = 10 * time.Minute
	// CorrectionWithin is how long after its comment a correction comes.
	CorrectionWithin = time.Hour
	// duplicateWords a text needs where it has no date, or no author, to be more
	// than a coincidence: "I agree" is said by many.
	duplicateWords = 4
	// correctionApart is how many comments may stand between an undated
	// correction and what it corrects.
	correctionApart = 3
	// correctionLongest is how many words a correction has at most.
	correctionLongest = 150
	// reach and reachWords bound what is remembered of a list of siblings, and so
	// how far back a target may stand.
	reach      = 50_000
	reachWords = 4_000_000
	// wordsLongest bounds the words that are given as evidence, in bytes.
	wordsLongest = 400
)

// Comment is an imported comment, as far as the rules look at it.
type Comment struct {
	ID     forum.CommentID
	Author forum.PersonID // 0: unknown
	Name   string         // of the author; "": unknown
	At     *time.Time     // nil: unknown
	Text   string         // plain
	// Settled: it is not asked about, because it has been moved before. It may be
	// what others belong to.
	Settled bool
}

// Suggestion says that a comment belongs below another one, or says the same.
type Suggestion struct {
	Comment forum.CommentID
	Parent  forum.CommentID // what it answers now; 0: the article
	Target  forum.CommentID
	Rule    Rule
	Words   string // those of the comment that speak for it; "": none do
}
