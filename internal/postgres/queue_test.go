package postgres_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"hustings/internal/forum"
	"hustings/internal/pgtest"
	"hustings/internal/postgres"
)

// desk is a site with moderators and a discussion, for tests of their pages.
type desk struct {
	*testing.T
	db              *postgres.DB
	ann, mod, admin forum.Viewer
	article         forum.ArticleID
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{T: t, db: pgtest.DB(t)}
	d.ann, d.mod, d.admin = d.person("Ann Ames", forum.Reader), d.person("Mo Marsh", forum.Moderator), d.person("Ada Alder", forum.Admin)
	d.article = d.newArticle("hedges", forum.ArticlePublished)
	return d
}

func deskRow[T any](d *desk, sql string, args ...any) (v T) {
	d.Helper()
	err := d.db.Do(d.Context(), func(ctx context.Context, tx *postgres.Tx) error { return tx.QueryRow(ctx, sql, args...).Scan(&v) })
	if err != nil {
		d.Fatal(err)
	}
	return v
}

func (d *desk) person(name string, role forum.Role) forum.Viewer {
	d.Helper()
	id := deskRow[forum.PersonID](d, `insert into person (kind, role, name, handle, skeleton) values ('member', $2, $1, $1, $1) returning id`, name, role)
	return forum.Viewer{ID: id, Name: name, Role: role}
}

func (d *desk) newArticle(slug string, state forum.ArticleState) forum.ArticleID {
	d.Helper()
	return deskRow[forum.ArticleID](d, `insert into article (portable_id, slug, title, state) values ($1, $1, 'On ' || $1, $2) returning id`, slug, state)
}

func (d *desk) write(article forum.ArticleID, parent forum.CommentID, state forum.CommentState, text string) (id forum.CommentID) {
	d.Helper()
	err := d.db.Do(d.Context(), func(ctx context.Context, tx *postgres.Tx) (err error) {
		key := deskRow[string](d, `select gen_random_uuid()::text`)
		id, _, err = tx.AddReply(ctx, postgres.NewReply{
			Article: article, Parent: parent, Author: d.ann.ID, FormKey: key, PortableID: key, State: state,
			Source: text, HTML: "<p>" + text + "</p>", Text: text, Policy: 1,
		})
		return err
	})
	if err != nil {
		d.Fatal(err)
	}
	return id
}

func (d *desk) report(id forum.CommentID, by forum.PersonID, reason forum.Reason) {
	d.Helper()
	article := deskRow[forum.ArticleID](d, `select article_id from comment where id = $1`, id)
	err := d.db.Do(d.Context(), func(ctx context.Context, tx *postgres.Tx) error {
		_, err := tx.AddReport(ctx, postgres.NewReport{Comment: id, Article: article, Reporter: by, Reason: reason, Note: "a note about " + string(reason)})
		return err
	})
	if err != nil {
		d.Fatal(err)
	}
}

func (d *desk) queue(v forum.Viewer, lane postgres.Lane, after string) postgres.Queue {
	d.Helper()
	q, err := d.db.Queue(d.Context(), v, lane, after)
	if err != nil {
		d.Fatal(err)
	}
	return q
}

func ids(items []postgres.QueueItem) (list []forum.CommentID) {
	for _, i := range items {
		list = append(list, i.Comment)
	}
	return list
}

func TestQueue_is_for_moderators_only(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	id := d.write(d.article, 0, forum.Held, "waiting")
	for viewer, kind := range map[forum.Viewer]forum.Kind{forum.Anonymous: forum.Unauthenticated, d.ann: forum.Forbidden, {ID: 99, Role: "emperor"}: forum.Forbidden} {
		if _, err := d.db.Queue(t.Context(), viewer, postgres.LaneHeld, ""); forum.KindOf(err) != kind {
			t.Errorf("%v reads the queue: %v", viewer, err)
		}
		if _, err := d.db.Case(t.Context(), viewer, id); forum.KindOf(err) != kind {
			t.Errorf("%v reads a case: %v", viewer, err)
		}
	}
}

