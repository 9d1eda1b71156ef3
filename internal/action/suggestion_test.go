package action_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hustings/internal/action"
	"hustings/internal/forum"
	"hustings/internal/postgres"
	"hustings/internal/sampletest"
	"hustings/internal/suggest"
)

// flat is a thread whose source flattened it: 1.1.2 answers 1.1.1, 2.2 quotes 2.1,
// 2.4 calls the author of 2.1, 3.2 corrects 3.1, and 5 was sent twice.
const flat = `Hedges in winter

A hedge is cut when the birds have gone.

  1. Ann says:

    Ours is cut in March, and nobody minds.

    1. Bob says:

      March is far too early.

      1. Ann says:

        Says who, if I may ask?

        1. Cem says:

          The law says so, plainly.

        2. Ann says:

          Then the law should be read again.

  2. Dan says:

    What about yew?

    1. Eve says:

      Yew takes a cut at any time of the year, even in the driest summers we have had.

    2. Flo says:

      “a cut at any time of the year, even in the driest summers we have had” – that is not so with ours.

    3. Gus says:

      Ours neither.

    4. Hal says:

      Eve, are you sure of that?

  3. Ivo says:

    What does it cost?

    1. Jan says:

      Forty a day, with the cuttings.

    2. Jan says:

      Correction – fifty, since last year.

  4. Kim says:

    I do it with shears and a ladder.

    1. Lou says:

      Mind the ladder.

  5. Kim says:

    I do it with shears and a ladder.

    1. Max says:

      So do I, and so did my father.
`

// suggested is a site with that thread, looked through.
func suggestedBench(t *testing.T) *bench {
	t.Helper()
	b := newBench(t)
	b.takeFlat()
	b.suggest()
	return b
}

func (b *bench) takeFlat() *action.Imported {
	b.t.Helper()
	out, err := b.act.ImportFromShell(b.t.Context(), action.ImportInput{Files: []action.ImportFile{textFile("flat.txt", flat)}})
	if err != nil {
		b.t.Fatal(err)
	}
	b.slug = "hedges-in-winter"
	b.article = scan[forum.ArticleID](b, `select id from article where slug = $1`, b.slug)
	return out
}

