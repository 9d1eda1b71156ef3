package server_test

import (
	"regexp"
	"strings"
	"testing"

	"hustings/internal/paths"
	"hustings/internal/server"
)

// Old addresses that are an address of this site never answer, and the report of an
// import says so.
func TestOwn_knows_every_route(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	place := regexp.MustCompile(`\{[^}]*\}`)
	for _, route := range s.srv.Config.Handler.(*server.Server).Routes() {
		_, pattern, _ := strings.Cut(route, " ")
		if path := place.ReplaceAllString(pattern, "7"); !paths.Own(path) {
			t.Errorf("%s is not known as our own", path)
		}
	}
	for _, path := range []string{"/articles/2019/05/ferry", "/2019/05/ferry", "/ferry", "/about", "/comments", "/articles/", "/news", "/feed"} {
		if paths.Own(path) {
			t.Errorf("%s is taken for our own", path)
		}
	}
}
