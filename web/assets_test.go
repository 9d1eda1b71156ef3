package web

import (
	"bytes"
	"compress/gzip"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/klauspost/compress/zstd"
)

// The interface's budget: what a browser fetches besides the page itself, compressed.
const (
	maxStyle     = 5_000  // bytes with gzip; the promise is 12 kB
	maxScript    = 10_000 // bytes with gzip
	maxStyleFull = 18_000 // bytes minified, before compression: what a browser has to parse
)

func newAssets(t *testing.T) *Assets {
	t.Helper()
	a, err := NewAssets()
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func get(a *Assets, method, path string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	a.ServeHTTP(w, r)
	return w
}

func decode(t *testing.T, w *httptest.ResponseRecorder) []byte {
	t.Helper()
	var in io.Reader = w.Body
	switch encoding := w.Header().Get("Content-Encoding"); encoding {
	case "":
	case "gzip":
		zip, err := gzip.NewReader(in)
		if err != nil {
			t.Fatal(err)
		}
		in = zip
	case "zstd":
		dec, err := zstd.NewReader(in)
		if err != nil {
			t.Fatal(err)
		}
		defer dec.Close()
		in = dec
	default:
		t.Fatalf("unexpected encoding %q", encoding)
	}
	body, err := io.ReadAll(in)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func TestAssets_stay_within_their_size(t *testing.T) {
	t.Parallel()
	a := newAssets(t)
	for name, limit := range map[string]int{"css/hustings.css": maxStyle, "js/hustings.js": maxScript} {
		bodies := a.byPath[a.URL(name)].bodies
		t.Logf("%s: %d bytes minified, %d gzip, %d zstd", name,
			len(bodies[encodingPlain]), len(bodies[encodingGzip]), len(bodies[encodingZstd]))
		for _, encoding := range []string{encodingGzip, encodingZstd} {
			if got := len(bodies[encoding]); got > limit {
				t.Errorf("%s: %d bytes with %s, at most %d", name, got, encoding, limit)
			}
		}
	}
	if got := len(a.byPath[a.URL("css/hustings.css")].bodies[encodingPlain]); got > maxStyleFull {
		t.Errorf("stylesheet: %d bytes minified, at most %d", got, maxStyleFull)
	}
}

func TestAssets_are_served_to_be_kept_for_ever(t *testing.T) {
	t.Parallel()
	a := newAssets(t)
	for name, contentType := range map[string]string{
		"css/hustings.css":         "text/css; charset=utf-8",
		"js/hustings.js":           "text/javascript; charset=utf-8",
		"img/favicon.svg":          "image/svg+xml; charset=utf-8",
		"img/apple-touch-icon.png": "image/png",
	} {
		w := get(a, http.MethodGet, a.URL(name))
		for header, want := range map[string]string{
			"Content-Type":           contentType,
			"Cache-Control":          "public, max-age=31536000, immutable",
			"X-Content-Type-Options": "nosniff",
		} {
			if got := w.Header().Get(header); got != want {
				t.Errorf("%s: %s is %q, want %q", name, header, got, want)
			}
		}
		if w.Code != http.StatusOK || w.Body.Len() == 0 {
			t.Errorf("%s: status %d, %d bytes", name, w.Code, w.Body.Len())
		}
		tag := w.Header().Get("ETag")
		if !regexp.MustCompile(`^"[^"]+"$`).MatchString(tag) {
			t.Errorf("%s: ETag %q is not a strong one", name, tag)
		}
		if again := get(a, http.MethodGet, a.URL(name), "If-None-Match", `"x", W/`+tag); again.Code != http.StatusNotModified || again.Body.Len() != 0 {
			t.Errorf("%s: known tag answered with %d and %d bytes", name, again.Code, again.Body.Len())
		}
	}
}

func TestAssets_every_encoding_holds_the_same_content_under_its_own_tag(t *testing.T) {
	t.Parallel()
	a := newAssets(t)
	url := a.URL("js/hustings.js")
	plain := get(a, http.MethodGet, url)
	tags := map[string]bool{plain.Header().Get("ETag"): true}
	want := plain.Body.Bytes()
	for _, encoding := range []string{"gzip", "zstd"} {
		w := get(a, http.MethodGet, url, "Accept-Encoding", encoding)
		if got := w.Header().Get("Content-Encoding"); got != encoding {
			t.Fatalf("asked for %s, got %q", encoding, got)
		}
		if got := w.Header().Get("Vary"); got != "Accept-Encoding" {
			t.Errorf("%s: Vary is %q", encoding, got)
		}
		tags[w.Header().Get("ETag")] = true
		if !bytes.Equal(decode(t, w), want) {
			t.Errorf("%s: another content", encoding)
		}
	}
	if len(tags) != 3 {
		t.Errorf("three encodings, tags %v", tags)
	}
}

func TestAssets_pictures_already_packed_are_sent_as_they_are(t *testing.T) {
	t.Parallel()
	a := newAssets(t)
	w := get(a, http.MethodGet, a.URL("img/apple-touch-icon.png"), "Accept-Encoding", "gzip, zstd")
	if got := w.Header().Get("Content-Encoding"); got != "" {
		t.Errorf("encoded with %q", got)
	}
	if !bytes.HasPrefix(w.Body.Bytes(), []byte("\x89PNG")) {
		t.Error("not a PNG")
	}
}

func TestAssets_head_has_the_headers_and_no_body(t *testing.T) {
	t.Parallel()
	a := newAssets(t)
	url := a.URL("css/hustings.css")
	head, full := get(a, http.MethodHead, url), get(a, http.MethodGet, url)
	if head.Code != http.StatusOK || head.Body.Len() != 0 {
		t.Errorf("status %d, %d bytes", head.Code, head.Body.Len())
	}
	for _, header := range []string{"Content-Length", "ETag", "Content-Type"} {
		if head.Header().Get(header) != full.Header().Get(header) {
			t.Errorf("%s: %q with HEAD, %q with GET", header, head.Header().Get(header), full.Header().Get(header))
		}
	}
}

func TestAssets_nothing_else_is_served(t *testing.T) {
	t.Parallel()
	a := newAssets(t)
	url := a.URL("css/hustings.css")
	hash := strings.Split(url, "/")[2]
	for _, path := range []string{
		"/static/", "/static/css/hustings.css", "/static/" + hash, "/static/" + hash + "/js/hustings.js",
		"/static/AAAAAAAAAAAA/css/hustings.css", url + "/", url + "x", strings.ToUpper(url),
		"/static/" + hash + "/../embed.go", "/static/" + hash + "/css/..%2f..%2fembed.go", "/static//css/hustings.css", "/",
	} {
		w := get(a, http.MethodGet, path)
		if w.Code != http.StatusNotFound {
			t.Errorf("%s: status %d, want 404", path, w.Code)
		}
		if got := w.Header().Get("Cache-Control"); got != "no-store" {
			t.Errorf("%s: Cache-Control %q would be kept", path, got)
		}
	}
	if w := get(a, http.MethodPost, url); w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("POST: status %d, Allow %q", w.Code, w.Header().Get("Allow"))
	}
}

func TestAssets_address_changes_with_the_content_alone(t *testing.T) {
	t.Parallel()
	load := func(content string) string {
		a, err := loadAssets(fstest.MapFS{"css/a.css": {Data: []byte(content)}})
		if err != nil {
			t.Fatal(err)
		}
		return a.URL("css/a.css")
	}
	if load("a{color:red}") != load("a{color:red}") { //nolint:staticcheck // loaded twice
		t.Error("the same content, two addresses")
	}
	if load("a{color:red}") == load("a{color:tan}") {
		t.Error("another content, the same address")
	}
}

func TestAssets_unknown_names_and_types_are_refused(t *testing.T) {
	t.Parallel()
	if _, err := loadAssets(fstest.MapFS{"x/a.html": {Data: []byte("<p>")}}); err == nil {
		t.Error("a page among the assets was accepted")
	}
	defer func() {
		if recover() == nil {
			t.Error("an unknown name has an address")
		}
	}()
	newAssets(t).URL("css/none.css")
}

// The policy of the site forbids what these would need; found here, they never reach it.
func TestSources_need_nothing_the_security_policy_forbids(t *testing.T) {
	t.Parallel()
	forbidden := map[string]*regexp.Regexp{
		".css": regexp.MustCompile(`(?i)url\(|@import|expression\(|//[a-z]`),
		".js": regexp.MustCompile(`(?i)\b(innerHTML|outerHTML|insertAdjacentHTML|setHTMLUnsafe|DOMParser|createContextualFragment|` +
			`srcdoc|eval|Function\(|document\.write|trustedTypes|cssText)\b|style\s*=|\.style\b|setAttribute\("(style|on)|https?://|import\(|\bimport\s`),
		".svg": regexp.MustCompile(`(?i)<script|<style|style=|href|\bon\w+=|<foreignObject`),
	}
	err := fs.WalkDir(Files, "static", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(Files, name)
		if err != nil {
			return err
		}
		for ending, pattern := range forbidden {
			if !strings.HasSuffix(name, ending) {
				continue
			}
			for _, found := range pattern.FindAllString(string(content), -1) {
				t.Errorf("%s: %q needs a wider policy or leaves the site", name, found)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
