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

// FreeSlug gives the first of slug, slug-2, slug-3 … that no article has.
func (t *Tx) FreeSlug(ctx context.Context, slug string) (free string, err error) {
	err = t.QueryRow(ctx, `select s from (
			select $1::text as s, 1 as i union all
			select left($1, 190) || '-' || i, i from generate_series(2, (select count(*) + 2 from article
				where slug like replace(replace(replace(left($1, 190), '\', '\\'), '%', '\%'), '_', '\_') || '%')) i
		) candidate where not exists (select from article where slug = s) order by i limit 1`, slug).Scan(&free)
	return free, translate(err)
}

// FreePortable tells whether no article has this portable id.
func (t *Tx) FreePortable(ctx context.Context, id string) (free bool, err error) {
	err = t.QueryRow(ctx, `select not exists (select from article where portable_id = $1)`, id).Scan(&free)
	return free, translate(err)
}

// AddImportedArticle stores a new article and where it came from. a.Slug and
// a.PortableID have been settled.
func (t *Tx) AddImportedArticle(ctx context.Context, source SourceID, a StagedArticle) (id forum.ArticleID, err error) {
	defer wrap(&err, "add the imported article %q", a.Slug)
	err = t.QueryRow(ctx, `insert into article (portable_id, slug, title, author, state, replies, source_url, body_source, body_format,
			body_html, body_text, policy_version, published_at, active_at, standfirst)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, least(coalesce($13, now()), now()), $14) returning id`,
		a.PortableID, a.Slug, a.Title, a.Author, a.State, a.Replies, a.SourceURL, a.BodySource, a.BodyFormat,
		a.BodyHTML, a.BodyText, a.Policy, a.PublishedAt, a.Standfirst).Scan(&id)
	if err != nil {
		return 0, translate(err)
	}
	return id, t.RememberArticle(ctx, source, id, a)
}

// ChangeImportedArticle gives an article the text that its source has now, and
// its state where restate is true.
func (t *Tx) ChangeImportedArticle(ctx context.Context, id forum.ArticleID, a StagedArticle, restate bool) error {
	_, err := t.Exec(ctx, `update article set title = $2, author = $3, source_url = $4, body_source = $5, body_format = $6,
			body_html = $7, body_text = $8, policy_version = $9, published_at = $10, standfirst = coalesce(nullif($14, ''), standfirst),
			state = case when $11 then $12 else state end, replies = case when $11 then $13 else replies end
		where id = $1`, id, a.Title, a.Author, a.SourceURL, a.BodySource, a.BodyFormat, a.BodyHTML, a.BodyText, a.Policy,
		a.PublishedAt, restate, a.State, a.Replies, a.Standfirst)
	return translate(err)
}

