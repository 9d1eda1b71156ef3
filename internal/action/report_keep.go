package action

import (
	"context"

	"hustings/internal/forum"
	"hustings/internal/postgres"
)

// KeepReported closes the open reports on a comment because it is fine. It stays
// as it is.
func (a *Actions) KeepReported(ctx context.Context, v forum.Viewer, in ModerateInput) (done Moderated, err error) {
	if err := forum.CanModerate(v); err != nil {
		return done, err
	}
	if in.Note, err = cleanNote(in.Note); err != nil {
		return done, err
	}
	err = a.db.Do(ctx, func(ctx context.Context, tx *postgres.Tx) error {
		c, err := moderate(ctx, tx, v, in.Comment, forum.ActKeep, false)
		if err != nil {
			return err
		}
		done = outcome(&c, 0)
		return keep(ctx, tx, v, &c, in, &done)
	})
	return done, err
}

func keep(ctx context.Context, tx *postgres.Tx, v forum.Viewer, c *postgres.LockedComment, in ModerateInput, done *Moderated) error {
	open, err := tx.OpenReports(ctx, c.ID)
	if err != nil {
		return err
	}
	if open == 0 {
		last, same, err := already(ctx, tx, v, c, postgres.ActKeep)
		if done.Seq, done.Already = last.Seq, same; err != nil || same {
			return err
		}
		return forum.NewError(forum.Conflict, "Another moderator was faster: there is no open report on this comment.")
	}
	if err := in.Seen.Matches(&c.Comment); err != nil {
		return err
	}
	e := entry(v, c, postgres.ActKeep)
	e.Note, e.Detail = in.Note, keepDetail{Reports: open}
	if done.Seq, err = tx.Audit(ctx, e); err != nil {
		return err
	}
	done.Count, err = tx.CloseReports(ctx, []forum.CommentID{c.ID}, postgres.OutcomeKept, done.Seq)
	return err
}

// keepDetail is what the audit keeps of reports that were closed.
type keepDetail struct {
	Reports int `json:"reports"`
}
