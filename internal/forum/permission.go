package forum

import "time"

// Place is what decides whether a reply may be written somewhere: the article
// and, for an answer to a comment, that comment with what its branch says.
type Place struct {
	Article       ArticleState
	Replies       Replies
	Parent        *Comment // nil: an answer to the article
	BranchRemoved bool     // the parent or something above it
	BranchLocked  bool
}

// CanReply allows or refuses a reply at a place. It says why in a sentence.
func CanReply(v Viewer, p Place) error {
	if p.Article != ArticlePublished && !v.Administers() {
		return NewError(NotFound, "There is no such article.")
	}
	if !v.SignedIn() {
		return NewError(Unauthenticated, "Please sign in to reply. Your text is kept.")
	}
	if p.Replies == RepliesClosed {
		return NewError(Closed, "This discussion is closed, so nobody can reply any more.")
	}
	if p.Replies == RepliesLocked && !v.Moderates() {
		return NewError(Closed, "A moderator has locked this discussion, so no new replies can be posted.")
	}
	if p.Parent == nil {
		return nil
	}
	return canAnswer(v, p)
}

func canAnswer(v Viewer, p Place) error {
	if p.BranchRemoved {
		return NewError(Gone, "The comment you are answering has been removed together with its branch.")
	}
	if p.Parent.Kind == KindLinkBack {
		return NewError(Closed, "This is a link from another site and can’t be answered here.")
	}
	if TombOf(p.Parent.Kind, p.Parent.State) != NoTomb {
		return NewError(Gone, "The comment you are answering is no longer there. Your text is kept; you could answer the article instead.")
	}
	if p.BranchLocked && !v.Moderates() {
		return NewError(Closed, "A moderator has locked this branch, so no new replies can be posted in it.")
	}
	return nil
}

// own refuses what only authors may do to their comment.
func own(v Viewer, c *Comment, refusal string) error {
	if !v.SignedIn() {
		return NewError(Unauthenticated, "Please sign in first.")
	}
	if c.AuthorID == 0 || c.AuthorID != v.ID {
		return NewError(Forbidden, refusal)
	}
	return nil
}

// CanEdit allows or refuses an edit: own comments, for EditWindow, while they
// are published or held. age is the time since it was written, by the database's
// clock.
func CanEdit(v Viewer, c *Comment, age time.Duration) error {
	if err := own(v, c, "Only its author can edit a comment."); err != nil {
		return err
	}
	if c.State != Published && c.State != Held {
		return NewError(Conflict, "This comment is %s, so it can’t be edited.", c.State)
	}
	if age > EditWindow {
		return NewError(Closed, "A comment can be edited for 15 minutes, and they have passed. You can answer it with a correction.")
	}
	return nil
}

// CanRetract allows or refuses taking one's own comment back. There is no limit
// in time: people may always take back what they said.
func CanRetract(v Viewer, c *Comment) error {
	if err := own(v, c, "Only its author can retract a comment."); err != nil {
		return err
	}
	return CheckTransition(c.State, Retracted, ByAuthor)
}

// CanReport allows or refuses a report. No account is needed.
func CanReport(v Viewer, c *Comment) error {
	if c.State != Published || c.Kind == KindPlaceholder {
		return NewError(Gone, "This comment is no longer there, so there is nothing to report.")
	}
	if v.SignedIn() && c.AuthorID == v.ID {
		return NewError(Forbidden, "This is your own comment. You can retract it instead.")
	}
	return nil
}

// CanModerate allows or refuses acts on other people's comments and threads.
func CanModerate(v Viewer) error {
	if !v.SignedIn() {
		return NewError(Unauthenticated, "Please sign in first.")
	}
	if !v.Moderates() {
		return NewError(Forbidden, "Only moderators can do that.")
	}
	return nil
}

// CanAdminister allows or refuses imports, settings and other people's roles.
func CanAdminister(v Viewer) error {
	if !v.SignedIn() {
		return NewError(Unauthenticated, "Please sign in first.")
	}
	if !v.Administers() {
		return NewError(Forbidden, "Only admins can do that.")
	}
	return nil
}
