package action

import (
	"context"

	"hustings/internal/forum"
	"hustings/internal/postgres"
)

// RemoveBranch takes a comment and all below it away, by one mark on that
// comment: nobody's own state changes, so that RestoreBranch gives back exactly
// what was there. Open reports inside are closed as removed. The audit entry
// lists the comments that disappeared.
func (a *Actions) RemoveBranch(ctx context.Context, v forum.Viewer, in ModerateInput) (done Moderated, err error) {
	if err := in.checkRemoval(v); err != nil {
		return done, err
	}
	err = a.db.Do(ctx, func(ctx context.Context, tx *postgres.Tx) error {
		c, err := moderate(ctx, tx, v, in.Comment, forum.ActRemoveBranch, true)
		if err != nil {
			return err
		}
		done = outcome(&c, c.BranchRemoval)
		if c.UnderRemoved {
			done.Already, err = branchRemovedBefore(ctx, tx, v, &c, in.Reason)
			return err
		}
		return removeBranch(ctx, tx, v, &c, in, &done)
	})
	return done, err
}

func branchRemovedBefore(ctx context.Context, tx *postgres.Tx, v forum.Viewer, c *postgres.LockedComment, reason forum.Reason) (bool, error) {
	last, same, err := already(ctx, tx, v, c, postgres.ActRemoveBranch)
	if err != nil {
		return false, err
	}
	if c.BranchRemoved && same && last.Reason == reason {
		return true, nil
	}
	return false, forum.NewError(forum.Conflict, "Another moderator was faster: this branch has already been removed.")
}

// branchDetail is what the audit keeps of a branch that went or came back.
type branchDetail struct {
	Comments []forum.CommentID `json:"comments"` // those that readers saw go or come
	Counted  int               `json:"counted"`  // change of the article's number of comments
	Reports  int               `json:"reports,omitempty"`
}

func removeBranch(ctx context.Context, tx *postgres.Tx, v forum.Viewer, c *postgres.LockedComment, in ModerateInput, done *Moderated) error {
	if err := in.Seen.Matches(&c.Comment); err != nil {
		return err
	}
	branch, err := tx.WalkBranch(ctx, c.ID)
	if err != nil {
		return err
	}
	reports, err := tx.OpenReports(ctx, branch.All...)
	if err != nil {
		return err
	}
	e := entry(v, c, postgres.ActRemoveBranch)
	e.Reason, e.Note = in.Reason, in.Note
	e.Detail = branchDetail{Comments: branch.Visible, Counted: -branch.Counted, Reports: reports}
	if done.Seq, err = tx.Audit(ctx, e); err != nil {
		return err
	}
	done.Count = len(branch.Visible)
	if err := tx.MarkBranchRemoved(ctx, *c, done.Seq, -branch.Counted); err != nil {
		return err
	}
	_, err = tx.CloseReports(ctx, branch.All, postgres.OutcomeRemoved, done.Seq)
	return err
}
