package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"hustings/internal/forum"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// UndoBatch is how many comments one statement of an undoing is about at most.
const UndoBatch = 5000

// RemoveMade deletes comments that a job made, with their texts and what is known
// of their source. They come with children before parents, and whatever is below
// one is among them or has gone before.
func (t *Tx) RemoveMade(ctx context.Context, ids []forum.CommentID) (err error) {
	defer wrap(&err, "remove %d imported comments", len(ids))
	if _, err := t.Exec(ctx, `delete from external_ref where kind = 'comment' and local_id = any($1)`, ids); err != nil {
		return translate(err)
	}
	_, err = t.Exec(ctx, `delete from comment where id = any($1)`, ids)
	return translate(err)
}

// HandOn makes comments that stay those of another job (0: of none), which then has
// not overwritten anything of them.
func (t *Tx) HandOn(ctx context.Context, ids []forum.CommentID, to JobID) (err error) {
	defer wrap(&err, "hand %d comments on", len(ids))
	_, err = t.Exec(ctx, `update comment set made_by = nullif($2::bigint, 0) where id = any($1)`, ids, to)
	if err != nil {
		return translate(err)
	}
	_, err = t.Exec(ctx, `delete from import_before where comment_id = any($1) and job_id = $2`, ids, to)
	return translate(err)
}

// LeaveRefs forgets what a job was the first to note of comments that stay for
// the sake of other imports: they have notes of their own.
func (t *Tx) LeaveRefs(ctx context.Context, job JobID, article forum.ArticleID, ids []forum.CommentID) (err error) {
	defer wrap(&err, "forget where %d comments came from", len(ids))
	const refs = `
		with refs as materialized (
			select r.source_id, r.kind, r.external_id, (select b.job_id from import_ref_before b join import_touch o using (job_id, article_id)
				where b.source_id = r.source_id and b.kind = r.kind and b.external_id = r.external_id and b.job_id <> $1 order by o.n limit 1) as next
			from external_ref r join import_touch t on t.job_id = $1 and t.article_id = $2 and t.source_id = r.source_id
			where r.kind = 'comment' and r.local_id = any($3)
		)`
	for _, statement := range []string{refs + `
		update import_ref_before b set was = null from refs
		where b.job_id = refs.next and b.source_id = refs.source_id and b.kind = refs.kind and b.external_id = refs.external_id`, refs + `
		delete from external_ref r using refs
		where refs.next is null and r.source_id = refs.source_id and r.kind = refs.kind and r.external_id = refs.external_id`,
	} {
		if _, err := t.Exec(ctx, statement, job, article, ids); err != nil {
			return translate(err)
		}
	}
	return nil
}

// Empty makes placeholders of comments that have to keep the place of what stands
// below them: no text, no name, no dates, no earlier versions. What is noted of
// their source is such that importing the same again fills them in again. Then it
// hands them on.
func (t *Tx) Empty(ctx context.Context, ids []forum.CommentID, to JobID) (err error) {
	defer wrap(&err, "make placeholders of %d comments", len(ids))
	for _, statement := range []string{`
		delete from comment_revision where comment_id = any($1) and revision > 1`, `
		update comment_revision set at = null, source_format = 'html', source_text = null, body_html = '', body_text = null
		where comment_id = any($1)`, `
		update comment set kind = 'placeholder', state = 'published', removal = null, author_id = null, author_kind = null, imported_as = null,
			created_at = null, edited_at = null, body_html = '', revision = 1 where id = any($1)`, `
		update external_ref r set digest = '', revision = 1, state = ` + commentState + `
		from comment c where r.kind = 'comment' and r.local_id = c.id and c.id = any($1)`,
	} {
		if _, err := t.Exec(ctx, statement, ids); err != nil {
			return translate(err)
		}
	}
	return t.HandOn(ctx, ids, to)
}

// commentText are the columns of a comment that an import overwrites with the
// text, and commentMarks those it overwrites with the state.
const (
	commentText  = `'kind', 'author_id', 'author_kind', 'imported_as', 'created_at', 'edited_at', 'revision'`
	commentMarks = `'state', 'removal', 'branch_removal', 'branch_removed', 'branch_locked'`
)

// picked is the part of the JSON object x that has the given keys.
func picked(x, keys string) string {
	return `(select coalesce(jsonb_object_agg(key, value), '{}') from jsonb_each(` + x + `) where key in (` + keys + `))`
}

