package postgres

import (
	"context"
	"errors"

	"hustings/internal/forum"

	"github.com/jackc/pgx/v5"
)

// UndoWhy says why something that an import brought stays when the import is
// undone; "" where nothing speaks for it.
type UndoWhy string

// The reasons, the strongest first.
const (
	WhyClaimed   UndoWhy = "claimed"   // its author is a member by now
	WhyEdited    UndoWhy = "edited"    // its text was changed here
	WhyModerated UndoWhy = "moderated" // somebody decided about it here, or its author took it back
	WhyMoved     UndoWhy = "moved"     // it was given another place
	WhyReported  UndoWhy = "reported"  // readers have reported it
	WhyImported  UndoWhy = "imported"  // another import has brought it too, or changed it
	WhyReplies   UndoWhy = "replies"   // of a comment: replies stand below it; of an article: comments stay in it
)

// UndoArticle is an article that a job touched, as undoing the job finds it.
type UndoArticle struct {
	ID          forum.ArticleID
	Here        bool // false: somebody has deleted it since
	Slug, Title string
	Made        bool    // the job made it
	Why         UndoWhy // of one that the job made: why it stays whatever becomes of its comments
	// Text and State tell which of them the job overwrote; TextHeir and StateHeir
	// are the next jobs that overwrote the same (0: none), and TextSame and
	// StateSame tell that it still is what the job left.
	Text, State         bool
	TextHeir, StateHeir JobID
	TextSame, StateSame bool
	Heir                JobID // the next job that touched it, 0: none
}

// UndoComment is a comment of such an article.
type UndoComment struct {
	ID, Parent  forum.CommentID
	Made        bool  // the job made it
	By          JobID // who made it, 0: nobody who could undo it
	Placeholder bool
	Why         UndoWhy // of one that the job made: why it stays as it is
	Heir        JobID   // of one that stays for another import: the next job that brought it
}

// UndoBefore is a comment of others that the job overwrote, as in UndoArticle.
type UndoBefore struct {
	ID                  forum.CommentID
	Text, State         bool
	TextHeir, StateHeir JobID
	TextSame, StateSame bool
}

