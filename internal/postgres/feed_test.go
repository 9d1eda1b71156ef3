package postgres_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"hustings/internal/forum"
	"hustings/internal/pgtest"
	"hustings/internal/postgres"

	"github.com/jackc/pgx/v5"
)

func feedIDs(f postgres.CommentFeed) (list []forum.CommentID) {
	for _, c := range f.Comments {
		list = append(list, c.ID)
	}
	return list
}

func TestCommentFeeds_hold_what_anybody_may_read(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	draft := d.newArticle("draft", forum.ArticleDraft)
	other := d.newArticle("other", forum.ArticlePublished)
	top := d.write(d.article, 0, forum.Published, "top")
	var shown []forum.CommentID
	for _, state := range []forum.CommentState{forum.Held, forum.Quarantined, forum.Removed, forum.Spam, forum.Retracted, forum.Erased} {
		hidden := d.write(d.article, top, state, string(state))
		shown = append(shown, d.write(d.article, hidden, forum.Published, "below "+string(state)))
	}
	marked := d.write(d.article, top, forum.Published, "marked")
	d.write(d.article, marked, forum.Published, "below the mark")
	deskRow[bool](d, `update comment set branch_removed = true where id = $1 returning true`, marked)
	d.write(draft, 0, forum.Published, "in a draft")
	elsewhere := d.write(other, 0, forum.Published, "elsewhere")
	slices.Reverse(shown)
	inArticle := append(slices.Clone(shown), top)
	for name, tc := range map[string]struct {
		got  func() (postgres.CommentFeed, error)
		want []forum.CommentID
	}{
		"site":    {func() (postgres.CommentFeed, error) { return d.db.SiteFeed(t.Context(), "") }, append([]forum.CommentID{elsewhere}, inArticle...)},
		"article": {func() (postgres.CommentFeed, error) { return d.db.ArticleComments(t.Context(), d.article, "") }, inArticle},
		"draft":   {func() (postgres.CommentFeed, error) { return d.db.ArticleComments(t.Context(), draft, "") }, nil},
		"person":  {func() (postgres.CommentFeed, error) { return d.db.PersonFeed(t.Context(), d.ann.ID, "") }, append([]forum.CommentID{elsewhere}, inArticle...)},
		"nobody":  {func() (postgres.CommentFeed, error) { return d.db.PersonFeed(t.Context(), d.mod.ID, "") }, nil},
		"branch":  {func() (postgres.CommentFeed, error) { return d.db.BranchFeed(t.Context(), top, "") }, shown},
		"marked":  {func() (postgres.CommentFeed, error) { return d.db.BranchFeed(t.Context(), marked, "") }, nil},
	} {
		feed, err := tc.got()
		if err != nil || !slices.Equal(feedIDs(feed), tc.want) || feed.Next != "" {
			t.Errorf("%s: %v, next %q, %v; want %v", name, feedIDs(feed), feed.Next, err, tc.want)
		}
	}
}

func TestBranchFeed_reaches_beyond_the_window(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	chain := []forum.CommentID{d.write(d.article, 0, forum.Published, "top")}
	for n := range 199 {
		chain = append(chain, d.write(d.article, chain[n], forum.Published, fmt.Sprint(n)))
	}
	beside := d.write(d.article, chain[0], forum.Published, "beside")
	for _, from := range []int{0, 1, 100, 135, 198, 199} {
		want := slices.Clone(chain[from+1:])
		if from == 0 {
			want = append(want, beside)
		}
		slices.Reverse(want)
		var got []forum.CommentID
		for after, pages := "", 0; pages == 0 || after != ""; pages++ {
			feed, err := d.db.BranchFeed(t.Context(), chain[from], after)
			if err != nil || pages > 5 {
				t.Fatal(pages, err)
			}
			got = append(got, feedIDs(feed)...)
			after = feed.Next
		}
		if !slices.Equal(got, want) {
			t.Errorf("below level %d: %d comments, want %d", from+1, len(got), len(want))
		}
	}
}

// A feed costs the same whatever the size of the site: it walks an index in the
// feed's own order and stops at its limit.
func TestCommentFeeds_look_at_few_rows_of_many(t *testing.T) {
	t.Parallel()
	conn, err := pgx.Connect(t.Context(), pgtest.NewURL(t)) // as owner, who may gather statistics
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background()) //nolint:errcheck // the test's own database
	for _, sql := range []string{
		`insert into person (kind, name, handle, skeleton) select 'member', 'p' || n, 'p' || n, 'p' || n from generate_series(1, 16) n`,
		`insert into article (portable_id, slug, title, state) select 'a' || n, 'a' || n, 'A', case when n = 16 then 'draft' else 'published' end::article_state from generate_series(1, 16) n`,
		`insert into comment (id, article_id, parent_id, root_id, depth, author_id, portable_id, body_html) overriding system value
			select n, case when n > 15000 then 16 else 1 + (n - 1) / 1000 end, case when (n - 1) % 1000 = 0 then null else n - 1 - (n - 1) % 1000 + 1 end,
			n - (n - 1) % 1000, ((n - 1) % 1000 > 0)::int, 1 + n % 8, 'c' || n, '<p>x</p>' from generate_series(1, 16000) n`,
		`insert into comment_path select id, 0, id, article_id from comment union all select id, 1, parent_id, article_id from comment where parent_id is not null`,
		`vacuum analyze`,
	} {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%v in %.60s", err, sql)
		}
	}
	const far = int64(1) << 62
	for name, tc := range map[string]struct {
		query string
		args  []any
		most  float64 // rows of comment that may be looked at
	}{
		"site":    {postgres.SiteFeedQuery, []any{far, 51}, 1500}, // the newest thousand are a draft's
		"article": {postgres.ArticleFeedQuery, []any{far, 51, 3}, 300},
		"person":  {postgres.PersonFeedQuery, []any{far, 51, 7}, 400},
		"branch":  {postgres.BranchFeedQuery, []any{far, 51, 2001}, 800},
	} {
		if read := commentsRead(t, func(sql string) pgx.Row { return conn.QueryRow(t.Context(), sql, tc.args...) }, tc.query); read > tc.most || read < 51 {
			t.Errorf("%s: %.0f rows of comment were read, at most %.0f expected", name, read, tc.most)
		}
	}
}

