package forum

import "time"

// PersonKind tells an account from a name without one.
type PersonKind string

// The kinds of person.
const (
	Member   PersonKind = "member"   // an account here
	Imported PersonKind = "imported" // a name that came with an import; cannot sign in
	Guest    PersonKind = "guest"    // replied without an account
)

// Role is what an account may do beyond reading and replying.
type Role string

// The roles; each includes the ones before it.
const (
	Reader    Role = "reader"
	Moderator Role = "moderator"
	Admin     Role = "admin"
)

// ParseRole reads a role by name.
func ParseRole(s string) (Role, error) {
	switch r := Role(s); r {
	case Reader, Moderator, Admin:
		return r, nil
	}
	return "", FieldError("role", "There is no role “%s”. The roles are reader, moderator and admin.", s)
}

// Rank orders roles: a higher one may do all that a lower one may.
func (r Role) Rank() int {
	switch r {
	case Admin:
		return 2
	case Moderator:
		return 1
	}
	return 0
}

// Person is somebody who has written here or may. Owned by its account; role is
// changed by admins only.
type Person struct {
	ID        PersonID
	Kind      PersonKind
	Role      Role
	Name      string // as displayed, verbatim
	Handle    string // unique, in /people/{handle}
	Email     string // "" if none
	CreatedAt time.Time
}

// Viewer is who is looking. Every read and every action takes one; the zero
// Viewer is somebody who has not signed in.
type Viewer struct {
	ID     PersonID // 0: not signed in
	Name   string
	Handle string
	Role   Role
}

// Anonymous is the viewer who has not signed in.
var Anonymous = Viewer{Role: Reader}

// SignedIn tells whether the viewer has an account.
func (v Viewer) SignedIn() bool { return v.ID != 0 }

// Moderates tells whether the viewer may moderate.
func (v Viewer) Moderates() bool { return v.SignedIn() && v.Role.Rank() >= Moderator.Rank() }

// Administers tells whether the viewer is an admin.
func (v Viewer) Administers() bool { return v.SignedIn() && v.Role == Admin }
