package postgres

import (
	"context"
	"errors"

	"hustings/internal/forum"

	"github.com/jackc/pgx/v5"
)

// Site is where a reply is about to be written: the article, and what its
// parent and the branches above it say.
type Site struct {
	forum.Place
	ArticleID forum.ArticleID
	Slug      string
	Title     string
}

// ReplySite reads where a reply would go and keeps the discussion as it is until
// the end of the transaction: the article's row is locked FOR KEY SHARE in the
// first statement, so that closing, locking and removing branches, which take it
// FOR UPDATE, come wholly before or wholly after. parent 0 is the article itself;
// where the parent is not found, the article is given beside the error.
func (t *Tx) ReplySite(ctx context.Context, slug string, parent forum.CommentID) (Site, error) {
	var s Site
	err := t.QueryRow(ctx, `select id, slug, title, state, replies from article where slug = $1 for key share`, slug).
		Scan(&s.ArticleID, &s.Slug, &s.Title, &s.Article, &s.Replies)
	if err != nil {
		return Site{}, notFound(err, "There is no such article.")
	}
	if parent == 0 {
		return s, nil
	}
	var p forum.Comment
	var author *forum.PersonID
	err = t.QueryRow(ctx, `
		select c.id, c.author_id, c.kind, c.state, m.removed, m.locked
		from comment c, branch_marks(c.article_id, c.id) m where c.id = $1 and c.article_id = $2`, parent, s.ArticleID).
		Scan(&p.ID, &author, &p.Kind, &p.State, &s.BranchRemoved, &s.BranchLocked)
	if errors.Is(err, pgx.ErrNoRows) {
		return s, forum.NewError(forum.NotFound, "The comment you are answering does not belong to this article. Your text is kept; you could answer the article instead.")
	}
	if err != nil {
		return Site{}, translate(err)
	}
	if author != nil {
		p.AuthorID = *author
	}
	s.Parent = &p
	return s, nil
}

// NewReply is a reply that has been authorised and rendered.
type NewReply struct {
	Article    forum.ArticleID
	Parent     forum.CommentID // 0: answers the article
	Author     forum.PersonID
	FormKey    string // unique per author; the same one again makes no second comment
	PortableID string
	State      forum.CommentState
	Source     string // Markdown
	HTML, Text string // sanitised, and plain
	Policy     int    // version of the markup policy
}

// addReply writes the comment, its revision, its nearest 64 ancestors, the
// counter's delta and the form's key in one statement. The key is written first:
// where it is there already nothing else happens, and where another transaction
// is writing it this one waits for that one's end.
const addReply = `
with form as (
  insert into comment_form (author_id, form_key, comment_id)
  values ($3, $4, nextval('comment_id_seq')) on conflict do nothing returning comment_id as id
), parent as (
  select root_id, depth from comment where id = $2 and article_id = $1
), made as (
  insert into comment (id, article_id, parent_id, root_id, depth, author_id, portable_id, state, body_html)
  overriding system value
  select form.id, $1, $2, coalesce(parent.root_id, form.id), coalesce(parent.depth + 1, 0), $3, $5, $6, $8
  from form left join parent on true
  returning id, created_at
), revision as (
  insert into comment_revision (comment_id, revision, at, source_format, source_text, body_html, body_text, policy_version)
  select id, 1, created_at, 'markdown', $7, $8, $9, $10 from made
), delta as (
  insert into article_comment_delta (article_id, n) select $1, case when $6 = 'published'::comment_state then 1 else 0 end from made
), path as (
  insert into comment_path (descendant, depth, ancestor, article_id)
  select made.id, up.depth + 1, up.ancestor, $1 from made join comment_path up on up.descendant = $2 and up.depth < 64
  union all select id, 0, id, $1 from made
)
select id from made`

// AddReply stores a reply. For a form key that has been used before it gives the
// comment that was made then, and again is true.
func (t *Tx) AddReply(ctx context.Context, r NewReply) (id forum.CommentID, again bool, err error) {
	var parent *forum.CommentID
	if r.Parent != 0 {
		parent = &r.Parent
	}
	err = t.QueryRow(ctx, addReply, r.Article, parent, r.Author, r.FormKey, r.PortableID, r.State,
		r.Source, r.HTML, r.Text, r.Policy).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		id, _, err = t.FormComment(ctx, r.Author, r.FormKey)
		return id, true, err
	}
	if err != nil {
		return 0, false, translate(err)
	}
	t.changed[r.Article] = true
	return id, false, nil
}

// FormComment gives the comment that a form has already made; ok is false for a
// new form.
func (t *Tx) FormComment(ctx context.Context, author forum.PersonID, key string) (id forum.CommentID, ok bool, err error) {
	err = t.QueryRow(ctx, `select comment_id from comment_form where author_id = $1 and form_key = $2`, author, key).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, false, nil
	}
	return id, err == nil, translate(err)
}

// FormComment is the same outside a transaction: the answer to a form that was
// sent before comes before any limit or rule.
func (db *DB) FormComment(ctx context.Context, author forum.PersonID, key string) (id forum.CommentID, ok bool, err error) {
	err = db.pool.QueryRow(ctx, `select comment_id from comment_form where author_id = $1 and form_key = $2`, author, key).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, false, nil
	}
	return id, err == nil, translate(err)
}

// AwaitForm is FormComment after whoever is using the form just now has finished.
func (db *DB) AwaitForm(ctx context.Context, author forum.PersonID, key string) (id forum.CommentID, ok bool, err error) {
	tx, err := db.pool.Begin(ctx)
	if err != nil {
		return 0, false, unavailable(err)
	}
	defer tx.Rollback(context.WithoutCancel(ctx)) //nolint:errcheck // it only asks: nothing is to be kept
	// Writing the key waits for another transaction that has written it.
	_, err = tx.Exec(ctx, `insert into comment_form (author_id, form_key, comment_id) values ($1, $2, 0) on conflict do nothing`, author, key)
	if err != nil {
		return 0, false, translate(err)
	}
	id, ok, err = (&Tx{Tx: tx}).FormComment(ctx, author, key)
	return id, ok && id != 0, err
}
