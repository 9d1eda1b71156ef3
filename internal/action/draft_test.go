package action

import (
	"testing"

	"hustings/internal/forum"
)

func TestSaveDraft(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	var article forum.ArticleID
	err := s.pool.QueryRow(t.Context(), `insert into article (portable_id, slug, title) values ('a', 'rain', 'Rain') returning id`).Scan(&article)
	if err != nil {
		t.Fatal(err)
	}
	addr := from("192.0.2.1").Addr
	save := func(body string) (string, error) { return s.SaveDraft(t.Context(), addr, article, 0, body) }
	token, err := save("half a *reply*")
	if err != nil {
		t.Fatal(err)
	}
	if d, err := s.TakeDraft(t.Context(), forum.Anonymous, token); err != nil || d.Body != "half a *reply*" || d.ArticleSlug != "rain" {
		t.Errorf("got %+v, %v", d, err)
	}
	if _, err := s.TakeDraft(t.Context(), forum.Anonymous, token); forum.KindOf(err) != forum.NotFound {
		t.Errorf("taken twice: %v", err)
	}
	for _, body := range []string{"\x00", "\xff"} {
		if _, err := save(body); forum.KindOf(err) != forum.Malformed {
			t.Errorf("%q: %v", body, err)
		}
	}
	for range 60 {
		_, err = save("more")
	}
	if forum.KindOf(err) != forum.TooMany {
		t.Errorf("after sixty: %v", err)
	}
}

func TestSweep(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.account("Ruth", forum.Reader)
	s.signIn("Ruth")
	s.sql(`insert into rate_bucket values ('old', now() - interval '1 hour')`)
	s.sql(`update session set expires_at = now() - interval '1 hour'`)
	if err := s.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := s.value(`select (select count(*) from session) + (select count(*) from rate_bucket where key = 'old')`); n != "0" {
		t.Errorf("%s old rows left", n)
	}
}
