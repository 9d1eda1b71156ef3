package action

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"hustings/internal/forum"
	"hustings/internal/markup"
	"hustings/internal/postgres"
)

// Undone is what undoing an import did, or would do.
type Undone struct {
	Articles UndoneArticles `json:"articles"`
	Comments UndoneComments `json:"comments"`
	People   int            `json:"people"` // imported names that had nothing else
	// Kept lists what stays of what the import brought or changed, and why, at most
	// maxKept things; MoreKept is how many are not in the list.
	Kept     []Kept `json:"kept"`
	MoreKept int    `json:"more_kept"`
}

// UndoneArticles counts the articles that an import had brought or changed.
type UndoneArticles struct {
	Removed  int `json:"removed"`  // they are gone
	Restored int `json:"restored"` // what the import had overwritten stands there again
	Kept     int `json:"kept"`     // they stay, or stay as the import has left them
}

// UndoneComments counts comments in the same way.
type UndoneComments struct {
	Removed  int `json:"removed"`
	Restored int `json:"restored"`
	// Placeholders have lost text and author, and keep the place of what stands
	// below them.
	Placeholders int `json:"placeholders"`
	Kept         int `json:"kept"`
}

// Kept is something that stays when an import is undone.
type Kept struct {
	Slug    string           `json:"slug"`
	Title   string           `json:"title"`             // of the article
	Comment forum.CommentID  `json:"comment,omitempty"` // 0: the article itself
	Why     postgres.UndoWhy `json:"why"`
	// Emptied tells that the comment has become a placeholder.
	Emptied bool `json:"emptied,omitempty"`
}

// maxKept bounds the list of what stays, and maxKeptOfArticle what one article
// may take of it.
const (
	maxKept          = 200
	maxKeptOfArticle = 50
)

// keptWords say why something stays.
var keptWords = map[postgres.UndoWhy]string{
	postgres.WhyClaimed:   "Its author is a member by now.",
	postgres.WhyEdited:    "It was edited here.",
	postgres.WhyModerated: "Somebody has decided about it here.",
	postgres.WhyMoved:     "It was moved to another place.",
	postgres.WhyReported:  "It was reported by a reader.",
	postgres.WhyImported:  "Another import has brought or changed it too.",
	postgres.WhyReplies:   "There are comments in it that stay.",
}

// Reason says in an English sentence why the thing stays.
func (k Kept) Reason() string {
	if k.Emptied {
		return "It was answered; a placeholder is left above the replies."
	}
	return keptWords[k.Why]
}

func (u *Undone) add(o Undone) {
	u.Articles.Removed += o.Articles.Removed
	u.Articles.Restored += o.Articles.Restored
	u.Articles.Kept += o.Articles.Kept
	u.Comments.Removed += o.Comments.Removed
	u.Comments.Restored += o.Comments.Restored
	u.Comments.Placeholders += o.Comments.Placeholders
	u.Comments.Kept += o.Comments.Kept
	u.MoreKept += o.MoreKept
	for _, k := range o.Kept {
		u.keep(k, maxKept)
	}
}

func (u *Undone) keep(k Kept, most int) {
	if len(u.Kept) >= most {
		u.MoreKept++
		return
	}
	u.Kept = append(u.Kept, k)
}

// UndoReview finds out what undoing an import would do now, and changes nothing.
// It says nothing of people. Articles that are undone already count as they were
// undone.
func (a *Actions) UndoReview(ctx context.Context, v forum.Viewer, job postgres.JobID) (*Undone, error) {
	if err := forum.CanAdminister(v); err != nil {
		return nil, err
	}
	return a.undoReview(ctx, job)
}

func (a *Actions) undoReview(ctx context.Context, job postgres.JobID) (*Undone, error) {
	sum, err := a.undoneSoFar(ctx, job)
	if err != nil {
		return nil, err
	}
	return sum, a.eachToUndo(ctx, job, func(id forum.ArticleID) error {
		u := &undo{}
		err := a.db.UndoFinds(ctx, job, id, u)
		if err == nil {
			sum.add(u.end().done)
		}
		return err
	})
}

