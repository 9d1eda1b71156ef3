package suggest

import "hustings/internal/forum"

// Twins looks through comments of one article that come in the order of text,
// author and number, and finds those that were sent twice. The zero Twins is
// ready for the first.
type Twins struct {
	first Comment
}

// Next looks at a comment; same tells whether its text and its author are those of
// the one before. ok is false for a comment that says nothing again.
func (t *Twins) Next(c Comment, parent forum.CommentID, same bool) (found Suggestion, ok bool) {
	if !same || !sentTwice(&t.first, &c) {
		t.first = c
		return found, false
	}
	if c.Settled {
		return found, false
	}
	return Suggestion{Comment: c.ID, Parent: parent, Target: t.first.ID, Rule: Duplicate}, true
}

// sentTwice tells whether two equal texts are one that was sent twice, rather than
// the same thing said again.
func sentTwice(first, second *Comment) bool {
	dated := first.At != nil && second.At != nil
	if dated {
		if apart := second.At.Sub(*first.At).Abs(); apart > DuplicateWithin {
			return false
		}
	}
	if dated && first.Author != 0 {
		return len(second.Text) > 0
	}
	n := 0
	for range spans(second.Text) {
		if n++; n == duplicateWords {
			return true
		}
	}
	return false
}
