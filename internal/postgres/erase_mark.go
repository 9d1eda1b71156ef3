package postgres

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"

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

// SourceAuthor is an author of an import as a source tells of them.
type SourceAuthor struct {
	Source string
	AuthorName
	Mail []byte // keyed hash of the e-mail address; nil: none
}

// Erasing tells whether anybody was erased whom an import could bring back.
func (s *ImportSession) Erasing(ctx context.Context) (some bool, err error) {
	err = s.conn.QueryRow(ctx, `select exists (select from erased_author)`).Scan(&some)
	return some, translate(err)
}

// Erased gives, by their places in the list, the authors who were erased and whether
// their texts were too.
func (s *ImportSession) Erased(ctx context.Context, list []SourceAuthor) (map[int]bool, error) {
	return erasedAuthors(ctx, s.conn, list)
}

// ItemSources gives the sources of staged articles, by the numbers of their items.
func (s *ImportSession) ItemSources(ctx context.Context) (map[int32]string, error) {
	rows, err := s.conn.Query(ctx, `select i.item, coalesce(g.source, i.source) from import_item i left join import_group g on g.no = i.article`)
	if err != nil {
		return nil, translate(err)
	}
	found, names := map[int32]string{}, map[string]string{}
	var item int32
	var source string
	_, err = pgx.ForEachRow(rows, []any{&item, &source}, func() error {
		if _, ok := names[source]; !ok {
			names[source] = source
		}
		found[item] = names[source] // one copy of each
		return nil
	})
	return found, translate(err)
}

// Restage changes what comments are compared by, after Seal: their flags and states.
// Nothing is known of their authors any more.
func (s *ImportSession) Restage(ctx context.Context, list []StagedMark) error {
	ns, flags, given := make([]int64, len(list)), make([]int32, len(list)), make([]string, len(list))
	for i := range list {
		ns[i], flags[i], given[i] = list[i].N, int32(list[i].Flags), list[i].Given
	}
	_, err := s.conn.Exec(ctx, `update import_comment c set flags = h.flags, given = h.given, author = null, author_key = null, author_mail = null, author_url = null
		from unnest($1::bigint[], $2::int[], $3::text[]) h (n, flags, given) where c.n = h.n`, ns, flags, given)
	return translate(err)
}

// erasedAuthors gives, by their places in the list, the authors who were erased
// and whether their texts were too.
func erasedAuthors(ctx context.Context, q asker, list []SourceAuthor) (map[int]bool, error) {
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
	list := make([]SourceAuthor, len(names))
	for i, name := range names {
		list[i] = SourceAuthor{source, name, known[name].MailHash}
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

// KeepErased takes back what ChangeComments wrote of authors and texts that were
// erased: a comment can be known to other imports than the one it came with.
func (t *Tx) KeepErased(ctx context.Context) (err error) {
	defer wrap(&err, "keep what was erased")
	rows, err := t.Query(ctx, `update comment c set author_id = null, imported_as = null, author_kind = null
		from import_told p join erased_comment e on e.comment_id = p.id where p.revised and c.id = p.id
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
