package action_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"hustings/internal/action"
	"hustings/internal/forum"
	"hustings/internal/postgres"
)

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
	for _, address := range []string{"old.example", "ftp://old.example/", "javascript:alert(1)", "https://", "https://ann:secret@old.example/"} {
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
