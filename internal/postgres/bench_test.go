package postgres_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"hustings/internal/forum"
	"hustings/internal/pgtest"
	"hustings/internal/postgres"
)

// trees is a thread of n comments in trees of 5, three levels deep.
func trees(n int) postgres.Shape {
	shape := make(postgres.Shape, n)
	for i := range shape {
		switch i % 5 {
		case 0:
			shape[i] = -1
		case 1, 2:
			shape[i] = i - i%5
		default:
			shape[i] = i - 2
		}
	}
	return shape
}

// chain is a thread in which each comment answers the one before.
func chain(n int) postgres.Shape {
	shape := make(postgres.Shape, n)
	for i := range shape {
		shape[i] = i - 1
	}
	return shape
}

// bigSite is a store with threads that were made up, vacuumed as in time.
type bigSite struct {
	db     *postgres.DB
	author forum.PersonID
}

func newBigSite(t testing.TB, threads map[string]postgres.Shape) *bigSite {
	t.Helper()
	url := pgtest.NewURL(t)
	db, err := postgres.Open(t.Context(), url, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	g := &bigSite{db: db}
	err = db.Do(t.Context(), func(ctx context.Context, tx *postgres.Tx) error {
		names, err := tx.EnsureImported(ctx, "bench", []string{"A", "B", "C", "D", "E"})
		if err != nil {
			return err
		}
		people := []forum.PersonID{names["A"], names["B"], names["C"], names["D"], names["E"]}
		g.author = people[0]
		for slug, shape := range threads {
			id, err := tx.AddBulkArticle(ctx, postgres.BulkArticle{PortableID: slug, Slug: slug, Title: slug, State: forum.ArticlePublished, Replies: forum.RepliesOpen, At: time.Now()})
			if err != nil {
				return err
			}
			ids, err := tx.NewCommentIDs(ctx, len(shape))
			if err != nil {
				return err
			}
			body := func(i int) string { return fmt.Sprint(i, strings.Repeat(" and so it goes on for a while", 18)) }
			if err := tx.AddBulkComments(ctx, shape.Comments(id, ids, people, time.Now(), body)); err != nil {
				return err
			}
		}
		return tx.CountBulk(ctx)
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := postgres.Settle(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	return g
}

func (s *bigSite) article(t testing.TB, slug string) forum.ArticleID {
	t.Helper()
	id, err := s.db.ArticleBySlug(t.Context(), slug)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func (s *bigSite) cost(t testing.TB, p postgres.Probe, args ...any) postgres.Cost {
	t.Helper()
	c, err := s.db.Cost(t.Context(), p, args...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// What data-and-speed.md, section 8, holds in time and buffers over millions of
// comments, this holds in buffers over a few thousand.
func TestThread_page_reads_as_little_of_a_long_thread_as_of_a_short_one(t *testing.T) {
	t.Parallel()
	g := newBigSite(t, map[string]postgres.Shape{"short": trees(250), "long": trees(8000), "chain": chain(1000)})
	short, long := g.cost(t, postgres.ProbePage, g.article(t, "short")), g.cost(t, postgres.ProbePage, g.article(t, "long"))
	// Indexes of so few comments may differ by a level: that alone is a factor of 1.5.
	if short.Rows < 200 || long.Buffers > 2*short.Buffers || long.Buffers > 3*long.Rows {
		t.Errorf("a page of 250 comments looks at %d pages for %d rows, one of 8,000 at %d", short.Buffers, short.Rows, long.Buffers)
	}
	top, err := g.db.AtDepth(t.Context(), g.article(t, "chain"), 0, 1)
	if err != nil || len(top) != 1 {
		t.Fatal(top, err)
	}
	// Usually 5 from the index alone; where the planner goes to the table, a few more. A walk would take 130.
	if c := g.cost(t, postgres.ProbePermalink, top[0]); c.Rows != 65 || c.Buffers > 40 {
		t.Errorf("the permalink of a chain's first comment looks at %d pages for %d rows", c.Buffers, c.Rows)
	}
}

func BenchmarkThread(b *testing.B) {
	sizes := []int{250, 5000, 50_000}
	threads := map[string]postgres.Shape{}
	for _, n := range sizes {
		threads[fmt.Sprint("t", n)] = trees(n)
	}
	g := newBigSite(b, threads)
	for _, n := range sizes {
		id := g.article(b, fmt.Sprint("t", n))
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				page, err := g.db.Thread(b.Context(), forum.Anonymous, postgres.ThreadPage{Article: id, Sort: forum.Oldest})
				if err != nil || len(page.Nodes) != 250 {
					b.Fatal(len(page.Nodes), err)
				}
			}
			b.ReportMetric(float64(g.cost(b, postgres.ProbePage, id).Buffers), "buffers/op")
		})
	}
}

func BenchmarkReply(b *testing.B) {
	g := newBigSite(b, map[string]postgres.Shape{"chain": chain(5001)})
	article := g.article(b, "chain")
	n := 0
	for _, depth := range []int{5, 100, 5000} {
		at, err := g.db.AtDepth(b.Context(), article, depth, 1)
		if err != nil || len(at) != 1 {
			b.Fatal(at, err)
		}
		b.Run(fmt.Sprint("depth_", depth), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				n++
				err := g.db.Do(b.Context(), func(ctx context.Context, tx *postgres.Tx) error {
					site, err := tx.ReplySite(ctx, "chain", at[0])
					if err != nil {
						return err
					}
					_, _, err = tx.AddReply(ctx, postgres.NewReply{Article: site.ArticleID, Parent: at[0], Author: g.author, FormKey: fmt.Sprint(n),
						PortableID: fmt.Sprint("bench-", n), State: forum.Published, Source: "Yes.", HTML: "<p>Yes.</p>", Text: "Yes.", Policy: 1})
					return err
				})
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
