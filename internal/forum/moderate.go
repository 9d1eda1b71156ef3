package forum

// Act is something that moderators do to a comment. The names are also those of
// the addresses under /comments/{id}.
type Act string

// The acts of moderators on a comment.
const (
	ActRemove        Act = "remove"
	ActRestore       Act = "restore"
	ActHold          Act = "hold"
	ActRelease       Act = "release"
	ActKeep          Act = "keep" // close its reports; it stays
	ActRemoveBranch  Act = "remove-branch"
	ActRestoreBranch Act = "restore-branch"
	ActMove          Act = "move"
	ActMoveBack      Act = "move-back"
	ActLock          Act = "lock"
	ActUnlock        Act = "unlock"
)

// favours are the acts that speak for a comment. Nobody does them for their own.
var favours = map[Act]bool{ActRestore: true, ActRelease: true, ActKeep: true, ActRestoreBranch: true}

// CanActOn allows or refuses a moderator's act on a comment because of who wrote
// it: nobody acts against somebody of a higher role, and nobody decides in
// favour of their own comment. Locking a branch touches nobody's text and is
// free. Whether the comment's state allows the act is another question.
func CanActOn(v Viewer, c *Comment, act Act) error {
	if err := CanModerate(v); err != nil {
		return err
	}
	if act == ActLock || act == ActUnlock {
		return nil
	}
	if c.AuthorRole.Rank() > v.Role.Rank() {
		return NewError(Forbidden, "This comment is by an admin, so only an admin can do that.")
	}
	if c.AuthorID != 0 && c.AuthorID == v.ID && favours[act] {
		return NewError(Forbidden, "This is your own comment, so another moderator has to decide.")
	}
	return nil
}

// Seen is what a moderator had before their eyes when they decided. What is left
// zero is not checked.
type Seen struct {
	State    CommentState
	Revision int
}

// Matches refuses an act on a comment that has changed since it was looked at.
func (s Seen) Matches(c *Comment) error {
	if s.State != "" && s.State != c.State {
		return NewError(Conflict, "Somebody was faster: this comment is %s by now. Please look at it again.", c.State)
	}
	if s.Revision != 0 && s.Revision != c.Revision {
		return NewError(Conflict, "The author has edited this comment since you opened it. Please read it again.")
	}
	return nil
}
