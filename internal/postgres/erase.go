package postgres

import (
	"context"
	"slices"

	"hustings/internal/forum"

	"github.com/jackc/pgx/v5"
)

// Erasable is somebody whose traces can be erased: an account with the imported
// names that it has claimed, or an imported person under all names that the
// source knows them by. Names of others with the same e-mail address may belong
// to it.
type Erasable struct {
	ID      forum.PersonID
	Account bool
	rows    []personRow
	mails   [][]byte // whose every import is to be left nameless
}

// personRow is one row of somebody.
type personRow struct {
	id           forum.PersonID
	member       bool
	role         forum.Role
	name         string
	source, key  string // of an imported one
	claimedBy    forum.PersonID
	mail         []byte
	handle, addr string
}

// IDs are the numbers of all rows.
func (p *Erasable) IDs() []forum.PersonID {
	ids := make([]forum.PersonID, len(p.rows))
	for i, row := range p.rows {
		ids[i] = row.id
	}
	return ids
}

// Names are the different names.
func (p *Erasable) Names() []string {
	var names []string
	for _, row := range p.rows {
		names = append(names, row.name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Sources are the sources of imports that know this person.
func (p *Erasable) Sources() []string {
	var list []string
	for _, row := range p.rows {
		if row.source != "" {
			list = append(list, row.source)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// traces are what a page or an address of this person may be found by, besides
// the names.
func (p *Erasable) traces() []string {
	list := p.Names()
	for _, row := range p.rows {
		if row.addr != "" {
			list = append(list, row.addr)
		}
	}
	return list
}

// noPerson is said of whoever is not here.
const noPerson = "There is nobody of this name here."

const erasableQuery = `select p.id, p.kind = 'member', p.role, p.name, coalesce(p.source, ''), coalesce(p.author_key, ''), coalesce(p.claimed_by, 0),
	p.email_hash, p.handle, coalesce(p.email, p.url, '') from person p where `

// FindErasable reads whom erasing the person with a handle would be about, with
// all imported people of the same e-mail address where sameMail asks for it.
// Names that another account has claimed are left to that. Accounts with rights,
// and names that an account has claimed, are a Conflict.
func (db *DB) FindErasable(ctx context.Context, handle string, sameMail bool) (*Erasable, error) {
	return findErasable(ctx, db.pool, handle, sameMail, "")
}

// LockErasable reads the same and keeps anybody from writing as one of them until
// the transaction ends.
func (t *Tx) LockErasable(ctx context.Context, handle string, sameMail bool) (*Erasable, error) {
	return findErasable(ctx, t, handle, sameMail, " for update")
}

func findErasable(ctx context.Context, q asker, handle string, sameMail bool, lock string) (p *Erasable, err error) {
	defer wrap(&err, "find whom to erase")
	p = &Erasable{}
	first, err := personRows(ctx, q, erasableQuery+`p.handle = $1`+lock, handle)
	if err != nil {
		return nil, err
	}
	if len(first) == 0 || !first[0].member && first[0].source == "" {
		return nil, forum.NewError(forum.NotFound, noPerson)
	}
	one := first[0]
	p.ID, p.Account = one.id, one.member
	switch {
	case one.claimedBy != 0:
		return nil, forum.NewError(forum.Conflict, "This name belongs to an account. Please erase that account, or take the claim back first.")
	case one.member && one.role != forum.Reader:
		return nil, forum.NewError(forum.Conflict, "This account has rights here. Please make it a reader first.")
	case one.member:
		p.rows, err = personRows(ctx, q, erasableQuery+`p.id = $1 or p.claimed_by = $1 order by p.id`+lock, one.id)
	default:
		p.rows, err = personRows(ctx, q, erasableQuery+`p.id = $1 or p.kind = 'imported' and p.source = $2 and p.author_key = $3
			and p.author_key <> '`+NameOnly+`' order by p.id`+lock, one.id, one.source, one.key)
	}
	if err != nil || !sameMail {
		return p, err
	}
	return p, p.addSameMail(ctx, q, lock)
}

// addSameMail adds the imported people with one of the e-mail addresses.
func (p *Erasable) addSameMail(ctx context.Context, q asker, lock string) error {
	var key string
	if err := q.QueryRow(ctx, `select value from setting where name = 'mail_key'`).Scan(&key); err != nil {
		return translate(err)
	}
	for _, row := range p.rows {
		if row.mail != nil {
			p.mails = append(p.mails, row.mail)
		}
		if row.member && row.addr != "" {
			p.mails = append(p.mails, MailHash([]byte(key), row.addr))
		}
	}
	if len(p.mails) == 0 {
		return nil
	}
	more, err := personRows(ctx, q, erasableQuery+`p.kind = 'imported' and p.email_hash = any($1) and p.claimed_by is null and p.id <> all($2) order by p.id`+lock,
		p.mails, p.IDs())
	p.rows = append(p.rows, more...)
	return err
}

func personRows(ctx context.Context, q asker, query string, args ...any) ([]personRow, error) {
	rows, err := q.Query(ctx, query, args...)
	if err != nil {
		return nil, translate(err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (r personRow, err error) {
		err = row.Scan(&r.id, &r.member, &r.role, &r.name, &r.source, &r.key, &r.claimedBy, &r.mail, &r.handle, &r.addr)
		return r, err
	})
	return list, translate(err)
}

// ErasableFigures count what erasing would be about.
type ErasableFigures struct {
	Comments, Articles int // with a comment by the person
	Bylines            int // articles that name the person as their author; they keep the name
	Reports            int // that the person has sent
}

// CountErasable counts it.
func (db *DB) CountErasable(ctx context.Context, p *Erasable) (f ErasableFigures, err error) {
	defer wrap(&err, "count what would be erased")
	err = db.pool.QueryRow(ctx, `select count(*), count(distinct article_id), (select count(*) from article where author = any($2)),
			(select count(*) from report where reporter_id = any($1))
		from comment where author_id = any($1) or imported_as = any($1)`, p.IDs(), p.Names()).Scan(&f.Comments, &f.Articles, &f.Bylines, &f.Reports)
	return f, translate(err)
}

// FindErasable reads the same as the store's FindErasable, in the transaction.
func (t *Tx) FindErasable(ctx context.Context, handle string, sameMail bool) (*Erasable, error) {
	return findErasable(ctx, t, handle, sameMail, "")
}
