package fetch

import (
	"context"
	"sync"
	"time"
)

// turns keeps requests to one host apart.
type turns struct {
	pause time.Duration
	mu    sync.Mutex
	next  map[string]time.Time // when a host may be asked again
}

// wait waits until the host may be asked. The error is that of ctx.
func (t *turns) wait(ctx context.Context, host string) error {
	if t.pause <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(time.Until(t.turn(host, time.Now())))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// turn takes the next turn and says when it is.
func (t *turns) turn(host string, now time.Time) time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	for other, at := range t.next {
		if at.Before(now) {
			delete(t.next, other)
		}
	}
	at := t.next[host]
	if at.Before(now) {
		at = now
	}
	t.next[host] = at.Add(t.pause)
	return at
}
