package action_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"hustings/internal/action"
	"hustings/internal/forum"
	"hustings/internal/postgres"
)

// tree writes a root with two branches: a (with a1 and its a2, a2x) and c.
func (b *bench) tree() (root, a, a1, a2, c forum.CommentID) {
	b.t.Helper()
	root = b.write(0, b.ann, forum.Published)
	a = b.write(root, b.bob, forum.Published)
	a1 = b.write(a, b.ann, forum.Published)
	a2 = b.write(a1, b.bob, forum.Published)
	c = b.write(root, b.ann, forum.Published)
	return root, a, a1, a2, c
}

func (b *bench) detail(seq int64) (d struct {
	Comments []forum.CommentID
	Counted  int
	Reports  int
}) {
	b.t.Helper()
	if err := json.Unmarshal(scan[[]byte](b, `select detail from audit where seq = $1`, seq), &d); err != nil {
		b.t.Fatal(err)
	}
	return d
}

func TestRemoveBranch(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	root, a, a1, a2, c := b.tree()
	held := b.write(a1, b.ann, forum.Held)
	b.report(b.ann, a2)
	b.report(b.ann, a)
	done, err := b.removeBranch(b.mod, a)
	want(t, err, 0)
	if d := b.detail(done.Seq); !slices.Equal(d.Comments, []forum.CommentID{a, a1, a2}) || d.Counted != -3 || d.Reports != 2 {
		t.Errorf("the audit keeps %+v", d)
	}
	for id, visible := range map[forum.CommentID]bool{root: true, a: false, a1: false, a2: false, c: true, held: false} {
		if b.public(id) != visible {
			t.Errorf("comment %d is visible: %v", id, !visible)
		}
	}
	if b.state(a) != forum.Published || b.state(a2) != forum.Published || b.state(held) != forum.Held {
		t.Error("the state of a comment changed with its branch")
	}
	if b.openReports(a)+b.openReports(a2) != 0 {
		t.Error("reports inside are still open")
	}
	b.counts()

	again, err := b.removeBranch(b.mod, a)
	if want(t, err, 0); !again.Already || again.Seq != done.Seq {
		t.Error("the same form removed it twice")
	}
	want(t, second(b.removeBranch(b.mod2, a)), forum.Conflict)
	want(t, second(b.removeBranch(b.mod, a1)), forum.Conflict)

	back, err := b.act.RestoreBranch(t.Context(), b.mod2, action.RestoreInput{Comment: a, Undoes: done.Seq})
	want(t, err, 0)
	if d := b.detail(back.Seq); !slices.Equal(d.Comments, []forum.CommentID{a, a1, a2}) || d.Counted != 3 {
		t.Errorf("the audit of the restore keeps %+v", d)
	}
	if !b.public(a2) || b.public(held) {
		t.Error("what was visible before is not what is visible now")
	}
	want(t, second(b.restoreBranch(b.mod, a)), forum.Conflict)
	b.counts()
}

func TestRestoreBranch_leaves_what_was_removed_by_itself(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	_, a, a1, a2, _ := b.tree()
	want(t, second(b.remove(b.mod, a1)), 0)
	want(t, second(b.removeBranch(b.mod, a)), 0)
	want(t, second(b.restoreBranch(b.mod, a)), 0)
	if b.state(a1) != forum.Removed || b.public(a1) || !b.public(a2) || !b.public(a) {
		t.Error("the restored branch is not as it was")
	}
	b.counts()
}

func TestRestoreBranch_with_marks_in_and_above_it(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	root, a, a1, a2, c := b.tree()
	want(t, second(b.removeBranch(b.mod, a1)), 0)
	outer, err := b.removeBranch(b.mod, root)
	want(t, err, 0)
	if d := b.detail(outer.Seq); !slices.Equal(d.Comments, []forum.CommentID{root, a, c}) {
		t.Errorf("the outer removal lists %v", d.Comments)
	}
	b.counts()
	inner, err := b.restoreBranch(b.mod, a1)
	want(t, err, 0)
	if d := b.detail(inner.Seq); len(d.Comments) != 0 || d.Counted != 0 || inner.Count != 0 {
		t.Errorf("restoring below another mark shows %+v", d)
	}
	b.counts()
	want(t, second(b.restoreBranch(b.mod, root)), 0)
	if !b.public(a2) {
		t.Error("both marks are gone, yet the comment is hidden")
	}
	b.counts()
}

func TestRemoveBranch_deeper_than_the_closure_window(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ids := []forum.CommentID{b.write(0, b.ann, forum.Published)}
	for range 150 {
		ids = append(ids, b.write(ids[len(ids)-1], b.bob, forum.Published))
	}
	done, err := b.removeBranch(b.mod, ids[3])
	if want(t, err, 0); done.Count != 148 {
		t.Errorf("%d comments went", done.Count)
	}
	if !b.public(ids[2]) || b.public(ids[3]) || b.public(ids[149]) {
		t.Error("the mark does not hold for everything below it, and for nothing else")
	}
	b.counts()
}

