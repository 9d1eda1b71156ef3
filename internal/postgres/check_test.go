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

	"github.com/jackc/pgx/v5/pgxpool"
)

// checked is a site with something of everything that Check looks at, in the
// hands of the owner of its tables.
type checked struct {
	t    *testing.T
	pool *pgxpool.Pool
	db   *postgres.DB
}

// chainDepth is deeper than the closure table reaches.
const chainDepth = 70

func newChecked(t *testing.T) *checked {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), pgtest.NewURL(t))
	if err != nil {
		t.Fatal(err)
	}
	c := &checked{t: t, pool: pool, db: postgres.New(pool)}
	t.Cleanup(c.db.Close)
	c.fill()
	return c
}

// fill makes two articles: comments 1 to 70 are a chain, 71 to 80 answer the
// first article, the rest belongs to the second.
func (c *checked) fill() {
	c.t.Helper()
	err := c.db.Do(c.t.Context(), func(ctx context.Context, tx *postgres.Tx) error {
		var articles []forum.ArticleID
		for _, slug := range []string{"one", "two"} {
			id, err := tx.AddBulkArticle(ctx, postgres.BulkArticle{PortableID: slug, Slug: slug, Title: slug, State: "published", Replies: "open", Policy: 1})
			if err != nil {
				return err
			}
			articles = append(articles, id)
		}
		member, err := tx.AddMember(ctx, postgres.NewMember{Name: "Ann", Skeleton: "ann", Role: forum.Moderator})
		if err != nil {
			return err
		}
		var list []postgres.BulkComment
		for i := range forum.CommentID(90) {
			b := postgres.BulkComment{ID: i + 1, Root: i + 1, Article: articles[0], Author: member.ID, Kind: forum.KindComment, State: forum.Published,
				PortableID: fmt.Sprint("c", i+1), Revisions: []postgres.BulkRevision{{HTML: "<p>Old</p>", Text: "Old", Policy: 1}, {HTML: "<p>New</p>", Text: "New", Policy: 1}}}
			switch {
			case i > 0 && i < chainDepth:
				b.Parent, b.Root, b.Depth = i, 1, int(i)
			case i >= 80:
				b.Article = articles[1]
			}
			list = append(list, b)
		}
		list[71].State, list[72].State = forum.Held, forum.Removed
		list[73].Kind = forum.KindLinkBack
		list[74].Kind, list[74].Author = forum.KindPlaceholder, 0
		list[60].BranchRemoved = true
		if list[72].Removal, err = tx.Audit(ctx, postgres.AuditEntry{Actor: member.ID, Action: postgres.ActRemove, SubjectKind: "comment", SubjectID: 73}); err != nil {
			return err
		}
		if list[60].BranchRemoval, err = tx.Audit(ctx, postgres.AuditEntry{Actor: member.ID, Action: postgres.ActRemoveBranch, SubjectKind: "comment", SubjectID: 61}); err != nil {
			return err
		}
		if err := tx.AddBulkComments(ctx, list); err != nil {
			return err
		}
		if err := tx.CountBulk(ctx); err != nil {
			return err
		}
		// One that has been counted but not folded.
		if _, err := tx.Exec(ctx, `update article set comments = comments - 3 where slug = 'one'`); err != nil {
			return err
		}
		return tx.Changed(ctx, articles[0], 3)
	})
	if err != nil {
		c.t.Fatal(err)
	}
	c.corrupt(`select setval('comment_id_seq', 1000)`,
		`insert into person (kind, name, handle, skeleton, source, author_key, claimed_by) values ('imported', 'Old', 'old', 'old', 'local', 'name:', 1)`,
		`update comment set author_id = 1, imported_as = 2, source_parent_id = 0 where id = 6`,
		`insert into suggestion (article_id, comment_id, rule, from_id, target_id) values (1, 6, 'reply', 5, 3)`,
		`insert into comment_form (author_id, form_key, comment_id) values (1, 'f', 5)`,
		`insert into report (comment_id, article_id, reason) values (5, 1, 'spam')`,
		`insert into source (name) values ('local')`,
		`insert into external_ref (source_id, kind, external_id, local_id, digest) values (1, 'comment', 'x', 5, ''), (1, 'article', 'y', 1, '')`)
}

