package action_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"hustings/internal/action"
	"hustings/internal/forum"
	"hustings/internal/postgres"
)

// manyArticles is a file of n articles with three comments each; every fifth
// article has something that is put right and something that is left out.
func manyArticles(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `{"type":"article","slug":"a%d","title":"Article %d","source_url":"https://old.example/%d/"}`+"\n", i, i, i)
		fmt.Fprintf(&b, `{"type":"comment","article":"a%d","id":"%d-1","parent":null,"author":"Ann","body_text":"One of %d"}`+"\n", i, i, i)
		fmt.Fprintf(&b, `{"type":"comment","article":"a%d","id":"%d-2","parent":"%d-1","author":"Ben","body_text":"Two"}`+"\n", i, i, i)
		parent := fmt.Sprintf("%d-2", i)
		if i%5 == 0 {
			parent = fmt.Sprintf("lost-%d", i)
			fmt.Fprintf(&b, `{"type":"comment","article":"a%d","id":"%d-1","parent":null,"author":"Ann","body_text":"Another with the id"}`+"\n", i, i)
			b.WriteString("{\"type\":\"comm\n")
		}
		fmt.Fprintf(&b, `{"type":"comment","article":"a%d","id":"%d-3","parent":"%s","author":"Cid","body_text":"Three"}`+"\n", i, i, parent)
	}
	return b.String()
}

// sent makes an import of the browser that has received files.
func (d *desk) sent(v forum.Viewer, contents ...string) postgres.JobID {
	d.t.Helper()
	id, err := d.act.StartImport(d.t.Context(), v, postgres.JobOptions{})
	d.ok(err)
	for i, content := range contents {
		_, err := d.act.AddImportFile(d.t.Context(), v, id, fmt.Sprintf("folder/file%d.jsonl", i), strings.NewReader(content))
		d.ok(err)
	}
	return id
}

