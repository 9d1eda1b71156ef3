package postgres

import (
	"context"
	"time"

	"hustings/internal/forum"

	"github.com/jackc/pgx/v5"
)

// The states of a suggestion.
const (
	SuggestionOpen      = "open"
	SuggestionAccepted  = "accepted"
	SuggestionDismissed = "dismissed"
)

// Suggestion says that an imported comment belongs below another one, or says the
// same. What it means is the rule's to say (internal/suggest).
type Suggestion struct {
	ID      int64
	Article forum.ArticleID
	Comment forum.CommentID
	Rule    string
	From    forum.CommentID // what the comment answered when this was found; 0: the article
	Target  forum.CommentID
	Words   string // of the comment, that speak for it
	State   string
	Acts    []int64 // entries of the audit that accepting it made, in their order
}

// Suggestion reads a suggestion; NotFound where there is none. lock keeps it as it
// is; the article is locked before.
func (t *Tx) Suggestion(ctx context.Context, id int64, lock bool) (s Suggestion, err error) {
	query := `select id, article_id, comment_id, rule, from_id, target_id, words, state, acts from suggestion where id = $1`
	if lock {
		query += ` for update`
	}
	err = t.QueryRow(ctx, query, id).Scan(&s.ID, &s.Article, &s.Comment, &s.Rule, &s.From, &s.Target, &s.Words, &s.State, &s.Acts)
	return s, notFound(err, "There is no such suggestion any more.")
}

// Decide settles a suggestion that is locked, or opens it again (with no acts).
func (t *Tx) Decide(ctx context.Context, id int64, by forum.PersonID, state string, acts []int64) (err error) {
	defer wrap(&err, "decide suggestion %d", id)
	if state == SuggestionOpen {
		by = 0
	}
	_, err = t.Exec(ctx, `update suggestion set state = $2, decided_by = $3, decided_at = case when $2 = 'open' then null else now() end, acts = $4
		where id = $1`, id, state, orNull(by), orEmpty(acts))
	return err
}

// ReopenMoved opens the suggestion again that a move has accepted, after that move
// was taken back.
func (t *Tx) ReopenMoved(ctx context.Context, comment forum.CommentID, seq int64) (err error) {
	defer wrap(&err, "reopen the suggestion of comment %d", comment)
	_, err = t.Exec(ctx, `update suggestion set state = 'open', decided_by = null, decided_at = null, acts = '{}'
		where comment_id = $1 and state = 'accepted' and acts = array[$2::bigint]`, comment, seq)
	return err
}

// Replies are the comments right below one, by number, whatever their state.
func (t *Tx) Replies(ctx context.Context, id forum.CommentID) ([]forum.CommentID, error) {
	rows, err := t.Query(ctx, `select id from comment where parent_id = $1 order by id`, id)
	if err != nil {
		return nil, translate(err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[forum.CommentID])
}

// DueArticle is an article that imports have changed since anybody looked.
type DueArticle struct {
	ID forum.ArticleID
	At time.Time // when it was changed last
}

// DueForSuggestions gives an article that is to be looked through, if any, leaving
// out some that have not been changed since. Where imports have changed one within
// quiet, there is none yet: they are still at work.
func (db *DB) DueForSuggestions(ctx context.Context, quiet time.Duration, without []DueArticle) (d DueArticle, ok bool, err error) {
	ids, times := make([]int64, len(without)), make([]time.Time, len(without))
	for i, w := range without {
		ids[i], times[i] = int64(w.ID), w.At
	}
	rows, err := db.pool.Query(ctx, `select article_id, at from suggestion_due d
		where not exists (select from suggestion_due where at > now() - $1::interval)
			and not exists (select from unnest($2::bigint[], $3::timestamptz[]) w (id, at) where w.id = d.article_id and w.at = d.at)
		order by at, article_id limit 1`, quiet, ids, times)
	if err != nil {
		return d, false, translate(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[DueArticle])
	if err != nil || len(list) == 0 {
		return d, false, translate(err)
	}
	return list[0], true, nil
}

// ReplaceSuggestions puts what was found in an article in the place of what was
// open there. What a moderator has decided stays, and is not asked again. It
// gives the number of those that are open now.
func (t *Tx) ReplaceSuggestions(ctx context.Context, due DueArticle, list []Suggestion) (open int, err error) {
	defer wrap(&err, "replace the suggestions of article %d", due.ID)
	// The article first, as those who decide about suggestions take it.
	if _, err := t.Exec(ctx, `select from article where id = $1 for key share`, due.ID); err != nil {
		return 0, err
	}
	if _, err := t.Exec(ctx, `create temp table found (comment_id bigint, rule text, from_id bigint, target_id bigint, words text) on commit drop`); err != nil {
		return 0, err
	}
	_, err = t.CopyFrom(ctx, pgx.Identifier{"found"}, []string{"comment_id", "rule", "from_id", "target_id", "words"},
		pgx.CopyFromSlice(len(list), func(i int) ([]any, error) {
			s := &list[i]
			return []any{int64(s.Comment), s.Rule, int64(s.From), int64(s.Target), s.Words}, nil
		}))
	if err != nil {
		return 0, err
	}
	for _, statement := range []string{
		`delete from suggestion s where article_id = $1 and state = 'open' and not exists (select from found f
			where f.comment_id = s.comment_id and (f.rule = 'duplicate') = (s.rule = 'duplicate'))`,
		`insert into suggestion as s (article_id, comment_id, rule, from_id, target_id, words)
			select $1, f.comment_id, f.rule, f.from_id, f.target_id, f.words from found f
			where exists (select from comment where id = f.comment_id) and exists (select from comment where id = f.target_id)
			order by f.comment_id
			on conflict (comment_id, (rule = 'duplicate')) do update
			set rule = excluded.rule, from_id = excluded.from_id, target_id = excluded.target_id, words = excluded.words
			where s.state = 'open'`,
	} {
		if _, err := t.Exec(ctx, statement, due.ID); err != nil {
			return 0, err
		}
	}
	// Changed again meanwhile, it stays due.
	if _, err := t.Exec(ctx, `delete from suggestion_due where article_id = $1 and at = $2`, due.ID, due.At); err != nil {
		return 0, err
	}
	err = t.QueryRow(ctx, `select count(*) from suggestion where article_id = $1 and state = 'open'`, due.ID).Scan(&open)
	return open, err
}
