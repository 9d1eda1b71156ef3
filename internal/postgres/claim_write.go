package postgres

import (
	"context"
	"time"

	"hustings/internal/forum"

	"github.com/jackc/pgx/v5"
)

// Claimable is an imported person as an act finds it: all rows of that person, kept
// as they are until the transaction ends.
type Claimable struct {
	ID   forum.PersonID
	Name string
	Rows []forum.PersonID
	// ClaimedBy is the member whose the comments are; 0: nobody has claimed them.
	ClaimedBy forum.PersonID
}

// LockImported locks an imported person with all names that its source knows it
// by. NotFound for anybody else.
func (t *Tx) LockImported(ctx context.Context, id forum.PersonID) (c Claimable, err error) {
	defer wrap(&err, "lock imported person %d", id)
	err = t.QueryRow(ctx, `select p.id, p.name, coalesce(p.claimed_by, 0) from person p where p.id = $1 and p.kind = 'imported' for no key update`, id).
		Scan(&c.ID, &c.Name, &c.ClaimedBy)
	if err != nil {
		return c, notFound(err, "There is nobody of this name here.")
	}
	rows, err := t.Query(ctx, `select o.id from person p join person o on `+samePerson+` where p.id = $1 order by o.id for no key update of o`, id)
	if err != nil {
		return c, translate(err)
	}
	c.Rows, err = pgx.CollectRows(rows, pgx.RowTo[forum.PersonID])
	return c, translate(err)
}

// GiveComments makes the comments of an imported person a member's, those of later
// imports too, and gives their number.
func (t *Tx) GiveComments(ctx context.Context, c Claimable, member forum.PersonID) (n int, err error) {
	defer wrap(&err, "give the comments of %d to %d", c.ID, member)
	if _, err := t.Exec(ctx, `update person set claimed_by = $2 where id = any ($1)`, c.Rows, member); err != nil {
		return 0, translate(err)
	}
	return t.reauthor(ctx, `update comment set imported_as = author_id, author_id = $2 where author_id = any ($1) returning article_id`, c.Rows, member)
}

// TakeCommentsBack makes a member's comments that were an imported person's that
// person's again. What the member has retracted since is published again.
func (t *Tx) TakeCommentsBack(ctx context.Context, c Claimable, member forum.PersonID) (n int, err error) {
	defer wrap(&err, "take the comments of %d back from %d", c.ID, member)
	if err := t.unretract(ctx, c, member); err != nil {
		return 0, err
	}
	if _, err := t.Exec(ctx, `update person set claimed_by = null where id = any ($1) and claimed_by = $2`, c.Rows, member); err != nil {
		return 0, translate(err)
	}
	return t.reauthor(ctx, `update comment set author_id = imported_as, imported_as = null where imported_as = any ($1) and author_id = $2 returning article_id`, c.Rows, member)
}

