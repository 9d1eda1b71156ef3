package server_test

import (
	"bytes"
	"image"
	"image/png"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"testing"

	"hustings/internal/fetch"
	"hustings/internal/forum"
)

func TestImages_are_links_until_they_are_kept_here(t *testing.T) {
	t.Parallel()
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 3, 5))); err != nil {
		t.Fatal(err)
	}
	old := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/a.png" {
			http.NotFound(w, r)
			return
		}
		w.Write(picture.Bytes()) //nolint:errcheck // a test's server
	}))
	t.Cleanup(old.Close)
	s := newSite(t)
	web := fetch.New(fetch.Options{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	t.Cleanup(web.Close)
	s.act.UseWeb(web)
	s.load(`{"type":"article","slug":"a","title":"A","body_html":"<p><img src=\"` + old.URL + `/a.png\" alt=\"a hedge\"><img src=\"` + old.URL + `/gone.png\"></p>"}` + "\n")

	page := s.anonymous().get("/articles/a").wants(http.StatusOK).page()
	page.In(`.article-body a[href="`+old.URL+`/a.png"]`, "a hedge")
	page.Count(".article-body img", 0)
	admin := s.signedIn("Ada", forum.Admin)
	admin.get("/admin/images").wants(http.StatusOK).page().In("main button.go", "Fetch 2 images")
	admin.post("/admin/images", url.Values{}).wants(http.StatusSeeOther)
	for more := true; more; {
		var err error
		if more, err = s.act.FetchNextImage(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	page = s.anonymous().get("/articles/a").wants(http.StatusOK).page()
	page.Count(`.article-body img[alt="a hedge"][width="3"][height="5"]`, 1)
	page.In(`.article-body a[href="`+old.URL+`/gone.png"]`, "gone.png")
	src, _ := page.Find(".article-body img").Attr("src")
	got := s.anonymous().get(src).wants(http.StatusOK)
	if got.Header.Get("Content-Type") != "image/png" || got.body != picture.String() {
		t.Errorf("%s is not the image that was fetched: %v", src, got.Header)
	}
	if got.Header.Get("Cache-Control") != "public, max-age=604800, immutable" {
		t.Error("what everybody may see is not kept by shared caches:", got.Header.Get("Cache-Control"))
	}
	// One of a draft is for admins only, caches between them and us included.
	s.exec(`update article set state = 'draft' where slug = 'a'`)
	s.anonymous().get(src).wants(http.StatusNotFound)
	if draft := admin.get(src).wants(http.StatusOK); draft.Header.Get("Cache-Control") != "private, max-age=604800, immutable" || draft.body != picture.String() {
		t.Error("the image of a draft:", draft.Header)
	}
	list := admin.get("/admin/images").wants(http.StatusOK).page()
	list.In("table.problems", old.URL+"/gone.png")
	list.In("main button.go", "Try the missing ones again")
}
