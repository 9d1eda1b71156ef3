package postgres

import (
	"context"
	"time"

	"hustings/internal/forum"
)

// DraftLife is how long a reply waits for its writer to sign in.
const DraftLife = 7 * 24 * time.Hour

// Draft is a reply that waits for its writer to sign in.
type Draft struct {
	Article      forum.ArticleID
	ArticleSlug  string
	ArticleTitle string
	Parent       forum.CommentID // 0: answers the article
	ParentName   string          // "": unknown, or not to be shown
	Body         string          // as typed
}

// AddDraft keeps a reply under a random token.
func (t *Tx) AddDraft(ctx context.Context, token string, article forum.ArticleID, parent forum.CommentID, body string) (err error) {
	defer wrap(&err, "add draft")
	_, err = t.Exec(ctx, `insert into draft (token_hash, article_id, parent_id, body) values ($1, $2, $3, $4)`,
		hashToken(token), article, orNull(parent), body)
	return translate(err)
}

// Draft reads the reply kept under a token, as long as its article can be seen;
// NotFound otherwise.
func (db *DB) Draft(ctx context.Context, v forum.Viewer, token string) (d Draft, err error) {
	defer wrap(&err, "draft")
	err = db.pool.QueryRow(ctx, `
		select a.id, a.slug, a.title, coalesce(d.parent_id, 0), case when comment_public(c) then coalesce(p.name, '') else '' end, d.body
		from draft d join article a on a.id = d.article_id
		left join comment c on c.id = d.parent_id left join person p on p.id = c.author_id
		where d.token_hash = $1 and d.at > now() - $2::interval and (a.state = 'published' or $3)`,
		hashToken(token), DraftLife, v.Administers()).
		Scan(&d.Article, &d.ArticleSlug, &d.ArticleTitle, &d.Parent, &d.ParentName, &d.Body)
	return d, notFound(err, "There is no text waiting.")
}

// EndDraft forgets a reply that waited. One that is not there is no error.
func (t *Tx) EndDraft(ctx context.Context, token string) (err error) {
	defer wrap(&err, "end draft")
	_, err = t.Exec(ctx, `delete from draft where token_hash = $1`, hashToken(token))
	return translate(err)
}

// SweepDrafts deletes drafts nobody came back for, at most a thousand a call.
func (t *Tx) SweepDrafts(ctx context.Context) (err error) {
	defer wrap(&err, "sweep drafts")
	_, err = t.Exec(ctx, `delete from draft where token_hash = any (array(
		select token_hash from draft where at < now() - $1::interval limit 1000 for update skip locked))`, DraftLife)
	return translate(err)
}
