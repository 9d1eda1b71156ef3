package postgres

import (
	"context"
	"crypto/sha256"
	"time"

	"hustings/internal/forum"

	"github.com/jackc/pgx/v5"
)

// How long a browser stays signed in: without a visit, and at most. Readers have
// little to lose and should not type passwords for sport. Somebody who can
// remove other people's words signs in every week, and after a day away: an
// unattended or stolen browser of theirs harms others.
const (
	ReaderIdle = 30 * 24 * time.Hour
	ReaderMost = 90 * 24 * time.Hour
	StaffIdle  = 24 * time.Hour
	StaffMost  = 7 * 24 * time.Hour
)

const (
	// seenEvery is how exact "last seen" is; between, reading writes nothing.
	seenEvery = 5 * time.Minute
	// maxSessions is how many browsers one account may be signed in with; the
	// one not seen for longest gives way.
	maxSessions = 50
)

// live is the condition for a session s of person p to count, by the role the
// person has now: a new moderator's old session keeps no reader's patience.
const live = `s.expires_at > now() and case when p.role = 'reader'
	then s.seen_at > now() - @reader_idle::interval and s.created_at > now() - @reader_most::interval
	else s.seen_at > now() - @staff_idle::interval and s.created_at > now() - @staff_most::interval end`

func spans(more pgx.NamedArgs) pgx.NamedArgs {
	more["reader_idle"], more["reader_most"] = ReaderIdle, ReaderMost
	more["staff_idle"], more["staff_most"] = StaffIdle, StaffMost
	more["seen_every"] = seenEvery
	return more
}

// hashToken is all that is kept of a session, an API token or a draft's token.
func hashToken(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// AddSession signs a browser in. Token is its random secret; userAgent is cut to
// what a list can show.
func (t *Tx) AddSession(ctx context.Context, person forum.PersonID, token, userAgent string) (err error) {
	defer wrap(&err, "add session of %d", person)
	_, err = t.Exec(ctx, `insert into session (token_hash, person_id, expires_at, user_agent)
		values ($1, $2, now() + $3::interval, left($4, 200))`, hashToken(token), person, ReaderMost, userAgent)
	if err != nil {
		return translate(err)
	}
	_, err = t.Exec(ctx, `delete from session where token_hash in (
		select token_hash from session where person_id = $1 order by seen_at desc, token_hash offset $2)`, person, maxSessions)
	return translate(err)
}

// SessionViewer is who is signed in with a token, and whether the session should
// be marked as seen. NotFound where it is unknown, has ended or run out.
func (db *DB) SessionViewer(ctx context.Context, token string) (v forum.Viewer, stale bool, err error) {
	defer wrap(&err, "session")
	err = db.pool.QueryRow(ctx, `select p.id, p.name, p.handle, p.role, s.seen_at < now() - @seen_every::interval
		from session s join person p on p.id = s.person_id where s.token_hash = @hash and `+live,
		spans(pgx.NamedArgs{"hash": hashToken(token)})).Scan(&v.ID, &v.Name, &v.Handle, &v.Role, &stale)
	return v, stale, notFound(err, "You are not signed in.")
}

// SeeSession notes that a session is in use; several requests at once note it once.
func (t *Tx) SeeSession(ctx context.Context, token string) (err error) {
	defer wrap(&err, "see session")
	_, err = t.Exec(ctx, `update session set seen_at = now() where token_hash = $1 and seen_at < now() - $2::interval`,
		hashToken(token), seenEvery)
	return translate(err)
}

// EndSession signs one browser out. One that is not signed in is no error.
func (t *Tx) EndSession(ctx context.Context, token string) (err error) {
	defer wrap(&err, "end session")
	_, err = t.Exec(ctx, `delete from session where token_hash = $1`, hashToken(token))
	return translate(err)
}

// EndSessionByID signs out the browser with an id of Sessions; NotFound where the
// person has no such session.
func (t *Tx) EndSessionByID(ctx context.Context, person forum.PersonID, id string) (err error) {
	defer wrap(&err, "end session of %d", person)
	tag, err := t.Exec(ctx, `delete from session where person_id = $1 and `+publicID+` = $2`, person, id)
	if err == nil && tag.RowsAffected() == 0 {
		return forum.NewError(forum.NotFound, "This browser is not signed in any more.")
	}
	return translate(err)
}

// EndSessions signs a person out everywhere, except with the token given ("": none).
func (t *Tx) EndSessions(ctx context.Context, person forum.PersonID, except string) (n int, err error) {
	defer wrap(&err, "end sessions of %d", person)
	tag, err := t.Exec(ctx, `delete from session where person_id = $1 and token_hash <> $2`, person, hashToken(except))
	return int(tag.RowsAffected()), translate(err)
}

// publicID names a session or token on its owner's page; it opens nothing.
const publicID = `encode(substring(token_hash for 8), 'hex')`

// Session is one browser that a person is signed in with.
type Session struct {
	ID        string // for EndSessionByID
	CreatedAt time.Time
	SeenAt    time.Time
	UserAgent string // as the browser gave it
	Current   bool   // the one that asks
}

// Sessions lists where the viewer is signed in, last seen first. Token is the
// secret of the session that asks.
func (db *DB) Sessions(ctx context.Context, v forum.Viewer, token string) (list []Session, err error) {
	defer wrap(&err, "sessions of %d", v.ID)
	rows, err := db.pool.Query(ctx, `select `+publicID+` as id, s.created_at, s.seen_at, s.user_agent, s.token_hash = @hash as current
		from session s join person p on p.id = s.person_id where p.id = @person and `+live+` order by s.seen_at desc, s.token_hash`,
		spans(pgx.NamedArgs{"hash": hashToken(token), "person": v.ID}))
	if err != nil {
		return nil, translate(err)
	}
	list, err = pgx.CollectRows(rows, pgx.RowToStructByName[Session])
	return list, translate(err)
}

// SweepSessions deletes sessions that have run out, at most a thousand a call.
func (t *Tx) SweepSessions(ctx context.Context) (err error) {
	defer wrap(&err, "sweep sessions")
	_, err = t.Exec(ctx, `delete from session where token_hash = any (array(
		select token_hash from session where expires_at < now() limit 1000 for update skip locked))`)
	return translate(err)
}