func (b *bench) suggest() {
	b.t.Helper()
	if err := b.act.Suggest(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
}

// open lists what is open, "rule: words of the comment -> of the target" each.
func (b *bench) open() (list []string) {
	b.t.Helper()
	for _, lane := range []postgres.SuggestionLane{postgres.LaneToDecide, postgres.LaneWeak} {
		found, err := b.db.Suggestions(b.t.Context(), b.mod, postgres.SuggestionFilter{Lane: lane})
		if err != nil {
			b.t.Fatal(err)
		}
		for _, s := range found.Items {
			list = append(list, s.Rule+": "+beginning(s.Subject.Text)+" -> "+beginning(s.Goal.Text))
		}
	}
	return list
}

func beginning(text string) string {
	words := strings.Fields(text)
	return strings.Join(words[:min(3, len(words))], " ")
}

// suggestion is the id of the suggestion of a rule; there is one of each.
func (b *bench) suggestion(rule suggest.Rule) int64 {
	b.t.Helper()
	return scan[int64](b, `select id from suggestion where rule = $1`, rule)
}

var everySuggestion = []string{
	"correction: Correction – fifty, -> Forty a day,",
	"duplicate: I do it -> I do it",
	"quote: “a cut at -> Yew takes a",
	"reply: Then the law -> The law says",
	"name: Eve, are you -> Yew takes a",
}

func TestSuggest(t *testing.T) {
	t.Parallel()
	b := suggestedBench(t)
	if got := b.open(); !slices.Equal(got, everySuggestion) {
		t.Errorf("open: %q", got)
	}
	if due := scan[int](b, `select count(*) from suggestion_due`); due != 0 {
		t.Errorf("%d articles are still due", due)
	}
	if n := scan[int](b, `select count(*) from audit where action = 'move'`); n != 0 {
		t.Errorf("%d comments were moved without a click", n)
	}
	before := scan[string](b, `select string_agg(s::text, ';' order by id) from suggestion s`)
	b.exec(`insert into suggestion_due (article_id) values ($1)`, b.article)
	b.suggest()
	if after := scan[string](b, `select string_agg(s::text, ';' order by id) from suggestion s`); after != before {
		t.Errorf("looked through again: %s, before %s", after, before)
	}
}

func TestSuggest_leaves_alone_what_was_written_here_or_is_hidden(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	root := b.write(0, b.ann, forum.Published)
	b.write(root, b.bob, forum.Published)
	b.write(root, b.ann, forum.Published)
	b.takeFlat()
	b.exec(`insert into suggestion_due select id from article on conflict do nothing`)
	b.exec(`update comment set state = 'held' where id = (select comment_id from comment_revision where body_text like 'The law%')`)
	want(t, second(b.removeBranch(b.mod, scan[forum.CommentID](b, `select comment_id from comment_revision where body_text like 'What about%'`))), 0)
	b.suggest()
	if got := b.open(); !slices.Equal(got, everySuggestion[:2]) {
		t.Errorf("open: %q", got)
	}
}

func TestAcceptSuggestion(t *testing.T) {
	t.Parallel()
	b := suggestedBench(t)
	dump := func() string {
		return scan[string](b, `select string_agg(concat_ws(' ', c.id, c.parent_id, c.root_id, c.depth, c.state, c.branch_removed, c.source_parent_id), ';' order by c.id) from comment c`)
	}
	before := dump()
	for _, rule := range []suggest.Rule{suggest.Reply, suggest.Quote, suggest.Correction, suggest.Name} {
		id := b.suggestion(rule)
		done, err := b.act.AcceptSuggestion(t.Context(), b.mod, id)
		want(t, err, 0)
		if target := scan[forum.CommentID](b, `select target_id from suggestion where id = $1`, id); b.parent(done.Comment) != target || len(done.Acts) != 1 {
			t.Errorf("%s: %+v, below %d and not %d", rule, done, b.parent(done.Comment), target)
		}
		want(t, second(b.act.AcceptSuggestion(t.Context(), b.mod2, id)), forum.Conflict)
		want(t, second(b.act.DismissSuggestion(t.Context(), b.mod2, id)), forum.Conflict)
	}
	if got := b.open(); !slices.Equal(got, everySuggestion[1:2]) {
		t.Errorf("open: %q", got)
	}
	b.whole()
	for _, rule := range []suggest.Rule{suggest.Name, suggest.Correction, suggest.Quote} {
		want(t, second(b.act.ReopenSuggestion(t.Context(), b.mod2, b.suggestion(rule))), 0)
	}
	// The other way to take one back.
	want(t, second(b.act.UndoMove(t.Context(), b.mod, action.RestoreInput{Comment: scan[forum.CommentID](b, `select comment_id from suggestion where rule = 'reply'`)})), 0)
	want(t, second(b.act.ReopenSuggestion(t.Context(), b.mod, b.suggestion(suggest.Reply))), forum.Conflict)
	if after := dump(); after != before {
		t.Errorf("after taking everything back:\n%s\nbefore:\n%s", after, before)
	}
	if got := b.open(); !slices.Equal(got, everySuggestion) {
		t.Errorf("open: %q", got)
	}
	b.whole()
}

func TestAcceptSuggestion_of_a_duplicate_loses_nothing(t *testing.T) {
	t.Parallel()
	b := suggestedBench(t)
	id := b.suggestion(suggest.Duplicate)
	done, err := b.act.AcceptSuggestion(t.Context(), b.mod, id)
	want(t, err, 0)
	first := scan[forum.CommentID](b, `select target_id from suggestion where id = $1`, id)
	reply := scan[forum.CommentID](b, `select comment_id from comment_revision where body_text like 'So do I%'`)
	if len(done.Acts) != 2 || b.state(done.Comment) != forum.Removed || b.parent(reply) != first || !b.public(reply) {
		t.Errorf("%+v; the second is %s, its reply below %d", done, b.state(done.Comment), b.parent(reply))
	}
	if reason := scan[string](b, `select reason from audit where seq = $1`, done.Acts[1]); reason != "repeat" {
		t.Errorf("removed because of %q", reason)
	}
	b.whole()
	want(t, second(b.act.ReopenSuggestion(t.Context(), b.mod2, id)), 0)
	if b.state(done.Comment) != forum.Published || b.parent(reply) != done.Comment {
		t.Error("taken back, it is not as it was")
	}
	b.whole()
	// Once its reply stands elsewhere, it cannot be taken back as a whole.
	want(t, second(b.act.AcceptSuggestion(t.Context(), b.mod, id)), 0)
	want(t, second(b.move(b.mod, reply, 0)), 0)
	want(t, second(b.act.ReopenSuggestion(t.Context(), b.mod, id)), forum.Conflict)
	if b.state(done.Comment) != forum.Removed {
		t.Error("half of it was taken back")
	}
	b.whole()
}

func TestDismissSuggestion_for_ever(t *testing.T) {
	t.Parallel()
	b := suggestedBench(t)
	for _, rule := range suggest.Rules {
		want(t, second(b.act.DismissSuggestion(t.Context(), b.mod, b.suggestion(rule))), 0)
	}
	b.exec(`insert into suggestion_due (article_id) values ($1)`, b.article)
	b.suggest()
	if got := b.open(); len(got) != 0 {
		t.Errorf("asked again: %q", got)
	}
	want(t, second(b.act.ReopenSuggestion(t.Context(), b.mod, b.suggestion(suggest.Quote))), 0)
	if got := b.open(); !slices.Equal(got, everySuggestion[2:3]) {
		t.Errorf("open: %q", got)
	}
}

func TestSuggestions_are_for_moderators(t *testing.T) {
	t.Parallel()
	b := suggestedBench(t)
	id := b.suggestion(suggest.Reply)
	for v, kind := range map[*forum.Viewer]forum.Kind{{}: forum.Unauthenticated, &b.ann: forum.Forbidden} {
		want(t, second(b.act.AcceptSuggestion(t.Context(), *v, id)), kind)
		want(t, second(b.act.DismissSuggestion(t.Context(), *v, id)), kind)
		want(t, second(b.act.ReopenSuggestion(t.Context(), *v, id)), kind)
		_, _, err := b.act.AcceptSuggestions(t.Context(), *v, b.slug, suggest.Reply)
		want(t, err, kind)
		_, err = b.db.Suggestions(t.Context(), *v, postgres.SuggestionFilter{})
		want(t, err, kind)
	}
	b.exec(`update article set state = 'draft' where id = $1`, b.article)
	want(t, second(b.act.AcceptSuggestion(t.Context(), b.mod, id)), forum.NotFound)
	if got := b.open(); len(got) != 0 {
		t.Errorf("a moderator sees what is in a draft: %q", got)
	}
	want(t, second(b.act.AcceptSuggestion(t.Context(), b.admin, 99_999)), forum.NotFound)
}

func TestAcceptSuggestion_is_refused_once_the_comments_have_changed(t *testing.T) {
	t.Parallel()
	b := suggestedBench(t)
	comment := scan[forum.CommentID](b, `select comment_id from suggestion where rule = 'reply'`)
	want(t, second(b.move(b.mod, comment, 0)), 0)
	want(t, second(b.act.AcceptSuggestion(t.Context(), b.mod, b.suggestion(suggest.Reply))), forum.Conflict)
	want(t, second(b.remove(b.mod, scan[forum.CommentID](b, `select target_id from suggestion where rule = 'quote'`))), 0)
	want(t, second(b.act.AcceptSuggestion(t.Context(), b.mod, b.suggestion(suggest.Quote))), forum.Conflict)
	if got := b.open(); !slices.Equal(got, everySuggestion[:2]) {
		t.Errorf("open: %q", got)
	}
}

func TestAcceptSuggestions_of_one_rule_in_one_article(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var text strings.Builder
	text.WriteString("Long talk\n\nBegin.\n\n")
	for i := range 20 {
		fmt.Fprintf(&text, "  %d. Ann says:\n\n    Thing %d.\n\n    1. Bob says:\n\n      No %d.\n\n    2. Ann says:\n\n      Yes %d.\n\n", i+1, i, i, i)
	}
	if _, err := b.act.ImportFromShell(t.Context(), action.ImportInput{Files: []action.ImportFile{textFile("long.txt", text.String())}}); err != nil {
		t.Fatal(err)
	}
	b.article, b.slug = scan[forum.ArticleID](b, `select id from article where slug = 'long-talk'`), "long-talk"
	b.suggest()
	// Two moderators at once do each of them once.
	var wg sync.WaitGroup
	var did [2]int
	for i, by := range []forum.Viewer{b.mod, b.mod2} {
		wg.Go(func() {
			n, _, err := b.act.AcceptSuggestions(t.Context(), by, b.slug, suggest.Reply)
			if err != nil {
				t.Error(err)
			}
			did[i] = n
		})
	}
	wg.Wait()
	if acts := scan[int](b, `select count(*) from audit where action = 'move'`); did[0]+did[1] != 20 || acts != 20 {
		t.Errorf("accepted %v, %d acts", did, acts)
	}
	b.whole()
	for _, rule := range []suggest.Rule{suggest.Name, suggest.Duplicate, suggest.Correction, "other"} {
		_, _, err := b.act.AcceptSuggestions(t.Context(), b.mod, b.slug, rule)
		want(t, err, forum.Invalid)
	}
}

func TestImport_again_knows_what_was_moved_here(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(string) string{
		"the same file": func(s string) string { return s },
		"a word edited in what was moved, and a reply more": func(s string) string {
			return strings.Replace(s, "should be read again.", "ought to be read again.\n\n        3. Cem says:\n\n          I have read it.", 1)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := suggestedBench(t)
			done, err := b.act.AcceptSuggestion(t.Context(), b.mod, b.suggestion(suggest.Reply))
			want(t, err, 0)
			place := b.parent(done.Comment)
			changed := change(flat)
			out, err := b.act.ImportFromShell(t.Context(), action.ImportInput{Files: []action.ImportFile{textFile("flat.txt", changed)}})
			if err != nil {
				t.Fatal(err)
			}
			if c := out.Comments; b.parent(done.Comment) != place || (changed == flat) != (c.New+c.Changed == 0) || c.New > 1 || c.Changed > 1 {
				t.Errorf("imported again: %+v, below %d", c, b.parent(done.Comment))
			}
			if n := scan[int](b, `select count(*) from comment_revision where body_text like '%to be read again%' and comment_id <> $1`, done.Comment); n != 0 {
				t.Error("what was moved came once more")
			}
			if len(out.Repairs) > 0 {
				t.Errorf("reported: %+v", out.Repairs)
			}
			b.suggest()
			b.whole()
		})
	}
}

