package action

import (
	"context"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"hustings/internal/forum"
	"hustings/internal/postgres"
)

// claimLimit bounds what one account may ask for: more than the names that anybody
// has had, too few to flood the admins.
var claimLimit = postgres.Limit{N: 5, Per: 24 * time.Hour}

// maxClaimChars is the longest note or reason of a claim.
const maxClaimChars = 1000

// Claim asks for the comments of an imported person, by handle. An admin decides.
// Nothing of the evidence is ever told to who asks: an answer such as "another
// e-mail address" would let anybody try addresses out.
func (a *Actions) Claim(ctx context.Context, v forum.Viewer, handle, note string) error {
	if !v.SignedIn() {
		return forum.NewError(forum.Unauthenticated, "Please sign in first.")
	}
	note, err := claimText("note", note)
	if err != nil {
		return err
	}
	p, err := a.db.Profile(ctx, v, handle)
	if err != nil {
		return err
	}
	if p.Kind != forum.Imported {
		return forum.NewError(forum.Conflict, "This is somebody’s account; only the comments of imported names can be asked for.")
	}
	key, err := a.limitKey(ctx, "claim", strconv.FormatInt(int64(v.ID), 10))
	if err != nil {
		return err
	}
	if err := a.db.Take(ctx, key, claimLimit); err != nil {
		return err
	}
	return a.db.Do(ctx, func(ctx context.Context, tx *postgres.Tx) error {
		c, err := tx.LockImported(ctx, p.ID)
		if err != nil {
			return err
		}
		if c.ClaimedBy != 0 {
			return alreadyClaimed()
		}
		// Sent twice, it is one.
		_, err = tx.AddClaim(ctx, v.ID, p.ID, note)
		return err
	})
}

func alreadyClaimed() error {
	return forum.NewError(forum.Conflict, "These comments belong to an account already.")
}

func claimText(field, text string) (string, error) {
	text = strings.TrimSpace(text)
	if utf8.RuneCountInString(text) > maxClaimChars {
		return "", forum.FieldError(field, "Please say it in at most %d characters.", maxClaimChars)
	}
	return cleanNote(text)
}

// ApproveClaim makes the comments the member's: they carry the member's name from
// then on, as one person has one name here. Later imports bring that person's
// comments in as the member's, too. An admin can take it back for 30 days.
func (a *Actions) ApproveClaim(ctx context.Context, v forum.Viewer, id postgres.ClaimID) error {
	return a.decideClaim(ctx, v, id, func(ctx context.Context, tx *postgres.Tx, c postgres.Claim) error {
		imported, err := tx.LockImported(ctx, c.Imported)
		if err != nil {
			return err
		}
		if imported.ClaimedBy != 0 {
			return alreadyClaimed()
		}
		n, seq, err := give(ctx, tx, v.ID, c.Member, imported, "admin")
		if err != nil {
			return err
		}
		return tx.DecideClaim(ctx, id, postgres.Decision{State: postgres.ClaimApproved, Audit: seq, Comments: n})
	})
}

// RefuseClaim tells the member, with a reason, that the comments are not theirs.
func (a *Actions) RefuseClaim(ctx context.Context, v forum.Viewer, id postgres.ClaimID, reason string) error {
	reason, err := claimReason(reason)
	if err != nil {
		return err
	}
	return a.decideClaim(ctx, v, id, func(ctx context.Context, tx *postgres.Tx, c postgres.Claim) error {
		seq, err := tx.Audit(ctx, postgres.AuditEntry{Actor: v.ID, Action: postgres.ActClaimRefuse, SubjectKind: "person", SubjectID: int64(c.Imported),
			Note: reason, Detail: map[string]any{"member": c.Member}})
		if err != nil {
			return err
		}
		return tx.DecideClaim(ctx, id, postgres.Decision{State: postgres.ClaimRefused, Reason: reason, Audit: seq})
	})
}

func claimReason(reason string) (string, error) {
	reason, err := claimText("reason", reason)
	if err == nil && reason == "" {
		err = forum.FieldError("reason", "Please give a reason; the person who asked reads it.")
	}
	return reason, err
}

// decideClaim locks a claim that waits and lets an admin decide on it.
func (a *Actions) decideClaim(ctx context.Context, v forum.Viewer, id postgres.ClaimID, act func(context.Context, *postgres.Tx, postgres.Claim) error) error {
	if err := forum.CanAdminister(v); err != nil {
		return err
	}
	return a.db.Do(ctx, func(ctx context.Context, tx *postgres.Tx) error {
		c, err := tx.LockClaim(ctx, id)
		if err != nil {
			return err
		}
		if c.State != postgres.ClaimOpen {
			return forum.NewError(forum.Conflict, "Somebody has decided on this request already.")
		}
		return act(ctx, tx, c)
	})
}

// give moves the comments and audits it. how is what decided: admin or link.
func give(ctx context.Context, tx *postgres.Tx, actor, member forum.PersonID, c postgres.Claimable, how string) (n int, seq int64, err error) {
	if _, err := tx.LockMember(ctx, member); err != nil {
		return 0, 0, err
	}
	if n, err = tx.GiveComments(ctx, c, member); err != nil {
		return 0, 0, err
	}
	seq, err = tx.Audit(ctx, postgres.AuditEntry{Actor: actor, Action: postgres.ActClaim, SubjectKind: "person", SubjectID: int64(c.ID),
		Detail: map[string]any{"member": member, "people": c.Rows, "comments": n, "by": how}})
	return n, seq, err
}

// UndoClaim gives the comments back to the imported person, those too that came in
// since, within 30 days. What the member retracted of them is published again.
func (a *Actions) UndoClaim(ctx context.Context, v forum.Viewer, id postgres.ClaimID, reason string) error {
	if err := forum.CanAdminister(v); err != nil {
		return err
	}
	reason, err := claimReason(reason)
	if err != nil {
		return err
	}
	return a.db.Do(ctx, func(ctx context.Context, tx *postgres.Tx) error {
		c, err := tx.LockClaim(ctx, id)
		if err != nil {
			return err
		}
		switch {
		case c.State != postgres.ClaimApproved:
			return forum.NewError(forum.Conflict, "Only what was approved can be taken back.")
		case !c.Undoable:
			return forum.NewError(forum.Closed, "This can be taken back for %d days, and they have passed.", postgres.ClaimUndoDays)
		}
		imported, err := tx.LockImported(ctx, c.Imported)
		if err != nil {
			return err
		}
		n, err := tx.TakeCommentsBack(ctx, imported, c.Member)
		if err != nil {
			return err
		}
		seq, err := tx.Audit(ctx, postgres.AuditEntry{Actor: v.ID, Action: postgres.ActClaimUndo, SubjectKind: "person", SubjectID: int64(c.Imported),
			Note: reason, Detail: map[string]any{"member": c.Member, "people": imported.Rows, "comments": n}})
		if err != nil {
			return err
		}
		return tx.DecideClaim(ctx, id, postgres.Decision{State: postgres.ClaimUndone, Reason: reason, Audit: seq, Comments: n})
	})
}
