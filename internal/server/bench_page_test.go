package server_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"hustings/internal/forum"
)

// outline is a thread of n comments in trees of 20, six levels deep at most.
func outline(n int) string {
	var b strings.Builder
	depth := 0
	for i := range n {
		switch {
		case i%20 == 0:
			depth = 0
		case depth > 4 || i%3 == 0:
			depth = 1
		default:
			depth++
		}
		fmt.Fprintf(&b, "%sPerson %d: Comment %d. %s\n", strings.Repeat(" ", depth), i%40, i,
			strings.Repeat(fmt.Sprintf("Nobody who has carried %d of them home in the rain says that. ", i*7), 8))
	}
	return b.String()
}

// BenchmarkPage asks the handler for whole pages over a real database: cached as
// anonymous readers get them, and made for somebody who is signed in.
func BenchmarkPage(b *testing.B) {
	for _, n := range []int{50, 1000} {
		s := newSite(b)
		s.article("bench", outline(n))
		reader := s.signedIn("reader", forum.Reader)
		at, err := url.Parse(s.srv.URL)
		if err != nil {
			b.Fatal(err)
		}
		cookies := reader.client.Jar.Cookies(at)
		for _, page := range []string{"/articles/bench", "/"} {
			b.Run(fmt.Sprint(n, page, "/cached"), func(b *testing.B) { s.serveMany(b, page, nil) })
			b.Run(fmt.Sprint(n, page, "/uncached"), func(b *testing.B) { s.serveMany(b, page, cookies) })
		}
	}
}

// serveMany asks the handler for a page again and again, without a connection.
func (s *site) serveMany(b *testing.B, page string, cookies []*http.Cookie) {
	b.Helper()
	b.ReportAllocs()
	size := 0
	for b.Loop() {
		r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, s.srv.URL+page, nil)
		r.Header.Set("Accept-Encoding", "gzip, deflate, br, zstd")
		r.Header.Set("Accept-Language", "en-GB,en;q=0.9,de;q=0.8")
		for _, c := range cookies {
			r.AddCookie(c)
		}
		w := httptest.NewRecorder()
		s.srv.Config.Handler.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			b.Fatalf("%s answered %d", page, w.Code)
		}
		size = w.Body.Len()
	}
	b.ReportMetric(float64(size), "bytes/page")
}
