package action

import (
	"context"
	"slices"

	"hustings/internal/forum"
	"hustings/internal/postgres"
)

// Erasing says whom to erase, and how much of them.
type Erasing struct {
	// Handle is that of the person's page: of an account, with which the imported
	// names go that it has claimed, or of an imported name, with which those go that
	// the source knows the same person by.
	Handle string
	// SameMail takes the imported names of all sources with the same e-mail address,
	// except those that another account has claimed.
	SameMail bool
	// Texts empties the comments. Else they stay, without a name.
	Texts bool
}

// Erased is what erasing somebody did, or would do.
type Erased struct {
	Account bool     // an account goes, too
	People  int      // names that go, each in its source
	Names   []string // those that go
	Sources []string // of imports that used them; the next import leaves them out
	postgres.ErasableFigures
}

// EraseReview finds out what erasing somebody would do, and changes nothing. It is
// for admins.
func (a *Actions) EraseReview(ctx context.Context, v forum.Viewer, e Erasing) (Erased, error) {
	if err := forum.CanAdminister(v); err != nil {
		return Erased{}, err
	}
	return a.eraseReview(ctx, e)
}

// EraseReviewFromShell is EraseReview for whoever may run the program's commands.
// Nothing that serves requests may call it.
func (a *Actions) EraseReviewFromShell(ctx context.Context, e Erasing) (Erased, error) {
	e, err := a.erasingTyped(ctx, e)
	if err != nil {
		return Erased{}, err
	}
	return a.eraseReview(ctx, e)
}

func (a *Actions) eraseReview(ctx context.Context, e Erasing) (Erased, error) {
	p, err := a.db.FindErasable(ctx, e.Handle, e.SameMail)
	if err != nil {
		return Erased{}, err
	}
	done := Erased{Account: p.Account, People: len(p.IDs()), Names: p.Names(), Sources: p.Sources()}
	done.ErasableFigures, err = a.db.CountErasable(ctx, p)
	return done, err
}

// Erase takes a person's name, addresses and account away for good, and the texts
// too where that is asked for; replies of others stay. Comments keep their place.
// Importing the same again brings nothing of it back. It cannot be undone; called
// again after it broke off, it goes on. It is for admins; nobody can erase
// themselves or an account with rights. The audit keeps no name.
func (a *Actions) Erase(ctx context.Context, v forum.Viewer, e Erasing) (Erased, error) {
	if err := forum.CanAdminister(v); err != nil {
		return Erased{}, err
	}
	return a.erase(ctx, v.ID, e)
}

// EraseFromShell is Erase for whoever may run the program's commands. Nothing that
// serves requests may call it.
func (a *Actions) EraseFromShell(ctx context.Context, e Erasing) (Erased, error) {
	e, err := a.erasingTyped(ctx, e)
	if err != nil {
		return Erased{}, err
	}
	return a.erase(ctx, 0, e)
}

// erasingTyped allows for an account's name or e-mail address in place of a handle
// that nobody has.
func (a *Actions) erasingTyped(ctx context.Context, e Erasing) (Erasing, error) {
	_, err := a.db.FindErasable(ctx, e.Handle, false)
	if forum.KindOf(err) != forum.NotFound {
		return e, err
	}
	if account, other := a.findForShell(ctx, e.Handle); other == nil {
		e.Handle, err = account.Handle, nil
	}
	return e, err
}

func (a *Actions) erase(ctx context.Context, actor forum.PersonID, e Erasing) (Erased, error) {
	done, err := a.eraseReview(ctx, e)
	if err != nil {
		return Erased{}, err
	}
	// First of all, so that an import that runs meanwhile brings nobody back.
	err = a.db.Do(ctx, func(ctx context.Context, tx *postgres.Tx) error {
		p, err := tx.LockErasable(ctx, e.Handle, e.SameMail)
		if err != nil {
			return err
		}
		return tx.SetErased(ctx, p, e.Texts)
	})
	if err != nil {
		return Erased{}, err
	}
	var all []forum.ArticleID // one for each comment
	for more := true; more; {
		var list []forum.ArticleID
		err := a.db.Do(ctx, func(ctx context.Context, tx *postgres.Tx) error {
			p, err := tx.FindErasable(ctx, e.Handle, e.SameMail)
			if err != nil {
				return err
			}
			list, err = tx.EraseComments(ctx, p, e.Texts)
			return err
		})
		if err != nil {
			return Erased{}, err
		}
		all, more = append(all, list...), len(list) == postgres.EraseBatch
	}
	err = a.db.Do(ctx, func(ctx context.Context, tx *postgres.Tx) error {
		figures, err := endErase(ctx, tx, actor, e, all)
		done.Comments, done.Articles = figures.Comments, figures.Articles
		return err
	})
	return done, err
}

// endErase erases the person themselves and what has come meanwhile. articles are
// those of the comments so far.
func endErase(ctx context.Context, tx *postgres.Tx, actor forum.PersonID, e Erasing, articles []forum.ArticleID) (f postgres.ErasableFigures, err error) {
	// Whoever imports a comment by this person has ended after that, or waits and
	// then finds nobody.
	p, err := tx.LockErasable(ctx, e.Handle, e.SameMail)
	if err != nil {
		return f, err
	}
	articles = slices.Clone(articles)
	for more := true; more; {
		late, err := tx.EraseComments(ctx, p, e.Texts)
		if err != nil {
			return f, err
		}
		articles, more = append(articles, late...), len(late) == postgres.EraseBatch
	}
	for _, step := range []func() error{
		func() error { return tx.EraseFindings(ctx, p) },
		func() error { return tx.EraseReports(ctx, p, e.Texts) },
		func() error { return tx.ErasePerson(ctx, p) },
	} {
		if err := step(); err != nil {
			return f, err
		}
	}
	f.Comments = len(articles)
	slices.Sort(articles)
	f.Articles = len(slices.Compact(articles))
	_, err = tx.Audit(ctx, postgres.AuditEntry{Actor: actor, Action: postgres.ActErase, SubjectKind: "person", SubjectID: int64(p.ID),
		Detail: map[string]any{"account": p.Account, "people": len(p.IDs()), "comments": f.Comments, "articles": f.Articles, "texts": e.Texts}})
	return f, err
}
