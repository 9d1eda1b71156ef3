package action_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"hustings/internal/action"
	"hustings/internal/forum"
	"hustings/internal/markup"
	"hustings/internal/pgtest"
	"hustings/internal/postgres"

	"github.com/jackc/pgx/v5"
)

// desk is a site of its own for tests of imports.
type desk struct {
	t   *testing.T
	db  *postgres.DB
	act *action.Actions
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	db := pgtest.DB(t)
	return &desk{t: t, db: db, act: action.New(db, slog.New(slog.DiscardHandler))}
}

func textFile(name, content string) action.ImportFile {
	return action.ImportFile{Name: name, Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(content)), nil }}
}

// take imports files from the shell.
func (d *desk) take(in action.ImportInput) *action.Imported {
	d.t.Helper()
	out, err := d.act.ImportFromShell(d.t.Context(), in)
	if err != nil {
		d.t.Fatal(err)
	}
	return out
}

func (d *desk) takeText(content string) *action.Imported {
	d.t.Helper()
	return d.take(action.ImportInput{Files: []action.ImportFile{textFile("file", content)}})
}

func (d *desk) export() string {
	d.t.Helper()
	var b bytes.Buffer
	if err := d.act.ExportFromShell(d.t.Context(), "", &b); err != nil {
		d.t.Fatal(err)
	}
	return b.String()
}

// everything is one of each: states, marks, kinds, unknown authors and dates,
// names that two people have, ids that sites give and ids that people give.
const everything = `{"type":"hustings","version":1}
{"type":"article","id":"0198f6a2-0000-7000-8000-000000000001","slug":"hedges","title":"Hedges & “edges”","state":"published","replies":"locked","source_url":"https://old.example/2019/03/hedges/","author":"Ada","published_at":"2019-03-01T10:00:00Z","body_html":"<p>Trim <em>now</em>.</p>","comments":5}
{"type":"comment","article":"hedges","id":"a","parent":null,"path":"1","depth":1,"author":"Anna","author_kind":"member","created_at":"2019-03-02T10:00:00.123456Z","edited_at":"2019-03-02T10:05:00Z","state":"published","branch":null,"kind":"comment","source_text":"*One*","body_html":"<p><em>One</em></p>","body_text":"One"}
{"type":"comment","article":"hedges","id":"b","parent":"a","path":"1.1","depth":2,"author":"Anna","author_kind":"imported","created_at":null,"edited_at":null,"state":"published","branch":"locked","kind":"comment","source_text":null,"body_html":"<p>Two  <br>lines</p>","body_text":"Two  \nlines"}
{"type":"comment","article":"hedges","id":"c","parent":"b","path":"1.1.1","depth":3,"author":"Guest","author_kind":"guest","created_at":null,"edited_at":null,"state":"held","branch":null,"kind":"comment","source_text":null,"body_html":"<p>Held</p>","body_text":"Held"}
{"type":"comment","article":"hedges","id":"d","parent":"a","path":"1.2","depth":2,"author":null,"author_kind":"unknown","created_at":"2019-03-03T10:00:00Z","edited_at":null,"state":"removed","branch":null,"kind":"comment","source_text":null,"body_html":"<p>Rude</p>","body_text":"Rude"}
{"type":"comment","article":"hedges","id":"e","parent":"d","path":"1.2.1","depth":3,"author":"Bert","author_kind":"imported","created_at":"2019-03-04T10:00:00Z","edited_at":null,"state":"published","branch":"removed","kind":"comment","source_text":null,"body_html":"<p>In a removed branch</p>","body_text":"In a removed branch"}
{"type":"comment","article":"hedges","id":"f","parent":"e","path":"1.2.1.1","depth":4,"author":"Bert","author_kind":"imported","created_at":"2019-03-04T11:00:00Z","edited_at":null,"state":"published","branch":null,"kind":"comment","source_text":null,"body_html":"<p>Below it</p>","body_text":"Below it"}
{"type":"comment","article":"hedges","id":"g","parent":null,"path":"2","depth":1,"author":null,"author_kind":"unknown","created_at":null,"edited_at":null,"state":"published","branch":null,"kind":"placeholder","source_text":null,"body_html":"","body_text":null}
{"type":"comment","article":"hedges","id":"h","parent":"g","path":"2.1","depth":2,"author":"Bert","author_kind":"member","created_at":"2019-03-05T10:00:00Z","edited_at":null,"state":"published","branch":null,"kind":"comment","source_text":null,"body_html":"<p>Below what is lost</p>","body_text":"Below what is lost"}
{"type":"comment","article":"hedges","id":"i","parent":null,"path":"3","depth":1,"author":"Cleo","author_kind":"imported","created_at":"2019-03-05T10:00:00Z","edited_at":null,"state":"retracted","branch":null,"kind":"comment","source_text":null,"body_html":"","body_text":""}
{"type":"comment","article":"hedges","id":"j","parent":null,"path":"4","depth":1,"author":"Spam","author_kind":"imported","created_at":"2019-03-05T10:00:00Z","edited_at":null,"state":"spam","branch":null,"kind":"comment","source_text":null,"body_html":"<p>Buy</p>","body_text":"Buy"}
{"type":"comment","article":"hedges","id":"k","parent":null,"path":"5","depth":1,"author":"Zoë","author_kind":"imported","created_at":"2019-03-05T10:00:00Z","edited_at":null,"state":"published","branch":null,"kind":"comment","source_text":null,"body_html":"<p>Same</p>","body_text":"Same"}
{"type":"comment","article":"hedges","id":"l","parent":null,"path":"6","depth":1,"author":"Zoë","author_kind":"imported","created_at":"2019-03-05T10:00:00Z","edited_at":null,"state":"published","branch":null,"kind":"comment","source_text":null,"body_html":"<p>Same</p>","body_text":"Same"}
{"type":"comment","article":"hedges","id":"m","parent":null,"path":null,"depth":1,"author":"Other site","author_kind":"imported","created_at":"2019-03-06T10:00:00Z","edited_at":null,"state":"published","branch":null,"kind":"link_back","source_text":null,"body_html":"<p>Look there</p>","body_text":"Look there"}
{"type":"article","id":"empty","slug":"empty","title":"Nobody said a word","state":"draft","replies":"closed","source_url":null,"author":null,"published_at":null,"body_html":"","comments":0}
`

