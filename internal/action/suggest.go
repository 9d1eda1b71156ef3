package action

import (
	"bytes"
	"context"
	"time"

	"hustings/internal/forum"
	"hustings/internal/postgres"
	"hustings/internal/suggest"
)

const (
	// suggestQuiet is how long no import may have changed anything before what it
	// brought is looked through: imports come first.
	suggestQuiet = 5 * time.Second
	// suggestEvery is how often somebody asks whether there is anything.
	suggestEvery = 5 * time.Second
)

// KeepSuggesting looks through what imports have brought, some time after they
// have, until ctx ends. Every instance may do so.
func (a *Actions) KeepSuggesting(ctx context.Context) {
	tick := time.NewTicker(suggestEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := a.suggest(ctx, suggestQuiet); err != nil && ctx.Err() == nil {
			a.log.Warn("looking for suggestions failed; the next round tries again", "err", err)
		}
	}
}

// Suggest looks through every article that imports have changed since somebody
// did, and puts what it finds before moderators. It changes nothing that readers
// see.
func (a *Actions) Suggest(ctx context.Context) error { return a.suggest(ctx, 0) }

func (a *Actions) suggest(ctx context.Context, quiet time.Duration) error {
	for ctx.Err() == nil {
		due, ok, err := a.db.DueForSuggestions(ctx, quiet)
		if err != nil || !ok {
			return err
		}
		list, err := a.lookThrough(ctx, due.ID)
		if err != nil {
			return err
		}
		err = a.db.Do(ctx, func(ctx context.Context, tx *postgres.Tx) error {
			_, err := tx.ReplaceSuggestions(ctx, due, list)
			return err
		})
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}

// lookThrough asks all rules about one article.
func (a *Actions) lookThrough(ctx context.Context, article forum.ArticleID) (list []postgres.Suggestion, err error) {
	take := func(s suggest.Suggestion, ok bool) {
		if ok {
			list = append(list, postgres.Suggestion{Comment: s.Comment, From: s.Parent, Target: s.Target, Rule: string(s.Rule), Words: s.Words})
		}
	}
	err = a.db.LookThrough(ctx, article, func(ctx context.Context, l *postgres.Look) error {
		if err := lookAtSiblings(ctx, l, take); err != nil {
			return err
		}
		return lookAtTwins(ctx, l, take)
	})
	return list, err
}

func lookAtSiblings(ctx context.Context, l *postgres.Look, take func(suggest.Suggestion, bool)) error {
	var siblings suggest.Siblings
	parent := forum.CommentID(-1)
	return l.Siblings(ctx, func(c postgres.Looked) error {
		if c.Parent != parent {
			parent = c.Parent
			siblings.Begin(suggest.Comment{ID: c.Parent, Author: c.ParentAuthor, Name: c.ParentName}, func() ([]string, error) { return l.Above(ctx, c.Parent) })
		}
		found, ok, err := siblings.Next(suggested(&c))
		take(found, ok)
		return err
	})
}

func lookAtTwins(ctx context.Context, l *postgres.Look, take func(suggest.Suggestion, bool)) error {
	var twins suggest.Twins
	var before postgres.Looked
	return l.Twins(ctx, func(c postgres.Looked) error {
		same := before.ID != 0 && before.Author == c.Author && bytes.Equal(before.Sum, c.Sum)
		take(twins.Next(suggested(&c), c.Parent, same))
		before = c
		return nil
	})
}

func suggested(c *postgres.Looked) suggest.Comment {
	return suggest.Comment{ID: c.ID, Author: c.Author, Name: c.Name, At: c.At, Text: c.Text, Settled: c.Moved}
}
