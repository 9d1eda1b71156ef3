package pgtest

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"hustings/internal/postgres"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// poolSize is enough for tests in which several people write at once.
const poolSize = 10

// closeTime is how long a test's connections may take to come back at its end.
const closeTime = 10 * time.Second

// New returns a pool on a database of t's own, migrated, empty, in the
// application's role. It is closed and the database dropped when t ends.
func New(t testing.TB) *pgxpool.Pool {
	t.Helper()
	cfg, err := pgxpool.ParseConfig(NewURL(t))
	must(t, err)
	cfg.ConnConfig.RuntimeParams["role"] = appRole
	cfg.MaxConns = poolSize
	pool, err := pgxpool.NewWithConfig(t.Context(), cfg)
	must(t, err)
	t.Cleanup(func() { closePool(t, pool) })
	return pool
}

// DB is a store on a database of t's own.
func DB(t testing.TB) *postgres.DB {
	t.Helper()
	db := postgres.New(New(t))
	t.Cleanup(db.Close)
	return db
}

// NewURL makes a database of t's own, migrated and empty, and returns its address
// as owner: for tests that start whole servers or need the owner's rights. What
// is still connected when t ends is cut off.
func NewURL(t testing.TB) string {
	t.Helper()
	r := current(t)
	name, err := r.clone(t.Context())
	must(t, err)
	t.Cleanup(func() {
		if err := r.drop(context.Background(), name); err != nil {
			t.Errorf("drop the test's database: %v", err)
		}
	})
	return r.url(name)
}

// Tx is a transaction in the application's role that is rolled back when t ends,
// on a database that all of this process's Tx share. Two open transactions that
// write the same unique value wait for each other: tests use names of their own.
// Identity values are used up by a rollback; no test may expect the number 1.
func Tx(t testing.TB) pgx.Tx {
	t.Helper()
	r := current(t)
	conn, err := r.borrow(t.Context())
	must(t, err)
	tx, err := conn.Begin(context.Background())
	if err != nil {
		_ = conn.Close(context.Background())
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = tx.Rollback(context.Background())
		r.giveBack(conn)
	})
	return tx
}

// DataDir is a folder that does not exist yet, for tests that start the private
// database themselves: unlike below t.TempDir, another user may enter it, which
// the database of root needs. It is removed when t ends.
func DataDir(t testing.TB) string {
	t.Helper()
	top, err := os.MkdirTemp("", "hustings-data-")
	must(t, err)
	must(t, os.Chmod(top, 0o755))
	t.Cleanup(func() { _ = os.RemoveAll(top) })
	return filepath.Join(top, "data")
}

// closePool closes a pool, and blames a test that has kept one of its connections
// instead of waiting for ever.
func closePool(t testing.TB, pool *pgxpool.Pool) {
	closed := make(chan struct{})
	go func() {
		pool.Close()
		close(closed)
	}()
	timer := time.NewTimer(closeTime)
	defer timer.Stop()
	select {
	case <-closed:
	case <-timer.C:
		t.Errorf("%d connections of the pool are still in use: rows not closed, or a transaction not ended", pool.Stat().AcquiredConns())
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
