package postgres

import (
	"context"

	"hustings/internal/forum"
)

// articleText are the columns of an article's text, which an import overwrites
// together with published_at.
const articleText = `title, standfirst, author, source_url, body_source, body_format, body_html, body_text, policy_version`

// textDigest tells two texts of an article apart, in any time zone.
const textDigest = `md5(row(` + articleText + `, extract(epoch from published_at))::text)`

// KeepArticle notes how an article is before a job writes to it: the time of its
// newest activity, and its row where the text or the state will be overwritten.
// What an earlier step of the same job noted stays. Of an import without a job
// (0) nothing is noted, here and below: it cannot be undone.
func (t *Tx) KeepArticle(ctx context.Context, job JobID, source SourceID, article forum.ArticleID, text, state bool) (err error) {
	if job == 0 {
		return nil
	}
	defer wrap(&err, "keep article %d", article)
	_, err = t.Exec(ctx, `insert into import_touch as t (job_id, article_id, source_id, before, text, state, active_at, active_to)
		select $1, a.id, $2, case when $4 or $5 then to_jsonb(a) end, $4, $5, a.active_at, a.active_at from article a where a.id = $3
		on conflict (job_id, article_id) do update set before = coalesce(t.before, excluded.before),
			text = t.text or excluded.text, state = t.state or excluded.state`, job, source, article, text, state)
	return translate(err)
}

// KeepArticleRef notes what a source said of an article before a job notes
// something else.
func (t *Tx) KeepArticleRef(ctx context.Context, job JobID, source SourceID, article forum.ArticleID, key string) (err error) {
	if job == 0 {
		return nil
	}
	defer wrap(&err, "keep what was said of article %d", article)
	_, err = t.Exec(ctx, `insert into import_ref_before (source_id, kind, external_id, job_id, article_id, was)
		select $1, 'article', $2, $3, $4, (select to_jsonb(r) from external_ref r where r.source_id = $1 and r.kind = 'article' and r.external_id = $2)
		on conflict do nothing`, source, key, job, article)
	return translate(err)
}

// KeepAfter notes what a job has left articles with, once it has written
// everything: what differs from it later was changed by somebody else.
func (t *Tx) KeepAfter(ctx context.Context, job JobID, articles []forum.ArticleID) (err error) {
	if job == 0 {
		return nil
	}
	defer wrap(&err, "note %d articles as written", len(articles))
	_, err = t.Exec(ctx, `update import_touch t set active_to = a.active_at, gave_text = `+textDigest+`, gave_state = a.state || '/' || a.replies
		from article a where a.id = any($2) and t.job_id = $1 and t.article_id = a.id`, job, articles)
	return translate(err)
}

// AnalyzeDiscussions takes statistics of the tables that imports fill, in less
// than a second whatever their size, so that the planner knows of what came since
// the last time.
func (db *DB) AnalyzeDiscussions(ctx context.Context) (err error) {
	defer wrap(&err, "analyze the discussions")
	return db.Do(ctx, func(ctx context.Context, tx *Tx) error {
		// From a cold disk it takes longer than a page may.
		if _, err := tx.Exec(ctx, `set local statement_timeout = 0`); err != nil {
			return translate(err)
		}
		_, err := tx.Exec(ctx, `select analyze_discussions()`)
		return translate(err)
	})
}
