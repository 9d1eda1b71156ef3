package fetch

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hustings/internal/forum"

	"go.uber.org/goleak"
	"golang.org/x/net/dns/dnsmessage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var loopback = prefixes("127.0.0.0/8", "::1/128")

// local is a client that may speak to servers of the test.
func local(t *testing.T) *Client {
	t.Helper()
	c := New(Options{BaseURL: "https://discuss.example.org", Allow: loopback})
	t.Cleanup(c.Close)
	return c
}

func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

// dns is a resolver that knows some names. Each time one is asked for, it gives the
// next of its addresses, the last one for ever.
func dns(t *testing.T, names map[string][]string) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		asked := map[string]int{}
		buf := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			if answer := answerDNS(buf[:n], names, asked); answer != nil {
				conn.WriteTo(answer, from) //nolint:errcheck // the resolver asks again
			}
		}
	}()
	t.Cleanup(func() { conn.Close(); <-done })
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

func answerDNS(query []byte, names map[string][]string, asked map[string]int) []byte {
	var m dnsmessage.Message
	if m.Unpack(query) != nil || len(m.Questions) != 1 {
		return nil
	}
	q := m.Questions[0]
	m.Response, m.Additionals = true, nil
	addresses := names[strings.TrimSuffix(q.Name.String(), ".")]
	if len(addresses) == 0 {
		m.RCode = dnsmessage.RCodeNameError
	} else if q.Type == dnsmessage.TypeA {
		at := netip.MustParseAddr(addresses[min(asked[q.Name.String()], len(addresses)-1)])
		asked[q.Name.String()]++
		m.Answers = []dnsmessage.Resource{{Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class},
			Body: &dnsmessage.AResource{A: at.As4()}}}
	}
	packed, err := m.Pack()
	if err != nil {
		return nil
	}
	return packed
}

func wantRefused(t *testing.T, err error, words string) {
	t.Helper()
	e, ok := errors.AsType[*forum.Error](err)
	if !ok || !strings.Contains(e.Message(), words) {
		t.Errorf("the error is %v, and does not say %q", err, words)
	}
}

func TestGet_makes_no_connection_into_a_private_network(t *testing.T) {
	t.Parallel()
	var met atomic.Int32
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &httptest.Server{Listener: listener, Config: &http.Server{Handler: http.NotFoundHandler(), ConnState: func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			met.Add(1)
		}
	}}}
	server.Start()
	t.Cleanup(server.Close)
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	names := map[string][]string{"inside.example.org": {"127.0.0.1"}, "localhost.example.org": {"127.0.0.1"}}
	// Something is allowed, so that ports are no obstacle before the connection.
	c := New(Options{Allow: prefixes("192.0.2.0/24"), Resolver: dns(t, names)})
	for _, host := range []string{"127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "localhost", "localhost.", "0.0.0.0", "[::]",
		"[64:ff9b::7f00:1]", "inside.example.org", "inside.example.org.", "１２７.０.０.１"} {
		_, err := c.Get(t.Context(), "http://"+host+":"+port+"/", Request{})
		wantRefused(t, err, "private network")
	}
	if n := met.Load(); n != 0 {
		t.Errorf("%d connections were made", n)
	}
}

func TestGet_is_not_deceived_by_a_resolver_that_changes_its_mind(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	address := serve(t, func(http.ResponseWriter, *http.Request) { asked.Add(1) })
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(address, "http://"))
	// The first answer is a public address, nothing is listening at the documentation's
	// one; what counts is the one the connection is made to.
	c := New(Options{Allow: prefixes("192.0.2.0/24"), Resolver: dns(t, map[string][]string{"rebind.example.org": {"8.8.8.8", "127.0.0.1"}})})
	for range 3 {
		_, err := c.Get(t.Context(), "http://rebind.example.org:"+port+"/", Request{})
		if err == nil {
			t.Fatal("the address was fetched")
		}
	}
	if asked.Load() != 0 {
		t.Error("the private server was asked")
	}
}

func TestGet_checks_every_redirect(t *testing.T) {
	t.Parallel()
	for _, to := range append([]string{"http://10.0.0.1/", "http://user@127.0.0.1/", "//169.254.169.254/"}, hostile[:40]...) {
		if strings.Contains(to, "127.") || strings.Contains(to, "::1") || to == "http://localhost/" {
			continue // the test's own servers are there
		}
		address := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", to)
			w.WriteHeader(http.StatusFound)
		})
		res, err := local(t).Get(t.Context(), address, Request{})
		if err == nil {
			t.Errorf("a redirect to %q was followed: %d", to, res.Status)
			res.Close()
		}
	}
}

