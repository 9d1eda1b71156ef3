package postgres

import (
	"context"
	"crypto/hmac"
	"time"

	"hustings/internal/forum"

	"github.com/jackc/pgx/v5"
)

// ClaimID is the number of a claim.
type ClaimID int64

// ClaimState says what became of a claim.
type ClaimState string

// The states of a claim.
const (
	ClaimOpen     ClaimState = "open"
	ClaimApproved ClaimState = "approved"
	ClaimRefused  ClaimState = "refused"
	ClaimUndone   ClaimState = "undone"
)

// MailEvidence is what the e-mail addresses of an account and of imported comments
// say of each other. The addresses of accounts are not verified: "same" is no proof.
type MailEvidence string

// What can be known of two addresses.
const (
	MailSame    MailEvidence = "same"
	MailOther   MailEvidence = "other"
	MailMissing MailEvidence = "missing" // the account has none
	MailUnknown MailEvidence = "unknown" // the source gave none
)

// ClaimUndoDays is for how many days an approved claim can be taken back.
const ClaimUndoDays = 30

// Claim is a member's word that an imported person's comments are theirs.
type Claim struct {
	ID           ClaimID
	State        ClaimState
	Note         string // the member's
	Reason       string // the admin's
	CreatedAt    time.Time
	DecidedAt    *time.Time
	Member       forum.PersonID
	MemberName   string
	MemberHandle string
	MemberSince  time.Time
	Imported     forum.PersonID
	Name         string // the imported person's, as it was looked at
	Handle       string
	Source       string
	Names        []string // under which the source knows this person
	Comments     int      // that would move, or have moved
	First, Last  *time.Time
	Taken        bool // the comments are somebody's already
	Undoable     bool
	Mail         MailEvidence
}

// samePerson are the rows of one imported person p: those with its key. Whom the
// source knows by name only is that row alone.
const samePerson = `(o.id = p.id or o.kind = 'imported' and o.source = p.source and o.author_key = p.author_key and p.author_key <> '` + NameOnly + `')`

const claimQuery = `
select q.id, q.state, q.note, q.reason, q.created_at, q.decided_at, m.id as member, m.name as member_name, m.handle as member_handle,
	m.created_at as member_since, p.id as imported, p.name, p.handle, p.source, g.names,
	case when q.state = 'open' then n.comments else q.comments end as comments, n.first, n.last,
	q.state = 'open' and p.claimed_by is not null as taken,
	q.state = 'approved' and q.decided_at > now() - make_interval(days => $1) as undoable,
	coalesce(m.email, '') as address, p.email_hash as hash
from claim q join person m on m.id = q.member_id join person p on p.id = q.imported_id
cross join lateral (select array_agg(o.name order by o.name, o.id) as names, array_agg(o.id) as ids from person o where ` + samePerson + `) g
cross join lateral (select count(*)::int as comments, min(c.created_at) as first, max(c.created_at) as last
	from comment c where c.author_id = any (g.ids)) n
`

// Claims lists the claims that wait, oldest first, and then those decided last, at
// most limit of each. It is for admins.
func (db *DB) Claims(ctx context.Context, v forum.Viewer, limit int) (list []Claim, err error) {
	defer wrap(&err, "claims")
	if err := forum.CanAdminister(v); err != nil {
		return nil, err
	}
	waiting, err := db.claims(ctx, claimQuery+`where q.state = 'open' order by q.id limit $2`, ClaimUndoDays, limit)
	if err != nil {
		return nil, err
	}
	decided, err := db.claims(ctx, claimQuery+`where q.state <> 'open' order by q.decided_at desc limit $2`, ClaimUndoDays, limit)
	return append(waiting, decided...), err
}

// OwnClaim is the viewer's newest claim of an imported person; NotFound where there
// is none. It says nothing of the evidence.
func (db *DB) OwnClaim(ctx context.Context, v forum.Viewer, imported forum.PersonID) (c Claim, err error) {
	defer wrap(&err, "own claim")
	list, err := db.claims(ctx, claimQuery+`where q.member_id = $2 and q.imported_id = $3 order by q.id desc limit 1`, ClaimUndoDays, v.ID, imported)
	if err != nil {
		return c, err
	}
	if len(list) == 0 {
		return c, forum.NewError(forum.NotFound, noClaim)
	}
	list[0].Mail = ""
	return list[0], nil
}