// UndoList gives articles that a job touched and that are not undone yet, at most
// limit of those after the number after.
func (db *DB) UndoList(ctx context.Context, job JobID, after forum.ArticleID, limit int) ([]forum.ArticleID, error) {
	rows, err := db.pool.Query(ctx, `select article_id from import_touch where job_id = $1 and undone_at is null and article_id > $2
		order by article_id limit $3`, job, after, limit)
	if err != nil {
		return nil, translate(err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[forum.ArticleID])
}

// UndoCount tells how many articles a job touched, and how many of them are
// undone.
func (db *DB) UndoCount(ctx context.Context, job JobID) (done, of int64, err error) {
	err = db.pool.QueryRow(ctx, `select count(undone_at), count(*) from import_touch where job_id = $1`, job).Scan(&done, &of)
	return done, of, translate(err)
}

// HoldUndo keeps an article as it is, and other runs of the same job away from
// it, until the end of the transaction. ok is false where it is undone already.
func (t *Tx) HoldUndo(ctx context.Context, job JobID, article forum.ArticleID) (ok bool, err error) {
	defer wrap(&err, "hold article %d", article)
	// A million comments take longer than a page may.
	if _, err := t.Exec(ctx, `set local statement_timeout = 0`); err != nil {
		return false, translate(err)
	}
	if err := t.HoldArticle(ctx, article); err != nil {
		return false, err
	}
	err = t.QueryRow(ctx, `select undone_at is null from import_touch where job_id = $1 and article_id = $2 for update`, job, article).Scan(&ok)
	return ok, none(err)
}

// UndoHears is told what undoing a job finds of one article: the article, then its
// comments, the youngest first and so children before parents, then what the job
// has overwritten of others. None of it is held in memory.
type UndoHears interface {
	Article(UndoArticle)
	Comment(*UndoComment)
	Before(*UndoBefore)
}

// UndoFinds tells what undoing a job would find of an article now.
func (db *DB) UndoFinds(ctx context.Context, job JobID, article forum.ArticleID, to UndoHears) error {
	return db.Do(ctx, func(ctx context.Context, tx *Tx) error {
		if _, err := tx.Exec(ctx, `set local statement_timeout = 0; set transaction read only`); err != nil {
			return translate(err)
		}
		return tx.UndoFinds(ctx, job, article, to)
	})
}

// UndoFinds tells the same of an article that HoldUndo keeps as it is.
func (t *Tx) UndoFinds(ctx context.Context, job JobID, article forum.ArticleID, to UndoHears) (err error) {
	defer wrap(&err, "find what to undo in article %d", article)
	a, err := undoArticle(ctx, t, job, article)
	if err != nil {
		return err
	}
	to.Article(a)
	if !a.Here {
		return nil
	}
	if err := undoComments(ctx, t, job, article, to.Comment); err != nil {
		return err
	}
	return undoBefore(ctx, t, job, article, to.Before)
}

func undoArticle(ctx context.Context, q asker, job JobID, article forum.ArticleID) (a UndoArticle, err error) {
	a.ID = article
	err = q.QueryRow(ctx, `
		with mine as (select * from import_touch where job_id = $1 and article_id = $2),
		later as (select l.* from import_touch l, mine where l.article_id = $2 and l.n > mine.n and l.undone_at is null)
		select a.slug, a.title, a.made_by is not distinct from $1, mine.text, mine.state,
			`+textDigest+` = mine.gave_text, a.state || '/' || a.replies = mine.gave_state,
			coalesce((select job_id from later where later.text order by n limit 1), 0),
			coalesce((select job_id from later where later.state order by n limit 1), 0),
			coalesce((select job_id from later order by n limit 1), 0),
			case when a.edited_at is not null then 'edited'
				when exists (select from audit u where u.subject_kind = 'article' and u.subject_id = a.id)
					or not exists (select from import_touch g where g.article_id = a.id and g.gave_state = a.state || '/' || a.replies) then 'moderated'
				when (select count(*) from external_ref r where r.kind = 'article' and r.local_id = a.id)
					> 1 + (select count(*) from import_ref_before b join external_ref r using (source_id, kind, external_id)
						where b.article_id = a.id and b.kind = 'article' and r.local_id = a.id and (b.job_id <> $1 or b.was is null)) then 'imported'
				else '' end
		from mine, article a where a.id = $2`, job, article).
		Scan(&a.Slug, &a.Title, &a.Made, &a.Text, &a.State, &a.TextSame, &a.StateSame, &a.TextHeir, &a.StateHeir, &a.Heir, &a.Why)
	if errors.Is(err, pgx.ErrNoRows) {
		return a, nil
	}
	a.Here = err == nil
	return a, translate(err)
}

// commentState is a comment's state as external_ref notes it; see GivenState.
const commentState = `c.state || '/' || case when c.branch_removed then 'removed' when c.branch_locked then 'locked' else '' end`

func undoComments(ctx context.Context, q asker, job JobID, article forum.ArticleID, do func(*UndoComment)) error {
	rows, err := q.Query(ctx, `
		with mine as materialized (
			select c.id, c.revision, c.state, c.imported_as, c.source_parent_id, `+commentState+` as given
			from comment c where c.article_id = $2 and c.made_by = $1
		), noted as materialized (
			select m.id, count(*) as refs, bool_or(r.state = m.given) as state
			from mine m join external_ref r on r.kind = 'comment' and r.local_id = m.id group by m.id
		), told as materialized ( -- by other jobs
			select r.local_id as id, b.job_id from import_ref_before b join external_ref r using (source_id, kind, external_id)
			where b.article_id = $2 and b.job_id <> $1 and b.kind = 'comment'
		), heirs as materialized (
			select distinct on (id) id, job_id from (
				select id, job_id from told union all
				select comment_id, job_id from import_before where article_id = $2 and job_id <> $1
			) x order by id, (select t.n from import_touch t where t.job_id = x.job_id and t.article_id = $2)
		)
		select c.id, coalesce(c.parent_id, 0), m.id is not null, coalesce(c.made_by, 0), c.kind = 'placeholder',
			case when m.id is null then ''
				when m.imported_as is not null then 'claimed'
				when m.revision > 1 and exists (select from comment_revision v where v.comment_id = m.id and v.revision > 1 and v.made_by is null) then 'edited'
				when m.state in ('retracted', 'erased') and not n.state then 'moderated'
				when m.source_parent_id is not null then 'moved'
				when exists (select from audit u where u.subject_kind = 'comment' and u.subject_id = c.id) then 'moderated'
				when exists (select from report p where p.comment_id = c.id) then 'reported'
				when h.id is not null or n.refs - (select count(*) from told where told.id = c.id) > 1 then 'imported'
				else '' end,
			coalesce(h.job_id, 0)
		from comment c left join mine m on m.id = c.id left join noted n on n.id = c.id left join heirs h on h.id = c.id
		where c.article_id = $2 order by c.id desc`, job, article)
	if err != nil {
		return translate(err)
	}
	var c UndoComment
	_, err = pgx.ForEachRow(rows, []any{&c.ID, &c.Parent, &c.Made, &c.By, &c.Placeholder, &c.Why, &c.Heir}, func() error {
		do(&c)
		return nil
	})
	return translate(err)
}

func undoBefore(ctx context.Context, q asker, job JobID, article forum.ArticleID, do func(*UndoBefore)) error {
	rows, err := q.Query(ctx, `
		select c.id, b.revised, b.restated,
			coalesce((select l.job_id from import_before l where l.comment_id = b.comment_id and l.n > b.n and l.revised order by l.n limit 1), 0),
			coalesce((select l.job_id from import_before l where l.comment_id = b.comment_id and l.n > b.n and l.restated order by l.n limit 1), 0),
			c.revision is not distinct from b.gave, `+commentState+` = b.gave_state
		from import_before b join comment c on c.id = b.comment_id
		where b.job_id = $1 and b.article_id = $2 and c.made_by is distinct from $1 order by c.id`, job, article)
	if err != nil {
		return translate(err)
	}
	var b UndoBefore
	_, err = pgx.ForEachRow(rows, []any{&b.ID, &b.Text, &b.State, &b.TextHeir, &b.StateHeir, &b.TextSame, &b.StateSame}, func() error {
		do(&b)
		return nil
	})
	return translate(err)
}
