package postgres

import (
	"context"
	"slices"
	"strconv"
	"time"

	"hustings/internal/forum"

	"github.com/jackc/pgx/v5"
)

// exportBatch is how many comments an export holds with their texts.
const exportBatch = 500

// ExportedArticle is all that an export says of an article.
type ExportedArticle struct {
	ID          forum.ArticleID
	PortableID  string
	Slug, Title string
	State       forum.ArticleState
	Replies     forum.Replies
	SourceURL   *string
	Author      *string
	PublishedAt *time.Time
	BodyHTML    string
	Comments    int
	Standfirst  string
	BodyText    string
}

// ExportedComment is all that an export says of a comment.
type ExportedComment struct {
	ID         forum.CommentID
	PortableID string
	Parent     *string // portable id
	Path       *string // nil for link-backs
	Level      int
	Author     *string
	AuthorKind string // imported, guest, member or unknown
	CreatedAt  *time.Time
	EditedAt   *time.Time
	State      forum.CommentState
	Branch     *string
	Kind       forum.CommentKind
	SourceText *string
	BodyHTML   string
	BodyText   *string
}

// Export gives everything, whatever its state, as it is at one moment: each
// article, by the order in which they came here, and then its comments in path
// order, then its link-backs. slug limits it to one article; NotFound where there
// is none. In memory it holds the tree of one article and a few hundred texts. It
// is for admins: the caller has made sure of that.
func (db *DB) Export(ctx context.Context, slug string, article func(ExportedArticle) error, comment func(ExportedComment) error) (err error) {
	defer wrap(&err, "export")
	conn, err := db.pool.Acquire(ctx)
	if err != nil {
		return unavailable(err)
	}
	defer conn.Release()
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return translate(err)
	}
	defer tx.Rollback(context.WithoutCancel(ctx)) //nolint:errcheck // nothing was written
	// Whoever reads the export may be slow; the settings end with the transaction.
	if _, err := tx.Exec(ctx, `set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0`); err != nil {
		return translate(err)
	}
	e := &export{tx: tx, article: article, comment: comment}
	return e.run(ctx, slug)
}

type export struct {
	tx      pgx.Tx
	article func(ExportedArticle) error
	comment func(ExportedComment) error
}

