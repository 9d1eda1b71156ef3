package action

import (
	"testing"
	"time"

	"hustings/internal/postgres"
)

func TestSuggestPace_waits_longer_after_each_failure(t *testing.T) {
	t.Parallel()
	var p suggestPace
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	due := postgres.DueArticle{ID: 7, At: now.Add(-time.Hour)}
	for i, want := range []time.Duration{time.Minute, 5 * time.Minute, 25 * time.Minute, 125 * time.Minute, 625 * time.Minute, 24 * time.Hour, 24 * time.Hour} {
		p.failed(due, now)
		if list := p.waiting(now.Add(want - time.Second)); len(list) != 1 || list[0] != due {
			t.Errorf("failure %d: %v", i+1, list)
		}
		if list := p.waiting(now.Add(want)); len(list) != 0 {
			t.Errorf("failure %d: still waiting after %s", i+1, want)
		}
	}
	due.At = now // an import has changed it
	p.failed(due, now)
	if list := p.waiting(now.Add(time.Minute)); len(list) != 0 {
		t.Error("what failed before counts for something new")
	}
	p.failed(postgres.DueArticle{ID: 8}, now)
	p.done(7)
	p.done(9)
	if list := p.waiting(now); len(list) != 1 || list[0].ID != 8 {
		t.Errorf("after the end: %v", list)
	}
}
