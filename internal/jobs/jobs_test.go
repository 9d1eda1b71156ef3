package jobs_test

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"hustings/internal/jobs"
)

// desk is a pile of work that a runner works off.
type desk struct {
	left, done atomic.Int64 // pieces that are due, and were done
	down       atomic.Bool  // there is no database
}

func (d *desk) work(context.Context) (more bool, err error) {
	if d.down.Load() {
		return false, errors.New("no database")
	}
	if d.left.Load() == 0 {
		return false, nil
	}
	d.left.Add(-1)
	d.done.Add(1)
	return true, nil
}

func runner(d *desk) *jobs.Runner {
	return jobs.New(slog.New(slog.DiscardHandler), jobs.Kind{Name: "desk", Every: time.Minute, Work: d.work})
}

func TestRunner_works_off_what_is_due_and_looks_again_by_itself(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &desk{}
		d.left.Store(3)
		r := runner(d)
		r.Start()
		defer r.Stop()
		synctest.Wait()
		if d.done.Load() != 3 {
			t.Errorf("%d pieces were done at once, want 3", d.done.Load())
		}
		d.left.Store(1)
		synctest.Wait()
		if d.done.Load() != 3 {
			t.Error("it looks all the time")
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if d.done.Load() != 4 {
			t.Error("it did not look again")
		}
	})
}

func TestRunner_is_woken_at_once(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &desk{}
		r := runner(d)
		r.Start()
		defer r.Stop()
		synctest.Wait()
		d.left.Store(1)
		r.Wake("nobody")
		r.Wake("desk")
		r.Wake("desk") // the second finds nothing
		synctest.Wait()
		if d.done.Load() != 1 {
			t.Error("it slept on")
		}
	})
}

func TestRunner_tries_again_after_an_error(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &desk{}
		d.left.Store(1)
		d.down.Store(true)
		r := runner(d)
		r.Start()
		defer r.Stop()
		synctest.Wait()
		d.down.Store(false)
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if d.done.Load() != 1 {
			t.Error("it gave up")
		}
	})
}

func TestRunner_Stop_ends_what_is_under_way_and_waits_for_it(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ended := false
		r := jobs.New(slog.New(slog.DiscardHandler), jobs.Kind{Name: "long", Every: time.Minute, Work: func(ctx context.Context) (bool, error) {
			<-ctx.Done()
			ended = true
			return false, ctx.Err()
		}})
		r.Start()
		synctest.Wait()
		r.Stop()
		if !ended {
			t.Error("it did not wait")
		}
		r.Wake("long") // nobody listens, and nothing happens
	})
}

func TestRunner_that_never_began_stops_at_once(t *testing.T) {
	t.Parallel()
	runner(&desk{}).Stop()
}

func TestRunner_outlives_a_panic_and_tries_again(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var tries atomic.Int64
		r := jobs.New(slog.New(slog.DiscardHandler), jobs.Kind{Name: "desk", Every: time.Minute, Work: func(context.Context) (bool, error) {
			if tries.Add(1) == 1 {
				panic("too much")
			}
			return false, nil
		}})
		r.Start()
		defer r.Stop()
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if tries.Load() < 2 {
			t.Error("it was not tried again")
		}
	})
}
