// Package jobs works off what people have asked for and need not wait for: each
// kind of work is a loop that calls one action, woken when something waits and
// looking by itself every few seconds. It decides nothing and holds nothing: what
// is due, who is at it and how far it is stands in the database, in the rows of the
// things themselves.
//
// That is why there is no queue of jobs beside them. An import's row is what people
// see of it, what keeps two processes from working on it at once, and what the next
// process goes on from within seconds when one is killed; a general queue would keep
// a second truth about the same, with longer times until it notices.
package jobs

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"
)

// Kind is one kind of work.
type Kind struct {
	Name string // as Wake has it
	// Every is how often it is looked whether something is due.
	Every time.Duration
	// Work does the next piece that is due; more is false where there is none. It
	// stops soon when ctx ends, and may be called again for the same piece.
	Work func(ctx context.Context) (more bool, err error)
}

// pauseAfterError is how long a kind of work rests when it could not be done.
const pauseAfterError = 2 * time.Second

// Runner runs the kinds of work, one piece of each at a time.
type Runner struct {
	log   *slog.Logger
	kinds []Kind
	wake  map[string]chan struct{}
	stop  context.CancelFunc
	done  sync.WaitGroup
}

// New makes a runner that does nothing yet.
func New(log *slog.Logger, kinds ...Kind) *Runner {
	r := &Runner{log: log, kinds: kinds, wake: map[string]chan struct{}{}, stop: func() {}}
	for _, k := range kinds {
		r.wake[k.Name] = make(chan struct{}, 1)
	}
	return r
}

// Start begins to work, until Stop.
func (r *Runner) Start() {
	ctx, stop := context.WithCancel(context.Background())
	r.stop = stop
	for _, k := range r.kinds {
		r.done.Go(func() { r.run(ctx, k) })
	}
}

// Stop ends what is under way and waits until it has ended. Whatever is not
// finished is gone on with by the next process.
func (r *Runner) Stop() {
	r.stop()
	r.done.Wait()
}

// Wake has a kind of work looked for at once. It never blocks; a kind that there is
// not is passed over.
func (r *Runner) Wake(kind string) {
	select {
	case r.wake[kind] <- struct{}{}:
	default:
	}
}

func (r *Runner) run(ctx context.Context, k Kind) {
	tick := time.NewTicker(k.Every)
	defer tick.Stop()
	for ctx.Err() == nil {
		more, err := r.piece(ctx, k)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			r.log.Warn("work in the background failed; it is tried again", "kind", k.Name, "err", err)
			rest(ctx, pauseAfterError)
		case !more:
			select {
			case <-ctx.Done():
			case <-r.wake[k.Name]:
			case <-tick.C:
			}
		}
	}
}

// piece does one piece of work. One that panics has failed like any other: a file
// that is too much for its reader must not take the site away from everybody.
func (r *Runner) piece(ctx context.Context, k Kind) (more bool, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			r.log.Error("panic", "kind", k.Name, "cause", fmt.Sprint(cause), "stack", string(debug.Stack()))
			more, err = false, fmt.Errorf("panic: %v", cause)
		}
	}()
	return k.Work(ctx)
}

// rest waits, unless ctx ends before.
func rest(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
