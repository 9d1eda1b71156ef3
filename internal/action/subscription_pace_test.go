package action

import (
	"testing"
	"time"

	"hustings/internal/importer"
)

func TestPace_follows_how_often_articles_come(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	every := func(gap time.Duration, n int, last time.Duration) (list []importer.FeedEntry) {
		for i := range n {
			at := now.Add(-last - time.Duration(i)*gap)
			list = append(list, importer.FeedEntry{At: &at})
		}
		return list
	}
	later := now.Add(time.Hour)
	for name, test := range map[string]struct {
		entries []importer.FeedEntry
		want    time.Duration
	}{
		"nothing":               {nil, time.Hour},
		"no dates":              {make([]importer.FeedEntry, 5), time.Hour},
		"only what is to come":  {[]importer.FeedEntry{{At: &later}}, time.Hour},
		"one, today":            {every(0, 1, 12*time.Hour), 2 * time.Hour},
		"many a day":            {every(time.Minute, 30, time.Minute), 15 * time.Minute},
		"daily":                 {every(24*time.Hour, 10, time.Hour), 4 * time.Hour},
		"weekly":                {every(7*24*time.Hour, 10, time.Hour), 24 * time.Hour},
		"hourly, but years ago": {every(time.Hour, 10, 10000*time.Hour), 24 * time.Hour},
		"daily, long after":     {append(every(24*time.Hour, 10, time.Hour), every(0, 1, 99999*time.Hour)...), 4 * time.Hour},
	} {
		if got := pace(test.entries, now); got != test.want {
			t.Errorf("%s: every %s, not %s", name, got, test.want)
		}
	}
}

func TestPatience_doubles_up_to_a_day(t *testing.T) {
	t.Parallel()
	for failures, want := range map[int]time.Duration{1: time.Hour, 2: 2 * time.Hour, 4: 8 * time.Hour, 6: 24 * time.Hour, 1000: 24 * time.Hour} {
		if got := patience(failures, time.Hour); got != want {
			t.Errorf("after %d failures %s, not %s", failures, got, want)
		}
	}
}
