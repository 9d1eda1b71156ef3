package server_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"hustings/internal/fetch"
	"hustings/internal/forum"
)

func TestFollowedFeeds_from_the_address_to_the_published_article(t *testing.T) {
	t.Parallel()
	feed := `<rss><channel><title>Hedges &amp; <i>ditches</i></title><item><title>A draft</title><guid>one</guid><description>The text.</description></item></channel></rss>`
	old := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/feed":
			fmt.Fprint(w, feed)
		case "/":
			fmt.Fprint(w, `<html><head><link rel="alternate" type="application/rss+xml" href="/feed"></head></html>`)
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(old.Close)
	s := newSite(t)
	chief := s.signedIn("Chief", forum.Admin)
	chief.get("/admin/feeds").wants(http.StatusOK).page().In("main", "No feed is followed yet.", "No article waits for approval.")
	chief.post("/admin/feeds", url.Values{"address": {old.URL}}).wants(http.StatusUnprocessableEntity).page().In("#addresse", "does not ask others")
	web := fetch.New(fetch.Options{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	t.Cleanup(web.Close)
	s.act.UseWeb(web)

	p := chief.post("/admin/feeds", url.Values{"address": {"http://10.1.1.1/<x>"}, "source": {"hedges"}}).wants(http.StatusUnprocessableEntity).page()
	p.In("#addresse", "10.1.1.1 leads to an address inside a private network and is not fetched.")
	if p.Attr("#address", "value") != "http://10.1.1.1/<x>" || p.Attr("#source", "value") != "hedges" {
		t.Error("what was typed is lost")
	}
	p.None(`input[name=drafts][checked]`)
	chief.post("/admin/feeds", url.Values{"address": {old.URL}, "drafts": {"1"}}).wants(http.StatusSeeOther)
	chief.get("/admin/feeds").page().In("#feed1", "Hedges & ditches", old.URL+"/feed", "0 articles", "not looked at yet")
	chief.post("/admin/feeds", url.Values{"address": {old.URL + "/feed"}}).wants(http.StatusUnprocessableEntity).page().In("#addresse", "followed already")
	s.workFeeds()
	p = chief.get("/admin/feeds").page()
	p.In("#feed1", "1 article", "looked at", "just now", "again in", "New or changed: articles 1, comments 0.", "The last import")
	p.In("#drafts", "A draft", "Publish")
	chief.get("/admin").wants(http.StatusOK).page().In("main", "drafts that wait for approval. 1 waiting")
	german := chief.get("/admin/feeds", "Accept-Language", "de").page()
	german.In("#feed1", "1 Artikel", "gerade eben", "wieder in", "Neu oder geändert: 1 Artikel, 0 Kommentare.")
	s.anonymous().get("/articles/a-draft").wants(http.StatusNotFound)
	for name, role := range map[string]forum.Role{"Mo": forum.Moderator, "Ray": forum.Reader} {
		s.signedIn(name, role).post("/articles/a-draft/publish", nil).wants(http.StatusForbidden)
	}
	if to := chief.post("/articles/a-draft/publish", nil).wants(http.StatusSeeOther).location(); to != "/admin/feeds#drafts" {
		t.Errorf("publishing leads to %s", to)
	}
	s.anonymous().get("/articles/a-draft").wants(http.StatusOK).page().In("main", "The text.")
	s.anonymous().get("/").wants(http.StatusOK).page().In("main", "A draft")

	chief.post("/admin/feeds/1", url.Values{"act": {"pause"}}).wants(http.StatusSeeOther)
	chief.get("/admin/feeds").page().In("#feed1", "This feed is paused.", "Resume")
	chief.post("/admin/feeds/1", url.Values{"act": {"burn"}}).wants(http.StatusBadRequest)
	chief.post("/admin/feeds/1", url.Values{"act": {"resume"}}).wants(http.StatusSeeOther)
	chief.post("/admin/feeds/1", url.Values{"act": {"remove"}}).wants(http.StatusSeeOther)
	chief.get("/admin/feeds").page().In("main", "No feed is followed yet.")
	chief.post("/admin/feeds/1", url.Values{"act": {"remove"}}).wants(http.StatusNotFound)
	if page := chief.get("/admin").body; !strings.Contains(page, `href="/admin/feeds"`) {
		t.Error("nothing leads there")
	}
}

// workFeeds looks at the feeds that are due, and carries out what comes of it.
func (s *site) workFeeds() {
	s.t.Helper()
	for _, work := range []func() (bool, error){
		func() (bool, error) { return s.act.WorkFeeds(s.t.Context()) },
		func() (bool, error) { return s.act.WorkImports(s.t.Context()) },
	} {
		for {
			worked, err := work()
			if err != nil {
				s.t.Fatal(err)
			}
			if !worked {
				break
			}
		}
	}
}
