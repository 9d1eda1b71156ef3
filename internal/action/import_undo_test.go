package action_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"hustings/internal/action"
	"hustings/internal/forum"
	"hustings/internal/postgres"
)

// job makes a job that has been applied, for imports that are to be undone.
func (d *desk) job() postgres.JobID {
	d.t.Helper()
	var id postgres.JobID
	err := d.db.Do(d.t.Context(), func(ctx context.Context, tx *postgres.Tx) error {
		return tx.QueryRow(ctx, `insert into import_job (shell, state, wanted, applied_at) values (true, 'done', 'apply', now()) returning id`).Scan(&id)
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return id
}

// takeAs imports a file as a job of its own.
func (d *desk) takeAs(content string) postgres.JobID {
	d.t.Helper()
	job := d.job()
	d.take(action.ImportInput{Job: job, Files: []action.ImportFile{textFile("file", content)}})
	return job
}

func (d *desk) undo(job postgres.JobID) action.Undone {
	d.t.Helper()
	done, err := d.act.UndoJob(d.t.Context(), job, func(postgres.JobProgress) {})
	if err != nil {
		d.t.Fatal(err)
	}
	return done
}

// content is everything that a site holds, in every table, without the numbers
// that only say how often a page has changed, and without what is noted of jobs.
func (d *desk) content() string {
	d.t.Helper()
	err := d.db.Fold(d.t.Context())
	if err != nil {
		d.t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString(d.export())
	for _, query := range []string{
		`select to_jsonb(a) - 'id' - 'revision' - 'people_at' - 'created_at' - 'made_by' - 'active_at' from article a order by portable_id`,
		`select to_jsonb(c) - 'id' - 'article_id' - 'parent_id' - 'root_id' - 'author_id' - 'made_by' || jsonb_build_object('author', p.name, 'as', p.author_key)
			from comment c left join person p on p.id = c.author_id order by portable_id`,
		`select to_jsonb(r) - 'comment_id' - 'made_by' || jsonb_build_object('of', c.portable_id) from comment_revision r join comment c on c.id = r.comment_id order by c.portable_id, r.revision`,
		`select to_jsonb(r) - 'source_id' - 'local_id' || jsonb_build_object('source', s.name) from external_ref r join source s on s.id = r.source_id order by s.name, kind, external_id`,
		`select to_jsonb(p) - 'id' - 'created_at' from person p order by handle`,
		`select jsonb_build_object('source', name) from source order by 1`,
		`select jsonb_build_object('path', path, 'to', a.portable_id) from redirect r join article a on a.id = r.article_id order by 1`,
		`select jsonb_build_object('paths', count(*), 'depth', coalesce(sum(depth), 0)) from comment_path`,
		`select jsonb_build_object('images', count(*)) from article_image`,
		`select jsonb_build_object('reports', count(*)) from report`,
		`select jsonb_build_object('before', (select count(*) from import_before), 'refs', (select count(*) from import_ref_before))`,
	} {
		b.WriteString(d.one(`select string_agg(x::text, E'\n') from (`+query+`) y (x)`) + "\n")
	}
	return b.String()
}

// active are the times of the articles' newest activity.
func (d *desk) active() string {
	return d.one(`select string_agg(slug || ' ' || active_at, ', ' order by slug) from article`)
}

func (d *desk) same(what, before string) {
	d.t.Helper()
	if after := d.content(); after != before {
		d.t.Errorf("%s: not as before:\n%s", what, firstDifference(before, after))
	}
	d.whole()
}

// firstDifference gives the first lines in which two texts differ.
func firstDifference(a, b string) string {
	as, bs := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(as), len(bs)) {
		if as[i] != bs[i] {
			return "before " + as[i] + "\nafter  " + bs[i]
		}
	}
	return fmt.Sprintf("%d lines before, %d after", len(as), len(bs))
}

func TestUndo_of_an_import_leaves_the_site_as_it_was(t *testing.T) {
	t.Parallel()
	for name, content := range map[string]string{"jsonl": everything, "text": scrape} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.takeText(strings.ReplaceAll(strings.ReplaceAll(everything, "hedges", "walls"), "0198f6a2-0000-7000-8000-000000000001", "0198f6a2-0000-7000-8000-000000000002"))
			before, active := d.content(), d.active()
			job := d.job()
			d.take(action.ImportInput{Job: job, Source: "other", Files: []action.ImportFile{textFile("file", content)}})
			after := d.content()
			if after == before {
				t.Fatal("nothing was imported")
			}
			done := d.undo(job)
			if done.Articles.Removed == 0 || done.Comments.Removed == 0 || done.People == 0 || len(done.Kept) > 0 {
				t.Errorf("undone: %+v", done)
			}
			d.same("undone", before)
			if got := d.active(); got != active {
				t.Errorf("active %s, before %s", got, active)
			}
			d.take(action.ImportInput{Job: d.job(), Source: "other", Files: []action.ImportFile{textFile("file", content)}})
			d.same("imported again", after)
		})
	}
}

