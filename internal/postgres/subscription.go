package postgres

import (
	"context"
	"encoding/json"
	"time"

	"hustings/internal/forum"

	"github.com/jackc/pgx/v5"
)

// SubscriptionID is the number of a subscription.
type SubscriptionID int64

// SubscriptionState says whether a feed is looked at.
type SubscriptionState string

// The states of a subscription.
const (
	SubscriptionOn     SubscriptionState = "on"
	SubscriptionPaused SubscriptionState = "paused" // by a person
	SubscriptionGone   SubscriptionState = "gone"   // its server says that it is, for good
)

// Subscription is a feed that is looked at on schedule.
type Subscription struct {
	ID      SubscriptionID
	Owner   forum.PersonID // who subscribed; 0: an account that has gone
	Address string
	Title   string // its own, "" where it has none
	Source  string // the name of the origin; "": each article's own site
	Drafts  bool   // articles come in as drafts
	State   SubscriptionState
	NextAt  time.Time
	Every   time.Duration
	// LookedAt is when it was looked at last, nil: not yet.
	LookedAt *time.Time
	Failures int // in a row
	// Said is the sentence about the last look, in English, with what stands in it;
	// "": none.
	Said     string
	SaidArgs []any
	// ETag, LastModified and Digest are those of the feed as it was seen last.
	ETag, LastModified string
	Digest             []byte
	// API is the root of WordPress' REST interface, where that is used; Mark is what
	// its newest comment was.
	API, Mark string
	Job       JobID     // of the last import; 0: none yet
	TakenBack bool      // that was undone, or is about to be
	Articles  int       // seen in it so far
	Now       time.Time // of the database, when this was read
}

// SubscriptionItem is an article of a feed.
type SubscriptionItem struct {
	Key         string
	Post        int64
	CommentFeed string
	Comments    int // as the feed counts them; -1: it does not
	PublishedAt *time.Time
	// ETag, LastModified and Digest are those of its feed of comments as it was seen
	// last.
	ETag, LastModified string
	Digest             []byte
	FoundAt            time.Time // when it was first seen
}

const subscriptionColumns = `s.id, coalesce(s.owner_id, 0), s.address, s.title, s.source, s.drafts, s.state, s.next_at, s.every, s.looked_at, s.failures,
	s.said, s.said_args, s.etag, s.last_modified, s.digest, s.api, s.mark, coalesce(s.job_id, 0),
	exists (select from import_job j where j.id = s.job_id and j.wanted = 'undo'),
	(select count(*) from subscription_item i where i.subscription_id = s.id)::int, now()`

func scanSubscription(row pgx.CollectableRow) (s Subscription, err error) {
	var args []byte
	err = row.Scan(&s.ID, &s.Owner, &s.Address, &s.Title, &s.Source, &s.Drafts, &s.State, &s.NextAt, &s.Every, &s.LookedAt, &s.Failures,
		&s.Said, &args, &s.ETag, &s.LastModified, &s.Digest, &s.API, &s.Mark, &s.Job, &s.TakenBack, &s.Articles, &s.Now)
	if err == nil {
		err = json.Unmarshal(args, &s.SaidArgs)
	}
	for i, arg := range s.SaidArgs { // JSON knows no whole numbers
		if n, ok := arg.(float64); ok {
			s.SaidArgs[i] = int(n)
		}
	}
	return s, err
}

// Subscriptions lists all feeds that are followed, by title; none for all but
// admins.
func (db *DB) Subscriptions(ctx context.Context, v forum.Viewer) (_ []Subscription, err error) {
	defer wrap(&err, "subscriptions")
	if !v.Administers() {
		return nil, nil
	}
	rows, err := db.pool.Query(ctx, `select `+subscriptionColumns+` from subscription s order by lower(coalesce(nullif(s.title, ''), s.address)), s.id`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanSubscription)
}

const noSubscription = "This feed is not followed any more."