// corrupt runs statements past all foreign keys.
func (c *checked) corrupt(statements ...string) {
	c.t.Helper()
	conn, err := c.pool.Acquire(c.t.Context())
	if err != nil {
		c.t.Fatal(err)
	}
	defer conn.Release()
	for _, s := range append([]string{`set session_replication_role = replica`}, append(statements, `reset session_replication_role`)...) {
		if _, err := conn.Exec(c.t.Context(), s); err != nil {
			c.t.Fatalf("%s: %v", s, err)
		}
	}
}

// codes are those of all findings but warnings.
func (c *checked) codes() []string {
	c.t.Helper()
	found, err := c.db.Check(c.t.Context(), 1)
	if err != nil {
		c.t.Fatal(err)
	}
	codes := []string{}
	for _, f := range found {
		if !f.Warning {
			codes = append(codes, f.Code)
		}
		if !f.Warning && (f.Count == 0 || len(f.IDs) == 0 || f.Sentence == "") {
			c.t.Errorf("finding without what or where: %+v", f)
		}
	}
	return codes
}

func TestCheck_finds_nothing_in_whole_data(t *testing.T) {
	t.Parallel()
	if codes := newChecked(t).codes(); len(codes) > 0 {
		t.Errorf("found %v", codes)
	}
}

func TestCheck_warns_where_the_application_owns_its_tables(t *testing.T) {
	t.Parallel()
	found, err := newChecked(t).db.Check(t.Context(), 1)
	if err != nil || len(found) != 1 || found[0].Code != "role" {
		t.Errorf("as owner: %+v %v", found, err)
	}
	found, err = pgtest.DB(t).Check(t.Context(), 1)
	if err != nil || len(found) != 0 {
		t.Errorf("as the application: %+v %v", found, err)
	}
}

