package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"hustings/internal/forum"

	"github.com/jackc/pgx/v5"
)

// What this file holds serves measurements only (cmd/dev load and benchmarks):
// large threads made at the speed of COPY, and what the store's statements cost.

// Shape says who answers whom in a thread that is made up: Shape[i] is the place
// of the comment that comment i answers, smaller than i; -1 answers the article.
type Shape []int

// Comments makes the comments of a thread of this shape, written by people in
// turn a minute apart, the last one at the time given. ids rise.
func (s Shape) Comments(article forum.ArticleID, ids []forum.CommentID, people []forum.PersonID, last time.Time, body func(i int) string) []BulkComment {
	list := make([]BulkComment, len(s))
	for i, parent := range s {
		at := last.Add(time.Duration(i-len(s)) * time.Minute)
		text := body(i)
		c := &list[i]
		*c = BulkComment{ID: ids[i], Root: ids[i], Article: article, Author: people[i%len(people)], Kind: forum.KindComment, State: forum.Published,
			CreatedAt: &at, PortableID: fmt.Sprintf("made-up-%d", ids[i]), Revisions: []BulkRevision{{At: &at, Source: text, HTML: "<p>" + text + "</p>", Text: text, Policy: 1}}}
		if parent >= 0 {
			c.Parent, c.Root, c.Depth = list[parent].ID, list[parent].Root, list[parent].Depth+1
		}
	}
	return list
}

// Cost is what a statement took.
type Cost struct {
	Rows    int
	Buffers int // pages of 8 kB that were looked at
	Time    time.Duration
}

// Probe is a statement whose cost is measured.
type Probe string

// The store's own statements, and the other ways that data-and-speed.md compares
// them with.
var (
	// ProbePage is the first page of a thread. Argument: the article.
	ProbePage = Probe(strings.NewReplacer("$2", "0", "$3", fmt.Sprint(forum.MaxTreeComments+1), "$4", fmt.Sprint(pageRowsMost),
		"$5", fmt.Sprint(forum.MaxPageTrees+1)).Replace(fmt.Sprintf(pageRows, topOldest)))
	// ProbeByID reads comments by their numbers. Argument: the numbers.
	ProbeByID = Probe(`select ` + commentColumns + ` from comment c where c.id = any ($1)`)
	// ProbeFlat reads a whole thread, to be linked in Go. Argument: the article.
	ProbeFlat = Probe(`select ` + commentColumns + ` from comment c where c.article_id = $1`)
	// ProbeSorted reads a whole thread in display order. Argument: the article.
	ProbeSorted = Probe(`with recursive t as (
			select c.*, array[c.id] as place from comment c where c.article_id = $1 and c.parent_id is null
			union all select c.*, t.place || c.id from t join comment c on c.parent_id = t.id)
		select ` + strings.ReplaceAll(commentColumns, "c.", "t.") + ` from t order by place`)
	// ProbePermalink finds what a permalink shows below a comment. Argument: the comment.
	ProbePermalink = Probe(`select depth, descendant from comment_path where ancestor = $1 order by depth, descendant limit 201`)
	// ProbeCount counts a branch by the closure table, at any depth. Argument: the comment.
	ProbeCount = Probe(`with recursive hop(id) as (select $1::bigint union all select p.descendant from hop join comment_path p on p.ancestor = hop.id and p.depth = 64)
		select count(*) from hop join comment_path p on p.ancestor = hop.id and p.depth < 64`)
	// ProbeWalk counts a branch by walking from parent to reply. Argument: the comment.
	ProbeWalk = Probe(`with recursive t as (select id from comment where id = $1 union all select c.id from t join comment c on c.parent_id = t.id) select count(*) from t`)
)

// Cost runs a statement under EXPLAIN and tells what it took.
func (db *DB) Cost(ctx context.Context, p Probe, args ...any) (c Cost, err error) {
	defer wrap(&err, "cost of %.40s", string(p))
	var plan []byte
	if err := db.pool.QueryRow(ctx, `explain (analyze, buffers, timing off, format json) `+string(p), args...).Scan(&plan); err != nil {
		return c, err
	}
	var out []struct {
		Plan struct {
			Rows float64 `json:"Actual Rows"`
			Hit  int     `json:"Shared Hit Blocks"`
			Read int     `json:"Shared Read Blocks"`
		}
		Time float64 `json:"Execution Time"` // milliseconds
	}
	if err := json.Unmarshal(plan, &out); err != nil {
		return c, err
	}
	return Cost{int(out[0].Plan.Rows), out[0].Plan.Hit + out[0].Plan.Read, time.Duration(out[0].Time * float64(time.Millisecond))}, nil
}