func TestImport_of_an_export_gives_the_same_export(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	out := d.takeText(everything)
	if len(out.Refused) > 0 || len(out.Repairs) > 0 {
		t.Errorf("refused %v, repairs %v", out.Refused, out.Repairs)
	}
	if got := d.export(); got != everything {
		t.Errorf("got:\n%s\nwant:\n%s", got, everything)
	}
	again := newDesk(t)
	again.takeText(d.export())
	if got := again.export(); got != everything {
		t.Errorf("the second site's export differs:\n%s", got)
	}
}

func TestImport_counts_as_the_contract_says(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	out := d.takeText(everything)
	if c := out.Comments; c.New != 11 || c.Held != 1 || c.Placeholders != 1 || c.LinkBacks != 1 || c.Same+c.Changed != 0 {
		t.Errorf("comments: %+v", c)
	}
	if out.Articles.New != 2 || out.MaxDepth != 4 || out.Format != "jsonl" {
		t.Errorf("report: %+v", out.Report)
	}
	a, err := d.db.Article(t.Context(), forum.Anonymous, "hedges")
	if err != nil {
		t.Fatal(err)
	}
	if a.Comments != 5 {
		t.Errorf("the article says %d comments, want 5", a.Comments)
	}
}

// dump is everything in the database, with the state of its sequences.
func (d *desk) dump() string {
	d.t.Helper()
	var b strings.Builder
	err := d.db.Do(d.t.Context(), func(ctx context.Context, tx *postgres.Tx) error {
		rows, err := tx.Query(ctx, `select tablename from pg_tables where schemaname = 'public' order by 1`)
		if err != nil {
			return err
		}
		tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return err
		}
		for _, table := range tables {
			var rows string
			err := tx.QueryRow(ctx, `select coalesce(string_agg(t::text, E'\n' order by t::text), '') from `+table+` t`).Scan(&rows)
			if err != nil {
				return err
			}
			fmt.Fprintf(&b, "%s:\n%s\n", table, rows)
		}
		var sequences string
		err = tx.QueryRow(ctx, `select string_agg(sequencename || ' ' || coalesce(last_value, 0), E'\n' order by sequencename) from pg_sequences`).Scan(&sequences)
		b.WriteString(sequences)
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return b.String()
}

func (d *desk) one(query string, args ...any) string {
	d.t.Helper()
	var v string
	err := d.db.Do(d.t.Context(), func(ctx context.Context, tx *postgres.Tx) error {
		return tx.QueryRow(ctx, `select coalesce((`+query+`)::text, '')`, args...).Scan(&v)
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return v
}

const scrape = `Who has the wheelbarrow?

It was by the water butt.

2 Responses

  1. Tom says:

    It was there on Friday.

    1. Jean says:

      It is by my water butt.

    2. Arthur says:

      I saw it at the station, I am quite sure of that.

  2. Tom says:

    Found. It is heavier.
`

func TestImport_again_changes_nothing(t *testing.T) {
	t.Parallel()
	for name, content := range map[string]string{"jsonl": everything, "text": scrape} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			first := d.takeText(content)
			before := d.dump()
			out := d.takeText(content)
			if out.Articles.New+out.Articles.Changed+out.Comments.New+out.Comments.Changed > 0 {
				t.Errorf("report: %+v", out.Report)
			}
			if out.Comments.Same != first.Comments.New || out.Articles.Same != first.Articles.New {
				t.Errorf("first %+v, then %+v", first.Report, out.Report)
			}
			if after := d.dump(); after != before {
				t.Errorf("the database changed:\n%s\nwas:\n%s", after, before)
			}
		})
	}
}

