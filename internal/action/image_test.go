package action_test

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"

	"hustings/internal/fetch"
	"hustings/internal/forum"
)

// loopback lets a client of a test reach the test's own server.
var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}

func somePNG(t *testing.T, width, height int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, width, height))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestImages_of_articles_are_fetched_when_an_admin_asks(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	picture := somePNG(t, 3, 5)
	var asked atomic.Int32
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		switch r.URL.Path {
		case "/good.jpg": // whatever it is called
			w.Header().Set("Content-Type", "text/html")
			w.Write(picture) //nolint:errcheck // a test's server
		case "/script.svg":
			w.Header().Set("Content-Type", "image/svg+xml")
			fmt.Fprint(w, `<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`)
		case "/busy.png":
			http.Error(w, "later", http.StatusServiceUnavailable)
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(site.Close)
	body := fmt.Sprintf(`<p><img src=\"%[1]s/good.jpg\" alt=\"a\"><img src=\"%[1]s/script.svg\"><img src=\"%[1]s/gone.png\"><img src=\"%[1]s/busy.png\"><img src=\"http://[::ffff:169.254.169.254]/x.png\"></p>`, site.URL)
	d.takeText(`{"type":"hustings","version":1}` + "\n" + `{"type":"article","slug":"a","title":"A","body_html":"` + body + `"}` + "\n")
	if asked.Load() != 0 {
		t.Fatal("an import asked for images that nobody wanted")
	}

	if _, err := d.act.FetchImages(t.Context(), forum.Anonymous); forum.KindOf(err) != forum.Forbidden && forum.KindOf(err) != forum.Unauthenticated {
		t.Fatalf("anybody may fetch images: %v", err)
	}
	admin := d.owner()
	if n, err := d.act.FetchImages(t.Context(), admin); err != nil || n != 5 {
		t.Fatalf("%d images, %v", n, err)
	}
	web := fetch.New(fetch.Options{BaseURL: "http://us.example", Allow: loopback})
	t.Cleanup(web.Close)
	d.act.UseWeb(web)
	for more := true; more; {
		var err error
		if more, err = d.act.FetchNextImage(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	counts, err := d.db.ImageCounts(t.Context(), admin)
	if err != nil || counts.Kept != 1 || counts.Missing != 3 || counts.Wanted != 1 {
		t.Fatalf("%+v %v", counts, err)
	}
	a, err := d.db.Article(t.Context(), admin, "a")
	if err != nil {
		t.Fatal(err)
	}
	kept, err := d.db.ArticlePictures(t.Context(), forum.Anonymous, a.ID)
	if err != nil || len(kept) != 1 || kept[0].Width != 3 || kept[0].Height != 5 || kept[0].Address != site.URL+"/good.jpg" {
		t.Fatalf("%+v %v", kept, err)
	}
	got, err := d.act.OpenImage(t.Context(), forum.Anonymous, kept[0].SHA256)
	if err != nil {
		t.Fatal(err)
	}
	if content, err := io.ReadAll(got); err != nil || got.MediaType != "image/png" || !bytes.Equal(content, picture) || got.Bytes != int64(len(picture)) {
		t.Errorf("%+v %v", got.KeptImage, err)
	}
	missing, err := d.db.MissingImages(t.Context(), admin)
	if err != nil || len(missing) != 3 {
		t.Fatalf("%+v %v", missing, err)
	}
	for i, want := range []string{"no image of the kinds", "nothing at this address", "private network"} {
		if !strings.Contains(missing[i].Reason, want) {
			t.Errorf("%s: %q does not say %q", missing[i].Address, missing[i].Reason, want)
		}
	}
	d.imagesFollowTheText(admin, site.URL, a.Slug)
}

// imagesFollowTheText imports the article again with another image.
func (d *desk) imagesFollowTheText(admin forum.Viewer, site, slug string) {
	d.t.Helper()
	out := d.takeText(`{"type":"hustings","version":1}` + "\n" + `{"type":"article","slug":"` + slug + `","title":"A","body_html":"<p><img src=\"` + site + `/other.png\"></p>"}` + "\n")
	if out.Articles.Changed != 1 {
		d.t.Fatalf("%+v", out.Articles)
	}
	counts, err := d.db.ImageCounts(d.t.Context(), admin)
	if err != nil || counts.Listed != 1 || counts.Kept+counts.Missing+counts.Wanted != 0 || counts.Bytes != 0 {
		d.t.Fatalf("%+v %v", counts, err)
	}
}
