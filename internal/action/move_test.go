package action_test

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"

	"hustings/internal/action"
	"hustings/internal/forum"
	"hustings/internal/markup"
	"hustings/internal/postgres"
)

func (b *bench) move(by forum.Viewer, id, below forum.CommentID) (action.Moderated, error) {
	return b.act.Move(b.t.Context(), by, action.MoveInput{Comment: id, Below: below})
}

func (b *bench) parent(id forum.CommentID) forum.CommentID {
	b.t.Helper()
	return scan[forum.CommentID](b, `select coalesce(parent_id, 0) from comment where id = $1`, id)
}

// whole proves that nothing is broken, and that the audit is what was written.
func (b *bench) whole() {
	b.t.Helper()
	b.counts()
	if found, err := b.db.Check(b.t.Context(), markup.PolicyVersion); err != nil || len(found) > 0 {
		b.t.Errorf("check: %+v %v", found, err)
	}
}

func TestMove(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	root, a, a1, a2, c := b.tree()
	done, err := b.move(b.mod, c, a)
	if want(t, err, 0); done.Count != 1 || b.parent(c) != a {
		t.Errorf("%+v, below %d", done, b.parent(c))
	}
	var d postgres.MoveDetail
	if err := json.Unmarshal(scan[[]byte](b, `select detail from audit where seq = $1`, done.Seq), &d); err != nil || d != (postgres.MoveDetail{From: root, To: a, Moved: 1}) {
		t.Errorf("the audit keeps %+v %v", d, err)
	}
	again, err := b.move(b.mod, c, a)
	if want(t, err, 0); !again.Already || again.Seq != done.Seq {
		t.Errorf("the same form sent twice: %+v", again)
	}
	want(t, second(b.move(b.mod2, c, a)), forum.Invalid)

	// A whole branch, and back to the top.
	done, err = b.move(b.mod, a1, root)
	if want(t, err, 0); done.Count != 2 || b.parent(a2) != a1 {
		t.Errorf("%+v", done)
	}
	want(t, second(b.move(b.admin, a1, 0)), 0)
	if depth := scan[int](b, `select depth from comment where id = $1`, a2); depth != 1 {
		t.Errorf("below a comment at the top is depth %d", depth)
	}
	b.whole()
}

func TestMove_refuses(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	root, a, a1, a2, c := b.tree()
	byAdmin := b.write(root, b.admin, forum.Published)
	link := b.write(0, b.ann, forum.Published)
	b.exec(`update comment set kind = 'link_back' where id = $1`, link)
	b.exec(`update article set comments = comments - 1`)
	last := b.write(0, b.ann, forum.Published)
	b.exec(`insert into article (portable_id, slug, title) values ('other', 'other', 'Other')`)
	elsewhere := scan[forum.CommentID](b, `insert into comment (id, article_id, root_id, depth, portable_id, body_html)
		overriding system value values (5000, (select id from article where slug = 'other'), 5000, 0, 'e', '<p>x</p>') returning id`)
	for name, c := range map[string]struct {
		by        forum.Viewer
		id, below forum.CommentID
		kind      forum.Kind
	}{
		"below itself":                       {b.mod, a, a, forum.Invalid},
		"below its own reply":                {b.mod, a, a2, forum.Invalid},
		"where it stands":                    {b.mod, a1, a, forum.Invalid},
		"below a younger one":                {b.mod, a1, c, forum.Invalid},
		"below a link from another site":     {b.mod, last, link, forum.Invalid},
		"a link from another site":           {b.mod, link, root, forum.Conflict},
		"below one of another article":       {b.mod, a, elsewhere, forum.NotFound},
		"below one that is not there":        {b.mod, a, 4999, forum.NotFound},
		"one that is not there":              {b.mod, 4999, root, forum.NotFound},
		"a moderator, a comment of an admin": {b.mod, byAdmin, a, forum.Forbidden},
		"a reader":                           {b.ann, c, a, forum.Forbidden},
		"nobody":                             {forum.Anonymous, c, a, forum.Unauthenticated},
	} {
		if err := second(b.move(c.by, c.id, c.below)); forum.KindOf(err) != c.kind {
			t.Errorf("%s: %v, not of kind %d", name, err, c.kind)
		}
	}
	seen := a
	want(t, second(b.act.Move(t.Context(), b.mod, action.MoveInput{Comment: c, Below: a1, From: &seen})), forum.Conflict)
	if n := b.audits(); n != 0 {
		t.Errorf("%d acts were written down", n)
	}
}

