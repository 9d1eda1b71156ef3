package action_test

import (
	"context"
	"log/slog"
	"net/netip"
	"strings"
	"testing"

	"hustings/internal/action"
	"hustings/internal/forum"
	"hustings/internal/pgtest"
	"hustings/internal/postgres"
)

// bench is a site of its own with a few people and one discussion, for tests of
// what moderators do.
type bench struct {
	t       *testing.T
	db      *postgres.DB
	act     *action.Actions
	article forum.ArticleID
	slug    string

	ann, bob, mod, mod2, admin forum.Viewer
}

func newBench(t *testing.T) *bench {
	t.Helper()
	db := pgtest.DB(t)
	b := &bench{t: t, db: db, act: action.New(db, slog.New(slog.DiscardHandler)), slug: "hedges"}
	b.ann, b.bob = b.person("Ann Ames", forum.Reader), b.person("Bob Bell", forum.Reader)
	b.mod, b.mod2 = b.person("Mo Marsh", forum.Moderator), b.person("Meg Mill", forum.Moderator)
	b.admin = b.person("Ada Alder", forum.Admin)
	b.do(func(ctx context.Context, tx *postgres.Tx) error {
		return tx.QueryRow(ctx, `insert into article (portable_id, slug, title) values ('hedges', $1, 'Hedges') returning id`, b.slug).
			Scan(&b.article)
	})
	return b
}

func (b *bench) do(f func(context.Context, *postgres.Tx) error) {
	b.t.Helper()
	if err := b.db.Do(b.t.Context(), f); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) exec(sql string, args ...any) {
	b.t.Helper()
	b.do(func(ctx context.Context, tx *postgres.Tx) error {
		_, err := tx.Exec(ctx, sql, args...)
		return err
	})
}

// scan reads one row of one value.
func scan[T any](b *bench, sql string, args ...any) (v T) {
	b.t.Helper()
	b.do(func(ctx context.Context, tx *postgres.Tx) error { return tx.QueryRow(ctx, sql, args...).Scan(&v) })
	return v
}

func (b *bench) person(name string, role forum.Role) forum.Viewer {
	b.t.Helper()
	handle := strings.ToLower(strings.ReplaceAll(name, " ", "-"))
	id := scan[forum.PersonID](b, `insert into person (kind, role, name, handle, skeleton) values ('member', $2, $1, $3, $3) returning id`,
		name, role, handle)
	return forum.Viewer{ID: id, Name: name, Handle: handle, Role: role}
}

// write adds a comment below another one (0: the article) in a state.
func (b *bench) write(parent forum.CommentID, by forum.Viewer, state forum.CommentState) (id forum.CommentID) {
	b.t.Helper()
	b.do(func(ctx context.Context, tx *postgres.Tx) (err error) {
		id, err = b.reply(ctx, tx, parent, by, state)
		return err
	})
	return id
}

func (b *bench) reply(ctx context.Context, tx *postgres.Tx, parent forum.CommentID, by forum.Viewer, state forum.CommentState) (forum.CommentID, error) {
	site, err := tx.ReplySite(ctx, b.slug, parent)
	if err != nil {
		return 0, err
	}
	if err := forum.CanReply(by, site.Place); err != nil {
		return 0, err
	}
	var key string
	if err := tx.QueryRow(ctx, `select gen_random_uuid()::text`).Scan(&key); err != nil {
		return 0, err
	}
	id, _, err := tx.AddReply(ctx, postgres.NewReply{
		Article: b.article, Parent: parent, Author: by.ID, FormKey: key, PortableID: key, State: state,
		Source: "words " + key, HTML: "<p>words " + key + "</p>", Text: "words " + key, Policy: 1,
	})
	return id, err
}

func (b *bench) state(id forum.CommentID) forum.CommentState {
	b.t.Helper()
	return scan[forum.CommentState](b, `select state from comment where id = $1`, id)
}

// public tells whether anybody may see a comment.
func (b *bench) public(id forum.CommentID) bool {
	b.t.Helper()
	return scan[bool](b, `select comment_public(c) from comment c where id = $1`, id)
}

// count is the article's number of comments as stored, recount as it ought to be.
func (b *bench) count() int {
	b.t.Helper()
	return scan[int](b, `select a.comments + coalesce((select sum(n) from article_comment_delta where article_id = a.id), 0)::int
		from article a where id = $1`, b.article)
}

