package postgres

import (
	"context"
	"fmt"
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
