package action_test

import (
	"strconv"
	"strings"
	"testing"

	"hustings/internal/action"
	"hustings/internal/forum"
	"hustings/internal/postgres"
)

// graves is a site on which people wrote of whom some are to be forgotten.
type graves struct {
	*desk
	admin forum.Viewer
}

func newGraves(t *testing.T) *graves {
	t.Helper()
	g := &graves{desk: newDesk(t)}
	g.admin = g.owner()
	return g
}

// person is a comment element of WordPress with a text that names nobody.
func person(id, parent int, name, mail, user, text string) string {
	return strings.NewReplacer("No. "+strconv.Itoa(id), text, "<wp:comment_parent>0<", "<wp:comment_parent>"+strconv.Itoa(parent)+"<").
		Replace(signed(id, name, mail, user, "https://quillfeather.example/"))
}

func (g *graves) file(more ...string) string {
	return wxrItem(1, "post", "publish", append([]string{
		person(1, 0, "Quillfeather", "q@one.example", "0", "The first secret."),
		person(2, 1, "Ann", "", "0", "An answer."),
		person(3, 2, "Q. Uill", "q@one.example", "0", "The second secret."),
		person(4, 0, "Quillfeather", "other@one.example", "7", "By a namesake."),
		person(5, 0, "Quillfeather", "", "0", "By a nameless namesake."),
	}, more...)...)
}

// elsewhere is the export of another site.
func elsewhere(host, item string) action.ImportInput {
	return action.ImportInput{Files: []action.ImportFile{textFile(host+".xml", strings.ReplaceAll(
		`<rss xmlns:wp="http://wordpress.org/export/1.2/"><channel><wp:base_blog_url>https://blog.example</wp:base_blog_url>`+item+"</channel></rss>",
		"blog.example", host))}}
}

func (g *graves) handle(name, key string) string {
	return g.one(`select handle from person where name = $1 and author_key like $2`, name, key)
}

func (g *graves) erase(e action.Erasing) action.Erased {
	g.t.Helper()
	review, err := g.act.EraseReview(g.t.Context(), g.admin, e)
	if err != nil {
		g.t.Fatal(err)
	}
	done, err := g.act.Erase(g.t.Context(), g.admin, e)
	if err != nil {
		g.t.Fatal(err)
	}
	if done.ErasableFigures != review.ErasableFigures {
		g.t.Errorf("said %+v, did %+v", review.ErasableFigures, done.ErasableFigures)
	}
	return done
}

// thread is who wrote what, in the order of writing.
func (g *graves) thread() string {
	return g.one(`select string_agg(c.anchor || ' ' || c.state || ' ' || coalesce(p.name, '-') || ': ' || r.body_text, E'\n' order by c.id)
		from comment c left join person p on p.id = c.author_id join comment_revision r on r.comment_id = c.id and r.revision = c.revision`)
}

const forgotten = `comment-1 published -: The first secret.
comment-2 published Ann: An answer.
comment-3 published -: The second secret.
comment-4 published Quillfeather: By a namesake.
comment-5 published Quillfeather: By a nameless namesake.`

const wiped = `comment-1 erased -: 
comment-2 published Ann: An answer.
comment-3 erased -: 
comment-4 published Quillfeather: By a namesake.
comment-5 published Quillfeather: By a nameless namesake.`

// gone fails where one of these words stands anywhere in the database.
func (g *graves) gone(words ...string) {
	g.t.Helper()
	everything := g.dump() + g.export()
	for _, word := range words {
		if i := strings.Index(everything, word); i >= 0 {
			g.t.Errorf("%q is still there: …%s…", word, everything[max(0, i-150):min(len(everything), i+100)])
		}
	}
}

