package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Finding is a stored invariant that does not hold.
type Finding struct {
	Code     string  `json:"code"` // I1 to I9 are those of the closure table
	Sentence string  `json:"sentence"`
	Count    int     `json:"count"`   // rows concerned
	IDs      []int64 `json:"ids"`     // the first few of them: comments, where Sentence says nothing else
	Warning  bool    `json:"warning"` // nothing is broken, but it should be otherwise
}

// checkSamples is how many ids a finding names.
const checkSamples = 10

// check is one invariant: a query for the ids of what breaks it. $1, where it
// occurs, is the newest version of the markup policy.
type check struct{ code, sentence, query string }

// expectedPaths is the closure table as the parents say it has to be: the rows
// of the parent one level further up, as far as the window goes, and the comment
// itself. Equality both ways proves the window without recursion, because parents
// are older (I7), so that there are no circles.
const expectedPaths = `
	select c.id, (p.depth + 1)::smallint, p.ancestor from comment c join comment_path p on p.descendant = c.parent_id and p.depth < 64
	union all select id, 0::smallint, id from comment`

// goneBranches are all comments in removed branches, at any depth.
const goneBranches = `
	with recursive gone (id) as (
		select id from comment where branch_removed
		union
		select p.descendant from gone join comment_path p on p.ancestor = gone.id
	)`

var checks = []check{
	{"I1", "Comments are not in the closure table as themselves.", `
		select c.id from comment c where not exists (select from comment_path p where p.descendant = c.id and p.depth = 0 and p.ancestor = c.id)`},
	{"I2", "Rows of the closure table have depth 0 for another comment, or a depth for the same one.", `
		select descendant as id from comment_path where (depth = 0) <> (ancestor = descendant)`},
	{"I3", "The closure table names another parent than the comment.", `
		select c.id from comment c left join comment_path p on p.descendant = c.id and p.depth = 1 where p.ancestor is distinct from c.parent_id`},
	{"I4", "The closure table has rows that do not follow from the parents.", `
		select descendant as id from (select descendant, depth, ancestor from comment_path except all (` + expectedPaths + `)) x`},
	{"I5", "The closure table lacks rows that follow from the parents.", `
		select id from ((` + expectedPaths + `) except all select descendant, depth, ancestor from comment_path) x`},
	{"I6", "Rows of the closure table cross from one article to another.", `
		select p.descendant as id from comment_path p join comment c on c.id = p.descendant where c.article_id <> p.article_id
		union all
		select p.descendant from comment_path p join comment c on c.id = p.ancestor where c.article_id <> p.article_id`},
	{"I7", "Comments have a parent that is not there, younger, or in another article.", `
		select c.id from comment c left join comment p on p.id = c.parent_id
		where c.parent_id is not null and (p.id is null or p.id >= c.id or p.article_id <> c.article_id)`},
	{"I8", "Rows belong to comments or articles that are not there.", `
		select p.descendant as id from comment_path p where not exists (select from comment c where c.id = p.descendant)
			or not exists (select from comment c where c.id = p.ancestor)
		union all
		select c.id from comment c where not exists (select from article a where a.id = c.article_id)
		union all
		select r.comment_id from comment_revision r where not exists (select from comment c where c.id = r.comment_id)`},
	{"I9", "The closure table has another number of rows than min(depth, 64) + 1.", `
		select c.id from comment c left join (select descendant, count(*) as n from comment_path group by 1) p on p.descendant = c.id
		where coalesce(p.n, 0) <> least(c.depth, 64) + 1`},
	{"depth", "Comments have another depth than one below their parent.", `
		select c.id from comment c left join comment p on p.id = c.parent_id where c.depth <> coalesce(p.depth + 1, 0)`},
	{"root", "Comments name another root than their parent.", `
		select c.id from comment c left join comment p on p.id = c.parent_id where c.root_id <> coalesce(p.root_id, c.id)`},
	{"count", "Articles (by number) count other comments than they have.", goneBranches + `, shown as materialized (
			select article_id, count(*) as n from comment where state = 'published' and kind = 'comment' group by 1
		), covered as materialized (
			select c.article_id, count(*) as n from gone join comment c on c.id = gone.id
			where c.state = 'published' and c.kind = 'comment' group by 1
		), unfolded as materialized (
			select article_id, sum(n) as n from article_comment_delta group by 1
		)
		select a.id from article a left join unfolded on unfolded.article_id = a.id
		left join shown on shown.article_id = a.id left join covered on covered.article_id = a.id
		where a.comments + coalesce(unfolded.n, 0) <> coalesce(shown.n, 0) - coalesce(covered.n, 0)`},
	{"revision", "Comments lack one of their revisions.", `
		select c.id from comment c left join (select comment_id, count(*) as n, max(revision) as newest, min(revision) as oldest
			from comment_revision group by 1) r on r.comment_id = c.id
		where (r.oldest, r.newest, r.n) is distinct from (1, c.revision, c.revision::bigint)`},
	{"text", "Comments show another text than their newest revision.", `
		select c.id from comment c join comment_revision r on r.comment_id = c.id and r.revision = c.revision
		where r.body_html <> c.body_html or (r.body_text is null and c.kind <> 'placeholder')`},
	{"kind", "Link-backs stand in the tree, or placeholders have an author.", `
		select id from comment where kind = 'link_back' and parent_id is not null or kind = 'placeholder' and author_id is not null
		union all
		select c.id from comment c join comment p on p.id = c.parent_id where p.kind = 'link_back'`},
	{"policy", "Texts were sanitised by a newer version of the program than this one.", `
		select comment_id as id from comment_revision where policy_version > $1
		union all select id from article where policy_version > $1`},
	{"removal", "Comments name an act of removal that is not theirs, or that has been taken back.", `
		select c.id from comment c left join audit a on a.seq = c.removal
		where c.removal is not null and (a.subject_id is distinct from c.id or a.subject_kind <> 'comment' or c.state not in ('removed', 'erased', 'spam'))
		union all
		select c.id from comment c left join audit a on a.seq = c.branch_removal
		where c.branch_removal is not null and (a.subject_id is distinct from c.id or a.subject_kind <> 'comment' or not c.branch_removed)`},
	{"form", "Forms lead to comments that are not there.", `
		select f.comment_id as id from comment_form f where not exists (select from comment c where c.id = f.comment_id)`},
	{"report", "Reports name another article than their comment’s, or a comment that is not there.", `
		select r.comment_id as id from report r left join comment c on c.id = r.comment_id where c.article_id is distinct from r.article_id`},
	{"author", "Comments name authors who are not there.", `
		select c.id from comment c where c.author_id is not null and not exists (select from person p where p.id = c.author_id)
			or c.imported_as is not null and not exists (select from person p where p.id = c.imported_as)`},
	{"source", "What was imported is not there any more, or came from nowhere.", `
		select r.local_id as id from external_ref r where not exists (select from source s where s.id = r.source_id)
		union all
		select r.local_id from external_ref r where r.kind = 'comment' and not exists (select from comment c where c.id = r.local_id)
		union all
		select r.local_id from external_ref r where r.kind = 'article' and not exists (select from article a where a.id = r.local_id)`},
	{"claim", "Comments of an imported name belong to another member than the one who has claimed it, or to nobody.", `
		select c.id from comment c join person p on p.id = c.imported_as where p.claimed_by is distinct from c.author_id
		union all
		select c.id from comment c join person p on p.id = c.author_id where p.kind = 'imported' and p.claimed_by is not null`},
	{"moved", "Comments count as moved although they stand where they stood.", `
		select id from comment where source_parent_id = coalesce(parent_id, 0)`},
	{"suggestion", "Suggestions are about comments of another article, or of none.", `
		select s.comment_id as id from suggestion s left join comment c on c.id = s.comment_id left join comment t on t.id = s.target_id
		where c.article_id is distinct from s.article_id or t.article_id is distinct from s.article_id`},
	{"erased", "Comments whose author or text was erased have one again, or are not there any more.", `
		select e.comment_id as id from erased_comment e left join comment c on c.id = e.comment_id
		where c.id is null or c.author_id is not null or c.imported_as is not null or e.texts and c.body_html <> ''`},
	{"image", "Images of articles (by number) are not what was kept.", `
		select x.article_id as id from image i join article_image x using (sha256)
		where i.content is not null and (octet_length(i.content) <> i.bytes or sha256(i.content) <> i.sha256)`},
}

