package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"hustings/internal/action"
	"hustings/internal/forum"
	"hustings/internal/importer"
	"hustings/internal/pgembed"
	"hustings/internal/pgtest"
	"hustings/internal/postgres"
)

// asProgram makes the test's own binary the program, so that it can be killed.
const asProgram = "HUSTINGS_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		os.Exit(run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// kills is how many random moments are tried; HUSTINGS_TEST_KILLS gives another
// number.
func kills() int {
	if n, err := strconv.Atoi(os.Getenv("HUSTINGS_TEST_KILLS")); err == nil {
		return n
	}
	return 3
}

const (
	killArticles = 60
	killComments = 25 // in each of them
)

// threadsFile is a file of articles with threads, in which some things have to be
// put right or left out.
func threadsFile(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	for i := range killArticles {
		fmt.Fprintf(&b, `{"type":"article","slug":"a%d","title":"Article %d"}`+"\n", i, i)
		for k := range killComments {
			parent := "null"
			if k%3 > 0 {
				parent = fmt.Sprintf(`"%d-%d"`, i, k-1)
			}
			fmt.Fprintf(&b, `{"type":"comment","article":"a%d","id":"%d-%d","parent":%s,"author":"Person %d","body_text":"Comment %d of %d, at some length."}`+"\n", i, i, k, parent, k%7, k, i)
		}
		fmt.Fprintf(&b, `{"type":"comment","article":"a%d","id":"%d-0","parent":null,"body_text":"Another with the same id"}`+"\n{\"type\":\"com\n", i, i)
	}
	return write(t, filepath.Join(t.TempDir(), "threads.jsonl"), b.String())
}

// program is a run of the program as a process of its own.
func program(ctx context.Context, url string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, os.Args[0], args...)
	cmd.Env = append(os.Environ(), asProgram+"=1", "DATABASE_URL="+url)
	return cmd
}

// outcome is what an import has left behind: its report, the export, and what it
// found.
type outcome struct{ report, export, findings string }

// bringThrough imports to the end.
func bringThrough(t *testing.T, url, file string) outcome {
	t.Helper()
	found := filepath.Join(t.TempDir(), "found.csv")
	report, err := program(t.Context(), url, "import", "--json", "--findings", found, file).Output()
	if code, ok := errors.AsType[*exec.ExitError](err); err != nil && (!ok || code.ExitCode() != exitSomeRefused) {
		t.Fatalf("%v %s", err, code.Stderr)
	}
	var r importer.Report
	if err := json.Unmarshal(report, &r); err != nil {
		t.Fatal(err)
	}
	r.Seconds = 0
	report, err = json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	export, err := program(t.Context(), url, "export").Output()
	if err != nil {
		t.Fatal(err)
	}
	findings, err := os.ReadFile(found)
	if err != nil {
		t.Fatal(err)
	}
	return outcome{string(report), string(export), string(findings)}
}

// watch reads articles as readers do, until ctx ends, and tells of one with a part
// of its comments only.
func watch(ctx context.Context, db *postgres.DB) (seen int, fault string) {
	for ctx.Err() == nil {
		whole, partly := 0, ""
		err := db.Do(ctx, func(ctx context.Context, tx *postgres.Tx) error {
			return tx.QueryRow(ctx, `select count(*) filter (where n = $1), coalesce(string_agg(slug || ' has ' || n, ', ') filter (where n <> $1), '')
				from (select slug, (select count(*) from comment c where c.article_id = a.id) as n from article a) counted`, killComments).Scan(&whole, &partly)
		})
		if err == nil && partly != "" {
			return seen, partly
		}
		seen = max(seen, whole)
	}
	return seen, ""
}

