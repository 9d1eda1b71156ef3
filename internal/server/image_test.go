package server_test

import (
	"bytes"
	"image"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strconv"
	"testing"

	"hustings/internal/fetch"
	"hustings/internal/forum"
	"hustings/internal/imagefile"
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

// TestImage_is_sent_in_the_pieces_that_are_asked_for, from the database and from a
// folder alike.
func TestImage_is_sent_in_the_pieces_that_are_asked_for(t *testing.T) {
	t.Parallel()
	for _, where := range []string{"database", "folder"} {
		t.Run(where, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			content := bytes.Repeat([]byte("0123456789abcdef"), 40_000)
			s.load(`{"type":"article","slug":"a","title":"A","body_html":"<p><img src=\"https://a.example/a.png\"></p>"}` + "\n")
			s.exec(`insert into image (sha256, media_type, width, height, bytes, content) select sha256(c), 'image/png', 1, 1, octet_length(c), c from convert_to(repeat('0123456789abcdef', 40000), 'UTF8') c`)
			s.exec(`update article_image set state = 'kept', sha256 = (select sha256 from image)`)
			if where == "folder" {
				folder, err := imagefile.Open(t.TempDir())
				if err != nil {
					t.Fatal(err)
				}
				s.act.UseImages(folder)
				if _, _, err := s.act.MoveImagesFromShell(t.Context(), true); err != nil {
					t.Fatal(err)
				}
			}
			src, _ := s.anonymous().get("/articles/a").page().Find(".article-body img").Attr("src")
			whole := s.anonymous().get(src).wants(http.StatusOK)
			tag := whole.Header.Get("ETag")
			if whole.body != string(content) || whole.Header.Get("Content-Length") != strconv.Itoa(len(content)) || whole.Header.Get("Accept-Ranges") != "bytes" || tag == "" {
				t.Errorf("%d bytes, %v", len(whole.body), whole.Header)
			}
			for _, tc := range []struct {
				name, header, value string
				status              int
				want                string
			}{
				{"the first bytes", "Range", "bytes=0-9", http.StatusPartialContent, string(content[:10])},
				{"from the middle on", "Range", "bytes=300001-", http.StatusPartialContent, string(content[300001:])},
				{"across two pieces", "Range", "bytes=131070-131075", http.StatusPartialContent, string(content[131070:131076])},
				{"the last bytes", "Range", "bytes=-3", http.StatusPartialContent, string(content[len(content)-3:])},
				{"beyond the end", "Range", "bytes=99999999-", http.StatusRequestedRangeNotSatisfiable, ""},
				{"a kept one", "If-None-Match", tag, http.StatusNotModified, ""},
				{"another one", "If-None-Match", `"x"`, http.StatusOK, string(content)},
				{"a head", "", "", http.StatusOK, ""},
			} {
				method := http.MethodGet
				if tc.header == "" {
					method = http.MethodHead
				}
				r, err := http.NewRequestWithContext(t.Context(), method, s.srv.URL+src, http.NoBody)
				if err != nil {
					t.Fatal(err)
				}
				if tc.header != "" {
					r.Header.Set(tc.header, tc.value)
				}
				got, err := http.DefaultClient.Do(r)
				if err != nil {
					t.Fatal(err)
				}
				body, err := io.ReadAll(got.Body)
				got.Body.Close() //nolint:errcheck // it was only read
				if err != nil || got.StatusCode != tc.status || tc.status < 400 && string(body) != tc.want {
					t.Errorf("%s: %d with %d bytes, %v", tc.name, got.StatusCode, len(body), err)
				}
				if got.Header.Get("Content-Security-Policy") == "" && tc.status < 300 {
					t.Errorf("%s: sent without the headers of every page", tc.name)
				}
			}
		})
	}
}
