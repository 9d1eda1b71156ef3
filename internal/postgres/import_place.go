package postgres

import (
	"context"
	"errors"
	"fmt"

	"hustings/internal/forum"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// NewCommentIDs draws n numbers for comments, rising.
func (t *Tx) NewCommentIDs(ctx context.Context, n int) ([]forum.CommentID, error) {
	ids := make([]forum.CommentID, 0, n)
	rows, err := t.Query(ctx, `select nextval('comment_id_seq') as id from generate_series(1, $1) order by id`, n)
	if err != nil {
		return nil, translate(err)
	}
	var id forum.CommentID
	_, err = pgx.ForEachRow(rows, []any{&id}, func() error {
		ids = append(ids, id)
		return nil
	})
	return ids, translate(err)
}

// Placed is a staged comment and the place it has here: a new one with the number
// it is to get, or a known one to change.
type Placed struct {
	N        int64
	ID       forum.CommentID
	Article  forum.ArticleID
	Parent   forum.CommentID // 0: none
	Root     forum.CommentID
	Depth    int
	KnownKey string // of one known by another key than the staged one: that key
	Noted    string // what is noted of the source's state; "": what it says now, see GivenState
	Fresh    bool   // it is new
	Revised  bool   // of a known one: its text
	Restated bool   // of a known one: its state or the mark on its branch
	Kept     bool   // of a known one: what is noted of its state stays
	Counts   bool   // it is a comment that readers see
}

var placeColumns = []string{"n", "id", "article_id", "parent_id", "root_id", "depth", "known_key", "noted", "fresh", "revised", "restated", "kept", "counts"}

// Place says where staged comments go, until the end of the transaction. next
// gives them one by one, false after the last.
func (t *Tx) Place(ctx context.Context, next func(*Placed) bool) error {
	_, err := t.CopyFrom(ctx, pgx.Identifier{"import_place"}, placeColumns, &placedRows{next: next, row: make([]any, len(placeColumns))})
	return translate(err)
}

type placedRows struct {
	next func(*Placed) bool
	p    Placed
	row  []any
}

func (r *placedRows) Next() bool {
	r.p = Placed{}
	return r.next(&r.p)
}

func (r *placedRows) Values() ([]any, error) {
	p := &r.p
	var parent, noted any
	if p.Parent != 0 {
		parent = int64(p.Parent)
	}
	if p.Noted != "" {
		noted = p.Noted
	}
	r.row = append(r.row[:0], p.N, int64(p.ID), int64(p.Article), parent, int64(p.Root), int32(p.Depth), p.KnownKey, noted,
		p.Fresh, p.Revised, p.Restated, p.Kept, p.Counts)
	return r.row, nil
}

func (r *placedRows) Err() error { return nil }

// EachPlacedAuthor collects whom the placed comments need and gives them in
// portions.
func (t *Tx) EachPlacedAuthor(ctx context.Context, do func([]AuthorName) error) error {
	_, err := t.Exec(ctx, `insert into import_author (author_key, name, n)
		select i.author_key, i.author, min(i.n) from import_place p join import_comment i on i.n = p.n
		where (p.fresh or p.revised) and i.author is not null group by 1, 2`)
	if err != nil {
		return translate(err)
	}
	const portion = 5000
	if _, err := t.Exec(ctx, `declare import_authors no scroll cursor for select author_key, name from import_author`); err != nil {
		return translate(err)
	}
	for {
		rows, err := t.Query(ctx, fmt.Sprintf(`fetch %d from import_authors`, portion))
		if err != nil {
			return translate(err)
		}
		list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[AuthorName])
		if err != nil {
			return translate(err)
		}
		if len(list) > 0 {
			if err := do(list); err != nil {
				return err
			}
		}
		if len(list) < portion {
			_, err := t.Exec(ctx, `close import_authors`)
			return translate(err)
		}
	}
}

// PlaceAuthors says whom the placed comments' authors are here.
func (t *Tx) PlaceAuthors(ctx context.Context, people map[AuthorName]Author) error {
	rows := make([][]any, 0, len(people))
	for name, author := range people {
		rows = append(rows, []any{name.Key, name.Name, int64(author.ID), orNull(int64(author.As))})
	}
	_, err := t.CopyFrom(ctx, pgx.Identifier{"import_person"}, []string{"author_key", "name", "id", "imported_as"}, pgx.CopyFromRows(rows))
	return translate(err)
}

