package postgres

import (
	"context"
	"fmt"
	"math"
	"time"

	"hustings/internal/forum"

	"github.com/jackc/pgx/v5"
)

// FeedSize is how many entries one page of a feed holds.
const FeedSize = 50

// maxFeedBody is the longest HTML, in bytes, that a feed carries inside an entry.
// Fifty of the longest imported texts would be a feed of many megabytes; what is
// longer has a link only.
const maxFeedBody = 64 << 10

// FeedArticle is an article as a feed tells of it. BodyHTML is "" where the text
// is too long for a feed.
type FeedArticle struct {
	forum.Article
	UpdatedAt time.Time // edited, else published, else brought here
}

// FeedComment is a comment as a feed tells of it: always one that anybody may
// read. BodyHTML is "" where the text is too long for a feed.
type FeedComment struct {
	ID               forum.CommentID
	PortableID       string
	Parent           forum.CommentID // 0: answers the article
	ParentPortableID string
	ArticleID        forum.ArticleID
	ArticlePortable  string
	ArticleSlug      string
	ArticleTitle     string
	ArticleCreatedAt time.Time
	AuthorName       string // "": unknown
	AuthorHandle     string
	CreatedAt        *time.Time // nil: unknown
	EditedAt         *time.Time
	BodyHTML         string
}

// CommentFeed is one page of a feed of comments, newest first.
type CommentFeed struct {
	Comments []FeedComment
	Next     string // cursor; "" on the last page
}

// shortBody is a body as a feed carries it.
const shortBody = `case when octet_length(%[1]s) <= %[2]d then %[1]s else '' end`

var feedArticleQuery = `
	select coalesce(a.edited_at, a.published_at, a.created_at), ` + fmt.Sprintf(articleColumns, fmt.Sprintf(shortBody, "a.body_html", maxFeedBody)) + `
	from article a ` + unfolded + `
	where a.state = 'published' and (coalesce(a.published_at, a.created_at), a.id) < (to_timestamp($1 / 1e6), $2)
	order by coalesce(a.published_at, a.created_at) desc, a.id desc limit $3`

// ArticleFeed gives the public articles, newest first, after a cursor of an
// earlier page.
func (db *DB) ArticleFeed(ctx context.Context, after string) (list []FeedArticle, next string, err error) {
	defer wrap(&err, "feed of articles")
	key, id, err := parseFrontCursor(after)
	if err != nil {
		return nil, "", err
	}
	rows, err := db.pool.Query(ctx, feedArticleQuery, key, id, FeedSize+1)
	if err != nil {
		return nil, "", translate(err)
	}
	list, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (a FeedArticle, err error) {
		a.Article, err = scanArticle(withFirst{row, &a.UpdatedAt})
		return a, err
	})
	if err != nil || len(list) <= FeedSize {
		return list, "", translate(err)
	}
	list = list[:FeedSize]
	next, err = db.frontCursor(ctx, forum.FrontNew, &list[FeedSize-1].Article)
	return list, next, err
}

// withFirst is a row whose first column goes elsewhere.
type withFirst struct {
	pgx.CollectableRow
	first any
}

func (w withFirst) Scan(dest ...any) error {
	return w.CollectableRow.Scan(append([]any{w.first}, dest...)...)
}

// feedCommentQuery completes the comments that one of the queries below chose.
var feedCommentQuery = `
	select c.id, c.portable_id, coalesce(c.parent_id, 0) as parent, coalesce(up.portable_id, '') as parent_portable_id,
		a.id as article_id, a.portable_id as article_portable, a.slug as article_slug, a.title as article_title, a.created_at as article_created_at,
		coalesce(p.name, '') as author_name, coalesce(p.handle, '') as author_handle, c.created_at, c.edited_at,
		` + fmt.Sprintf(shortBody, "c.body_html", maxFeedBody) + ` as body_html
	from (%s) chosen join comment c on c.id = chosen.id join article a on a.id = c.article_id
	left join comment up on up.id = c.parent_id left join person p on p.id = c.author_id
	order by c.id desc`