func (e *export) run(ctx context.Context, slug string) error {
	ids, err := e.articles(ctx, slug)
	if err != nil {
		return err
	}
	if slug != "" && len(ids) == 0 {
		return forum.NewError(forum.NotFound, noSuchArticle)
	}
	for _, id := range ids {
		if err := e.one(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

func (e *export) articles(ctx context.Context, slug string) ([]forum.ArticleID, error) {
	rows, err := e.tx.Query(ctx, `select id from article where $1 = '' or slug = $1 order by id`, slug)
	if err != nil {
		return nil, translate(err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[forum.ArticleID])
}

func (e *export) one(ctx context.Context, id forum.ArticleID) error {
	rows, err := e.tx.Query(ctx, `select a.id, a.portable_id, a.slug, a.title, a.state, a.replies, a.source_url, a.author, a.published_at, a.body_html,
		a.comments + coalesce((select sum(n) from article_comment_delta where article_id = a.id), 0)::int as comments,
		a.standfirst, a.body_text
		from article a where a.id = $1`, id)
	if err != nil {
		return translate(err)
	}
	a, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[ExportedArticle])
	if err != nil {
		return translate(err)
	}
	if err := e.article(a); err != nil {
		return err
	}
	places, err := e.places(ctx, id)
	if err != nil {
		return err
	}
	for from := 0; from < len(places); from += exportBatch {
		if err := e.texts(ctx, places, from, min(from+exportBatch, len(places))); err != nil {
			return err
		}
	}
	return nil
}

// place is a comment's place in path order.
type place struct {
	id    int64
	up    int32 // place of the parent in the list, -1 at the top
	place int32 // among its siblings, from 1; 0 for a link-back
	level int32
}

// exportTree is the tree of an article in lists, by the order of the numbers: some
// fifty bytes a comment.
type exportTree struct {
	ids             []int64
	up, first, next []int32 // parent, oldest reply and next sibling, as places in the lists; -1: none
	top             int32   // the oldest one at the top
}

// places reads the tree of an article and puts it into path order, link-backs
// last, without recursion: threads may be of any depth.
func (e *export) places(ctx context.Context, article forum.ArticleID) ([]place, error) {
	t, links := &exportTree{}, []place(nil)
	var id, parent int64
	var kind forum.CommentKind
	rows, err := e.tx.Query(ctx, `select id, coalesce(parent_id, 0), kind from comment where article_id = $1 order by id`, article)
	if err != nil {
		return nil, translate(err)
	}
	_, err = pgx.ForEachRow(rows, []any{&id, &parent, &kind}, func() error {
		if kind == forum.KindLinkBack {
			links = append(links, place{id: id, up: -1, level: 1})
		} else {
			t.add(id, parent)
		}
		return nil
	})
	if err != nil {
		return nil, translate(err)
	}
	t.link()
	return append(t.order(), links...), nil
}

// add takes the next comment; parents are older.
func (t *exportTree) add(id, parent int64) {
	up := int32(-1)
	if at, ok := slices.BinarySearch(t.ids, parent); ok {
		up = int32(at)
	}
	t.ids, t.up = append(t.ids, id), append(t.up, up)
}

// link finds the replies of each comment, oldest first.
func (t *exportTree) link() {
	n := len(t.ids)
	t.first, t.next, t.top = slices.Repeat([]int32{-1}, n), make([]int32, n), -1
	for i := int32(n) - 1; i >= 0; i-- {
		list := &t.top
		if up := t.up[i]; up >= 0 {
			list = &t.first[up]
		}
		t.next[i], *list = *list, i
	}
}

// order walks down the tree.
func (t *exportTree) order() []place {
	list := make([]place, 0, len(t.ids))
	at := make([]int32, len(t.ids)) // of each comment: its place in the list
	for i, number := t.top, int32(1); i >= 0; {
		p := place{id: t.ids[i], up: -1, place: number, level: 1}
		if up := t.up[i]; up >= 0 {
			p.up, p.level = at[up], list[at[up]].level+1
		}
		at[i] = int32(len(list))
		list = append(list, p)
		if t.first[i] >= 0 {
			i, number = t.first[i], 1
			continue
		}
		for i >= 0 && t.next[i] < 0 {
			i = t.up[i]
		}
		if i >= 0 {
			i, number = t.next[i], list[at[i]].place+1
		}
	}
	return list
}

// path writes the places from the top down to one, joined by points.
func path(list []place, i int) string {
	var steps []int32
	for j := int32(i); j >= 0; j = list[j].up {
		steps = append(steps, list[j].place)
	}
	var b []byte
	for k := len(steps) - 1; k >= 0; k-- {
		b = strconv.AppendInt(b, int64(steps[k]), 10)
		if k > 0 {
			b = append(b, '.')
		}
	}
	return string(b)
}

// texts gives the comments list[from:to].
func (e *export) texts(ctx context.Context, list []place, from, to int) error {
	ids := make([]int64, 0, to-from)
	for _, p := range list[from:to] {
		ids = append(ids, p.id)
	}
	rows, err := e.tx.Query(ctx, `
		select c.portable_id, up.portable_id, p.name, coalesce(case when c.imported_as is null then c.author_kind end, p.kind)::text, c.created_at, c.edited_at, c.state,
			case when c.branch_removed then 'removed' when c.branch_locked then 'locked' end, c.kind, r.source_text, c.body_html, r.body_text
		from unnest($1::bigint[]) with ordinality wanted (id, i)
		join comment c on c.id = wanted.id
		left join comment up on up.id = c.parent_id
		left join person p on p.id = c.author_id
		left join comment_revision r on r.comment_id = c.id and r.revision = c.revision
		order by wanted.i`, ids)
	if err != nil {
		return translate(err)
	}
	defer rows.Close()
	for i := from; rows.Next(); i++ {
		c := ExportedComment{ID: forum.CommentID(list[i].id)}
		var kind *string
		err := rows.Scan(&c.PortableID, &c.Parent, &c.Author, &kind, &c.CreatedAt, &c.EditedAt, &c.State, &c.Branch, &c.Kind,
			&c.SourceText, &c.BodyHTML, &c.BodyText)
		if err != nil {
			return err
		}
		c.AuthorKind = "unknown"
		if kind != nil && c.Author != nil {
			c.AuthorKind = *kind
		}
		c.Level = int(list[i].level)
		if list[i].place > 0 {
			at := path(list, i)
			c.Path = &at
		}
		if err := e.comment(c); err != nil {
			return err
		}
	}
	return translate(rows.Err())
}