func TestImport_of_a_text_with_one_word_edited_changes_one_comment_and_keeps_the_old_text(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.takeText(scrape)
	for range 2 { // the second time the edited text is the one that is known
		out := d.takeText(strings.Replace(scrape, "on Friday", "on Saturday", 1))
		if c := out.Comments; c.New != 0 || c.Changed+c.Same != 4 || out.Articles.Same != 1 {
			t.Errorf("report: %+v", out.Report)
		}
	}
	if n := d.one(`select count(*) from comment_revision`); n != "5" {
		t.Errorf("%s revisions, want 5", n)
	}
	if text := d.one(`select body_html from comment where body_html like '%Saturday%' and revision = 2`); text != "<p>It was there on Saturday.</p>" {
		t.Errorf("text: %q", text)
	}
	d.whole()
}

func TestImport_of_a_text_with_a_new_comment_in_the_middle_adds_one(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.takeText(scrape)
	with := strings.Replace(scrape, "    2. Arthur says:", "    2. Mary says:\n\n      Going which way?\n\n    3. Arthur says:", 1)
	out := d.takeText(with)
	if c := out.Comments; c.New != 1 || c.Changed != 0 || c.Same != 4 {
		t.Errorf("report: %+v", out.Report)
	}
	if n := d.one(`select comments + (select coalesce(sum(n), 0) from article_comment_delta) from article`); n != "5" {
		t.Errorf("the article counts %s", n)
	}
	d.whole()
}

// whole fails where the stored invariants are broken.
func (d *desk) whole() {
	d.t.Helper()
	found, err := d.db.Check(d.t.Context(), markup.PolicyVersion)
	if err != nil {
		d.t.Fatal(err)
	}
	for _, f := range found {
		if !f.Warning {
			d.t.Errorf("check: %s: %s %v", f.Code, f.Sentence, f.IDs)
		}
	}
}

func TestImport_dry_run_says_what_the_import_will_do_and_writes_nothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.takeText(scrape)
	in := action.ImportInput{Files: []action.ImportFile{
		textFile("a", strings.Replace(scrape, "Friday", "Saturday", 1)), textFile("b", everything), textFile("b again", everything), textFile("c", `{"type":"article","slug":`),
	}}
	before := d.dump()
	in.DryRun = true
	dry := d.take(in)
	if d.dump() != before {
		t.Error("a dry run wrote to the database")
	}
	in.DryRun = false
	done := d.take(in)
	dry.DryRun = false
	if got, want := fmt.Sprintf("%+v", dry.Report), fmt.Sprintf("%+v", done.Report); got != want {
		t.Errorf("dry run: %s\nimport:  %s", got, want)
	}
	if done.Comments.Changed != 1 || done.Comments.New != 11 || done.Format != "mixed" || len(done.Refused) != 1 {
		t.Errorf("report: %+v", done.Report)
	}
	if len(dry.Links) != 3-1 && len(dry.Links) != 3 || len(dry.Links[0].Preview) != 4 || dry.Links[0].Preview[1].Level != 2 {
		t.Errorf("preview: %+v", dry.Links)
	}
	d.whole()
}

// thread writes a file of comments of one article from "id parent" pairs.
func thread(pairs ...string) string {
	var b strings.Builder
	b.WriteString(`{"type":"article","slug":"s","title":"T"}` + "\n")
	for _, p := range pairs {
		id, parent, _ := strings.Cut(p, " ")
		fmt.Fprintf(&b, `{"type":"comment","article":"s","id":%q,"parent":%q,"body_text":"text of %s"}`+"\n", id, parent, id)
	}
	return b.String()
}