func TestReplies_during_the_removal_of_their_branch(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	_, a, _, a2, _ := b.tree()
	const writers = 50
	var wg sync.WaitGroup
	errs := make([]error, writers)
	start := make(chan struct{})
	for i := range writers {
		wg.Go(func() {
			<-start
			errs[i] = b.db.Do(t.Context(), func(ctx context.Context, tx *postgres.Tx) error {
				_, err := b.reply(ctx, tx, a2, b.ann, forum.Published)
				return err
			})
		})
	}
	close(start)
	done, err := b.removeBranch(b.mod, a)
	wg.Wait()
	want(t, err, 0)
	for i, err := range errs {
		if err != nil && forum.KindOf(err) != forum.Gone {
			t.Errorf("reply %d: %v", i, err)
		}
	}
	below := `with recursive d as (select * from comment where id = $1 union all select c.* from d join comment c on c.parent_id = d.id)
		select %s from d join comment c using (id)`
	visible := scan[int](b, fmt.Sprintf(below, "count(*) filter (where comment_public(c))::int"), a)
	all := scan[int](b, fmt.Sprintf(below, "count(*)::int"), a)
	if visible != 0 || all != done.Count {
		t.Errorf("%d of %d comments below the mark are visible; %d were listed", visible, all, done.Count)
	}
	b.counts()
}

func TestModeration_keeps_counters_and_states_whatever_the_order(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(fmt.Sprintf("seed_%d", seed), func(t *testing.T) {
			t.Parallel()
			m := newModel(t, rand.New(rand.NewPCG(seed, 7)))
			for range 70 {
				m.step()
			}
			m.check()
		})
	}
}

// model is what a discussion should be after random acts, kept by the simplest
// means.
type model struct {
	*bench
	rng    *rand.Rand
	ids    []forum.CommentID
	parent map[forum.CommentID]forum.CommentID
	states map[forum.CommentID]forum.CommentState
	marked map[forum.CommentID]bool
}

func newModel(t *testing.T, rng *rand.Rand) *model {
	m := &model{
		bench: newBench(t), rng: rng, parent: map[forum.CommentID]forum.CommentID{},
		states: map[forum.CommentID]forum.CommentState{}, marked: map[forum.CommentID]bool{},
	}
	for range 25 {
		var parent forum.CommentID
		if len(m.ids) > 0 && rng.IntN(5) > 0 {
			parent = m.ids[rng.IntN(len(m.ids))]
		}
		if parent != 0 && m.states[parent] != forum.Published {
			continue
		}
		state := forum.Published
		if rng.IntN(6) == 0 {
			state = forum.Held
		}
		id := m.write(parent, m.ann, state)
		m.ids, m.parent[id], m.states[id] = append(m.ids, id), parent, state
	}
	return m
}

func (m *model) hidden(id forum.CommentID) bool {
	for ; id != 0; id = m.parent[id] {
		if m.marked[id] {
			return true
		}
	}
	return false
}

// step does one random act and says what it should lead to.
func (m *model) step() {
	m.t.Helper()
	id := m.ids[m.rng.IntN(len(m.ids))]
	in, back := action.ModerateInput{Comment: id, Reason: "other"}, action.RestoreInput{Comment: id}
	ctx, state := m.t.Context(), m.states[id]
	var err error
	legal := true
	next := state
	switch act := m.rng.IntN(6); act {
	case 0:
		_, err = m.act.Remove(ctx, m.mod, in)
		next = forum.Removed
	case 1:
		_, err = m.act.Restore(ctx, m.mod, back)
		legal, next = state == forum.Removed, forum.Published
	case 2:
		_, err = m.act.Hold(ctx, m.mod, in)
		legal, next = state == forum.Published, forum.Held
	case 3:
		_, err = m.act.Release(ctx, m.mod, in)
		legal, next = state == forum.Held, forum.Published
	case 4:
		legal = !m.hidden(id)
		if _, err = m.act.RemoveBranch(ctx, m.mod, in); legal {
			m.marked[id] = true
		}
	case 5:
		legal = m.marked[id]
		_, err = m.act.RestoreBranch(ctx, m.mod, back)
		delete(m.marked, id)
	}
	if legal {
		m.states[id] = next
	}
	if legal != (err == nil) && !(err == nil && next == state) {
		m.t.Fatalf("comment %d was %s (mark %v): legal %v, got %v", id, state, m.marked[id], legal, err)
	}
	m.counts()
}

func (m *model) check() {
	m.t.Helper()
	for _, id := range m.ids {
		public := m.states[id] == forum.Published && !m.hidden(id)
		if m.public(id) != public || m.state(id) != m.states[id] {
			m.t.Errorf("comment %d is %s and visible %v, should be %s and %v", id, m.state(id), m.public(id), m.states[id], public)
		}
	}
	fault, err := m.db.VerifyAudit(m.t.Context())
	if err != nil || fault.Seq != 0 {
		m.t.Errorf("the audit: %+v %v", fault, err)
	}
}