// LeaveBefore lets another job restore what this one would have: its own value of
// before becomes this one's, for the text or for the state.
func (t *Tx) LeaveBefore(ctx context.Context, job JobID, text bool, ids []forum.CommentID, to JobID) (err error) {
	defer wrap(&err, "leave %d comments to another import", len(ids))
	keys := commentMarks
	if text {
		keys = commentText
	}
	_, err = t.Exec(ctx, `update import_before l set before = l.before || `+picked("b.before", keys)+`
		from import_before b where b.job_id = $1 and b.comment_id = any($2) and l.job_id = $3 and l.comment_id = b.comment_id`, job, ids, to)
	return translate(err)
}

// RestoreTexts gives comments the text, author and dates they had before a job.
// The versions that imports made since go.
func (t *Tx) RestoreTexts(ctx context.Context, job JobID, ids []forum.CommentID) (err error) {
	defer wrap(&err, "restore %d texts", len(ids))
	_, err = t.Exec(ctx, `delete from comment_revision r using import_before b
		where b.job_id = $1 and b.comment_id = any($2) and r.comment_id = b.comment_id and r.revision > (b.before ->> 'revision')::int`, job, ids)
	if err != nil {
		return translate(err)
	}
	// Whoever wrote it may have been claimed since, or not be any more; nobody claims
	// them, or takes that back, before this is done.
	const wrote = `coalesce(b.before ->> 'imported_as', b.before ->> 'author_id')::bigint`
	_, err = t.Exec(ctx, `select from person where id in (select `+wrote+` from import_before b where b.job_id = $1 and b.comment_id = any($2))
		order by id for share`, job, ids)
	if err != nil {
		return translate(err)
	}
	_, err = t.Exec(ctx, `update comment c set revision = r.revision, body_html = r.body_html, kind = w.kind,
			author_id = coalesce(p.claimed_by, p.id), imported_as = case when p.claimed_by is not null then p.id end,
			author_kind = w.author_kind, created_at = w.created_at, edited_at = w.edited_at
		from import_before b cross join lateral jsonb_populate_record(null::comment, b.before) w
		join comment_revision r on r.comment_id = b.comment_id and r.revision = w.revision
		left join person p on p.id = `+wrote+`
		where b.job_id = $1 and b.comment_id = any($2) and c.id = b.comment_id`, job, ids)
	return translate(err)
}

// RestoreStates gives comments the state and the marks they had before a job.
func (t *Tx) RestoreStates(ctx context.Context, job JobID, ids []forum.CommentID) (err error) {
	defer wrap(&err, "restore %d states", len(ids))
	_, err = t.Exec(ctx, `update comment c set state = w.state, removal = w.removal, branch_removal = w.branch_removal,
			branch_removed = w.branch_removed, branch_locked = w.branch_locked
		from import_before b cross join lateral jsonb_populate_record(null::comment, b.before) w
		where b.job_id = $1 and b.comment_id = any($2) and c.id = b.comment_id`, job, ids)
	return translate(err)
}

// undoneRefs are the notes of sources that a job has overwritten and that undoing
// it is about: not those on what the job made itself. heir is the next job that
// overwrote the same note; rekeyed is one before that one, the next that gave the
// comment another key at its source.
const undoneRefs = `
	with mine as materialized (
		select m.*, t.n, (m.was ->> 'local_id')::bigint as local, heir.job_id as heir, heir.n as heir_n
		from import_ref_before m join import_touch t using (job_id, article_id)
		left join lateral (select l.job_id, lt.n from import_ref_before l join import_touch lt using (job_id, article_id)
			where l.source_id = m.source_id and l.kind = m.kind and l.external_id = m.external_id and lt.n > t.n order by lt.n limit 1) heir on true
		left join external_ref r on r.source_id = m.source_id and r.kind = m.kind and r.external_id = m.external_id
		where m.job_id = $1 and m.article_id = $2 and case m.kind
			when 'article' then not exists (select from article a where a.id in (r.local_id, (m.was ->> 'local_id')::bigint) and a.made_by = $1)
			else not exists (select from comment c where c.id in (r.local_id, (m.was ->> 'local_id')::bigint) and c.made_by = $1) end
	), later as materialized (
		select l.job_id, l.source_id, lt.n, (l.was ->> 'local_id')::bigint as local
		from import_ref_before l join import_touch lt using (job_id, article_id)
		where l.article_id = $2 and l.kind = 'comment' and l.was is not null
	), rekeyed as materialized (
		select distinct on (mine.source_id, mine.external_id) mine.source_id, mine.kind, mine.external_id, mine.was, later.job_id
		from mine join later using (source_id, local)
		where mine.kind = 'comment' and later.n > mine.n and (mine.heir is null or later.n < mine.heir_n) order by mine.source_id, mine.external_id, later.n
	)`