func TestCheck_finds(t *testing.T) {
	t.Parallel()
	const free = `alter table comment_path drop constraint comment_path_self`
	for name, c := range map[string]struct {
		codes string // all that has to be found, and nothing else
		by    []string
	}{
		"a missing self row":                   {"I1 I5 I9", []string{`delete from comment_path where descendant = 75 and depth = 0`}},
		"a self row of another":                {"I1 I2 I4 I5", []string{free, `update comment_path set ancestor = 3 where descendant = 75 and depth = 0`}},
		"a missing row in the middle":          {"I4 I5 I9", []string{`delete from comment_path where descendant = 40 and depth = 20`}},
		"a wrong ancestor in the middle":       {"I4 I5", []string{`update comment_path set ancestor = 75 where descendant = 70 and depth = 20`}},
		"two ancestors that changed places":    {"I4 I5", []string{`update comment_path set ancestor = 60 - ancestor where descendant = 70 and ancestor in (20, 40)`}},
		"another parent in the closure":        {"I3 I4 I5", []string{`update comment_path set ancestor = 2 where descendant = 70 and depth = 1`}},
		"a row too many":                       {"I4 I9", []string{`insert into comment_path values (75, 5, 3, 1)`}},
		"a row beyond the window":              {"I4 I9", []string{`alter table comment_path drop constraint comment_path_window`, `insert into comment_path values (70, 65, 5, 1)`}},
		"a row of another article":             {"I6", []string{`update comment_path set article_id = 2 where descendant = 75`}},
		"an ancestor in another article":       {"I3 I4 I6 I9", []string{`insert into comment_path values (75, 1, 85, 1)`}},
		"a parent in another article":          {"I3 I5 I7 I9", []string{`update comment set parent_id = 72, depth = 1, root_id = 72 where id = 85`}},
		"a younger parent":                     {"I3 I5 I7 I9", []string{`alter table comment drop constraint comment_parent_is_older`, `update comment set parent_id = 80, depth = 1, root_id = 80 where id = 76`}},
		"rows of a comment that is gone":       {"I4 I8 count", []string{`delete from comment where id = 80`}},
		"a revision of no comment":             {"I8", []string{`insert into comment_revision values (999, 1, null, 'text', '', '', '', 1)`}},
		"a comment of no article":              {"I6 I8 count", []string{`update comment set article_id = 99 where id = 80`}},
		"a wrong depth":                        {"I9 depth", []string{`update comment set depth = 7 where id = 70`}},
		"a wrong root":                         {"root", []string{`update comment set root_id = 2 where id = 70`}},
		"a counter that is one too high":       {"count", []string{`update article set comments = comments + 1 where slug = 'one'`}},
		"a delta that was lost":                {"count", []string{`delete from article_comment_delta`}},
		"a comment that became visible unseen": {"count", []string{`update comment set state = 'published' where id = 72`}},
		"a branch that came back unseen":       {"count removal", []string{`update comment set branch_removed = false where id = 61`}},
		"a missing newest revision":            {"revision", []string{`delete from comment_revision where comment_id = 5 and revision = 2`}},
		"a missing first revision":             {"revision", []string{`delete from comment_revision where comment_id = 5 and revision = 1`}},
		"another text than the revision's":     {"text", []string{`update comment set body_html = '<p>Forged</p>' where id = 5`}},
		"a placeholder with an author":         {"kind", []string{`alter table comment drop constraint comment_placeholder_is_nameless`, `update comment set author_id = 1 where id = 75`}},
		"an answer to a link-back":             {"I3 I5 I9 count kind", []string{`alter table comment drop constraint comment_link_back_is_top`, `update comment set parent_id = 74, depth = 1, root_id = 74, kind = 'link_back' where id = 76`}},
		"a policy of the future":               {"policy", []string{`update comment_revision set policy_version = 2 where comment_id = 5 and revision = 1`}},
		"a removal of somebody else":           {"removal", []string{`update comment set removal = 2 where id = 73`}},
		"a removal that was taken back":        {"count removal", []string{`update comment set state = 'published' where id = 73`}},
		"a form that leads nowhere":            {"form", []string{`update comment_form set comment_id = 999`}},
		"a report on nothing":                  {"report", []string{`update report set comment_id = 999`}},
		"an author who is gone":                {"author", []string{`update comment set author_id = 99 where id = 5`}},
		"an imported name that is gone":        {"author", []string{`update comment set imported_as = 99 where id = 5`}},
		"an import from nowhere":               {"source", []string{`update external_ref set source_id = 99 where kind = 'article'`}},
		"an import that is gone":               {"source", []string{`update external_ref set local_id = 999 where kind = 'article'`}},
		"a claimed comment of another member":  {"claim", []string{`update comment set author_id = 2, imported_as = 2 where id = 5`}},
		"a claimed name with comments":         {"claim", []string{`update comment set author_id = 2 where id = 5`}},
		"a move to where it stood":             {"moved", []string{`update comment set source_parent_id = 4 where id = 5`}},
		"a suggestion across articles":         {"suggestion", []string{`insert into suggestion (article_id, comment_id, rule, from_id, target_id) values (1, 85, 'reply', 0, 84)`}},
		"an author who was erased":             {"erased", []string{`insert into erased_comment values (5, false)`}},
		"a text that was erased":               {"erased", []string{`insert into erased_comment values (5, true)`, `update comment set author_id = null where id = 5`}},
		"an erased comment that is gone":       {"erased", []string{`insert into erased_comment values (999, false)`}},
		"an image that was damaged":            {"image", []string{`insert into image (sha256, media_type, width, height, bytes, content) values (sha256('a'), 'image/png', 1, 1, 1, 'b')`, `insert into article_image (article_id, address, place, state, sha256) values (1, 'https://a', 1, 'kept', sha256('a'))`}},
		"an image that was cut off":            {"image", []string{`insert into image (sha256, media_type, width, height, bytes, content) values (sha256('a'), 'image/png', 1, 1, 2, 'a')`, `insert into article_image (article_id, address, place, state, sha256) values (1, 'https://a', 1, 'kept', sha256('a'))`}},
		"an audit entry that was changed":      {"audit", []string{`update audit set note = 'forged' where seq = 1`}},
		"an audit entry that was deleted":      {"audit removal", []string{`delete from audit where seq = 1`}},
		"an audit that was cut off":            {"audit removal", []string{`delete from audit where seq = 2`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			site := newChecked(t)
			site.corrupt(c.by...)
			codes := site.codes()
			slices.Sort(codes)
			if got := strings.Join(codes, " "); got != c.codes {
				t.Errorf("found %q, want %q", got, c.codes)
			}
		})
	}
}
