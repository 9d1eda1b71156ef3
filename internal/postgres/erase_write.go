package postgres

import (
	"context"

	"hustings/internal/forum"

	"github.com/jackc/pgx/v5"
)

// SetErased notes that a person is erased, so that no import brings them back,
// and ends every way to act as them.
func (t *Tx) SetErased(ctx context.Context, p *Erasable, texts bool) (err error) {
	defer wrap(&err, "note an erasure")
	var key string
	if err := t.QueryRow(ctx, `select value from setting where name = 'mail_key'`).Scan(&key); err != nil {
		return translate(err)
	}
	var marks [][]byte
	for _, m := range p.marksToSet([]byte(key)) {
		marks = append(marks, m)
	}
	_, err = t.Exec(ctx, `insert into erased_author as e (hash, texts) select distinct hash, $2::boolean from unnest($1::bytea[]) m (hash)
		on conflict (hash) do update set texts = e.texts or excluded.texts`, marks, texts)
	if err != nil {
		return translate(err)
	}
	for _, statement := range []string{
		`delete from session where person_id = any($1)`,
		`delete from token where person_id = any($1)`,
		`delete from claim_link where imported_id = any($1) or member_id = any($1)`,
		`update person set password_hash = null where id = any($1) and kind = 'member'`,
	} {
		if _, err := t.Exec(ctx, statement, p.IDs()); err != nil {
			return translate(err)
		}
	}
	return nil
}

// EraseBatch is how many comments EraseComments changes at a time.
const EraseBatch = 1000

// EraseComments takes the author from at most EraseBatch comments of a person, and
// with texts the texts in all their versions, with what others have noted about
// them. The replies stay. It gives the articles, one for each comment; none are
// left when there are fewer than EraseBatch.
func (t *Tx) EraseComments(ctx context.Context, p *Erasable, texts bool) (articles []forum.ArticleID, err error) {
	defer wrap(&err, "erase comments")
	rows, err := t.Query(ctx, `
		with theirs as materialized (
			select id, imported_as is not null or author_id = any($2) as imported from comment
			where author_id = any($1) or imported_as = any($1) order by id limit $3 for no key update
		), noted as (
			insert into erased_comment as e (comment_id, texts) select id, $4::boolean from theirs
			on conflict (comment_id) do update set texts = e.texts or excluded.texts
		)
		update comment c set author_id = null, imported_as = null, author_kind = null from theirs where c.id = theirs.id
		returning c.id, c.article_id, c.state, theirs.imported`, p.IDs(), p.imported(), EraseBatch, texts)
	if err != nil {
		return nil, translate(err)
	}
	var all, imported []int64
	states := map[forum.CommentID]forum.CommentState{}
	told := map[forum.ArticleID]bool{}
	var id forum.CommentID
	var article forum.ArticleID
	var state forum.CommentState
	var came bool
	_, err = pgx.ForEachRow(rows, []any{&id, &article, &state, &came}, func() error {
		articles = append(articles, article)
		all, told[article], states[id] = append(all, int64(id)), true, state
		if came {
			imported = append(imported, int64(id))
		}
		return nil
	})
	if err != nil {
		return nil, translate(err)
	}
	for article := range told {
		if err := t.Changed(ctx, article, 0); err != nil {
			return nil, err
		}
	}
	if !texts {
		return articles, nil
	}
	return articles, t.eraseTexts(ctx, all, imported, states)
}

func (p *Erasable) imported() (ids []forum.PersonID) {
	for _, row := range p.rows {
		if !row.member {
			ids = append(ids, row.id)
		}
	}
	return ids
}

// eraseTexts wipes the texts of comments. imported are those of them whose source
// says from then on that they are erased: HideErased has it say so.
func (t *Tx) eraseTexts(ctx context.Context, all, imported []int64, states map[forum.CommentID]forum.CommentState) error {
	for _, id := range all {
		id := forum.CommentID(id)
		if states[id] == forum.Erased {
			continue
		}
		if err := t.SetState(ctx, id, states[id], forum.Erased, 0); err != nil {
			return err
		}
	}
	if err := t.wipeTexts(ctx, all); err != nil {
		return err
	}
	for _, statement := range []string{
		`delete from suggestion where comment_id = any($1) or target_id = any($1)`,
		`update report set note = '' where comment_id = any($1) and note <> ''`,
		// The text here is none that an import gave: what it says later is not taken.
		`update external_ref set revision = 0 where kind = 'comment' and local_id = any($1)`,
		`update import_finding f set excerpt = '', ours = '' where f.comment_id = any($1) or f.comment_id = 0 and f.ext_id <> '' and f.ext_id in
			(select r.external_id from external_ref r where r.kind = 'comment' and r.local_id = any($1))`,
	} {
		if _, err := t.Exec(ctx, statement, all); err != nil {
			return translate(err)
		}
	}
	_, err := t.Exec(ctx, `update external_ref set state = 'erased/' || split_part(state, '/', 2) where kind = 'comment' and local_id = any($1)`, imported)
	return translate(err)
}

// wipeTexts empties all versions of comments.
func (t *Tx) wipeTexts(ctx context.Context, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	_, err := t.Exec(ctx, `update comment_revision set source_text = null, body_html = '', body_text = '' where comment_id = any($1)`, ids)
	if err != nil {
		return translate(err)
	}
	_, err = t.Exec(ctx, `update comment set body_html = '' where id = any($1)`, ids)
	return translate(err)
}

// EraseFindings takes the names and addresses of a person out of what the reports
// of imports list.
func (t *Tx) EraseFindings(ctx context.Context, p *Erasable) (err error) {
	defer wrap(&err, "erase names from the reports of imports")
	// Reports of large imports take longer than a page may.
	if _, err := t.Exec(ctx, `set local statement_timeout = 0`); err != nil {
		return translate(err)
	}
	for _, trace := range p.traces() {
		// As a word of its own: a person may be called A.
		_, err := t.Exec(ctx, `with name as (select '(?<!\w)' || regexp_replace($1, '([^\w\s])', '\\\1', 'g') || '(?!\w)' as pattern)
			update import_finding f set excerpt = regexp_replace(f.excerpt, name.pattern, '…', 'g'), ours = regexp_replace(f.ours, name.pattern, '…', 'g'),
				reason = regexp_replace(f.reason, name.pattern, '…', 'g')
			from name where position($1 in f.excerpt || E'\n' || f.ours || E'\n' || f.reason) > 0`, trace)
		if err != nil {
			return translate(err)
		}
	}
	return nil
}

// ErasePerson deletes the rows of a person who has no comments left, with
// everything else that stood in their name.
func (t *Tx) ErasePerson(ctx context.Context, p *Erasable) (err error) {
	defer wrap(&err, "erase a person")
	for _, statement := range []string{
		// What an import has overwritten may come back when it is undone.
		`update import_before b set before = b.before || '{"author_id": null, "imported_as": null, "author_kind": null}'
			where (b.before ->> 'author_id')::bigint = any($1) or (b.before ->> 'imported_as')::bigint = any($1)`,
		`update report set reporter_id = null, note = '' where reporter_id = any($1)`,
		`delete from person where id = any($1)`,
	} {
		if _, err := t.Exec(ctx, statement, p.IDs()); err != nil {
			return translate(err)
		}
	}
	return nil
}