// eachToUndo calls act for every article that a job touched and that is not
// undone yet.
func (a *Actions) eachToUndo(ctx context.Context, job postgres.JobID, act func(forum.ArticleID) error) error {
	const batch = 500
	last := forum.ArticleID(0)
	for {
		list, err := a.db.UndoList(ctx, job, last, batch)
		if err != nil || len(list) == 0 {
			return err
		}
		for _, last = range list {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := act(last); err != nil {
				return err
			}
		}
	}
}

// undoneSoFar sums up what was done to the articles that are undone.
func (a *Actions) undoneSoFar(ctx context.Context, job postgres.JobID) (*Undone, error) {
	sum := &Undone{Kept: []Kept{}}
	err := a.db.UndoOutcomes(ctx, job, func(raw json.RawMessage) error {
		var o Undone
		if err := json.Unmarshal(raw, &o); err != nil {
			return fmt.Errorf("read what undoing did: %w", err)
		}
		sum.add(o)
		return nil
	})
	return sum, err
}

// undoImport takes back what a job has brought and restores what it has
// overwritten, one transaction an article, as far as nobody has touched it since.
// Called again after it was interrupted it goes on; two at the same time do each
// other no harm.
func (a *Actions) undoImport(ctx context.Context, job postgres.JobID, progress func(postgres.JobProgress)) (Undone, error) {
	var p postgres.JobProgress
	var err error
	if p.Articles, p.ArticlesOf, err = a.db.UndoCount(ctx, job); err != nil {
		return Undone{}, err
	}
	progress(p)
	if err := a.db.AnalyzeDiscussions(ctx); err != nil {
		return Undone{}, err
	}
	err = a.eachToUndo(ctx, job, func(id forum.ArticleID) error {
		done, err := a.undoArticle(ctx, job, id)
		p.Articles++
		p.Comments += int64(done.Comments.Removed + done.Comments.Restored + done.Comments.Placeholders)
		progress(p)
		return err
	})
	if err != nil {
		return Undone{}, err
	}
	return a.endUndo(ctx, job)
}

// undoArticle undoes a job in one article.
func (a *Actions) undoArticle(ctx context.Context, job postgres.JobID, id forum.ArticleID) (done Undone, err error) {
	err = a.db.Do(ctx, func(ctx context.Context, tx *postgres.Tx) error {
		done = Undone{}
		ok, err := tx.HoldUndo(ctx, job, id)
		if err != nil || !ok {
			return err
		}
		u := &undo{}
		if err := tx.UndoFinds(ctx, job, id, u); err != nil {
			return err
		}
		done = u.end().done
		if err := u.write(ctx, tx, job); err != nil {
			return err
		}
		outcome, err := json.Marshal(done)
		if err != nil {
			return err
		}
		return tx.EndUndo(ctx, job, id, outcome)
	})
	return done, err
}

// endUndo deletes the people and sources that are left with nothing, and tells of
// it all.
func (a *Actions) endUndo(ctx context.Context, job postgres.JobID) (Undone, error) {
	sum, err := a.undoneSoFar(ctx, job)
	if err != nil {
		return Undone{}, err
	}
	for more := true; more; {
		err := a.db.Do(ctx, func(ctx context.Context, tx *postgres.Tx) error {
			n, err := tx.DropIdlePeople(ctx, job)
			more = n > 0
			sum.People += n
			return err
		})
		if err != nil {
			return Undone{}, err
		}
	}
	return *sum, a.db.Do(ctx, func(ctx context.Context, tx *postgres.Tx) error {
		if err := tx.DropIdleSources(ctx, job); err != nil {
			return err
		}
		act, err := tx.UndoAct(ctx, job)
		if err != nil || act.Said {
			return err
		}
		_, err = tx.Audit(ctx, postgres.AuditEntry{
			Actor: act.Actor, Action: postgres.ActImportUndo, SubjectKind: "source", SubjectID: int64(act.Source), Undoes: act.Import,
			Detail: map[string]any{"job": job, "articles": sum.Articles, "comments": sum.Comments, "people": sum.People},
		})
		return err
	})
}

