package postgres_test

import (
	"fmt"
	"slices"
	"testing"

	"hustings/internal/forum"
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