func TestErase_takes_the_name_from_all_comments_of_one_imported_person(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		texts bool
		want  string
	}{"name": {false, forgotten}, "name and texts": {true, wiped}} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			t.Parallel()
			g := newGraves(t)
			g.takeWXR(g.file())
			done := g.erase(action.Erasing{Handle: g.handle("Q. Uill", "mail:%"), Texts: tc.texts})
			if done.Comments != 2 || done.Articles != 1 || strings.Join(done.Names, ",") != "Q. Uill,Quillfeather" || done.Account {
				t.Errorf("%+v", done)
			}
			if got := g.thread(); got != tc.want {
				t.Errorf("got\n%s", got)
			}
			g.whole()
			g.gone("Q. Uill")
			if tc.texts {
				g.gone("secret")
			}
			if n := g.one(`select comments + (select coalesce(sum(n), 0) from article_comment_delta) from article`); tc.texts && n != "3" || !tc.texts && n != "5" {
				t.Errorf("the article counts %s", n)
			}
			if said := g.one(`select detail from audit where action = 'erase'`); strings.Contains(said, "uill") || !strings.Contains(said, `"comments": 2`) {
				t.Errorf("the audit says %s", said)
			}
			// The same file again, and a later one.
			before := g.dump()
			again := g.takeWXR(g.file())
			if again.Comments.Changed+again.Comments.New+again.Articles.Changed+len(again.Conflicts) != 0 || g.dump() != before {
				t.Errorf("again: %+v", again.Report)
			}
			g.takeWXR(g.file(person(6, 2, "Q. Uill", "q@one.example", "0", "The third secret.")))
			if got := g.one(`select state::text || coalesce(author_id, 0) from comment where anchor = 'comment-6'`); tc.texts && got != "erased0" || !tc.texts && got != "published0" {
				t.Errorf("a new one is %s", got)
			}
			g.takeWXR(strings.Replace(g.file(), "The first secret", "The changed secret", 1))
			g.gone("Q. Uill")
			if tc.texts {
				g.gone("secret")
			} else if got := g.one(`select coalesce(author_id, 0) || body_html from comment where anchor = 'comment-1'`); got != "0<p>The changed secret.</p>" {
				t.Errorf("changed at the source it is %s", got)
			}
			g.whole()
		})
	}
}

func TestErase_of_the_same_address_goes_through_all_sources(t *testing.T) {
	t.Parallel()
	g := newGraves(t)
	g.takeWXR(g.file())
	other := elsewhere("other.example", wxrItem(9, "post", "publish", person(1, 0, "Elsewhere", "Q@one.example", "4", "There.")))
	g.take(other)
	done := g.erase(action.Erasing{Handle: g.handle("Quillfeather", "mail:%"), SameMail: true})
	if done.Comments != 3 || strings.Join(done.Sources, " ") != "blog.example other.example" {
		t.Errorf("%+v", done)
	}
	g.gone("Elsewhere", "Q. Uill")
	g.take(other)
	g.take(elsewhere("third.example", wxrItem(9, "post", "publish",
		person(1, 0, "Elsewhere", "q@one.example", "4", "There."), person(2, 0, "Ann", "a@one.example", "", "And?"))))
	g.gone("Elsewhere")
	if g.one(`select count(*) from person where source = 'third.example'`) != "1" {
		t.Error("Ann is gone with them")
	}
	g.whole()
}

func TestErase_of_a_name_without_a_key_leaves_those_with_one(t *testing.T) {
	t.Parallel()
	g := newGraves(t)
	g.takeWXR(g.file())
	g.erase(action.Erasing{Handle: g.handle("Quillfeather", "name:")})
	g.takeWXR(g.file(person(6, 0, "Quillfeather", "", "0", "x"), person(7, 0, "Quillfeather", "other@one.example", "7", "y")))
	if got := g.one(`select string_agg(anchor, ' ' order by id) from comment where author_id is null`); got != "comment-5 comment-6" {
		t.Errorf("nameless are %s", got)
	}
	g.whole()
}

func TestErase_of_an_account_takes_what_it_has_claimed_and_said(t *testing.T) {
	t.Parallel()
	g := newGraves(t)
	g.takeWXR(g.file())
	v := g.member("Wanda Quillfeather", "wanda@quill.example")
	secret, err := g.act.ClaimLink(t.Context(), g.admin, g.handle("Q. Uill", "mail:%"), "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.act.UseClaimLink(t.Context(), v, secret); err != nil {
		t.Fatal(err)
	}
	ann := forum.CommentID(2)
	if _, err := g.act.Report(t.Context(), v, action.ReportInput{Comment: ann, Reason: "spam", Note: "Wanda knows it"}); err != nil {
		t.Fatal(err)
	}
	made, err := g.act.Reply(t.Context(), v, action.ReplyInput{Slug: g.one(`select slug from article`), Parent: ann, Body: "My own words", FormKey: "one"})
	if err != nil {
		t.Fatal(err)
	}
	exported := g.export()
	if _, err := g.act.Erase(t.Context(), g.admin, action.Erasing{Handle: g.handle("Q. Uill", "mail:%")}); forum.KindOf(err) != forum.Conflict {
		t.Errorf("a claimed name: %v", err)
	}
	done := g.erase(action.Erasing{Handle: v.Handle, Texts: true})
	if !done.Account || done.Comments != 3 || done.Reports != 1 {
		t.Errorf("%+v", done)
	}
	g.gone("Wanda", "wanda", "Q. Uill", "secret", "My own words")
	if got := g.one(`select state from comment where id = $1`, made); got != "erased" {
		t.Errorf("the reply is %s", got)
	}
	// Neither does an old export of this site bring it back, though it knows the
	// comments by their ids and the member as somebody of another site.
	g.takeText(exported)
	g.takeText(strings.ReplaceAll(exported, "My own words", "My other own words"))
	if got := g.thread(); strings.Contains(got, "Wanda") || strings.Contains(got, "secret") || strings.Contains(got, "own words") {
		t.Errorf("got\n%s", got)
	}
	g.whole()
}