func TestSuggest_in_the_samples(t *testing.T) {
	t.Parallel()
	dir := sampletest.Dir(t, "no suggestion is tried on them")
	content, err := os.ReadFile(filepath.Join(dir, "002.txt"))
	if err != nil {
		t.Fatal(err)
	}
	b := newBench(t)
	if _, err := b.act.ImportFromShell(t.Context(), action.ImportInput{Files: []action.ImportFile{textFile("002.txt", string(content))}}); err != nil {
		t.Fatal(err)
	}
	b.suggest()
	if got := b.open(); len(got) != 2 || !strings.HasPrefix(got[0], "reply: ") || !strings.HasPrefix(got[1], "reply: ") {
		t.Errorf("open: %q", got)
	}
	if n := scan[int](b, `select count(*) from comment where source_parent_id is not null`); n != 0 {
		t.Errorf("%d comments were moved without a click", n)
	}
	b.article = scan[forum.ArticleID](b, `select article_id from suggestion limit 1`)
	n, left, err := b.act.AcceptSuggestions(t.Context(), b.mod, scan[string](b, `select slug from article where id = $1`, b.article), suggest.Reply)
	if err != nil || n != 2 || left != 0 {
		t.Errorf("accepted %d, left %d, %v", n, left, err)
	}
	b.whole()
}

