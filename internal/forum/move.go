package forum

// Spot is where a comment is to be moved: below another one of its article, or to
// the top level (the zero Spot).
type Spot struct {
	Parent CommentID // 0: it answers the article
	Kind   CommentKind
	Inside bool // the spot is in the branch that would move
}

// CheckMove allows or refuses a move because of where things stand. Numbers rise
// with time and parents are older than their replies: threads are read and cut
// into pages by that, so a comment can never stand below a younger one.
func CheckMove(c *Comment, to Spot) error {
	switch {
	case c.Kind == KindLinkBack:
		return NewError(Conflict, "This is a link from another site; it stands in no thread and can’t be moved.")
	case to.Inside:
		return FieldError("below", "That comment is part of the branch that would move.")
	case to.Kind == KindLinkBack:
		return FieldError("below", "That is a link from another site; nothing can stand below it.")
	case to.Parent > c.ID:
		return FieldError("below", "A comment can only stand below an older one, and that one came later.")
	}
	return nil
}