func TestUndo_of_a_second_import_restores_what_it_overwrote(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ first, second string }{
		"jsonl": {everything, strings.NewReplacer(
			"<p>Two  <br>lines</p>", "<p>Two other lines</p>", `"body_text":"Two  \nlines"`, `"body_text":"Two other lines"`,
			`"author":"Cleo"`, `"author":"Clea"`, `"state":"spam"`, `"state":"published"`, "Trim <em>now</em>", "Trim later",
			`"state":"draft","replies":"closed"`, `"state":"published","replies":"open"`, "2019/03/hedges/", "2019/03/edges/").Replace(everything) +
			`{"type":"comment","article":"hedges","id":"n","parent":"h","author":"Dora","author_kind":"imported","created_at":"2020-03-05T10:00:00Z","state":"published","kind":"comment","body_html":"<p>New</p>"}` + "\n"},
		"text": {scrape, strings.Replace(strings.Replace(scrape, "quite sure", "fairly sure", 1), "water butt.\n\n2 Resp", "big water butt.\n\n2 Resp", 1)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.takeText(c.first)
			before, active := d.content(), d.active()
			job := d.takeAs(c.second)
			after := d.content()
			if after == before {
				t.Fatal("nothing has changed")
			}
			done := d.undo(job)
			if done.Comments.Restored == 0 || done.Articles.Restored == 0 || len(done.Kept) > 0 {
				t.Errorf("undone: %+v", done)
			}
			d.same("undone", before)
			if got := d.active(); got != active {
				t.Errorf("active %s, before %s", got, active)
			}
			d.takeAs(c.second)
			d.same("imported again", after)
		})
	}
}

// person makes an account.
func (d *desk) person(name string, role forum.Role) (v forum.Viewer) {
	d.t.Helper()
	v.Role = role
	d.must(d.db.Do(d.t.Context(), func(ctx context.Context, tx *postgres.Tx) error {
		return tx.QueryRow(ctx, `insert into person (kind, role, name, handle, skeleton) values ('member', $2, $1, $1, lower($1)) returning id`, name, role).Scan(&v.ID)
	}))
	return v
}

func (d *desk) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) commentID(portable string) forum.CommentID {
	d.t.Helper()
	n, err := strconv.ParseInt(d.one(`select id from comment where portable_id = $1`, portable), 10, 64)
	d.must(err)
	return forum.CommentID(n)
}

// reply writes below an imported comment.
func (d *desk) reply(v forum.Viewer, slug, below string) {
	d.t.Helper()
	_, err := d.act.Reply(d.t.Context(), v, action.ReplyInput{Slug: slug, Parent: d.commentID(below), Body: "Below " + below, FormKey: below})
	d.must(err)
}