// RestoreRefs notes of sources what was noted of them before a job, where what it
// is about still is here. What another job has noted since is left to that one.
// Callers have not handed anything on yet.
func (t *Tx) RestoreRefs(ctx context.Context, job JobID, article forum.ArticleID) (err error) {
	defer wrap(&err, "restore what was known of sources")
	for _, statement := range []string{undoneRefs + `, left_to as (
			insert into import_ref_before (source_id, kind, external_id, job_id, article_id, was)
			select source_id, kind, external_id, job_id, $2, was from rekeyed on conflict do nothing
		)
		delete from import_ref_before b using rekeyed k
		where b.job_id = $1 and b.source_id = k.source_id and b.kind = k.kind and b.external_id = k.external_id`, undoneRefs + `
		update import_ref_before l set was = mine.was from mine
		where l.job_id = mine.heir and l.source_id = mine.source_id and l.kind = mine.kind and l.external_id = mine.external_id`, undoneRefs + `
		delete from external_ref r using mine
		where mine.heir is null and r.source_id = mine.source_id and r.kind = mine.kind and r.external_id = mine.external_id`, undoneRefs + `
		insert into external_ref (source_id, kind, external_id, local_id, digest, revision, state)
		select w.source_id, w.kind, w.external_id, w.local_id, w.digest, w.revision, w.state
		from mine cross join lateral jsonb_populate_record(null::external_ref, mine.was) w
		where mine.heir is null and mine.was is not null
			and case w.kind when 'article' then exists (select from article where id = w.local_id) else exists (select from comment where id = w.local_id) end
		on conflict do nothing`,
	} {
		if _, err := t.Exec(ctx, statement, job, article); err != nil {
			return translate(err)
		}
	}
	return nil
}

// RemoveArticle deletes an article that has no comments any more.
func (t *Tx) RemoveArticle(ctx context.Context, article forum.ArticleID) (err error) {
	defer wrap(&err, "remove article %d", article)
	for _, statement := range []string{
		`delete from external_ref where kind = 'article' and local_id = $1`,
		`delete from article_comment_delta where article_id = $1`,
		`delete from article where id = $1`,
	} {
		if _, err := t.Exec(ctx, statement, article); err != nil {
			return translate(err)
		}
	}
	t.changed[article] = true
	return nil
}

// HandArticleOn makes an article that stays another job's, 0: nobody's. What this
// job was the first to note of its source becomes the note of the next job that
// brought it from there; where there is none it is forgotten.
func (t *Tx) HandArticleOn(ctx context.Context, job JobID, article forum.ArticleID, to JobID) (err error) {
	defer wrap(&err, "hand article %d on", article)
	if _, err := t.Exec(ctx, `update article set made_by = $2 where id = $1`, article, orNull(to)); err != nil || to == 0 {
		return translate(err)
	}
	const refs = `
		with refs as materialized (
			select r.source_id, r.kind, r.external_id, (select o.job_id from import_touch o
				where o.article_id = $2 and o.job_id <> $1 and o.undone_at is null and o.source_id = r.source_id order by o.n limit 1) as next
			from external_ref r join import_touch t on t.job_id = $1 and t.article_id = $2 and t.source_id = r.source_id
			where r.kind = 'article' and r.local_id = $2
		)`
	for _, statement := range []string{refs + `
		insert into import_ref_before (source_id, kind, external_id, job_id, article_id)
		select source_id, kind, external_id, next, $2 from refs where next is not null
		on conflict (source_id, kind, external_id, job_id) do update set was = null`, refs + `
		delete from external_ref r using refs
		where refs.next is null and r.source_id = refs.source_id and r.kind = refs.kind and r.external_id = refs.external_id`,
	} {
		if _, err := t.Exec(ctx, statement, job, article); err != nil {
			return translate(err)
		}
	}
	return nil
}

// articleKeys are articleText and published_at as keys.
const articleKeys = `'title', 'standfirst', 'author', 'source_url', 'body_source', 'body_format', 'body_html', 'body_text', 'policy_version', 'published_at'`

// RestoreArticleText gives an article the text it had before a job, and says
// which that is; or leaves that to heir.
func (t *Tx) RestoreArticleText(ctx context.Context, job JobID, article forum.ArticleID, heir JobID) (html string, err error) {
	defer wrap(&err, "restore the text of article %d", article)
	if heir != 0 {
		return "", t.leaveArticle(ctx, job, article, heir, articleKeys)
	}
	err = t.QueryRow(ctx, `update article a set (`+articleText+`, published_at) = (select `+articleText+`, published_at
			from jsonb_populate_record(null::article, t.before))
		from import_touch t where t.job_id = $1 and t.article_id = $2 and a.id = $2 returning a.body_html`, job, article).Scan(&html)
	return html, translate(err)
}

