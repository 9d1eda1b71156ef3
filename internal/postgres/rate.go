package postgres

import (
	"context"
	"time"

	"hustings/internal/forum"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Limit is a rate: N at once, and N more over each Per. The allowance comes back
// evenly (generic cell rate algorithm), so nobody waits for a window to end.
type Limit struct {
	N   int
	Per time.Duration
}

// querier is the pool or a transaction.
type querier interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// Take takes one from the allowance of a key, or refuses with TooMany and the
// time until the next. It commits by itself: a refusal is not undone with the
// act it stopped, and no lock is held while that act goes on. By the database's
// clock, so it holds over instances and restarts.
func (db *DB) Take(ctx context.Context, key string, l Limit) error { return take(ctx, db.pool, key, l) }

// Take is DB.Take inside a transaction: what was taken comes back with a
// rollback, and others with the same key wait until the end.
func (t *Tx) Take(ctx context.Context, key string, l Limit) error { return take(ctx, t, key, l) }

func take(ctx context.Context, q querier, key string, l Limit) (err error) {
	defer wrap(&err, "take")
	step := l.Per / time.Duration(l.N)
	// now() is when the transaction began; where another took from the same key
	// meanwhile, greatest() keeps time from running backwards.
	tag, err := q.Exec(ctx, `insert into rate_bucket as b (key, full_at) values ($1, now() + $2::interval)
		on conflict (key) do update set full_at = greatest(b.full_at, now()) + $2::interval
		where greatest(b.full_at, now()) + $2::interval <= now() + $3::interval`, key, step, l.Per)
	if err != nil || tag.RowsAffected() == 1 {
		return translate(err)
	}
	wait := step
	err = q.QueryRow(ctx, `select greatest(full_at + $2::interval - $3::interval - now(), '1 second') from rate_bucket where key = $1`,
		key, step, l.Per).Scan(&wait)
	if err != nil && err != pgx.ErrNoRows { //nolint:errorlint // swept meanwhile; Scan gives it bare
		return translate(err)
	}
	return &forum.Error{Kind: forum.TooMany, Msg: "That was too often in a short time. Please wait a little and try again.", RetryAfter: wait}
}

// GiveBack returns one to the allowance of a key: what was taken beforehand
// turned out not to count.
func (db *DB) GiveBack(ctx context.Context, key string, l Limit) (err error) {
	defer wrap(&err, "give back")
	_, err = db.pool.Exec(ctx, `update rate_bucket set full_at = full_at - $2::interval where key = $1`, key, l.Per/time.Duration(l.N))
	return translate(err)
}

// SweepRates deletes buckets that are whole again, at most a thousand a call.
func (t *Tx) SweepRates(ctx context.Context) (err error) {
	defer wrap(&err, "sweep rates")
	_, err = t.Exec(ctx, `delete from rate_bucket where key = any (array(
		select key from rate_bucket where full_at < now() limit 1000 for update skip locked))`)
	return translate(err)
}
