package postgres

import (
	"context"
	"time"

	"hustings/internal/forum"

	"github.com/jackc/pgx/v5"
)

// What is read at a time, and of one text: the rest of a longer one is no matter
// for suggestions.
const (
	lookAtOnce       = 200
	lookChars        = 20_000
	lookArticleChars = 200_000
	lookAbove        = 8 // ancestors whose texts are asked for
)

// Looked is an imported comment that readers see, as suggestions look at it.
type Looked struct {
	ID           forum.CommentID
	Parent       forum.CommentID // 0: answers the article
	ParentAuthor forum.PersonID
	ParentName   string
	Author       forum.PersonID // 0: unknown
	Name         string
	At           *time.Time
	Text         string
	Moved        bool   // by a moderator
	Sum          []byte // of the whole text; of Twins only
}

// Look is an article at one moment, to be read in bounded memory.
type Look struct {
	tx      pgx.Tx
	article forum.ArticleID
}

// LookThrough lets somebody read an article. It has no limit in time, holds one
// connection of the pool and no locks.
func (db *DB) LookThrough(ctx context.Context, article forum.ArticleID, read func(context.Context, *Look) error) (err error) {
	defer wrap(&err, "look through article %d", article)
	tx, err := db.pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return unavailable(err)
	}
	defer tx.Rollback(context.WithoutCancel(ctx)) //nolint:errcheck // nothing was written
	if _, err := tx.Exec(ctx, `set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0; set local cursor_tuple_fraction = 1`); err != nil {
		return err
	}
	return read(ctx, &Look{tx, article})
}

// looked are the comments of article $1 that came with an import and can be seen.
// Marks are looked for only where there are any.
const looked = `
select c.id, coalesce(c.parent_id, 0) as parent, coalesce(up.author_id, 0), coalesce(upname.name, ''),
	coalesce(c.author_id, 0) as author, coalesce(p.name, ''), c.created_at, left(r.body_text, $2) as text, c.source_parent_id is not null as moved`

const lookedFrom = `
from comment c
join comment_revision r on r.comment_id = c.id and r.revision = c.revision
left join person p on p.id = c.author_id
left join comment up on up.id = c.parent_id
left join person upname on upname.id = up.author_id
where c.article_id = $1 and c.kind = 'comment' and c.state = 'published'
	and exists (select from external_ref e where e.kind = 'comment' and e.local_id = c.id)
	and (not exists (select from comment m where m.article_id = $1 and m.branch_removed) or not (branch_marks(c.article_id, c.id)).removed)`

// Siblings reads all comments, one list of siblings after the other, each in its
// order.
func (l *Look) Siblings(ctx context.Context, take func(Looked) error) error {
	return l.each(ctx, "siblings", looked+`, null::bytea`+lookedFrom+` order by coalesce(c.parent_id, 0), c.id`, take)
}

// Twins reads the comments whose text another one by the same author has too, or
// by an author as unknown: by text and author, then by number.
func (l *Look) Twins(ctx context.Context, take func(Looked) error) error {
	return l.each(ctx, "twins", `select x.* from (select y.*, count(*) over (partition by sum, author) as n from (`+
		looked+`, sha256(convert_to(r.body_text, 'UTF8')) as sum`+lookedFrom+` and r.body_text <> '') y) x where n > 1 order by sum, author, id`, take)
}

// each reads through a cursor, so that other questions can be asked meanwhile. One
// name stands for one query: what a fetch gives is remembered by the connection.
func (l *Look) each(ctx context.Context, cursor, query string, take func(Looked) error) error {
	if _, err := l.tx.Exec(ctx, `declare `+cursor+` no scroll cursor for `+query, l.article, lookChars); err != nil {
		return err
	}
	for {
		rows, err := l.tx.Query(ctx, `fetch `+lookAtOnceText+` from `+cursor)
		if err != nil {
			return err
		}
		list, err := pgx.CollectRows(rows, scanLooked)
		if err != nil {
			return err
		}
		for i := range list {
			if err := take(list[i]); err != nil {
				return err
			}
		}
		if len(list) < lookAtOnce {
			_, err := l.tx.Exec(ctx, `close `+cursor)
			return err
		}
	}
}

// lookAtOnceText is lookAtOnce where no parameter may stand.
const lookAtOnceText = "200"

func scanLooked(row pgx.CollectableRow) (c Looked, err error) {
	dest := []any{&c.ID, &c.Parent, &c.ParentAuthor, &c.ParentName, &c.Author, &c.Name, &c.At, &c.Text, &c.Moved, &c.Sum}
	var n int64
	if len(row.FieldDescriptions()) > len(dest) {
		dest = append(dest, &n)
	}
	err = row.Scan(dest...)
	return c, err
}

// Above gives the texts that the replies to a comment stand below: of the comment,
// of the nearest ones above it, and of the article. Comment 0 is the article.
func (l *Look) Above(ctx context.Context, id forum.CommentID) ([]string, error) {
	rows, err := l.tx.Query(ctx, `
		select left(r.body_text, $2) from comment_path p join comment c on c.id = p.ancestor
		join comment_revision r on r.comment_id = c.id and r.revision = c.revision
		where p.descendant = $1 and p.depth < $3 and r.body_text is not null
		union all select left(body_text, $5) from article where id = $4`, id, lookChars, lookAbove, l.article, lookArticleChars)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}