// HoldSubscription reads a subscription and keeps others from changing it.
func (t *Tx) HoldSubscription(ctx context.Context, id SubscriptionID) (s Subscription, err error) {
	defer wrap(&err, "hold subscription %d", id)
	rows, err := t.Query(ctx, `select `+subscriptionColumns+` from subscription s where s.id = $1 for update`, id)
	if err != nil {
		return s, err
	}
	s, err = pgx.CollectExactlyOneRow(rows, scanSubscription)
	return s, notFound(err, noSubscription)
}

// AddSubscription adds a feed, which is due at once. Conflict where it is followed
// already.
func (t *Tx) AddSubscription(ctx context.Context, s Subscription) (id SubscriptionID, err error) {
	defer wrap(&err, "subscribe to %s", s.Address)
	err = t.QueryRow(ctx, `insert into subscription (owner_id, address, title, source, drafts) values ($1, $2, $3, $4, $5) returning id`,
		orNull(s.Owner), s.Address, s.Title, s.Source, s.Drafts).Scan(&id)
	return id, err
}

// SetSubscription changes the state of a subscription. One that is on is due at once,
// whatever became of its last import.
func (t *Tx) SetSubscription(ctx context.Context, id SubscriptionID, state SubscriptionState) (err error) {
	defer wrap(&err, "set subscription %d", id)
	_, err = t.Exec(ctx, `update subscription set state = $2, next_at = now(),
			failures = case when $2 = 'on' then 0 else failures end, job_id = case when $2 = 'on' then null else job_id end
		where id = $1`, id, state)
	return err
}

// DropSubscription forgets a feed. The articles that it brought stay.
func (t *Tx) DropSubscription(ctx context.Context, id SubscriptionID) (err error) {
	defer wrap(&err, "drop subscription %d", id)
	_, err = t.Exec(ctx, `delete from subscription where id = $1`, id)
	return err
}

// ClaimSubscription takes the next feed that is due, for a while: whoever was
// stopped leaves it to others after that. It is NotFound where none is due.
func (t *Tx) ClaimSubscription(ctx context.Context, lease time.Duration) (s Subscription, err error) {
	defer wrap(&err, "claim subscription")
	rows, err := t.Query(ctx, `update subscription s set next_at = now() + $1::interval
		where s.id = (select id from subscription where state = 'on' and next_at <= now() order by next_at limit 1 for update skip locked)
		returning `+subscriptionColumns, lease)
	if err != nil {
		return s, err
	}
	s, err = pgx.CollectExactlyOneRow(rows, scanSubscription)
	return s, notFound(err, "No feed is due.")
}

// ReleaseSubscription makes a feed due again whose look was broken off.
func (t *Tx) ReleaseSubscription(ctx context.Context, id SubscriptionID) (err error) {
	defer wrap(&err, "release subscription %d", id)
	_, err = t.Exec(ctx, `update subscription set next_at = now() where id = $1`, id)
	return err
}

// SubscriptionItems lists the articles of a feed, those seen last first.
func (db *DB) SubscriptionItems(ctx context.Context, id SubscriptionID) (_ []SubscriptionItem, err error) {
	defer wrap(&err, "items of subscription %d", id)
	rows, err := db.pool.Query(ctx, `select key, post, comment_feed, comments, published_at, etag, last_modified, digest, found_at
		from subscription_item where subscription_id = $1 order by seen_at desc, coalesce(published_at, found_at) desc, key`, id)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[SubscriptionItem])
}

