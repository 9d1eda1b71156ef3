package postgres

import (
	"context"
	"time"

	"hustings/internal/forum"

	"github.com/jackc/pgx/v5"
)

// maxTokens is how many API tokens one account may have at a time.
const maxTokens = 50

// AddToken keeps a new API token of an account; only its SHA-256 is stored. The
// account should be locked, so that the limit of 50 holds.
func (t *Tx) AddToken(ctx context.Context, person forum.PersonID, token, label string) (err error) {
	defer wrap(&err, "add token of %d", person)
	tag, err := t.Exec(ctx, `insert into token (token_hash, person_id, label)
		select $1, $2, $3 where (select count(*) from token where person_id = $2) < $4`, hashToken(token), person, label, maxTokens)
	if err == nil && tag.RowsAffected() == 0 {
		return forum.NewError(forum.Conflict, "An account can have at most %d API tokens. Please withdraw one first.", maxTokens)
	}
	return translate(err)
}

// ViewerByToken is whose API token this is, and whether it should be marked as
// used. Unauthenticated where it is unknown or was withdrawn.
func (db *DB) ViewerByToken(ctx context.Context, token string) (v forum.Viewer, stale bool, err error) {
	defer wrap(&err, "viewer by token")
	err = db.pool.QueryRow(ctx, `select p.id, p.name, p.handle, p.role, coalesce(k.used_at < now() - $2::interval, true)
		from token k join person p on p.id = k.person_id where k.token_hash = $1`, hashToken(token), seenEvery).
		Scan(&v.ID, &v.Name, &v.Handle, &v.Role, &stale)
	if err == pgx.ErrNoRows { //nolint:errorlint // Scan gives it bare
		return forum.Anonymous, false, forum.NewError(forum.Unauthenticated, "This API token is not valid, or has been withdrawn.")
	}
	return v, stale, translate(err)
}

// UseToken notes that a token is in use.
func (t *Tx) UseToken(ctx context.Context, token string) (err error) {
	defer wrap(&err, "use token")
	_, err = t.Exec(ctx, `update token set used_at = now() where token_hash = $1
		and (used_at is null or used_at < now() - $2::interval)`, hashToken(token), seenEvery)
	return translate(err)
}

// EndToken withdraws the token with an id of Tokens; NotFound where the person
// has none such.
func (t *Tx) EndToken(ctx context.Context, person forum.PersonID, id string) (err error) {
	defer wrap(&err, "end token of %d", person)
	tag, err := t.Exec(ctx, `delete from token where person_id = $1 and `+publicID+` = $2`, person, id)
	if err == nil && tag.RowsAffected() == 0 {
		return forum.NewError(forum.NotFound, "This API token has already been withdrawn.")
	}
	return translate(err)
}

// EndTokens withdraws all API tokens of a person.
func (t *Tx) EndTokens(ctx context.Context, person forum.PersonID) (n int, err error) {
	defer wrap(&err, "end tokens of %d", person)
	tag, err := t.Exec(ctx, `delete from token where person_id = $1`, person)
	return int(tag.RowsAffected()), translate(err)
}

// Token is one API token as its owner sees it; the secret itself is not kept.
type Token struct {
	ID        string // for EndToken
	Label     string
	CreatedAt time.Time
	UsedAt    *time.Time // nil: never; exact to five minutes
}

// Tokens lists the viewer's API tokens, newest first.
func (db *DB) Tokens(ctx context.Context, v forum.Viewer) (list []Token, err error) {
	defer wrap(&err, "tokens of %d", v.ID)
	rows, err := db.pool.Query(ctx, `select `+publicID+` as id, label, created_at, used_at from token
		where person_id = $1 order by created_at desc, token_hash`, v.ID)
	if err != nil {
		return nil, translate(err)
	}
	list, err = pgx.CollectRows(rows, pgx.RowToStructByName[Token])
	return list, translate(err)
}
