package pgtest_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"hustings/internal/pgtest"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestNew(t *testing.T) {
	t.Parallel()

	t.Run("is_a_migrated_database_in_the_applications_role", func(t *testing.T) {
		t.Parallel()
		pool := pgtest.New(t)
		var role string
		var tables int
		err := pool.QueryRow(t.Context(), `SELECT current_user, (SELECT count(*) FROM pg_tables WHERE schemaname = 'public')`).Scan(&role, &tables)
		if err != nil || role != "hustings_app" || tables < 5 {
			t.Errorf("role %q, %d tables, %v", role, tables, err)
		}
	})

	t.Run("may_write_to_tables_but_not_change_them", func(t *testing.T) {
		t.Parallel()
		pool := pgtest.New(t)
		if _, err := pool.Exec(t.Context(), `DELETE FROM comment`); err != nil {
			t.Error(err)
		}
		if _, err := pool.Exec(t.Context(), `DROP TABLE comment`); err == nil {
			t.Error("the application's role dropped a table")
		}
	})

	t.Run("shows_nothing_of_another_tests_database", func(t *testing.T) {
		t.Parallel()
		one, two := pgtest.NewURL(t), pgtest.NewURL(t)
		exec(t, one, `CREATE TABLE mine ()`)
		exec(t, two, `CREATE TABLE mine ()`)
	})
}

func TestNewURL(t *testing.T) {
	t.Parallel()
	var url string
	t.Run("leaves_no_database_behind_even_when_somebody_is_connected", func(t *testing.T) {
		url = pgtest.NewURL(t)
		if _, err := pgx.Connect(t.Context(), url); err != nil {
			t.Fatal(err)
		}
	})
	conn, err := pgx.Connect(t.Context(), url)
	if err == nil {
		_ = conn.Close(t.Context())
		t.Error("the database is still there")
	}
}

func TestDB(t *testing.T) {
	t.Parallel()
	if err := pgtest.DB(t).Ping(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestTx(t *testing.T) {
	t.Parallel()
	const write, read = `SELECT set_config('hustings.mark', 'set', false)`, `SELECT coalesce(current_setting('hustings.mark', true), '')`
	for _, name := range []string{"first", "second"} {
		t.Run(name+"_transaction_sees_nothing_of_another", func(t *testing.T) {
			tx := pgtest.Tx(t)
			var seen string
			if err := tx.QueryRow(t.Context(), read).Scan(&seen); err != nil || seen != "" {
				t.Errorf("%q, %v", seen, err)
			}
			if _, err := tx.Exec(t.Context(), write); err != nil {
				t.Error(err)
			}
			if err := tx.QueryRow(t.Context(), read).Scan(&seen); err != nil || seen != "set" {
				t.Errorf("%q, %v", seen, err)
			}
		})
	}

	t.Run("recovers_from_a_failed_statement_of_an_earlier_test", func(t *testing.T) {
		t.Run("fails", func(t *testing.T) {
			if _, err := pgtest.Tx(t).Exec(t.Context(), `SELECT 1/0`); err == nil {
				t.Error("no error")
			}
		})
		if _, err := pgtest.Tx(t).Exec(t.Context(), `SELECT 1`); err != nil {
			t.Error(err)
		}
	})
}

func TestDataDir(t *testing.T) {
	t.Parallel()
	dir := pgtest.DataDir(t)
	if _, err := os.Stat(dir); !os.IsNotExist(err) || !strings.HasSuffix(dir, "data") {
		t.Errorf("%s: %v", dir, err)
	}
}

func exec(t *testing.T, url, statement string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background()) //nolint:errcheck // nothing is lost with it
	if _, err := conn.Exec(t.Context(), statement); err != nil {
		t.Error(err)
	}
}