func backwards(file string) string {
	lines := strings.Split(strings.TrimSpace(file), "\n")
	slices.Reverse(lines)
	return strings.Join(lines, "\n")
}

func (d *desk) tree() string {
	return d.one(`select string_agg(portable_id || '<' || coalesce((select portable_id from comment p where p.id = c.parent_id), '')
		|| case kind when 'placeholder' then '?' else '' end, ' ' order by portable_id) from comment c`)
}

func TestImport_keeps_the_tree_whatever_the_order_and_the_damage(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		file, tree string
		refused    int
		repairs    int
	}{
		"children before parents":            {thread("c b", "b a", "a "), "a< b<a c<b", 0, 0},
		"the article last":                   {backwards(thread("a ", "b a")), "a< b<a", 0, 0},
		"a parent that is missing, once":     {thread("a lost", "b lost", "c a"), "a<lost b<lost c<a lost<?", 0, 1},
		"a circle is cut at its newest":      {thread("a c", "b a", "c b", "d c"), "a<c b<a c< d<c", 0, 1},
		"a comment that answers itself":      {thread("a a", "b a"), "a< b<a", 0, 1},
		"the same id with another text":      {thread("a ") + strings.Replace(thread("a "), "text of", "other", 1), "a<", 1, 0},
		"the same comment twice":             {thread("a ", "a "), "a<", 0, 1},
		"a comment of no article":            {strings.ReplaceAll(thread("a "), `"article":"s"`, `"article":"elsewhere"`), "", 1, 0},
		"an answer to a comment elsewhere":   {thread("a ") + strings.NewReplacer(`"s"`, `"s2"`).Replace(thread("b a", "c b")), "a< b<? c<b", 1, 1},
		"an id that another article has":     {thread("a ") + strings.NewReplacer(`"s"`, `"s2"`).Replace(thread("a ", "b ")), "a< b<", 1, 0},
		"an answer to a link from elsewhere": {strings.Replace(thread("a ", "b a"), `"id":"a"`, `"kind":"link_back","id":"a"`, 1), "a< b<", 0, 1},
		"a comment with too much text":       {strings.Replace(thread("a ", "b a"), "text of a", strings.Repeat("x", 300<<10), 1), "a<? b<a", 1, 1},
		"a name of more than 200 characters": {strings.Replace(thread("a "), `"id"`, `"author":"`+strings.Repeat("é", 201)+`","id"`, 1), "", 1, 0},
		"a source address that is a script":  {strings.Replace(thread("a "), `"slug"`, `"source_url":"javascript:alert(1)","slug"`, 1), "a<", 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			out := d.takeText(c.file)
			if got := d.tree(); got != c.tree {
				t.Errorf("tree %q, want %q", got, c.tree)
			}
			if len(out.Refused) != c.refused || len(out.Repairs) != c.repairs {
				t.Errorf("refused %v, repairs %v", out.Refused, out.Repairs)
			}
			d.whole()
			before := d.dump()
			d.takeText(c.file)
			if after := d.dump(); after != before {
				t.Errorf("the second import changed something:\n%s\nwas:\n%s", after, before)
			}
		})
	}
}

