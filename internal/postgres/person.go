package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"strconv"

	"hustings/internal/forum"

	"github.com/jackc/pgx/v5"
)

// Account is a member as sign-in and the settings need it. It never goes to a
// page as a whole.
type Account struct {
	forum.Person
	PasswordHash string // PHC string; "": cannot sign in
}

// NewMember is what AddMember stores.
type NewMember struct {
	Name         string // as displayed, already checked
	Skeleton     string // its confusable-free form; no two members share one
	Email        string // "": none
	PasswordHash string
	Role         forum.Role
}

// Ident is one of the ways to name a member; the empty ones are left out.
type Ident struct {
	Skeleton string // of the name
	Email    string // in any case
	Handle   string
}

const personColumns = `p.id, p.kind, p.role, p.name, p.handle, coalesce(p.email, ''), p.created_at`

func personFields(p *forum.Person) []any {
	return []any{&p.ID, &p.Kind, &p.Role, &p.Name, &p.Handle, &p.Email, &p.CreatedAt}
}

// AddMember makes an account with a free handle. A name or e-mail address that
// another member has is Invalid, with the field.
func (t *Tx) AddMember(ctx context.Context, m NewMember) (p forum.Person, err error) {
	defer wrap(&err, "add member")
	for round := 0; ; round++ {
		err = t.QueryRow(ctx, `insert into person as p (kind, role, name, handle, skeleton, email, password_hash)
			values ('member', $1, $2, $3, $4, $5, $6) on conflict (handle) do nothing returning `+personColumns,
			m.Role, m.Name, handleFor(m.Name, round), m.Skeleton, orNull(m.Email), orNull(m.PasswordHash)).Scan(personFields(&p)...)
		if err != pgx.ErrNoRows { //nolint:errorlint // Scan gives it bare, and only it means "handle taken"
			return p, translate(err)
		}
	}
}

// handleFor is the handle to try in a round: that of the name, then with -2,
// then with numbers from a range that grows tenfold each round. They are drawn
// from the name, so the same names get the same handles again, and a thousand
// people of one name still find theirs in a few rounds.
func handleFor(name string, round int) string { return handleOf(name, name, round) }

// handleOf is handleFor with numbers drawn from seed.
func handleOf(name, seed string, round int) string {
	base := forum.Slug(name)
	if base == "untitled" {
		base = "person"
	}
	switch {
	case round == 0:
		return base
	case round == 1:
		return base + "-2"
	}
	span := uint64(1)
	for range min(round, 18) {
		span *= 10
	}
	sum := sha256.Sum256([]byte(strconv.Itoa(round) + seed))
	return base + "-" + strconv.FormatUint(3+binary.BigEndian.Uint64(sum[:8])%span, 10)
}

// FindMember finds an account by name, e-mail address or handle; NotFound where
// there is none. Of several hits the name wins.
func (db *DB) FindMember(ctx context.Context, id Ident) (a Account, err error) {
	defer wrap(&err, "find member")
	err = db.pool.QueryRow(ctx, `select `+personColumns+`, coalesce(p.password_hash, '') from person p
		where p.kind = 'member' and (p.skeleton = $1 or lower(p.email) = lower($2) or p.handle = $3)
		order by p.skeleton = $1 desc nulls last, p.handle = $3 desc limit 1`,
		orNull(id.Skeleton), orNull(id.Email), orNull(id.Handle)).Scan(append(personFields(&a.Person), &a.PasswordHash)...)
	return a, notFound(err, "There is no account with this name.")
}

// Account is the viewer's own account, for settings. Unauthenticated for
// somebody who has none.
func (db *DB) Account(ctx context.Context, v forum.Viewer) (a Account, err error) {
	defer wrap(&err, "account %d", v.ID)
	if !v.SignedIn() {
		return a, forum.NewError(forum.Unauthenticated, "Please sign in first.")
	}
	err = db.pool.QueryRow(ctx, `select `+personColumns+`, coalesce(p.password_hash, '') from person p
		where p.id = $1 and p.kind = 'member'`, v.ID).Scan(append(personFields(&a.Person), &a.PasswordHash)...)
	return a, notFound(err, "There is no such account.")
}

// LockMember reads an account that is about to change; changes of one account
// wait for each other, replies by it do not.
func (t *Tx) LockMember(ctx context.Context, id forum.PersonID) (a Account, err error) {
	defer wrap(&err, "lock member %d", id)
	err = t.QueryRow(ctx, `select `+personColumns+`, coalesce(p.password_hash, '') from person p
		where p.id = $1 and p.kind = 'member' for no key update`, id).Scan(append(personFields(&a.Person), &a.PasswordHash)...)
	return a, notFound(err, "There is no such account.")
}

// SetRole changes what an account may do.
func (t *Tx) SetRole(ctx context.Context, id forum.PersonID, role forum.Role) error {
	return t.changeMember(ctx, `update person set role = $2 where id = $1 and kind = 'member'`, id, role)
}

// SetPasswordHash replaces the hash of an account's password.
func (t *Tx) SetPasswordHash(ctx context.Context, id forum.PersonID, hash string) error {
	return t.changeMember(ctx, `update person set password_hash = $2 where id = $1 and kind = 'member'`, id, hash)
}

// SetEmail replaces an account's e-mail address; "" takes it away.
func (t *Tx) SetEmail(ctx context.Context, id forum.PersonID, email string) error {
	return t.changeMember(ctx, `update person set email = $2 where id = $1 and kind = 'member'`, id, orNull(email))
}

func (t *Tx) changeMember(ctx context.Context, sql string, id forum.PersonID, value any) (err error) {
	defer wrap(&err, "change member %d", id)
	tag, err := t.Exec(ctx, sql, id, value)
	if err != nil {
		return translate(err)
	}
	if tag.RowsAffected() == 0 {
		return forum.NewError(forum.NotFound, "There is no such account.")
	}
	return nil
}

// LooksLikeStaff tells whether a name would be taken for a moderator's or an
// admin's: bare is its skeleton without the signs between words.
func (t *Tx) LooksLikeStaff(ctx context.Context, bare string) (alike bool, err error) {
	defer wrap(&err, "looks like staff")
	err = t.QueryRow(ctx, `select exists (select from person where kind = 'member' and role <> 'reader'
		and translate(skeleton, ' -_.', '') = $1)`, bare).Scan(&alike)
	return alike, err
}
