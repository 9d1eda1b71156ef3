package pgtest_test

import (
	"testing"

	"hustings/internal/pgtest"

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

	t.Run("is_nobody_elses", func(t *testing.T) {
		t.Parallel()
		one, two := pgtest.NewURL(t), pgtest.NewURL(t)
		if one == two {
			t.Error("two tests got one database")
		}
	})
}

func TestDB(t *testing.T) {
	t.Parallel()
	if err := pgtest.DB(t).Ping(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestTx(t *testing.T) {
	t.Parallel()
	var before, after string
	for _, seen := range []*string{&before, &after} {
		t.Run("rolls_back", func(t *testing.T) {
			tx := pgtest.Tx(t)
			err := tx.QueryRow(t.Context(), `SELECT current_setting('hustings.mark', true)`).Scan(&seen)
			_ = err
			if _, err := tx.Exec(t.Context(), `SELECT set_config('hustings.mark', 'set', false)`); err != nil {
				t.Fatal(err)
			}
		})
	}
	if after != "" {
		t.Errorf("the second transaction sees %q of the first", after)
	}
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		b.Run("", func(b *testing.B) { pgtest.New(b) })
	}
}

func BenchmarkTx(b *testing.B) {
	pgtest.Tx(b)
	for b.Loop() {
		pgtest.Tx(b)
	}
}
