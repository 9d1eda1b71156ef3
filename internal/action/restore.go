package action

import (
	"context"

	"hustings/internal/forum"
	"hustings/internal/postgres"
)

// RestoreInput says which removal is taken back.
type RestoreInput struct {
	Comment forum.CommentID
	Undoes  int64 // the removing entry the moderator looked at; 0: whichever it was
	Note    string
}

// Restore shows a removed comment again. Whoever has removed their own comment
// as a moderator may undo just that.
func (a *Actions) Restore(ctx context.Context, v forum.Viewer, in RestoreInput) (done Moderated, err error) {
	if err := forum.CanModerate(v); err != nil {
		return done, err
	}
	if in.Note, err = cleanNote(in.Note); err != nil {
		return done, err
	}
	err = a.db.Do(ctx, func(ctx context.Context, tx *postgres.Tx) error {
		c, err := moderate(ctx, tx, v, in.Comment, forum.ActRestore, false)
		if forum.KindOf(err) == forum.Forbidden && c.AuthorID == v.ID {
			err = ownRemoval(ctx, tx, v, &c, err)
		}
		if err != nil {
			return err
		}
		return restore(ctx, tx, v, &c, in, &done)
	})
	return done, err
}

// ownRemoval lets somebody undo their own removal of their own comment; refused
// is what everybody else is told.
func ownRemoval(ctx context.Context, tx *postgres.Tx, v forum.Viewer, c *postgres.LockedComment, refused error) error {
	last, err := tx.LastAct(ctx, "comment", int64(c.ID), postgres.ActRemove)
	if err != nil {
		return err
	}
	if last.Seq == 0 || last.Seq != c.Removal || last.Actor != v.ID {
		return refused
	}
	return nil
}

func restore(ctx context.Context, tx *postgres.Tx, v forum.Viewer, c *postgres.LockedComment, in RestoreInput, done *Moderated) error {
	*done = outcome(c, 0)
	if c.State == forum.Published {
		last, same, err := already(ctx, tx, v, c, postgres.ActRestore)
		if err != nil {
			return err
		}
		if done.Seq, done.Already = last.Seq, same; same {
			return nil
		}
		return forum.NewError(forum.Conflict, "Somebody was faster: this comment is already shown again.")
	}
	if c.State != forum.Removed {
		return forum.NewError(forum.Conflict, "Only a removed comment can be restored, and this one is %s.", c.State)
	}
	if in.Undoes != 0 && in.Undoes != c.Removal {
		return forum.NewError(forum.Conflict, "This comment has been removed once more since then. Please look at it again.")
	}
	if err := forum.CheckTransition(c.State, forum.Published, forum.ByModerator); err != nil {
		return err
	}
	e := entry(v, c, postgres.ActRestore)
	e.Note, e.Undoes, e.Detail = in.Note, c.Removal, stateDetail{From: c.State}
	seq, err := tx.Audit(ctx, e)
	if err != nil {
		return err
	}
	done.Seq, done.Count = seq, 1
	return tx.SetState(ctx, c.ID, c.State, forum.Published, 0)
}