// LookedAt notes what a look at a feed found, and when the next one is due: after
// wait, give or take a tenth of it, so that not all feeds are looked at together.
// One that was dropped meanwhile stays so, and one that was paused stays paused.
func (t *Tx) LookedAt(ctx context.Context, s Subscription, wait time.Duration) (err error) {
	defer wrap(&err, "looked at subscription %d", s.ID)
	if s.SaidArgs == nil {
		s.SaidArgs = []any{}
	}
	args, err := json.Marshal(s.SaidArgs)
	if err != nil {
		return err
	}
	_, err = t.Exec(ctx, `update subscription set title = $2, address = case when exists (select from subscription o where o.address = $3) then address else $3 end,
			state = case when $4 in ('gone', 'paused') then $4 else state end, next_at = now() + $5::interval * (0.95 + 0.1 * random()), every = $6,
			looked_at = now(), failures = $7, said = $8, said_args = $9, etag = $10, last_modified = $11, digest = $12, api = $13, mark = $14, job_id = $15
		where id = $1`,
		s.ID, s.Title, s.Address, s.State, wait, s.Every, s.Failures, s.Said, args, s.ETag, s.LastModified, s.Digest, s.API, s.Mark, orNull(s.Job))
	return err
}

// keptItems is how many articles of one feed are remembered.
const keptItems = 500

// KeepSubscriptionItems notes the articles that a feed has now, and forgets the oldest.
func (t *Tx) KeepSubscriptionItems(ctx context.Context, id SubscriptionID, items []SubscriptionItem) (err error) {
	defer wrap(&err, "keep %d items of subscription %d", len(items), id)
	for _, i := range items {
		_, err = t.Exec(ctx, `insert into subscription_item (subscription_id, key, post, comment_feed, comments, published_at, etag, last_modified, digest)
			select $1, $2, $3, $4, $5, $6, $7, $8, $9 where exists (select from subscription where id = $1)
			on conflict (subscription_id, key) do update set post = excluded.post, comment_feed = excluded.comment_feed, comments = excluded.comments,
				published_at = excluded.published_at, etag = excluded.etag, last_modified = excluded.last_modified, digest = excluded.digest, seen_at = now()`,
			id, i.Key, i.Post, i.CommentFeed, i.Comments, i.PublishedAt, i.ETag, i.LastModified, i.Digest)
		if err != nil {
			return err
		}
	}
	_, err = t.Exec(ctx, `delete from subscription_item where subscription_id = $1 and key in
		(select key from subscription_item where subscription_id = $1 order by seen_at desc, found_at desc offset $2)`, id, keptItems)
	return err
}

// ArticleDraft is an article that nobody but admins can read yet.
type ArticleDraft struct {
	ID          forum.ArticleID
	Slug, Title string
	Author      *string
	PublishedAt *time.Time
	Comments    int
	SourceURL   *string
}

// draftsShown is how many drafts a page lists.
const draftsShown = 100

// ArticleDrafts lists the newest drafts, and says how many there are in all; none for all
// but admins.
func (db *DB) ArticleDrafts(ctx context.Context, v forum.Viewer) (list []ArticleDraft, all int, err error) {
	defer wrap(&err, "drafts")
	if !v.Administers() {
		return nil, 0, nil
	}
	if err = db.pool.QueryRow(ctx, `select count(*) from article where state = 'draft'`).Scan(&all); err != nil || all == 0 {
		return nil, all, err
	}
	rows, err := db.pool.Query(ctx, `select a.id, a.slug, a.title, a.author, a.published_at, a.comments + coalesce(d.n, 0), a.source_url from article a `+unfolded+`
		where a.state = 'draft' order by coalesce(a.published_at, a.created_at) desc, a.id desc limit $1`, draftsShown)
	if err != nil {
		return nil, 0, err
	}
	list, err = pgx.CollectRows(rows, pgx.RowToStructByPos[ArticleDraft])
	return list, all, err
}

// PublishDraft makes a draft public.
func (t *Tx) PublishDraft(ctx context.Context, article forum.ArticleID) (err error) {
	defer wrap(&err, "publish article %d", article)
	if _, err = t.Exec(ctx, `update article set state = 'published' where id = $1 and state = 'draft'`, article); err != nil {
		return err
	}
	return t.Changed(ctx, article, 0)
}
