package action

import (
	"context"
	"slices"

	"hustings/internal/forum"
	"hustings/internal/postgres"
	"hustings/internal/suggest"
)

// Decided is what deciding about a suggestion did.
type Decided struct {
	Comment forum.CommentID
	Article forum.ArticleID
	Rule    suggest.Rule
	Acts    []int64 // entries of the audit
}

// AcceptSuggestion does what a suggestion says: moves the comment with its branch
// to where it belongs, or, of a comment that was sent twice, moves the replies of
// the second below the first and removes it. Each step is an act of its own, and
// ReopenSuggestion takes all of them back.
func (a *Actions) AcceptSuggestion(ctx context.Context, v forum.Viewer, id int64) (done Decided, err error) {
	err = a.decide(ctx, v, id, postgres.SuggestionOpen, &done, func(ctx context.Context, tx *postgres.Tx, s *postgres.Suggestion) error {
		accept := acceptMove
		if s.Rule == string(suggest.Duplicate) {
			accept = acceptDuplicate
		}
		if done.Acts, err = accept(ctx, tx, v, s); err != nil {
			return err
		}
		return tx.Decide(ctx, s.ID, v.ID, postgres.SuggestionAccepted, done.Acts)
	})
	return done, err
}

// DismissSuggestion leaves a comment as it is. It is not asked about again.
func (a *Actions) DismissSuggestion(ctx context.Context, v forum.Viewer, id int64) (done Decided, err error) {
	err = a.decide(ctx, v, id, postgres.SuggestionOpen, &done, func(ctx context.Context, tx *postgres.Tx, s *postgres.Suggestion) error {
		return tx.Decide(ctx, s.ID, v.ID, postgres.SuggestionDismissed, nil)
	})
	return done, err
}

// ReopenSuggestion takes a decision back, and with it what accepting has done, as
// far as nothing has happened to these comments since.
func (a *Actions) ReopenSuggestion(ctx context.Context, v forum.Viewer, id int64) (done Decided, err error) {
	err = a.decide(ctx, v, id, "", &done, func(ctx context.Context, tx *postgres.Tx, s *postgres.Suggestion) error {
		if s.State == postgres.SuggestionOpen {
			return forum.NewError(forum.Conflict, "Somebody was faster: this suggestion is open again.")
		}
		if done.Acts, err = takeBack(ctx, tx, v, s); err != nil {
			return err
		}
		return tx.Decide(ctx, s.ID, v.ID, postgres.SuggestionOpen, nil)
	})
	return done, err
}

// decide locks a suggestion with the article that it is about. in is the state
// that it has to be in, "" any.
func (a *Actions) decide(ctx context.Context, v forum.Viewer, id int64, in string, done *Decided, do func(context.Context, *postgres.Tx, *postgres.Suggestion) error) error {
	if err := forum.CanModerate(v); err != nil {
		return err
	}
	return a.db.Do(ctx, func(ctx context.Context, tx *postgres.Tx) error {
		s, err := tx.Suggestion(ctx, id, false)
		if err != nil {
			return err
		}
		// The article first, as all structural acts take it.
		if _, err := moderate(ctx, tx, v, s.Comment, forum.ActMove, true); err != nil {
			return err
		}
		if s, err = tx.Suggestion(ctx, id, true); err != nil {
			return err
		}
		if in != "" && s.State != in {
			return forum.NewError(forum.Conflict, "Somebody was faster: this suggestion has been decided.")
		}
		*done = Decided{Comment: s.Comment, Article: s.Article, Rule: suggest.Rule(s.Rule)}
		return do(ctx, tx, &s)
	})
}

// current reads the comment of a suggestion that is locked, and refuses one that
// is no longer what it was.
func current(ctx context.Context, tx *postgres.Tx, v forum.Viewer, s *postgres.Suggestion) (postgres.LockedComment, error) {
	c, err := moderate(ctx, tx, v, s.Comment, forum.ActMove, true)
	if err != nil {
		return c, err
	}
	first, err := tx.LockComment(ctx, s.Target)
	if err != nil {
		return c, err
	}
	moved := c.Parent != s.From && s.Rule != string(suggest.Duplicate)
	if moved || c.State != forum.Published || first.State != forum.Published || first.Article != c.Article {
		return c, forum.NewError(forum.Conflict, "Something has happened to these comments since this was suggested. Please look at them again.")
	}
	return c, nil
}

