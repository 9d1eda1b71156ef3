package postgres

import (
	"context"
	"errors"
	"time"

	"hustings/internal/forum"

	"github.com/jackc/pgx/v5"
)

// Said is what tells one comment from another where the source gives no ids.
type Said struct {
	ID        int64 // N of a staged comment, the number of a stored one
	Author    *string
	CreatedAt *time.Time
	Body      string
}

// StoredSaid reads what the comments of an article say here.
func (s *ImportSession) StoredSaid(ctx context.Context, article forum.ArticleID) ([]Said, error) {
	rows, err := s.conn.Query(ctx, `select c.id, p.name, c.created_at, coalesce(r.body_text, '') from comment c
		join comment_revision r on r.comment_id = c.id and r.revision = c.revision
		left join person p on p.id = coalesce(c.imported_as, c.author_id) where c.article_id = $1`, article)
	if err != nil {
		return nil, translate(err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Said])
}

// SourceID is the number of a source of imports.
type SourceID int64

// Source finds a source by name; 0 where nothing came from it yet.
func (s *ImportSession) Source(ctx context.Context, name string) (id SourceID, err error) {
	err = s.conn.QueryRow(ctx, `select id from source where name = $1`, name).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, nil
	}
	return id, translate(err)
}

// KnownArticle is an article that an earlier import brought, or one with the
// same global id.
type KnownArticle struct {
	Group   int32
	ID      forum.ArticleID
	Slug    string
	State   forum.ArticleState
	Replies forum.Replies
	Bare    bool // it has no text
}

// KnownArticles finds those of the articles from lo on and before hi that are here:
// by their keys in their source, else by their global ids, which are given by the
// articles' numbers.
func (s *ImportSession) KnownArticles(ctx context.Context, source SourceID, lo, hi int, global map[int32]string) ([]KnownArticle, error) {
	groups, ids := make([]int32, 0, len(global)), make([]string, 0, len(global))
	for group, id := range global {
		groups, ids = append(groups, group), append(ids, id)
	}
	rows, err := s.conn.Query(ctx, `select g.no, a.id, a.slug, a.state, a.replies, a.body_html = ''
		from import_group g left join unnest($4::int[], $5::text[]) p (no, id) on p.no = g.no
		left join lateral (select r.local_id from import_name n cross join lateral (select r.local_id from external_ref r
				where r.source_id = $1 and r.kind = 'article' and r.external_id = n.key limit 1) r
			where n.no = g.no order by n.key = g.key desc, r.local_id limit 1) r on true
		join lateral (select a.* from article a
			where a.id = coalesce(r.local_id, (select x.id from article x where x.portable_id = p.id)) limit 1) a on true
		where g.no >= $2 and g.no < $3 order by a.id`, source, lo, hi, groups, ids)
	if err != nil {
		return nil, translate(err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[KnownArticle])
}

// ArticleRef is what a source said of an article when it was last imported.
type ArticleRef struct {
	Article forum.ArticleID
	Key     string
	Digest  []byte
	Given   string // the state as last imported; "" where the text of another one was taken for it
}

// ArticleRefs reads what a source said of articles, under whatever key.
func (s *ImportSession) ArticleRefs(ctx context.Context, source SourceID, articles []forum.ArticleID) ([]ArticleRef, error) {
	rows, err := s.conn.Query(ctx, `select local_id, external_id, digest, state from external_ref
		where source_id = $1 and kind = 'article' and local_id = any($2) order by local_id, external_id`, source, articles)
	if err != nil {
		return nil, translate(err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[ArticleRef])
}

// CommentRef is what a source said of a comment when it was last imported.
type CommentRef struct {
	Key      string
	ID       forum.CommentID
	Digest   []byte
	State    string
	SameText bool // the comment's text here is that of then
	SameMark bool // its state here is that of then
}

// CommentRefs reads what a source said of an article's comments.
func (s *ImportSession) CommentRefs(ctx context.Context, source SourceID, article forum.ArticleID) ([]CommentRef, error) {
	rows, err := s.conn.Query(ctx, `select r.external_id, r.local_id, r.digest, r.state, coalesce(r.revision, 1) = k.revision, r.state = `+hereMark+`
		from comment k join external_ref r on r.kind = 'comment' and r.local_id = k.id
		where k.article_id = $1 and r.source_id = $2`, article, source)
	if err != nil {
		return nil, translate(err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[CommentRef])
}
