package action

import (
	"context"

	"hustings/internal/forum"
	"hustings/internal/postgres"
)

// MoveInput says which comment goes where, with everything below it.
type MoveInput struct {
	Comment forum.CommentID
	Below   forum.CommentID // 0: to the top level
	// From is what it answered when the moderator looked at it, 0 the article; nil
	// is not checked.
	From *forum.CommentID
	Note string // for other moderators
}

// Move puts a comment with its branch below another, older comment of the same
// article, or to the top level. Nothing else about it changes, but what a removed
// branch hides, comes into sight outside of it, and the other way round. Imports
// go on knowing the comment by where it stood at first.
func (a *Actions) Move(ctx context.Context, v forum.Viewer, in MoveInput) (done Moderated, err error) {
	if err := forum.CanModerate(v); err != nil {
		return done, err
	}
	if in.Note, err = cleanNote(in.Note); err != nil {
		return done, err
	}
	err = a.db.Do(ctx, func(ctx context.Context, tx *postgres.Tx) error {
		c, err := moderate(ctx, tx, v, in.Comment, forum.ActMove, true)
		if err != nil {
			return err
		}
		done = outcome(&c, 0)
		if c.Parent == in.Below {
			return movedBefore(ctx, tx, v, &c, &done)
		}
		if in.From != nil && *in.From != c.Parent {
			return forum.NewError(forum.Conflict, "Somebody was faster: this comment has been moved. Please look at it again.")
		}
		done.Seq, done.Count, err = move(ctx, tx, v, &c, spot{below: in.Below, note: in.Note})
		return err
	})
	return done, err
}

// movedBefore tells a form that was sent twice from a comment that stands there
// anyway.
func movedBefore(ctx context.Context, tx *postgres.Tx, v forum.Viewer, c *postgres.LockedComment, done *Moderated) error {
	last, err := tx.LastMove(ctx, c.ID)
	if err != nil {
		return err
	}
	if last.Seq != 0 && last.Actor == v.ID && last.To == c.Parent {
		done.Seq, done.Count, done.Already = last.Seq, last.Moved, true
		return nil
	}
	return forum.FieldError("below", "It stands there already.")
}

// spot is what a move needs to know beside the comment.
type spot struct {
	below  forum.CommentID
	note   string
	undoes int64 // the entry that it takes back; 0: none
}

// move moves a comment that is locked with its article, and writes it down.
func move(ctx context.Context, tx *postgres.Tx, v forum.Viewer, c *postgres.LockedComment, in spot) (seq int64, moved int, err error) {
	to, err := tx.PlaceBelow(ctx, *c, in.below)
	if err != nil {
		return 0, 0, err
	}
	if err := forum.CheckMove(&c.Comment, forum.Spot{Parent: to.Parent, Kind: to.Kind, Inside: to.Inside}); err != nil {
		return 0, 0, err
	}
	done, err := tx.MoveBranch(ctx, *c, to)
	if err != nil {
		return 0, 0, err
	}
	e := entry(v, c, postgres.ActMove)
	e.Note, e.Undoes = in.note, in.undoes
	e.Detail = postgres.MoveDetail{From: c.Parent, To: to.Parent, Moved: done.Comments, Counted: done.Counted}
	seq, err = tx.Audit(ctx, e)
	return seq, done.Comments, err
}

// UndoMove moves a comment back to where its newest move took it from, if that is
// still possible. The suggestion that the move accepted is open again.
func (a *Actions) UndoMove(ctx context.Context, v forum.Viewer, in RestoreInput) (done Moderated, err error) {
	if err := forum.CanModerate(v); err != nil {
		return done, err
	}
	if in.Note, err = cleanNote(in.Note); err != nil {
		return done, err
	}
	err = a.db.Do(ctx, func(ctx context.Context, tx *postgres.Tx) error {
		c, err := moderate(ctx, tx, v, in.Comment, forum.ActMoveBack, true)
		if err != nil {
			return err
		}
		done = outcome(&c, 0)
		last, err := tx.LastMove(ctx, c.ID)
		if err != nil {
			return err
		}
		if in.Undoes != 0 && last.Undoes == in.Undoes && last.Actor == v.ID {
			done.Seq, done.Count, done.Already = last.Seq, last.Moved, true
			return nil
		}
		if done.Seq, done.Count, err = moveBack(ctx, tx, v, &c, last, in); err != nil {
			return err
		}
		return tx.ReopenMoved(ctx, c.ID, last.Seq)
	})
	return done, err
}

func moveBack(ctx context.Context, tx *postgres.Tx, v forum.Viewer, c *postgres.LockedComment, last postgres.MoveAct, in RestoreInput) (seq int64, moved int, err error) {
	switch {
	case last.Seq == 0:
		return 0, 0, forum.NewError(forum.Conflict, "This comment has not been moved.")
	case in.Undoes != 0 && in.Undoes != last.Seq, last.To != c.Parent:
		return 0, 0, forum.NewError(forum.Conflict, "This comment has been moved once more since then. Please look at it again.")
	}
	return move(ctx, tx, v, c, spot{below: last.From, note: in.Note, undoes: last.Seq})
}