func (d *desk) ok(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

// work lets a worker do what waits.
func (d *desk) work() (n int) {
	d.t.Helper()
	for {
		worked, err := d.act.WorkImports(d.t.Context())
		d.ok(err)
		if !worked {
			return n
		}
		n++
	}
}

// is reads a job that should be in a state.
func (d *desk) is(v forum.Viewer, id postgres.JobID, state postgres.JobState) (j postgres.ImportJob, done action.Imported) {
	d.t.Helper()
	j, err := d.db.ImportJob(d.t.Context(), v, id)
	d.ok(err)
	if j.State != state {
		d.t.Fatalf("the import is %s, want %s: %s", j.State, state, j.Failure)
	}
	done, _ = action.JobReport(j)
	return j, done
}

// findings are those of a job, a line each.
func (d *desk) findings(id postgres.JobID) string {
	d.t.Helper()
	var b strings.Builder
	d.ok(d.db.EachFindingForWork(d.t.Context(), id, func(f postgres.ImportFinding) error {
		fmt.Fprintf(&b, "%+v\n", f)
		return nil
	}))
	return b.String()
}

func TestImportJob_of_the_browser_does_what_one_of_the_shell_does(t *testing.T) {
	t.Parallel()
	content := manyArticles(12)
	shell := newDesk(t)
	want := shell.take(action.ImportInput{Files: []action.ImportFile{textFile("folder/file0.jsonl", content)}})

	d := newDesk(t)
	v := d.owner()
	id := d.sent(v, content)
	d.ok(d.act.LookImport(t.Context(), v, id))
	if before := d.export(); d.work() != 1 || d.export() != before {
		t.Error("looking changed something")
	}
	_, found := d.is(v, id, postgres.JobFound)
	if found.Articles != want.Articles || found.Comments != want.Comments || !found.DryRun || len(found.Links[0].Preview) != 4 {
		t.Errorf("found %+v", found)
	}
	looked := d.findings(id)
	if n := len(want.Refused) + len(want.Repairs); strings.Count(looked, "\n") != n || n == 0 {
		t.Errorf("%d findings expected:\n%s", n, looked)
	}
	d.ok(d.act.ApplyImport(t.Context(), v, id))
	d.work()
	j, done := d.is(v, id, postgres.JobDone)
	if done.Comments != want.Comments || done.Job != int64(id) || d.export() != shell.export() {
		t.Errorf("done %+v", done)
	}
	if each := done.Each; len(each) != 1 || each[0].Format != "jsonl" || each[0].Articles != 12 || each[0].Comments != 36 || each[0].Refused != len(want.Refused) {
		t.Errorf("files: %+v", each)
	}
	if now := d.findings(id); now != looked {
		t.Errorf("found:\n%s\ndone:\n%s", looked, now)
	}
	if j.Articles != 12 || j.ArticlesOf != 12 || j.Bytes != int64(len(content)) || j.BytesOf != j.Bytes || j.Share() != 1 || j.Active() {
		t.Errorf("progress: %+v", j.JobProgress)
	}
	d.whole()
}

func TestImportJob_of_two_browsers_is_applied_once(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	v := d.owner()
	id := d.sent(v, manyArticles(4))
	d.ok(d.act.LookImport(t.Context(), v, id))
	d.work()
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if err := d.act.ApplyImport(t.Context(), v, id); err != nil {
				t.Error(err)
			}
			if _, err := d.act.WorkImports(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	_, done := d.is(v, id, postgres.JobDone)
	if done.Articles.New != 4 || d.one(`select count(*) from article`) != "4" {
		t.Errorf("report: %+v", done.Report)
	}
	d.ok(d.act.ApplyImport(t.Context(), v, id))
	if d.work() != 0 {
		t.Error("it was applied again")
	}
	if n := d.one(`select count(*) from audit where action = 'import'`); n != "1" {
		t.Errorf("the audit tells of %s imports", n)
	}
}

func TestImportJob_is_not_applied_when_another_import_came_between(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	v := d.owner()
	id, other := d.sent(v, manyArticles(2)), d.sent(v, manyArticles(1))
	d.ok(d.act.LookImport(t.Context(), v, id))
	d.ok(d.act.LookImport(t.Context(), v, other))
	d.work()
	d.ok(d.act.ApplyImport(t.Context(), v, other))
	d.work()
	if err := d.act.ApplyImport(t.Context(), v, id); forum.KindOf(err) != forum.Conflict {
		t.Errorf("applied: %v", err)
	}
	d.ok(d.act.LookImport(t.Context(), v, id))
	d.work()
	if _, found := d.is(v, id, postgres.JobFound); found.Articles.New != 1 || found.Articles.Same != 1 {
		t.Errorf("found %+v", found.Report)
	}
	d.ok(d.act.ApplyImport(t.Context(), v, id))
	d.work()
	d.is(v, id, postgres.JobDone)
}

func TestImportJob_is_cancelled_and_resumed_in_the_browser(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	v := d.owner()
	id := d.sent(v, manyArticles(3))
	d.ok(d.act.LookImport(t.Context(), v, id))
	d.ok(d.act.CancelImport(t.Context(), v, id))
	if d.work() != 0 {
		t.Error("a cancelled import was carried out")
	}
	d.is(v, id, postgres.JobCancelled)
	d.ok(d.act.ResumeImport(t.Context(), v, id))
	d.work()
	d.is(v, id, postgres.JobFound)
	d.ok(d.act.ApplyImport(t.Context(), v, id))
	d.ok(d.act.CancelImport(t.Context(), v, id))
	d.ok(d.act.ResumeImport(t.Context(), v, id))
	d.work()
	d.is(v, id, postgres.JobDone)
	d.ok(d.act.CancelImport(t.Context(), v, id)) // too late: nothing happens
	d.is(v, id, postgres.JobDone)
}

func TestImportJobs_are_for_admins_only(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	admin := d.owner()
	id := d.sent(admin, manyArticles(1))
	mod := admin
	mod.Role = forum.Moderator
	for _, v := range []forum.Viewer{forum.Anonymous, mod} {
		if _, err := d.db.ImportJob(t.Context(), v, id); forum.KindOf(err) != forum.NotFound {
			t.Errorf("reads it: %v", err)
		}
		list, _ := d.db.ImportJobs(t.Context(), v, 0, 10)
		files, _ := d.db.JobFiles(t.Context(), v, id)
		groups, _ := d.db.FindingGroups(t.Context(), v, id)
		if len(list)+len(files)+len(groups) > 0 {
			t.Error("sees something")
		}
		for name, act := range map[string]func(context.Context, forum.Viewer, postgres.JobID) error{
			"look": d.act.LookImport, "apply": d.act.ApplyImport, "cancel": d.act.CancelImport, "resume": d.act.ResumeImport,
			"undo": d.act.UndoImport, "discard": d.act.DiscardImport,
			"start": func(ctx context.Context, v forum.Viewer, _ postgres.JobID) error {
				_, err := d.act.StartImport(ctx, v, postgres.JobOptions{})
				return err
			},
			"send": func(ctx context.Context, v forum.Viewer, id postgres.JobID) error {
				_, err := d.act.AddImportFile(ctx, v, id, "f", strings.NewReader("x"))
				return err
			},
			"address": func(ctx context.Context, v forum.Viewer, id postgres.JobID) error {
				_, err := d.act.AddImportAddress(ctx, v, id, "https://example.org/")
				return err
			},
		} {
			if kind := forum.KindOf(act(t.Context(), v, id)); kind != forum.Forbidden && kind != forum.Unauthenticated {
				t.Errorf("%s: %v", name, kind)
			}
		}
	}
	d.is(admin, id, postgres.JobReceiving)
}

func TestImportJob_of_drafts_publishes_nothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	v := d.owner()
	id, err := d.act.StartImport(t.Context(), v, postgres.JobOptions{Drafts: true})
	d.ok(err)
	_, err = d.act.AddImportFile(t.Context(), v, id, "f", strings.NewReader(manyArticles(2)))
	d.ok(err)
	d.ok(d.act.LookImport(t.Context(), v, id))
	d.work()
	d.ok(d.act.ApplyImport(t.Context(), v, id))
	d.work()
	if states := d.one(`select string_agg(distinct state::text, ',') from article`); states != "draft" {
		t.Errorf("states: %s", states)
	}
	d.run(`update article set state = 'published'`)
	d.ok(d.again(v, postgres.JobOptions{Drafts: true}, manyArticles(2)))
	if states := d.one(`select string_agg(distinct state::text, ',') from article`); states != "published" {
		t.Errorf("after another import what was published is %s", states)
	}
}

// again imports a file in the browser from beginning to end.
func (d *desk) again(v forum.Viewer, o postgres.JobOptions, content string) error {
	d.t.Helper()
	id, err := d.act.StartImport(d.t.Context(), v, o)
	d.ok(err)
	_, err = d.act.AddImportFile(d.t.Context(), v, id, "f", strings.NewReader(content))
	d.ok(err)
	d.ok(d.act.LookImport(d.t.Context(), v, id))
	d.work()
	err = d.act.ApplyImport(d.t.Context(), v, id)
	d.work()
	return err
}

func TestImportJob_of_the_shell_is_taken_back_in_the_browser(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	v := d.owner()
	before := d.export()
	_, err := d.act.ImportJobFromShell(t.Context(), action.ImportInput{Files: []action.ImportFile{stamped(manyArticles(3))}}, nil)
	d.ok(err)
	d.ok(d.act.UndoImport(t.Context(), v, 1))
	d.ok(d.act.CancelImport(t.Context(), v, 1))
	d.is(v, 1, postgres.JobCancelled)
	d.ok(d.act.ResumeImport(t.Context(), v, 1))
	d.ok(d.act.UndoImport(t.Context(), v, 1)) // asked twice
	if d.work() != 1 {
		t.Error("it should be done once")
	}
	j, _ := d.is(v, 1, postgres.JobUndone)
	var done action.Undone
	if err := json.Unmarshal(j.Undo, &done); err != nil || done.Articles.Removed != 3 || d.export() != before {
		t.Errorf("%v: %s", err, j.Undo)
	}
	d.whole()
}