func acceptMove(ctx context.Context, tx *postgres.Tx, v forum.Viewer, s *postgres.Suggestion) ([]int64, error) {
	c, err := current(ctx, tx, v, s)
	if err != nil {
		return nil, err
	}
	seq, _, err := move(ctx, tx, v, &c, spot{below: s.Target})
	return []int64{seq}, err
}

func acceptDuplicate(ctx context.Context, tx *postgres.Tx, v forum.Viewer, s *postgres.Suggestion) (acts []int64, err error) {
	c, err := current(ctx, tx, v, s)
	if err != nil {
		return nil, err
	}
	replies, err := tx.Replies(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	for _, id := range replies {
		reply, err := moderate(ctx, tx, v, id, forum.ActMove, true)
		if err != nil {
			return nil, err
		}
		seq, _, err := move(ctx, tx, v, &reply, spot{below: s.Target})
		if err != nil {
			return nil, err
		}
		acts = append(acts, seq)
	}
	if err := forum.CanActOn(v, &c.Comment, forum.ActRemove); err != nil {
		return nil, err
	}
	var done Moderated
	if err := remove(ctx, tx, v, &c, ModerateInput{Comment: c.ID, Reason: duplicateReason}, &done); err != nil {
		return nil, err
	}
	return append(acts, done.Seq), nil
}

// duplicateReason is what readers are told of a comment that was sent twice.
const duplicateReason forum.Reason = "repeat"

// takeBack undoes the acts of a suggestion, the last one first.
func takeBack(ctx context.Context, tx *postgres.Tx, v forum.Viewer, s *postgres.Suggestion) (acts []int64, err error) {
	for _, seq := range slices.Backward(s.Acts) {
		act, err := tx.ActOn(ctx, seq)
		if err != nil {
			return nil, err
		}
		c, err := moderate(ctx, tx, v, act.Comment, forum.ActMoveBack, true)
		if err != nil {
			return nil, err
		}
		var done Moderated
		if act.Action == postgres.ActRemove {
			if err := forum.CanActOn(v, &c.Comment, forum.ActRestore); err != nil {
				if err := ownRemoval(ctx, tx, v, &c, err); err != nil {
					return nil, err
				}
			}
			err = restore(ctx, tx, v, &c, RestoreInput{Comment: c.ID, Undoes: seq}, &done)
		} else {
			done.Seq, err = takeBackMove(ctx, tx, v, &c, seq)
		}
		if err != nil {
			return nil, err
		}
		acts = append(acts, done.Seq)
	}
	return acts, nil
}

func takeBackMove(ctx context.Context, tx *postgres.Tx, v forum.Viewer, c *postgres.LockedComment, seq int64) (int64, error) {
	last, err := tx.LastMove(ctx, c.ID)
	if err != nil {
		return 0, err
	}
	back, _, err := moveBack(ctx, tx, v, c, last, RestoreInput{Comment: c.ID, Undoes: seq})
	return back, err
}

// maxAccepted bounds how many suggestions are accepted in one go: each takes its
// own few milliseconds, and somebody is waiting.
const maxAccepted = 500

// AcceptSuggestions accepts what one rule has found in one article, one after the
// other, at most maxAccepted of them. Only what Sure rules find may be accepted
// unseen. What has become impossible is left where it is, and counted as left.
func (a *Actions) AcceptSuggestions(ctx context.Context, v forum.Viewer, slug string, rule suggest.Rule) (accepted, left int, err error) {
	if err := forum.CanModerate(v); err != nil {
		return 0, 0, err
	}
	if !rule.Sure() {
		return 0, 0, forum.NewError(forum.Invalid, "What this rule finds has to be looked at one by one.")
	}
	ids, err := a.db.OpenSuggestions(ctx, v, slug, string(rule), maxAccepted)
	if err != nil {
		return 0, 0, err
	}
	for _, id := range ids {
		_, err := a.AcceptSuggestion(ctx, v, id)
		switch forum.KindOf(err) {
		case forum.Conflict, forum.Forbidden, forum.NotFound, forum.Invalid:
			left++
			continue
		}
		if err != nil {
			return accepted, left, err
		}
		accepted++
	}
	return accepted, left, nil
}
