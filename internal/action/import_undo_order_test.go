package action_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"hustings/internal/action"
	"hustings/internal/forum"
	"hustings/internal/postgres"
)

// version is what one site says of an article at some time: some of its comments,
// some of them edited, held or lost since it last said something. Their ids are
// the same everywhere.
func version(r *rand.Rand) string {
	var b strings.Builder
	fmt.Fprintf(&b, `{"type":"article","id":"0198f6a2-0000-7000-8000-00000000000f","slug":"s","title":"Title %d","state":%q,"body_html":"<p>Text %d</p>","source_url":"https://old.example/%d"}`+"\n",
		r.IntN(3), []string{"published", "published", "draft"}[r.IntN(3)], r.IntN(2), r.IntN(3))
	const n = 9
	for i := 1; i <= n; i++ {
		if r.IntN(3) == 0 {
			continue
		}
		parent := "null"
		if i > 1 && r.IntN(4) > 0 {
			parent = fmt.Sprintf(`"0198f6a2-0000-7000-8000-0000000000%02d"`, 1+i*7%(i-1))
		}
		fmt.Fprintf(&b, `{"type":"comment","article":"s","id":"0198f6a2-0000-7000-8000-0000000000%02d","parent":%s,"author":%q,"state":%q,"branch":%s,"kind":"comment","body_html":"<p>Text %d of %d</p>"}`+"\n",
			i, parent, []string{"Ann", "Bob", "Cleo"}[r.IntN(3)], []string{"published", "published", "held", "spam"}[r.IntN(4)],
			[]string{"null", "null", "null", `"removed"`, `"locked"`}[r.IntN(5)], r.IntN(3), i)
	}
	return b.String()
}

// scraped is the same of a file without ids: keys change with the texts.
func scraped(r *rand.Rand) string {
	var b strings.Builder
	b.WriteString("Who has the wheelbarrow?\n\nIt was by the water butt.\n\n9 Responses\n")
	for i := range 4 {
		if r.IntN(4) == 0 {
			continue
		}
		fmt.Fprintf(&b, "\n  %d. %s says:\n\n    It was there on day %d of %d, I am quite sure of that.\n", i+1, []string{"Tom", "Jean"}[i%2], r.IntN(3), i)
		for k := range r.IntN(3) {
			fmt.Fprintf(&b, "\n    %d. Arthur says:\n\n      No. %d says that it was somewhere else altogether, version %d.\n", k+1, k, r.IntN(2))
		}
	}
	// The numbers begin at 1 and have no gaps.
	n, lines := 0, strings.Split(b.String(), "\n")
	for i, l := range lines {
		if len(l) > 4 && l[:2] == "  " && l[2] >= '0' && l[2] <= '9' {
			n++
			lines[i] = fmt.Sprintf("  %d.%s", n, l[4:])
		}
	}
	return strings.Join(lines, "\n")
}

func TestUndo_of_several_imports_in_any_order_leaves_nothing(t *testing.T) {
	t.Parallel()
	for seed := range uint64(8) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			version, sources := version, []string{"one", "two", "base"}
			if seed%4 > 1 {
				version, sources = scraped, []string{"base", "base", "base"}
			}
			r := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // chooses tests
			d := newDesk(t)
			if seed%2 == 1 {
				d.take(action.ImportInput{Source: "base", Files: []action.ImportFile{textFile("base", version(r))}})
			}
			before, active := d.content(), d.active()
			var jobs []postgres.JobID
			for round := 0; round < 3 || len(jobs) > 0; round++ {
				if round < 6 && (len(jobs) == 0 || r.IntN(3) > 0) {
					job := d.job()
					d.take(action.ImportInput{Job: job, Source: sources[r.IntN(3)], Files: []action.ImportFile{textFile("v", version(r))}})
					jobs = append(jobs, job)
				} else {
					i := r.IntN(len(jobs))
					d.undo(jobs[i])
					jobs = slices.Delete(jobs, i, i+1)
				}
				d.whole()
			}
			d.same("all undone", before)
			if got := d.active(); got != active {
				t.Errorf("active %s, before %s", got, active)
			}
		})
	}
}

