package action

import (
	"context"
	"slices"

	"hustings/internal/forum"
	"hustings/internal/postgres"
)

// Hold takes a published comment out of the thread until a moderator decides.
// Its reports stay open: nothing has been decided about them.
func (a *Actions) Hold(ctx context.Context, v forum.Viewer, in ModerateInput) (Moderated, error) {
	return a.move(ctx, v, in, moving{
		act: forum.ActHold, entry: postgres.ActHold, from: []forum.CommentState{forum.Published}, to: forum.Held,
		late: "Somebody was faster: this comment is already held.",
	})
}

// moving describes an act that does nothing but change a comment's state.
type moving struct {
	act   forum.Act
	entry string
	from  []forum.CommentState
	to    forum.CommentState
	late  string // said when the comment already is in that state through somebody else
}

func (a *Actions) move(ctx context.Context, v forum.Viewer, in ModerateInput, m moving) (done Moderated, err error) {
	if err := forum.CanModerate(v); err != nil {
		return done, err
	}
	if in.Note, err = cleanNote(in.Note); err != nil {
		return done, err
	}
	err = a.db.Do(ctx, func(ctx context.Context, tx *postgres.Tx) error {
		c, err := moderate(ctx, tx, v, in.Comment, m.act, false)
		if err != nil {
			return err
		}
		done = outcome(&c, 0)
		if c.State == m.to {
			last, same, err := already(ctx, tx, v, &c, m.entry)
			if done.Seq, done.Already = last.Seq, same; err != nil || same {
				return err
			}
			return forum.NewError(forum.Conflict, m.late)
		}
		return transit(ctx, tx, v, &c, in, m, &done)
	})
	return done, err
}

func transit(ctx context.Context, tx *postgres.Tx, v forum.Viewer, c *postgres.LockedComment, in ModerateInput, m moving, done *Moderated) error {
	if err := in.Seen.Matches(&c.Comment); err != nil {
		return err
	}
	if err := forum.CheckTransition(c.State, m.to, forum.ByModerator); err != nil {
		return err
	}
	if !slices.Contains(m.from, c.State) { // the way back from removed is Restore, with its own rules
		return forum.NewError(forum.Conflict, "This comment is %s by now, so that can’t be done. Please look at it again.", c.State)
	}
	e := entry(v, c, m.entry)
	e.Note, e.Detail = in.Note, stateDetail{From: c.State}
	seq, err := tx.Audit(ctx, e)
	if err != nil {
		return err
	}
	done.Seq, done.Count = seq, 1
	return tx.SetState(ctx, c.ID, c.State, m.to, 0)
}
