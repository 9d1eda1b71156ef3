package postgres

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"hustings/internal/forum"

	"github.com/jackc/pgx/v5"
)

// What this file holds serves the measurement of imports only (cmd/dev
// bench-import).

// CopyLimit measures how long PostgreSQL takes for comments and their ancestors
// at its fastest: two COPYs into unlogged tables without any index or key, which
// are gone afterwards. No import can be faster. threads are the comments of one
// article each. url is the owner's.
func CopyLimit(ctx context.Context, url string, threads [][]BulkComment) (took time.Duration, paths int64, err error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return 0, 0, unavailable(err)
	}
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // everything is done
	const tables = `drop table if exists limit_comment, limit_path; create unlogged table limit_comment (like comment); create unlogged table limit_path (like comment_path)`
	if _, err := conn.Exec(ctx, tables); err != nil {
		return 0, 0, err
	}
	start := time.Now()
	if _, err := conn.CopyFrom(ctx, pgx.Identifier{"limit_comment"}, bulkColumns, &limitComments{threads: threads}); err != nil {
		return 0, 0, err
	}
	if paths, err = conn.CopyFrom(ctx, pgx.Identifier{"limit_path"}, pathColumns, &limitPaths{threads: threads}); err != nil {
		return 0, 0, err
	}
	took = time.Since(start)
	_, err = conn.Exec(ctx, `drop table limit_comment, limit_path`)
	return took, paths, err
}

// CopyWhole measures how long PostgreSQL takes for all rows that an import of comments
// writes (comments, revisions, ancestors, references) by plain COPY into the tables
// where they belong, with their indexes and all that they are asked for, in
// transactions of 5,000. Their articles and authors are there before. No import into
// these tables can be faster on one connection. url is the owner's, of an empty
// database.
func CopyWhole(ctx context.Context, url string, threads [][]BulkComment, people int) (took time.Duration, err error) {
	db, err := Open(ctx, url, Options{MaxConns: 2})
	if err != nil {
		return 0, err
	}
	defer db.Close()
	err = db.Do(ctx, func(ctx context.Context, tx *Tx) error {
		_, err := tx.Exec(ctx, `insert into person (kind, name, handle, source, author_key) select 'imported', 'P' || i, 'p-' || i, 'limit', 'name:' from generate_series(1, $1) i`, people)
		if err == nil {
			_, err = tx.Exec(ctx, `insert into article (portable_id, slug, title) select 'a' || i, 'a-' || i, 'A' from generate_series(1, $1) i`, len(threads))
		}
		if err == nil {
			_, err = tx.Exec(ctx, `insert into source (name) values ('limit')`)
		}
		return err
	})
	if err != nil {
		return 0, err
	}
	start := time.Now()
	for len(threads) > 0 {
		n, list := 0, []BulkComment(nil)
		for n < len(threads) && len(list) < wholeBatch {
			list = append(list, threads[n]...)
			n++
		}
		threads = threads[n:]
		err := db.Do(ctx, func(ctx context.Context, tx *Tx) error {
			if err := tx.AddBulkComments(ctx, list); err != nil {
				return err
			}
			digest := make([]byte, 33)
			return tx.copyRows(ctx, "external_ref", refColumns, len(list), func(i int, row []any) ([]any, error) {
				return append(row, int64(1), "comment", strconv.FormatInt(int64(list[i].ID), 10), int64(list[i].ID), digest, int32(1), "published/"), nil
			})
		})
		if err != nil {
			return 0, err
		}
	}
	return time.Since(start), nil
}

// wholeBatch is how many comments an import writes in a transaction.
const wholeBatch = 5000

// limitComments gives the comments of all threads.
type limitComments struct {
	threads [][]BulkComment // the first is the one being given
	i       int
	row     []any
}

func (l *limitComments) Next() bool {
	for len(l.threads) > 0 && l.i == len(l.threads[0]) {
		l.threads, l.i = l.threads[1:], 0
	}
	if len(l.threads) == 0 {
		return false
	}
	l.row = l.threads[0][l.i].row()
	l.i++
	return true
}

func (l *limitComments) Values() ([]any, error) { return l.row, nil }

func (l *limitComments) Err() error { return nil }

// limitPaths gives the rows of the closure table of all threads, whose comments
// have rising numbers without gaps.
type limitPaths struct {
	threads [][]BulkComment // those that have not begun
	now     pgx.CopyFromSource
}

func (l *limitPaths) Next() bool {
	for l.now == nil || !l.now.Next() {
		if len(l.threads) == 0 {
			return false
		}
		l.now, l.threads = limitThread(l.threads[0]), l.threads[1:]
	}
	return true
}

func limitThread(list []BulkComment) pgx.CopyFromSource {
	leaves := make([]Leaf, len(list))
	for i := range list {
		leaves[i] = Leaf{list[i].ID, list[i].Parent}
	}
	return PathRows(list[0].Article, leaves, func(id forum.CommentID) forum.CommentID { return list[id-list[0].ID].Parent })
}

func (l *limitPaths) Values() ([]any, error) { return l.now.Values() }

func (l *limitPaths) Err() error { return nil }

// NewDatabase makes an empty database on a server, throwing away one of that
// name. url is that of a superuser.
func NewDatabase(ctx context.Context, url, name string) error {
	quoted := pgx.Identifier{name}.Sanitize()
	return asOwner(ctx, url, fmt.Sprintf(`drop database if exists %s with (force)`, quoted), `create database `+quoted)
}