func TestUndo_goes_on_where_it_was_stopped(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.takeText(everything)
	before := d.content()
	var file strings.Builder
	for i := range 6 {
		file.WriteString(strings.ReplaceAll(thread("a ", "b a", "c b"), `"s"`, fmt.Sprintf(`"s%d"`, i)))
	}
	content := strings.NewReplacer(`"id":"a"`, `"id":"ax"`).Replace(file.String())
	for i := range 6 { // ids are unique in a file
		content = strings.ReplaceAll(content, fmt.Sprintf(`"article":"s%d","id":"`, i), fmt.Sprintf(`"article":"s%d","id":"%d`, i, i))
	}
	job := d.takeAs(content)
	stopped := errors.New("stopped")
	ctx, stop := context.WithCancelCause(t.Context())
	_, err := d.act.UndoJob(ctx, job, func(p postgres.JobProgress) {
		if p.Articles == 3 {
			stop(stopped)
		}
	})
	if err == nil {
		t.Fatal("it was not stopped")
	}
	d.whole()
	if n := d.one(`select count(*) from article where slug ~ '^s'`); n != "3" {
		t.Errorf("%s articles are left of 6", n)
	}
	var last postgres.JobProgress
	done, err := d.act.UndoJob(t.Context(), job, func(p postgres.JobProgress) { last = p })
	d.must(err)
	if done.Articles.Removed != 6 || last.Articles != 6 || last.ArticlesOf != 6 {
		t.Errorf("%+v, %+v", done, last)
	}
	d.same("undone", before)
	again, err := d.act.UndoJob(t.Context(), job, func(postgres.JobProgress) {})
	d.must(err)
	if again.Articles != done.Articles {
		t.Errorf("once more: %+v", again)
	}
	if n := d.one(`select count(*) from audit where action = 'undo_import'`); n != "1" {
		t.Errorf("%s entries of the audit", n)
	}
}

func TestUndo_while_people_reply_loses_no_reply(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	const n = 40
	var pairs []string
	for i := range n {
		pairs = append(pairs, fmt.Sprintf("c%d ", i))
	}
	job := d.takeAs(thread(pairs...))
	ann := d.person("ann", forum.Reader)
	ids := make([]forum.CommentID, n)
	for i := range ids {
		ids[i] = d.commentID(fmt.Sprintf("c%d", i))
	}
	written := make(chan int)
	go func() {
		count := 0
		for i, id := range ids[:8] {
			if _, err := d.act.Reply(t.Context(), ann, action.ReplyInput{Slug: "s", Parent: id, Body: "Still here", FormKey: fmt.Sprint(i)}); err == nil {
				count++
			}
		}
		written <- count
	}()
	d.undo(job)
	count := <-written
	if got := d.one(`select count(*) from comment c join comment p on p.id = c.parent_id and p.article_id = c.article_id where c.made_by is null and c.author_id = $1`, ann.ID); got != fmt.Sprint(count) {
		t.Errorf("%d replies were accepted, %s are here", count, got)
	}
	d.whole()
}

func TestUndo_twice_at_once_does_it_once(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.takeText(everything)
	before := d.content()
	var file strings.Builder
	for i := range 12 {
		one := strings.ReplaceAll(thread("a ", "b a", "c b"), `"s"`, fmt.Sprintf(`"s%d"`, i))
		file.WriteString(strings.NewReplacer(`"id":"`, fmt.Sprintf(`"id":"%d`, i), `"parent":"`, fmt.Sprintf(`"parent":"%d`, i)).Replace(one))
	}
	job := d.takeAs(file.String())
	comments, err := strconv.Atoi(d.one(`select count(*) from comment where made_by = $1`, job))
	d.must(err)
	results := make(chan action.Undone, 3)
	for range cap(results) {
		go func() {
			done, err := d.act.UndoJob(t.Context(), job, func(postgres.JobProgress) {})
			if err != nil {
				t.Error(err)
			}
			results <- done
		}()
	}
	for range cap(results) {
		if done := <-results; done.Articles.Removed != 12 || done.Comments.Removed != comments || len(done.Kept) > 0 {
			t.Errorf("%+v", done)
		}
	}
	d.same("undone", before)
	if n := d.one(`select count(*) from audit where action = 'undo_import'`); n != "1" {
		t.Errorf("%s entries of the audit", n)
	}
	d.whole()
}