// RememberArticle notes what the source said of an article.
func (t *Tx) RememberArticle(ctx context.Context, source SourceID, id forum.ArticleID, a StagedArticle) error {
	_, err := t.Exec(ctx, `insert into external_ref (source_id, kind, external_id, local_id, digest, state)
		values ($1, 'article', $2, $3, $4, $5)
		on conflict (source_id, kind, external_id) do update set digest = excluded.digest, state = excluded.state`,
		source, a.Key, id, a.Digest, GivenArticleState(a.State, a.Replies))
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

// NewCommentIDs draws n numbers for comments, rising.
func (t *Tx) NewCommentIDs(ctx context.Context, n int) ([]forum.CommentID, error) {
	rows, err := t.Query(ctx, `select nextval('comment_id_seq') as id from generate_series(1, $1) order by id`, n)
	if err != nil {
		return nil, translate(err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[forum.CommentID])
}

// Placed is a staged comment and the place it has here: a new one with the
// number it is to get, or a known one to change.
type Placed struct {
	N          int64
	ID         forum.CommentID
	Parent     forum.CommentID
	Root       forum.CommentID
	Depth      int
	Author     Author
	PortableID string
	KnownKey   string // of a known one: its key when it was last imported, "" if it never was
	Noted      string // what is noted of the source's state; see GivenState
	Revised    bool   // of a known one: its text
	Restated   bool   // of a known one: its state or the mark on its branch
}

// Place says where staged comments go, until the end of the transaction.
func (t *Tx) Place(ctx context.Context, list []Placed) error {
	_, err := t.CopyFrom(ctx, pgx.Identifier{"import_place"},
		[]string{"n", "id", "parent_id", "root_id", "depth", "author_id", "imported_as", "portable_id", "known_key", "noted", "revised", "restated"},
		pgx.CopyFromSlice(len(list), func(i int) ([]any, error) {
			p := &list[i]
			return []any{p.N, int64(p.ID), orNull(int64(p.Parent)), int64(p.Root), p.Depth, orNull(int64(p.Author.ID)), orNull(int64(p.Author.As)), p.PortableID, p.KnownKey, p.Noted, p.Revised, p.Restated}, nil
		}))
	return translate(err)
}

// AddPlaced stores the placed comments, all of them new and made by the job, with
// their revisions, ancestors and where they came from. The texts go from the staging table to
// where they belong without leaving the database.
func (t *Tx) AddPlaced(ctx context.Context, job JobID, source SourceID, article forum.ArticleID, paths pgx.CopyFromSource) (err error) {
	defer wrap(&err, "add imported comments to article %d", article)
	_, err = t.Exec(ctx, `
		insert into comment (id, article_id, parent_id, root_id, depth, author_id, author_kind, kind, state, branch_removed, branch_locked,
			created_at, edited_at, portable_id, body_html, made_by, imported_as, anchor)
		overriding system value
		select p.id, $1, p.parent_id, p.root_id, p.depth, p.author_id, i.author_kind, i.kind, i.state, i.branch = 'removed', i.branch = 'locked',
			i.created_at, i.edited_at, p.portable_id, i.body_html, $2, p.imported_as, case when taken.anchor is null then i.anchor end
		from import_place p join import_comment i on i.n = p.n
		left join (select distinct anchor from comment where article_id = $1 and anchor is not null) taken on taken.anchor = i.anchor
		order by p.id`, article, orNull(job))
	if err != nil {
		return translate(err)
	}
	_, err = t.Exec(ctx, `
		insert into comment_revision (comment_id, revision, at, source_format, source_text, body_html, body_text, policy_version)
		select p.id, 1, coalesce(i.edited_at, i.created_at), i.source_format, i.source_text, i.body_html, i.body_text, i.policy_version
		from import_place p join import_comment i on i.n = p.n order by p.id`)
	if err != nil {
		return translate(err)
	}
	if _, err := t.CopyFrom(ctx, pgx.Identifier{"comment_path"}, pathColumns, paths); err != nil {
		return translate(err)
	}
	return t.remember(ctx, source, `
		select $1, 'comment', i.key, p.id, i.digest, 1, p.noted from import_place p join import_comment i on i.n = p.n`)
}

// ChangePlaced gives the placed comments, all of them known, what their source
// says now: a new revision where the text changed, the state where that did.
// Placed comments with neither are only remembered.
func (t *Tx) ChangePlaced(ctx context.Context, job JobID, source SourceID) (err error) {
	defer wrap(&err, "change imported comments")
	_, err = t.Exec(ctx, `
		insert into comment_revision (comment_id, revision, at, source_format, source_text, body_html, body_text, policy_version, made_by)
		select c.id, c.revision + 1, i.edited_at, i.source_format, i.source_text, i.body_html, i.body_text, i.policy_version, $1
		from import_place p join import_comment i on i.n = p.n join comment c on c.id = p.id where p.revised`, orNull(job))
	if err != nil {
		return translate(err)
	}
	for _, statement := range []string{`
		update comment c set revision = c.revision + 1, body_html = i.body_html, author_id = p.author_id, imported_as = p.imported_as, author_kind = i.author_kind,
			kind = i.kind, created_at = i.created_at, edited_at = i.edited_at
		from import_place p join import_comment i on i.n = p.n where c.id = p.id and p.revised`, `
		update comment c set state = i.state, removal = null, branch_removal = null,
			branch_removed = i.branch = 'removed', branch_locked = i.branch = 'locked'
		from import_place p join import_comment i on i.n = p.n where c.id = p.id and p.restated`,
	} {
		if _, err := t.Exec(ctx, statement); err != nil {
			return translate(err)
		}
	}
	// A comment without an id at its source gets a new key with each edit; the old
	// one goes first.
	_, err = t.Exec(ctx, `delete from external_ref r using import_place p join import_comment i on i.n = p.n
		where r.source_id = $1 and r.kind = 'comment' and r.external_id = p.known_key and i.key <> p.known_key`, source)
	if err != nil {
		return translate(err)
	}
	return t.remember(ctx, source, `
		select $1, 'comment', i.key, p.id, i.digest, c.revision, p.noted
		from import_place p join import_comment i on i.n = p.n join comment c on c.id = p.id`)
}

// remember notes what the source says of the placed comments now, and forgets the
// places.
func (t *Tx) remember(ctx context.Context, source SourceID, rows string) error {
	_, err := t.Exec(ctx, `insert into external_ref (source_id, kind, external_id, local_id, digest, revision, state)`+rows+`
		on conflict (source_id, kind, external_id) do update
		set local_id = excluded.local_id, digest = excluded.digest, revision = excluded.revision, state = excluded.state`, source)
	if err != nil {
		return translate(err)
	}
	_, err = t.Exec(ctx, `truncate import_place`)
	return translate(err)
}

// CountImported sets what an article says about its comments after an import.
// added is the change of their number; newest is the date of the newest one that
// came, nil where none has a date.
func (t *Tx) CountImported(ctx context.Context, article forum.ArticleID, added int, newest *time.Time) error {
	_, err := t.Exec(ctx, `with due as (`+dueForSuggestions+`) update article a set comments = a.comments + $2, people_at = now(),
			active_at = greatest(a.active_at, least($3, now())), people = `+fmt.Sprintf(peopleNow, 4)+`
		where a.id = $1`, article, added, newest, peopleWindow)
	if err != nil {
		return translate(err)
	}
	return t.Changed(ctx, article, 0)
}
