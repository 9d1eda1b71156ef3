package server

import (
	"context"
	"encoding/xml"
	"net/http"
	"strconv"
	"time"

	"hustings/internal/paths"
)

// seconds writes a span for Retry-After, rounded up.
func seconds(d time.Duration) string { return strconv.Itoa(int((d + time.Second - 1) / time.Second)) }

// waiting is the number of cases in the queue, for the navigation. It is only a
// hint, so a failure shows none.
func (s *Server) waiting(ctx context.Context) int {
	n, err := s.db.Waiting(ctx)
	if err != nil {
		s.Log.Warn("counting the queue failed", "err", err)
	}
	return n
}

// plain answers with a line of text.
func plain(w http.ResponseWriter, status int, text string) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, err := w.Write([]byte(text))
	return err
}

func (s *Server) showLive(w http.ResponseWriter, _ *http.Request) error {
	return plain(w, http.StatusOK, "alive\n")
}

// showReady says whether requests should come here: everything is loaded, the
// database answers, and the server is not shutting down.
func (s *Server) showReady(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	switch {
	case s.draining.Load():
		return plain(w, http.StatusServiceUnavailable, "shutting down\n")
	case !s.ready.Load():
		return plain(w, http.StatusServiceUnavailable, "starting\n")
	case s.db.Ping(ctx) != nil:
		return plain(w, http.StatusServiceUnavailable, "the database does not answer\n")
	}
	return plain(w, http.StatusOK, "ready\n")
}

func (s *Server) showRobots(w http.ResponseWriter, _ *http.Request) error {
	return plain(w, http.StatusOK, "User-agent: *\nDisallow: /signin\nDisallow: /signup\nDisallow: /settings\nDisallow: /mod\nDisallow: /admin\nDisallow: /*?reply=\nDisallow: /*?fold=\nSitemap: "+
		s.absolute("/sitemap.xml")+"\n")
}

type sitemapURL struct {
	Loc     string `xml:"loc"`
	LastMod string `xml:"lastmod,omitempty"`
}

// showSitemap lists the newest articles, up to the format's limit.
func (s *Server) showSitemap(w http.ResponseWriter, r *http.Request) error {
	list, err := s.db.Sitemap(r.Context())
	if err != nil {
		return err
	}
	site := struct {
		XMLName xml.Name     `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 urlset"`
		URLs    []sitemapURL `xml:"url"`
	}{URLs: []sitemapURL{{Loc: s.absolute("/")}}}
	for _, a := range list {
		site.URLs = append(site.URLs, sitemapURL{s.absolute(paths.Article(a.Slug)), a.ActiveAt.UTC().Format("2006-01-02")})
	}
	w.Header().Set("Content-Type", "application/xml; charset=utf-8")
	w.Write([]byte(xml.Header)) //nolint:errcheck // a buffer
	return xml.NewEncoder(w).Encode(site)
}

// showChangePassword leads password managers to the page (W3C, a well-known URL for
// changing passwords).
func (s *Server) showChangePassword(w http.ResponseWriter, _ *http.Request) error {
	return redirect(w, paths.Settings)
}

func (s *Server) showFavicon(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Location", s.assets.URL("img/favicon.svg"))
	w.Header().Set("Cache-Control", "public, max-age=86400")
	w.WriteHeader(http.StatusFound)
	return nil
}

// keysPage lists the keys that the script listens to.
type keysPage struct{ layout }

func (s *Server) showKeys(w http.ResponseWriter, r *http.Request) error {
	p := keysPage{s.layout(r, "")}
	p.Title, p.MainClass = p.T("Keys"), "narrow"
	p.Canonical = s.absolute(paths.Keys)
	return s.render(w, http.StatusOK, "keys", p)
}
