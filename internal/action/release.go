package action

import (
	"context"

	"hustings/internal/forum"
	"hustings/internal/postgres"
)

// Release publishes a comment that was held or in review. A removed one is
// Restore's.
func (a *Actions) Release(ctx context.Context, v forum.Viewer, in ModerateInput) (Moderated, error) {
	return a.move(ctx, v, in, moving{
		act: forum.ActRelease, entry: postgres.ActRelease,
		from: []forum.CommentState{forum.Held, forum.Quarantined}, to: forum.Published,
		late: "Somebody was faster: this comment is already published.",
	})
}