// derivedPortable is the SQL of importer.PortableID for the key of a staged
// comment; $%d is what comes before the key in what is hashed.
const derivedPortable = `(select left(h, 8) || '-' || substr(h, 9, 4) || '-8' || substr(h, 14, 3) || '-'
		|| substr('89ab', (get_byte(d, 8) >> 4 & 3) + 1, 1) || substr(h, 18, 3) || '-' || substr(h, 21, 12)
	from (select d, encode(d, 'hex') as h from (select sha256($%d || convert_to(octet_length(i.key) || ':' || i.key, 'UTF8')) as d offset 0) d offset 0) h)`

var wantedPortable = `case when p.portable_id is not null then p.portable_id when i.portable_id <> '' then i.portable_id else ` + derivedPortable + ` end`

// PortableComments tells how a comment gets its portable id where its file gives
// none: Derived begins what is hashed, Again makes another one.
type PortableComments struct {
	Derived []byte
	Again   func(key string, round int) string
}

// RowSource gives rows one by one, as pgx.CopyFromSource does.
type RowSource interface {
	Next() bool
	Values() ([]any, error)
	Err() error
}

// AddPlaced stores the placed comments that are new, with their revisions,
// ancestors and where they came from. The texts go from the staging table to where
// they belong without leaving the database. articles are those that were here
// before; paths is asked for again where portable ids are taken.
func (t *Tx) AddPlaced(ctx context.Context, job JobID, source SourceID, articles []forum.ArticleID, ids PortableComments, paths func() RowSource) (err error) {
	defer wrap(&err, "add imported comments")
	// What foreign keys ask is asked for each row that is written, and would be
	// planned as often.
	if _, err := t.Exec(ctx, `set local plan_cache_mode = auto`); err != nil {
		return translate(err)
	}
	for round := 1; ; round++ {
		part, err := t.Begin(ctx)
		if err != nil {
			return translate(err)
		}
		inner := &Tx{Tx: part, changed: t.changed}
		err = inner.addPlaced(ctx, job, source, articles, ids)
		if pg, ok := errors.AsType[*pgconn.PgError](err); ok && pg.ConstraintName == "comment_portable_id_taken" && round < maxPortableRounds {
			if err := part.Rollback(ctx); err != nil {
				return translate(err)
			}
			if err := t.varyPortables(ctx, ids, round); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return translate(err)
		}
		if _, err := inner.CopyFrom(ctx, pgx.Identifier{"comment_path"}, pathColumns, paths()); err != nil {
			return translate(err)
		}
		if err := part.Commit(ctx); err != nil {
			return translate(err)
		}
		_, err = t.Exec(ctx, `set local plan_cache_mode = force_custom_plan`)
		return translate(err)
	}
}

// maxPortableRounds is how often an id is varied that was taken: once for each time
// that a text came, changed and came again.
const maxPortableRounds = 1000

// planned has a statement planned anew each time.
const planned = pgx.QueryExecModeCacheDescribe

func (t *Tx) addPlaced(ctx context.Context, job JobID, source SourceID, articles []forum.ArticleID, ids PortableComments) error {
	_, err := t.Exec(ctx, fmt.Sprintf(`
		insert into comment (id, article_id, parent_id, root_id, depth, author_id, author_kind, kind, state, branch_removed, branch_locked,
			created_at, edited_at, portable_id, body_html, made_by, imported_as, anchor)
		overriding system value
		select p.id, p.article_id, p.parent_id, p.root_id, p.depth, a.id, i.author_kind, i.kind, i.state, i.branch = 'removed', i.branch = 'locked',
			i.created_at, i.edited_at, `+wantedPortable+`, i.body_html, $1, a.imported_as, case when taken.anchor is null then i.anchor end
		from import_place p join import_comment i on i.n = p.n
		left join import_person a on a.author_key = i.author_key and a.name = i.author
		left join (select distinct article_id, anchor from comment where article_id = any($2) and anchor is not null) taken
			on taken.anchor = i.anchor and taken.article_id = p.article_id
		where p.fresh`, 3), planned, orNull(job), articles, ids.Derived)
	if err != nil {
		return err
	}
	_, err = t.Exec(ctx, `
		insert into comment_revision (comment_id, revision, at, source_format, source_text, body_html, body_text, policy_version)
		select p.id, 1, coalesce(i.edited_at, i.created_at), i.source_format, i.source_text, i.body_html, i.body_text, i.policy_version
		from import_place p join import_comment i on i.n = p.n where p.fresh`, planned)
	if err != nil {
		return err
	}
	return t.remember(ctx, source, `
		select $1, 'comment', i.key, p.id, i.digest, 1, coalesce(p.noted, i.state || '/' || i.branch) from import_place p join import_comment i on i.n = p.n
		where p.fresh`)
}

