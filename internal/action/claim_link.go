package action

import (
	"context"
	"time"

	"hustings/internal/forum"
	"hustings/internal/postgres"
)

// claimLinkLasts is how long a link that gives comments away can be used: time to
// read one's mail, not to forget it.
const claimLinkLasts = 7 * 24 * time.Hour

// ClaimLink makes a link's secret part that gives an imported person's comments to
// whoever opens it while signed in, once, within a week. With account, the name of
// one, it works for that account only. The secret is shown once and never again.
func (a *Actions) ClaimLink(ctx context.Context, v forum.Viewer, handle, account string) (secret string, err error) {
	if err := forum.CanAdminister(v); err != nil {
		return "", err
	}
	return a.claimLink(ctx, v, handle, account)
}

// ClaimLinkFromShell is ClaimLink for whoever may run the program's commands.
// Nothing that serves requests may call it.
func (a *Actions) ClaimLinkFromShell(ctx context.Context, handle, account string) (secret string, err error) {
	return a.claimLink(ctx, forum.Viewer{Role: forum.Admin}, handle, account)
}

func (a *Actions) claimLink(ctx context.Context, v forum.Viewer, handle, account string) (secret string, err error) {
	p, err := a.db.Profile(ctx, v, handle)
	if err != nil {
		return "", err
	}
	if p.Kind != forum.Imported {
		return "", forum.NewError(forum.Conflict, "This is somebody’s account; only the comments of imported names can be given away.")
	}
	var member forum.PersonID
	if account != "" {
		found, err := a.findForShell(ctx, account)
		if forum.KindOf(err) == forum.NotFound {
			return "", forum.FieldError("account", "There is no account with this name.")
		}
		if err != nil {
			return "", err
		}
		member = found.ID
	}
	secret = newSecret()
	err = a.db.Do(ctx, func(ctx context.Context, tx *postgres.Tx) error {
		c, err := tx.LockImported(ctx, p.ID)
		if err != nil {
			return err
		}
		if c.ClaimedBy != 0 {
			return alreadyClaimed()
		}
		if err := tx.AddClaimLink(ctx, secret, p.ID, member, claimLinkLasts); err != nil {
			return err
		}
		_, err = tx.Audit(ctx, postgres.AuditEntry{Actor: v.ID, Action: postgres.ActClaimLink, SubjectKind: "person", SubjectID: int64(p.ID),
			Detail: map[string]any{"member": member}})
		return err
	})
	return secret, err
}

// UseClaimLink makes the comments that a link gives away the viewer's. It gives the
// number of comments.
func (a *Actions) UseClaimLink(ctx context.Context, v forum.Viewer, secret string) (n int, err error) {
	if !v.SignedIn() {
		return 0, forum.NewError(forum.Unauthenticated, "Please sign in first.")
	}
	err = a.db.Do(ctx, func(ctx context.Context, tx *postgres.Tx) error {
		imported, err := tx.UseClaimLink(ctx, v, secret)
		if err != nil {
			return err
		}
		var seq int64
		if n, seq, err = give(ctx, tx, v.ID, v.ID, imported, "link"); err != nil {
			return err
		}
		return tx.AddDecidedClaim(ctx, v.ID, imported.ID, postgres.Decision{State: postgres.ClaimApproved, Audit: seq, Comments: n})
	})
	return n, err
}
