package main

import (
	"context"
	"time"

	"hustings/internal/forum"
	"hustings/internal/postgres"
)

// rounds is how often each statement runs; the least of its times counts, since
// everything else on the machine only adds to it.
const rounds = 15

// asked is one statement of an interleaved run.
type asked struct {
	probe postgres.Probe
	arg   any
}

// least runs statements in turn and gives each one's least time, with its rows
// and buffers when everything is warm.
func (l *loaded) least(ctx context.Context, list ...asked) ([]postgres.Cost, error) {
	out := make([]postgres.Cost, len(list))
	for round := range rounds {
		for i, a := range list {
			c, err := l.Cost(ctx, a.probe, a.arg)
			if err != nil {
				return nil, err
			}
			if round > 0 {
				c.Time = min(c.Time, out[i].Time)
			}
			out[i] = c
		}
	}
	return out, nil
}

func ratio(a, b time.Duration) float64 { return float64(a) / float64(b) }

// measure does all measurements, those that write last.
func (l *loaded) measure(ctx context.Context, writers int) ([]check, error) {
	var list []check
	for _, part := range []func(context.Context) ([]check, error){l.pages, l.branches, l.rows, l.depths, l.removal,
		func(ctx context.Context) ([]check, error) { return l.writing(ctx, writers) }} {
		more, err := part(ctx)
		if err != nil {
			return list, err
		}
		list = append(list, more...)
	}
	return list, nil
}

func (l *loaded) articles(ctx context.Context, slugs ...string) ([]forum.ArticleID, error) {
	ids := make([]forum.ArticleID, len(slugs))
	for i, slug := range slugs {
		var err error
		if ids[i], err = l.ArticleBySlug(ctx, slug); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

// pages holds the page of a thread against threads of other sizes and against
// other ways of reading.
func (l *loaded) pages(ctx context.Context) ([]check, error) {
	of, err := l.articles(ctx, threadSmall, threadMiddle, threadLarge)
	if err != nil {
		return nil, err
	}
	page, err := l.Thread(ctx, forum.Anonymous, postgres.ThreadPage{Article: of[2], Sort: forum.Oldest})
	if err != nil {
		return nil, err
	}
	ids := make([]int64, len(page.Nodes))
	for i, n := range page.Nodes {
		ids[i] = int64(n.ID)
	}
	c, err := l.least(ctx, asked{postgres.ProbePage, of[0]}, asked{postgres.ProbePage, of[1]}, asked{postgres.ProbePage, of[2]},
		asked{postgres.ProbeByID, ids}, asked{postgres.ProbeFlat, of[1]}, asked{postgres.ProbeSorted, of[1]})
	if err != nil {
		return nil, err
	}
	perRow := func(c postgres.Cost) float64 { return float64(c.Buffers) / float64(c.Rows) }
	timePerRow := func(c postgres.Cost) float64 { return float64(c.Time) / float64(c.Rows) }
	return []check{
		{what: "page of 50,000 / page of 250, time", measured: ratio(c[2].Time, c[0].Time), limit: 1.5, note: millis(c[0].Time, c[1].Time, c[2].Time)},
		{what: "page of 50,000 / page of 250, buffers a row", measured: perRow(c[2]) / perRow(c[0]), limit: 1.5},
		{what: "buffers a comment on the page", measured: max(perRow(c[0]), perRow(c[1]), perRow(c[2])), limit: 3},
		{what: "page / its rows by primary key, time a row", measured: timePerRow(c[2]) / timePerRow(c[3]), limit: 1.5},
		{what: "flat read / recursive sort, 5,000", measured: ratio(c[4].Time, c[5].Time), limit: 0.4, note: millis(c[4].Time, c[5].Time)},
	}, nil
}

// branches holds the closure table against walking.
func (l *loaded) branches(ctx context.Context) ([]check, error) {
	of, err := l.articles(ctx, threadChain, threadLarge)
	if err != nil {
		return nil, err
	}
	top, err := l.AtDepth(ctx, of[0], 0, 1)
	if err != nil {
		return nil, err
	}
	large, size, err := l.largestBranch(ctx, of[1])
	if err != nil {
		return nil, err
	}
	c, err := l.least(ctx, asked{postgres.ProbePermalink, top[0]}, asked{postgres.ProbeCount, large}, asked{postgres.ProbeWalk, large})
	if err != nil {
		return nil, err
	}
	return []check{
		{what: "permalink of a chain of 5,000, buffers", measured: float64(c[0].Buffers), limit: 10},
		{what: "count of a branch: closure / walk", measured: ratio(c[1].Time, c[2].Time), limit: 0.1, note: figure(float64(size)) + " comments, " + millis(c[1].Time, c[2].Time)},
	}, nil
}

// largestBranch is the top-level comment with the most below it, among the first
// two thousand.
func (l *loaded) largestBranch(ctx context.Context, article forum.ArticleID) (best forum.CommentID, most int, err error) {
	tops, err := l.AtDepth(ctx, article, 0, 2000)
	if err != nil {
		return 0, 0, err
	}
	for _, id := range tops {
		c, err := l.Cost(ctx, `select from comment where root_id = $1`, id)
		if err != nil {
			return 0, 0, err
		}
		if c.Rows > most {
			best, most = id, c.Rows
		}
	}
	return best, most, nil
}

func (l *loaded) rows(ctx context.Context) ([]check, error) {
	paths, comments, err := l.PathRows(ctx)
	if err != nil {
		return nil, err
	}
	// The three chains own 9,000 comments with 65 rows each, less those near their tops.
	chains, inChains := int64(9000*65-3*64*65/2), int64(9000)
	return []check{
		{what: "path rows a comment, ordinary threads", measured: float64(paths-chains) / float64(comments-inChains), limit: 4, note: figure(float64(comments)) + " comments"},
		{what: "path rows a comment, all", measured: float64(paths) / float64(comments), limit: 65},
	}, nil
}

func millis(list ...time.Duration) string {
	s := ""
	for i, d := range list {
		if i > 0 {
			s += " / "
		}
		s += figure(float64(d) / float64(time.Millisecond))
	}
	return s + " ms"
}