func (b *bench) recount() int {
	b.t.Helper()
	return scan[int](b, `select count(*)::int from comment c where article_id = $1 and kind = 'comment' and comment_public(c)`, b.article)
}

func (b *bench) counts() {
	b.t.Helper()
	if got, want := b.count(), b.recount(); got != want {
		b.t.Errorf("the article says %d comments, there are %d", got, want)
	}
}

func (b *bench) audits() int64 {
	b.t.Helper()
	return scan[int64](b, `select seq from audit_head`)
}

func (b *bench) openReports(id forum.CommentID) int {
	b.t.Helper()
	return scan[int](b, `select count(*)::int from report where comment_id = $1 and closed_at is null`, id)
}

func (b *bench) report(by forum.Viewer, id forum.CommentID) {
	b.t.Helper()
	if _, err := b.act.Report(b.t.Context(), by, action.ReportInput{Comment: id, Reason: "abuse"}); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) remove(by forum.Viewer, id forum.CommentID) (action.Moderated, error) {
	return b.act.Remove(b.t.Context(), by, action.ModerateInput{Comment: id, Reason: "abuse"})
}

func (b *bench) removeBranch(by forum.Viewer, id forum.CommentID) (action.Moderated, error) {
	return b.act.RemoveBranch(b.t.Context(), by, action.ModerateInput{Comment: id, Reason: "off_topic"})
}

func (b *bench) restoreBranch(by forum.Viewer, id forum.CommentID) (action.Moderated, error) {
	return b.act.RestoreBranch(b.t.Context(), by, action.RestoreInput{Comment: id})
}

// want checks the kind of an error; 0 is none.
func want(t *testing.T, err error, kind forum.Kind) {
	t.Helper()
	if kind == 0 && err != nil {
		t.Fatalf("refused: %v", err)
	}
	if kind != 0 && forum.KindOf(err) != kind {
		t.Fatalf("got error %v of kind %d, want kind %d", err, forum.KindOf(err), kind)
	}
}

// everyAct runs each act of moderators on one comment.
func (b *bench) everyAct(ctx context.Context, v forum.Viewer, id forum.CommentID) map[string]error {
	errs := map[string]error{}
	in := action.ModerateInput{Comment: id, Reason: "abuse"}
	back := action.RestoreInput{Comment: id}
	art := action.LockArticleInput{Slug: b.slug}
	_, errs["remove"] = b.act.Remove(ctx, v, in)
	_, errs["restore"] = b.act.Restore(ctx, v, back)
	_, errs["hold"] = b.act.Hold(ctx, v, in)
	_, errs["release"] = b.act.Release(ctx, v, in)
	_, errs["keep"] = b.act.KeepReported(ctx, v, in)
	_, errs["remove branch"] = b.act.RemoveBranch(ctx, v, in)
	_, errs["restore branch"] = b.act.RestoreBranch(ctx, v, back)
	_, errs["lock branch"] = b.act.LockBranch(ctx, v, in)
	_, errs["unlock branch"] = b.act.UnlockBranch(ctx, v, in)
	_, errs["lock article"] = b.act.LockArticle(ctx, v, art)
	_, errs["unlock article"] = b.act.UnlockArticle(ctx, v, art)
	return errs
}

func TestModeration_is_for_moderators_only(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.write(0, b.ann, forum.Published)
	for name, err := range b.everyAct(t.Context(), b.bob, id) {
		if forum.KindOf(err) != forum.Forbidden {
			t.Errorf("a reader may %s: %v", name, err)
		}
	}
	for name, err := range b.everyAct(t.Context(), forum.Anonymous, id) {
		if forum.KindOf(err) != forum.Unauthenticated {
			t.Errorf("somebody without an account may %s: %v", name, err)
		}
	}
	if n := b.audits(); n != 0 {
		t.Errorf("refused acts left %d audit entries", n)
	}
}

func TestModeration_of_what_is_not_there_is_not_found(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.write(0, b.ann, forum.Published)
	b.slug = "no-such-article"
	for _, missing := range []forum.CommentID{0, -1, 999999} {
		for name, err := range b.everyAct(t.Context(), b.mod, missing) {
			if forum.KindOf(err) != forum.NotFound {
				t.Errorf("%s on comment %d: %v", name, missing, err)
			}
		}
	}
	b.slug = "hedges"
	b.exec(`update article set state = 'draft' where id = $1`, b.article)
	for name, err := range b.everyAct(t.Context(), b.mod, id) {
		if forum.KindOf(err) != forum.NotFound {
			t.Errorf("a moderator may %s in a draft: %v", name, err)
		}
	}
	want(t, second(b.remove(b.admin, id)), 0)
}

