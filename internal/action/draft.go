package action

import (
	"context"
	"net/netip"
	"strings"
	"time"
	"unicode/utf8"

	"hustings/internal/forum"
	"hustings/internal/postgres"
)

// draftLimit is per address prefix: these rows are written by people who have
// shown nothing yet.
var draftLimit = postgres.Limit{N: 60, Per: time.Hour}

// SaveDraft keeps a reply by somebody who has to sign in first, as typed, for
// seven days. The token for their browser is the only way back to it.
func (a *Actions) SaveDraft(ctx context.Context, from netip.Addr, article forum.ArticleID, parent forum.CommentID, body string) (token string, err error) {
	if !utf8.ValidString(body) || strings.ContainsRune(body, 0) {
		return "", forum.NewError(forum.Malformed, "This text holds a character that can’t be stored.")
	}
	if err := a.TakeForAddress(ctx, "draft", from, draftLimit); err != nil {
		return "", err
	}
	token = newSecret()
	err = a.db.Do(ctx, func(ctx context.Context, tx *postgres.Tx) error {
		return tx.AddDraft(ctx, token, article, parent, body)
	})
	if err != nil {
		return "", err
	}
	return token, nil
}

// TakeDraft reads the reply kept under a token and forgets it; NotFound where
// there is none. postgres.DB.Draft reads it and keeps it.
func (a *Actions) TakeDraft(ctx context.Context, v forum.Viewer, token string) (postgres.Draft, error) {
	d, err := a.db.Draft(ctx, v, token)
	if err != nil {
		return d, err
	}
	return d, a.EndDraft(ctx, token)
}

// EndDraft forgets the reply kept under a token, once it is posted or given up.
func (a *Actions) EndDraft(ctx context.Context, token string) error {
	return a.db.Do(ctx, func(ctx context.Context, tx *postgres.Tx) error { return tx.EndDraft(ctx, token) })
}
