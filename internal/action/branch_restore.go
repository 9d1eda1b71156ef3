package action

import (
	"context"

	"hustings/internal/forum"
	"hustings/internal/postgres"
)

// RestoreBranch takes the mark of a removed branch away. What had been removed by
// itself, or lies under another mark, stays as it is.
func (a *Actions) RestoreBranch(ctx context.Context, v forum.Viewer, in RestoreInput) (done Moderated, err error) {
	if err := forum.CanModerate(v); err != nil {
		return done, err
	}
	if in.Note, err = cleanNote(in.Note); err != nil {
		return done, err
	}
	err = a.db.Do(ctx, func(ctx context.Context, tx *postgres.Tx) error {
		c, err := moderate(ctx, tx, v, in.Comment, forum.ActRestoreBranch, true)
		if forum.KindOf(err) == forum.Forbidden && c.AuthorID == v.ID {
			err = ownBranch(ctx, tx, v, &c, err)
		}
		if err != nil {
			return err
		}
		return restoreBranch(ctx, tx, v, &c, in, &done)
	})
	return done, err
}

// ownBranch lets somebody undo their own removal of a branch that begins with
// their own comment; refused is what everybody else is told.
func ownBranch(ctx context.Context, tx *postgres.Tx, v forum.Viewer, c *postgres.LockedComment, refused error) error {
	last, err := tx.LastAct(ctx, "comment", int64(c.ID), postgres.ActRemoveBranch)
	if err != nil {
		return err
	}
	if last.Seq == 0 || last.Seq != c.BranchRemoval || last.Actor != v.ID {
		return refused
	}
	return nil
}

func restoreBranch(ctx context.Context, tx *postgres.Tx, v forum.Viewer, c *postgres.LockedComment, in RestoreInput, done *Moderated) error {
	*done = outcome(c, 0)
	if !c.BranchRemoved {
		last, same, err := already(ctx, tx, v, c, postgres.ActRestoreBranch)
		if done.Seq, done.Already = last.Seq, same; err != nil || same {
			return err
		}
		return forum.NewError(forum.Conflict, "Somebody was faster: no branch is removed here any more.")
	}
	if in.Undoes != 0 && in.Undoes != c.BranchRemoval {
		return forum.NewError(forum.Conflict, "This branch has been removed once more since then. Please look at it again.")
	}
	// Cleared first: only then do the marks tell whether another one, further up,
	// goes on hiding what is below.
	if err := tx.MarkBranchRemoved(ctx, *c, 0, 0); err != nil {
		return err
	}
	branch, err := visibleBranch(ctx, tx, c)
	if err != nil {
		return err
	}
	e := entry(v, c, postgres.ActRestoreBranch)
	e.Note, e.Undoes = in.Note, c.BranchRemoval
	e.Detail = branchDetail{Comments: branch.Visible, Counted: branch.Counted}
	if done.Seq, err = tx.Audit(ctx, e); err != nil {
		return err
	}
	done.Count = len(branch.Visible)
	return tx.Changed(ctx, c.Article, branch.Counted)
}

// visibleBranch is what readers see of a branch by now: nothing where a mark
// above it is left.
func visibleBranch(ctx context.Context, tx *postgres.Tx, c *postgres.LockedComment) (postgres.Branch, error) {
	now, err := tx.LockComment(ctx, c.ID)
	if err != nil || now.UnderRemoved {
		return postgres.Branch{Visible: []forum.CommentID{}}, err
	}
	return tx.WalkBranch(ctx, c.ID)
}