func second[T any](_ T, err error) error { return err }

func TestModeration_respects_who_wrote_it(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	adminComment := b.write(0, b.admin, forum.Published)
	want(t, second(b.remove(b.mod, adminComment)), forum.Forbidden)
	want(t, second(b.removeBranch(b.mod, adminComment)), forum.Forbidden)
	want(t, second(b.act.LockBranch(t.Context(), b.mod, action.ModerateInput{Comment: adminComment})), 0)

	own := b.write(0, b.mod, forum.Published)
	b.report(b.ann, own)
	want(t, second(b.act.KeepReported(t.Context(), b.mod, action.ModerateInput{Comment: own})), forum.Forbidden)
	want(t, second(b.act.KeepReported(t.Context(), b.mod2, action.ModerateInput{Comment: own})), 0)
	want(t, second(b.remove(b.mod2, own)), 0)
	want(t, second(b.act.Restore(t.Context(), b.mod, action.RestoreInput{Comment: own})), forum.Forbidden)
	want(t, second(b.act.Restore(t.Context(), b.mod2, action.RestoreInput{Comment: own})), 0)
	want(t, second(b.remove(b.mod, own)), 0)
	want(t, second(b.act.Restore(t.Context(), b.mod, action.RestoreInput{Comment: own})), 0)
	held := b.write(0, b.mod, forum.Held)
	want(t, second(b.act.Release(t.Context(), b.mod, action.ModerateInput{Comment: held})), forum.Forbidden)
	b.counts()
}

func TestRemove(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.write(0, b.ann, forum.Published)
	reply := b.write(id, b.bob, forum.Published)
	b.report(b.bob, id)
	for _, bad := range []action.ModerateInput{
		{Comment: id},
		{Comment: id, Reason: "no_such"},
		{Comment: id, Reason: "abuse'; drop table comment; --"},
		{Comment: id, Reason: "abuse", Note: strings.Repeat("ä", forum.MaxNoteChars+1)},
		{Comment: id, Reason: "abuse", Note: "a\x00b"},
		{Comment: id, Reason: "abuse", Note: "a\xffb"},
	} {
		want(t, second(b.act.Remove(t.Context(), b.mod, bad)), forum.Invalid)
	}
	done, err := b.act.Remove(t.Context(), b.mod, action.ModerateInput{Comment: id, Reason: "abuse", Note: strings.Repeat("ä", forum.MaxNoteChars)})
	want(t, err, 0)
	if b.state(id) != forum.Removed || b.public(id) || !b.public(reply) {
		t.Error("the comment is not gone, or its reply is")
	}
	if b.openReports(id) != 0 || scan[string](b, `select outcome from report where comment_id = $1 and closed_by = $2`, id, done.Seq) != "removed" {
		t.Error("its report is not closed as removed")
	}
	if got := scan[int64](b, `select removal from comment where id = $1`, id); got != done.Seq {
		t.Errorf("the comment points at audit entry %d, not %d", got, done.Seq)
	}
	b.counts()
}

func TestRemove_twice(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.write(0, b.ann, forum.Published)
	first, err := b.remove(b.mod, id)
	want(t, err, 0)
	again, err := b.remove(b.mod, id)
	want(t, err, 0)
	if !again.Already || again.Seq != first.Seq || b.audits() != first.Seq {
		t.Errorf("the same form sent twice made %+v after %+v", again, first)
	}
	want(t, second(b.act.Remove(t.Context(), b.mod, action.ModerateInput{Comment: id, Reason: "spam"})), forum.Conflict)
	want(t, second(b.remove(b.mod2, id)), forum.Conflict)
	if b.audits() != first.Seq {
		t.Error("a refused act left an audit entry")
	}
}

func TestModeration_refuses_what_has_changed_since_it_was_looked_at(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.write(0, b.ann, forum.Held)
	in := action.ModerateInput{Comment: id, Reason: "abuse", Seen: forum.Seen{State: forum.Held, Revision: 1}}
	b.exec(`update comment set revision = 2 where id = $1`, id)
	want(t, second(b.act.Release(t.Context(), b.mod, in)), forum.Conflict)
	want(t, second(b.act.Remove(t.Context(), b.mod, in)), forum.Conflict)
	in.Seen.Revision = 2
	want(t, second(b.act.Release(t.Context(), b.mod, in)), 0)
	want(t, second(b.act.Remove(t.Context(), b.mod2, in)), forum.Conflict)
	want(t, second(b.act.RemoveBranch(t.Context(), b.mod2, in)), forum.Conflict)
	if b.state(id) != forum.Published {
		t.Error("a refused act changed the comment")
	}
}

