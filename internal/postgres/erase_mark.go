package postgres

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"slices"

	"github.com/jackc/pgx/v5"
)

// erasedMark is what is kept of a way to know somebody who was erased: a hash
// under the key of MailHash, which tells nobody whom it is about.
type erasedMark []byte

// markOf hashes one way to know a person: its kind and what it consists of.
func markOf(key []byte, fields ...string) erasedMark {
	h := hmac.New(sha256.New, key)
	h.Write([]byte("erased"))
	for _, f := range fields {
		h.Write([]byte{0})
		h.Write([]byte(f))
	}
	return h.Sum(nil)
}

// marksToSet are the marks that keep an imported person erased. Whom a source
// knows by a key is known by that; others only by their names. One from before
// there were keys is everybody whom the source calls so.
func (p *Erasable) marksToSet(key []byte) (marks []erasedMark) {
	for _, row := range p.rows {
		switch {
		case row.source == "": // an account
		case row.key == "":
			marks = append(marks, markOf(key, "called", row.source, row.name))
		case row.key == NameOnly:
			marks = append(marks, markOf(key, "name", row.source, row.name))
		default:
			marks = append(marks, markOf(key, "key", row.source, row.key))
		}
	}
	for _, hash := range p.mails {
		marks = append(marks, markOf(key, "mail", string(hash)))
	}
	return marks
}

// marksToFind are the marks that an author of an import may have.
func marksToFind(key []byte, source string, a AuthorName, mail []byte) []erasedMark {
	marks := []erasedMark{markOf(key, "called", source, a.Name)}
	if a.Key == NameOnly {
		marks = append(marks, markOf(key, "name", source, a.Name))
	} else {
		marks = append(marks, markOf(key, "key", source, a.Key))
	}
	if mail != nil {
		marks = append(marks, markOf(key, "mail", string(mail)))
	}
	return marks
}

// stagedAuthor is an author of an import as its files tell of him.
type stagedAuthor struct {
	Source string
	AuthorName
	Mail []byte
}

// erasedAuthors gives, by their places in the list, the authors who were erased
// and whether their texts were too.
func erasedAuthors(ctx context.Context, q asker, list []stagedAuthor) (map[int]bool, error) {
	var some bool
	if err := q.QueryRow(ctx, `select exists (select from erased_author)`).Scan(&some); err != nil || !some || len(list) == 0 {
		return nil, translate(err)
	}
	var key string
	if err := q.QueryRow(ctx, `select value from setting where name = 'mail_key'`).Scan(&key); err != nil {
		return nil, translate(err)
	}
	var marks [][]byte
	var owners []int32
	for i, a := range list {
		for _, m := range marksToFind([]byte(key), a.Source, a.AuthorName, a.Mail) {
			marks, owners = append(marks, m), append(owners, int32(i))
		}
	}
	rows, err := q.Query(ctx, `select m.owner, bool_or(e.texts) from unnest($1::bytea[], $2::int[]) m (hash, owner)
		join erased_author e using (hash) group by 1`, marks, owners)
	if err != nil {
		return nil, translate(err)
	}
	found := map[int]bool{}
	var i int
	var texts bool
	_, err = pgx.ForEachRow(rows, []any{&i, &texts}, func() error {
		found[i] = texts
		return nil
	})
	return found, translate(err)
}

// dropErased leaves those out of a list of authors who were erased.
func (t *Tx) dropErased(ctx context.Context, source string, names []AuthorName, known map[AuthorName]ImportedAuthor) ([]AuthorName, error) {
	list := make([]stagedAuthor, len(names))
	for i, name := range names {
		list[i] = stagedAuthor{source, name, known[name].MailHash}
	}
	erased, err := erasedAuthors(ctx, t, list)
	if err != nil || len(erased) == 0 {
		return names, err
	}
	left := make([]AuthorName, 0, len(names))
	for i, name := range names {
		if _, gone := erased[i]; !gone {
			left = append(left, name)
		}
	}
	return left, nil
}

