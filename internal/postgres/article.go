package postgres

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"hustings/internal/forum"

	"github.com/jackc/pgx/v5"
)

// articleColumns are an article with its counters as they are now: what is
// stored plus the rows that have not been folded yet.
const articleColumns = `a.id, a.portable_id, a.slug, a.title, a.standfirst, a.author, a.state, a.replies, a.source_url, %s, left(a.body_text, 240),
	a.published_at, a.created_at, a.comments + coalesce(d.n, 0), a.revision + coalesce(d.revision, 0), greatest(a.active_at, d.at)`

const unfolded = `left join lateral (select sum(n)::int as n, sum(revision)::bigint as revision, max(at) filter (where n > 0) as at
	from article_comment_delta where article_id = a.id) d on true`

var (
	wholeArticle = fmt.Sprintf(articleColumns, "a.body_html")
	articleHead  = fmt.Sprintf(articleColumns, "''")
)

func scanArticle(row pgx.CollectableRow) (forum.Article, error) {
	var a forum.Article
	err := row.Scan(&a.ID, &a.PortableID, &a.Slug, &a.Title, &a.Standfirst, &a.Author, &a.State, &a.Replies, &a.SourceURL, &a.BodyHTML, &a.Opening,
		&a.PublishedAt, &a.CreatedAt, &a.Comments, &a.Revision, &a.ActiveAt)
	return a, err
}

const noSuchArticle = "There is no such article."

// Article reads an article with its text. It is NotFound where the viewer may
// not know that it exists.
func (db *DB) Article(ctx context.Context, v forum.Viewer, slug string) (*forum.Article, error) {
	return db.oneArticle(ctx, v, `select `+wholeArticle+` from article a `+unfolded+` where a.slug = $1`, slug)
}

// articleOf reads the article of a comment, without its text.
func (db *DB) articleOf(ctx context.Context, v forum.Viewer, id forum.CommentID) (*forum.Article, error) {
	a, err := db.oneArticle(ctx, v, `select `+articleHead+` from comment c join article a on a.id = c.article_id `+unfolded+` where c.id = $1`, id)
	if forum.KindOf(err) == forum.NotFound {
		return nil, forum.NewError(forum.NotFound, noSuchComment)
	}
	return a, err
}

func (db *DB) oneArticle(ctx context.Context, v forum.Viewer, query string, arg any) (*forum.Article, error) {
	rows, err := db.pool.Query(ctx, query, arg)
	if err != nil {
		return nil, translate(err)
	}
	a, err := pgx.CollectExactlyOneRow(rows, scanArticle)
	if err != nil {
		return nil, notFound(err, noSuchArticle)
	}
	if !a.VisibleTo(v) {
		return nil, forum.NewError(forum.NotFound, noSuchArticle)
	}
	return &a, nil
}

// Revision is what the pages of an article depend on: when it is the same, so
// are they. It is NotFound where nobody but admins may know of the article.
func (db *DB) Revision(ctx context.Context, slug string) (id forum.ArticleID, revision int64, err error) {
	err = db.pool.QueryRow(ctx, `select a.id, a.revision + coalesce((select sum(revision) from article_comment_delta where article_id = a.id), 0)::bigint
		from article a where a.slug = $1 and a.state = 'published'`, slug).Scan(&id, &revision)
	return id, revision, notFound(err, noSuchArticle)
}

// Redirect gives the article that answers at an old address (its path, with
// "?p=…" where that names it).
func (db *DB) Redirect(ctx context.Context, path string) (slug string, err error) {
	err = db.pool.QueryRow(ctx, `select a.slug from redirect r join article a on a.id = r.article_id
		where r.path = $1 and a.state = 'published'`, path).Scan(&slug)
	return slug, notFound(err, "There is nothing at this address.")
}

// FrontPage is one page of the list of articles.
type FrontPage struct {
	Articles []FrontArticle
	Next     string // cursor; "" on the last page
}

// FrontArticle is an article in the list, with the comments of each of the last
// 30 days, oldest first.
type FrontArticle struct {
	forum.Article
	Days [30]int
}

// frontSize is how many articles a page of the list holds.
const frontSize = 30

// Front lists the public articles in an order, after a cursor.
func (db *DB) Front(ctx context.Context, sort forum.FrontSort, after string) (_ *FrontPage, err error) {
	defer wrap(&err, "front page by %s", sort)
	args, err := frontArgs(sort, after, frontSize+1)
	if err != nil {
		return nil, err
	}
	rows, err := db.pool.Query(ctx, frontQueries[sort], args...)
	if err != nil {
		return nil, translate(err)
	}
	list, err := pgx.CollectRows(rows, scanArticle)
	if err != nil {
		return nil, translate(err)
	}
	page := &FrontPage{}
	if len(list) > frontSize {
		list = list[:frontSize]
		if page.Next, err = db.frontCursor(ctx, sort, &list[frontSize-1]); err != nil {
			return nil, err
		}
	}
	page.Articles = make([]FrontArticle, len(list))
	for i := range list {
		page.Articles[i].Article = list[i]
	}
	return page, db.addDays(ctx, page.Articles)
}

