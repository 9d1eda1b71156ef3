package postgres

import (
	"context"

	"hustings/internal/forum"

	"github.com/jackc/pgx/v5"
)

// ToldComment is a comment here and what its source says of it now.
type ToldComment struct {
	StagedComment
	ID       forum.CommentID
	Article  forum.ArticleID
	By       Author // of a revised one; zero: unknown
	KnownKey string // where it is known by another key than the staged one: that key
	Noted    string // what is noted of the source's state; "": what it says now, see GivenState
	Revised  bool   // the text here becomes the source's
	Restated bool   // its state and the mark on its branch do
	Kept     bool   // what is noted of its state stays
}

var toldColumns = []string{"id", "article_id", "known_key", "noted", "revised", "restated", "kept", "author_id", "imported_as",
	"n", "key", "kind", "author", "author_kind", "created_at", "edited_at", "state", "branch", "source_format", "source_text",
	"body_html", "body_text", "policy_version", "digest"}

func (c *ToldComment) row(row []any) []any {
	return append(row, int64(c.ID), int64(c.Article), c.KnownKey, orNull(c.Noted), c.Revised, c.Restated, c.Kept,
		orNull(int64(c.By.ID)), orNull(int64(c.By.As)), c.N, c.Key, string(c.Kind), c.Author, textOf(c.AuthorKind), c.CreatedAt, c.EditedAt,
		string(c.State), c.Branch, c.Format, c.SourceText, c.BodyHTML, c.BodyText, int32(c.Policy), c.Digest)
}

// tell has the statements below see these comments, and no others.
func (t *Tx) tell(ctx context.Context, list []ToldComment) error {
	if _, err := t.Exec(ctx, `truncate import_told`); err != nil {
		return err
	}
	return t.copyRows(ctx, "import_told", toldColumns, len(list), func(i int, row []any) ([]any, error) { return list[i].row(row), nil })
}

// Differing tells which comments say something else than their source: another
// text, author, time, kind or state. The author of a claimed comment may be named as
// the source does or as we do.
func (t *Tx) Differing(ctx context.Context, list []ToldComment, do func(n int64, id forum.CommentID)) error {
	if err := t.tell(ctx, list); err != nil {
		return translate(err)
	}
	rows, err := t.Query(ctx, `select i.n, c.id from import_told i join comment c on c.id = i.id
		join comment_revision r on r.comment_id = c.id and r.revision = c.revision
		left join person p on p.id = c.author_id left join person was on was.id = c.imported_as
		where (i.body_text, i.body_html, case when i.author = was.name then p.name else i.author end, i.created_at, i.kind, i.state, i.branch = 'removed')
			is distinct from (r.body_text, r.body_html, p.name, c.created_at, c.kind, c.state, c.branch_removed) order by i.n`)
	if err != nil {
		return translate(err)
	}
	var n int64
	var id forum.CommentID
	_, err = pgx.ForEachRow(rows, []any{&n, &id}, func() error {
		do(n, id)
		return nil
	})
	return translate(err)
}

// ChangeComments gives comments what their source says now: a new revision where the
// text changed, the state where that did. Those with neither are only remembered. How
// they were is kept for whoever undoes the job.
func (t *Tx) ChangeComments(ctx context.Context, job JobID, source SourceID, list []ToldComment) (err error) {
	defer wrap(&err, "change imported comments")
	if err := t.tell(ctx, list); err != nil {
		return translate(err)
	}
	if err := t.holdTold(ctx); err != nil {
		return err
	}
	if err := t.keepTold(ctx, job, source); err != nil {
		return err
	}
	type step struct {
		statement string
		args      []any
	}
	for _, s := range []step{{`
		insert into comment_revision (comment_id, revision, at, source_format, source_text, body_html, body_text, policy_version, made_by)
		select c.id, c.revision + 1, i.edited_at, i.source_format, i.source_text, i.body_html, i.body_text, i.policy_version, $1
		from import_told i join comment c on c.id = i.id where i.revised`, []any{orNull(job)}}, {`
		update comment c set revision = c.revision + 1, body_html = i.body_html, author_id = i.author_id, imported_as = i.imported_as,
			author_kind = i.author_kind, kind = i.kind, created_at = i.created_at, edited_at = i.edited_at
		from import_told i where c.id = i.id and i.revised`, nil}, {`
		update comment c set state = i.state, removal = null, branch_removal = null,
			branch_removed = i.branch = 'removed', branch_locked = i.branch = 'locked'
		from import_told i where c.id = i.id and i.restated`, nil}, {`
		update import_told i set noted = (select r.state from external_ref r
			where r.source_id = $1 and r.kind = 'comment' and r.external_id = i.key)
		where i.kept and i.noted is null`, []any{source}}, { // looked up row by row, whatever the planner thinks
		// A comment without an id at its source gets a new key with each edit; the
		// old one goes first.
		`delete from external_ref r using import_told i
		where r.source_id = $1 and r.kind = 'comment' and r.external_id = i.known_key and i.key <> i.known_key and r.local_id = i.id`, []any{source}},
	} {
		if _, err := t.Exec(ctx, s.statement, s.args...); err != nil {
			return translate(err)
		}
	}
	return translate(t.remember(ctx, source, `
		select $1, 'comment', i.key, i.id, i.digest, c.revision, coalesce(i.noted, i.state || '/' || i.branch)
		from import_told i join comment c on c.id = i.id`))
}

// keepTold notes how comments are before a job changes them, and what their source
// said of them. Of an import without a job (0) nothing is noted.
func (t *Tx) keepTold(ctx context.Context, job JobID, source SourceID) error {
	if job == 0 {
		return nil
	}
	_, err := t.Exec(ctx, `insert into import_before as b (comment_id, job_id, article_id, before, revised, restated, gave, gave_state)
		select c.id, $1, c.article_id, to_jsonb(c) - 'body_html', i.revised, i.restated, case when i.revised then c.revision + 1 end, i.state || '/' || i.branch
		from import_told i join comment c on c.id = i.id
		where i.revised or i.restated
		on conflict (comment_id, job_id) do update set revised = b.revised or excluded.revised, restated = b.restated or excluded.restated,
			gave = coalesce(excluded.gave, b.gave), gave_state = excluded.gave_state`, job)
	if err != nil {
		return translate(err)
	}
	_, err = t.Exec(ctx, `insert into import_ref_before (source_id, kind, external_id, job_id, article_id, was)
		select $1, 'comment', k.key, $2, k.article_id, to_jsonb(r) from (
			select article_id, key from import_told
			union
			select article_id, known_key from import_told where known_key <> ''
		) k left join external_ref r on r.source_id = $1 and r.kind = 'comment' and r.external_id = k.key
		on conflict do nothing`, source, job)
	return translate(err)
}
