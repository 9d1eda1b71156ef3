package postgres

import (
	"context"
	"strconv"
	"time"

	"hustings/internal/forum"

	"github.com/jackc/pgx/v5"
)

// Lane is one list of the queue.
type Lane string

// The lanes: comments with open reports, and comments that wait.
const (
	LaneReported Lane = "reported"
	LaneHeld     Lane = "held"
)

// ParseLane reads a lane; "" is LaneReported.
func ParseLane(s string) (Lane, error) {
	switch l := Lane(s); l {
	case "":
		return LaneReported, nil
	case LaneReported, LaneHeld:
		return l, nil
	}
	return "", forum.NewError(forum.Malformed, "There is no such lane in the queue. The lanes are reported and held.")
}

// MaxQueue bounds a page of the queue, maxLaneCounted the number said for a lane:
// beyond it nobody counts any more.
const (
	MaxQueue       = 100
	maxLaneCounted = 1000
)

// QueueItem is one case in a list of the queue.
type QueueItem struct {
	Comment    forum.CommentID
	Article    forum.ArticleID
	Slug       string
	Title      string
	State      forum.CommentState
	AuthorName string // "": unknown
	Own        bool   // the viewer wrote it
	Text       string // its beginning, plain
	Since      *time.Time
	Reports    int
	Reasons    []forum.Reason // of the open reports, each once
	key        int64
}

// Queue is a lane of the moderators' queue, oldest first.
type Queue struct {
	Lane     Lane
	Items    []QueueItem
	Next     string     // cursor of the next page, "" at the end
	Reported int        // open cases in each lane, at most 1,000
	Held     int        //
	Oldest   *time.Time // when the first of this lane came in
}

// Queue reads a page of a lane. Only moderators may.
func (db *DB) Queue(ctx context.Context, v forum.Viewer, lane Lane, after string) (q Queue, err error) {
	defer wrap(&err, "read the queue")
	if err := forum.CanModerate(v); err != nil {
		return q, err
	}
	key, err := parseCursor(after)
	if err != nil {
		return q, forum.NewError(forum.Malformed, "This address does not name a page of the queue. Please start at its beginning.")
	}
	q.Lane = lane
	query := queueReported
	if lane == LaneHeld {
		query = queueHeld
	}
	batch := &pgx.Batch{}
	batch.Queue(query, key, v.Administers(), MaxQueue+1, v.ID).Query(func(rows pgx.Rows) (err error) {
		q.Items, err = pgx.CollectRows(rows, scanQueueItem)
		return err
	})
	batch.Queue(queueCounts, v.Administers(), maxLaneCounted, lane).QueryRow(func(row pgx.Row) error {
		return row.Scan(&q.Reported, &q.Held, &q.Oldest)
	})
	if err := db.pool.SendBatch(ctx, batch).Close(); err != nil {
		return q, translate(err)
	}
	if len(q.Items) > MaxQueue {
		q.Items = q.Items[:MaxQueue]
		q.Next = strconv.FormatInt(q.Items[MaxQueue-1].key, 36)
	}
	return q, nil
}

// queueItem is what both lanes show of a comment. The text is cut in the
// database: a page of a hundred cases needs none of them whole.
const queueItem = `c.id, c.article_id, a.slug, a.title, c.state, coalesce(p.name, ''), coalesce(c.author_id = $4, false),
	coalesce((select left(r.body_text, 200) from comment_revision r where r.comment_id = c.id and r.revision = c.revision), '')`

const queueReported = `
select q.first, ` + queueItem + `, q.since, q.n::int, q.reasons
from (
	select comment_id, min(id) as first, min(created_at) as since, count(*) as n, array_agg(distinct reason) as reasons
	from report where closed_at is null group by comment_id having min(id) > $1
) q
join comment c on c.id = q.comment_id
join article a on a.id = c.article_id and (a.state = 'published' or $2)
left join person p on p.id = c.author_id
order by q.first limit $3`

const queueHeld = `
select c.id, ` + queueItem + `, coalesce(c.edited_at, c.created_at), 0, '{}'::text[]
from comment c
join article a on a.id = c.article_id and (a.state = 'published' or $2)
left join person p on p.id = c.author_id
where c.state in ('held', 'quarantined') and c.id > $1
order by c.id limit $3`

const queueCounts = `
select
	(select count(*)::int from (select from report r join article a on a.id = r.article_id and (a.state = 'published' or $1)
		where r.closed_at is null group by r.comment_id limit $2) reported),
	(select count(*)::int from (select from comment c join article a on a.id = c.article_id and (a.state = 'published' or $1)
		where c.state in ('held', 'quarantined') limit $2) held),
	case $3::text
		when 'held' then (select c.created_at from comment c join article a on a.id = c.article_id and (a.state = 'published' or $1)
			where c.state in ('held', 'quarantined') order by c.id limit 1)
		else (select min(r.created_at) from report r join article a on a.id = r.article_id and (a.state = 'published' or $1)
			where r.closed_at is null)
	end`

func scanQueueItem(row pgx.CollectableRow) (i QueueItem, err error) {
	err = row.Scan(&i.key, &i.Comment, &i.Article, &i.Slug, &i.Title, &i.State, &i.AuthorName, &i.Own, &i.Text,
		&i.Since, &i.Reports, &i.Reasons)
	return i, err
}

// Waiting is the number of open cases in all lanes, for the navigation: comments
// of published articles, each lane counted up to 1,000.
func (db *DB) Waiting(ctx context.Context) (n int, err error) {
	var reported, held int
	var oldest *time.Time
	err = db.pool.QueryRow(ctx, queueCounts, false, maxLaneCounted, LaneReported).Scan(&reported, &held, &oldest)
	return reported + held, translate(err)
}
