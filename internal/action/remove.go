package action

import (
	"context"

	"hustings/internal/forum"
	"hustings/internal/postgres"
)

// Remove takes one comment away; its replies stay. Its open reports are closed
// as removed. A comment that somebody else has removed is a Conflict.
func (a *Actions) Remove(ctx context.Context, v forum.Viewer, in ModerateInput) (done Moderated, err error) {
	if err := in.checkRemoval(v); err != nil {
		return done, err
	}
	err = a.db.Do(ctx, func(ctx context.Context, tx *postgres.Tx) error {
		c, err := moderate(ctx, tx, v, in.Comment, forum.ActRemove, false)
		if err != nil {
			return err
		}
		done = outcome(&c, c.Removal)
		if c.State == forum.Removed {
			done.Already, err = removedBefore(ctx, tx, v, &c, in.Reason)
			return err
		}
		return remove(ctx, tx, v, &c, in, &done)
	})
	return done, err
}

func remove(ctx context.Context, tx *postgres.Tx, v forum.Viewer, c *postgres.LockedComment, in ModerateInput, done *Moderated) error {
	if c.Kind == forum.KindPlaceholder {
		return forum.NewError(forum.Conflict, "There is nothing left here that could be removed.")
	}
	if err := in.Seen.Matches(&c.Comment); err != nil {
		return err
	}
	if err := forum.CheckTransition(c.State, forum.Removed, forum.ByModerator); err != nil {
		return err
	}
	reports, err := tx.OpenReports(ctx, c.ID)
	if err != nil {
		return err
	}
	e := entry(v, c, postgres.ActRemove)
	e.Reason, e.Note = in.Reason, in.Note
	e.Detail = stateDetail{From: c.State, Reports: reports}
	if done.Seq, err = tx.Audit(ctx, e); err != nil {
		return err
	}
	done.Count = 1
	if err := tx.SetState(ctx, c.ID, c.State, forum.Removed, done.Seq); err != nil {
		return err
	}
	_, err = tx.CloseReports(ctx, []forum.CommentID{c.ID}, postgres.OutcomeRemoved, done.Seq)
	return err
}

// removedBefore tells a form that was sent twice from two moderators at once.
func removedBefore(ctx context.Context, tx *postgres.Tx, v forum.Viewer, c *postgres.LockedComment, reason forum.Reason) (bool, error) {
	last, same, err := already(ctx, tx, v, c, postgres.ActRemove)
	switch {
	case err != nil:
		return false, err
	case same && last.Reason == reason:
		return true, nil
	case same:
		return false, forum.NewError(forum.Conflict, "You have already removed this comment, with another reason.")
	}
	return false, forum.NewError(forum.Conflict, "Another moderator was faster: this comment has already been removed.")
}

// stateDetail is what the audit keeps of a change of one comment's state.
type stateDetail struct {
	From    forum.CommentState `json:"from"`
	Reports int                `json:"reports,omitempty"` // closed by this act
}
