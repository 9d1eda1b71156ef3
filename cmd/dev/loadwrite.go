package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"hustings/internal/forum"
	"hustings/internal/postgres"
)

// reply writes one reply as action.Reply does, in a transaction of its own.
func (l *loaded) reply(ctx context.Context, key string, slug string, parent forum.CommentID, author forum.PersonID, counted bool) error {
	return l.Do(ctx, func(ctx context.Context, tx *postgres.Tx) error {
		site, err := tx.ReplySite(ctx, slug, parent)
		if err != nil {
			return err
		}
		_, err = tx.ProbeReply(ctx, postgres.NewReply{Article: site.ArticleID, Parent: parent, Author: author, FormKey: key, PortableID: key,
			State: forum.Published, Source: "Yes, and so it is.", HTML: "<p>Yes, and so it is.</p>", Text: "Yes, and so it is.", Policy: 1}, counted)
		return err
	})
}

func (l *loaded) key() string {
	l.n++
	return fmt.Sprintf("load-%d-%d", time.Now().UnixNano(), l.n)
}

// depths holds a reply deep in a chain against one near its top.
func (l *loaded) depths(ctx context.Context) ([]check, error) {
	of, err := l.articles(ctx, threadChain)
	if err != nil {
		return nil, err
	}
	levels := []int{5, 100, 4999}
	parents := make([]forum.CommentID, len(levels))
	for i, level := range levels {
		at, err := l.AtDepth(ctx, of[0], level, 1)
		if err != nil || len(at) == 0 {
			return nil, errors.Join(err, fmt.Errorf("the chain has no level %d", level))
		}
		parents[i] = at[0]
	}
	times, wal := []time.Duration{math.MaxInt64, math.MaxInt64, math.MaxInt64}, []int64{math.MaxInt64, math.MaxInt64, math.MaxInt64}
	for range 40 {
		for i, parent := range parents {
			before, err := l.WAL(ctx)
			if err != nil {
				return nil, err
			}
			start := time.Now()
			if err := l.reply(ctx, l.key(), threadChain, parent, l.people[0], true); err != nil {
				return nil, err
			}
			times[i] = min(times[i], time.Since(start))
			after, err := l.WAL(ctx)
			if err != nil {
				return nil, err
			}
			wal[i] = min(wal[i], after-before)
		}
	}
	return []check{
		{what: "reply at depth 5,000 / 100, time", measured: ratio(times[2], times[1]), limit: 2, note: "5 / 100 / 5,000: " + millis(times...)},
		{what: "reply at depth 5,000 / 100, log", measured: float64(wal[2]) / float64(wal[1]), limit: 1.2, note: fmt.Sprintf("%d / %d / %d bytes", wal[0], wal[1], wal[2])},
	}, nil
}

// errUndo takes a measured change back.
var errUndo = errors.New("measured")

// removal counts what removing a branch writes, and takes it back.
func (l *loaded) removal(ctx context.Context) ([]check, error) {
	of, err := l.articles(ctx, threadLarge)
	if err != nil {
		return nil, err
	}
	root, size, err := l.largestBranch(ctx, of[0])
	if err != nil {
		return nil, err
	}
	var written int64
	err = l.Do(ctx, func(ctx context.Context, tx *postgres.Tx) error {
		c, err := tx.LockBranch(ctx, root)
		if err != nil {
			return err
		}
		before, err := tx.CommentsWritten(ctx) // what this session did earlier may still be among it
		if err != nil {
			return err
		}
		seq, err := tx.Audit(ctx, postgres.AuditEntry{Action: postgres.ActRemoveBranch, SubjectKind: "comment", SubjectID: int64(root), Article: of[0], Reason: "spam"})
		if err != nil {
			return err
		}
		if err := tx.MarkBranchRemoved(ctx, c, seq, -size); err != nil {
			return err
		}
		after, err := tx.CommentsWritten(ctx)
		if err != nil {
			return err
		}
		written = after - before
		return errUndo
	})
	if !errors.Is(err, errUndo) {
		return nil, err
	}
	return []check{{what: "removing a branch, comment rows written", measured: float64(written), limit: 1, note: figure(float64(size)) + " comments in it"}}, nil
}

// target is where a writer writes.
type target struct {
	slug    string
	parents []forum.CommentID
}

func (l *loaded) target(ctx context.Context, slug string, depth int) (target, error) {
	of, err := l.articles(ctx, slug)
	if err != nil {
		return target{}, err
	}
	parents, err := l.AtDepth(ctx, of[0], depth, 200)
	if err == nil && len(parents) == 0 {
		err = fmt.Errorf("%s has nothing at depth %d", slug, depth)
	}
	return target{slug, parents}, err
}