func TestGet_follows_five_redirects_and_no_more(t *testing.T) {
	t.Parallel()
	address := serve(t, func(w http.ResponseWriter, r *http.Request) {
		var left int
		fmt.Sscanf(r.URL.Path, "/%d", &left)
		if left == 0 {
			fmt.Fprint(w, "here")
			return
		}
		status := http.StatusFound
		if r.URL.Query().Has("good") {
			status = http.StatusMovedPermanently
		}
		w.Header().Set("Location", fmt.Sprintf("/%d?%s", left-1, r.URL.RawQuery))
		w.WriteHeader(status)
	})
	c := local(t)
	res, err := c.Get(t.Context(), address+"/5?good", Request{})
	if err != nil {
		t.Fatal(err)
	}
	if body, err := res.Bytes(); string(body) != "here" || err != nil {
		t.Errorf("the body is %q, %v", body, err)
	}
	if res.Moved != address+"/0?good" || res.URL != res.Moved {
		t.Errorf("moved to %q, answered by %q", res.Moved, res.URL)
	}
	res, err = c.Get(t.Context(), address+"/2", Request{})
	if err != nil {
		t.Fatal(err)
	}
	if res.Close(); res.Moved != "" {
		t.Errorf("a redirect for now moved it to %q", res.Moved)
	}
	_, err = c.Get(t.Context(), address+"/6", Request{})
	wantRefused(t, err, "more than 5 times")
	loop := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/", http.StatusMovedPermanently) })
	_, err = c.Get(t.Context(), loop, Request{})
	wantRefused(t, err, "more than 5 times")
}

func TestGet_tells_who_asks_and_nothing_else(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://192.0.2.1:3128")
	t.Setenv("ALL_PROXY", "http://192.0.2.1:3128")
	var seen http.Header
	address := serve(t, func(w http.ResponseWriter, r *http.Request) {
		seen = r.Header.Clone()
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "b"})
	})
	c := local(t)
	for range 2 {
		res, err := c.Get(t.Context(), address, Request{ETag: `"x"`, LastModified: "Sat, 21 Nov 2026 00:00:00 GMT", Accept: "text/html"})
		if err != nil {
			t.Fatal(err)
		}
		res.Close()
	}
	want := map[string]string{"User-Agent": "Hustings (+https://discuss.example.org)", "If-None-Match": `"x"`, "Accept": "text/html",
		"If-Modified-Since": "Sat, 21 Nov 2026 00:00:00 GMT", "Accept-Encoding": "gzip"}
	for name, value := range want {
		if seen.Get(name) != value {
			t.Errorf("%s is %q", name, seen.Get(name))
		}
	}
	if len(seen) != len(want) {
		t.Errorf("more is told than that: %v", seen)
	}
}

func TestRead_stops_at_the_limit(t *testing.T) {
	t.Parallel()
	var zeros bytes.Buffer
	gz := gzip.NewWriter(&zeros)
	for range 64 {
		gz.Write(make([]byte, 1<<20))
	}
	gz.Close()
	endless := func(w http.ResponseWriter, _ *http.Request) {
		for {
			if _, err := w.Write(make([]byte, 64<<10)); err != nil {
				return
			}
		}
	}
	packed := func(content []byte) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			w.Write(content)
		}
	}
	for name, test := range map[string]struct {
		serve http.HandlerFunc
		words string
	}{
		"an endless body":    {endless, "larger than allowed"},
		"a bomb":             {packed(zeros.Bytes()), "grows more than 200 times"},
		"a bomb in a bomb":   {packed(append(zeros.Bytes(), zeros.Bytes()...)), "grows more than 200 times"},
		"half a gzip":        {packed(zeros.Bytes()[:40]), "breaks off"},
		"no gzip at all":     {packed([]byte("plain text")), "breaks off"},
		"an unknown packing": {func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Encoding", "br") }, "not asked for"},
		"a length that is wrong": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			fmt.Fprint(w, "x")
		}, "breaks off"},
		"endless headers": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Long", strings.Repeat("x", 2*maxHeader))
		}, "too long to be right"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			res, err := local(t).Get(t.Context(), serve(t, test.serve), Request{MaxBytes: 4 << 20})
			if err == nil {
				_, err = res.Bytes()
			}
			wantRefused(t, err, test.words)
		})
	}
}

func TestRead_unpacks_and_counts_what_is_unpacked(t *testing.T) {
	t.Parallel()
	var packed bytes.Buffer
	gz := gzip.NewWriter(&packed)
	gz.Write(bytes.Repeat([]byte("twelve bytes"), 1000))
	gz.Close()
	address := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "GZip")
		w.Header().Set("Content-Type", "Text/HTML; charset=utf-8")
		w.Write(packed.Bytes())
	})
	for limit, whole := range map[int64]bool{12_000: true, 11_999: false} {
		res, err := local(t).Get(t.Context(), address, Request{MaxBytes: limit})
		if err != nil {
			t.Fatal(err)
		}
		if res.Type != "text/html" {
			t.Errorf("the type is %q", res.Type)
		}
		if body, err := res.Bytes(); (err == nil) != whole || whole && len(body) != 12_000 {
			t.Errorf("with a limit of %d: %d bytes, %v", limit, len(body), err)
		}
	}
}