// commentsRead is how many rows of the table comment a query looks at, those it
// throws away included.
func commentsRead(t *testing.T, row func(string) pgx.Row, query string) float64 {
	t.Helper()
	var plan []byte
	if err := row(`explain (analyze, format json, timing off) ` + query).Scan(&plan); err != nil {
		t.Fatal(err)
	}
	var nodes []map[string]any
	if err := json.Unmarshal(plan, &nodes); err != nil {
		t.Fatal(err)
	}
	read := 0.0
	var walk func(n map[string]any)
	walk = func(n map[string]any) {
		if n["Relation Name"] == "comment" {
			dropped, _ := n["Rows Removed by Filter"].(float64)
			read += n["Actual Loops"].(float64) * (n["Actual Rows"].(float64) + dropped)
		}
		below, _ := n["Plans"].([]any)
		for _, b := range below {
			walk(b.(map[string]any))
		}
	}
	walk(nodes[0]["Plan"].(map[string]any))
	return read
}

func TestArticleFeed(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.newArticle("draft", forum.ArticleDraft)
	long := d.newArticle("long", forum.ArticlePublished)
	deskRow[bool](d, `update article set body_html = repeat('x', 70000), edited_at = '2030-01-01', published_at = '2001-01-01' where id = $1 returning true`, long)
	d.write(d.article, 0, forum.Published, "one")
	list, next, err := d.db.ArticleFeed(t.Context(), "")
	if err != nil || len(list) != 2 || next != "" || list[0].Slug != "hedges" || list[1].Slug != "long" {
		t.Fatalf("%d articles, next %q, %v", len(list), next, err)
	}
	if list[1].BodyHTML != "" || list[1].UpdatedAt.Year() != 2030 || list[0].Comments != 1 || !list[0].UpdatedAt.Equal(list[0].CreatedAt) {
		t.Errorf("got %+v", list)
	}
}

func TestArticleList_and_ArticleFeed_go_on_in_pages(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	want := []string{"hedges"}
	for n := range 54 {
		slug := fmt.Sprint("a", n)
		d.newArticle(slug, forum.ArticlePublished)
		want = append([]string{slug}, want...)
	}
	var fed, listed []string
	for after, pages := "", 0; pages == 0 || after != ""; pages++ {
		list, next, err := d.db.ArticleFeed(t.Context(), after)
		if err != nil || pages > 2 {
			t.Fatal(pages, err)
		}
		for _, a := range list {
			fed = append(fed, a.Slug)
		}
		after = next
	}
	for after, pages := "", 0; pages == 0 || after != ""; pages++ {
		list, next, err := d.db.ArticleList(t.Context(), forum.FrontNew, after, 10)
		if err != nil || pages > 6 || len(list) > 10 {
			t.Fatal(pages, len(list), err)
		}
		for _, a := range list {
			listed = append(listed, a.Slug)
		}
		after = next
	}
	if !slices.Equal(fed, want) || !slices.Equal(listed, want) {
		t.Errorf("fed %v, listed %v", strings.Join(fed, " "), strings.Join(listed, " "))
	}
}

func TestCommentDetails(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	id := d.write(d.article, 0, forum.Published, "words")
	nameless := deskRow[forum.CommentID](d, `insert into comment (id, article_id, root_id, depth, kind, portable_id, body_html, created_at)
		overriding system value values (1000, $1, 1000, 0, 'placeholder', 'lost', '', null) returning id`, d.article)
	foreign := d.write(d.article, 0, forum.Published, "guest elsewhere")
	deskRow[bool](d, `update comment set author_kind = 'guest' where id = $1 returning true`, foreign)
	got, err := d.db.CommentDetails(context.Background(), []forum.CommentID{id, nameless, foreign, 999999})
	if err != nil || len(got) != 3 {
		t.Fatalf("%v, %v", got, err)
	}
	if c := got[id]; c.AuthorKind != "member" || c.BodyText == nil || *c.BodyText != "words" || len(c.PortableID) != 36 {
		t.Errorf("a comment: %+v", c)
	}
	if c := got[nameless]; c.AuthorKind != "unknown" || c.BodyText != nil || c.PortableID != "lost" {
		t.Errorf("a placeholder: %+v", c)
	}
	if got[foreign].AuthorKind != "guest" {
		t.Errorf("the kind of author that the source named: %+v", got[foreign])
	}
}
