package postgres

import (
	"context"
	"slices"
	"time"

	"hustings/internal/forum"

	"github.com/jackc/pgx/v5"
)

// commentColumns are what a thread needs of a comment, in the order in which
// scanComment reads them. Names of authors come from the cache in person_cache.go.
const commentColumns = `c.id, c.article_id, coalesce(c.parent_id, 0), c.root_id, c.depth, coalesce(c.author_id, 0), c.kind, c.state,
	c.branch_removed, c.branch_locked, c.revision, c.created_at, c.edited_at, c.body_html, coalesce(c.branch_removal, c.removal, 0), coalesce(c.anchor, '')`

func scanComment(row pgx.CollectableRow) (forum.Comment, error) {
	var c forum.Comment
	var removal int64
	err := row.Scan(&c.ID, &c.Article, &c.Parent, &c.Root, &c.Depth, &c.AuthorID, &c.Kind, &c.State,
		&c.BranchRemoved, &c.BranchLocked, &c.Revision, &c.CreatedAt, &c.EditedAt, &c.BodyHTML, &removal, &c.Anchor)
	if removal != 0 {
		c.Removal = &forum.Removal{Seq: removal}
	}
	return c, err
}

// complete adds what comments refer to: the names of their authors and, for the
// few that were removed, what the audit says.
func (db *DB) complete(ctx context.Context, list []forum.Comment) error {
	var removals []int64
	ids := make(map[forum.PersonID]bool, 16)
	for i := range list {
		if list[i].AuthorID != 0 {
			ids[list[i].AuthorID] = true
		}
		if list[i].Removal != nil {
			removals = append(removals, list[i].Removal.Seq)
		}
	}
	people, err := db.people.names(ctx, db.pool, ids)
	if err != nil {
		return err
	}
	for i := range list {
		p := people[list[i].AuthorID]
		list[i].AuthorName, list[i].Handle, list[i].AuthorKind, list[i].AuthorRole = p.Name, p.Handle, p.Kind, p.Role
	}
	return db.completeRemovals(ctx, list, removals)
}

func (db *DB) completeRemovals(ctx context.Context, list []forum.Comment, seqs []int64) error {
	if len(seqs) == 0 {
		return nil
	}
	rows, err := db.pool.Query(ctx, `select seq, coalesce(reason, ''), at from audit where seq = any ($1)`, seqs)
	if err != nil {
		return translate(err)
	}
	known := map[int64]forum.Removal{}
	var r forum.Removal
	if _, err := pgx.ForEachRow(rows, []any{&r.Seq, &r.Reason, &r.At}, func() error { known[r.Seq] = r; return nil }); err != nil {
		return translate(err)
	}
	for i := range list {
		if list[i].Removal != nil {
			removal := known[list[i].Removal.Seq]
			list[i].Removal = &removal
		}
	}
	return nil
}

// Permalink is a comment with its surroundings, as one viewer sees it.
type Permalink struct {
	Article   forum.Article
	Ancestors []*forum.Node // nearest ones, outermost first
	Above     int           // ancestors that are not listed
	Nodes     []*forum.Node // the comment and its replies, in display order
	// BranchRemoved and BranchLocked tell of marks on the comment or above it.
	BranchRemoved, BranchLocked bool
	Age                         time.Duration // since it was written, by the database's clock
}

// Subject is the comment the permalink is about.
func (p *Permalink) Subject() *forum.Node { return p.Nodes[0] }

// PermalinkPage says what of a comment's surroundings to read.
type PermalinkPage struct {
	Sort    forum.Sort      // of the replies; "" is Oldest
	Context int             // ancestors at most
	After   forum.CommentID // only replies to the comment that are newer than this one of them
}

// Comment reads a permalink page: the comment, its nearest ancestors, and its
// replies breadth first up to the budget of one tree, at most MaxPageLevels deep.
// Where the comment has more replies than that, After leads on. It is NotFound
// where the viewer may not know of the comment, and Gone where it was public once
// and nothing visible is left of it.
func (db *DB) Comment(ctx context.Context, v forum.Viewer, id forum.CommentID, q PermalinkPage) (_ *Permalink, err error) {
	defer wrap(&err, "comment %d", id)
	p := &Permalink{}
	article, err := db.articleOf(ctx, v, id)
	if err != nil {
		return nil, err
	}
	p.Article = *article
	var above []forum.Comment
	var below treePage
	batch := &pgx.Batch{}
	batch.Queue(`select `+commentColumns+` from comment_path p join comment c on c.id = p.ancestor
		where p.descendant = $1 and p.depth between 1 and $2 order by p.depth desc`, id, q.Context).Query(collectInto(&above))
	queueReplies(batch, id, q.After, &below)
	batch.Queue(`select m.removed, m.locked, now() - coalesce(c.created_at, now()) from comment c, branch_marks(c.article_id, c.id) m where c.id = $1`, id).
		QueryRow(func(row pgx.Row) error { return row.Scan(&p.BranchRemoved, &p.BranchLocked, &p.Age) })
	if err := db.pool.SendBatch(ctx, batch).Close(); err != nil {
		return nil, notFound(err, noSuchComment)
	}
	if len(below.comments) == 0 {
		return nil, forum.NewError(forum.NotFound, noSuchComment)
	}
	p.Above = below.comments[0].Depth - len(above)
	return p, db.arrangePermalink(ctx, v, p, above, below, q.Sort)
}

