package action_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
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
	if each := done.Each; len(each) != 1 || each[0].Format != "jsonl" || each[0].Articles != 12 || each[0].Comments != 39 || each[0].Refused != len(want.Refused) {
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

func TestImportJob_lets_go_of_its_files_after_a_day(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	v := d.owner()
	found, done := d.sent(v, manyArticles(1)), d.sent(v, manyArticles(2))
	for _, id := range []postgres.JobID{found, done} {
		d.ok(d.act.LookImport(t.Context(), v, id))
	}
	d.work()
	d.ok(d.act.ApplyImport(t.Context(), v, done))
	d.work()
	d.run(`update import_job set files_until = now() - interval '1 second'`)
	if err := d.act.ApplyImport(t.Context(), v, found); forum.KindOf(err) != forum.Gone {
		t.Errorf("applied without its files: %v", err)
	}
	d.sent(v) // whoever begins one tidies up
	if _, err := d.db.ImportJob(t.Context(), v, found); forum.KindOf(err) != forum.NotFound {
		t.Errorf("one that brought nothing: %v", err)
	}
	if j, _ := d.is(v, done, postgres.JobDone); !j.FilesGone || d.one(`select count(*) from import_chunk`) != "0" {
		t.Error("the files of the other should be gone, and nothing else")
	}
}

func TestImportJob_does_not_take_a_file_that_is_gone_for_an_empty_one(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	v := d.owner()
	id := d.sent(v, manyArticles(1))
	d.ok(d.act.LookImport(t.Context(), v, id))
	d.run(`delete from import_chunk`)
	d.work()
	if j, _ := d.is(v, id, postgres.JobFailed); !strings.Contains(j.Failure, "no longer kept") {
		t.Errorf("it says %q", j.Failure)
	}
}

// broken is a file whose sender goes away.
type broken struct{ left int }

func (b *broken) Read(p []byte) (int, error) {
	if b.left == 0 {
		return 0, io.ErrUnexpectedEOF
	}
	n := min(len(p), b.left)
	b.left -= n
	return n, nil
}

func TestImportJob_receives_files_in_pieces_and_whole(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	v := d.owner()
	id := d.sent(v)
	long := strings.Repeat("0123456789abcdef", 3<<20/16) + "end"
	n, err := d.act.AddImportFile(t.Context(), v, id, `C:\old\..\long.txt`, strings.NewReader(long))
	d.ok(err)
	for _, size := range []int{5, 2<<20 + 7} {
		if _, err := d.act.AddImportFile(t.Context(), v, id, "broken", &broken{size}); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("a file that breaks off: %v", err)
		}
	}
	if _, err := d.act.AddImportFile(t.Context(), v, id, "empty", strings.NewReader("")); forum.KindOf(err) != forum.Invalid {
		t.Errorf("an empty file: %v", err)
	}
	files, err := d.db.JobFiles(t.Context(), v, id)
	d.ok(err)
	if len(files) != 1 || files[0].Number != n || files[0].Size != int64(len(long)) || files[0].Name != "C:/long.txt" {
		t.Fatalf("files: %+v", files)
	}
	if d.one(`select count(*) from import_chunk`) != "4" {
		t.Error("want four pieces")
	}
	content := d.db.OpenJobFile(t.Context(), id, files[0])
	all, err := io.ReadAll(content)
	if err != nil || string(all) != long {
		t.Errorf("read %d bytes, %v", len(all), err)
	}
	part := make([]byte, 20)
	if _, err := content.ReadAt(part, 1<<20-10); err != nil || string(part) != long[1<<20-10:][:20] {
		t.Errorf("across two pieces: %q, %v", part, err)
	}
	if m, err := content.ReadAt(part, int64(len(long))-3); m != 3 || err != io.EOF {
		t.Errorf("at the end: %d, %v", m, err)
	}
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

func TestImportJob_groups_what_it_found(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	v := d.owner()
	id := d.sent(v, manyArticles(11))
	d.ok(d.act.LookImport(t.Context(), v, id))
	d.work()
	groups, err := d.db.FindingGroups(t.Context(), v, id)
	d.ok(err)
	if len(groups) != 3 || groups[0].Kind != postgres.FindingRefused || groups[2].Kind != postgres.FindingRepair {
		t.Fatalf("groups: %+v", groups)
	}
	for _, g := range groups {
		list, err := d.db.Findings(t.Context(), v, id, g.Kind, g.Reason, 1, 10)
		d.ok(err)
		if g.Count != 3 || len(list) != 2 || list[0].Line <= g.First.Line {
			t.Errorf("%+v: %+v", g, list)
		}
	}
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

func TestImportJob_shows_both_texts_of_a_conflict_where_they_differ(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	v := d.owner()
	same := strings.Repeat("word ", 60)
	file := func(end string) string {
		return `{"type":"article","slug":"s","title":"T"}` + "\n" + `{"type":"comment","article":"s","id":"k","parent":null,"author":"Ann","body_text":"` + same + end + `"}` + "\n"
	}
	d.ok(d.again(v, postgres.JobOptions{}, file("as it was")))
	d.run(`insert into comment_revision (comment_id, revision, at, source_format, source_text, body_html, body_text, policy_version)
		select comment_id, 2, now(), source_format, source_text, body_html, replace(body_text, 'as it was', 'our edit'), policy_version from comment_revision`)
	d.run(`update comment set revision = 2`)
	d.ok(d.again(v, postgres.JobOptions{}, file("their edit")))
	groups, err := d.db.FindingGroups(t.Context(), v, 2)
	d.ok(err)
	if len(groups) != 1 || groups[0].Kind != postgres.FindingConflict {
		t.Fatalf("groups: %+v", groups)
	}
	f := groups[0].First
	if !strings.HasPrefix(f.Ours, "…word ") || !strings.HasSuffix(f.Ours, "our edit") || !strings.HasSuffix(f.Excerpt, "their edit") || f.Comment == 0 || f.ID != "k" {
		t.Errorf("finding: %+v", f)
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

func TestImportJob_counts_what_readers_only_count(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	v := d.owner()
	id := d.sent(v)
	d.ok(d.db.Do(t.Context(), func(ctx context.Context, tx *postgres.Tx) error {
		return tx.AddFindings(ctx, id, false, []postgres.ImportFinding{
			{Kind: postgres.FindingRepair, File: "f", Line: 1, Reason: "In line 1 “a” was “b”."},
			{Kind: postgres.FindingRepair, File: "f", Line: 2, Reason: "In line 2 “c” was “d”."},
			{Kind: postgres.FindingRepair, File: "f", Line: 3, Reason: "From here on 40 times more: In line 3 “e” was “f”."},
		})
	}))
	groups, err := d.db.FindingGroups(t.Context(), v, id)
	d.ok(err)
	if len(groups) != 1 || groups[0].Count != 42 || groups[0].Reason != "In line … “…” was “…”." || groups[0].First.Line != 1 {
		t.Errorf("groups: %+v", groups)
	}
	counts, err := d.db.FindingCounts(t.Context(), v, id)
	if d.ok(err); counts[postgres.FindingRepair] != 42 {
		t.Errorf("counts: %v", counts)
	}
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

// fetched is what was got at an address.
type fetched struct{ *strings.Reader }

func (fetched) Close() error { return nil }

func TestImportJob_of_an_address_applies_what_was_looked_at(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	v := d.owner()
	times := 0
	d.act.OnAddress(func(_ context.Context, address string) (io.ReadSeekCloser, error) {
		if address != "https://old.example/all.jsonl" {
			return nil, forum.NewError(forum.NotFound, "There is nothing at this address.")
		}
		times++
		return fetched{strings.NewReader(manyArticles(times))}, nil // more each time
	})
	id := d.sent(v)
	for _, address := range []string{"https://old.example/all.jsonl", "https://old.example/gone"} {
		_, err := d.act.AddImportAddress(t.Context(), v, id, address)
		d.ok(err)
	}
	for _, address := range []string{"old.example", "ftp://old.example/", "javascript:alert(1)", "https://"} {
		if _, err := d.act.AddImportAddress(t.Context(), v, id, address); forum.KindOf(err) != forum.Invalid {
			t.Errorf("%s: %v", address, err)
		}
	}
	for range 2 { // looked at again, it is fetched again
		d.ok(d.act.LookImport(t.Context(), v, id))
		d.work()
	}
	_, found := d.is(v, id, postgres.JobFound)
	d.ok(d.act.ApplyImport(t.Context(), v, id))
	d.work()
	_, done := d.is(v, id, postgres.JobDone)
	if times != 2 || found.Articles.New != 2 || done.Articles.New != 2 {
		t.Errorf("fetched %d times; found %+v, done %+v", times, found.Articles, done.Articles)
	}
	if !strings.Contains(d.findings(id), "There is nothing at this address.") {
		t.Errorf("findings: %s", d.findings(id))
	}
}

func TestImportJob_lists_what_the_source_has_no_longer(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	v := d.owner()
	d.ok(d.again(v, postgres.JobOptions{}, scrape))
	all := d.export()
	less := strings.Replace(scrape, "\n    2. Arthur says:\n\n      I saw it at the station, I am quite sure of that.\n", "", 1)
	if less == scrape {
		t.Fatal("nothing was taken out")
	}
	d.ok(d.again(v, postgres.JobOptions{}, less))
	if d.export() != all {
		t.Error("something was changed")
	}
	groups, err := d.db.FindingGroups(t.Context(), v, 2)
	d.ok(err)
	if len(groups) != 1 || groups[0].Count != 1 || !strings.Contains(groups[0].First.Ours, "at the station") || groups[0].First.Comment == 0 {
		t.Errorf("groups: %+v", groups)
	}
	d.ok(d.again(v, postgres.JobOptions{}, scrape))
	if n := d.findings(3); n != "" {
		t.Errorf("with everything there again: %s", n)
	}
	// A file that breaks off says nothing of what comes after.
	d.ok(d.again(v, postgres.JobOptions{Source: "x", Format: "disqus"}, `<disqus><thread dsq:id="1"><title>T</title><link>https://x.example/t</link></thread><post dsq:id="2"><message>One</message><createdAt>2019-01-01T00:00:00Z</createdAt><thread dsq:id="1"/></post><post dsq:id="3"><message>Two</message><createdAt>2019-01-02T00:00:00Z</createdAt><thread dsq:id="1"/></post></disqus>`))
	d.ok(d.again(v, postgres.JobOptions{Source: "x", Format: "disqus"}, `<disqus><thread dsq:id="1"><title>T</title><link>https://x.example/t</link></thread><post dsq:id="2"><message>One</message><createdAt>2019-01-01T00:00:00Z</createdAt><thread dsq:id="1"/></post><post dsq:id="3"><mess`))
	if list := d.findings(5); strings.Contains(list, "no longer has") || list == "" || d.one(`select count(*) from comment where portable_id is not null`) != "6" {
		t.Errorf("a file that breaks off: %s", list)
	}
}

func TestImportJob_of_the_shell_waits_for_one_that_was_killed_and_not_for_one_that_lives(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	in := action.ImportInput{Files: []action.ImportFile{stamped(manyArticles(3))}}
	session, err := d.db.ImportSession(t.Context())
	d.ok(err)
	defer session.Close(t.Context())
	ctx, stop := context.WithCancel(t.Context())
	in.Progress = func(p action.ImportProgress) {
		if p.Articles > 0 {
			stop()
		}
	}
	if _, err := d.act.ImportJobFromShell(ctx, in, nil); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	// Held by a session that is still there, but says nothing more; its hold ends.
	d.run(`update import_job set state = 'applying', worker = 'killed', lease_until = now() + interval '2 seconds',
		backend = (select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() limit 1)`)
	in.Progress = nil
	done, err := d.act.ImportJobFromShell(t.Context(), in, nil)
	d.ok(err)
	if !done.Resumed || done.Articles.New != 3 {
		t.Errorf("%+v", done.Report)
	}
	d.run(`update import_job set state = 'applying', worker = 'alive', lease_until = now() + interval '20 seconds',
		backend = (select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() limit 1)`)
	var enough atomic.Bool
	var beating sync.WaitGroup
	beating.Go(func() {
		for !enough.Load() {
			d.one(`select pg_sleep(0.1)`)
			d.run(`update import_job set lease_until = clock_timestamp() + interval '20 seconds'`)
		}
	})
	if _, err := d.act.ImportJobFromShell(t.Context(), in, nil); forum.KindOf(err) != forum.Conflict {
		t.Errorf("while another runs: %v", err)
	}
	enough.Store(true)
	beating.Wait()
}

func TestImportJob_of_the_shell_has_its_files_by_name(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	v := d.owner()
	_, err := d.act.ImportJobFromShell(t.Context(), action.ImportInput{Files: []action.ImportFile{stamped(manyArticles(1)), textFile("second", scrape)}}, nil)
	d.ok(err)
	files, err := d.db.JobFiles(t.Context(), v, 1)
	d.ok(err)
	if j, _ := d.is(v, 1, postgres.JobDone); len(files) != 2 || files[1].Name != "second" || j.Files != 2 || j.FirstFile != "file" || !j.Shell {
		t.Errorf("%+v %+v", files, j)
	}
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
