package postgres

import (
	"context"

	"hustings/internal/forum"

	"github.com/jackc/pgx/v5"
)

// movingTime is how long moving a branch may take. While it lasts nobody can
// write in the article; 50,000 comments take a few seconds.
const movingTime = "110s"

// MovePlace is where a comment is to stand: below another one of the same
// article, or at the top level (the zero MovePlace).
type MovePlace struct {
	Parent forum.CommentID // 0: it answers the article
	Root   forum.CommentID // 0: the comment itself
	Depth  int             // of the comment there, from 0
	Kind   forum.CommentKind
	// Inside tells that the place is in the branch that would move; Hidden, that
	// a branch around the place is removed.
	Inside, Hidden bool
}

// PlaceBelow reads the place below a comment, for one that LockBranch has locked.
// parent 0 is the top level. NotFound where the article has no such comment.
func (t *Tx) PlaceBelow(ctx context.Context, c LockedComment, parent forum.CommentID) (p MovePlace, err error) {
	defer wrap(&err, "find the place below comment %d", parent)
	if parent == 0 {
		return MovePlace{}, nil
	}
	p.Parent = parent
	err = t.QueryRow(ctx, `select c.root_id, c.depth + 1, c.kind, m.removed from comment c, branch_marks(c.article_id, c.id) m
		where c.id = $1 and c.article_id = $2`, parent, c.Article).Scan(&p.Root, &p.Depth, &p.Kind, &p.Hidden)
	if err != nil {
		return p, notFound(err, "There is no such comment in this discussion.")
	}
	p.Inside = parent == c.ID
	if parent > c.ID { // nothing below a comment is older than it
		above, err := Ancestors(ctx, t, parent)
		if err != nil {
			return p, err
		}
		for _, id := range above {
			p.Inside = p.Inside || id == c.ID
		}
	}
	return p, nil
}

// Moved is what moving a branch changed.
type Moved struct {
	Comments int // that moved: the comment and everything below it, whatever its state
	Counted  int // change of the article's number of comments
}

// MoveBranch puts a comment that LockBranch has locked, with everything below it,
// to a place that PlaceBelow has given. The first move notes where the comment
// stood: imports go on looking for it there. Callers do not call Changed for it.
func (t *Tx) MoveBranch(ctx context.Context, c LockedComment, to MovePlace) (m Moved, err error) {
	defer wrap(&err, "move comment %d below %d", c.ID, to.Parent)
	if _, err := t.Exec(ctx, `set local statement_timeout = '`+movingTime+`'`); err != nil {
		return m, err
	}
	if m.Counted, err = t.comeOrGo(ctx, c, to); err != nil {
		return m, err
	}
	branch, err := t.levelsBelow(ctx, c.ID)
	if err != nil {
		return m, err
	}
	m.Comments = len(branch.ids)
	if to.Root == 0 {
		to.Root = c.ID
	}
	if to.Depth != c.Depth || to.Root != c.Root {
		_, err = t.Exec(ctx, `update comment set depth = depth + $2, root_id = $3 where id = any ($1) and id <> $4`,
			branch.ids, to.Depth-c.Depth, to.Root, c.ID)
		if err != nil {
			return m, err
		}
	}
	_, err = t.Exec(ctx, `update comment set parent_id = $2::bigint, root_id = $3, depth = $4,
			source_parent_id = nullif(coalesce(source_parent_id, parent_id, 0), coalesce($2::bigint, 0)) where id = $1`,
		c.ID, orNull(to.Parent), to.Root, to.Depth)
	if err != nil {
		return m, err
	}
	if err := t.movePaths(ctx, c, to, branch); err != nil {
		return m, err
	}
	return m, t.Changed(ctx, c.Article, m.Counted)
}

// comeOrGo is how many comments that count come into sight or go out of it,
// because the one place is in a removed branch and the other is not.
func (t *Tx) comeOrGo(ctx context.Context, c LockedComment, to MovePlace) (int, error) {
	hidden := false
	if c.Parent != 0 {
		if err := t.QueryRow(ctx, `select removed from branch_marks($1, $2)`, c.Article, c.Parent).Scan(&hidden); err != nil {
			return 0, err
		}
	}
	if hidden == to.Hidden || c.BranchRemoved {
		return 0, nil
	}
	branch, err := t.WalkBranch(ctx, c.ID)
	if to.Hidden {
		return -branch.Counted, err
	}
	return branch.Counted, err
}

// levels are the comments of a branch, the first its root, with their levels
// below it.
type levels struct {
	ids    []int64
	levels []int32
}

// levelsBelow walks down from a comment. The planner takes each level for a large
// one; offset 0 keeps it from reading the whole table for each.
func (t *Tx) levelsBelow(ctx context.Context, root forum.CommentID) (l levels, err error) {
	rows, err := t.Query(ctx, `
		with recursive branch as (
			select $1::bigint as id, 0 as level
			union all
			select c.id, b.level + 1 from branch b cross join lateral (select id from comment where parent_id = b.id offset 0) c
		)
		select id, level from branch`, root)
	if err != nil {
		return l, err
	}
	var id int64
	var level int32
	_, err = pgx.ForEachRow(rows, []any{&id, &level}, func() error {
		l.ids, l.levels = append(l.ids, id), append(l.levels, level)
		return nil
	})
	return l, err
}

// near keeps those whose nearest ancestors are not all in the branch.
func (l levels) near() (n levels) {
	for i, level := range l.levels {
		if level < Window {
			n.ids, n.levels = append(n.ids, l.ids[i]), append(n.levels, level)
		}
	}
	return n
}

// movePaths gives everything in the branch its ancestors above the comment that
// moves. Rows that are there already get another ancestor: unlike new ones they
// cost no check of a foreign key, and those that stay right cost nothing.
func (t *Tx) movePaths(ctx context.Context, c LockedComment, to MovePlace, branch levels) error {
	const moving = `unnest($1::bigint[], $2::int[]) m (id, level)`
	// The ancestors of the new place, each with its distance from the comment.
	const up = `(select p.ancestor, p.depth + 1 as far from comment_path p where p.descendant = $3 and p.depth < 64) up`
	branch = branch.near()
	if to.Depth < c.Depth {
		_, err := t.Exec(ctx, `delete from comment_path p using `+moving+` where p.descendant = m.id and p.depth > m.level + $3`,
			branch.ids, branch.levels, to.Depth)
		if err != nil {
			return err
		}
	}
	_, err := t.Exec(ctx, `update comment_path p set ancestor = up.ancestor from `+moving+`, `+up+`
		where p.descendant = m.id and p.depth = m.level + up.far and p.ancestor <> up.ancestor`, branch.ids, branch.levels, to.Parent)
	if err != nil || to.Depth <= c.Depth {
		return err
	}
	_, err = t.Exec(ctx, `insert into comment_path (descendant, depth, ancestor, article_id)
		select m.id, (m.level + up.far)::smallint, up.ancestor, $4 from `+moving+` join `+up+` on m.level + up.far <= 64 and up.far > $5
		order by m.id, up.far`, branch.ids, branch.levels, to.Parent, c.Article, c.Depth)
	return err
}
