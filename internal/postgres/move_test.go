package postgres_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"hustings/internal/forum"
	"hustings/internal/postgres"
)

// move moves a comment as the action does once everything is allowed.
func (g *grown) move(id, below forum.CommentID) (m postgres.Moved) {
	g.t.Helper()
	g.do(func(ctx context.Context, tx *postgres.Tx) error {
		c, err := tx.LockBranch(ctx, id)
		if err != nil {
			return err
		}
		to, err := tx.PlaceBelow(ctx, c, below)
		if err != nil {
			return err
		}
		if to.Inside {
			g.t.Errorf("the place below %d is said to be in the branch of %d", below, id)
		}
		m, err = tx.MoveBranch(ctx, c, to)
		return err
	})
	g.parents[id] = below
	return m
}

// one reads a single value.
func one[T any](g *grown, sql string, args ...any) (v T) {
	g.t.Helper()
	g.do(func(ctx context.Context, tx *postgres.Tx) error { return tx.QueryRow(ctx, sql, args...).Scan(&v) })
	return v
}

func inChain(before []forum.CommentID) forum.CommentID {
	if len(before) == 0 {
		return 0
	}
	return before[len(before)-1]
}

func TestMoveBranch_keeps_the_closure_table_a_walk_along_the_parents(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("seed_", seed), func(t *testing.T) {
			t.Parallel()
			g := newGrown(t)
			random := rand.New(rand.NewPCG(seed, 7))
			near := 2 + random.IntN(30) // the smaller, the deeper
			g.bulk(300, func(before []forum.CommentID) forum.CommentID {
				if n := len(before); n > 0 && random.IntN(12) > 0 {
					return before[max(0, n-1-random.IntN(near))]
				}
				return 0
			})
			for range 25 {
				id := g.ids[random.IntN(len(g.ids))]
				below := forum.CommentID(0)
				if older := int(id - g.ids[0]); older > 0 && random.IntN(6) > 0 {
					below = g.ids[random.IntN(older)]
				}
				g.move(id, below)
				if random.IntN(3) == 0 {
					g.reply(g.ids[random.IntN(len(g.ids))])
				}
			}
			g.prove()
		})
	}
}

func TestMoveBranch_of_a_chain_that_is_deeper_than_the_window(t *testing.T) {
	t.Parallel()
	g := newGrown(t)
	g.bulk(200, inChain)
	before := g.ids[len(g.ids)-1]
	g.bulk(200, inChain)
	second := g.ids[200]
	if m := g.move(second, before); m.Comments != 200 || m.Counted != 0 {
		t.Errorf("moved %+v", m)
	}
	g.prove()
	g.move(second, g.ids[99])
	g.prove()
	g.move(second, g.ids[98]) // most of what is above stays
	g.move(second, 0)
	g.prove()
}

func TestMoveBranch_notes_where_the_comment_stood_at_first(t *testing.T) {
	t.Parallel()
	g := newGrown(t)
	for range 3 {
		g.reply(0)
	}
	g.reply(g.ids[0])
	source := func() int64 {
		return one[int64](g, `select coalesce(source_parent_id, -1) from comment where id = $1`, g.ids[3])
	}
	for i, step := range []struct {
		below forum.CommentID
		want  int64
	}{{g.ids[1], int64(g.ids[0])}, {g.ids[2], int64(g.ids[0])}, {0, int64(g.ids[0])}, {g.ids[0], -1}} {
		if g.move(g.ids[3], step.below); source() != step.want {
			t.Errorf("after move %d: %d, want %d", i, source(), step.want)
		}
	}
	g.move(g.ids[1], g.ids[0])
	if got := one[int64](g, `select source_parent_id from comment where id = $1`, g.ids[1]); got != 0 {
		t.Errorf("moved from the top: %d, want 0", got)
	}
	g.prove()
}

func TestPlaceBelow_knows_the_branch_that_would_move(t *testing.T) {
	t.Parallel()
	g := newGrown(t)
	g.bulk(100, inChain)
	g.reply(0)
	g.do(func(ctx context.Context, tx *postgres.Tx) error {
		c, err := tx.LockBranch(ctx, g.ids[3])
		if err != nil {
			return err
		}
		for below, inside := range map[forum.CommentID]bool{0: false, g.ids[2]: false, g.ids[3]: true, g.ids[4]: true, g.ids[99]: true, g.ids[100]: false} {
			p, err := tx.PlaceBelow(ctx, c, below)
			if err != nil || p.Inside != inside {
				t.Errorf("below %d: %+v %v", below, p, err)
			}
		}
		if _, err := tx.PlaceBelow(ctx, c, 99_999); forum.KindOf(err) != forum.NotFound {
			t.Errorf("below a comment that is not there: %v", err)
		}
		return nil
	})
}
