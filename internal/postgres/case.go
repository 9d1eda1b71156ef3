package postgres

import (
	"context"
	"encoding/json"
	"time"

	"hustings/internal/forum"

	"github.com/jackc/pgx/v5"
)

// What a case shows at most. A moderator who needs more opens the thread.
const (
	caseAncestors = 3
	caseReports   = 50
	caseHistory   = 50
	maxReplyCount = 1000
)

// Case is everything needed to decide about one comment. It holds text that
// readers may not see.
type Case struct {
	Comment   forum.Comment
	Source    string // as typed; "" where none was kept
	Article   forum.Article
	Ancestors []forum.Comment // up to three, topmost first
	Reports   []CaseReport    // open ones first, then newest
	Open      int             // open reports
	Author    AuthorRecord
	History   []CaseAct // newest first
	// Replies below it that readers see, at most 1,000; Branch is what a removal
	// of its branch takes away.
	Replies int
	Branch  int
	// BranchRemoved and BranchLocked tell of marks on the comment or above it; its
	// own are in Comment. Removal and BranchRemoval are the entries that set them.
	BranchRemoved, BranchLocked bool
	Removal, BranchRemoval      int64
}

// CaseReport is a report as moderators see it: without its sender.
type CaseReport struct {
	Reason     forum.Reason
	Note       string
	At         time.Time
	HasAccount bool
	ClosedAt   *time.Time
	Outcome    Outcome // "" while open
}

// AuthorRecord is what somebody has done here so far.
type AuthorRecord struct {
	Joined    *time.Time // nil: not an account of this site
	Published int        // each at most 1,000
	Removed   int
}

// CaseAct is an earlier act on the comment or its branch, with who did it.
type CaseAct struct {
	Seq    int64
	At     time.Time
	Action string
	By     string // "": the system
	Own    bool   // the viewer did it
	Reason forum.Reason
	Note   string
	Undone bool
	From   forum.CommentState // what the comment was before; "" where that says nothing
}

// Case reads what a moderator needs to decide about a comment. Only moderators
// may. The text of a retracted comment is theirs to see only where a report was
// open when it was taken back.
func (db *DB) Case(ctx context.Context, v forum.Viewer, id forum.CommentID) (c Case, err error) {
	defer wrap(&err, "case of comment %d", id)
	if err := forum.CanModerate(v); err != nil {
		return c, err
	}
	article, err := db.articleOf(ctx, v, id)
	if err != nil {
		return c, err
	}
	c.Article = *article
	var chain []forum.Comment
	batch := &pgx.Batch{}
	batch.Queue(`select `+commentColumns+` from comment_path p join comment c on c.id = p.ancestor
		where p.descendant = $1 and p.depth <= $2 order by p.depth desc`, id, caseAncestors).Query(collectInto(&chain))
	c.queueDetails(batch, v, id)
	if err := db.pool.SendBatch(ctx, batch).Close(); err != nil {
		return c, notFound(err, noComment)
	}
	if err := db.complete(ctx, chain); err != nil {
		return c, err
	}
	last := len(chain) - 1
	c.Comment, c.Ancestors = chain[last], chain[:last]
	c.Branch = c.Replies
	if forum.TombOf(c.Comment.Kind, c.Comment.State) == forum.NoTomb {
		c.Branch++
	}
	c.withholdRetracted()
	return c, db.authorRecord(ctx, &c)
}

func (c *Case) queueDetails(batch *pgx.Batch, v forum.Viewer, id forum.CommentID) {
	batch.Queue(`select coalesce(r.source_text, ''), coalesce(c.removal, 0), coalesce(c.branch_removal, 0), m.removed, m.locked,
			(select count(*) from report where comment_id = c.id and closed_at is null)
		from comment c join comment_revision r on r.comment_id = c.id and r.revision = c.revision, branch_marks(c.article_id, c.id) m
		where c.id = $1`, id).QueryRow(func(row pgx.Row) error {
		return row.Scan(&c.Source, &c.Removal, &c.BranchRemoval, &c.BranchRemoved, &c.BranchLocked, &c.Open)
	})
	batch.Queue(`select reason, note, created_at, reporter_id is not null, closed_at, coalesce(outcome, '') from report
		where comment_id = $1 order by closed_at is null desc, id desc limit $2`, id, caseReports).Query(func(rows pgx.Rows) (err error) {
		c.Reports, err = pgx.CollectRows(rows, pgx.RowToStructByPos[CaseReport])
		return err
	})
	batch.Queue(caseActs, id, caseHistory, v.ID).Query(func(rows pgx.Rows) (err error) {
		c.History, err = pgx.CollectRows(rows, scanCaseAct)
		return err
	})
	// What a removal of the branch would take away below the comment: branches
	// with marks of their own are gone already.
	batch.Queue(`
		with recursive down as (
			select id, kind, state from comment where parent_id = $1 and not branch_removed
			union all
			select c.id, c.kind, c.state from down d join comment c on c.parent_id = d.id where not c.branch_removed
		)
		select count(*)::int from (select from down where kind <> 'placeholder' and state = 'published' limit $2) seen`, id, maxReplyCount).
		QueryRow(func(row pgx.Row) error { return row.Scan(&c.Replies) })
}

