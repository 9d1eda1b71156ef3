package main

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"hustings/internal/forum"
	"hustings/internal/postgres"
)

// timed is what a measurement gave.
type timed struct {
	rate float64       // comments a second
	cpu  time.Duration // of PostgreSQL
	own  time.Duration // of the program
}

// speed measures the rates of imports beside their limits, and how long readers wait
// meanwhile.
func (b *benchImport) speed(ctx context.Context, comments int) error {
	files, err := b.sites(comments)
	if err != nil {
		return err
	}
	db, err := b.database(ctx, "live")
	if err != nil {
		return err
	}
	limit, whole := b.limit(comments), b.whole(comments)
	imported := func(file string, flags ...string) func(context.Context) (timed, error) {
		return func(ctx context.Context) (timed, error) { return b.imported(ctx, db, comments, file, flags...) }
	}
	settled := func(ctx context.Context) (timed, error) { return timed{}, postgres.Settle(ctx, db) }
	took := make([]timed, 0, 8)
	for _, measure := range []func(context.Context) (timed, error){
		limit, whole, imported(files[0], "--dry-run"), imported(files[0]), imported(files[0]), settled, imported(files[1]), limit,
	} {
		t, err := measure(ctx)
		if err != nil {
			return err
		}
		took = append(took, t)
	}
	least := timed{rate: (took[0].rate + took[7].rate) / 2, cpu: (took[0].cpu + took[7].cpu) / 2}
	dry, first, again, live := took[2], took[3], took[4], took[6]
	b.limits(comments, least, took[1])
	b.shares("an empty", emptyShare, comments, least, took[1], first)
	b.shares("a live", liveShare, comments, least, took[1], live)
	b.add(check{what: "dry run", measured: dry.rate, unit: "/s", limit: dryRate, atLeast: true, note: dry.note(comments)},
		check{what: "import again, unchanged / first import", measured: again.rate / first.rate, limit: againRatio, atLeast: true, note: again.note(comments)})
	return b.readers(ctx, db, files[2])
}

func (b *benchImport) imported(ctx context.Context, db string, comments int, file string, flags ...string) (timed, error) {
	done, err := b.runFile(ctx, db, file, flags...)
	if err == nil && done.Report.Comments.New+done.Report.Comments.Same != comments {
		err = fmt.Errorf("%s %v: the report counts %+v", file, flags, done.Report.Comments)
	}
	return timed{rate: float64(comments) / done.Report.Seconds, cpu: done.database, own: done.own}, err
}

func (t timed) note(comments int) string {
	return fmt.Sprintf("CPU µs a comment: program %.1f, PostgreSQL %.1f", micros(t.own, comments), micros(t.cpu, comments))
}

// limits notes what an import is held against: the COPY of import.md's measurement,
// and one of all that an import has to write to where it has to stand.
func (b *benchImport) limits(comments int, least, whole timed) {
	b.add(check{what: "limit: COPY, unlogged, no index", measured: least.rate, unit: "/s", free: true,
		note: fmt.Sprintf("%d comments; CPU µs a comment: PostgreSQL %.1f", comments, micros(least.cpu, comments))},
		check{what: "limit: COPY of all rows into their tables", measured: whole.rate, unit: "/s", free: true,
			note: fmt.Sprintf("CPU µs a comment: PostgreSQL %.1f", micros(whole.cpu, comments))})
}

func (b *benchImport) shares(into string, share float64, comments int, least, whole, t timed) {
	what := "import into " + into + " database"
	b.add(check{what: what, measured: t.rate, unit: "/s", free: true, note: t.note(comments)},
		check{what: what + " / limit", measured: t.rate / least.rate, limit: share, atLeast: true},
		check{what: what + " / COPY of all rows", measured: t.rate / whole.rate, limit: share, atLeast: true},
		check{what: "limit / " + what + ", CPU of PostgreSQL", measured: ratio(least.cpu, t.cpu), limit: share, atLeast: true})
}

// sites are the exports of three sites of the same shape: import.md speaks of empty
// and of live databases.
func (b *benchImport) sites(comments int) (files [3]string, err error) {
	for i := range files {
		files[i] = filepath.Join(b.top, fmt.Sprintf("site-%d.xml", i))
		if err := writeSite(files[i], fmt.Sprintf("site-%d.example", i), shapes(comments)); err != nil {
			return files, err
		}
	}
	return files, nil
}

func micros(d time.Duration, n int) float64 {
	return float64(d) / float64(time.Microsecond) / float64(n)
}

// limit measures plain COPY for a site of the same shape, and the CPU that it costs
// PostgreSQL: on a machine that does other things too, the sounder figure.
func (b *benchImport) limit(comments int) func(context.Context) (timed, error) {
	return func(ctx context.Context) (timed, error) {
		return b.copied(ctx, comments, func(url string, threads [][]postgres.BulkComment) (time.Duration, error) {
			took, _, err := postgres.CopyLimit(ctx, url, threads)
			return took, err
		})
	}
}

// whole measures that of all rows into the tables where they belong.
func (b *benchImport) whole(comments int) func(context.Context) (timed, error) {
	return func(ctx context.Context) (timed, error) {
		return b.copied(ctx, comments, func(url string, threads [][]postgres.BulkComment) (time.Duration, error) {
			return postgres.CopyWhole(ctx, url, threads, limitPeople)
		})
	}
}

// limitPeople is how many people write on the site that only COPY brings.
const limitPeople = 1000

func (b *benchImport) copied(ctx context.Context, comments int,
	bring func(url string, threads [][]postgres.BulkComment) (time.Duration, error)) (timed, error) {
	db, err := b.database(ctx, "limit_of_copy")
	if err != nil {
		return timed{}, err
	}
	random, people := rand.New(rand.NewPCG(1, 2)), make([]forum.PersonID, limitPeople)
	for i := range people {
		people[i] = forum.PersonID(i + 1)
	}
	texts := someTexts(random)
	var threads [][]postgres.BulkComment
	next := forum.CommentID(1)
	for s := range shapes(comments) {
		ids := make([]forum.CommentID, len(s))
		for i := range ids {
			ids[i] = next
			next++
		}
		threads = append(threads, s.Comments(forum.ArticleID(len(threads)+1), ids, people, time.Now(), func(i int) string { return texts[i%len(texts)] }))
	}
	before := cpuOf(processTree(b.server[0]))
	took, err := bring(db, threads)
	return timed{rate: float64(comments) / took.Seconds(), cpu: cpuOf(processTree(b.server[0])) - before}, err
}

// writeSite writes an export for WordPress.
func writeSite(path, site string, list func(func(postgres.Shape) bool)) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // closed below, too
	w := bufio.NewWriterSize(f, 1<<20)
	m := newWXRMaker(w, site)
	for s := range list {
		m.item(s)
	}
	m.end()
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Close()
}