// unretract publishes what the member has retracted: what the source called
// published. Nobody else could have retracted it.
func (t *Tx) unretract(ctx context.Context, c Claimable, member forum.PersonID) error {
	rows, err := t.Query(ctx, `select c.id from comment c where c.author_id = $2 and c.imported_as = any ($1) and c.state = 'retracted'
		and exists (select from external_ref r where r.kind = 'comment' and r.local_id = c.id and split_part(r.state, '/', 1) = 'published')
		order by c.id`, c.Rows, member)
	if err != nil {
		return translate(err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[forum.CommentID])
	if err != nil {
		return translate(err)
	}
	for _, id := range ids {
		if err := t.SetState(ctx, id, forum.Retracted, forum.Published, 0); err != nil {
			return err
		}
	}
	return nil
}

// reauthor runs a change of authors and tells of it in every article.
func (t *Tx) reauthor(ctx context.Context, change string, rows []forum.PersonID, member forum.PersonID) (n int, err error) {
	found, err := t.Query(ctx, change, rows, member)
	if err != nil {
		return 0, translate(err)
	}
	articles, err := pgx.CollectRows(found, pgx.RowTo[forum.ArticleID])
	if err != nil {
		return 0, translate(err)
	}
	told := map[forum.ArticleID]bool{}
	for _, article := range articles {
		if told[article] {
			continue
		}
		told[article] = true
		if err := t.Changed(ctx, article, 0); err != nil {
			return 0, err
		}
	}
	return len(articles), nil
}

// AddClaim notes a member's claim of an imported person. One that waits already
// stays as it is; added is false then.
func (t *Tx) AddClaim(ctx context.Context, member, imported forum.PersonID, note string) (added bool, err error) {
	defer wrap(&err, "add a claim of %d", imported)
	tag, err := t.Exec(ctx, `insert into claim (member_id, imported_id, note) values ($1, $2, $3) on conflict do nothing`, member, imported, note)
	return tag.RowsAffected() == 1, translate(err)
}

// LockClaim reads a claim that is about to be decided. NotFound where there is none.
func (t *Tx) LockClaim(ctx context.Context, id ClaimID) (c Claim, err error) {
	defer wrap(&err, "lock claim %d", id)
	err = t.QueryRow(ctx, `select id, state, member_id, imported_id, decided_at,
			state = 'approved' and decided_at > now() - make_interval(days => $2) from claim where id = $1 for update`, id, ClaimUndoDays).
		Scan(&c.ID, &c.State, &c.Member, &c.Imported, &c.DecidedAt, &c.Undoable)
	return c, notFound(err, noClaim)
}

// Decision is what an admin, or a link, made of a claim.
type Decision struct {
	State    ClaimState
	Reason   string
	Audit    int64 // entry of the decision
	Comments int   // that moved
}

// DecideClaim notes a decision.
func (t *Tx) DecideClaim(ctx context.Context, id ClaimID, d Decision) error {
	_, err := t.Exec(ctx, `update claim set state = $2, reason = $3, decision = $4, comments = $5, decided_at = now() where id = $1`,
		id, d.State, d.Reason, d.Audit, d.Comments)
	return translate(err)
}

// AddDecidedClaim notes a claim that was decided at once.
func (t *Tx) AddDecidedClaim(ctx context.Context, member, imported forum.PersonID, d Decision) error {
	_, err := t.Exec(ctx, `insert into claim (member_id, imported_id, state, reason, decision, comments, decided_at)
		values ($1, $2, $3, $4, $5, $6, now())`, member, imported, d.State, d.Reason, d.Audit, d.Comments)
	return translate(err)
}

// AddClaimLink keeps a link that gives an imported person's comments away. member
// is for whom it is, 0: whoever opens it first.
func (t *Tx) AddClaimLink(ctx context.Context, token string, imported, member forum.PersonID, lasts time.Duration) error {
	if _, err := t.Exec(ctx, `delete from claim_link where expires_at < now() - interval '90 days'`); err != nil {
		return translate(err)
	}
	_, err := t.Exec(ctx, `insert into claim_link (token_hash, imported_id, member_id, expires_at) values ($1, $2, $3, now() + $4::interval)`,
		hashToken(token), imported, orNull(member), lasts)
	return translate(err)
}

// UseClaimLink takes a link for a member and gives the imported person. Links that
// are unknown, used, for somebody else or run out are refused with a sentence.
func (t *Tx) UseClaimLink(ctx context.Context, v forum.Viewer, token string) (c Claimable, err error) {
	defer wrap(&err, "use claim link")
	var imported, member forum.PersonID
	var used, expired bool
	err = t.QueryRow(ctx, `select imported_id, coalesce(member_id, 0), used_at is not null, expires_at <= now() from claim_link
		where token_hash = $1 for update`, hashToken(token)).Scan(&imported, &member, &used, &expired)
	if err != nil {
		return c, notFound(err, noLink)
	}
	if c, err = t.LockImported(ctx, imported); err != nil {
		return c, err
	}
	if err := linkRefusal(v, member, used, expired, c.ClaimedBy != 0); err != nil {
		return c, err
	}
	_, err = t.Exec(ctx, `update claim_link set used_at = now() where token_hash = $1`, hashToken(token))
	return c, translate(err)
}
