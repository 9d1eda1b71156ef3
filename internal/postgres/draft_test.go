package postgres_test

import (
	"context"
	"strings"
	"testing"

	"hustings/internal/forum"
	"hustings/internal/postgres"
)

func TestDraft(t *testing.T) {
	t.Parallel()
	p := newPeople(t)
	who := p.member("Ruth Semple", forum.Reader)
	article := p.article("rain")
	parent := p.comment(article, who.ID, forum.Published, "hello")
	add := func(token, body string) error {
		return p.Do(t.Context(), func(ctx context.Context, tx *postgres.Tx) error {
			return tx.AddDraft(ctx, token, article, parent, body)
		})
	}
	if err := add("secret", " As *typed*\r\n"); err != nil {
		t.Fatal(err)
	}
	want := postgres.Draft{Article: article, ArticleSlug: "rain", ArticleTitle: "rain", Parent: parent, ParentName: "Ruth Semple", Body: " As *typed*\r\n"}
	if got, err := p.Draft(t.Context(), forum.Anonymous, "secret"); err != nil || got != want {
		t.Errorf("got %+v, %v", got, err)
	}
	missing := func(t *testing.T, token string) {
		t.Helper()
		if _, err := p.Draft(t.Context(), forum.Anonymous, token); forum.KindOf(err) != forum.NotFound {
			t.Errorf("got %v", err)
		}
	}
	t.Run("names_nobody_who_was_removed", func(t *testing.T) {
		p.sql(`update comment set state = 'removed' where id = $1`, parent)
		if got, err := p.Draft(t.Context(), forum.Anonymous, "secret"); err != nil || got.ParentName != "" {
			t.Errorf("got %+v, %v", got, err)
		}
	})
	t.Run("unknown_token", func(t *testing.T) { missing(t, "guess") })
	t.Run("article_withdrawn", func(t *testing.T) {
		p.sql(`update article set state = 'draft'`)
		missing(t, "secret")
		p.sql(`update article set state = 'published'`)
	})
	t.Run("too_long", func(t *testing.T) {
		if err := add("long", strings.Repeat("x", 65537)); forum.KindOf(err) != forum.TooLarge {
			t.Errorf("got %v", err)
		}
	})
	t.Run("forgotten", func(t *testing.T) {
		if err := add("short", "x"); err != nil {
			t.Fatal(err)
		}
		p.do(func(ctx context.Context, tx *postgres.Tx) error { return tx.EndDraft(ctx, "short") })
		missing(t, "short")
	})
	t.Run("after_a_week", func(t *testing.T) {
		p.sql(`update draft set at = now() - interval '169 hours'`)
		missing(t, "secret")
		p.do(func(ctx context.Context, tx *postgres.Tx) error { return tx.SweepDrafts(ctx) })
		if n := p.count(`select count(*) from draft`); n != 0 {
			t.Errorf("%d drafts left", n)
		}
	})
}