// The front page's orders. Active looks at the articles with unfolded rows as
// well, so that a reply moves its article to the top at once. The key of a
// cursor is a time in microseconds; by people, their number goes before it.
var frontQueries = map[forum.FrontSort]string{
	forum.FrontActive: `
		with near as (
			(select id from article where state = 'published' and (active_at, id) < (to_timestamp($1 / 1e6), $2) order by active_at desc, id desc limit $3)
			union select article_id from article_comment_delta
		)
		select ` + articleHead + ` from near join article a using (id) ` + unfolded + `
		where a.state = 'published' and (greatest(a.active_at, d.at), a.id) < (to_timestamp($1 / 1e6), $2)
		order by greatest(a.active_at, d.at) desc, a.id desc limit $3`,
	forum.FrontNew: `
		select ` + articleHead + ` from article a ` + unfolded + `
		where a.state = 'published' and (coalesce(a.published_at, a.created_at), a.id) < (to_timestamp($1 / 1e6), $2)
		order by coalesce(a.published_at, a.created_at) desc, a.id desc limit $3`,
	forum.FrontTop: `
		select ` + articleHead + ` from article a ` + unfolded + `
		where a.state = 'published' and (a.people, coalesce(a.published_at, a.created_at), a.id) < ($4::bigint, to_timestamp($1 / 1e6), $2)
		order by a.people desc, coalesce(a.published_at, a.created_at) desc, a.id desc limit $3`,
}

// farKey is larger than any key of a cursor: the year 9999 in microseconds.
const farKey = 253_370_764_800_000_000

const noFrontPage = "This address does not name a page of the list. Please start at the front page."

// frontArgs are the arguments of a front query, after a cursor.
func frontArgs(sort forum.FrontSort, after string, limit int) ([]any, error) {
	if sort != forum.FrontTop {
		key, id, err := parseFrontCursor(after)
		return []any{key, id, limit}, err
	}
	people := int64(farKey)
	if after != "" {
		count, rest, _ := strings.Cut(after, ".")
		n, err := strconv.ParseInt(count, 36, 32)
		if err != nil || rest == "" {
			return nil, forum.NewError(forum.Malformed, noFrontPage)
		}
		people, after = n, rest
	}
	key, id, err := parseFrontCursor(after)
	return []any{key, id, limit, people}, err
}

func parseFrontCursor(s string) (key, id int64, err error) {
	if s == "" {
		return farKey, farKey, nil
	}
	bad := forum.NewError(forum.Malformed, noFrontPage)
	k, i, ok := strings.Cut(s, ".")
	if key, err = strconv.ParseInt(k, 36, 64); err != nil || !ok || key > farKey || key < -farKey {
		return 0, 0, bad
	}
	if id, err = strconv.ParseInt(i, 36, 64); err != nil {
		return 0, 0, bad
	}
	return key, id, nil
}

func (db *DB) frontCursor(ctx context.Context, sort forum.FrontSort, last *forum.Article) (string, error) {
	at := last.CreatedAt
	switch {
	case sort == forum.FrontActive:
		at = last.ActiveAt
	case last.PublishedAt != nil:
		at = *last.PublishedAt
	}
	cursor := strconv.FormatInt(at.UnixMicro(), 36) + "." + strconv.FormatInt(int64(last.ID), 36)
	if sort != forum.FrontTop {
		return cursor, nil
	}
	var people int64
	if err := db.pool.QueryRow(ctx, `select people from article where id = $1`, last.ID).Scan(&people); err != nil {
		return "", translate(err)
	}
	return strconv.FormatInt(people, 36) + "." + cursor, nil
}

// countDays counts the public comments of articles by day. Everything recent is
// counted from one index, and what removed branches hide is taken off again: there
// are many comments and few such branches.
const countDays = `
	with recursive hop (id) as (
		select id from comment where article_id = any ($1) and branch_removed
		union
		select p.descendant from hop join comment_path p on p.ancestor = hop.id and p.depth = 64
	), gone (id) as (
		select distinct p.descendant from hop join comment_path p on p.ancestor = hop.id
	), counted as (
		select article_id, created_at, 1 as n from comment
		where article_id = any ($1) and state = 'published' and created_at > now() - $2::interval
		union all
		select c.article_id, c.created_at, -1 from gone join comment c using (id)
		where c.state = 'published' and c.created_at > now() - $2::interval
	)
	select article_id, 29 - floor(date_part('epoch', now() - created_at) / 86400)::int as day, sum(n)::int
	from counted where created_at <= now() group by 1, 2`

// addDays counts the public comments of each of the last 30 days.
func (db *DB) addDays(ctx context.Context, list []FrontArticle) error {
	at := make(map[int64]int, len(list))
	ids := make([]int64, len(list))
	for i := range list {
		ids[i] = int64(list[i].ID)
		at[ids[i]] = i
	}
	rows, err := db.pool.Query(ctx, countDays, ids, peopleWindow)
	if err != nil {
		return translate(err)
	}
	var article int64
	var day, n int
	_, err = pgx.ForEachRow(rows, []any{&article, &day, &n}, func() error {
		list[at[article]].Days[min(max(day, 0), 29)] = n
		return nil
	})
	return translate(err)
}

// HasArticles tells whether there is anything on this site yet.
func (db *DB) HasArticles(ctx context.Context) (bool, error) {
	var any bool
	err := db.pool.QueryRow(ctx, `select exists (select from article)`).Scan(&any)
	return any, translate(err)
}

// maxSitemap is the most addresses a sitemap may hold (sitemaps.org protocol).
const maxSitemap = 50_000 - 1

// Sitemap lists the public articles, newest activity first.
func (db *DB) Sitemap(ctx context.Context) ([]forum.Article, error) {
	rows, err := db.pool.Query(ctx, `select `+articleHead+` from article a `+unfolded+` where a.state = 'published' order by a.active_at desc limit $1`, maxSitemap)
	if err != nil {
		return nil, translate(err)
	}
	list, err := pgx.CollectRows(rows, scanArticle)
	return list, translate(err)
}
