package postgres_test

import (
	"context"
	"testing"

	"hustings/internal/forum"
	"hustings/internal/pgtest"
	"hustings/internal/postgres"

	"github.com/jackc/pgx/v5"
)

// After a restart of PostgreSQL people are asked to try again; nothing is wrong
// with the program, nor with what they sent.
func TestDB_says_Unavailable_where_its_connections_broke(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	db := postgres.New(pool)
	t.Cleanup(db.Close)
	owner := pool.Config().ConnConfig.Copy()
	delete(owner.RuntimeParams, "role") // ending the sessions of others takes its rights
	outside, err := pgx.ConnectConfig(t.Context(), owner)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { outside.Close(context.Background()) }) //nolint:errcheck // the test is over
	cut := func() {
		if _, err := outside.Exec(t.Context(), `select pg_terminate_backend(pid) from pg_stat_activity
			where datname = current_database() and pid <> pg_backend_pid()`); err != nil {
			t.Fatal(err)
		}
	}
	for name, use := range map[string]func() error{
		"in a transaction": func() error {
			return db.Do(t.Context(), func(ctx context.Context, tx *postgres.Tx) error {
				cut()
				return tx.Changed(ctx, 1, 0)
			})
		},
		"at the end of one": func() error {
			return db.Do(t.Context(), func(context.Context, *postgres.Tx) error {
				cut()
				return nil
			})
		},
		"in a step with a name": func() error {
			return db.Do(t.Context(), func(ctx context.Context, tx *postgres.Tx) error {
				cut()
				_, err := tx.LockArticle(ctx, "a")
				return err
			})
		},
	} {
		if err := use(); forum.KindOf(err) != forum.Unavailable {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDB_tells_a_caller_who_has_gone_from_a_broken_connection(t *testing.T) {
	t.Parallel()
	db := pgtest.DB(t)
	ctx, cancel := context.WithCancel(t.Context())
	err := db.Do(ctx, func(ctx context.Context, tx *postgres.Tx) error {
		cancel()
		return tx.Changed(ctx, 1, 0)
	})
	if err == nil || forum.KindOf(err) == forum.Unavailable {
		t.Errorf("got %v", err)
	}
}
