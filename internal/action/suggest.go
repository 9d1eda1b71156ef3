package action

import (
	"bytes"
	"context"
	"sync"
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
	due, ok, err := a.db.DueForSuggestions(ctx, quiet, a.suggesting.waiting(time.Now()))
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
		a.suggesting.failed(due, time.Now())
		return false, err
	}
	a.suggesting.done(due.ID)
	return true, err
}

// suggestPace has articles that could not be looked through wait longer each time,
// as images and feeds do, and lets the others go first. It is held in memory: a
// new process, like a new import, is a reason to try at once.
type suggestPace struct {
	mu       sync.Mutex
	failures map[forum.ArticleID]suggestFailure
}

type suggestFailure struct {
	due   postgres.DueArticle
	times int // in a row
	until time.Time
}

const (
	// suggestAgain is how long to wait after the first failure, and each time five
	// times as long, until suggestLatest.
	suggestAgain  = time.Minute
	suggestLatest = 24 * time.Hour
)

// failed notes a failure.
func (p *suggestPace) failed(due postgres.DueArticle, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.failures == nil {
		p.failures = map[forum.ArticleID]suggestFailure{}
	}
	f := p.failures[due.ID]
	if !f.due.At.Equal(due.At) {
		f.times = 0
	}
	f.due, f.times = due, f.times+1
	wait := suggestAgain
	for range min(f.times-1, 10) {
		wait *= 5
	}
	f.until = now.Add(min(wait, suggestLatest))
	p.failures[due.ID] = f
}

// done forgets the failures of an article.
func (p *suggestPace) done(id forum.ArticleID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.failures, id)
}

// waiting are those that are not to be tried yet.
func (p *suggestPace) waiting(now time.Time) (list []postgres.DueArticle) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, f := range p.failures {
		if f.until.After(now) {
			list = append(list, f.due)
		}
	}
	return list
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
