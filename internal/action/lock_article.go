package action

import (
	"context"

	"hustings/internal/forum"
	"hustings/internal/postgres"
)

// LockArticleInput says which discussion is locked or unlocked.
type LockArticleInput struct {
	Slug string
	Note string // for other moderators
}

// LockArticle keeps new replies out of a whole discussion; staff may still
// answer. A closed one stays closed.
func (a *Actions) LockArticle(ctx context.Context, v forum.Viewer, in LockArticleInput) (Moderated, error) {
	return a.lockArticle(ctx, v, in, true)
}

// UnlockArticle opens a locked discussion again. A closed one stays closed.
func (a *Actions) UnlockArticle(ctx context.Context, v forum.Viewer, in LockArticleInput) (Moderated, error) {
	return a.lockArticle(ctx, v, in, false)
}

func (a *Actions) lockArticle(ctx context.Context, v forum.Viewer, in LockArticleInput, lock bool) (done Moderated, err error) {
	if err := forum.CanModerate(v); err != nil {
		return done, err
	}
	if in.Note, err = cleanNote(in.Note); err != nil {
		return done, err
	}
	err = a.db.Do(ctx, func(ctx context.Context, tx *postgres.Tx) error {
		art, err := tx.LockArticle(ctx, in.Slug)
		if err != nil {
			return err
		}
		if !visible(v, art.State) {
			return forum.NewError(forum.NotFound, "There is no such article.")
		}
		done.Article = art.Slug
		return setArticleLock(ctx, tx, v, &art, in.Note, lock, &done)
	})
	return done, err
}

func setArticleLock(ctx context.Context, tx *postgres.Tx, v forum.Viewer, art *postgres.LockedArticle, note string, lock bool, done *Moderated) error {
	to, name := forum.RepliesLocked, postgres.ActLockArticle
	if !lock {
		to, name = forum.RepliesOpen, postgres.ActUnlockArticle
	}
	last, err := tx.LastAct(ctx, "article", int64(art.ID), postgres.ActLockArticle, postgres.ActUnlockArticle)
	switch {
	case err != nil:
		return err
	case art.Replies == forum.RepliesClosed:
		return forum.NewError(forum.Conflict, "This discussion is closed, so it can’t be locked or unlocked.")
	case art.Replies == to && last.Action == name && last.Actor == v.ID:
		done.Seq, done.Already = last.Seq, true
		return nil
	case art.Replies == to && lock:
		return forum.NewError(forum.Conflict, "Another moderator was faster: this discussion is already locked.")
	case art.Replies == to:
		return forum.NewError(forum.Conflict, "Somebody was faster: this discussion is not locked.")
	}
	e := postgres.AuditEntry{
		Actor: v.ID, Action: name, SubjectKind: "article", SubjectID: int64(art.ID), Article: art.ID, Note: note,
	}
	if !lock && last.Action == postgres.ActLockArticle {
		e.Undoes = last.Seq
	}
	if done.Seq, err = tx.Audit(ctx, e); err != nil {
		return err
	}
	return tx.SetReplies(ctx, art.ID, to)
}