const caseActs = `
select a.seq, a.at, a.action, coalesce(p.name, ''), coalesce(a.actor_id = $3, false), coalesce(a.reason, ''), a.note,
	exists (select from audit u where u.subject_kind = a.subject_kind and u.subject_id = a.subject_id and u.undoes = a.seq), a.detail
from audit a left join person p on p.id = a.actor_id
where a.subject_kind = 'comment' and a.subject_id = $1 order by a.seq desc limit $2`

func scanCaseAct(row pgx.CollectableRow) (a CaseAct, err error) {
	var detail []byte
	if err := row.Scan(&a.Seq, &a.At, &a.Action, &a.By, &a.Own, &a.Reason, &a.Note, &a.Undone, &detail); err != nil {
		return a, err
	}
	var from struct{ From forum.CommentState }
	if json.Unmarshal(detail, &from) == nil {
		a.From = from.From
	}
	return a, nil
}

// withholdRetracted keeps what authors took back from moderators too, unless
// somebody had already complained about it.
func (c *Case) withholdRetracted() {
	if c.Comment.State == forum.Retracted && c.Open == 0 {
		c.Comment.BodyHTML, c.Source = "", ""
	}
}

func (db *DB) authorRecord(ctx context.Context, c *Case) error {
	if c.Comment.AuthorID == 0 {
		return nil
	}
	err := db.pool.QueryRow(ctx, `select case when p.kind = 'member' then p.created_at end,
			(select count(*)::int from (select from comment where author_id = p.id and state = 'published' limit $2) x),
			(select count(*)::int from (select from comment where author_id = p.id and state = 'removed' limit $2) x)
		from person p where p.id = $1`, c.Comment.AuthorID, maxReplyCount).
		Scan(&c.Author.Joined, &c.Author.Published, &c.Author.Removed)
	return translate(err)
}

// OwnAct is something the viewer did a moment ago, for the notice that offers to
// undo it.
type OwnAct struct {
	Seq     int64
	Action  string
	Reason  forum.Reason
	Comment forum.CommentID // 0: the act was on an article
	Slug    string
	Author  string             // of the comment; "": unknown
	From    forum.CommentState // what the comment was before
	Count   int                // comments of a branch, or reports that were closed
	Undone  bool               // or overtaken: the comment is no longer as the act left it
}

// OwnAct reads an act of the viewer; NotFound where it is somebody else's.
func (db *DB) OwnAct(ctx context.Context, v forum.Viewer, seq int64) (a OwnAct, err error) {
	defer wrap(&err, "read act %d", seq)
	if err := forum.CanModerate(v); err != nil {
		return a, err
	}
	err = db.pool.QueryRow(ctx, `
		select a.seq, a.action, coalesce(a.reason, ''), coalesce(c.id, 0), coalesce(r.slug, ''), coalesce(p.name, ''), coalesce(a.detail ->> 'from', ''),
			case when a.action in ('remove_branch', 'restore_branch') then jsonb_array_length(coalesce(nullif(a.detail -> 'comments', 'null'), '[]'))
				when a.action = 'move' then coalesce((a.detail ->> 'moved')::int, 0)
				else coalesce((a.detail ->> 'reports')::int, 0) end,
			exists (select from audit l where l.subject_kind = a.subject_kind and l.subject_id = a.subject_id and l.seq > a.seq)
		from audit a
		left join comment c on a.subject_kind = 'comment' and c.id = a.subject_id
		left join person p on p.id = c.author_id
		left join article r on r.id = a.article_id
		where a.seq = $1 and a.actor_id = $2`, seq, v.ID).
		Scan(&a.Seq, &a.Action, &a.Reason, &a.Comment, &a.Slug, &a.Author, &a.From, &a.Count, &a.Undone)
	return a, notFound(err, "There is no such act.")
}
