package action

import (
	"context"

	"hustings/internal/forum"
	"hustings/internal/postgres"
)

// Retract takes one's own comment back. Where others have answered, a tombstone
// without name and text stays; their replies are untouched.
func (a *Actions) Retract(ctx context.Context, v forum.Viewer, id forum.CommentID) (slug string, err error) {
	err = a.db.Do(ctx, func(ctx context.Context, tx *postgres.Tx) error {
		c, err := tx.LockComment(ctx, id)
		if err != nil {
			return err
		}
		slug = c.Slug
		if !visible(v, c.ArticleState) {
			return forum.NewError(forum.NotFound, "There is no such comment.")
		}
		if v.SignedIn() && c.AuthorID == v.ID && c.State == forum.Retracted {
			return nil // sent twice
		}
		if err := forum.CanRetract(v, &c.Comment); err != nil {
			return err
		}
		return tx.SetState(ctx, id, c.State, forum.Retracted, 0)
	})
	return slug, err
}
