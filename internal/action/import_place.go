package action

import (
	"hustings/internal/forum"
	"hustings/internal/postgres"
)

// id is the number of a node, once the new ones have theirs; 0 for none.
func (p *plan) id(node int32) forum.CommentID {
	switch {
	case node == none:
		return 0
	case p.isStored(node):
		return p.stored[node].id
	}
	return p.ids[p.of(node).kid]
}

// newPlace is a new comment of a plan: its place in fresh.
type newPlace struct {
	plan *plan
	i    int32
}

// pathRows gives the rows of the closure table for new comments: each with its
// nearest postgres.Window ancestors, itself being the first.
type pathRows struct {
	list  []newPlace // the first is the one that is being given
	node  int32      // whose row is given next
	id    forum.CommentID
	depth int16
	row   [4]any
	begun bool
}

func (r *pathRows) Next() bool {
	if r.begun {
		if r.depth < postgres.Window {
			if r.node = r.up(); r.node != none {
				r.depth++
				return r.set()
			}
		}
		r.list = r.list[1:]
	}
	if len(r.list) == 0 {
		return false
	}
	p := r.list[0].plan
	r.node = int32(len(p.stored)) + r.list[0].i
	r.id, r.depth, r.begun = p.id(r.node), 0, true
	return r.set()
}

func (r *pathRows) up() int32 {
	p := r.list[0].plan
	if p.isStored(r.node) {
		return p.stored[r.node].up
	}
	return p.of(r.node).up
}

func (r *pathRows) set() bool {
	p := r.list[0].plan
	r.row = [4]any{int64(r.id), r.depth, int64(p.id(r.node)), int64(p.article)}
	return true
}

func (r *pathRows) Values() ([]any, error) { return r.row[:], nil }

func (r *pathRows) Err() error { return nil }