// TestReplaceSuggestions_keeps_due_what_changed_meanwhile holds that an import
// which comes while an article is looked through is not forgotten.
func TestReplaceSuggestions_keeps_due_what_changed_meanwhile(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.takeFlat()
	due, ok, err := b.db.DueForSuggestions(t.Context(), 0, nil)
	if err != nil || !ok || due.ID != b.article {
		t.Fatalf("due: %+v %v %v", due, ok, err)
	}
	if _, ok, err := b.db.DueForSuggestions(t.Context(), time.Hour, nil); err != nil || ok {
		t.Errorf("an import is still at work, and yet something is due: %v", err)
	}
	if _, ok, err := b.db.DueForSuggestions(t.Context(), 0, []postgres.DueArticle{due}); err != nil || ok {
		t.Errorf("one that is to wait is due: %v", err)
	}
	b.exec(`update suggestion_due set at = clock_timestamp()`)
	if _, ok, err := b.db.DueForSuggestions(t.Context(), 0, []postgres.DueArticle{due}); err != nil || !ok {
		t.Errorf("one that was changed again is not due: %v", err)
	}
	b.do(func(ctx context.Context, tx *postgres.Tx) error {
		_, err := tx.ReplaceSuggestions(ctx, due, nil)
		return err
	})
	if n := scan[int](b, `select count(*) from suggestion_due`); n != 1 {
		t.Error("the second import is forgotten")
	}
}

func TestUndo_of_an_import_takes_its_suggestions_with_it(t *testing.T) {
	t.Parallel()
	for name, accept := range map[string]bool{"undecided": false, "accepted": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			job := d.takeAs(flat)
			d.must(d.act.Suggest(t.Context()))
			mod := d.person("mo", forum.Moderator)
			list, err := d.db.Suggestions(t.Context(), mod, postgres.SuggestionFilter{})
			d.must(err)
			for i := range list.Items {
				if accept {
					_, err := d.act.AcceptSuggestion(t.Context(), mod, list.Items[i].ID)
					d.must(err)
				}
			}
			d.undo(job)
			d.whole()
			moved := d.one(`select count(*)::text from comment where source_parent_id is not null`)
			if left := d.one(`select count(*)::text from suggestion`); !accept && left != "0" || accept && moved == "0" {
				t.Errorf("%s suggestions are left, %s comments that were moved", left, moved)
			}
			if d.one(`select count(*)::text from article`) == "0" && accept {
				t.Error("what a moderator did is gone")
			}
		})
	}
}