// keptWhy lists what an undoing left, by portable ids.
func (d *desk) keptWhy(done action.Undone) string {
	d.t.Helper()
	var lines []string
	for _, k := range done.Kept {
		if k.Reason() == "" || k.Slug == "" {
			d.t.Errorf("%+v says nothing", k)
		}
		line := "article " + string(k.Why)
		if k.Comment != 0 {
			line = d.one(`select portable_id from comment where id = $1`, k.Comment) + " " + string(k.Why)
		}
		if k.Emptied {
			line += "!"
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return strings.Join(lines, ", ")
}

func TestUndo_keeps_what_people_did_since(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	file := thread("a ", "b a", "c b", "d ", "e d", "f ", "g f", "h ", "i ", "j ", "k j")
	file = strings.Replace(file, `"id":"k"`, `"author":"Kay","id":"k"`, 1)
	job := d.takeAs(file)
	ann, mod, boss := d.person("ann", forum.Reader), d.person("mo", forum.Moderator), d.person("boss", forum.Admin)
	d.reply(ann, "s", "b")
	d.run(`update comment c set revision = 2, body_html = '<p>edited</p>' where portable_id = 'e'`)
	d.run(`insert into comment_revision select id, 2, now(), 'text', 'edited', '<p>edited</p>', 'edited', 1 from comment where portable_id = 'e'`)
	_, err := d.act.Remove(t.Context(), mod, action.ModerateInput{Comment: d.commentID("f"), Reason: "spam", Seen: forum.Seen{State: forum.Published, Revision: 1}})
	d.must(err)
	_, err = d.act.Report(t.Context(), ann, action.ReportInput{Comment: d.commentID("h"), Reason: "spam"})
	d.must(err)
	d.run(`update person set claimed_by = $1 where id = (select author_id from comment where portable_id = 'k')`, ann.ID)
	d.run(`update comment set imported_as = author_id, author_id = $1 where portable_id = 'k'`, ann.ID)

	review, err := d.act.UndoReview(t.Context(), boss, job)
	d.must(err)
	done := d.undo(job)
	if fmt.Sprint(review) != fmt.Sprint(&done) {
		t.Errorf("reviewed\n%+v\ndone\n%+v", review, done)
	}
	want := "a replies!, article replies, b replies!, d replies!, e edited, f moderated, h reported, j replies!, k claimed"
	if got := d.keptWhy(done); got != want {
		t.Errorf("kept %s\nwant %s", got, want)
	}
	if c := done.Comments; c.Removed != 3 || c.Placeholders != 4 || c.Kept != 4 || done.Articles.Kept != 1 {
		t.Errorf("%+v", done)
	}
	if got := d.one(`select string_agg(kind || state::text || body_html || coalesce(author_id, 0), ' ') from comment where portable_id in ('a', 'b', 'd', 'j')`); got !=
		"placeholderpublished0 placeholderpublished0 placeholderpublished0 placeholderpublished0" {
		t.Errorf("emptied: %s", got)
	}
	if n := d.one(`select count(*) from comment_revision r join comment c on c.id = r.comment_id where c.kind = 'placeholder' and (r.body_html <> '' or r.source_text <> '')`); n != "0" {
		t.Errorf("%s texts of emptied comments are kept", n)
	}
	d.whole()

	// The same file again fills everything in, and takes nothing away.
	d.takeAs(file)
	if got := d.one(`select string_agg(portable_id || ':' || coalesce(r.body_text, '?'), ', ' order by portable_id) from comment c
		join comment_revision r on r.comment_id = c.id and r.revision = c.revision where portable_id < 'l' and char_length(portable_id) = 1`); got !=
		"a:text of a, b:text of b, c:text of c, d:text of d, e:edited, f:text of f, g:text of g, h:text of h, i:text of i, j:text of j, k:text of k" {
		t.Errorf("imported again: %s", got)
	}
	d.whole()
}

func TestUndo_keeps_articles_that_somebody_has_decided_about(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	job := d.takeAs(strings.Replace(thread("a "), `"slug":"s"`, `"slug":"s","state":"draft"`, 1) +
		strings.NewReplacer(`"s"`, `"locked"`, `"a"`, `"b"`).Replace(thread("a ")) + `{"type":"article","slug":"untouched","title":"T","state":"draft"}`)
	d.run(`update article set state = 'published' where slug = 's'`)
	_, err := d.act.LockArticle(t.Context(), d.person("mo", forum.Moderator), action.LockArticleInput{Slug: "locked"})
	d.must(err)
	done := d.undo(job)
	if got := d.keptWhy(done); got != "article moderated, article moderated" || done.Articles.Removed != 1 || done.Comments.Removed != 2 {
		t.Errorf("%s %+v", got, done)
	}
	if got := d.one(`select string_agg(slug || comments, ' ' order by slug) from article`); got != "locked0 s0" {
		t.Errorf("left: %s", got)
	}
	d.whole()
}

func TestImportUndo_gives_a_comment_back_to_whoever_has_that_name_now(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	admin := d.owner()
	file := func(author string) string {
		return `{"type":"article","slug":"a","title":"A"}` + "\n" +
			`{"type":"comment","article":"a","id":"1","parent":null,"author":"` + author + `","body_text":"Said."}` + "\n" +
			`{"type":"comment","article":"a","id":"2","parent":null,"author":"Tom","body_text":"Tom’s."}` + "\n" +
			`{"type":"comment","article":"a","id":"3","parent":null,"author":"Vera","body_text":"Vera’s."}` + "\n"
	}
	whose := func() string {
		return d.one(`select string_agg(c.portable_id || ' ' || p.name || coalesce(' as ' || i.name, ''), ', ' order by c.portable_id)
			from comment c join person p on p.id = c.author_id left join person i on i.id = c.imported_as`)
	}
	claim := func(v forum.Viewer, handle string) {
		t.Helper()
		d.ok(d.act.Claim(t.Context(), v, handle, ""))
		list, err := d.db.Claims(t.Context(), admin, 10)
		d.ok(err)
		d.ok(d.act.ApproveClaim(t.Context(), admin, list[0].ID))
	}
	d.takeAs(file("Tom"))
	second := d.takeAs(file("Vera"))
	claim(d.member("Member", ""), "vera")
	d.undo(second)
	if got := whose(); got != "1 Tom, 2 Tom, 3 Member as Vera" {
		t.Error(got)
	}
	third := d.takeAs(file("Vera"))
	claim(d.member("Thomas", ""), "tom")
	d.undo(third)
	if got := whose(); got != "1 Thomas as Tom, 2 Thomas as Tom, 3 Member as Vera" {
		t.Error(got)
	}
}