// Which comments a feed holds: those below $1, newest first, at most $2, that
// anybody may read. Each walks an index in that very order and stops at its
// limit. The state of the article is asked first, since it costs nothing: a large
// import of drafts is passed over quickly.
//
// "Of article 7" is written as "from 7 to 7": with an equality PostgreSQL takes
// the primary key for a cheaper way to the same order, and reads the whole table
// where the article's comments are old.
const (
	newestOf = `select c.id from comment c join article a on a.id = c.article_id
		where c.state = 'published' and c.kind = 'comment' and c.id < $1 and %s
		and case when a.state = 'published' then comment_public(c) else false end
		order by %s c.id desc limit $2`
	// newestBelow takes the newest of each level below comment $3, which together
	// hold the newest of the whole window; what is more than a window away is
	// found from the comments at its edge, as far as the budget of hops goes.
	newestBelow = `
		with recursive hop(id) as (
			select $3::bigint
			union all
			select p.descendant from hop join comment_path p on p.ancestor = hop.id and p.depth = 64
		), edge as (select id from hop limit 32)
		select c.id from (
			select near.id from edge cross join generate_series(1, 64) level cross join lateral (
				select p.descendant as id from comment_path p
				where p.ancestor = edge.id and p.depth = level and p.descendant < $1
				order by p.descendant desc limit 200) near
			order by near.id desc limit 1000) candidate
		join comment c on c.id = candidate.id
		where c.state = 'published' and c.kind = 'comment' and comment_public(c) order by c.id desc limit $2`
)

var (
	siteFeedQuery    = fmt.Sprintf(feedCommentQuery, fmt.Sprintf(newestOf, "true", ""))
	articleFeedQuery = fmt.Sprintf(feedCommentQuery, fmt.Sprintf(newestOf, "c.article_id >= $3 and c.article_id <= $3", "c.article_id desc,"))
	personFeedQuery  = fmt.Sprintf(feedCommentQuery, fmt.Sprintf(newestOf, "c.author_id >= $3 and c.author_id <= $3", "c.author_id,"))
	branchFeedQuery  = fmt.Sprintf(feedCommentQuery, newestBelow)
)

// SiteFeed gives the newest public comments of the site.
func (db *DB) SiteFeed(ctx context.Context, after string) (_ CommentFeed, err error) {
	defer wrap(&err, "feed of comments")
	return db.commentFeed(ctx, siteFeedQuery, after)
}

// ArticleComments gives the newest public comments of an article.
func (db *DB) ArticleComments(ctx context.Context, article forum.ArticleID, after string) (_ CommentFeed, err error) {
	defer wrap(&err, "feed of article %d", article)
	return db.commentFeed(ctx, articleFeedQuery, after, article)
}

// PersonFeed gives the newest public comments of a person.
func (db *DB) PersonFeed(ctx context.Context, person forum.PersonID, after string) (_ CommentFeed, err error) {
	defer wrap(&err, "feed of person %d", person)
	return db.commentFeed(ctx, personFeedQuery, after, person)
}

// BranchFeed gives the newest public comments below a comment. Its cost is
// bounded: at most 200 of each level, 32 hops of 64 levels, and of these the
// newest 1,000 comments, hidden ones included, are looked at.
func (db *DB) BranchFeed(ctx context.Context, top forum.CommentID, after string) (_ CommentFeed, err error) {
	defer wrap(&err, "feed of the branch of comment %d", top)
	return db.commentFeed(ctx, branchFeedQuery, after, top)
}

func (db *DB) commentFeed(ctx context.Context, query, after string, of ...any) (feed CommentFeed, err error) {
	from, err := parseCursor(after)
	if err != nil {
		return feed, err
	}
	if after == "" {
		from = math.MaxInt64
	}
	rows, err := db.pool.Query(ctx, query, append([]any{from, FeedSize + 1}, of...)...)
	if err != nil {
		return feed, translate(err)
	}
	feed.Comments, err = pgx.CollectRows(rows, pgx.RowToStructByName[FeedComment])
	if err != nil {
		return feed, translate(err)
	}
	if len(feed.Comments) > FeedSize {
		feed.Comments = feed.Comments[:FeedSize]
		feed.Next = cursor(feed.Comments[FeedSize-1].ID)
	}
	return feed, nil
}
