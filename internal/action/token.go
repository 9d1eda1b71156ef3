package action

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"strings"
	"unicode"
	"unicode/utf8"

	"hustings/internal/forum"
	"hustings/internal/postgres"
)

// tokenPrefix makes an API token recognisable to people and to programs that
// look for leaked secrets.
const tokenPrefix = "hust_"

const maxLabelChars = 100

// newSecret is 32 random bytes in letters that any cookie or header can carry.
func newSecret() string {
	var b [32]byte
	rand.Read(b[:]) //nolint:errcheck // crypto/rand never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// AddToken makes an API token of the viewer. The secret is shown once and never
// again; only its hash is kept.
func (a *Actions) AddToken(ctx context.Context, v forum.Viewer, label string) (secret string, err error) {
	if !v.SignedIn() {
		return "", forum.NewError(forum.Unauthenticated, "Please sign in first.")
	}
	return a.addToken(ctx, v.ID, label, func(context.Context, *postgres.Tx) error { return nil })
}

// AddTokenFor makes an API token of the account called name, from the shell.
func (a *Actions) AddTokenFor(ctx context.Context, name, label string) (secret string, err error) {
	found, err := a.findForShell(ctx, name)
	if err != nil {
		return "", err
	}
	return a.addToken(ctx, found.ID, label, func(ctx context.Context, tx *postgres.Tx) error {
		_, err := tx.Audit(ctx, postgres.AuditEntry{Action: postgres.ActAddToken, SubjectKind: "person", SubjectID: int64(found.ID)})
		return err
	})
}

func (a *Actions) addToken(ctx context.Context, id forum.PersonID, label string, also func(context.Context, *postgres.Tx) error) (string, error) {
	label = strings.TrimSpace(label)
	if !utf8.ValidString(label) || utf8.RuneCountInString(label) > maxLabelChars || strings.ContainsFunc(label, unicode.IsControl) {
		return "", forum.FieldError("label", "A label is one line of at most 100 characters.")
	}
	secret := tokenPrefix + newSecret()
	err := a.db.Do(ctx, func(ctx context.Context, tx *postgres.Tx) error {
		if _, err := tx.LockMember(ctx, id); err != nil {
			return err
		}
		if err := tx.AddToken(ctx, id, secret, label); err != nil {
			return err
		}
		return also(ctx, tx)
	})
	if err != nil {
		return "", err
	}
	a.log.InfoContext(ctx, "API token made", "person", id)
	return secret, nil
}

// EndToken withdraws one of the viewer's API tokens by its id in the list.
func (a *Actions) EndToken(ctx context.Context, v forum.Viewer, id string) error {
	return a.signedIn(ctx, v, func(ctx context.Context, tx *postgres.Tx) error { return tx.EndToken(ctx, v.ID, id) })
}

// ViewerByToken is whose API token this is; Unauthenticated where it is unknown
// or was withdrawn.
func (a *Actions) ViewerByToken(ctx context.Context, secret string) (forum.Viewer, error) {
	v, stale, err := a.db.ViewerByToken(ctx, secret)
	if err != nil || !stale {
		return v, err
	}
	return v, a.db.Do(ctx, func(ctx context.Context, tx *postgres.Tx) error { return tx.UseToken(ctx, secret) })
}
