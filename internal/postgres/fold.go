package postgres

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"hustings/internal/forum"
)

// foldEvery is how often the rows other instances left are folded; rows of this
// instance are folded at once.
const foldEvery = 5 * time.Second

// peopleWindow is the span in which different people make an article "top".
const peopleWindow = "30 days"

// peopleNow counts the different people of an article a within a span, which is
// the parameter of that number: whoever wrote a comment that can be read. Removed
// branches are looked for only where there are any.
const peopleNow = `(
	select count(distinct c.author_id) from comment c
	where c.article_id = a.id and c.state = 'published' and c.kind = 'comment' and c.created_at > now() - $%d::interval
		and (not exists (select from comment m where m.article_id = a.id and m.branch_removed) or not (branch_marks(a.id, c.id)).removed))`

// folder adds the delta rows of article_comment_delta to their articles, away
// from the transactions that write them, and tells listeners what changed.
type folder struct {
	db      *DB
	wake    chan struct{}
	stop    context.CancelFunc
	done    chan struct{}
	once    sync.Once
	mu      sync.RWMutex
	hearing []func(forum.ArticleID)
}

func newFolder(db *DB) *folder {
	return &folder{db: db, wake: make(chan struct{}, 1), done: make(chan struct{})}
}

// StartFolding runs the folding job until Close. Every instance may run it: rows
// that another one is folding are skipped.
func (db *DB) StartFolding(log *slog.Logger) {
	db.folder.once.Do(func() {
		ctx, stop := context.WithCancel(context.Background())
		db.folder.stop = stop
		go db.folder.run(ctx, log)
	})
}

func (f *folder) run(ctx context.Context, log *slog.Logger) {
	defer close(f.done)
	tick := time.NewTicker(foldEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-f.wake:
		case <-tick.C:
		}
		if err := f.db.Fold(ctx); err != nil && ctx.Err() == nil {
			log.Warn("folding counters failed; the next round tries again", "err", err)
		}
	}
}

func (f *folder) close() {
	f.once.Do(func() { close(f.done) })
	if f.stop != nil {
		f.stop()
	}
	<-f.done
}

func (f *folder) listen(hear func(forum.ArticleID)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.hearing = append(f.hearing, hear)
}

func (f *folder) touch(id forum.ArticleID) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	for _, hear := range f.hearing {
		hear(id)
	}
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// Fold adds all delta rows that nobody else is folding to their articles, and
// counts again the people of articles whose 30 days have moved on.
func (db *DB) Fold(ctx context.Context) error {
	_, err := db.pool.Exec(ctx, `
		with taken as (
			delete from article_comment_delta where ctid = any (array(
				select ctid from article_comment_delta for update skip locked limit 10000))
			returning article_id, n, revision, at
		), sums as (
			select article_id, sum(n)::int as n, sum(revision)::bigint as revision, max(at) filter (where n > 0) as at
			from taken group by article_id
		)
		update article a set comments = a.comments + s.n, revision = a.revision + s.revision,
			active_at = greatest(a.active_at, s.at), people_at = now(),
			people = case when greatest(a.active_at, s.at) > now() - $1::interval then `+fmt.Sprintf(peopleNow, 1)+` else 0 end
		from sums s where a.id = s.article_id`, peopleWindow)
	if err != nil {
		return err
	}
	_, err = db.pool.Exec(ctx, `
		update article a set people_at = now(), people = `+fmt.Sprintf(peopleNow, 1)+`
		where id = any (array(select id from article where people > 0 and people_at < now() - interval '1 hour' limit 50 for update skip locked))`,
		peopleWindow)
	return err
}

// Changed appends the delta row of a change that readers can see; n is the
// change of the number of comments, 0 for anything else.
func (t *Tx) Changed(ctx context.Context, article forum.ArticleID, n int) error {
	t.changed[article] = true
	_, err := t.Exec(ctx, `insert into article_comment_delta (article_id, n) values ($1, $2)`, article, n)
	return err
}
