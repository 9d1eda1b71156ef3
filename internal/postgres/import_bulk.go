package postgres

import (
	"context"
	"time"

	"hustings/internal/forum"

	"github.com/jackc/pgx/v5"
)

// BulkArticle is an article of a whole site that is being filled.
type BulkArticle struct {
	PortableID  string
	Slug, Title string
	Standfirst  string
	Author      string
	State       forum.ArticleState
	Replies     forum.Replies
	BodySource  string
	BodyHTML    string // sanitised
	BodyText    string
	Policy      int
	At          time.Time // when it was written and published
}

// BulkComment is a comment of a whole site that is being filled, with all its
// revisions.
type BulkComment struct {
	ID, Parent, Root forum.CommentID
	Article          forum.ArticleID
	Depth            int
	Author           forum.PersonID // 0: unknown
	Kind             forum.CommentKind
	State            forum.CommentState
	BranchRemoved    bool
	BranchLocked     bool
	Removal          int64 // audit entries, 0: none
	BranchRemoval    int64
	CreatedAt        *time.Time // nil: unknown
	EditedAt         *time.Time
	PortableID       string
	Revisions        []BulkRevision // oldest first
}

// BulkRevision is one text of a BulkComment.
type BulkRevision struct {
	At         *time.Time
	Source     string // Markdown
	HTML, Text string // sanitised, and plain
	Policy     int
}

// IsFilled tells whether the site has any article. Others that ask wait until
// this transaction ends: of two servers that fill the site together, one does.
func (t *Tx) IsFilled(ctx context.Context) (filled bool, err error) {
	if _, err := t.Exec(ctx, `insert into setting (name, value) values ('filled', 'samples') on conflict do nothing`); err != nil {
		return false, translate(err)
	}
	err = t.QueryRow(ctx, `select exists (select from article)`).Scan(&filled)
	return filled, translate(err)
}

// AddBulkArticle stores an article as it once was published.
func (t *Tx) AddBulkArticle(ctx context.Context, a BulkArticle) (id forum.ArticleID, err error) {
	defer wrap(&err, "add the article %q", a.Slug)
	err = t.QueryRow(ctx, `insert into article (portable_id, slug, title, standfirst, author, state, replies, body_source, body_format,
			body_html, body_text, policy_version, published_at, created_at, active_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, 'html', $9, $10, $11, $12, $12, $12) returning id`,
		a.PortableID, a.Slug, a.Title, a.Standfirst, orNull(a.Author), a.State, a.Replies, a.BodySource,
		a.BodyHTML, a.BodyText, a.Policy, a.At).Scan(&id)
	return id, translate(err)
}

// bulkColumns are the columns of BulkComment.row.
var bulkColumns = []string{"id", "article_id", "parent_id", "root_id", "depth", "author_id", "kind", "state",
	"branch_removed", "branch_locked", "removal", "branch_removal", "revision", "created_at", "edited_at", "portable_id", "body_html"}

func (c *BulkComment) row() []any {
	return []any{int64(c.ID), int64(c.Article), orNull(int64(c.Parent)), int64(c.Root), c.Depth, orNull(int64(c.Author)), string(c.Kind), string(c.State),
		c.BranchRemoved, c.BranchLocked, orNull(c.Removal), orNull(c.BranchRemoval), len(c.Revisions), c.CreatedAt, c.EditedAt,
		c.PortableID, c.Revisions[len(c.Revisions)-1].HTML}
}

// AddBulkComments stores comments of any articles, ordered by number, with their
// revisions and ancestors, at the speed of COPY. Their parents are among them.
// The articles' counters are set by CountBulk.
func (t *Tx) AddBulkComments(ctx context.Context, list []BulkComment) (err error) {
	defer wrap(&err, "add %d comments", len(list))
	_, err = t.CopyFrom(ctx, pgx.Identifier{"comment"}, bulkColumns,
		pgx.CopyFromSlice(len(list), func(i int) ([]any, error) { return list[i].row(), nil }))
	if err != nil {
		return translate(err)
	}
	if err := t.addBulkRevisions(ctx, list); err != nil {
		return err
	}
	parents := make(map[forum.CommentID]forum.CommentID, len(list))
	leaves := map[forum.ArticleID][]Leaf{}
	for i := range list {
		c := &list[i]
		parents[c.ID] = c.Parent
		leaves[c.Article] = append(leaves[c.Article], Leaf{c.ID, c.Parent})
	}
	for article, of := range leaves {
		rows := PathRows(article, of, func(id forum.CommentID) forum.CommentID { return parents[id] })
		if _, err := t.CopyFrom(ctx, pgx.Identifier{"comment_path"}, pathColumns, rows); err != nil {
			return translate(err)
		}
	}
	return nil
}

func (t *Tx) addBulkRevisions(ctx context.Context, list []BulkComment) error {
	var rows [][]any
	for i := range list {
		for n, r := range list[i].Revisions {
			rows = append(rows, []any{int64(list[i].ID), n + 1, r.At, "markdown", r.Source, r.HTML, r.Text, r.Policy})
		}
	}
	_, err := t.CopyFrom(ctx, pgx.Identifier{"comment_revision"},
		[]string{"comment_id", "revision", "at", "source_format", "source_text", "body_html", "body_text", "policy_version"}, pgx.CopyFromRows(rows))
	return translate(err)
}

// CountBulk sets what all articles say about their comments, from the comments
// themselves.
func (t *Tx) CountBulk(ctx context.Context) error {
	_, err := t.Exec(ctx, goneBranches+`, shown as (
			select * from comment c where state = 'published' and kind = 'comment' and not exists (select from gone where gone.id = c.id)
		), counted as (
			select article_id, count(*) as n, max(created_at) as newest,
				count(distinct author_id) filter (where created_at > now() - $1::interval) as people from shown group by 1
		)
		update article a set comments = counted.n, people = counted.people, people_at = now(),
			active_at = greatest(a.active_at, counted.newest) from counted where counted.article_id = a.id`, peopleWindow)
	return translate(err)
}

// Backdate says when people came here.
func (t *Tx) Backdate(ctx context.Context, people map[forum.PersonID]time.Time) error {
	ids, times := make([]int64, 0, len(people)), make([]time.Time, 0, len(people))
	for id, at := range people {
		ids, times = append(ids, int64(id)), append(times, at)
	}
	_, err := t.Exec(ctx, `update person p set created_at = least(p.created_at, came.at)
		from unnest($1::bigint[], $2::timestamptz[]) came (id, at) where p.id = came.id`, ids, times)
	return translate(err)
}

// AddOldReport stores a report that was sent at some time.
func (t *Tx) AddOldReport(ctx context.Context, r NewReport, at time.Time) error {
	_, err := t.Exec(ctx, `insert into report (comment_id, article_id, reporter_id, reason, note, created_at) values ($1, $2, $3, $4, $5, $6)`,
		r.Comment, r.Article, orNull(int64(r.Reporter)), r.Reason, r.Note, at)
	return translate(err)
}
