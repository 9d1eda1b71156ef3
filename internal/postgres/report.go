package postgres

import (
	"context"

	"hustings/internal/forum"
)

// NewReport is what a reader says about a comment.
type NewReport struct {
	Comment  forum.CommentID
	Article  forum.ArticleID
	Reporter forum.PersonID // 0: somebody without an account
	Reason   forum.Reason
	Note     string // at most forum.MaxNoteChars
}

// AddReport files a report. It tells whether there is a new one: an account has
// at most one open report on a comment.
func (t *Tx) AddReport(ctx context.Context, r NewReport) (added bool, err error) {
	defer wrap(&err, "report comment %d", r.Comment)
	tag, err := t.Exec(ctx, `insert into report (comment_id, article_id, reporter_id, reason, note) values ($1, $2, $3, $4, $5)
		on conflict (comment_id, reporter_id) where closed_at is null and reporter_id is not null do nothing`,
		r.Comment, r.Article, orNull(int64(r.Reporter)), r.Reason, r.Note)
	return tag.RowsAffected() == 1, translate(err)
}

// Outcome is how reports ended.
type Outcome string

// The outcomes of a report.
const (
	OutcomeRemoved Outcome = "removed"
	OutcomeKept    Outcome = "kept"
)

// OpenReports is the number of open reports on comments.
func (t *Tx) OpenReports(ctx context.Context, ids ...forum.CommentID) (n int, err error) {
	err = t.QueryRow(ctx, `select count(*) from report where comment_id = any($1) and closed_at is null`, ids).Scan(&n)
	return n, translate(err)
}

// CloseReports closes the open reports on comments, by the act whose audit entry
// is given, and says how many there were.
func (t *Tx) CloseReports(ctx context.Context, ids []forum.CommentID, outcome Outcome, seq int64) (n int, err error) {
	defer wrap(&err, "close reports")
	tag, err := t.Exec(ctx, `update report set closed_at = now(), outcome = $2, closed_by = $3
		where comment_id = any($1) and closed_at is null`, ids, outcome, seq)
	return int(tag.RowsAffected()), err
}
