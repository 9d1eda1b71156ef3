package server_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"hustings/internal/forum"
	"hustings/internal/postgres"
)

func TestPersonPage(t *testing.T) {
	t.Parallel()
	s := newAccountSite(t)
	ruth := s.account("Ruth Semple", forum.Moderator)
	s.sql(`update person set email = 'ruth@example.org'`)
	rain := s.article("rain")
	var ids []forum.CommentID
	for i := range 35 {
		ids = append(ids, s.comment(rain, ruth.ID, fmt.Sprintf("<p>Thought %d</p>", i)))
	}
	s.sql(`update comment set state = 'held', body_html = '<p>secret</p>' where id = $1`, ids[34])
	for who, b := range map[string]*visitor{"nobody": s.browser(), "the author": s.browser().in("Ruth Semple")} {
		a := b.get("/people/ruth-semple")
		if a.StatusCode != 200 || a.page.Find("h1").Text() != "Ruth Semple" || !strings.Contains(a.page.Find(".badge").Text(), "moderator") {
			t.Fatalf("%s: %d\n%s", who, a.StatusCode, a.page.Find("main").Text())
		}
		if n := a.page.Find("main .comment-body").Length(); n != 30 {
			t.Errorf("%s: %d comments", who, n)
		}
		if a.page.Find(fmt.Sprintf("#c%d .comment-body p", ids[33])).Text() != "Thought 33" {
			t.Errorf("%s: the newest is missing", who)
		}
		if strings.Contains(a.body, "secret") || strings.Contains(a.body, "ruth@example.org") {
			t.Errorf("%s: the page tells what it must not", who)
		}
		next, _ := a.page.Find("a[rel=next]").Attr("href")
		a = b.get(next)
		if n := a.page.Find("main .comment-body").Length(); a.StatusCode != 200 || n != 4 || a.page.Find("a[rel=next]").Length() != 0 {
			t.Errorf("%s: %s gives %d comments", who, next, n)
		}
	}
}

func TestPersonPage_of_imported_names(t *testing.T) {
	t.Parallel()
	s := newAccountSite(t)
	s.account("Robert Green", forum.Reader)
	var ids map[string]forum.PersonID
	err := s.db.Do(t.Context(), func(ctx context.Context, tx *postgres.Tx) (err error) {
		ids, err = tx.EnsureImported(ctx, "old.example", []string{"Robert Green", "Жанна <b>", "a/b?c#d"})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	rain := s.article("rain")
	for name, path := range map[string]string{"Robert Green": "/people/robert-green-2", "Жанна <b>": "/people/%D0%B6%D0%B0%D0%BD%D0%BD%D0%B0-b", "a/b?c#d": "/people/a-b-c-d"} {
		s.comment(rain, ids[name], "<p>From before</p>")
		for _, path := range []string{path, strings.ReplaceAll(path, "%D0", "%d0")} {
			a := s.browser().get(path)
			if a.StatusCode != 200 || a.page.Find("h1").Text() != name || a.page.Find(".badge").Text() != "imported" || a.page.Find(".comment-body").Text() != "From before" {
				t.Errorf("%s: %d %q", path, a.StatusCode, a.page.Find("h1").Text())
			}
		}
	}
}

func TestPersonPage_addresses(t *testing.T) {
	t.Parallel()
	s := newAccountSite(t)
	s.account("Ruth Semple", forum.Reader)
	for path, want := range map[string]int{
		"/people/ruth-semple": 200, "/people/nobody": 404, "/people/Ruth%20Semple": 303, "/people/RUTH-semple": 404, "/people/%00": 400, "/people/%ff": 400,
		"/people/%2e%2e%2fsettings": 404, "/people/a%2Fb": 404, "/people/" + strings.Repeat("x", 5000): 404, "/people/": 404,
		"/people/ruth-semple?after=x": 400, "/people/ruth-semple?after=-1": 400, "/people/ruth-semple?after=99999999999999999999": 400,
		"/people/ruth-semple?after=1": 200, "/people/%27or%201=1--": 404, "/people/%25": 404,
	} {
		a := s.browser().get(path)
		if a.StatusCode != want {
			t.Errorf("%.60s: %d, want %d", path, a.StatusCode, want)
		}
		if want == 303 && a.Header.Get("Location") != "/people/ruth-semple" {
			t.Errorf("%s leads to %s", path, a.Header.Get("Location"))
		}
	}
}