func TestImport_killed_at_any_moment_goes_on_and_ends_as_if_it_had_not_been(t *testing.T) {
	t.Parallel()
	file := threadsFile(t)
	start := time.Now()
	want := bringThrough(t, pgtest.NewURL(t), file)
	took := time.Since(start)
	resumed := 0
	for i := range kills() {
		url := pgtest.NewURL(t)
		db, err := postgres.Open(t.Context(), url, postgres.Options{MaxConns: 2})
		if err != nil {
			t.Fatal(err)
		}
		moment := time.Duration(float64(took) * rand.Float64()) //nolint:gosec // any moment will do
		watching, enough := context.WithCancel(t.Context())
		faults := make(chan string, 1)
		go func() {
			_, fault := watch(watching, db)
			faults <- fault
		}()
		ctx, cancel := context.WithTimeout(t.Context(), moment)
		killed := program(ctx, url, "import", "--json", file).Run()
		cancel()
		parts := count(t, db, `select count(*) from import_part`)
		if killed != nil && parts > 0 && parts < killArticles {
			resumed++
		}
		got := bringThrough(t, url, file)
		enough()
		if fault := <-faults; fault != "" {
			t.Errorf("round %d: a reader saw an article with a part of its comments: %s", i, fault)
		}
		if strings.Contains(got.report, `"job":2`) { // the first had come to its end
			db.Close()
			continue
		}
		if got != want {
			t.Errorf("round %d, killed after %s with %d articles: the outcome differs\ngot  %s\nwant %s", i, moment, parts, got.report, want.report)
		}
		db.Close()
	}
	t.Logf("%d of %d were killed between the first and the last article", resumed, kills())
}

// untilParts waits until an import has finished so many articles.
func untilParts(ctx context.Context, db *postgres.DB, n int) {
	for done := 0; ctx.Err() == nil && done < n; {
		err := db.Do(ctx, func(ctx context.Context, tx *postgres.Tx) error {
			return tx.QueryRow(ctx, `select count(*) from import_part`).Scan(&done)
		})
		if err != nil {
			return
		}
	}
}

func count(t *testing.T, db *postgres.DB, query string) (n int) {
	t.Helper()
	err := db.Do(t.Context(), func(ctx context.Context, tx *postgres.Tx) error { return tx.QueryRow(ctx, query).Scan(&n) })
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// serving is a server of its own, on a free port.
func serving(t *testing.T, url string) *exec.Cmd {
	t.Helper()
	cmd := program(t.Context(), url, "serve")
	cmd.Env = append(cmd.Env, "LISTEN_ADDR=127.0.0.1:0")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill() //nolint:errcheck // it may have ended
		cmd.Wait()         //nolint:errcheck // it was killed
	})
	return cmd
}

