package postgres

import (
	"context"
	"fmt"
	"time"

	"hustings/internal/forum"

	"github.com/jackc/pgx/v5"
)

// ImportSource finds or makes a source and keeps other imports from it waiting
// until the end of the transaction.
func (t *Tx) ImportSource(ctx context.Context, name string) (id SourceID, err error) {
	defer wrap(&err, "source %q", name)
	const find = `select id from source where name = $1 for update`
	err = t.QueryRow(ctx, find, name).Scan(&id)
	if err == nil || notFound(err, "") == nil {
		return id, translate(err)
	}
	// Looked for first: an insert that finds the name taken would use up a number.
	if _, err := t.Exec(ctx, `insert into source (name) values ($1) on conflict do nothing`, name); err != nil {
		return 0, translate(err)
	}
	err = t.QueryRow(ctx, find, name).Scan(&id)
	return id, translate(err)
}

// HoldArticle keeps an article's discussion as it is until the end of the
// transaction.
func (t *Tx) HoldArticle(ctx context.Context, id forum.ArticleID) error {
	_, err := t.Exec(ctx, `select from article where id = $1 for update`, id)
	return translate(err)
}

// FreeSlug gives the first of slug, slug-2, slug-3 … that no article has and that
// is not in taken.
func (t *Tx) FreeSlug(ctx context.Context, slug string, taken []string) (free string, err error) {
	err = t.QueryRow(ctx, `select s from (
			select $1::text as s, 1 as i union all
			select left($1, 190) || '-' || i, i from generate_series(2, (select count(*) + 2 + cardinality($2::text[]) from article
				where slug like replace(replace(replace(left($1, 190), '\', '\\'), '%', '\%'), '_', '\_') || '%')) i
		) candidate where not exists (select from article where slug = s) and s <> all ($2) order by i limit 1`, slug, taken).Scan(&free)
	return free, translate(err)
}

// TakenSlugs tells which addresses articles have.
func (t *Tx) TakenSlugs(ctx context.Context, slugs []string) (map[string]bool, error) {
	return t.which(ctx, `select slug from unnest($1::text[]) s (wanted) join article a on a.slug = s.wanted`, slugs)
}

// TakenPortables tells which portable ids articles have.
func (t *Tx) TakenPortables(ctx context.Context, ids []string) (map[string]bool, error) {
	return t.which(ctx, `select portable_id from unnest($1::text[]) s (wanted) join article a on a.portable_id = s.wanted`, ids)
}

