package postgres

import (
	"context"
	"errors"

	"hustings/internal/forum"

	"github.com/jackc/pgx/v5"
)

// LockedComment is a comment as an act finds it: its row stays as it is until
// the transaction ends, and so do the marks on the branches around it.
type LockedComment struct {
	forum.Comment
	ArticleState   forum.ArticleState
	ArticleReplies forum.Replies
	Slug           string
	Removal        int64 // the audit entry that removed it, 0: none
	BranchRemoval  int64 // the audit entry of its own mark, 0: none
	// UnderRemoved and UnderLocked tell of marks on this comment or above it.
	UnderRemoved bool
	UnderLocked  bool
}

// noComment is said of every comment that is not there for this viewer, whatever
// the reason.
const noComment = "There is no such comment."

// LockComment locks a comment for a change of its state or text. It first takes
// the article's row as replies do, so that it waits for structural acts (and
// they for it), and then reads the marks that hold now. NotFound where there is
// no such comment.
func (t *Tx) LockComment(ctx context.Context, id forum.CommentID) (LockedComment, error) {
	return t.lockComment(ctx, id, "for no key update")
}

// ShareComment keeps a comment from changing without keeping others from reading
// it in the same way; for what points at a comment, such as a report.
func (t *Tx) ShareComment(ctx context.Context, id forum.CommentID) (LockedComment, error) {
	return t.lockComment(ctx, id, "for share")
}

func (t *Tx) lockComment(ctx context.Context, id forum.CommentID, strength string) (c LockedComment, err error) {
	defer wrap(&err, "lock comment %d", id)
	err = t.QueryRow(ctx, `select a.id, a.slug, a.state, a.replies from article a
		where a.id = (select article_id from comment where id = $1) for key share`, id).
		Scan(&c.Article, &c.Slug, &c.ArticleState, &c.ArticleReplies)
	if err != nil {
		return c, notFound(err, noComment)
	}
	// Statements of their own: each sees what was committed before its locks were granted.
	err = t.QueryRow(ctx, `select id, coalesce(parent_id, 0), root_id, depth, coalesce(author_id, 0), kind, state,
			branch_removed, branch_locked, coalesce(removal, 0), coalesce(branch_removal, 0), revision, created_at, edited_at
		from comment where id = $1 `+strength, id).
		Scan(&c.ID, &c.Parent, &c.Root, &c.Depth, &c.AuthorID, &c.Kind, &c.State,
			&c.BranchRemoved, &c.BranchLocked, &c.Removal, &c.BranchRemoval, &c.Revision, &c.CreatedAt, &c.EditedAt)
	if err != nil {
		return c, notFound(err, noComment)
	}
	err = t.QueryRow(ctx, `select m.removed, m.locked, coalesce(p.name, ''), coalesce(p.kind::text, ''),
			coalesce(p.role, 'reader'), coalesce(p.handle, '')
		from branch_marks($1, $2) m left join person p on p.id = $3`, c.Article, c.ID, c.AuthorID).
		Scan(&c.UnderRemoved, &c.UnderLocked, &c.AuthorName, &c.AuthorKind, &c.AuthorRole, &c.Handle)
	return c, err
}

// counted tells whether a comment of this kind and state counts among the
// article's comments, given that no branch around it is removed.
func counted(kind forum.CommentKind, state forum.CommentState) bool {
	return kind == forum.KindComment && state == forum.Published
}

// SetState changes the state of a comment that LockComment has locked, and the
// article's number of comments with it: callers do not call Changed for it. It
// is the only place where the state of an existing comment changes; a test holds
// that. removal is the audit entry when the new state is Removed, else 0. A
// transition outside the table of forum is refused by the caller; a comment that
// is not in state from is a Conflict.
func (t *Tx) SetState(ctx context.Context, id forum.CommentID, from, to forum.CommentState, removal int64) (err error) {
	defer wrap(&err, "set the state of comment %d", id)
	var article forum.ArticleID
	var kind forum.CommentKind
	err = t.QueryRow(ctx, `update comment set state = $3, removal = $4 where id = $1 and state = $2
		returning article_id, kind`, id, from, to, orNull(removal)).Scan(&article, &kind)
	if err != nil {
		return conflict(err, "Somebody was faster: this comment has changed. Please look at it again.")
	}
	n := 0
	if was, is := counted(kind, from), counted(kind, to); was != is {
		var hidden bool
		if err := t.QueryRow(ctx, `select removed from branch_marks($1, $2)`, article, id).Scan(&hidden); err != nil {
			return err
		}
		if !hidden && is {
			n = 1
		} else if !hidden {
			n = -1
		}
	}
	return t.Changed(ctx, article, n)
}

// conflict gives a Conflict error in place of pgx.ErrNoRows: the row that an act
// expected is not there any more.
func conflict(err error, msg string) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return &forum.Error{Kind: forum.Conflict, Msg: msg, Err: err}
	}
	return translate(err)
}
