package action

import (
	"context"

	"hustings/internal/forum"
	"hustings/internal/postgres"
)

// SignOut ends the session with a token; its cookie opens nothing any more. A
// session that has ended already is no error.
func (a *Actions) SignOut(ctx context.Context, session string) error {
	return a.db.Do(ctx, func(ctx context.Context, tx *postgres.Tx) error { return tx.EndSession(ctx, session) })
}

// SignOutElsewhere ends all of the viewer's sessions but the one given.
func (a *Actions) SignOutElsewhere(ctx context.Context, v forum.Viewer, session string) error {
	return a.signedIn(ctx, v, func(ctx context.Context, tx *postgres.Tx) error {
		_, err := tx.EndSessions(ctx, v.ID, session)
		return err
	})
}

// SignOutBrowser ends one of the viewer's sessions by its id in the list.
func (a *Actions) SignOutBrowser(ctx context.Context, v forum.Viewer, id string) error {
	return a.signedIn(ctx, v, func(ctx context.Context, tx *postgres.Tx) error { return tx.EndSessionByID(ctx, v.ID, id) })
}

// SeeSession notes that a session is in use, so that it does not run out.
func (a *Actions) SeeSession(ctx context.Context, session string) error {
	return a.db.Do(ctx, func(ctx context.Context, tx *postgres.Tx) error { return tx.SeeSession(ctx, session) })
}

// signedIn does something for a viewer who has an account.
func (a *Actions) signedIn(ctx context.Context, v forum.Viewer, act func(context.Context, *postgres.Tx) error) error {
	if !v.SignedIn() {
		return forum.NewError(forum.Unauthenticated, "Please sign in first.")
	}
	return a.db.Do(ctx, act)
}
