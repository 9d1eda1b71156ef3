package action

import (
	"slices"
	"time"

	"hustings/internal/importer"
	"hustings/internal/postgres"
)

const (
	// soonest and latest bound how often a feed is looked at.
	soonest = 15 * time.Minute
	latest  = 24 * time.Hour
	// looksAnArticle is how often a feed is looked at for each article that is
	// expected, so that one waits a sixth of the usual time between two.
	looksAnArticle = 6
	// paceArticles is how many of the newest articles tell the pace.
	paceArticles = 10
)

// pace is how long to wait until the next look at a feed, by how often articles come
// in it: by the mean time between the newest ones, and by how long the last one is
// ago, where that is longer. A feed that does not tell is looked at every hour.
func pace(entries []importer.FeedEntry, now time.Time) time.Duration {
	var times []time.Time
	for _, e := range entries {
		if e.At != nil && e.At.Before(now) {
			times = append(times, *e.At)
		}
	}
	if len(times) == 0 {
		return time.Hour
	}
	slices.SortFunc(times, func(a, b time.Time) int { return b.Compare(a) })
	times = times[:min(len(times), paceArticles)]
	gap := now.Sub(times[0])
	if n := len(times) - 1; n > 0 {
		gap = max(gap, times[0].Sub(times[n])/time.Duration(n))
	}
	return min(max(gap/looksAnArticle, soonest), latest)
}

// patience is how long to wait after a number of failures in a row.
func patience(failures int, every time.Duration) time.Duration {
	wait := max(every, soonest)
	for range min(failures-1, 10) {
		wait *= 2
	}
	return min(wait, latest)
}

const (
	// freshFor is how long comments on an article of a feed are looked for after it
	// appeared; most come in the first days.
	freshFor = 30 * 24 * time.Hour
	// maxFresh is of how many articles that is done at each look.
	maxFresh = 20
)

// fresh tells whether comments on an article are still looked for.
func fresh(i postgres.SubscriptionItem, now time.Time) bool {
	at := i.FoundAt
	if i.PublishedAt != nil && i.PublishedAt.Before(now) {
		at = *i.PublishedAt
	}
	return now.Sub(at) < freshFor
}