// RestoreArticleState gives an article the state it had before a job, or leaves
// that to heir.
func (t *Tx) RestoreArticleState(ctx context.Context, job JobID, article forum.ArticleID, heir JobID) (err error) {
	defer wrap(&err, "restore the state of article %d", article)
	if heir != 0 {
		return t.leaveArticle(ctx, job, article, heir, `'state', 'replies'`)
	}
	_, err = t.Exec(ctx, `update article a set (state, replies) = (select state, replies from jsonb_populate_record(null::article, t.before))
		from import_touch t where t.job_id = $1 and t.article_id = $2 and a.id = $2`, job, article)
	return translate(err)
}

func (t *Tx) leaveArticle(ctx context.Context, job JobID, article forum.ArticleID, heir JobID, keys string) error {
	_, err := t.Exec(ctx, `update import_touch l set before = l.before || `+picked("t.before", keys)+`
		from import_touch t where t.job_id = $1 and t.article_id = $2 and l.job_id = $3 and l.article_id = $2`, job, article, heir)
	return translate(err)
}

// SettleUndo puts the rest of an article right that stays: the old addresses that
// the job added, its counters and the time of its newest activity. heir is the
// next job that touched it.
func (t *Tx) SettleUndo(ctx context.Context, job JobID, article forum.ArticleID, heir JobID) (err error) {
	defer wrap(&err, "settle article %d", article)
	if heir != 0 {
		_, err = t.Exec(ctx, `update import_touch l set redirects = l.redirects || t.redirects,
				active_at = case when l.active_at = t.active_to then t.active_at else l.active_at end
			from import_touch t where t.job_id = $1 and t.article_id = $2 and l.job_id = $3 and l.article_id = $2`, job, article, heir)
	} else {
		_, err = t.Exec(ctx, `delete from redirect r using import_touch t
			where t.job_id = $1 and t.article_id = $2 and r.article_id = $2 and r.path = any(t.redirects)`, job, article)
	}
	if err != nil {
		return translate(err)
	}
	_, err = t.Exec(ctx, `
		with recursive gone (id) as (
			select id from comment where article_id = $2 and branch_removed
			union
			select p.descendant from gone join comment_path p on p.ancestor = gone.id
		), shown as (
			select count(*) as n, max(created_at) filter (where created_at <= now()) as newest from comment c
			where c.article_id = $2 and c.state = 'published' and c.kind = 'comment' and not exists (select from gone where gone.id = c.id)
		)
		update article a set people_at = now(), people = `+fmt.Sprintf(peopleNow, 3)+`,
			comments = shown.n - coalesce((select sum(n) from article_comment_delta where article_id = $2), 0),
			active_at = case when a.active_at = t.active_to
				then greatest(coalesce(t.active_at, least(coalesce(a.published_at, a.created_at), now())), shown.newest) else a.active_at end
		from shown, import_touch t where a.id = $2 and t.job_id = $1 and t.article_id = $2`, job, article, peopleWindow)
	if err != nil {
		return translate(err)
	}
	return t.Changed(ctx, article, 0)
}

// EndUndo notes what undoing a job did to an article, and forgets what the job
// had overwritten.
func (t *Tx) EndUndo(ctx context.Context, job JobID, article forum.ArticleID, outcome json.RawMessage) (err error) {
	defer wrap(&err, "end the undoing of article %d", article)
	for _, statement := range []string{
		`delete from import_before where job_id = $1 and article_id = $2`,
		`delete from import_ref_before where job_id = $1 and article_id = $2`,
	} {
		if _, err := t.Exec(ctx, statement, job, article); err != nil {
			return translate(err)
		}
	}
	_, err = t.Exec(ctx, `update import_touch set undone_at = now(), outcome = $3, before = null where job_id = $1 and article_id = $2`, job, article, outcome)
	return translate(err)
}

// UndoOutcomes gives what undoing a job did to each article so far.
func (db *DB) UndoOutcomes(ctx context.Context, job JobID, each func(json.RawMessage) error) (err error) {
	defer wrap(&err, "outcomes of import %d", job)
	rows, err := db.pool.Query(ctx, `select outcome from import_touch where job_id = $1 and outcome is not null order by article_id`, job)
	if err != nil {
		return translate(err)
	}
	var outcome json.RawMessage
	_, err = pgx.ForEachRow(rows, []any{&outcome}, func() error { return each(outcome) })
	return translate(err)
}

