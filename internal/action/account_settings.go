package action

import (
	"context"
	"strconv"
	"time"

	"hustings/internal/forum"
	"hustings/internal/postgres"
)

// presentPasswordLimit bounds how often somebody with a borrowed browser may
// guess the present password. It is counted for the account: they are signed in.
var presentPasswordLimit = postgres.Limit{N: 10, Per: 15 * time.Minute}

// ChangePassword replaces the viewer's password, who must know the present one.
// All browsers are signed out and all API tokens withdrawn; the browser that
// asks gets a new session, whose token is the result.
func (a *Actions) ChangePassword(ctx context.Context, v forum.Viewer, present, fresh string, b Browser) (session string, err error) {
	account, err := a.confirm(ctx, v, present)
	if err != nil {
		return "", err
	}
	if err := checkPassword("new_password", fresh); err != nil {
		return "", err
	}
	hash, err := a.accounts.hasher.hash(ctx, fresh)
	if err != nil {
		return "", err
	}
	session = newSecret()
	err = a.db.Do(ctx, func(ctx context.Context, tx *postgres.Tx) error {
		if err := unchanged(ctx, tx, account); err != nil {
			return err
		}
		if err := tx.SetPasswordHash(ctx, v.ID, hash); err != nil {
			return err
		}
		if err := endAccess(ctx, tx, v.ID); err != nil {
			return err
		}
		return tx.AddSession(ctx, v.ID, session, b.agent())
	})
	if err != nil {
		return "", err
	}
	a.log.InfoContext(ctx, "password changed", "person", v.ID)
	return session, nil
}

// ChangeEmail replaces the viewer's e-mail address ("": takes it away), who must
// know the present password: the address opens the account as the name does.
func (a *Actions) ChangeEmail(ctx context.Context, v forum.Viewer, email, present string) error {
	address, err := emailAddress(email)
	if err != nil {
		return err
	}
	account, err := a.confirm(ctx, v, present)
	if err != nil {
		return err
	}
	return a.db.Do(ctx, func(ctx context.Context, tx *postgres.Tx) error {
		if err := unchanged(ctx, tx, account); err != nil {
			return err
		}
		return tx.SetEmail(ctx, v.ID, address)
	})
}

// confirm checks the viewer's present password.
func (a *Actions) confirm(ctx context.Context, v forum.Viewer, present string) (postgres.Account, error) {
	account, err := a.db.Account(ctx, v)
	if err != nil {
		return account, err
	}
	key := "password:" + strconv.FormatInt(int64(v.ID), 10)
	if err := a.db.Take(ctx, key, presentPasswordLimit); err != nil {
		return account, err
	}
	ok, _, err := a.accounts.hasher.verify(ctx, account.PasswordHash, present)
	if err != nil || ok {
		if back := a.db.GiveBack(ctx, key, presentPasswordLimit); err == nil {
			err = back
		}
		return account, err
	}
	return account, forum.FieldError("password", "That is not your present password.")
}

// unchanged locks an account and refuses where its password was changed since it
// was checked: whoever changed it wanted everybody else out.
func unchanged(ctx context.Context, tx *postgres.Tx, seen postgres.Account) error {
	now, err := tx.LockMember(ctx, seen.ID)
	if err != nil {
		return err
	}
	if now.PasswordHash != seen.PasswordHash {
		return forum.NewError(forum.Conflict, "Your password was changed in another window a moment ago.")
	}
	return nil
}