// queueReplies asks for a comment with its replies: from the beginning breadth
// first, or the replies after one of them, each with its own.
func queueReplies(batch *pgx.Batch, id, after forum.CommentID, page *treePage) {
	if after == 0 {
		batch.Queue(`select `+commentColumns+` from (
				select depth, descendant from comment_path where ancestor = $1 and depth < $2 order by depth, descendant limit $3) p
			join comment c on c.id = p.descendant order by p.depth, p.descendant`, id, forum.MaxPageLevels, forum.MaxTreeComments+1).
			Query(func(rows pgx.Rows) error {
				if err := collectInto(&page.comments)(rows); err != nil {
					return err
				}
				if page.cut = len(page.comments) > forum.MaxTreeComments; page.cut {
					page.comments = page.comments[:forum.MaxTreeComments]
				}
				return nil
			})
		return
	}
	batch.Queue(`select `+commentColumns+` from comment c where c.id = $1`, id).Query(collectInto(&page.comments))
	batch.Queue(laterReplies, id, after, forum.MaxTreeComments+1, pageRowsMost, forum.MaxPageTrees+1, forum.MaxPageLevels-1).
		Query(func(rows pgx.Rows) error {
			list, err := pgx.CollectRows(rows, scanInTree)
			later := cutPage(list, len(list) == pageRowsMost)
			page.comments = append(page.comments, later.comments...)
			page.cut = later.cut || later.last != 0
			return err
		})
}

const noSuchComment = "There is no such comment."

func (db *DB) arrangePermalink(ctx context.Context, v forum.Viewer, p *Permalink, above []forum.Comment, page treePage, sort forum.Sort) error {
	all := slices.Concat(above, page.comments)
	if err := db.complete(ctx, all); err != nil {
		return err
	}
	above, below := all[:len(above)], all[len(above):]
	more, err := db.missingReplies(ctx, below, page.cut)
	if err != nil {
		return err
	}
	subject := below[0].ID
	if p.BranchRemoved {
		below[0].BranchRemoved = true // a mark further up says the same here
	}
	now, err := db.Now(ctx)
	if err != nil {
		return err
	}
	p.Nodes = forum.BuildThread(below, forum.Arrangement{Viewer: v, Sort: sort, Since: now.Add(-bestWindow), More: more, Fixed: map[forum.CommentID]bool{subject: true}})
	p.Ancestors = append(p.Ancestors, forum.BuildThread(above, forum.Arrangement{Viewer: v, Fixed: everyOne(above)})...)
	if len(p.Ancestors) > 0 {
		p.Nodes[0].Answers = p.Ancestors[len(p.Ancestors)-1]
	}
	return p.known()
}

// known refuses a permalink that would show nothing.
func (p *Permalink) known() error {
	s := p.Subject()
	if s.Tomb == forum.NoTomb || s.Nested > 0 || (s.More > 0 && !p.BranchRemoved) {
		return nil
	}
	switch s.Tomb {
	case forum.TombModerator:
		return forum.NewError(forum.Gone, "This comment was removed by a moderator.")
	case forum.TombAuthor:
		return forum.NewError(forum.Gone, "This comment was taken back by its author.")
	case forum.TombLegal:
		return forum.NewError(forum.Gone, "This comment was removed for legal reasons.")
	}
	return forum.NewError(forum.NotFound, noSuchComment)
}

func everyOne(list []forum.Comment) map[forum.CommentID]bool {
	set := make(map[forum.CommentID]bool, len(list))
	for i := range list {
		set[list[i].ID] = true
	}
	return set
}

func collectInto(list *[]forum.Comment) func(pgx.Rows) error {
	return func(rows pgx.Rows) (err error) {
		*list, err = pgx.CollectRows(rows, scanComment)
		return err
	}
}

// FindByText gives the newest comment whose plain text begins with some words.
// It reads every revision and is for tests and tools, not for pages.
func (db *DB) FindByText(ctx context.Context, begins string) (id forum.CommentID, err error) {
	err = db.pool.QueryRow(ctx, `select comment_id from comment_revision where starts_with(body_text, $1) order by comment_id desc limit 1`, begins).Scan(&id)
	return id, notFound(err, noSuchComment)
}
