package action_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"hustings/internal/action"
	"hustings/internal/forum"
	"hustings/internal/postgres"
)

// stamped is a file that the shell would know again.
func stamped(content string) action.ImportFile {
	f := textFile("file", content)
	f.Size, f.Stamp = int64(len(content)), "then"
	return f
}

// reportLines is a report without what differs from one run to the next.
func reportLines(t *testing.T, done *action.Imported) []string {
	t.Helper()
	report := done.Report
	report.Seconds, report.Job = 0, 0
	text, err := json.MarshalIndent(report, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	links, err := json.MarshalIndent([]any{done.Links, done.Each}, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(string(text)+"\n"+string(links), "\n")
}

func TestImportJob_that_was_stopped_goes_on_and_ends_as_if_it_had_not_been(t *testing.T) {
	t.Parallel()
	content := manyArticles(15)
	in := action.ImportInput{Files: []action.ImportFile{stamped(content)}}
	whole := newDesk(t)
	want, err := whole.act.ImportJobFromShell(t.Context(), in, nil)
	whole.ok(err)

	for _, at := range []int{0, 1, 3, 7} { // between two transactions, which hold 1, 2, 4, 8 … articles
		d := newDesk(t)
		ctx, stop := context.WithCancel(t.Context())
		in.Progress = func(p action.ImportProgress) {
			if p.Of > 0 && p.Articles >= at {
				stop()
			}
		}
		if _, err := d.act.ImportJobFromShell(ctx, in, nil); !errors.Is(err, context.Canceled) {
			t.Fatalf("stopped after %d articles: %v", at, err)
		}
		if n := d.one(`select count(*) from import_part`); at > 0 && n == "0" || n == "15" {
			t.Errorf("stopped after %d articles: %s are here", at, n)
		}
		in.Progress = nil
		resumed := false
		got, err := d.act.ImportJobFromShell(t.Context(), in, func(_ postgres.JobID, again bool) { resumed = again })
		d.ok(err)
		if !resumed || got.Job != 1 {
			t.Errorf("resumed %v, job %d", resumed, got.Job)
		}
		for i, g := range reportLines(t, got) {
			if w := reportLines(t, want)[i]; g != w {
				t.Errorf("stopped after %d articles, line %d of the report is %s, want %s", at, i, g, w)
				break
			}
		}
		if d.export() != whole.export() || d.findings(1) != whole.findings(1) {
			t.Error("the export or the findings differ")
		}
		d.whole()
	}
}

func TestImportJob_of_the_shell_is_another_one_once_it_is_done(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	in := action.ImportInput{Files: []action.ImportFile{stamped(manyArticles(2))}}
	for id := range 2 {
		done, err := d.act.ImportJobFromShell(t.Context(), in, nil)
		d.ok(err)
		if done.Job != int64(id+1) || done.Resumed {
			t.Errorf("job %d, resumed %v", done.Job, done.Resumed)
		}
	}
	if d.one(`select count(*) from import_job where state = 'done' and applied_at is not null`) != "2" {
		t.Error("both should be done")
	}
}

func TestImportJob_is_taken_over_where_its_process_has_gone(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	v := d.owner()
	id := d.sent(v, manyArticles(6))
	d.ok(d.act.LookImport(t.Context(), v, id))
	d.work()
	d.ok(d.act.ApplyImport(t.Context(), v, id))

	// A worker that takes it and is gone without a word.
	session, err := d.db.ImportSession(t.Context())
	d.ok(err)
	if _, ok, err := session.ClaimJob(t.Context(), "first"); err != nil || !ok {
		t.Fatal(ok, err)
	}
	d.is(v, id, postgres.JobApplying)
	if d.work() != 0 {
		t.Error("another took it while the first was there")
	}
	session.Close(t.Context())
	for d.work() == 0 { // until PostgreSQL has noticed
		if t.Context().Err() != nil {
			t.Fatal("nobody took it over")
		}
	}
	d.is(v, id, postgres.JobDone)
	if d.one(`select count(*) from comment`) != "20" {
		t.Error("comments are missing")
	}
}

func TestImportJob_of_a_silent_process_is_taken_over_when_its_lease_is_over(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	v := d.owner()
	id := d.sent(v, manyArticles(3))
	d.ok(d.act.LookImport(t.Context(), v, id))
	session, err := d.db.ImportSession(t.Context())
	d.ok(err)
	defer session.Close(t.Context())
	if _, ok, err := session.ClaimJob(t.Context(), "first"); err != nil || !ok {
		t.Fatal(ok, err)
	}
	d.run(`update import_job set lease_until = now() - interval '1 second'`)
	if d.work() != 1 {
		t.Error("nobody took it over")
	}
	d.is(v, id, postgres.JobFound)
	_, err = d.db.BeatJob(t.Context(), postgres.JobRun{Job: id, Worker: "first"}, postgres.JobProgress{})
	if !errors.Is(err, postgres.ErrJobLost) {
		t.Errorf("the first one hears %v", err)
	}
}

func TestImportJob_writes_nothing_more_once_it_is_anothers(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	in := action.ImportInput{Files: []action.ImportFile{stamped(manyArticles(9))}}
	in.Progress = func(p action.ImportProgress) {
		if p.Articles == 3 { // the last of the second transaction
			d.run(`update import_job set worker = 'another'`)
		}
	}
	if _, err := d.act.ImportJobFromShell(t.Context(), in, nil); !errors.Is(err, postgres.ErrJobLost) {
		t.Errorf("it ends with %v", err)
	}
	if n := d.one(`select count(*) from article`); n != "3" {
		t.Errorf("%s articles, want the 3 of before", n)
	}
	if d.one(`select state from import_job`) != "applying" || d.one(`select worker from import_job`) != "another" {
		t.Error("the job of the other was touched")
	}
}

func TestImportJob_of_a_server_that_stops_goes_on_with_the_next(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	v := d.owner()
	id := d.sent(v, manyArticles(40))
	d.ok(d.act.LookImport(t.Context(), v, id))
	d.work()
	d.ok(d.act.ApplyImport(t.Context(), v, id))
	ctx, stop := context.WithCancel(t.Context())
	go func() {
		for ctx.Err() == nil && d.one(`select count(*) from import_part`) == "0" { //nolint:revive // until then
		}
		stop()
	}()
	if _, err := d.act.WorkImports(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("it ends with %v", err)
	}
	j, _ := d.is(v, id, postgres.JobWaiting)
	if n := d.one(`select count(*) from article`); n == "0" || n == "40" || j.EndedAt != nil {
		t.Errorf("%s articles are here; ended %v", n, j.EndedAt)
	}
	d.work()
	if _, done := d.is(v, id, postgres.JobDone); done.Articles.New != 40 {
		t.Errorf("report: %+v", done.Report)
	}
	if n := d.one(`select count(*) from audit where action = 'import'`); n != "1" {
		t.Errorf("the audit tells of %s imports", n)
	}
}

func TestImportJob_that_always_ends_its_process_is_given_up(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	v := d.owner()
	id := d.sent(v, manyArticles(1))
	d.ok(d.act.LookImport(t.Context(), v, id))
	d.run(`update import_job set state = 'looking', worker = 'gone', backend = 0, lease_until = now() - interval '1 minute', attempts = 20`)
	d.work()
	if j, _ := d.is(v, id, postgres.JobFailed); j.Failure == "" {
		t.Error("it does not say why")
	}
	d.ok(d.act.ResumeImport(t.Context(), v, id)) // a person may try again
	d.work()
	d.is(v, id, postgres.JobFound)
}

func TestImportJob_that_was_cancelled_as_its_process_went_is_not_taken_over(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	v := d.owner()
	id := d.sent(v, manyArticles(1))
	d.ok(d.act.LookImport(t.Context(), v, id))
	d.run(`update import_job set state = 'looking', worker = 'gone', backend = 0, lease_until = now() - interval '1 minute', cancel = true`)
	d.work()
	d.is(v, id, postgres.JobCancelled)
}

func TestImportJob_of_the_shell_waits_for_one_that_was_killed_and_not_for_one_that_lives(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	in := action.ImportInput{Files: []action.ImportFile{stamped(manyArticles(3))}}
	ctx, stop := context.WithCancel(t.Context())
	in.Progress = func(p action.ImportProgress) {
		if p.Articles > 0 {
			stop()
		}
	}
	if _, err := d.act.ImportJobFromShell(ctx, in, nil); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	in.Progress = nil
	// The session of the other run is there all the time.
	d.ok(d.db.Do(t.Context(), func(ctx context.Context, tx *postgres.Tx) error {
		var backend int
		if err := tx.QueryRow(ctx, `select pg_backend_pid() from set_config('idle_in_transaction_session_timeout', '0', true)`).Scan(&backend); err != nil {
			return err
		}
		hold := `update import_job set state = 'applying', worker = 'another', lease_until = clock_timestamp() + $1::interval, backend = $2`
		d.with(hold, "2 seconds", backend) // and says nothing more
		done, err := d.act.ImportJobFromShell(t.Context(), in, nil)
		if err != nil || !done.Resumed || done.Articles.New != 3 {
			t.Errorf("after one that was killed: %v %+v", err, done)
		}
		d.with(hold, "20 seconds", backend)
		var enough atomic.Bool
		var beating sync.WaitGroup
		beating.Go(func() {
			for !enough.Load() {
				d.one(`select pg_sleep(0.1)`)
				d.with(hold, "20 seconds", backend)
			}
		})
		if _, err := d.act.ImportJobFromShell(t.Context(), in, nil); forum.KindOf(err) != forum.Conflict {
			t.Errorf("while another runs: %v", err)
		}
		enough.Store(true)
		beating.Wait()
		return nil
	}))
}

// with runs a statement with arguments.
func (d *desk) with(query string, args ...any) {
	d.t.Helper()
	d.ok(d.db.Do(d.t.Context(), func(ctx context.Context, tx *postgres.Tx) error {
		_, err := tx.Exec(ctx, query, args...)
		return err
	}))
}

func TestImportJob_that_meets_a_fault_of_the_program_fails_and_says_so(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	v := d.owner()
	id := d.sent(v)
	_, err := d.act.AddImportAddress(t.Context(), v, id, "https://old.example/")
	d.ok(err)
	d.act.OnAddress(func(context.Context, string) (io.ReadSeekCloser, error) { panic("too much") })
	d.ok(d.act.LookImport(t.Context(), v, id))
	if d.work() != 1 {
		t.Error("it should be tried once")
	}
	if j, _ := d.is(v, id, postgres.JobFailed); !strings.Contains(j.Failure, "log says more") {
		t.Errorf("it says %q", j.Failure)
	}
}