// undo is what undoing a job does to one article. It is decided while the article
// is read; of each comment no more than its number is held.
type undo struct {
	article postgres.UndoArticle
	gone    bool // the article goes
	stays   postgres.UndoWhy
	heir    postgres.JobID // of an article that stays
	done    Undone

	left  int                                               // comments that the article still has then
	above map[forum.CommentID]postgres.JobID                // comments below which one stays: the last of the jobs that made one; 0: none
	steps map[undoStep]map[postgres.JobID][]forum.CommentID // what to do with which comments, by the job that they are left to; 0: none

	text, state bool // of the article, to restore or to leave to its heirs
}

// undoStep is something that is done with a comment.
type undoStep int

const (
	undoRemove undoStep = iota // children before parents
	undoEmpty
	undoHand
	undoLeaveRefs
	undoTexts // to restore
	undoStates
	undoLeaveTexts
	undoLeaveStates
)

func (u *undo) step(what undoStep, id forum.CommentID, to postgres.JobID) {
	if u.steps == nil {
		u.steps = map[undoStep]map[postgres.JobID][]forum.CommentID{}
	}
	if u.steps[what] == nil {
		u.steps[what] = map[postgres.JobID][]forum.CommentID{}
	}
	u.steps[what][to] = append(u.steps[what][to], id)
}

// Article hears of the article.
func (u *undo) Article(a postgres.UndoArticle) { u.article = a }

// Comment decides about a comment; what is below it has been decided.
func (u *undo) Comment(c *postgres.UndoComment) {
	by, stays := c.By, true
	below, answered := u.above[c.ID]
	delete(u.above, c.ID)
	if c.Made {
		by, stays = u.comment(c, answered, below)
	}
	if !stays {
		return
	}
	u.left++
	if c.Parent == 0 {
		return
	}
	if u.above == nil {
		u.above = map[forum.CommentID]postgres.JobID{}
	}
	if was := u.above[c.Parent]; by == 0 {
		by = was
	}
	u.above[c.Parent] = by
}

// end decides about the article, after everything in it.
func (u *undo) end() *undo {
	if u.article.Here && u.article.Made {
		u.made(u.left)
	} else if u.article.Here {
		u.changed()
	}
	return u
}

// comment decides about a comment that the job made: it goes, unless somebody has
// touched it here; an untouched one with something below it keeps its place only.
// by is whose it is then.
func (u *undo) comment(c *postgres.UndoComment, answered bool, below postgres.JobID) (by postgres.JobID, stays bool) {
	switch {
	case c.Why != "":
		u.step(undoHand, c.ID, c.Heir)
		if c.Why == postgres.WhyImported {
			u.step(undoLeaveRefs, c.ID, 0)
		}
		u.done.Comments.Kept++
		u.kept(c.ID, c.Why, false)
		return c.Heir, true
	case !answered:
		u.step(undoRemove, c.ID, 0)
		u.done.Comments.Removed++
		return 0, false
	case c.Placeholder:
		u.step(undoHand, c.ID, below)
	default:
		u.step(undoEmpty, c.ID, below)
	}
	u.done.Comments.Placeholders++
	u.kept(c.ID, postgres.WhyReplies, true)
	return below, true
}

func (u *undo) kept(id forum.CommentID, why postgres.UndoWhy, emptied bool) {
	u.done.keep(Kept{Slug: u.article.Slug, Title: u.article.Title, Comment: id, Why: why, Emptied: emptied}, maxKeptOfArticle)
}

// Before decides about a comment of others that the job changed.
func (u *undo) Before(b *postgres.UndoBefore) {
	var why postgres.UndoWhy
	switch {
	case !b.Text:
	case b.TextHeir != 0:
		u.step(undoLeaveTexts, b.ID, b.TextHeir)
		why = postgres.WhyImported
	case b.TextSame:
		u.step(undoTexts, b.ID, 0)
	default:
		why = postgres.WhyEdited
	}
	switch {
	case !b.State:
	case b.StateHeir != 0:
		u.step(undoLeaveStates, b.ID, b.StateHeir)
		why = cmp.Or(why, postgres.WhyImported)
	case b.StateSame:
		u.step(undoStates, b.ID, 0)
	default:
		why = cmp.Or(why, postgres.WhyModerated)
	}
	if why == "" {
		u.done.Comments.Restored++
		return
	}
	u.done.Comments.Kept++
	u.kept(b.ID, why, false)
}

