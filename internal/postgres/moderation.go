package postgres

import (
	"context"
	"errors"

	"hustings/internal/forum"

	"github.com/jackc/pgx/v5"
)

// LockedArticle is an article as a structural act finds it: no reply and no
// change of a comment's state happens in it until the transaction ends.
type LockedArticle struct {
	ID      forum.ArticleID
	Slug    string
	State   forum.ArticleState
	Replies forum.Replies
}

// LockArticle locks an article, given by its slug, for a structural act.
func (t *Tx) LockArticle(ctx context.Context, slug string) (a LockedArticle, err error) {
	defer wrap(&err, "lock article %q", slug)
	err = t.QueryRow(ctx, `select id, slug, state, replies from article where slug = $1 for update`, slug).
		Scan(&a.ID, &a.Slug, &a.State, &a.Replies)
	return a, notFound(err, "There is no such article.")
}

// LockBranch locks the article of a comment for a structural act on the branch
// below it, and then the comment.
func (t *Tx) LockBranch(ctx context.Context, root forum.CommentID) (LockedComment, error) {
	var article forum.ArticleID
	err := t.QueryRow(ctx, `select id from article where id = (select article_id from comment where id = $1) for update`, root).
		Scan(&article)
	if err != nil {
		return LockedComment{}, notFound(err, noComment)
	}
	return t.LockComment(ctx, root)
}

// Branch is what a walk down a branch found, stopping at comments that carry a
// removal mark of their own (the root's own mark is not looked at).
type Branch struct {
	All     []forum.CommentID // every comment of the walk, whatever its state
	Visible []forum.CommentID // those that anybody may see while no mark covers them
	Counted int               // those of Visible that count as comments
}

// WalkBranch walks down from a comment. It costs one index look-up for each
// comment it passes.
func (t *Tx) WalkBranch(ctx context.Context, root forum.CommentID) (b Branch, err error) {
	defer wrap(&err, "walk the branch of comment %d", root)
	b.Visible = []forum.CommentID{} // the audit keeps it, and is to say "none"
	rows, err := t.Query(ctx, `
		with recursive branch as (
			select id, kind, state from comment where id = $1
			union all
			select c.id, c.kind, c.state from branch b join comment c on c.parent_id = b.id where not c.branch_removed
		)
		select id, kind, state from branch order by id`, root)
	if err != nil {
		return b, err
	}
	var id forum.CommentID
	var kind forum.CommentKind
	var state forum.CommentState
	_, err = pgx.ForEachRow(rows, []any{&id, &kind, &state}, func() error {
		b.All = append(b.All, id)
		if forum.TombOf(kind, state) == forum.NoTomb {
			b.Visible = append(b.Visible, id)
		}
		if counted(kind, state) {
			b.Counted++
		}
		return nil
	})
	return b, err
}

// MarkBranchRemoved sets or (seq 0) takes away the removal mark of a comment that
// LockBranch has locked. n is the change of the article's number of comments.
func (t *Tx) MarkBranchRemoved(ctx context.Context, c LockedComment, seq int64, n int) (err error) {
	defer wrap(&err, "mark the branch of comment %d", c.ID)
	_, err = t.Exec(ctx, `update comment set branch_removed = $2, branch_removal = $3 where id = $1`,
		c.ID, seq != 0, orNull(seq))
	if err != nil {
		return err
	}
	return t.Changed(ctx, c.Article, n)
}

// MarkBranchLocked sets or takes away the mark that keeps replies out of a branch.
func (t *Tx) MarkBranchLocked(ctx context.Context, c LockedComment, locked bool) (err error) {
	defer wrap(&err, "lock the branch of comment %d", c.ID)
	if _, err = t.Exec(ctx, `update comment set branch_locked = $2 where id = $1`, c.ID, locked); err != nil {
		return err
	}
	return t.Changed(ctx, c.Article, 0)
}

// SetReplies changes whether a locked article takes replies.
func (t *Tx) SetReplies(ctx context.Context, article forum.ArticleID, replies forum.Replies) (err error) {
	defer wrap(&err, "set the replies of article %d", article)
	if _, err = t.Exec(ctx, `update article set replies = $2 where id = $1`, article, replies); err != nil {
		return err
	}
	return t.Changed(ctx, article, 0)
}

// PastAct is an entry of the audit as a later act looks at it.
type PastAct struct {
	Seq    int64
	Actor  forum.PersonID // 0: the system
	Action string
	Reason forum.Reason
}

// LastAct is the newest entry about a subject, of the given acts if there are
// any; the zero PastAct where there is none.
func (t *Tx) LastAct(ctx context.Context, subjectKind string, subject int64, acts ...string) (a PastAct, err error) {
	defer wrap(&err, "find the last act on %s %d", subjectKind, subject)
	err = t.QueryRow(ctx, `select seq, coalesce(actor_id, 0), action, coalesce(reason, '') from audit
		where subject_kind = $1 and subject_id = $2 and (cardinality($3::text[]) = 0 or action = any($3))
		order by seq desc limit 1`, subjectKind, subject, orEmpty(acts)).Scan(&a.Seq, &a.Actor, &a.Action, &a.Reason)
	if errors.Is(err, pgx.ErrNoRows) {
		return PastAct{}, nil
	}
	return a, err
}

// orEmpty keeps a missing list from becoming null.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
