package action_test

import (
	"context"
	"testing"
	"time"

	"hustings/internal/postgres"
)

func TestImportJob_is_cancelled_while_a_large_article_is_written(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	v := d.owner()
	id := d.sent(v, manyArticles(3))
	d.ok(d.act.LookImport(t.Context(), v, id))
	d.work()
	d.ok(d.act.ApplyImport(t.Context(), v, id))
	session, err := d.db.ImportSession(t.Context())
	d.ok(err)
	defer session.Close(context.WithoutCancel(t.Context()))
	run := postgres.JobRun{Job: id, Worker: "a run"}
	if _, ok, err := session.ClaimJob(t.Context(), run.Worker); err != nil || !ok {
		t.Fatal("the import can't be claimed", err)
	}
	d.ok(session.Do(t.Context(), func(ctx context.Context, tx *postgres.Tx) error {
		if _, err := tx.BeginParts(ctx, run, "old.example", []string{"a0"}); err != nil {
			return err
		}
		soon, stop := context.WithTimeout(t.Context(), 10*time.Second)
		defer stop()
		d.ok(d.act.CancelImport(soon, v, id))
		if stop, err := d.db.BeatJob(ctx, run, postgres.JobProgress{}); err != nil || !stop {
			t.Errorf("the run does not hear of it: %v", err)
		}
		return nil
	}))
}
