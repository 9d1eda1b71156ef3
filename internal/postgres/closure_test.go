package postgres_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"hustings/internal/forum"
	"hustings/internal/pgtest"
	"hustings/internal/postgres"

	"github.com/jackc/pgx/v5"
)

// grown is a thread that a test grows, with its parents noted on the side.
type grown struct {
	t       *testing.T
	db      *postgres.DB
	article forum.ArticleID
	author  forum.PersonID
	parents map[forum.CommentID]forum.CommentID
	ids     []forum.CommentID
}

func newGrown(t *testing.T) *grown {
	t.Helper()
	g := &grown{t: t, db: pgtest.DB(t), parents: map[forum.CommentID]forum.CommentID{}}
	g.do(func(ctx context.Context, tx *postgres.Tx) (err error) {
		g.article, err = tx.AddBulkArticle(ctx, postgres.BulkArticle{PortableID: "a", Slug: "a", Title: "A", State: "published", Replies: "open"})
		if err != nil {
			return err
		}
		p, err := tx.AddMember(ctx, postgres.NewMember{Name: "Ann", Skeleton: "ann", Role: forum.Reader})
		g.author = p.ID
		return err
	})
	return g
}

func (g *grown) do(f func(context.Context, *postgres.Tx) error) {
	g.t.Helper()
	if err := g.db.Do(g.t.Context(), f); err != nil {
		g.t.Fatal(err)
	}
}

// reply adds one comment by the statement of replies.
func (g *grown) reply(parent forum.CommentID) {
	g.t.Helper()
	g.do(func(ctx context.Context, tx *postgres.Tx) error {
		key := fmt.Sprint("k", len(g.ids))
		id, _, err := tx.AddReply(ctx, postgres.NewReply{Article: g.article, Parent: parent, Author: g.author, FormKey: key, PortableID: key,
			State: forum.Published, Source: "x", HTML: "<p>x</p>", Text: "x", Policy: 1})
		g.note(id, parent)
		return err
	})
}

// bulk adds n comments by the bulk insert; pick chooses a parent among those
// before, 0 for the top.
func (g *grown) bulk(n int, pick func(before []forum.CommentID) forum.CommentID) {
	g.t.Helper()
	g.do(func(ctx context.Context, tx *postgres.Tx) error {
		ids, err := tx.NewCommentIDs(ctx, n)
		if err != nil {
			return err
		}
		var list []postgres.BulkComment
		depth, root := map[forum.CommentID]int{}, map[forum.CommentID]forum.CommentID{}
		for i, id := range ids {
			c := postgres.BulkComment{ID: id, Root: id, Article: g.article, Author: g.author, Kind: forum.KindComment, State: forum.Published,
				PortableID: fmt.Sprint("b", id), Revisions: []postgres.BulkRevision{{HTML: "<p>x</p>", Text: "x", Policy: 1}}}
			if parent := pick(ids[:i]); parent != 0 {
				c.Parent, c.Depth, c.Root = parent, depth[parent]+1, root[parent]
			}
			depth[id], root[id] = c.Depth, c.Root
			list = append(list, c)
			g.note(id, c.Parent)
		}
		if err := tx.AddBulkComments(ctx, list); err != nil {
			return err
		}
		return tx.Changed(ctx, g.article, n)
	})
}

func (g *grown) note(id, parent forum.CommentID) {
	g.parents[id] = parent
	g.ids = append(g.ids, id)
}

// up walks the noted parents.
func (g *grown) up(id forum.CommentID) (list []forum.CommentID) {
	for p := g.parents[id]; p != 0; p = g.parents[p] {
		list = append(list, p)
	}
	return list
}

// prove compares every row of the closure table with a walk along the parents,
// and the hop queries with the same walk.
func (g *grown) prove() {
	g.t.Helper()
	g.do(func(ctx context.Context, tx *postgres.Tx) error {
		stored := map[forum.CommentID][]forum.CommentID{}
		rows, err := tx.Query(ctx, `select descendant, depth, ancestor from comment_path order by descendant, depth`)
		if err != nil {
			return err
		}
		var id, ancestor forum.CommentID
		var depth int
		_, err = pgx.ForEachRow(rows, []any{&id, &depth, &ancestor}, func() error {
			if depth != len(stored[id]) {
				g.t.Errorf("comment %d: depth %d after %d rows", id, depth, len(stored[id]))
			}
			stored[id] = append(stored[id], ancestor)
			return nil
		})
		if err != nil {
			return err
		}
		below := map[forum.CommentID][]forum.CommentID{}
		for _, id := range g.ids {
			up := g.up(id)
			for _, a := range up {
				below[a] = append(below[a], id)
			}
			want := append([]forum.CommentID{id}, up[:min(len(up), postgres.Window)]...)
			if !slices.Equal(stored[id], want) {
				g.t.Errorf("comment %d: stored %v, want %v", id, stored[id], want)
			}
		}
		for _, id := range []forum.CommentID{g.ids[0], g.ids[len(g.ids)/2], g.ids[len(g.ids)-1]} {
			ancestors, err := postgres.Ancestors(ctx, tx, id)
			if err != nil {
				return err
			}
			if want := g.up(id); !slices.Equal(ancestors, want) {
				g.t.Errorf("ancestors of %d: %v, want %v", id, ancestors, want)
			}
			descendants, err := postgres.Descendants(ctx, tx, id)
			if err != nil {
				return err
			}
			slices.Sort(below[id])
			if !slices.Equal(descendants, below[id]) {
				g.t.Errorf("descendants of %d: %v, want %v", id, descendants, below[id])
			}
		}
		return nil
	})
	found, err := g.db.Check(g.t.Context(), 1)
	if err != nil || len(found) > 0 {
		g.t.Errorf("check: %+v %v", found, err)
	}
}

func TestClosure_is_the_nearest_64_ancestors(t *testing.T) {
	t.Parallel()
	chain := func(before []forum.CommentID) forum.CommentID {
		if len(before) == 0 {
			return 0
		}
		return before[len(before)-1]
	}
	bushy := func(seed uint64) func([]forum.CommentID) forum.CommentID {
		random := rand.New(rand.NewPCG(seed, 1))
		return func(before []forum.CommentID) forum.CommentID {
			if n := len(before); n > 0 && random.IntN(10) > 0 {
				return before[max(0, n-1-random.IntN(1+random.IntN(20)))]
			}
			return 0
		}
	}
	t.Run("in_a_chain_of_bulk_inserts", func(t *testing.T) {
		t.Parallel()
		g := newGrown(t)
		g.bulk(300, chain)
		g.prove()
	})
	t.Run("in_a_chain_of_replies", func(t *testing.T) {
		t.Parallel()
		g := newGrown(t)
		for range 140 {
			g.reply(chain(g.ids))
		}
		g.prove()
	})
	for seed := range uint64(3) {
		t.Run(fmt.Sprint("in_a_bushy_tree_", seed), func(t *testing.T) {
			t.Parallel()
			g := newGrown(t)
			pick := bushy(seed)
			g.bulk(400, pick)
			for range 60 { // replies to what came in bulk
				g.reply(g.ids[rand.New(rand.NewPCG(seed, uint64(len(g.ids)))).IntN(len(g.ids))])
			}
			g.prove()
		})
	}
	t.Run("below_a_deep_chain", func(t *testing.T) {
		t.Parallel()
		g := newGrown(t)
		g.bulk(200, chain)
		for range 5 {
			g.reply(g.ids[len(g.ids)-1])
		}
		g.reply(g.ids[63])
		g.reply(g.ids[64])
		g.reply(0)
		g.prove()
	})
}