// varyPortables gives another portable id to the new comments whose own is taken.
func (t *Tx) varyPortables(ctx context.Context, ids PortableComments, round int) error {
	rows, err := t.Query(ctx, fmt.Sprintf(`select n, key from (
			select p.n, i.key, w.id, row_number() over (partition by w.id order by p.portable_id is null desc, p.id) as nth
			from import_place p join import_comment i on i.n = p.n cross join lateral (select `+wantedPortable+` as id) w where p.fresh
		) x where nth > 1 or exists (select from comment c where c.portable_id = x.id)`, 1), ids.Derived)
	if err != nil {
		return translate(err)
	}
	var ns []int64
	var others []string
	var n int64
	var key string
	if _, err := pgx.ForEachRow(rows, []any{&n, &key}, func() error {
		ns, others = append(ns, n), append(others, ids.Again(key, round))
		return nil
	}); err != nil {
		return translate(err)
	}
	_, err = t.Exec(ctx, `update import_place p set portable_id = o.id from unnest($1::bigint[], $2::text[]) o (n, id) where p.n = o.n`, ns, others)
	return translate(err)
}

// ChangePlaced gives the placed comments that are known what their source says
// now: a new revision where the text changed, the state where that did. Those with
// neither are only remembered.
func (t *Tx) ChangePlaced(ctx context.Context, job JobID, source SourceID) (err error) {
	defer wrap(&err, "change imported comments")
	type step struct {
		statement string
		args      []any
	}
	for _, s := range []step{{`
		insert into comment_revision (comment_id, revision, at, source_format, source_text, body_html, body_text, policy_version, made_by)
		select c.id, c.revision + 1, i.edited_at, i.source_format, i.source_text, i.body_html, i.body_text, i.policy_version, $1
		from import_place p join import_comment i on i.n = p.n join comment c on c.id = p.id where p.revised`, []any{orNull(job)}}, {`
		update comment c set revision = c.revision + 1, body_html = i.body_html, author_id = a.id, imported_as = a.imported_as, author_kind = i.author_kind,
			kind = i.kind, created_at = i.created_at, edited_at = i.edited_at
		from import_place p join import_comment i on i.n = p.n left join import_person a on a.author_key = i.author_key and a.name = i.author
		where c.id = p.id and p.revised`, nil}, {`
		update comment c set state = i.state, removal = null, branch_removal = null,
			branch_removed = i.branch = 'removed', branch_locked = i.branch = 'locked'
		from import_place p join import_comment i on i.n = p.n where c.id = p.id and p.restated`, nil}, {`
		update import_place p set noted = r.state from import_comment i, external_ref r
		where not p.fresh and p.kept and p.noted is null and i.n = p.n and r.source_id = $1 and r.kind = 'comment' and r.external_id = i.key`, []any{source}}, {
		// A comment without an id at its source gets a new key with each edit; the
		// old one goes first.
		`delete from external_ref r using import_place p join import_comment i on i.n = p.n
		where r.source_id = $1 and r.kind = 'comment' and r.external_id = p.known_key and i.key <> p.known_key`, []any{source}},
	} {
		if _, err := t.Exec(ctx, s.statement, s.args...); err != nil {
			return translate(err)
		}
	}
	return translate(t.remember(ctx, source, `
		select $1, 'comment', i.key, p.id, i.digest, c.revision, coalesce(p.noted, i.state || '/' || i.branch)
		from import_place p join import_comment i on i.n = p.n join comment c on c.id = p.id where not p.fresh`))
}

// remember notes what the source says of placed comments now.
func (t *Tx) remember(ctx context.Context, source SourceID, rows string) error {
	_, err := t.Exec(ctx, `insert into external_ref (source_id, kind, external_id, local_id, digest, revision, state)`+rows+`
		on conflict (source_id, kind, external_id) do update
		set local_id = excluded.local_id, digest = excluded.digest, revision = excluded.revision, state = excluded.state`, planned, source)
	return err
}
