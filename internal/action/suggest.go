package action

import (
	"bytes"
	"context"
	"errors"
	"time"

	"hustings/internal/forum"
	"hustings/internal/postgres"
	"hustings/internal/suggest"
)

// SuggestWork names this work in the background.
const SuggestWork = "suggest"

// suggestQuiet is how long no import may have changed anything before what it
// brought is looked through: imports come first.
const suggestQuiet = 5 * time.Second

// WorkSuggestions looks through the next article that imports have changed, some
// time after they have, and puts what it finds before moderators. It changes
// nothing that readers see. more is false where none is due. Every instance may
// do so.
func (a *Actions) WorkSuggestions(ctx context.Context) (more bool, err error) {
	return a.suggestNext(ctx, suggestQuiet)
}

// Suggest looks through all that are due, without waiting for anything.
func (a *Actions) Suggest(ctx context.Context) error {
	for {
		if more, err := a.suggestNext(ctx, 0); err != nil || !more {
			return err
		}
	}
}

func (a *Actions) suggestNext(ctx context.Context, quiet time.Duration) (more bool, err error) {
	due, ok, err := a.db.DueForSuggestions(ctx, quiet)
	if err != nil || !ok {
		return false, err
	}
	list, err := a.lookThrough(ctx, due.ID)
	if err == nil {
		err = a.db.Do(ctx, func(ctx context.Context, tx *postgres.Tx) error {
			_, err := tx.ReplaceSuggestions(ctx, due, list)
			return err
		})
	}
	if err != nil && ctx.Err() == nil {
		return false, errors.Join(err, a.db.PostponeSuggestions(ctx, due.ID)) // the others are not to wait for it
	}
	return true, err
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
