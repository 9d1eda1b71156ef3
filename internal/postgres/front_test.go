package postgres_test

import (
	"fmt"
	"slices"
	"testing"

	"hustings/internal/forum"
	"hustings/internal/postgres"
)

func TestFront_by_people_then_newest_on_every_page(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for i := range 70 {
		d.newArticle(fmt.Sprintf("paged-%02d", i), forum.ArticlePublished)
	}
	// Ties everywhere, dates against the order of arrival, some unknown.
	deskRow[int](d, `with changed as (update article set people = id % 3,
		published_at = case when id % 7 > 0 then now() - id * interval '1 hour' end where slug like 'paged-%' returning 1) select count(*) from changed`)
	want := deskRow[[]string](d, `select array_agg(slug order by people desc, coalesce(published_at, created_at) desc, id desc) from article where state = 'published'`)
	var got []string
	for after := ""; ; {
		page, err := d.db.Front(t.Context(), forum.FrontTop, after)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range page.Articles {
			got = append(got, a.Slug)
		}
		if after = page.Next; after == "" {
			break
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	list, next, err := d.db.ArticleList(t.Context(), forum.FrontTop, "", 10)
	if err != nil || len(list) != 10 || next == "" {
		t.Fatalf("%d articles, next %q, %v", len(list), next, err)
	}
	for _, after := range []string{".", "1", "1.", "1.2", "x!.1.2", "1.2.3.4", "zzzzzzzzzzzzzz.1.2"} {
		if _, err := d.db.Front(t.Context(), forum.FrontTop, after); forum.KindOf(err) != forum.Malformed {
			t.Errorf("cursor %q: %v", after, err)
		}
	}
}

func TestFold_counts_people_whose_comments_can_be_read(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	people := func() int {
		t.Helper()
		deskRow[int](d, `with told as (insert into article_comment_delta (article_id, n) values ($1, 0) returning 1) select count(*) from told`, d.article)
		if err := d.db.Fold(t.Context()); err != nil {
			t.Fatal(err)
		}
		return deskRow[int](d, `select people from article where id = $1`, d.article)
	}
	write := func(parent forum.CommentID, author string) forum.CommentID {
		id := d.write(d.article, parent, forum.Published, "by "+author)
		deskRow[int](d, `update comment set author_id = $2 where id = $1 returning 1`, id, int64(d.person(author, forum.Reader).ID))
		return id
	}
	top := write(0, "Ada")
	branch := write(top, "Ben")
	write(branch, "Cy")
	linked := write(0, "Dee")
	deskRow[int](d, `update comment set kind = 'link_back' where id = $1 returning 1`, linked)
	if n := people(); n != 3 {
		t.Errorf("%d people, want 3: a link from elsewhere is nobody's word", n)
	}
	deskRow[int](d, `update comment set branch_removed = true where id = $1 returning 1`, branch)
	if n := people(); n != 1 {
		t.Errorf("%d people, want 1: two are in a removed branch", n)
	}
}

func TestThread_by_people_does_not_count_removed_branches(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	write := func(parent forum.CommentID, author string) forum.CommentID {
		id := d.write(d.article, parent, forum.Published, "by "+author)
		deskRow[int](d, `update comment set author_id = $2 where id = $1 returning 1`, id, int64(d.person(author, forum.Reader).ID))
		return id
	}
	quarrel := write(0, "Ada")
	branch := write(quarrel, "Ben")
	write(branch, "Cy")
	quiet := write(0, "Dee")
	write(quiet, "Eve")
	for _, c := range []struct {
		removed bool
		want    []forum.CommentID
	}{{false, []forum.CommentID{quarrel, quiet}}, {true, []forum.CommentID{quiet, quarrel}}} {
		deskRow[int](d, `update comment set branch_removed = $2 where id = $1 returning 1`, branch, c.removed)
		thread, err := d.db.Thread(t.Context(), forum.Viewer{}, postgres.ThreadPage{Article: d.article, Sort: forum.Best})
		if err != nil {
			t.Fatal(err)
		}
		var got []forum.CommentID
		for _, n := range thread.Nodes {
			if n.Parent == 0 {
				got = append(got, n.ID)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("removed %v: got %v, want %v", c.removed, got, c.want)
		}
	}
}