func TestErase_is_kept_when_imports_are_undone(t *testing.T) {
	t.Parallel()
	for name, texts := range map[string]bool{"name": false, "texts": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newGraves(t)
			g.takeWXR(g.file())
			jobs := []postgres.JobID{g.job(), g.job()}
			for i, job := range jobs { // each overwrites the first text
				g.take(action.ImportInput{Job: job, Files: []action.ImportFile{wxrFile(strings.Replace(g.file(), "The first secret", "The secret no. "+strconv.Itoa(i), 1))}})
			}
			g.erase(action.Erasing{Handle: g.handle("Q. Uill", "mail:%"), Texts: texts})
			for _, job := range jobs {
				g.undo(job)
			}
			g.gone("Q. Uill")
			if texts {
				g.gone("secret")
			}
			g.whole()
		})
	}
}

func TestErase_of_all_that_an_import_brought_leaves_nothing_to_keep_when_it_is_undone(t *testing.T) {
	t.Parallel()
	g := newGraves(t)
	job := g.job()
	g.take(action.ImportInput{Job: job, Files: []action.ImportFile{wxrFile(g.file())}})
	g.erase(action.Erasing{Handle: g.handle("Q. Uill", "mail:%"), Texts: true})
	g.undo(job)
	if got := g.one(`select (select count(*) from comment) + (select count(*) from erased_comment)`); got != "0" {
		t.Errorf("%s rows stay", got)
	}
	g.takeWXR(g.file())
	g.gone("Q. Uill", "secret")
	g.whole()
}

func TestErase_takes_names_out_of_what_imports_have_reported(t *testing.T) {
	t.Parallel()
	g := newGraves(t)
	g.takeWXR(g.file())
	job := g.job()
	g.run(`update import_job set links = '{"Links": [{"Preview": [{"Author": "Q. Uill", "Words": "The first \"secret\"", "State": "published"}, {"Author": "Ann", "Words": "To Q. Uill!"}]}], "n": 12345678901234567890}'`)
	g.run(`insert into import_finding (job_id, part, kind, file_no, file, line, col, byte, ext_id, reason, excerpt, ours, comment_id)
		values (` + strconv.Itoa(int(job)) + `, false, 'repair', 1, 'a.xml', 1, 1, 1, '', 'The name “Q. Uill” is odd.', 'by Q. Uill, xQ. Uilly', 'Q. Uill', 0)`)
	g.erase(action.Erasing{Handle: g.handle("Q. Uill", "mail:%"), Texts: true})
	want := `{"n": 12345678901234567890, "Links": [{"Preview": [{"State": "published", "Words": "", "Author": ""}, {"Words": "To …!", "Author": "Ann"}]}]}`
	if got := g.one(`select links from import_job`); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := g.one(`select reason || excerpt || ours from import_finding`); got != "The name “…” is odd.by …, xQ. Uilly…" {
		t.Errorf("got %s", got)
	}
}

