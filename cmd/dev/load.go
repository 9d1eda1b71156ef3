package main

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"

	"hustings/internal/forum"
	"hustings/internal/pgembed"
	"hustings/internal/postgres"
)

// loadCmd makes a large database in a private PostgreSQL of its own and holds
// what the store does against data-and-speed.md, section 8.
type loadCmd struct {
	Comments int    `default:"250000" help:"How many comments, 100,000 to 2,500,000."`
	Dir      string `help:"Where the database is; one that is there already is measured as it is. Default: a folder that is removed at the end."`
	Writers  int    `default:"32" help:"How many write at once."`
}

// loaded is the database while it is measured.
type loaded struct {
	*postgres.DB
	owner  string
	people []forum.PersonID
	n      int // replies written so far, for their keys
}

// Run makes the database, measures, and prints the table.
func (c *loadCmd) Run(ctx context.Context) error {
	if c.Comments < 100_000 || c.Comments > 2_500_000 {
		return fmt.Errorf("%d comments: it can be 100,000 to 2,500,000", c.Comments)
	}
	if c.Dir == "" {
		top, err := os.MkdirTemp("", "hustings-load-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(top)                      //nolint:errcheck // a temporary folder
		if err := os.Chmod(top, 0o711); err != nil { // the database's user works below it
			return err
		}
		c.Dir = filepath.Join(top, "data")
	}
	private, err := pgembed.Start(ctx, pgembed.Options{Dir: c.Dir, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer private.Stop(context.WithoutCancel(ctx)) //nolint:errcheck // it is measured no more
	if err := postgres.Migrate(ctx, private.URL()); err != nil {
		return err
	}
	// What a forgotten query may take is no limit for loading.
	unlimited := private.URL() + "&statement_timeout=0&idle_in_transaction_session_timeout=0"
	db, err := postgres.Open(ctx, unlimited, postgres.Options{MaxConns: int32(c.Writers) + 4})
	if err != nil {
		return err
	}
	defer db.Close()
	l := &loaded{DB: db, owner: private.URL()}
	if err := l.fill(ctx, c.Comments); err != nil {
		return err
	}
	list, err := l.measure(ctx, c.Writers)
	if err != nil {
		return err
	}
	if missed := printChecks(os.Stdout, list); missed > 0 {
		fmt.Printf("\n%d of %d missed\n", missed, len(list))
	}
	return nil
}

// Named threads, beside those of the distribution.
const (
	threadSmall  = "thread-250"
	threadMiddle = "thread-5000"
	threadLarge  = "thread-50000"
	threadChain  = "chain-5000"
)

// fill makes the threads, unless they are there.
func (l *loaded) fill(ctx context.Context, comments int) error {
	if err := l.Do(ctx, func(ctx context.Context, tx *postgres.Tx) error {
		names := make([]string, 1000)
		for i := range names {
			names[i] = fmt.Sprintf("Person %d", i)
		}
		ids, err := tx.EnsureImported(ctx, "load", names)
		for _, name := range names {
			l.people = append(l.people, ids[name])
		}
		return err
	}); err != nil {
		return err
	}
	if _, err := l.ArticleBySlug(ctx, threadChain); err == nil {
		return nil
	}
	start := time.Now()
	random := rand.New(rand.NewPCG(1, 2))
	named := []namedShape{{threadLarge, withBranch(random, 50_000, largeBranch)}, {threadMiddle, ordinary(random, 5000)}, {threadSmall, ordinary(random, 250)},
		{"chain-2000-a", chain(2000)}, {"chain-2000-b", chain(2000)}}
	made := 0
	for _, s := range named {
		made += len(s.shape)
	}
	for i := 0; made < comments-5000; i++ {
		s := ordinary(random, size(random.Float64()))
		named = append(named, namedShape{fmt.Sprintf("ordinary-%d", i), s})
		made += len(s)
	}
	named = append(named, namedShape{threadChain, chain(5000)}) // last: its presence says that all is there
	if err := l.store(ctx, random, named); err != nil {
		return err
	}
	if err := l.Do(ctx, func(ctx context.Context, tx *postgres.Tx) error { return tx.CountBulk(ctx) }); err != nil {
		return err
	}
	fmt.Printf("%d comments in %d articles stored in %.0f s\n", made+5000, len(named), time.Since(start).Seconds())
	return postgres.Settle(ctx, l.owner)
}

// batch is about how many comments one transaction stores.
const batch = 20_000

func (l *loaded) store(ctx context.Context, random *rand.Rand, list []namedShape) error {
	for len(list) > 0 {
		n, total := 0, 0
		for n < len(list) && total < batch {
			total += len(list[n].shape)
			n++
		}
		if err := l.Do(ctx, func(ctx context.Context, tx *postgres.Tx) error {
			return l.storeBatch(ctx, tx, random, list[:n], total)
		}); err != nil {
			return err
		}
		list = list[n:]
	}
	return nil
}

func (l *loaded) storeBatch(ctx context.Context, tx *postgres.Tx, random *rand.Rand, list []namedShape, total int) error {
	ids, err := tx.NewCommentIDs(ctx, total)
	if err != nil {
		return err
	}
	now := time.Now()
	var all []postgres.BulkComment
	for _, s := range list {
		article, err := tx.AddBulkArticle(ctx, postgres.BulkArticle{PortableID: s.slug, Slug: s.slug, Title: "About " + s.slug,
			State: forum.ArticlePublished, Replies: forum.RepliesOpen, Policy: 1, At: now.AddDate(0, -1, 0)})
		if err != nil {
			return err
		}
		last := now.Add(-time.Duration(random.IntN(60*24)) * time.Hour)
		all = append(all, s.shape.Comments(article, ids[:len(s.shape)], l.people, last, func(int) string { return words(random) })...)
		ids = ids[len(s.shape):]
	}
	return tx.AddBulkComments(ctx, all)
}

var vocabulary = strings.Fields("the a of and to in that it was for on with as at by from this have not but what all were when we there can an your which their said if do will each about how up out them then she many some so these would other into has more her two like him see time could no make than first been its who now people my made over did down only way find use may water long little very after words called just where most know")

// words is a text of 200 to 900 bytes.
func words(random *rand.Rand) string {
	var b strings.Builder
	for want := 200 + random.IntN(700); b.Len() < want; {
		b.WriteString(vocabulary[random.IntN(len(vocabulary))])
		b.WriteByte(' ')
	}
	return strings.TrimSpace(b.String())
}