// made decides about an article that the job made.
func (u *undo) made(left int) {
	a := &u.article
	switch {
	case a.Why != "":
		u.stays = a.Why
	case a.Heir != 0:
		u.stays = postgres.WhyImported
	case left > 0:
		u.stays = postgres.WhyReplies
	}
	if u.stays == "" {
		u.gone = true
		u.done.Articles.Removed++
		return
	}
	u.heir = a.Heir
	u.done.Articles.Kept++
	u.kept(0, u.stays, false)
}

// changed decides about an article of others, of which the job may have
// overwritten text or state.
func (u *undo) changed() {
	a := &u.article
	u.heir = a.Heir
	u.text = a.Text && (a.TextHeir != 0 || a.TextSame)
	u.state = a.State && (a.StateHeir != 0 || a.StateSame)
	switch {
	case !a.Text && !a.State:
		return
	case a.Text && !u.text:
		u.stays = postgres.WhyEdited
	case a.State && !u.state:
		u.stays = postgres.WhyModerated
	case a.Text && a.TextHeir != 0, a.State && a.StateHeir != 0:
		u.stays = postgres.WhyImported
	}
	if u.stays == "" {
		u.done.Articles.Restored++
		return
	}
	u.done.Articles.Kept++
	u.kept(0, u.stays, false)
}

// write carries the decisions out.
func (u *undo) write(ctx context.Context, tx *postgres.Tx, job postgres.JobID) error {
	if !u.article.Here {
		return nil
	}
	type ids = []forum.CommentID
	article := u.article.ID
	if err := u.each(undoRemove, func(list ids, _ postgres.JobID) error { return tx.RemoveMade(ctx, list) }); err != nil {
		return err
	}
	if err := tx.RestoreRefs(ctx, job, article); err != nil {
		return err
	}
	for _, step := range []struct {
		what undoStep
		do   func(list ids, to postgres.JobID) error
	}{
		{undoEmpty, func(list ids, to postgres.JobID) error { return tx.Empty(ctx, list, to) }},
		{undoHand, func(list ids, to postgres.JobID) error { return tx.HandOn(ctx, list, to) }},
		{undoLeaveRefs, func(list ids, _ postgres.JobID) error { return tx.LeaveRefs(ctx, job, article, list) }},
		{undoLeaveTexts, func(list ids, to postgres.JobID) error { return tx.LeaveBefore(ctx, job, true, list, to) }},
		{undoLeaveStates, func(list ids, to postgres.JobID) error { return tx.LeaveBefore(ctx, job, false, list, to) }},
		{undoTexts, func(list ids, _ postgres.JobID) error { return tx.RestoreTexts(ctx, job, list) }},
		{undoStates, func(list ids, _ postgres.JobID) error { return tx.RestoreStates(ctx, job, list) }},
	} {
		if err := u.each(step.what, step.do); err != nil {
			return err
		}
	}
	return u.writeArticle(ctx, tx, job)
}

// each does a step in portions, by the jobs that the comments are left to.
func (u *undo) each(what undoStep, do func([]forum.CommentID, postgres.JobID) error) error {
	for _, to := range slices.Sorted(maps.Keys(u.steps[what])) {
		for portion := range slices.Chunk(u.steps[what][to], postgres.UndoBatch) {
			if err := do(portion, to); err != nil {
				return err
			}
		}
	}
	return nil
}

func (u *undo) writeArticle(ctx context.Context, tx *postgres.Tx, job postgres.JobID) error {
	id := u.article.ID
	if u.gone {
		return tx.RemoveArticle(ctx, id)
	}
	if u.article.Made {
		if err := tx.HandArticleOn(ctx, job, id, u.heir); err != nil {
			return err
		}
	}
	if u.text {
		html, err := tx.RestoreArticleText(ctx, job, id, u.article.TextHeir)
		if err != nil {
			return err
		}
		if u.article.TextHeir == 0 {
			if err := tx.ListImages(ctx, id, markup.Pictures(html)); err != nil {
				return err
			}
		}
	}
	if u.state {
		if err := tx.RestoreArticleState(ctx, job, id, u.article.StateHeir); err != nil {
			return err
		}
	}
	return tx.SettleUndo(ctx, job, id, u.heir)
}