const noClaim = "There is no such request."

// OpenClaims is how many claims wait for an admin.
func (db *DB) OpenClaims(ctx context.Context) (n int, err error) {
	err = db.pool.QueryRow(ctx, `select count(*) from claim where state = 'open'`).Scan(&n)
	return n, translate(err)
}

// claimRow is a claim with what its evidence is made of, which never leaves here.
type claimRow struct {
	Claim
	Address string
	Hash    []byte
}

func (db *DB) claims(ctx context.Context, query string, args ...any) ([]Claim, error) {
	rows, err := db.pool.Query(ctx, query, args...)
	if err != nil {
		return nil, translate(err)
	}
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (r claimRow, err error) {
		err = row.Scan(&r.ID, &r.State, &r.Note, &r.Reason, &r.CreatedAt, &r.DecidedAt, &r.Member, &r.MemberName, &r.MemberHandle, &r.MemberSince,
			&r.Imported, &r.Name, &r.Handle, &r.Source, &r.Names, &r.Comments, &r.First, &r.Last, &r.Taken, &r.Undoable, &r.Address, &r.Hash)
		return r, err
	})
	if err != nil || len(found) == 0 {
		return nil, translate(err)
	}
	key, err := db.MailKey(ctx)
	if err != nil {
		return nil, err
	}
	list := make([]Claim, len(found))
	for i, r := range found {
		list[i] = r.Claim
		list[i].Mail = mailEvidence(key, r.Address, r.Hash)
	}
	return list, nil
}

func mailEvidence(key []byte, address string, hash []byte) MailEvidence {
	switch {
	case hash == nil:
		return MailUnknown
	case address == "":
		return MailMissing
	case hmac.Equal(MailHash(key, address), hash):
		return MailSame
	}
	return MailOther
}

// ClaimLink is what a link that gives comments away says before it is used.
type ClaimLink struct {
	Imported forum.PersonID
	Name     string
	Handle   string
	Source   string
	Names    []string
	Comments int
	// Refusal says why this viewer can't use it; nil where they can.
	Refusal error
}

// ClaimLink reads a link for the viewer; NotFound where there is none.
func (db *DB) ClaimLink(ctx context.Context, v forum.Viewer, token string) (l ClaimLink, err error) {
	defer wrap(&err, "claim link")
	var member forum.PersonID
	var expired, used, taken bool
	err = db.pool.QueryRow(ctx, `select p.id, p.name, p.handle, p.source, g.names, (select count(*) from comment c where c.author_id = any (g.ids)),
			coalesce(l.member_id, 0), l.expires_at <= now(), l.used_at is not null, p.claimed_by is not null
		from claim_link l join person p on p.id = l.imported_id
		cross join lateral (select array_agg(o.name order by o.name, o.id) as names, array_agg(o.id) as ids from person o where `+samePerson+`) g
		where l.token_hash = $1`, hashToken(token)).
		Scan(&l.Imported, &l.Name, &l.Handle, &l.Source, &l.Names, &l.Comments, &member, &expired, &used, &taken)
	if err != nil {
		return l, notFound(err, noLink)
	}
	l.Refusal = linkRefusal(v, member, used, expired, taken)
	return l, nil
}

const noLink = "This link is not complete, or has never been one of ours. Please ask the admin who sent it."

// linkRefusal says in a sentence why a link gives nothing; nil where it does.
func linkRefusal(v forum.Viewer, member forum.PersonID, used, expired, taken bool) error {
	switch {
	case used:
		return forum.NewError(forum.Conflict, "This link has already been used, and works only once.")
	case member != 0 && member != v.ID:
		return forum.NewError(forum.Conflict, "This link was made for somebody else’s account.")
	case expired:
		return forum.NewError(forum.Conflict, "This link has run out. Please ask the admin for another one.")
	case taken:
		return forum.NewError(forum.Conflict, "These comments belong to an account already.")
	}
	return nil
}
