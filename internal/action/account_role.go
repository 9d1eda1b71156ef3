package action

import (
	"context"

	"hustings/internal/forum"
	"hustings/internal/postgres"
)

// ChangeRole is SetRole by an admin. Nobody changes their own role, so a site
// never loses its last admin by accident.
func (a *Actions) ChangeRole(ctx context.Context, v forum.Viewer, person forum.PersonID, role forum.Role) (forum.Person, error) {
	if err := forum.CanAdminister(v); err != nil {
		return forum.Person{}, err
	}
	if person == v.ID {
		return forum.Person{}, forum.NewError(forum.Forbidden, "You can’t change your own role. Another admin can.")
	}
	return a.setRole(ctx, v.ID, person, role)
}

func (a *Actions) setRole(ctx context.Context, actor, person forum.PersonID, role forum.Role) (forum.Person, error) {
	var changed forum.Person
	err := a.db.Do(ctx, func(ctx context.Context, tx *postgres.Tx) error {
		account, err := tx.LockMember(ctx, person)
		if err != nil {
			return err
		}
		before := account.Role
		changed = account.Person
		changed.Role = role
		if before == role {
			return nil
		}
		if err := tx.SetRole(ctx, person, role); err != nil {
			return err
		}
		if err := endAccess(ctx, tx, person); err != nil {
			return err
		}
		_, err = tx.Audit(ctx, postgres.AuditEntry{Actor: actor, Action: postgres.ActRole, SubjectKind: "person",
			SubjectID: int64(person), Detail: map[string]any{"from": before, "to": role}})
		return err
	})
	return changed, err
}
