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

// speed measures the rates of imports beside their limit, and how long readers
// wait meanwhile.
func (b *benchImport) speed(ctx context.Context, comments int) error {
	files, err := b.sites(comments)
	if err != nil {
		return err
	}
	limit, least, err := b.limit(ctx, comments)
	if err != nil {
		return err
	}
	whole, wholeCPU, err := b.whole(ctx, comments)
	if err != nil {
		return err
	}
	db, err := b.database(ctx, "live")
	if err != nil {
		return err
	}
	rate := func(what, file string, flags ...string) (imported, float64, error) {
		done, err := b.runFile(ctx, db, file, flags...)
		if err == nil && done.Report.Comments.New+done.Report.Comments.Same != comments {
			err = fmt.Errorf("%s: the report counts %+v", what, done.Report.Comments)
		}
		return done, float64(comments) / done.Report.Seconds, err
	}
	dry, dryPerSecond, err := rate("dry run", files[0], "--dry-run")
	if err != nil {
		return err
	}
	first, firstRate, err := rate("empty", files[0])
	if err != nil {
		return err
	}
	again, againRate, err := rate("again", files[0])
	if err != nil {
		return err
	}
	if err := postgres.Settle(ctx, db); err != nil {
		return err
	}
	live, liveRate, err := rate("live", files[1])
	if err != nil {
		return err
	}
	after, leastAfter, err := b.limit(ctx, comments)
	if err != nil {
		return err
	}
	limit, least = (limit+after)/2, (least+leastAfter)/2
	note := func(i imported) string {
		return fmt.Sprintf("CPU µs a comment: program %.1f, PostgreSQL %.1f", micros(i.own, comments), micros(i.database, comments))
	}
	b.add(check{what: "limit: COPY, unlogged, no index", measured: limit, unit: "/s", free: true,
		note: fmt.Sprintf("%d comments; CPU µs a comment: PostgreSQL %.1f", comments, micros(least, comments))},
		check{what: "limit: COPY of all rows into their tables", measured: whole, unit: "/s", free: true,
			note: fmt.Sprintf("CPU µs a comment: PostgreSQL %.1f", micros(wholeCPU, comments))},
		check{what: "import into an empty database", measured: firstRate, unit: "/s", free: true, note: note(first)},
		check{what: "import into an empty database / limit", measured: firstRate / limit, limit: emptyShare, atLeast: true},
		check{what: "import into an empty database / COPY of all rows", measured: firstRate / whole, limit: emptyShare, atLeast: true},
		check{what: "limit / import into an empty database, CPU of PostgreSQL", measured: ratio(least, first.database), limit: emptyShare, atLeast: true},
		check{what: "import into a live database", measured: liveRate, unit: "/s", free: true, note: note(live)},
		check{what: "import into a live database / limit", measured: liveRate / limit, limit: liveShare, atLeast: true},
		check{what: "import into a live database / COPY of all rows", measured: liveRate / whole, limit: liveShare, atLeast: true},
		check{what: "limit / import into a live database, CPU of PostgreSQL", measured: ratio(least, live.database), limit: liveShare, atLeast: true},
		check{what: "dry run", measured: dryPerSecond, unit: "/s", limit: dryRate, atLeast: true, note: note(dry)},
		check{what: "import again, unchanged / first import", measured: againRate / firstRate, limit: againRatio, atLeast: true, note: note(again)})
	return b.readers(ctx, db, files[2])
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

// limit is the rate of plain COPY for a site of the same shape, and the CPU that it
// costs PostgreSQL: on a machine that does other things too, the sounder figure.
func (b *benchImport) limit(ctx context.Context, comments int) (rate float64, cpu time.Duration, err error) {
	return b.copied(ctx, comments, func(url string, threads [][]postgres.BulkComment) (time.Duration, error) {
		took, _, err := postgres.CopyLimit(ctx, url, threads)
		return took, err
	})
}

// whole is that of all rows into the tables where they belong.
func (b *benchImport) whole(ctx context.Context, comments int) (rate float64, cpu time.Duration, err error) {
	return b.copied(ctx, comments, func(url string, threads [][]postgres.BulkComment) (time.Duration, error) {
		return postgres.CopyWhole(ctx, url, threads, limitPeople)
	})
}

// limitPeople is how many people write on the site that only COPY brings.
const limitPeople = 1000

func (b *benchImport) copied(ctx context.Context, comments int,
	bring func(url string, threads [][]postgres.BulkComment) (time.Duration, error)) (rate float64, cpu time.Duration, err error) {
	db, err := b.database(ctx, "limit_of_copy")
	if err != nil {
		return 0, 0, err
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
	return float64(comments) / took.Seconds(), cpuOf(processTree(b.server[0])) - before, err
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
