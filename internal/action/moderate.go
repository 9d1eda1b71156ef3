package action

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"hustings/internal/forum"
	"hustings/internal/postgres"
)

// ModerateInput is what a moderator sends with an act on one comment.
type ModerateInput struct {
	Comment forum.CommentID
	Reason  forum.Reason // needed for removing
	Note    string       // for other moderators
	Seen    forum.Seen
}

// checkRemoval refuses, before anything is locked, what cannot remove anything: no
// moderator, no reason, a note that cannot be kept. It tidies the note.
func (in *ModerateInput) checkRemoval(v forum.Viewer) (err error) {
	if err := forum.CanModerate(v); err != nil {
		return err
	}
	if in.Reason, err = forum.ParseReason(string(in.Reason)); err != nil {
		return err
	}
	in.Note, err = cleanNote(in.Note)
	return err
}

// Moderated is what an act did.
type Moderated struct {
	Seq     int64 // its audit entry
	Article string
	Comment forum.CommentID // 0: the act was on the article
	Was     forum.CommentState
	Count   int  // comments that came or went, reports that were closed
	Already bool // the same person had done the same before; nothing happened now
}

// moderate locks a comment and allows or refuses an act on it, as far as that
// depends on the people and not on the comment's state. structural acts lock the
// whole article.
func moderate(ctx context.Context, tx *postgres.Tx, v forum.Viewer, id forum.CommentID, act forum.Act, structural bool) (postgres.LockedComment, error) {
	lock := tx.LockComment
	if structural {
		lock = tx.LockBranch
	}
	c, err := lock(ctx, id)
	if err != nil {
		return c, err
	}
	if !visible(v, c.ArticleState) {
		return c, forum.NewError(forum.NotFound, "There is no such comment.")
	}
	return c, forum.CanActOn(v, &c.Comment, act)
}

func visible(v forum.Viewer, state forum.ArticleState) bool {
	a := forum.Article{State: state}
	return a.VisibleTo(v)
}

// cleanNote trims a note and refuses one that is too long or unreadable.
func cleanNote(note string) (string, error) {
	note = strings.TrimSpace(strings.ReplaceAll(note, "\r\n", "\n"))
	if !utf8.ValidString(note) || strings.ContainsRune(note, 0) {
		return "", forum.FieldError("note", "The note holds a character that can’t be stored.")
	}
	if utf8.RuneCountInString(note) > forum.MaxNoteChars {
		return "", forum.FieldError("note", "A note has at most %d characters.", forum.MaxNoteChars)
	}
	return note, nil
}

// related are the acts that undo or repeat one another; whether a form was sent
// twice shows in the newest of them.
var related = [][]string{
	{postgres.ActRemove, postgres.ActRestore, postgres.ActHold, postgres.ActRelease},
	{postgres.ActRemoveBranch, postgres.ActRestoreBranch},
	{postgres.ActLockBranch, postgres.ActUnlockBranch},
	{postgres.ActMove},
	{postgres.ActKeep},
}

// already tells whether the newest act of its sort on a comment is this very act
// by this very person: a form sent twice.
func already(ctx context.Context, tx *postgres.Tx, v forum.Viewer, c *postgres.LockedComment, act string) (postgres.PastAct, bool, error) {
	var sort []string
	for _, list := range related {
		if slices.Contains(list, act) {
			sort = list
		}
	}
	last, err := tx.LastAct(ctx, "comment", int64(c.ID), sort...)
	return last, err == nil && last.Action == act && last.Actor == v.ID, err
}

// entry is the audit entry of an act on a comment.
func entry(v forum.Viewer, c *postgres.LockedComment, act string) postgres.AuditEntry {
	return postgres.AuditEntry{
		Actor: v.ID, Action: act, SubjectKind: "comment", SubjectID: int64(c.ID), Article: c.Article,
	}
}

// outcome is what an act on a comment answers.
func outcome(c *postgres.LockedComment, seq int64) Moderated {
	return Moderated{Seq: seq, Article: c.Slug, Comment: c.ID, Was: c.State}
}