func TestRestore_names_the_removal_it_takes_back(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.write(0, b.ann, forum.Published)
	first, _ := b.remove(b.mod, id)
	want(t, second(b.act.Restore(t.Context(), b.mod2, action.RestoreInput{Comment: id, Undoes: first.Seq})), 0)
	want(t, second(b.act.Restore(t.Context(), b.mod, action.RestoreInput{Comment: id, Undoes: first.Seq})), forum.Conflict)
	if got := scan[int64](b, `select undoes from audit order by seq desc limit 1`); got != first.Seq {
		t.Errorf("the entry undoes %d, not %d", got, first.Seq)
	}
	if scan[bool](b, `select removal is not null from comment where id = $1`, id) {
		t.Error("a restored comment still points at its removal")
	}
	later, _ := b.remove(b.mod, id)
	if later.Already {
		t.Error("a removal after a restore counts as the earlier one")
	}
	want(t, second(b.act.Restore(t.Context(), b.mod2, action.RestoreInput{Comment: id, Undoes: first.Seq})), forum.Conflict)
	b.counts()
}

func TestRestore_is_for_removed_comments_only(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, s := range []forum.CommentState{forum.Held, forum.Quarantined, forum.Spam, forum.Retracted, forum.Erased} {
		id := b.write(0, b.ann, s)
		want(t, second(b.act.Restore(t.Context(), b.mod, action.RestoreInput{Comment: id})), forum.Conflict)
	}
}

func TestRelease_is_not_a_way_around_restore(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.write(0, b.ann, forum.Published)
	want(t, second(b.remove(b.mod, id)), 0)
	for _, seen := range []forum.CommentState{"", forum.Held, forum.Removed} {
		in := action.ModerateInput{Comment: id, Seen: forum.Seen{State: seen}}
		want(t, second(b.act.Release(t.Context(), b.mod, in)), forum.Conflict)
	}
}

func TestHold_and_release(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.write(0, b.ann, forum.Published)
	in := action.ModerateInput{Comment: id}
	want(t, second(b.act.Hold(t.Context(), b.mod, in)), 0)
	b.counts()
	again, err := b.act.Hold(t.Context(), b.mod, in)
	if want(t, err, 0); !again.Already {
		t.Error("the same form held it twice")
	}
	want(t, second(b.act.Hold(t.Context(), b.mod2, in)), forum.Conflict)
	want(t, second(b.act.Release(t.Context(), b.mod2, in)), 0)
	want(t, second(b.act.Release(t.Context(), b.mod, in)), forum.Conflict)
	if !b.public(id) {
		t.Error("the comment is not back")
	}
	b.counts()
}

func TestReport(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.write(0, b.ann, forum.Published)
	in := action.ReportInput{Comment: id, Reason: "abuse", Note: "look"}
	for range 2 {
		done, err := b.act.Report(t.Context(), b.bob, in)
		want(t, err, 0)
		if done.Article != b.slug {
			t.Errorf("reported in %q", done.Article)
		}
	}
	if n := b.openReports(id); n != 1 {
		t.Errorf("the same reader has %d open reports on one comment", n)
	}
	want(t, second(b.act.Report(t.Context(), b.ann, in)), forum.Forbidden)
	in.Reason = ""
	want(t, second(b.act.Report(t.Context(), b.bob, in)), forum.Invalid)
	if n := b.audits(); n != 0 {
		t.Errorf("reports left %d audit entries", n)
	}
}

func TestReport_without_an_account(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var ids []forum.CommentID
	for range 11 {
		ids = append(ids, b.write(0, b.ann, forum.Published))
	}
	report := func(id forum.CommentID, address string) (action.Reported, error) {
		return b.act.Report(t.Context(), forum.Anonymous, action.ReportInput{Comment: id, Reason: "spam", Address: netip.MustParseAddr(address)})
	}
	for _, again := range []bool{false, true} {
		done, err := report(ids[0], "192.0.2.1")
		if want(t, err, 0); done.Already != again {
			t.Errorf("already %v, want %v", done.Already, again)
		}
	}
	for _, id := range ids[1:9] {
		want(t, second(report(id, "192.0.2.2")), 0)
	}
	want(t, second(report(ids[9], "192.0.2.3")), forum.TooMany)
	want(t, second(report(ids[9], "2001:db8::1")), 0)
	if n := b.openReports(ids[0]); n != 1 {
		t.Errorf("one address has %d open reports on one comment", n)
	}
}