func TestImport_leaves_alone_what_a_moderator_did_here(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.takeText(thread("a ", "b a"))
	err := d.db.Do(t.Context(), func(ctx context.Context, tx *postgres.Tx) error {
		if _, err := tx.Exec(ctx, `update comment set state = 'removed' where portable_id = 'a'`); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `insert into article_comment_delta (article_id, n) select id, -1 from article`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	out := d.takeText(thread("a ", "b a"))
	if out.Comments.Same != 2 || d.one(`select state from comment where portable_id = 'a'`) != "removed" {
		t.Errorf("report: %+v", out.Report)
	}
	out = d.takeText(strings.Replace(thread("a ", "b a"), `"id":"a"`, `"state":"spam","id":"a"`, 1))
	if len(out.Conflicts) != 1 || d.one(`select state from comment where portable_id = 'a'`) != "removed" {
		t.Errorf("a change of state on both sides: %+v", out.Report)
	}
	d.whole()
}

func TestImport_takes_over_a_state_that_changed_at_the_source(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.takeText(thread("a ", "b a", "c b"))
	out := d.takeText(strings.Replace(thread("a ", "b a", "c b"), `"id":"b"`, `"branch":"removed","id":"b"`, 1))
	if out.Comments.Changed != 1 || out.Comments.Same != 2 {
		t.Errorf("report: %+v", out.Report)
	}
	if n := d.one(`select comments from article`); n != "1" {
		t.Errorf("the article counts %s comments, want 1", n)
	}
	d.whole()
}

func TestImport_gives_a_second_article_of_one_address_another(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	in := action.ImportInput{Source: "one", Files: []action.ImportFile{textFile("f", thread("a ", "b a"))}}
	d.take(in)
	in.Source = "two"
	out := d.take(in)
	if out.Comments.New != 2 || out.Links[0].Slug != "s-2" {
		t.Errorf("report: %+v %+v", out.Report, out.Links)
	}
	if n := d.one(`select count(distinct portable_id) from comment`); n != "4" {
		t.Errorf("%s portable ids, want 4", n)
	}
	d.whole()
}

func TestImport_of_a_sites_own_export_changes_nothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.takeText(scrape)
	before := d.export()
	out := d.takeText(before)
	if out.Comments.New > 0 || out.Comments.Changed > 0 || len(out.Repairs) > 0 || d.export() != before {
		t.Errorf("report: %+v", out.Report)
	}
	d.whole()
}

func TestImport_leaves_one_audit_entry_and_redirects(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.takeText(everything)
	d.takeText(everything)
	if n := d.one(`select count(*) from audit where action = 'import' and subject_kind = 'source'`); n != "1" {
		t.Errorf("%s entries, want 1: the second import changed nothing", n)
	}
	for _, path := range []string{"/2019/03/hedges", "/2019/03/hedges/"} {
		if slug, err := d.db.Redirect(t.Context(), path); err != nil || slug != "hedges" {
			t.Errorf("%s: %q %v", path, slug, err)
		}
	}
}

func TestImport_is_for_admins(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	_, err := d.act.Import(t.Context(), forum.Viewer{ID: 1, Role: forum.Moderator}, action.ImportInput{})
	if forum.KindOf(err) != forum.Forbidden {
		t.Errorf("got %v", err)
	}
}

func TestImport_lists_files_that_nobody_can_read(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	out := d.take(action.ImportInput{Files: []action.ImportFile{
		{Name: "gone", Open: func() (io.ReadCloser, error) { return nil, io.ErrUnexpectedEOF }},
		textFile("binary", "\x00\x01\x02\x03\x04"),
		textFile("good", scrape),
	}})
	if len(out.Refused) < 1 || out.Comments.New != 4 {
		t.Errorf("report: %+v", out.Report)
	}
}

func TestImport_of_one_file_twice_at_the_same_time_brings_it_once(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	reports := make(chan *action.Imported, 4)
	for range cap(reports) {
		go func() {
			out, err := d.act.ImportFromShell(context.Background(), action.ImportInput{Files: []action.ImportFile{textFile("file", everything)}})
			if err != nil {
				t.Error(err)
			}
			reports <- out
		}()
	}
	added := 0
	for range cap(reports) {
		if out := <-reports; out != nil {
			added += out.Comments.New
		}
	}
	if added != 11 {
		t.Errorf("%d comments were new, want 11", added)
	}
	if got := d.export(); got != everything {
		t.Errorf("export:\n%s", got)
	}
	d.whole()
}

func TestImport_given_up_leaves_whole_articles_and_an_audit_entry(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	second := strings.NewReplacer(`"s"`, `"s2"`, `"id":"`, `"id":"x`).Replace(thread("a ", "b "))
	_, err := d.act.ImportFromShell(ctx, action.ImportInput{
		Files: []action.ImportFile{textFile("file", thread("a ", "b a")+second)},
		Progress: func(p action.ImportProgress) {
			if p.Articles == 1 {
				cancel()
			}
		},
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if tree := d.tree(); tree != "a< b<a" {
		t.Errorf("tree: %q", tree)
	}
	if whole := d.one(`select detail->>'whole' from audit where action = 'import'`); whole != "false" {
		t.Errorf("the audit says whole: %q", whole)
	}
	out := d.takeText(thread("a ", "b a") + second)
	if out.Comments.New != 2 || out.Comments.Same != 2 {
		t.Errorf("the import that goes on: %+v", out.Report)
	}
	d.whole()
}

func TestImport_counts_beside_comments_that_the_source_does_not_have(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.takeText(thread("a ", "b a"))
	out := d.takeText(thread("a ", "c a"))
	if out.Comments.New != 1 || out.Comments.Same != 1 || d.tree() != "a< b<a c<a" {
		t.Errorf("tree %q, report %+v", d.tree(), out.Report)
	}
	if n := d.one(`select comments from article`); n != "3" {
		t.Errorf("the article counts %s comments, want 3", n)
	}
	d.whole()
}