func (t *Tx) which(ctx context.Context, query string, of []string) (map[string]bool, error) {
	rows, err := t.Query(ctx, query, of)
	if err != nil {
		return nil, translate(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	found := make(map[string]bool, len(list))
	for _, s := range list {
		found[s] = true
	}
	return found, translate(err)
}

// NewArticle is an article of an import that is not here yet, with what has been
// settled.
type NewArticle struct {
	*StagedHead
	ID         forum.ArticleID
	Slug       string
	PortableID string
}

// NewArticleIDs draws n numbers for articles, rising.
func (t *Tx) NewArticleIDs(ctx context.Context, n int) ([]forum.ArticleID, error) {
	rows, err := t.Query(ctx, `select nextval('article_id_seq') as id from generate_series(1, $1) order by id`, n)
	if err != nil {
		return nil, translate(err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[forum.ArticleID])
}

var newArticleColumns = []string{"id", "portable_id", "slug", "title", "author", "state", "replies", "source_url", "body_source", "body_format",
	"body_html", "body_text", "policy_version", "published_at", "active_at", "standfirst", "made_by"}

// AddArticles stores articles as the job's, and where they came from. body gives what
// each says, one after the other.
func (t *Tx) AddArticles(ctx context.Context, job JobID, source SourceID, list []NewArticle, body func(*StagedHead) (ArticleBody, error)) (err error) {
	defer wrap(&err, "add %d imported articles", len(list))
	var now time.Time
	if err := t.QueryRow(ctx, `select now()`).Scan(&now); err != nil {
		return translate(err)
	}
	err = t.copyRows(ctx, "article", newArticleColumns, len(list), func(i int, row []any) ([]any, error) {
		a := &list[i]
		b, err := body(a.StagedHead)
		active := now
		if b.PublishedAt != nil && b.PublishedAt.Before(now) {
			active = *b.PublishedAt
		}
		return append(row, int64(a.ID), a.PortableID, a.Slug, a.Title, b.Author, string(a.State), string(a.Replies), a.SourceURL, b.Source, b.Format,
			b.HTML, b.Text, int32(b.Policy), b.PublishedAt, active, b.Standfirst, orNull(int64(job))), err
	})
	if err != nil {
		return translate(err)
	}
	words := make([]ArticleWord, len(list))
	for i, a := range list {
		words[i] = WordOf(a.ID, a.StagedHead)
	}
	if job != 0 {
		ids := make([]int64, len(list))
		for i, a := range list {
			ids[i] = int64(a.ID)
		}
		if _, err := t.Exec(ctx, `insert into import_touch (job_id, article_id, source_id) select $1, id, $3 from unnest($2::bigint[]) id`, job, ids, source); err != nil {
			return translate(err)
		}
	}
	return t.RememberArticles(ctx, source, words)
}

// ChangeImportedArticle gives an article the text that its source has now, and
// its state where restate is true.
func (t *Tx) ChangeImportedArticle(ctx context.Context, id forum.ArticleID, a *StagedHead, b ArticleBody, restate bool) error {
	_, err := t.Exec(ctx, `update article set title = $2, author = $3, source_url = $4, body_source = $5, body_format = $6,
			body_html = $7, body_text = $8, policy_version = $9, published_at = $10, standfirst = coalesce(nullif($14, ''), standfirst),
			state = case when $11 then $12 else state end, replies = case when $11 then $13 else replies end
		where id = $1`, id, a.Title, b.Author, a.SourceURL, b.Source, b.Format, b.HTML, b.Text, b.Policy,
		b.PublishedAt, restate, a.State, a.Replies, b.Standfirst)
	return translate(err)
}

// ArticleWord is what a source says of an article that is here, as it is noted.
type ArticleWord struct {
	ID     forum.ArticleID
	Key    string
	Digest []byte
	Given  string // GivenArticleState; "" where the text and the state are another source's
}

// WordOf is what a file says of an article.
func WordOf(id forum.ArticleID, a *StagedHead) ArticleWord {
	return ArticleWord{id, a.Key, a.Digest, GivenArticleState(a.State, a.Replies)}
}

// RememberArticles notes what a source says of articles.
func (t *Tx) RememberArticles(ctx context.Context, source SourceID, words []ArticleWord) error {
	ids, keys, digests, given := make([]int64, len(words)), make([]string, len(words)), make([][]byte, len(words)), make([]string, len(words))
	for i, w := range words {
		ids[i], keys[i], digests[i], given[i] = int64(w.ID), w.Key, w.Digest, w.Given
	}
	_, err := t.Exec(ctx, `insert into external_ref (source_id, kind, external_id, local_id, digest, state)
		select $1, 'article', n.key, n.id, n.digest, n.given from unnest($2::bigint[], $3::text[], $4::bytea[], $5::text[]) n (id, key, digest, given)
		on conflict (source_id, kind, external_id) do update set digest = excluded.digest, state = excluded.state`, source, ids, keys, digests, given)
	return translate(err)
}

// GivenArticleState is how an external_ref notes the state of an article.
func GivenArticleState(s forum.ArticleState, r forum.Replies) string {
	return string(s) + "/" + string(r)
}

// GivenState is how an external_ref notes the state of a comment and the mark on
// its branch.
func GivenState(s forum.CommentState, branch string) string { return string(s) + "/" + branch }

// AddRedirects makes old addresses answer with an article, and notes them as the
// job's. Addresses that answer already keep doing so.
func (t *Tx) AddRedirects(ctx context.Context, job JobID, article forum.ArticleID, paths []string) error {
	_, err := t.Exec(ctx, `with added as (
			insert into redirect (path, article_id) select p, $2 from unnest($1::text[]) p on conflict do nothing returning path
		)
		update import_touch set redirects = redirects || array(select path from added)
		where job_id = $3 and article_id = $2 and active_at is not null`, paths, article, job)
	return translate(err)
}

// AddNewRedirects makes old addresses answer with new articles: paths[i] with
// articles[i]. Addresses that answer already keep doing so.
func (t *Tx) AddNewRedirects(ctx context.Context, articles []int64, paths []string) error {
	_, err := t.Exec(ctx, `insert into redirect (path, article_id) select p, a from unnest($1::text[], $2::bigint[]) n (p, a) on conflict do nothing`, paths, articles)
	return translate(err)
}

// CountedArticle is an article after an import.
type CountedArticle struct {
	ID     forum.ArticleID
	Added  int        // change of the number of its comments
	Newest *time.Time // when the newest was written of the new ones that count; nil: unknown
}

// CountImported sets what articles say about their comments after an import, and
// that readers see them differently. A new article that says no date of its own was
// last active when its newest comment was written.
func (t *Tx) CountImported(ctx context.Context, list []CountedArticle) (err error) {
	defer wrap(&err, "count the comments of %d articles", len(list))
	ids, added, newest := make([]int64, len(list)), make([]int32, len(list)), make([]*time.Time, len(list))
	for i, a := range list {
		ids[i], added[i], newest[i] = int64(a.ID), int32(a.Added), a.Newest
		t.changed[a.ID] = true
	}
	_, err = t.Exec(ctx, `with due as (
			insert into suggestion_due (article_id) select id from unnest($1::bigint[]) id order by id on conflict (article_id) do update set at = now()
		), delta as (
			insert into article_comment_delta (article_id, n) select id, 0 from unnest($1::bigint[]) id
		)
		update article a set comments = a.comments + n.added, people_at = now(),
			active_at = case when a.published_at is null and a.created_at = now() then coalesce(least(n.newest, now()), a.active_at)
				else greatest(a.active_at, least(n.newest, now())) end,
			people = case when greatest(a.active_at, n.newest) > now() - $3::interval then `+fmt.Sprintf(peopleNow, 3)+` else 0 end
		from unnest($1::bigint[], $2::int[], $4::timestamptz[]) n (id, added, newest)
		where a.id = n.id`, ids, added, peopleWindow, newest)
	return translate(err)
}