// stretch is how long each round of writing takes.
const stretch = 2 * time.Second

// write lets writers reply for a while, each at targets[i%len], and gives the
// replies a second and the time of each.
func (l *loaded) write(ctx context.Context, writers int, targets []target, counted bool) (float64, []time.Duration, error) {
	var (
		mu     sync.Mutex
		all    []time.Duration
		failed error
		n      atomic.Int64
		group  sync.WaitGroup
	)
	start := time.Now()
	prefix := l.key()
	for w := range writers {
		group.Go(func() {
			random := rand.New(rand.NewPCG(uint64(w), 7))
			to := targets[w%len(targets)]
			var times []time.Duration
			var err error
			for err == nil && time.Since(start) < stretch && ctx.Err() == nil {
				begin := time.Now()
				err = l.reply(ctx, fmt.Sprintf("%s-%d", prefix, n.Add(1)), to.slug, to.parents[random.IntN(len(to.parents))], l.people[w%len(l.people)], counted)
				times = append(times, time.Since(begin))
			}
			mu.Lock()
			defer mu.Unlock()
			all = append(all, times...)
			if failed == nil {
				failed = err
			}
		})
	}
	group.Wait()
	slices.Sort(all)
	return float64(len(all)) / time.Since(start).Seconds(), all, failed
}

// writing holds many writers on one article against many articles, with and
// without the count, and measures posting by itself.
func (l *loaded) writing(ctx context.Context, writers int) ([]check, error) {
	posting, err := l.posting(ctx)
	if err != nil {
		return nil, err
	}
	before, err := l.Deadlocks(ctx)
	if err != nil {
		return nil, err
	}
	if err := postgres.SlowFlush(ctx, l.owner, true); err != nil {
		return nil, err
	}
	rates, err := l.contend(ctx, writers)
	if err != nil {
		return nil, err
	}
	if err := postgres.SlowFlush(ctx, l.owner, false); err != nil {
		return nil, err
	}
	after, err := l.Deadlocks(ctx)
	if err != nil {
		return nil, err
	}
	name := fmt.Sprintf("%d writers, 1 ms flush: ", writers)
	return append(posting,
		check{what: name + "one article / many articles", measured: rates[0] / rates[1], limit: 0.9, atLeast: true, note: fmt.Sprintf("%.0f / %.0f replies a second", rates[0], rates[1])},
		check{what: name + "with / without the count", measured: rates[0] / rates[2], limit: 0.9, atLeast: true, note: fmt.Sprintf("%.0f replies a second without", rates[2])},
		check{what: "deadlocks", measured: float64(after - before), limit: 0}), nil
}

// contend gives replies a second on one article, on many, and on one without the
// count: the medians of interleaved rounds.
func (l *loaded) contend(ctx context.Context, writers int) ([3]float64, error) {
	one, err := l.target(ctx, threadMiddle, 1)
	if err != nil {
		return [3]float64{}, err
	}
	var many []target
	for i := 0; len(many) < writers; i++ {
		t, err := l.target(ctx, fmt.Sprintf("ordinary-%d", i), 0)
		if err != nil {
			return [3]float64{}, err
		}
		many = append(many, t)
	}
	var rates [3][]float64
	for range 5 {
		for i, round := range []struct {
			targets []target
			counted bool
		}{{[]target{one}, true}, {many, true}, {[]target{one}, false}} {
			rate, _, err := l.write(ctx, writers, round.targets, round.counted)
			if err != nil {
				return [3]float64{}, err
			}
			rates[i] = append(rates[i], rate)
		}
	}
	var medians [3]float64
	for i := range rates {
		slices.Sort(rates[i])
		medians[i] = rates[i][len(rates[i])/2]
	}
	return medians, nil
}

// posting measures the store's part of posting: alone and with eight writers, at
// the top and 25 levels down.
func (l *loaded) posting(ctx context.Context) ([]check, error) {
	var list []check
	for _, depth := range []int{0, 24} {
		slug := threadLarge
		if depth > 0 {
			slug = "chain-2000-a"
		}
		to, err := l.target(ctx, slug, depth)
		if err != nil {
			return nil, err
		}
		_, alone, err := l.write(ctx, 1, []target{to}, true)
		if err != nil {
			return nil, err
		}
		rate, _, err := l.write(ctx, 8, []target{to}, true)
		if err != nil {
			return nil, err
		}
		name := fmt.Sprintf("posting at depth %d, store alone: ", depth+1)
		list = append(list, check{what: name + "p50", measured: ms(alone[len(alone)/2]), unit: "ms", limit: 2},
			check{what: name + "8 writers", measured: rate, unit: "/s", limit: 1500, atLeast: true})
	}
	return list, nil
}
