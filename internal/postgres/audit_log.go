package postgres

import (
	"context"
	"slices"
	"strconv"
	"time"

	"hustings/internal/forum"

	"github.com/jackc/pgx/v5"
)

// What the public log shows on a page, and of one act that touched many comments
// while it is one among others.
const (
	MaxLog      = 50
	MaxLogItems = 50
)

// LogFilter narrows the public log. The zero LogFilter is all of it.
type LogFilter struct {
	Act     string // one of PublicActs
	Article string // slug
	Entry   int64  // this entry alone, with all its comments
}

// LogEntry is an act as everybody may see it: never a text, a note, or a name.
type LogEntry struct {
	Seq     int64
	At      time.Time
	Act     string
	System  bool // not by a person
	Reason  forum.Reason
	Slug    string // "": not about an article, or one that readers don't see
	Title   string
	Comment forum.CommentID // 0: none
	// Comments are those that came or went with a branch, at most MaxLogItems
	// unless the entry was asked for by itself; Count is the number of all.
	Comments []forum.CommentID
	Count    int
	Undoes   int64 // the entry that this one took back
	Undone   bool
	Below    forum.CommentID // of a move: what the comment answers since; 0: the article
}

// Log is a page of the public log, newest first.
type Log struct {
	Entries []LogEntry
	Next    string // cursor of the next page, "" at the end
	// HeadSeq and HeadHash are the newest entry of the whole audit: whoever notes
	// them can tell later whether anything before was altered.
	HeadSeq  int64
	HeadHash []byte
}

// Log reads a page of the public log. Acts in articles that the viewer may not
// know of are left out.
func (db *DB) Log(ctx context.Context, v forum.Viewer, after string, f LogFilter) (log Log, err error) {
	defer wrap(&err, "read the moderation log")
	before, err := parseCursor(after)
	if err != nil {
		return log, forum.NewError(forum.Malformed, "This address does not name a page of the log. Please start at its beginning.")
	}
	acts := PublicActs
	if f.Act != "" {
		if !slices.Contains(PublicActs, f.Act) {
			return log, forum.NewError(forum.Malformed, "There is no such kind of act in the log.")
		}
		acts = []string{f.Act}
	}
	items := MaxLogItems
	if f.Entry != 0 {
		items = 1 << 30
	}
	batch := &pgx.Batch{}
	batch.Queue(logPage, before, acts, v.Administers(), f.Article, f.Entry, MaxLog+1, items).Query(func(rows pgx.Rows) (err error) {
		log.Entries, err = pgx.CollectRows(rows, pgx.RowToStructByPos[LogEntry])
		return err
	})
	batch.Queue(`select seq, hash from audit_head`).QueryRow(func(row pgx.Row) error {
		return row.Scan(&log.HeadSeq, &log.HeadHash)
	})
	if err := db.pool.SendBatch(ctx, batch).Close(); err != nil {
		return log, translate(err)
	}
	if len(log.Entries) > MaxLog {
		log.Entries = log.Entries[:MaxLog]
		log.Next = strconv.FormatInt(log.Entries[MaxLog-1].Seq, 36)
	}
	return log, nil
}

// logPage takes every column by hand: what is not named here cannot be shown. A
// branch of which nobody saw anything may have null for its list of comments.
const logPage = `
select a.seq, a.at, a.action, a.actor_kind = 'system', coalesce(a.reason, ''), coalesce(r.slug, ''), coalesce(r.title, ''),
	case when a.subject_kind = 'comment' then coalesce(a.subject_id, 0) else 0 end,
	case when a.action in ('remove_branch', 'restore_branch') then
		array(select i::bigint from jsonb_array_elements_text(coalesce(nullif(a.detail -> 'comments', 'null'), '[]')) with ordinality as e(i, n) where n <= $7 order by n)
		else '{}' end,
	case when a.action in ('remove_branch', 'restore_branch') then jsonb_array_length(coalesce(nullif(a.detail -> 'comments', 'null'), '[]')) else 0 end,
	coalesce(a.undoes, 0),
	exists (select from audit u where u.subject_kind = a.subject_kind and u.subject_id = a.subject_id and u.undoes = a.seq),
	case when a.action = 'move' then coalesce((a.detail ->> 'to')::bigint, 0) else 0 end
from audit a
left join article r on r.id = a.article_id
where a.action = any ($2)
	and ($1::bigint = 0 or a.seq < $1)
	and (a.article_id is null or r.state = 'published' or $3)
	and ($4::text = '' or a.article_id = (select id from article where slug = $4))
	and ($5::bigint = 0 or a.seq = $5)
order by a.seq desc limit $6`