func TestGet_gives_up_on_who_is_slow(t *testing.T) {
	t.Parallel()
	hang := func(before string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if before != "" {
				fmt.Fprint(w, before)
				http.NewResponseController(w).Flush()
			}
			<-r.Context().Done()
		}
	}
	for _, before := range []string{"", "one byte at a time"} {
		res, err := local(t).Get(t.Context(), serve(t, hang(before)), Request{Time: 50 * time.Millisecond})
		if err == nil {
			_, err = res.Bytes()
		}
		wantRefused(t, err, "too long")
	}
	ctx, cancel := context.WithCancel(t.Context())
	res, err := local(t).Get(ctx, serve(t, hang("x")), Request{})
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := res.Bytes(); !errors.Is(err, context.Canceled) {
		t.Errorf("who gave up is told %v", err)
	}
}

func TestGet_tells_what_statuses_mean(t *testing.T) {
	t.Parallel()
	address := serve(t, func(w http.ResponseWriter, r *http.Request) {
		var status int
		fmt.Sscanf(r.URL.Path, "/%d", &status)
		w.Header().Set("Retry-After", "120")
		w.WriteHeader(status)
	})
	for status, kind := range map[int]forum.Kind{200: 0, 404: forum.NotFound, 410: forum.Gone, 403: forum.Forbidden, 429: forum.Unavailable, 503: forum.Unavailable, 500: forum.Invalid, 301: forum.Invalid} {
		res, err := local(t).Get(t.Context(), fmt.Sprintf("%s/%d", address, status), Request{})
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, res)
		res.Close()
		if got := forum.KindOf(res.Problem()); got != kind || res.RetryAfter != 2*time.Minute {
			t.Errorf("%d is of kind %d, wait %s", status, got, res.RetryAfter)
		}
	}
	_, err := New(Options{Resolver: dns(t, nil)}).Get(t.Context(), "http://nowhere.example.org/", Request{})
	wantRefused(t, err, "no server called nowhere.example.org")
	tls := httptest.NewUnstartedServer(http.NotFoundHandler())
	tls.Config.ErrorLog = log.New(io.Discard, "", 0)
	tls.StartTLS()
	t.Cleanup(tls.Close)
	_, err = local(t).Get(t.Context(), tls.URL, Request{})
	wantRefused(t, err, "certificate")
}

func TestRetryAfter_reads_both_forms_and_believes_a_day(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for header, want := range map[string]time.Duration{
		"": 0, "0": 0, "-5": 0, "90": 90 * time.Second, "99999999999999": 24 * time.Hour, "soon": 0, "1e9": 0,
		"Sun, 22 Nov 2026 12:30:00 GMT": 30 * time.Minute, "Sun, 22 Nov 2026 11:30:00 GMT": 0, "Sun, 22 Nov 2099 12:30:00 GMT": 24 * time.Hour,
	} {
		if got := retryAfter(header, now); got != want {
			t.Errorf("%q is %s, not %s", header, got, want)
		}
	}
}

func TestLinks_finds_relations_in_headers(t *testing.T) {
	t.Parallel()
	r := Response{URL: "https://example.org/blog/post", Header: http.Header{"Link": {
		`<https://example.org/wp-json/>; rel="https://api.w.org/", </wp-json/wp/v2/posts/5>; rel="alternate"; type="application/json"`,
		`<?p=5>; rel=shortlink`, `broken; rel="alternate"`, `<x`}}}
	for rel, want := range map[string]string{"https://api.w.org/": "https://example.org/wp-json/", "alternate": "https://example.org/wp-json/wp/v2/posts/5",
		"SHORTLINK": "https://example.org/blog/post?p=5", "next": ""} {
		if got := strings.Join(r.Links(rel), " "); got != want {
			t.Errorf("%s: %q", rel, got)
		}
	}
}

func TestTurns_keep_requests_to_one_host_apart(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	turns := turns{pause: time.Second, next: map[string]time.Time{}}
	for i, want := range []time.Duration{0, time.Second, 2 * time.Second} {
		if got := turns.turn("a", now).Sub(now); got != want {
			t.Errorf("turn %d of a comes after %s", i, got)
		}
	}
	if got := turns.turn("b", now).Sub(now); got != 0 {
		t.Errorf("b waits %s for a", got)
	}
	if turns.turn("c", now.Add(time.Hour)); len(turns.next) != 1 {
		t.Errorf("%d hosts are remembered", len(turns.next))
	}
}

func TestGet_speaks_to_a_host_over_one_connection(t *testing.T) {
	t.Parallel()
	var open, most atomic.Int32
	address := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		most.Store(max(most.Load(), open.Add(1)))
		w.Write(make([]byte, 100<<10))
		open.Add(-1)
	})
	c := local(t)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if res, err := c.Get(t.Context(), address, Request{}); err != nil {
				t.Error(err)
			} else if _, err := res.Bytes(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if most.Load() != 1 {
		t.Errorf("%d requests at a time", most.Load())
	}
}
