package postgres_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hustings/internal/forum"
	"hustings/internal/postgres"
)

func TestTake(t *testing.T) {
	t.Parallel()
	p := newPeople(t)
	limit := postgres.Limit{N: 3, Per: time.Minute}
	for i := range 3 {
		if err := p.Take(t.Context(), "k", limit); err != nil {
			t.Fatalf("%d: %v", i, err)
		}
	}
	err := p.Take(t.Context(), "k", limit)
	e, ok := errors.AsType[*forum.Error](err)
	if !ok || e.Kind != forum.TooMany || e.RetryAfter <= 10*time.Second || e.RetryAfter > 20*time.Second {
		t.Fatalf("got %v", err)
	}
	t.Run("other_keys_are_free", func(t *testing.T) {
		if err := p.Take(t.Context(), "other", limit); err != nil {
			t.Error(err)
		}
	})
	t.Run("the_allowance_comes_back_evenly", func(t *testing.T) {
		p.sql(`update rate_bucket set full_at = full_at - interval '20 seconds' where key = 'k'`)
		if err := p.Take(t.Context(), "k", limit); err != nil {
			t.Error(err)
		}
		if err := p.Take(t.Context(), "k", limit); forum.KindOf(err) != forum.TooMany {
			t.Errorf("got %v", err)
		}
	})
	t.Run("what_is_given_back_can_be_taken", func(t *testing.T) {
		if err := p.GiveBack(t.Context(), "k", limit); err != nil {
			t.Fatal(err)
		}
		if err := p.Take(t.Context(), "k", limit); err != nil {
			t.Error(err)
		}
	})
	t.Run("a_long_pause_gives_no_more_than_the_burst", func(t *testing.T) {
		p.sql(`update rate_bucket set full_at = now() - interval '1 day' where key = 'k'`)
		got := 0
		for range 10 {
			if p.Take(t.Context(), "k", limit) == nil {
				got++
			}
		}
		if got != 3 {
			t.Errorf("%d taken, want 3", got)
		}
	})
}

func TestTake_holds_for_many_at_once(t *testing.T) {
	t.Parallel()
	p := newPeople(t)
	var taken atomic.Int32
	var all sync.WaitGroup
	for range 40 {
		all.Go(func() {
			err := p.Take(t.Context(), "k", postgres.Limit{N: 7, Per: time.Hour})
			if err == nil {
				taken.Add(1)
			} else if forum.KindOf(err) != forum.TooMany {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if taken.Load() != 7 {
		t.Errorf("%d taken, want 7", taken.Load())
	}
}

func TestTake_in_a_transaction_comes_back_with_it(t *testing.T) {
	t.Parallel()
	p := newPeople(t)
	limit := postgres.Limit{N: 1, Per: time.Hour}
	undone := errors.New("undone")
	err := p.Do(t.Context(), func(ctx context.Context, tx *postgres.Tx) error {
		if err := tx.Take(ctx, "k", limit); err != nil {
			return err
		}
		if err := tx.Take(ctx, "k", limit); forum.KindOf(err) != forum.TooMany {
			t.Errorf("got %v", err)
		}
		return undone
	})
	if !errors.Is(err, undone) {
		t.Fatal(err)
	}
	if err := p.Take(t.Context(), "k", limit); err != nil {
		t.Error(err)
	}
	p.sql(`update rate_bucket set full_at = now() - interval '1 second'`)
	p.do(func(ctx context.Context, tx *postgres.Tx) error { return tx.SweepRates(ctx) })
	if n := p.count(`select count(*) from rate_bucket`); n != 0 {
		t.Errorf("%d buckets left", n)
	}
}