func TestErase_is_refused(t *testing.T) {
	t.Parallel()
	g := newGraves(t)
	g.takeWXR(g.file())
	v := g.member("Reader", "")
	before := g.dump()
	for name, tc := range map[string]struct {
		viewer forum.Viewer
		handle string
		want   forum.Kind
	}{
		"by a reader":               {v, v.Handle, forum.Forbidden},
		"by nobody":                 {forum.Anonymous, v.Handle, forum.Unauthenticated},
		"of somebody with rights":   {g.admin, g.one(`select handle from person where role = 'admin'`), forum.Conflict},
		"of nobody":                 {g.admin, "nobody", forum.NotFound},
		"of a name, not a handle":   {g.admin, "Q. Uill", forum.NotFound},
		"of what can’t be a handle": {g.admin, "a\x00b", forum.Malformed},
	} {
		if _, err := g.act.Erase(t.Context(), tc.viewer, action.Erasing{Handle: tc.handle}); forum.KindOf(err) != tc.want {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := g.act.EraseReview(t.Context(), tc.viewer, action.Erasing{Handle: tc.handle}); forum.KindOf(err) != tc.want {
			t.Errorf("looking, %s: %v", name, err)
		}
	}
	if g.dump() != before {
		t.Error("something changed")
	}
}

// TestErase_while_an_import_brings_more: what was staged before the erasure comes
// in nameless all the same.
func TestErase_while_an_import_brings_more(t *testing.T) {
	t.Parallel()
	g := newGraves(t)
	g.takeWXR(g.file())
	handle := g.handle("Q. Uill", "mail:%")
	in := action.ImportInput{Files: []action.ImportFile{wxrFile(g.file(person(6, 0, "Q. Uill", "q@one.example", "0", "late")))}}
	erased := false
	in.Progress = func(p action.ImportProgress) {
		if p.Of == 0 && p.Records >= 7 && !erased { // everything is staged
			erased = true
			g.erase(action.Erasing{Handle: handle})
		}
	}
	g.take(in)
	if !erased {
		t.Fatal("the import was over before it was noticed")
	}
	g.gone("Q. Uill")
	g.whole()
}

// TestErase_while_an_import_writes: it is the same for what is not written yet.
func TestErase_while_an_import_writes(t *testing.T) {
	t.Parallel()
	for _, texts := range []bool{false, true} {
		g := newGraves(t)
		g.takeWXR(g.file())
		handle := g.handle("Q. Uill", "mail:%")
		in := action.ImportInput{Files: []action.ImportFile{wxrFile(wxrItem(7, "post", "publish", person(60, 0, "Zoe", "z@one.example", "0", "First.")) +
			wxrItem(8, "post", "publish", person(61, 0, "Q. Uill", "q@one.example", "0", "A late secret."), person(62, 61, "Zoe", "z@one.example", "0", "Last.")))}}
		erased := false
		in.Progress = func(p action.ImportProgress) {
			if p.Of > 0 && !erased { // the first article stands here
				erased = true
				g.erase(action.Erasing{Handle: handle, Texts: texts})
			}
		}
		g.take(in)
		want := "published<p>A late secret.</p>"
		if texts {
			want = "erased"
			g.gone("secret")
		}
		if got := g.one(`select state || body_html from comment where anchor = 'comment-61' and author_id is null`); got != want || !erased {
			t.Errorf("texts %t: %s", texts, got)
		}
		g.gone("Q. Uill")
		g.whole()
		in.Progress = nil
		before := g.dump()
		if again := g.take(in); g.dump() != before || again.Authors.New != 0 {
			t.Errorf("again: %+v", again.Report)
		}
	}
}

// TestErase_of_a_name_that_all_reports_hold_in_other_words comes to an end.
func TestErase_of_a_name_that_all_reports_hold_in_other_words(t *testing.T) {
	t.Parallel()
	g := newGraves(t)
	g.takeWXR(wxrItem(1, "post", "publish", person(1, 0, "Art", "", "0", "Text.")))
	g.run(`insert into import_job (fingerprint) values (null)`)
	g.run(`insert into import_part (job_id, source, key, report) select max(j.id), 's', i::text,
		case when i % 2 = 0 then '{"Articles": {"New": 1}}' else '{"Articles": {"New": 1}, "Why": "Art, of Article 1"}' end::jsonb
		from import_job j, generate_series(1, 250) i group by i`)
	g.erase(action.Erasing{Handle: g.handle("Art", "%")})
	if got := g.one(`select count(*) filter (where report = '{"Articles": {"New": 1}}') || ' ' ||
		count(*) filter (where report = '{"Articles": {"New": 1}, "Why": "…, of Article 1"}') from import_part`); got != "125 125" {
		t.Errorf("%s: %s", got, g.one(`select string_agg(distinct report::text, E'\n') from import_part`))
	}
}

func TestErase_of_thousands_of_comments(t *testing.T) {
	t.Parallel()
	g := newGraves(t)
	var comments []string
	for i := 1; i <= 2*postgres.EraseBatch+1; i++ {
		comments = append(comments, person(i, i/3, "Quillfeather", "", "3", "Secret."))
	}
	g.takeWXR(wxrItem(1, "post", "publish", comments...))
	// What is under a removed branch counts nowhere, before and after.
	g.run(`update comment set branch_removed = true where id = 5`)
	g.run(`update article set comments = comments - (select count(*) from comment_path where ancestor = 5)`)
	g.whole()
	done := g.erase(action.Erasing{Handle: "quillfeather", Texts: true})
	if done.Comments != len(comments) || done.Articles != 1 {
		t.Errorf("%+v", done)
	}
	g.gone("Secret.", "Quillfeather")
	if n := g.one(`select comments + (select coalesce(sum(n), 0) from article_comment_delta) from article`); n != "0" {
		t.Errorf("the article counts %s", n)
	}
	g.whole()
}