// hidePortion is how many authors of an import are looked at together.
const hidePortion = 5000

// HideErased takes the names of those who were erased out of what is staged, and
// their texts where these were erased too, so that an import neither shows nor
// brings them. It is called once everything is staged.
func (s *ImportSession) HideErased(ctx context.Context) (err error) {
	defer wrap(&err, "hide who was erased")
	var some bool
	if err := s.conn.QueryRow(ctx, `select exists (select from erased_author)`).Scan(&some); err != nil || !some {
		return translate(err)
	}
	tx, err := s.conn.Begin(ctx)
	if err != nil {
		return translate(err)
	}
	defer tx.Rollback(context.WithoutCancel(ctx)) //nolint:errcheck // after a commit it has nothing to do
	_, err = tx.Exec(ctx, `declare staged_authors no scroll cursor for
		select coalesce(g.source, i.source), c.author_key, c.author, c.author_mail
		from import_comment c join import_item i on i.item = c.item left join import_group g on g.no = i.article
		where c.author is not null group by 1, 2, 3, 4`)
	if err != nil {
		return translate(err)
	}
	var gone []stagedAuthor
	var texts []bool
	for {
		rows, err := tx.Query(ctx, `fetch 5000 from staged_authors`)
		if err != nil {
			return translate(err)
		}
		list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (a stagedAuthor, err error) {
			err = row.Scan(&a.Source, &a.Key, &a.Name, &a.Mail)
			return a, err
		})
		if err != nil {
			return translate(err)
		}
		erased, err := erasedAuthors(ctx, tx, list)
		if err != nil {
			return err
		}
		for i, too := range erased {
			gone, texts = append(gone, list[i]), append(texts, too)
		}
		if len(list) < hidePortion {
			break
		}
	}
	if err := hideStaged(ctx, tx, gone, texts); err != nil {
		return err
	}
	return translate(tx.Commit(ctx))
}

func hideStaged(ctx context.Context, tx pgx.Tx, gone []stagedAuthor, texts []bool) error {
	for len(gone) > 0 {
		n := min(hidePortion, len(gone))
		sources, keys, names, mails := make([]string, n), make([]string, n), make([]string, n), make([][]byte, n)
		for i, a := range gone[:n] {
			sources[i], keys[i], names[i], mails[i] = a.Source, a.Key, a.Name, a.Mail
		}
		_, err := tx.Exec(ctx, `update import_comment c set author = null, author_key = '', author_mail = null, author_url = null, author_kind = null,
				state = case when g.texts then 'erased' else c.state end, source_text = case when g.texts then null else c.source_text end,
				body_html = case when g.texts then '' else c.body_html end, body_text = case when g.texts then '' else c.body_text end
			from unnest($1::text[], $2::text[], $3::text[], $4::bytea[], $5::boolean[]) g (source, key, name, mail, texts),
				import_item i left join import_group o on o.no = i.article
			where i.item = c.item and coalesce(o.source, i.source) = g.source and c.author_key = g.key and c.author = g.name and c.author_mail is not distinct from g.mail`,
			sources, keys, names, mails, slices.Clone(texts[:n]))
		if err != nil {
			return translate(err)
		}
		gone, texts = gone[n:], texts[n:]
	}
	return nil
}

// KeepErased takes back what ChangePlaced wrote of authors and texts that were
// erased: a comment can be known to other imports than the one it came with.
func (t *Tx) KeepErased(ctx context.Context) (err error) {
	defer wrap(&err, "keep what was erased")
	rows, err := t.Query(ctx, `update comment c set author_id = null, imported_as = null, author_kind = null
		from import_place p join erased_comment e on e.comment_id = p.id where not p.fresh and p.revised and c.id = p.id
		returning case when e.texts then c.id end`)
	if err != nil {
		return translate(err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[*int64])
	if err != nil {
		return translate(err)
	}
	var wiped []int64
	for _, id := range ids {
		if id != nil {
			wiped = append(wiped, *id)
		}
	}
	return t.wipeTexts(ctx, wiped)
}
