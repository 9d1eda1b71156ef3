package action

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"hustings/internal/forum"
	"hustings/internal/postgres"
)

// reportLimit bounds reports per account, or per address of people without one:
// more than anybody needs who reads, too few to flood the queue.
var reportLimit = postgres.Limit{N: 10, Per: time.Hour}

// reportOnce keeps somebody without an account from reporting the same comment
// again and again; accounts are held to one open report by the database.
var reportOnce = postgres.Limit{N: 1, Per: 24 * time.Hour}

// ReportInput is what somebody says about a comment.
type ReportInput struct {
	Comment forum.CommentID
	Reason  forum.Reason
	Note    string
	Address netip.Addr // of the sender; its prefix bounds people without an account
}

// Reported is what became of a report.
type Reported struct {
	Article string
	Already bool // this person's earlier report is still open
}

// Report tells the moderators about a comment. No account is needed. Reports are
// not audited: their own row is their record.
func (a *Actions) Report(ctx context.Context, v forum.Viewer, in ReportInput) (done Reported, err error) {
	if in.Reason, err = forum.ParseReason(string(in.Reason)); err != nil {
		return done, err
	}
	if in.Note, err = cleanNote(in.Note); err != nil {
		return done, err
	}
	who, err := a.reporterKey(ctx, v, in)
	if err != nil {
		return done, err
	}
	if err := a.db.Take(ctx, who, reportLimit); err != nil {
		return done, err
	}
	err = a.db.Do(ctx, func(ctx context.Context, tx *postgres.Tx) error {
		c, err := reportable(ctx, tx, v, in.Comment)
		if err != nil {
			return err
		}
		done.Article = c.Slug
		done.Already, err = report(ctx, tx, v, &c, in, who)
		return err
	})
	return done, err
}

func report(ctx context.Context, tx *postgres.Tx, v forum.Viewer, c *postgres.LockedComment, in ReportInput, who string) (again bool, err error) {
	if !v.SignedIn() {
		err := tx.Take(ctx, fmt.Sprintf("%s:%d", who, c.ID), reportOnce)
		if forum.KindOf(err) == forum.TooMany {
			return true, nil
		}
		if err != nil {
			return false, err
		}
	}
	added, err := tx.AddReport(ctx, postgres.NewReport{
		Comment: c.ID, Article: c.Article, Reporter: v.ID, Reason: in.Reason, Note: in.Note,
	})
	return !added, err
}

func (a *Actions) reporterKey(ctx context.Context, v forum.Viewer, in ReportInput) (string, error) {
	if v.SignedIn() {
		return fmt.Sprintf("report:person:%d", v.ID), nil
	}
	return a.limitKey(ctx, "report", addrPrefix(in.Address))
}

// reportable finds a comment that this viewer sees and may report.
func reportable(ctx context.Context, tx *postgres.Tx, v forum.Viewer, id forum.CommentID) (postgres.LockedComment, error) {
	c, err := tx.ShareComment(ctx, id)
	if err != nil {
		return c, err
	}
	if !visible(v, c.ArticleState) || c.State == forum.Held || c.State == forum.Spam {
		return postgres.LockedComment{}, forum.NewError(forum.NotFound, "There is no such comment.")
	}
	if c.UnderRemoved {
		return postgres.LockedComment{}, forum.NewError(forum.Gone, "This comment is no longer there, so there is nothing to report.")
	}
	if err := forum.CanReport(v, &c.Comment); err != nil {
		return postgres.LockedComment{}, err
	}
	return c, nil
}
