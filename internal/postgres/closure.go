package postgres

import (
	"context"

	"hustings/internal/forum"

	"github.com/jackc/pgx/v5"
)

// Window is how many ancestors of a comment the closure table keeps. Nesting
// has no limit: what is further away is reached by hopping Window levels at a
// time, so that a reply costs the same at any depth.
const Window = 64

// Leaf is a comment and the one above it, as bulk inserts give them.
type Leaf struct {
	ID     forum.CommentID
	Parent forum.CommentID // 0: answers the article
}

// PathRows gives the rows of comment_path for new comments of one article: each
// with its nearest Window ancestors, depth 0 being itself. parentOf gives the
// parent of any comment above them, 0 at the top.
func PathRows(article forum.ArticleID, leaves []Leaf, parentOf func(forum.CommentID) forum.CommentID) pgx.CopyFromSource {
	return &pathRows{article: int64(article), leaves: leaves, parentOf: parentOf, depth: -1}
}

// pathColumns are the columns of what PathRows gives.
var pathColumns = []string{"descendant", "depth", "ancestor", "article_id"}

type pathRows struct {
	article  int64
	leaves   []Leaf // the first is the one whose rows are being given
	parentOf func(forum.CommentID) forum.CommentID
	depth    int16
	ancestor forum.CommentID
	row      [4]any
}

func (p *pathRows) Next() bool {
	for len(p.leaves) > 0 {
		p.up()
		if p.ancestor != 0 && p.depth <= Window {
			return true
		}
		p.leaves = p.leaves[1:]
		p.depth = -1
	}
	return false
}

func (p *pathRows) up() {
	p.depth++
	switch p.depth {
	case 0:
		p.ancestor = p.leaves[0].ID
	case 1:
		p.ancestor = p.leaves[0].Parent
	default:
		p.ancestor = p.parentOf(p.ancestor)
	}
}

func (p *pathRows) Values() ([]any, error) {
	p.row = [4]any{int64(p.leaves[0].ID), p.depth, int64(p.ancestor), p.article}
	return p.row[:], nil
}

func (p *pathRows) Err() error { return nil }

// asker is what reads can run on: the pool, a session or a transaction.
type asker interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// Ancestors gives everything above a comment, nearest first, at any depth. It
// says nothing of who may see them.
func Ancestors(ctx context.Context, q asker, id forum.CommentID) (list []forum.CommentID, err error) {
	defer wrap(&err, "ancestors of comment %d", id)
	rows, err := q.Query(ctx, `
		with recursive hop(id, level) as (
			select $1::bigint, 0
			union all
			select p.ancestor, hop.level + 64 from hop join comment_path p on p.descendant = hop.id and p.depth = 64
		)
		select p.ancestor from hop join comment_path p on p.descendant = hop.id and p.depth between 1 and 64
		order by hop.level + p.depth`, id)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[forum.CommentID])
}

// Descendants gives everything below a comment, by id, at any depth. It says
// nothing of who may see them.
func Descendants(ctx context.Context, q asker, id forum.CommentID) (list []forum.CommentID, err error) {
	defer wrap(&err, "descendants of comment %d", id)
	rows, err := q.Query(ctx, `
		with recursive hop(id) as (
			select $1::bigint
			union all
			select p.descendant from hop join comment_path p on p.ancestor = hop.id and p.depth = 64
		)
		select p.descendant from hop join comment_path p on p.ancestor = hop.id and p.depth < 64
		where p.descendant <> $1 order by p.descendant`, id)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[forum.CommentID])
}
