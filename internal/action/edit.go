package action

import (
	"context"
	"time"

	"hustings/internal/forum"
	"hustings/internal/markup"
	"hustings/internal/postgres"
)

// EditInput is an edit as it was sent.
type EditInput struct {
	Comment  forum.CommentID
	Revision int // the revision the author saw; an edit of an older one is a Conflict
	Body     string
}

// Edit changes the text of one's own comment and keeps the text before. The same
// text again changes nothing.
func (a *Actions) Edit(ctx context.Context, v forum.Viewer, in EditInput) error {
	if !v.SignedIn() {
		return forum.NewError(forum.Unauthenticated, "Please sign in first.")
	}
	if err := unfit(in.Body); err != nil {
		return err
	}
	key, err := a.limitKey(ctx, "edit", personKey(v.ID))
	if err != nil {
		return err
	}
	if err := a.db.Take(ctx, key, editLimit); err != nil {
		return err
	}
	body, err := markup.Reply(in.Body)
	if err != nil {
		return BodyError(err, in.Body)
	}
	return a.db.Do(ctx, func(ctx context.Context, tx *postgres.Tx) error {
		c, err := tx.LockComment(ctx, in.Comment)
		if err != nil {
			return err
		}
		if err := editable(ctx, tx, v, &c, in.Revision); err != nil {
			return err
		}
		return tx.Revise(ctx, c.Article, in.Comment, postgres.Revision{
			Number: c.Revision + 1, Source: asTyped(in.Body), HTML: body.HTML, Text: body.Text, Policy: body.Version})
	})
}

// editable allows or refuses an edit of a locked comment.
func editable(ctx context.Context, tx *postgres.Tx, v forum.Viewer, c *postgres.LockedComment, seen int) error {
	if !visible(v, c.ArticleState) || c.UnderRemoved && c.AuthorID != v.ID {
		return forum.NewError(forum.NotFound, "There is no such comment.")
	}
	now, err := tx.Now(ctx)
	if err != nil {
		return err
	}
	if err := forum.CanEdit(v, &c.Comment, age(c, now)); err != nil {
		return err
	}
	if c.UnderRemoved {
		return forum.NewError(forum.Conflict, "This branch has been removed by a moderator, so nothing in it can be edited.")
	}
	if seen != c.Revision {
		return forum.NewError(forum.Conflict, "This comment has been edited in another window meanwhile. Below is your text; the page of the comment shows the other one.")
	}
	return nil
}

// age is how long ago a comment was written; one without a date is never young.
func age(c *postgres.LockedComment, now time.Time) time.Duration {
	if c.CreatedAt == nil {
		return forum.EditWindow + 1
	}
	return now.Sub(*c.CreatedAt)
}