// DropIdlePeople deletes imported people of the sources of a job, and of others
// that touched the same articles, who are left with nothing, at most a few thousand, and tells how many they were; 0 means
// that there are no more.
func (t *Tx) DropIdlePeople(ctx context.Context, job JobID) (n int, err error) {
	defer wrap(&err, "delete imported people without comments")
	tag, err := t.Exec(ctx, `delete from person where id = any (array(
		select p.id from person p
		where p.kind = 'imported' and p.claimed_by is null
			and p.source in (select s.name from source s where `+undoneSource+`)
			and not exists (select from comment c where c.author_id = p.id)
			and not exists (select from comment c where c.imported_as = p.id)
			and not exists (select from claim l where l.imported_id = p.id)
			and not exists (select from claim_link l where l.imported_id = p.id)
			and not exists (select from import_before b where (b.before ->> 'author_id')::bigint = p.id)
			and not exists (select from import_before b where (b.before ->> 'imported_as')::bigint = p.id)
		limit 5000))`, job)
	return int(tag.RowsAffected()), translate(err)
}

// undoneSource picks the sources that a job may have left without anything: those
// that its articles are noted with, and those that nothing is known of any more. An
// article that several sources have is noted with one of them.
const undoneSource = `(s.id in (select o.source_id from import_touch t join import_touch o using (article_id) where t.job_id = $1)
	or not exists (select from external_ref r where r.source_id = s.id))`

// DropIdleSources deletes those of these sources of which nothing is left, and
// images that no article names any more.
func (t *Tx) DropIdleSources(ctx context.Context, job JobID) (err error) {
	defer wrap(&err, "delete sources without content")
	_, err = t.Exec(ctx, `delete from image i where not exists (select from article_image a where a.sha256 = i.sha256)`)
	if err != nil {
		return translate(err)
	}
	rows, err := t.Query(ctx, `select s.id from source s where `+undoneSource+`
		and not exists (select from external_ref r where r.source_id = s.id)
		and not exists (select from import_ref_before b where b.source_id = s.id)
		and not exists (select from person p where p.kind = 'imported' and p.source = s.name) order by 1`, job)
	if err != nil {
		return translate(err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[SourceID])
	if err != nil {
		return translate(err)
	}
	for _, id := range ids {
		if err := t.dropSource(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// dropSource deletes a source unless something else still belongs to it.
func (t *Tx) dropSource(ctx context.Context, id SourceID) error {
	inner, err := t.Begin(ctx)
	if err != nil {
		return translate(err)
	}
	defer inner.Rollback(context.WithoutCancel(ctx)) //nolint:errcheck // after a commit it has nothing to do
	_, err = inner.Exec(ctx, `delete from source where id = $1`, id)
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok && pg.Code == "23503" {
		return nil
	}
	if err != nil {
		return translate(err)
	}
	return inner.Commit(ctx)
}

// UndoAct is what the audit's entry of an undone import needs.
type UndoAct struct {
	Actor  forum.PersonID // who asked for it; 0: the shell
	Source SourceID       // of the import
	Import int64          // the entry of the import, 0: none
	Said   bool           // there is an entry of the undoing already
}

// UndoAct reads it.
func (t *Tx) UndoAct(ctx context.Context, job JobID) (a UndoAct, err error) {
	defer wrap(&err, "the audit's entry of import %d", job)
	// Of several that come to the end together one says it.
	if _, err := t.Exec(ctx, `select from import_job where id = $1 for no key update`, job); err != nil {
		return a, translate(err)
	}
	err = t.QueryRow(ctx, `
		with entries as (
			select u.seq, u.action, u.subject_id from audit u where u.action in ($2, $3) and u.subject_kind = 'source'
				and u.detail ->> 'job' = $1::bigint::text
		)
		select coalesce((select undone_by from import_job where id = $1), 0),
			coalesce((select subject_id from entries order by seq desc limit 1), (select source_id from import_touch where job_id = $1 order by n limit 1), 0),
			coalesce((select max(seq) from entries where action = $2), 0), exists (select from entries where action = $3)`,
		job, ActImport, ActImportUndo).Scan(&a.Actor, &a.Source, &a.Import, &a.Said)
	return a, translate(err)
}

// UndoAskedBy notes who wants a job undone.
func (t *Tx) UndoAskedBy(ctx context.Context, job JobID, by forum.PersonID) error {
	_, err := t.Exec(ctx, `update import_job set undone_by = $2 where id = $1`, job, orNull(by))
	return translate(err)
}