func TestQueue_lists_the_oldest_first(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	draft := d.newArticle("draft", forum.ArticleDraft)
	a := d.write(d.article, 0, forum.Published, "first written, reported last")
	b := d.write(d.article, 0, forum.Published, "reported "+strings.Repeat("é", 300))
	secret := d.write(draft, 0, forum.Published, "in a draft")
	h1, h2 := d.write(d.article, a, forum.Held, "one"), d.write(d.article, 0, forum.Held, "two")
	d.report(b, d.mod.ID, "abuse")
	d.report(secret, d.mod.ID, "spam")
	d.report(a, d.mod.ID, "spam")
	d.report(b, 0, "spam")
	d.report(b, 0, "spam")
	q := d.queue(d.mod, postgres.LaneReported, "")
	if !slices.Equal(ids(q.Items), []forum.CommentID{b, a}) || q.Reported != 2 || q.Held != 2 || q.Oldest == nil || q.Next != "" {
		t.Fatalf("got %+v", q)
	}
	first := q.Items[0]
	if first.Reports != 3 || !slices.Equal(first.Reasons, []forum.Reason{"abuse", "spam"}) || first.AuthorName != "Ann Ames" ||
		first.Slug != "hedges" || len([]rune(first.Text)) != 200 || first.Own {
		t.Errorf("the first case is %+v", first)
	}
	if q := d.queue(d.admin, postgres.LaneReported, ""); len(q.Items) != 3 || q.Reported != 3 {
		t.Errorf("an admin sees %d cases", len(q.Items))
	}
	if q := d.queue(d.mod, postgres.LaneHeld, ""); !slices.Equal(ids(q.Items), []forum.CommentID{h1, h2}) || q.Oldest == nil {
		t.Errorf("held: %+v", q)
	}
}

func TestQueue_goes_on_in_pages(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for n := range postgres.MaxQueue + 3 {
		id := d.write(d.article, 0, forum.Held, fmt.Sprint(n))
		d.report(id, d.mod.ID, "other")
	}
	for _, lane := range []postgres.Lane{postgres.LaneHeld, postgres.LaneReported} {
		first := d.queue(d.mod, lane, "")
		second := d.queue(d.mod, lane, first.Next)
		if len(first.Items) != postgres.MaxQueue || len(second.Items) != 3 || second.Next != "" ||
			second.Items[0].Comment <= first.Items[postgres.MaxQueue-1].Comment {
			t.Errorf("%s: %d and %d cases, next %q", lane, len(first.Items), len(second.Items), second.Next)
		}
	}
	for _, bad := range []string{"?", "-1", "zzzzzzzzzzzzzzzzzzzz", "a b", "\x00"} {
		if _, err := d.db.Queue(t.Context(), d.mod, postgres.LaneHeld, bad); forum.KindOf(err) != forum.Malformed {
			t.Errorf("cursor %q: %v", bad, err)
		}
	}
}

func TestCase(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	chain := []forum.CommentID{d.write(d.article, 0, forum.Published, "level 1")}
	for n := range 5 {
		chain = append(chain, d.write(d.article, chain[n], forum.Published, fmt.Sprintf("level %d", n+2)))
	}
	subject := chain[4]
	held := d.write(d.article, subject, forum.Held, "not counted")
	d.write(d.article, held, forum.Published, "counted")
	d.report(subject, d.mod.ID, "abuse")
	c, err := d.db.Case(t.Context(), d.mod, subject)
	if err != nil {
		t.Fatal(err)
	}
	var above []forum.CommentID
	for _, a := range c.Ancestors {
		above = append(above, a.ID)
	}
	if !slices.Equal(above, chain[1:4]) || c.Comment.ID != subject || c.Source != "level 5" || c.Comment.AuthorName != "Ann Ames" {
		t.Errorf("the comment and what is above it: %v, %+v", above, c.Comment)
	}
	if c.Replies != 2 || c.Branch != 3 || c.Open != 1 || len(c.Reports) != 1 || c.Reports[0].Note != "a note about abuse" {
		t.Errorf("%d replies, branch of %d, reports %+v", c.Replies, c.Branch, c.Reports)
	}
	if c.Author.Joined == nil || c.Author.Published != 7 || c.Author.Removed != 0 || c.Article.Slug != "hedges" {
		t.Errorf("author %+v, article %q", c.Author, c.Article.Slug)
	}
	if _, err := d.db.Case(t.Context(), d.mod, 0); forum.KindOf(err) != forum.NotFound {
		t.Errorf("a case of nothing: %v", err)
	}
}

func TestCase_shows_a_retracted_text_only_where_it_was_reported(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	id := d.write(d.article, 0, forum.Retracted, "taken back")
	c, err := d.db.Case(t.Context(), d.mod, id)
	if err != nil || c.Comment.BodyHTML != "" || c.Source != "" {
		t.Errorf("shows %q and %q (%v)", c.Comment.BodyHTML, c.Source, err)
	}
	d.report(id, d.mod.ID, "abuse")
	if c, err = d.db.Case(t.Context(), d.mod, id); err != nil || c.Source != "taken back" {
		t.Errorf("shows %q though it was reported (%v)", c.Source, err)
	}
}

func (d *desk) log(v forum.Viewer, after string, f postgres.LogFilter) postgres.Log {
	d.Helper()
	log, err := d.db.Log(d.Context(), v, after, f)
	if err != nil {
		d.Fatal(err)
	}
	return log
}

