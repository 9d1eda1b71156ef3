package action

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"testing"
	"time"

	"hustings/internal/fetch"
	"hustings/internal/forum"
)

func TestCollector_waits_as_long_as_a_server_wants_and_a_person_would(t *testing.T) {
	t.Parallel()
	asked := map[string]int{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked[r.URL.Path]++
		switch {
		case r.URL.Path == "/soon" && asked["/soon"] < 3:
			w.Header().Set("Retry-After", "30")
			w.WriteHeader(http.StatusTooManyRequests)
		case r.URL.Path == "/late":
			w.Header().Set("Retry-After", "3600")
			w.WriteHeader(http.StatusServiceUnavailable)
		case r.URL.Path == "/never":
			w.WriteHeader(http.StatusServiceUnavailable)
		default:
			fmt.Fprint(w, "here") //nolint:errcheck // a test's server
		}
	}))
	t.Cleanup(server.Close)
	web := fetch.New(fetch.Options{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	t.Cleanup(web.Close)
	var waited []time.Duration
	c := newCollector(web, &bytes.Buffer{})
	c.wait = func(_ context.Context, d time.Duration) error {
		waited = append(waited, d)
		return nil
	}
	if _, data, err := c.get(t.Context(), server.URL+"/soon"); string(data) != "here" || err != nil {
		t.Errorf("%q, %v", data, err)
	}
	if want := []time.Duration{30 * time.Second, 30 * time.Second}; !slices.Equal(waited, want) {
		t.Errorf("waited %v", waited)
	}
	for _, path := range []string{"/late", "/never"} {
		if _, _, err := c.get(t.Context(), server.URL+path); forum.KindOf(err) != forum.Unavailable {
			t.Errorf("%s: %v", path, err)
		}
	}
	if asked["/late"] != 1 || asked["/never"] != maxTries {
		t.Errorf("asked %v", asked)
	}
	if res, data, err := c.get(t.Context(), server.URL+"/soon"); res != nil || data != nil || err != nil {
		t.Errorf("one address is asked for twice: %v", err)
	}
	c.left = 0
	if _, _, err := c.get(t.Context(), server.URL+"/more"); forum.KindOf(err) != forum.TooMany || asked["/more"] != 0 {
		t.Errorf("there is no end: %v", err)
	}
}
