package action

import (
	"context"
	"strings"

	"hustings/internal/forum"
)

const (
	// maxExplained is how many conflicts of one article show both texts.
	maxExplained = 50
	// explainedChars is how much of them is read to find the place where they differ.
	explainedChars = 20_000
	// beforeDifference is how much of what they share stands before it.
	beforeDifference = 40
)

// conflict lists a comment that was changed at its source and here.
func (p *plan) conflict(leaf int32, comment forum.CommentID, reason string) {
	p.findings = append(p.findings, finding{n: p.n(leaf), comment: comment, reason: reason})
}

// conflicting is a comment whose conflict is listed, and the place in the list.
type conflicting struct {
	n       int64 // of what the source says
	comment forum.CommentID
	at      int
}

// shownKey is the id that the source gives a comment, "" where it gives none.
func shownKey(key string) string {
	if len(key) >= fingerprintLen {
		return ""
	}
	return key
}

// explain puts what stands here beside what the source says, where they differ.
func (p *plan) explain(ctx context.Context) error {
	list := p.conflicts[:min(len(p.conflicts), maxExplained)]
	if len(list) == 0 {
		return nil
	}
	ids := make([]forum.CommentID, len(list))
	for i, c := range list {
		ids[i] = c.comment
	}
	ours, err := p.im.session.StoredTexts(ctx, ids, explainedChars)
	if err != nil {
		return err
	}
	for i, c := range list {
		theirs, err := p.im.stage.spool.get(c.n)
		if err != nil {
			return err
		}
		f := &p.report.Conflicts[c.at]
		f.Comment = int64(c.comment)
		if f.Ours, f.Excerpt = differing(ours[ids[i]], beginning(textIn(theirs.BodyText), explainedChars)); f.Ours == f.Excerpt {
			f.Ours = "" // something else differs
		}
	}
	return nil
}

// beginning is what a text begins with, at most so many characters.
func beginning(s string, chars int) string {
	for i := range s {
		if chars--; chars < 0 {
			return s[:i]
		}
	}
	return s
}

// differing cuts two texts to the place where they differ.
func differing(ours, theirs string) (o, t string) {
	a, b := []rune(strings.Join(strings.Fields(ours), " ")), []rune(strings.Join(strings.Fields(theirs), " "))
	same := 0
	for same < len(a) && same < len(b) && a[same] == b[same] {
		same++
	}
	from := max(same-beforeDifference, 0)
	if from > 0 { // at a word, if there is one
		if i := strings.IndexByte(string(a[from:same]), ' '); i >= 0 {
			from += len([]rune(string(a[from:same])[:i])) + 1
		}
	}
	cut := func(s []rune) string {
		if from == 0 {
			return firstWords(string(s))
		}
		return "…" + firstWords(string(s[from:]))
	}
	return cut(a), cut(b)
}
