package action

import (
	"context"

	"hustings/internal/forum"
	"hustings/internal/postgres"
)

// LockBranch keeps replies out of a branch; staff may still answer. What is
// there stays readable.
func (a *Actions) LockBranch(ctx context.Context, v forum.Viewer, in ModerateInput) (Moderated, error) {
	return a.lockBranch(ctx, v, in, true)
}

// UnlockBranch takes the mark of LockBranch away.
func (a *Actions) UnlockBranch(ctx context.Context, v forum.Viewer, in ModerateInput) (Moderated, error) {
	return a.lockBranch(ctx, v, in, false)
}

func (a *Actions) lockBranch(ctx context.Context, v forum.Viewer, in ModerateInput, lock bool) (done Moderated, err error) {
	if err := forum.CanModerate(v); err != nil {
		return done, err
	}
	if in.Note, err = cleanNote(in.Note); err != nil {
		return done, err
	}
	act, name := forum.ActLock, postgres.ActLockBranch
	if !lock {
		act, name = forum.ActUnlock, postgres.ActUnlockBranch
	}
	err = a.db.Do(ctx, func(ctx context.Context, tx *postgres.Tx) error {
		c, err := moderate(ctx, tx, v, in.Comment, act, true)
		if err != nil {
			return err
		}
		done = outcome(&c, 0)
		if c.BranchLocked == lock {
			return lockedBefore(ctx, tx, v, &c, name, &done)
		}
		return setBranchLock(ctx, tx, v, &c, in.Note, lock, &done)
	})
	return done, err
}

// lockedBefore answers an act on a branch that is already as it should be: a form
// sent twice is fine, a second moderator learns that the first was faster.
func lockedBefore(ctx context.Context, tx *postgres.Tx, v forum.Viewer, c *postgres.LockedComment, name string, done *Moderated) error {
	last, same, err := already(ctx, tx, v, c, name)
	if done.Seq, done.Already = last.Seq, same; err != nil || same {
		return err
	}
	if name == postgres.ActLockBranch {
		return forum.NewError(forum.Conflict, "Another moderator was faster: this branch is already locked.")
	}
	return forum.NewError(forum.Conflict, "Somebody was faster: this branch is not locked.")
}

func setBranchLock(ctx context.Context, tx *postgres.Tx, v forum.Viewer, c *postgres.LockedComment, note string, lock bool, done *Moderated) error {
	e := entry(v, c, postgres.ActLockBranch)
	e.Note = note
	if !lock {
		last, err := tx.LastAct(ctx, "comment", int64(c.ID), postgres.ActLockBranch)
		if err != nil {
			return err
		}
		e.Action, e.Undoes = postgres.ActUnlockBranch, last.Seq
	}
	seq, err := tx.Audit(ctx, e)
	if err != nil {
		return err
	}
	done.Seq = seq
	return tx.MarkBranchLocked(ctx, *c, lock)
}
