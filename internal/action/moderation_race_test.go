package action_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"hustings/internal/action"
	"hustings/internal/forum"
	"hustings/internal/postgres"
)

func TestRemove_by_many_at_once_happens_once(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.write(0, b.ann, forum.Published)
	const moderators = 8
	errs := make([]error, moderators)
	var wg sync.WaitGroup
	for i := range moderators {
		m := b.person(fmt.Sprintf("Moderator %d", i), forum.Moderator)
		wg.Go(func() { _, errs[i] = b.remove(m, id) })
	}
	wg.Wait()
	done := 0
	for _, err := range errs {
		switch forum.KindOf(err) {
		case forum.Conflict:
		case 0:
			if err != nil {
				t.Error(err)
			}
			done++
		default:
			t.Error(err)
		}
	}
	if done != 1 || b.audits() != 1 {
		t.Errorf("%d of %d removed it, %d entries in the audit", done, moderators, b.audits())
	}
	b.counts()
}

func TestReport_during_a_removal_leaves_nothing_open(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var wg sync.WaitGroup
	var ids []forum.CommentID
	for range 10 {
		ids = append(ids, b.write(0, b.ann, forum.Published))
	}
	for _, id := range ids {
		start := make(chan struct{})
		wg.Go(func() {
			<-start
			if _, err := b.act.Report(t.Context(), b.bob, action.ReportInput{Comment: id, Reason: "abuse"}); err != nil && forum.KindOf(err) != forum.Gone {
				t.Error(err)
			}
		})
		wg.Go(func() {
			<-start
			if _, err := b.remove(b.mod, id); err != nil {
				t.Error(err)
			}
		})
		close(start)
	}
	wg.Wait()
	if n := scan[int](b, `select count(*)::int from report where closed_at is null`); n != 0 {
		t.Errorf("%d reports are open on removed comments", n)
	}
}

func TestModeration_by_many_at_once_keeps_counters_and_audit(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var ids []forum.CommentID
	for n := range 24 {
		var parent forum.CommentID
		if n > 3 {
			parent = ids[n/2]
		}
		ids = append(ids, b.write(parent, b.ann, forum.Published))
	}
	var wg sync.WaitGroup
	for worker := range uint64(8) {
		rng := rand.New(rand.NewPCG(worker, 1))
		m := b.person(fmt.Sprintf("Moderator %d", worker), forum.Moderator)
		wg.Go(func() {
			for range 25 {
				if err := b.anyAct(t.Context(), rng, m, ids[rng.IntN(len(ids))]); err != nil && forum.KindOf(err) == 0 {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	b.counts()
	if fault, err := b.db.VerifyAudit(t.Context()); err != nil || fault.Seq != 0 {
		t.Errorf("the audit: %+v %v", fault, err)
	}
	if n := scan[int](b, `select count(*)::int from report r join comment c on c.id = r.comment_id, branch_marks(c.article_id, c.id) m
		where r.closed_at is null and (c.state = 'removed' or m.removed)`); n != 0 {
		t.Errorf("%d open reports are about what is already removed", n)
	}
	if b.audits() == 0 {
		t.Error("nothing was done")
	}
}

// anyAct does something at random to a comment, as people do.
func (b *bench) anyAct(ctx context.Context, rng *rand.Rand, m forum.Viewer, id forum.CommentID) (err error) {
	in, back := action.ModerateInput{Comment: id, Reason: "other"}, action.RestoreInput{Comment: id}
	switch rng.IntN(9) {
	case 0:
		_, err = b.act.Remove(ctx, m, in)
	case 1:
		_, err = b.act.Restore(ctx, m, back)
	case 2:
		_, err = b.act.Hold(ctx, m, in)
	case 3:
		_, err = b.act.Release(ctx, m, in)
	case 4:
		_, err = b.act.RemoveBranch(ctx, m, in)
	case 5:
		_, err = b.act.RestoreBranch(ctx, m, back)
	case 6:
		_, err = b.act.Report(ctx, b.bob, action.ReportInput{Comment: id, Reason: "abuse"})
	case 7:
		_, err = b.act.KeepReported(ctx, m, in)
	case 8:
		err = b.db.Do(ctx, func(ctx context.Context, tx *postgres.Tx) error {
			_, err := b.reply(ctx, tx, id, b.bob, forum.Published)
			return err
		})
	}
	return err
}
