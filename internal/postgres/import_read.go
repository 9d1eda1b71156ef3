package postgres

import (
	"context"
	"errors"
	"time"

	"hustings/internal/forum"

	"github.com/jackc/pgx/v5"
)

// StagedLeaf is a staged comment without its text: what is needed to find its
// place.
type StagedLeaf struct {
	N          int64
	File, Line int32
	Key        string
	Parent     string
	PortableID string
	Kind       forum.CommentKind
	Author     string // "": unknown
	AuthorKey  string // AuthorName.Key
	State      forum.CommentState
	Branch     string
	CreatedAt  *time.Time
	Ordinal    int64
	Digest     []byte
	HasBody    bool
}

// StagedLeaves reads the comments of one article of one file, in the order of
// the file.
func (s *ImportSession) StagedLeaves(ctx context.Context, item int32) ([]StagedLeaf, error) {
	rows, err := s.conn.Query(ctx, `select n, file, line, key, parent, portable_id, kind, coalesce(author, ''), author_key, state, branch,
		created_at, ordinal, digest, body_text <> '' as has_body from import_comment where item = $1 order by n`, item)
	if err != nil {
		return nil, translate(err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (l StagedLeaf, err error) {
		var hasBody *bool
		err = row.Scan(&l.N, &l.File, &l.Line, &l.Key, &l.Parent, &l.PortableID, &l.Kind, &l.Author, &l.AuthorKey, &l.State, &l.Branch,
			&l.CreatedAt, &l.Ordinal, &l.Digest, &hasBody)
		l.HasBody = hasBody != nil && *hasBody
		return l, err
	})
}

// StagedArticle reads the article of an item; NotFound where the file named one
// that it does not hold.
func (s *ImportSession) StagedArticle(ctx context.Context, item int32) (a StagedArticle, err error) {
	err = s.conn.QueryRow(ctx, `select item, file, line, source, key, portable_id, slug, title, author, published_at, source_url,
		state, replies, body_source, body_format, body_html, body_text, policy_version, digest, old_urls, standfirst from import_article where item = $1
		order by line limit 1`, item).
		Scan(&a.Item, &a.File, &a.Line, &a.Source, &a.Key, &a.PortableID, &a.Slug, &a.Title, &a.Author, &a.PublishedAt, &a.SourceURL,
			&a.State, &a.Replies, &a.BodySource, &a.BodyFormat, &a.BodyHTML, &a.BodyText, &a.Policy, &a.Digest, &a.OldURLs, &a.Standfirst)
	return a, notFound(err, "There is no such article in the file.")
}

// StagedTexts reads the plain text of staged comments, at most chars characters
// of each.
func (s *ImportSession) StagedTexts(ctx context.Context, ns []int64, chars int) (map[int64]string, error) {
	found := make(map[int64]string, len(ns))
	rows, err := s.conn.Query(ctx, `select n, left(body_text, $2) from import_comment where n = any($1) and body_text is not null`, ns, chars)
	if err != nil {
		return nil, translate(err)
	}
	var id int64
	var text string
	_, err = pgx.ForEachRow(rows, []any{&id, &text}, func() error {
		found[id] = text
		return nil
	})
	return found, translate(err)
}

// StagedAuthors reads what the staged comments of some items say of authors, the
// first word of each.
func (s *ImportSession) StagedAuthors(ctx context.Context, items []int32, names []AuthorName) ([]ImportedAuthor, error) {
	wanted := make(map[AuthorName]bool, len(names))
	keys := make([]string, len(names))
	for i, a := range names {
		wanted[a], keys[i] = true, a.Key
	}
	rows, err := s.conn.Query(ctx, `select distinct on (author_key, author) author_key, author, author_mail, coalesce(author_url, '')
		from import_comment where item = any($1) and author_key = any($2) and author is not null order by author_key, author, n`, items, keys)
	if err != nil {
		return nil, translate(err)
	}
	var list []ImportedAuthor
	var a ImportedAuthor
	_, err = pgx.ForEachRow(rows, []any{&a.Key, &a.Name, &a.MailHash, &a.URL}, func() error {
		if wanted[a.AuthorName] {
			list = append(list, a)
		}
		return nil
	})
	return list, translate(err)
}

// Said is what tells one comment from another where the source gives no ids.
type Said struct {
	ID        int64 // N of a staged comment, the number of a stored one
	Author    *string
	CreatedAt *time.Time
	Body      string
}

// StagedSaid reads what the comments of one article of one file say.
func (s *ImportSession) StagedSaid(ctx context.Context, item int32) ([]Said, error) {
	return said(ctx, s.conn, `select n, author, created_at, coalesce(body_text, '') from import_comment where item = $1`, item)
}

// StoredSaid reads what the comments of an article say here.
func (s *ImportSession) StoredSaid(ctx context.Context, article forum.ArticleID) ([]Said, error) {
	return said(ctx, s.conn, `select c.id, p.name, c.created_at, coalesce(r.body_text, '') from comment c
		join comment_revision r on r.comment_id = c.id and r.revision = c.revision
		left join person p on p.id = coalesce(c.imported_as, c.author_id) where c.article_id = $1`, article)
}

func said(ctx context.Context, q asker, query string, arg any) ([]Said, error) {
	rows, err := q.Query(ctx, query, arg)
	if err != nil {
		return nil, translate(err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Said])
}

// Elsewhere names all articles but one.
type Elsewhere struct {
	Source     SourceID
	Article    forum.ArticleID // the one; 0 where it is new
	SourceName string
	Group      int32 // its number in this import
	Earlier    bool  // of this import, only articles with smaller numbers
}

// KeysElsewhere tells which keys of comments belong to other articles of the same
// source: staged in this import, or imported before.
func (s *ImportSession) KeysElsewhere(ctx context.Context, e Elsewhere, keys []string) (map[string]bool, error) {
	rows, err := s.conn.Query(ctx, `select c.key from import_comment c join import_item i on i.item = c.item
		where c.key = any($1) and i.source = $2 and (i.article < $3 or not $4 and i.article > $3)
		union
		select r.external_id from external_ref r join comment c on c.id = r.local_id
		where r.source_id = $5 and r.kind = 'comment' and r.external_id = any($1) and c.article_id <> $6`,
		keys, e.SourceName, e.Group, e.Earlier, e.Source, e.Article)
	if err != nil {
		return nil, translate(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	found := make(map[string]bool, len(list))
	for _, key := range list {
		found[key] = true
	}
	return found, translate(err)
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
// same global id. Digest is nil where this source has not brought it before.
type KnownArticle struct {
	ID      forum.ArticleID
	Slug    string
	State   forum.ArticleState
	Replies forum.Replies
	Digest  []byte
	Given   string // the state as last imported
}

// KnownArticle finds an article by its key in a source, else by its global id
// (where that is not ""). ok is false where there is none.
func (s *ImportSession) KnownArticle(ctx context.Context, source SourceID, key, portable string) (a KnownArticle, ok bool, err error) {
	err = s.conn.QueryRow(ctx, `select a.id, a.slug, a.state, a.replies, r.digest, coalesce(r.state, '')
		from article a left join external_ref r on r.local_id = a.id and r.source_id = $1 and r.kind = 'article' and r.external_id = $2
		where a.id = coalesce((select local_id from external_ref where source_id = $1 and kind = 'article' and external_id = $2),
			(select id from article where portable_id = nullif($3, '')))`, source, key, portable).
		Scan(&a.ID, &a.Slug, &a.State, &a.Replies, &a.Digest, &a.Given)
	if errors.Is(err, pgx.ErrNoRows) {
		return KnownArticle{}, false, nil
	}
	return a, err == nil, translate(err)
}

// KnownComment is a comment of an article as it stands here.
type KnownComment struct {
	ID            forum.CommentID
	Parent        forum.CommentID
	Kind          forum.CommentKind
	State         forum.CommentState
	BranchRemoved bool
	BranchLocked  bool
	Revision      int
	// SourceParent is what it answers at its source, where a moderator has moved
	// it since; nil: it was not moved, 0: the article.
	SourceParent *forum.CommentID
}

// KnownComments reads the tree of an article, by id.
func (s *ImportSession) KnownComments(ctx context.Context, article forum.ArticleID) ([]KnownComment, error) {
	rows, err := s.conn.Query(ctx, `select id, coalesce(parent_id, 0), kind, state, branch_removed, branch_locked, revision, source_parent_id
		from comment where article_id = $1 order by id`, article)
	if err != nil {
		return nil, translate(err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[KnownComment])
}

// CommentRef is what a source said of a comment when it was last imported.
type CommentRef struct {
	Key      string
	ID       forum.CommentID
	Digest   []byte
	Revision int
	State    string
}

// CommentRefs reads what a source said of an article's comments.
func (s *ImportSession) CommentRefs(ctx context.Context, source SourceID, article forum.ArticleID) ([]CommentRef, error) {
	rows, err := s.conn.Query(ctx, `select r.external_id, r.local_id, r.digest, coalesce(r.revision, 1), r.state
		from comment c join external_ref r on r.kind = 'comment' and r.local_id = c.id
		where c.article_id = $1 and r.source_id = $2`, article, source)
	if err != nil {
		return nil, translate(err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[CommentRef])
}

// PortableComments finds comments of any article by their portable ids.
func (s *ImportSession) PortableComments(ctx context.Context, ids []string) (map[string]forum.CommentID, error) {
	found := map[string]forum.CommentID{}
	rows, err := s.conn.Query(ctx, `select portable_id, id from comment where portable_id = any($1)`, ids)
	if err != nil {
		return nil, translate(err)
	}
	var portable string
	var id forum.CommentID
	_, err = pgx.ForEachRow(rows, []any{&portable, &id}, func() error {
		found[portable] = id
		return nil
	})
	return found, translate(err)
}

// Differing tells which staged comments (N to id) say something else than what
// stands here: another text, author, time, kind or state. The author of a claimed
// comment may be named as the source does or as we do.
func (s *ImportSession) Differing(ctx context.Context, pairs map[int64]forum.CommentID) (map[int64]bool, error) {
	ns, ids := make([]int64, 0, len(pairs)), make([]int64, 0, len(pairs))
	for n, id := range pairs {
		ns, ids = append(ns, n), append(ids, int64(id))
	}
	rows, err := s.conn.Query(ctx, `select i.n from unnest($1::bigint[], $2::bigint[]) pair (n, id)
		join import_comment i on i.n = pair.n join comment c on c.id = pair.id
		join comment_revision r on r.comment_id = c.id and r.revision = c.revision
		left join person p on p.id = c.author_id left join person was on was.id = c.imported_as
		where (i.body_text, i.body_html, case when i.author = was.name then p.name else i.author end, i.created_at, i.kind, i.state, i.branch = 'removed')
			is distinct from (r.body_text, r.body_html, p.name, c.created_at, c.kind, c.state, c.branch_removed)`, ns, ids)
	if err != nil {
		return nil, translate(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	found := make(map[int64]bool, len(list))
	for _, n := range list {
		found[n] = true
	}
	return found, translate(err)
}