// uncounted is the reply's statement without the row that keeps the count.
var uncounted = func() string {
	before, rest, _ := strings.Cut(addReply, "), delta as (")
	_, after, _ := strings.Cut(rest, "), path as (")
	return before + "), path as (" + after
}()

// ProbeReply stores a reply as AddReply does, or without keeping the count, which
// leaves the article's number wrong.
func (t *Tx) ProbeReply(ctx context.Context, r NewReply, counted bool) (id forum.CommentID, err error) {
	if counted {
		id, _, err = t.AddReply(ctx, r)
		return id, err
	}
	var parent *forum.CommentID
	if r.Parent != 0 {
		parent = &r.Parent
	}
	err = t.QueryRow(ctx, uncounted, r.Article, parent, r.Author, r.FormKey, r.PortableID, r.State, r.Source, r.HTML, r.Text, r.Policy).Scan(&id)
	return id, translate(err)
}

// CommentsWritten is how many rows of comment this session has changed that the
// server has not added to its statistics yet, this transaction's among them: the
// difference of two calls is what was written between them.
func (t *Tx) CommentsWritten(ctx context.Context) (n int64, err error) {
	err = t.QueryRow(ctx, `select n_tup_ins + n_tup_upd + n_tup_del from pg_stat_xact_user_tables where relname = 'comment'`).Scan(&n)
	return n, err
}

// WAL is how many bytes the server has written to its log since it was made.
func (db *DB) WAL(ctx context.Context) (n int64, err error) {
	err = db.pool.QueryRow(ctx, `select (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint`).Scan(&n)
	return n, err
}

// Deadlocks is how many there have been in this database.
func (db *DB) Deadlocks(ctx context.Context) (n int64, err error) {
	err = db.pool.QueryRow(ctx, `select deadlocks from pg_stat_database where datname = current_database()`).Scan(&n)
	return n, err
}

// PathRows counts the rows of the closure table and of comment.
func (db *DB) PathRows(ctx context.Context) (paths, comments int64, err error) {
	err = db.pool.QueryRow(ctx, `select (select count(*) from comment_path), (select count(*) from comment)`).Scan(&paths, &comments)
	return paths, comments, err
}

// ArticleBySlug gives the number of an article; NotFound where there is none.
func (db *DB) ArticleBySlug(ctx context.Context, slug string) (id forum.ArticleID, err error) {
	err = db.pool.QueryRow(ctx, `select id from article where slug = $1`, slug).Scan(&id)
	return id, notFound(err, noSuchArticle)
}

// AtDepth finds some comments of an article at a depth (the top level is 0).
func (db *DB) AtDepth(ctx context.Context, article forum.ArticleID, depth, limit int) ([]forum.CommentID, error) {
	rows, err := db.pool.Query(ctx, `select id from comment where article_id = $1 and depth = $2 order by id limit $3`, article, depth, limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[forum.CommentID])
}

// Settle vacuums and analyses a database as autovacuum would in time. url is the
// owner's.
func Settle(ctx context.Context, url string) error { return asOwner(ctx, url, `vacuum (analyze)`) }

// SlowFlush makes each commit wait a millisecond, as on a disk that takes so long
// to flush, or (on false) not. url is that of a superuser.
func SlowFlush(ctx context.Context, url string, on bool) error {
	delay, siblings := 0, 5
	if on {
		delay, siblings = 1000, 0 // microseconds
	}
	return asOwner(ctx, url, fmt.Sprintf(`alter system set commit_delay = %d`, delay),
		fmt.Sprintf(`alter system set commit_siblings = %d`, siblings), `select pg_reload_conf()`)
}

func asOwner(ctx context.Context, url string, statements ...string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return unavailable(err)
	}
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // everything is done
	for _, s := range statements {
		if _, err := conn.Exec(ctx, s); err != nil {
			return err
		}
	}
	return nil
}