func TestLog(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	draft := d.newArticle("draft", forum.ArticleDraft)
	id := d.write(d.article, 0, forum.Published, "text")
	removal := audit(t, d.db, postgres.AuditEntry{Actor: d.mod.ID, Action: postgres.ActRemove, SubjectKind: "comment", SubjectID: int64(id),
		Article: d.article, Reason: "abuse", Note: "private words"})
	audit(t, d.db, postgres.AuditEntry{Actor: d.mod.ID, Action: postgres.ActLockArticle, SubjectKind: "article", SubjectID: int64(draft), Article: draft})
	audit(t, d.db, postgres.AuditEntry{Action: postgres.ActAddToken, SubjectKind: "person", SubjectID: 1})
	audit(t, d.db, postgres.AuditEntry{Action: "invented", SubjectKind: "person", SubjectID: 1})
	imported := audit(t, d.db, postgres.AuditEntry{Action: postgres.ActImport, SubjectKind: "source", Detail: map[string]any{"comments": []string{"private"}}})
	hidden := make([]int, postgres.MaxLogItems+5)
	for i := range hidden {
		hidden[i] = 1000 + i
	}
	branch := audit(t, d.db, postgres.AuditEntry{Actor: d.mod.ID, Action: postgres.ActRemoveBranch, SubjectKind: "comment", SubjectID: int64(id),
		Article: d.article, Reason: "off_topic", Detail: map[string]any{"comments": hidden}})
	back := audit(t, d.db, postgres.AuditEntry{Actor: d.mod.ID, Action: postgres.ActRestore, SubjectKind: "comment", SubjectID: int64(id),
		Article: d.article, Undoes: removal})

	log := d.log(forum.Anonymous, "", postgres.LogFilter{})
	var seqs []int64
	for _, e := range log.Entries {
		seqs = append(seqs, e.Seq)
	}
	if !slices.Equal(seqs, []int64{back, branch, imported, removal}) || log.HeadSeq != back || len(log.HeadHash) != 32 {
		t.Fatalf("the log lists %v, head %d", seqs, log.HeadSeq)
	}
	e := log.Entries[1]
	if e.Count != len(hidden) || len(e.Comments) != postgres.MaxLogItems || e.Comments[0] != 1000 || e.Reason != "off_topic" || e.Comment != id || e.Slug != "hedges" {
		t.Errorf("the branch's entry: %+v", e)
	}
	if log.Entries[0].Undoes != removal || !log.Entries[3].Undone || log.Entries[1].Undone {
		t.Error("what was undone is not marked")
	}
	if i := log.Entries[2]; !i.System || i.Count != 0 || i.Slug != "" || len(i.Comments) != 0 {
		t.Errorf("the import's entry says %+v", i)
	}
	if s := fmt.Sprintf("%+v", log); strings.Contains(s, "private") || strings.Contains(s, "Marsh") {
		t.Errorf("the log holds what is private: %s", s)
	}
	if all := d.log(forum.Anonymous, "", postgres.LogFilter{Entry: branch}); len(all.Entries) != 1 || len(all.Entries[0].Comments) != len(hidden) {
		t.Errorf("the branch by itself lists %+v", all.Entries)
	}
	if one := d.log(forum.Anonymous, "", postgres.LogFilter{Act: postgres.ActRemove, Article: "hedges"}); len(one.Entries) != 1 || one.Entries[0].Seq != removal {
		t.Errorf("filtered: %+v", one.Entries)
	}
	for _, f := range []postgres.LogFilter{{Article: "no-such"}, {Article: "draft"}, {Entry: 3}, {Entry: -1}} {
		if none := d.log(d.mod, "", f); len(none.Entries) != 0 {
			t.Errorf("%+v lists %+v", f, none.Entries)
		}
	}
	if len(d.log(d.admin, "", postgres.LogFilter{Article: "draft"}).Entries) != 1 {
		t.Error("an admin does not see acts in drafts")
	}
	for _, bad := range []postgres.LogFilter{{Act: "add_token"}, {Act: "invented"}, {Act: "'"}} {
		if _, err := d.db.Log(t.Context(), d.admin, "", bad); forum.KindOf(err) != forum.Malformed {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

func TestLog_goes_on_in_pages(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for n := range postgres.MaxLog + 2 {
		audit(t, d.db, anAct(n))
	}
	first := d.log(forum.Anonymous, "", postgres.LogFilter{})
	second := d.log(forum.Anonymous, first.Next, postgres.LogFilter{})
	if len(first.Entries) != postgres.MaxLog || len(second.Entries) != 2 || second.Entries[0].Seq != 2 || second.Next != "" {
		t.Errorf("%d and %d entries, next %q", len(first.Entries), len(second.Entries), second.Next)
	}
}