func TestMove_into_and_out_of_removed_branches(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	root, a, a1, a2, c := b.tree()
	held := b.write(c, b.ann, forum.Held)
	below := b.write(c, b.ann, forum.Published)
	late := b.write(a1, b.bob, forum.Published)
	want(t, second(b.removeBranch(b.mod, a)), 0)
	b.counts()
	want(t, second(b.move(b.mod, c, a1)), 0) // into it
	if b.public(c) || b.public(below) {
		t.Error("what was moved into a removed branch can be seen")
	}
	b.counts()
	want(t, second(b.move(b.mod, a2, root)), 0) // out of it
	want(t, second(b.move(b.mod, late, 0)), 0)
	if !b.public(a2) || !b.public(late) {
		t.Error("what was moved out of a removed branch can’t be seen")
	}
	b.counts()
	want(t, second(b.move(b.mod, c, a)), 0) // within it
	b.counts()
	want(t, second(b.move(b.mod, a, 0)), 0) // with its own mark
	if b.public(a) || b.public(a1) {
		t.Error("the mark was lost")
	}
	b.whole()
	want(t, second(b.restoreBranch(b.mod, a)), 0)
	if !b.public(c) || !b.public(below) || b.public(held) {
		t.Error("after restoring, not everything is there")
	}
	b.whole()
}

func TestUndoMove(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	root, a, a1, _, c := b.tree()
	done, err := b.move(b.mod, c, a)
	want(t, err, 0)
	undo := func(by forum.Viewer, seq int64) (action.Moderated, error) {
		return b.act.UndoMove(t.Context(), by, action.RestoreInput{Comment: c, Undoes: seq})
	}
	want(t, second(undo(b.ann, done.Seq)), forum.Forbidden)
	back, err := undo(b.mod2, done.Seq)
	if want(t, err, 0); b.parent(c) != root || scan[int64](b, `select undoes from audit where seq = $1`, back.Seq) != done.Seq {
		t.Errorf("%+v, below %d", back, b.parent(c))
	}
	again, err := undo(b.mod2, done.Seq)
	if want(t, err, 0); !again.Already || again.Seq != back.Seq {
		t.Errorf("the same form sent twice: %+v", again)
	}
	want(t, second(undo(b.mod, done.Seq)), forum.Conflict)
	if scan[bool](b, `select source_parent_id is not null from comment where id = $1`, c) {
		t.Error("it stands where it was, and yet is said to have been moved")
	}
	// Undoing the undoing, and an undoing that has become impossible.
	want(t, second(undo(b.mod, back.Seq)), 0)
	first, err := b.move(b.mod, c, a1)
	want(t, err, 0)
	want(t, second(b.move(b.mod2, c, root)), 0)
	want(t, second(undo(b.mod, first.Seq)), forum.Conflict)
	want(t, second(b.act.UndoMove(t.Context(), b.mod, action.RestoreInput{Comment: a})), forum.Conflict)
	b.whole()
}

func TestMove_while_others_reply_and_moderate(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	root, a, a1, a2, c := b.tree()
	const writers = 40
	var wg sync.WaitGroup
	start := make(chan struct{})
	run := func(f func() error) {
		wg.Go(func() {
			<-start
			if err := f(); err != nil && forum.KindOf(err) == 0 {
				t.Error(err)
			}
		})
	}
	for i := range writers {
		parent := []forum.CommentID{a, a1, a2, c}[i%4]
		run(func() error {
			return b.db.Do(t.Context(), func(ctx context.Context, tx *postgres.Tx) error {
				_, err := b.reply(ctx, tx, parent, b.ann, forum.Published)
				return err
			})
		})
	}
	for i := range 12 {
		below := []forum.CommentID{a, 0, root}[i%3]
		run(func() error { return second(b.move(b.mod, a1, below)) })
		run(func() error { return second(b.move(b.mod2, a2, []forum.CommentID{a1, a}[i%2])) })
		if i%4 == 0 {
			run(func() error { return second(b.removeBranch(b.mod, a)) })
			run(func() error { return second(b.restoreBranch(b.mod2, a)) })
		}
	}
	close(start)
	wg.Wait()
	b.whole()
}

func TestMove_is_seen_at_once(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	root, a, a1, a2, c := b.tree()
	revision := func() int64 {
		_, n, err := b.db.Revision(t.Context(), b.slug)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := revision()
	want(t, second(b.move(b.mod, c, a)), 0)
	if revision() <= before {
		t.Error("kept pages would go on showing the old place")
	}
	thread, err := b.db.Thread(t.Context(), forum.Anonymous, postgres.ThreadPage{Article: b.article})
	if err != nil {
		t.Fatal(err)
	}
	var shown string
	for _, n := range thread.Nodes {
		shown += fmt.Sprintf(" %d@%d", n.ID, n.Level())
	}
	if want := fmt.Sprintf(" %d@1 %d@2 %d@3 %d@4 %d@3", root, a, a1, a2, c); shown != want {
		t.Errorf("shown%s, want%s", shown, want)
	}
}