// Check proves what the tables promise beyond their constraints, all of it at one
// moment, and lists what is broken; on whole data the list is empty or holds
// warnings only. policy is the newest version of the markup policy. It reads every
// comment a few times and needs little memory; PostgreSQL sorts on disk.
func (db *DB) Check(ctx context.Context, policy int) (list []Finding, err error) {
	defer wrap(&err, "check the database")
	conn, err := db.pool.Acquire(ctx)
	if err != nil {
		return nil, unavailable(err)
	}
	defer conn.Release()
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return nil, translate(err)
	}
	defer tx.Rollback(context.WithoutCancel(ctx)) //nolint:errcheck // nothing was written
	// After a large import the planner knows nothing of the new rows and would
	// look each of them up one by one.
	if _, err := tx.Exec(ctx, `set local statement_timeout = 0; set local work_mem = '32MB'; set local enable_nestloop = off`); err != nil {
		return nil, translate(err)
	}
	if list, err = checkAll(ctx, tx, policy); err != nil {
		return nil, err
	}
	return db.checkAudit(ctx, list)
}

func checkAll(ctx context.Context, q asker, policy int) ([]Finding, error) {
	list := []Finding{}
	for _, c := range checks {
		f := Finding{Code: c.code, Sentence: c.sentence}
		err := q.QueryRow(ctx, fmt.Sprintf(`with bad as materialized (%s)
			select (select count(*) from bad), (select coalesce(array_agg(id), '{}') from (select distinct id from bad order by id limit $2) x)
			where $1::int is not null`, c.query), policy, checkSamples).Scan(&f.Count, &f.IDs)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.code, translate(err))
		}
		if f.Count > 0 {
			list = append(list, f)
		}
	}
	return list, nil
}

// checkAudit follows the audit's chain and looks whether the application could
// rewrite it.
func (db *DB) checkAudit(ctx context.Context, list []Finding) ([]Finding, error) {
	fault, err := db.VerifyAudit(ctx)
	if err != nil {
		return nil, err
	}
	if fault.Problem != "" {
		list = append(list, Finding{Code: "audit", Sentence: "The audit is not what was written (by number of the entry). " + fault.Problem,
			Count: 1, IDs: []int64{fault.Seq}})
	}
	owner, err := db.RunsAsOwner(ctx)
	if err != nil {
		return nil, translate(err)
	}
	if owner {
		list = append(list, Finding{Code: "role", Warning: true, IDs: []int64{},
			Sentence: "The application runs as the owner of its tables and could rewrite the audit. Let the owner make the role " + AppRole + " and grant it to the user of DATABASE_URL."})
	}
	return list, nil
}