func TestServe_killed_while_it_imports_is_taken_over_by_another_server(t *testing.T) {
	t.Parallel()
	file := threadsFile(t)
	want := bringThrough(t, pgtest.NewURL(t), file)

	url := pgtest.NewURL(t)
	db, err := postgres.Open(t.Context(), url, postgres.Options{MaxConns: 4})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	act := action.New(db, slog.New(slog.DiscardHandler))
	id := sendImport(t, db, act, file)
	reach := func(what, condition string) {
		t.Helper()
		for count(t, db, `select count(*) from import_job where `+condition) == 0 {
			if t.Context().Err() != nil {
				t.Fatalf("never %s", what)
			}
		}
	}
	first := serving(t, url)
	reach("found", `state = 'found'`)
	if err := act.ApplyImport(t.Context(), admin(t, db), id); err != nil {
		t.Fatal(err)
	}
	reach("half done", `(select count(*) from import_part) >= 20`)
	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	serving(t, url)
	reach("done", `state = 'done'`)
	export, err := program(t.Context(), url, "export").Output()
	if err != nil {
		t.Fatal(err)
	}
	if string(export) != want.export {
		t.Error("the export differs")
	}
	j, err := db.JobForWork(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	done, _ := action.JobReport(j)
	if done.Articles.New != killArticles || done.Comments.New != killArticles*killComments || count(t, db, `select count(*) from import_finding`) != 2*killArticles {
		t.Errorf("report: %+v", done.Report)
	}
}

// admin is an account that may import.
func admin(t *testing.T, db *postgres.DB) forum.Viewer {
	t.Helper()
	v := forum.Viewer{Role: forum.Admin}
	err := db.Do(t.Context(), func(ctx context.Context, tx *postgres.Tx) error {
		return tx.QueryRow(ctx, `insert into person (kind, role, name, handle, skeleton) values ('member', 'admin', 'Ada', 'ada', 'ada')
			on conflict (handle) do update set name = excluded.name returning id`).Scan(&v.ID)
	})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// sendImport makes an import of the browser that waits to be looked at.
func sendImport(t *testing.T, db *postgres.DB, act *action.Actions, file string) postgres.JobID {
	t.Helper()
	v := admin(t, db)
	id, err := act.StartImport(t.Context(), v, postgres.JobOptions{})
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer content.Close() //nolint:errcheck // it was only read
	if _, err := act.AddImportFile(t.Context(), v, id, "threads.jsonl", content); err != nil {
		t.Fatal(err)
	}
	if err := act.LookImport(t.Context(), v, id); err != nil {
		t.Fatal(err)
	}
	return id
}

func TestImport_that_is_interrupted_says_how_to_go_on(t *testing.T) {
	s := newShell(t)
	file := threadsFile(t)
	ctx, interrupt := context.WithCancel(t.Context())
	go func() {
		untilParts(ctx, s.db, 5)
		interrupt()
	}()
	var out, said bytes.Buffer
	if code := run(ctx, []string{"import", file}, nil, &out, &said); code != exitFailed {
		t.Fatalf("exit %d: %s%s", code, &out, &said)
	}
	if words := said.String(); !strings.Contains(words, "The same command again goes on with it; “hustings import --undo 1”") {
		t.Errorf("it says %s", words)
	}
	if list := s.ok("", "import", "--list"); !strings.Contains(list, "cancelled") {
		t.Errorf("the list: %s", list)
	}
	code, text, words := s.run("", "import", file)
	if code != exitSomeRefused || !strings.Contains(words, "going on with import 1") || !strings.Contains(text, "articles         60        0        0") {
		t.Errorf("exit %d: %s%s", code, text, words)
	}
	if text := s.ok("", "import", "--undo", "1"); !strings.Contains(text, "60 articles and 1500 comments removed") {
		t.Errorf("undone: %s", text)
	}
	if export := s.ok("", "export"); strings.Count(export, "\n") != 1 {
		t.Errorf("left: %s", export)
	}
	if code, _, words := s.run("", "import", "--undo", "1"); code != exitFailed || !strings.Contains(words, "taken back already") {
		t.Errorf("a second time: exit %d, %s", code, words)
	}
	if code, _, words := s.run("", "import", "--undo", "9"); code != exitFailed || !strings.Contains(words, "no such import") {
		t.Errorf("none such: exit %d, %s", code, words)
	}
}

func TestImport_outlives_a_database_that_is_killed(t *testing.T) {
	t.Parallel()
	file := threadsFile(t)
	want := bringThrough(t, pgtest.NewURL(t), file)

	dir := pgtest.DataDir(t)
	private, err := pgembed.Start(t.Context(), pgembed.Options{Dir: dir})
	if err != nil {
		t.Skipf("there is no PostgreSQL to kill: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), stopWithin)
		defer cancel()
		if err := private.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	if err := postgres.Migrate(t.Context(), private.URL()); err != nil {
		t.Fatal(err)
	}
	db, err := postgres.Open(t.Context(), private.URL(), postgres.Options{MaxConns: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	killed := make(chan error, 1)
	go func() {
		untilParts(t.Context(), db, killArticles/3)
		killed <- killPostmaster(dir)
	}()
	got := bringThrough(t, private.URL(), file)
	if err := <-killed; err != nil {
		t.Fatal(err)
	}
	if got != want {
		t.Errorf("the outcome differs\ngot  %s\nwant %s", got.report, want.report)
	}
}

// killPostmaster ends the private database as the power would.
func killPostmaster(dir string) error {
	content, err := os.ReadFile(filepath.Join(dir, "postgres", "postmaster.pid"))
	if err != nil {
		return err
	}
	line, _, _ := strings.Cut(string(content), "\n")
	pid, err := strconv.Atoi(line)
	if err != nil {
		return err
	}
	process, err := os.FindProcess(pid)
	if err != nil {
		return err
	}
	return process.Kill()
}