func TestReport_of_what_is_not_shown(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for state, kind := range map[forum.CommentState]forum.Kind{
		forum.Held: forum.NotFound, forum.Spam: forum.NotFound, forum.Removed: forum.Gone, forum.Retracted: forum.Gone,
	} {
		id := b.write(0, b.ann, state)
		want(t, second(b.act.Report(t.Context(), b.bob, action.ReportInput{Comment: id, Reason: "abuse"})), kind)
	}
	root := b.write(0, b.ann, forum.Published)
	below := b.write(root, b.ann, forum.Published)
	want(t, second(b.removeBranch(b.mod, root)), 0)
	want(t, second(b.act.Report(t.Context(), b.bob, action.ReportInput{Comment: below, Reason: "abuse"})), forum.Gone)
}

func TestKeepReported(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.write(0, b.ann, forum.Published)
	in := action.ModerateInput{Comment: id}
	want(t, second(b.act.KeepReported(t.Context(), b.mod, in)), forum.Conflict)
	b.report(b.bob, id)
	b.report(b.admin, id)
	done, err := b.act.KeepReported(t.Context(), b.mod, in)
	if want(t, err, 0); done.Count != 2 {
		t.Errorf("closed %d reports", done.Count)
	}
	again, err := b.act.KeepReported(t.Context(), b.mod, in)
	if want(t, err, 0); !again.Already {
		t.Error("a form sent twice kept it twice")
	}
	want(t, second(b.act.KeepReported(t.Context(), b.mod2, in)), forum.Conflict)
	b.report(b.bob, id)
	if b.openReports(id) != 1 || !b.public(id) {
		t.Error("after a decision a reader cannot report anew")
	}
}

func TestLockArticle(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	in := action.LockArticleInput{Slug: b.slug}
	want(t, second(b.act.UnlockArticle(t.Context(), b.mod, in)), forum.Conflict)
	first, err := b.act.LockArticle(t.Context(), b.mod, in)
	want(t, err, 0)
	again, err := b.act.LockArticle(t.Context(), b.mod, in)
	if want(t, err, 0); !again.Already {
		t.Error("locked twice")
	}
	want(t, second(b.act.LockArticle(t.Context(), b.mod2, in)), forum.Conflict)
	want(t, second(b.act.UnlockArticle(t.Context(), b.mod2, in)), 0)
	if got := scan[int64](b, `select undoes from audit order by seq desc limit 1`); got != first.Seq {
		t.Errorf("the unlocking entry undoes %d", got)
	}
	b.exec(`update article set replies = 'closed' where id = $1`, b.article)
	want(t, second(b.act.LockArticle(t.Context(), b.mod, in)), forum.Conflict)
	want(t, second(b.act.UnlockArticle(t.Context(), b.mod, in)), forum.Conflict)
	if got := scan[string](b, `select replies from article where id = $1`, b.article); got != "closed" {
		t.Errorf("a closed discussion became %s", got)
	}
}

func TestLockBranch(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	root := b.write(0, b.ann, forum.Published)
	deep := b.write(root, b.bob, forum.Published)
	in := action.ModerateInput{Comment: root}
	first, err := b.act.LockBranch(t.Context(), b.mod, in)
	want(t, err, 0)
	again, err := b.act.LockBranch(t.Context(), b.mod, in)
	if want(t, err, 0); !again.Already || again.Seq != first.Seq {
		t.Error("locked twice")
	}
	want(t, second(b.act.LockBranch(t.Context(), b.mod2, in)), forum.Conflict)
	err = b.db.Do(t.Context(), func(ctx context.Context, tx *postgres.Tx) error {
		_, err := b.reply(ctx, tx, deep, b.ann, forum.Published)
		return err
	})
	want(t, err, forum.Closed)
	b.write(deep, b.mod, forum.Published)
	want(t, second(b.act.UnlockBranch(t.Context(), b.mod2, in)), 0)
	b.write(deep, b.ann, forum.Published)
}
