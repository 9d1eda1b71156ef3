package action

import (
	"context"

	"hustings/internal/forum"
	"hustings/internal/postgres"
)

// The actions of this file are for the shell: whoever may run the program's
// commands may do them, so they take no viewer and are audited as the system's.
// Nothing that serves requests may call them.

// AddAccount makes an account that can sign in at once, also one with a reserved
// name. Errors name the field (name, email, password).
func (a *Actions) AddAccount(ctx context.Context, n NewAccount, role forum.Role) (forum.Person, error) {
	member, err := n.check()
	if err != nil {
		return forum.Person{}, err
	}
	if member.PasswordHash, err = a.accounts.hasher.hash(ctx, n.Password); err != nil {
		return forum.Person{}, err
	}
	member.Role = role
	var made forum.Person
	err = a.db.Do(ctx, func(ctx context.Context, tx *postgres.Tx) (err error) {
		if made, err = tx.AddMember(ctx, member); err != nil {
			return err
		}
		_, err = tx.Audit(ctx, postgres.AuditEntry{Action: postgres.ActAddAccount, SubjectKind: "person",
			SubjectID: int64(made.ID), Detail: map[string]any{"role": role}})
		return err
	})
	return made, err
}

// SetRole gives the account called name (or its e-mail address or handle)
// another role. It is signed out everywhere and its API tokens are withdrawn: a
// right must not reach a browser or a program that was trusted with less.
func (a *Actions) SetRole(ctx context.Context, name string, role forum.Role) (forum.Person, error) {
	found, err := a.findForShell(ctx, name)
	if err != nil {
		return forum.Person{}, err
	}
	return a.setRole(ctx, 0, found.ID, role)
}

// ResetPassword gives an account another password, signs it out everywhere and
// withdraws its API tokens.
func (a *Actions) ResetPassword(ctx context.Context, name, password string) (forum.Person, error) {
	found, err := a.findForShell(ctx, name)
	if err != nil {
		return forum.Person{}, err
	}
	if err := checkPassword("password", password); err != nil {
		return forum.Person{}, err
	}
	hash, err := a.accounts.hasher.hash(ctx, password)
	if err != nil {
		return forum.Person{}, err
	}
	err = a.db.Do(ctx, func(ctx context.Context, tx *postgres.Tx) error {
		if _, err := tx.LockMember(ctx, found.ID); err != nil {
			return err
		}
		if err := tx.SetPasswordHash(ctx, found.ID, hash); err != nil {
			return err
		}
		if err := endAccess(ctx, tx, found.ID); err != nil {
			return err
		}
		_, err := tx.Audit(ctx, postgres.AuditEntry{Action: postgres.ActResetPassword, SubjectKind: "person", SubjectID: int64(found.ID)})
		return err
	})
	return found.Person, err
}

// endAccess signs somebody out everywhere and withdraws their API tokens.
func endAccess(ctx context.Context, tx *postgres.Tx, id forum.PersonID) error {
	if _, err := tx.EndSessions(ctx, id, ""); err != nil {
		return err
	}
	_, err := tx.EndTokens(ctx, id)
	return err
}
