// Package server is the HTTP side: the table of routes, middleware, one handler
// file per page, forms, feeds and rendering. Handlers read through
// internal/postgres and change things through internal/action only; they return
// errors, and one function turns those into a page and a log line.
package server

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"sync/atomic"
	"time"

	"hustings/internal/action"
	"hustings/internal/forum"
	"hustings/internal/postgres"
	"hustings/web"
)

// Options of a server. All are needed unless said otherwise.
type Options struct {
	BaseURL        *url.URL // public address; https decides the cookies' names and flags
	TrustedProxies []netip.Prefix
	SessionKey     []byte // at least 32 bytes: signs cookies and form ids
	SiteName       string // "" : Hustings
	Version        string
	Log            *slog.Logger
}

// Server answers requests. It is an http.Handler, safe for many goroutines.
type Server struct {
	Options
	db       *postgres.DB
	act      *action.Actions
	assets   *web.Assets
	pages    *pages
	locales  *locales
	sessions *sessions
	cache    *pageCache
	routing  http.Handler
	draining atomic.Bool
	drained  chan struct{} // closed when draining begins: streams end
	streams  atomic.Int32  // open ones
	exports  atomic.Int32  // being saved
	ready    atomic.Bool
}

// New makes a server. Errors are faults of the program: a template or a
// catalogue that cannot be read.
func New(db *postgres.DB, act *action.Actions, o Options) (*Server, error) {
	if o.SiteName == "" {
		o.SiteName = "Hustings"
	}
	s := &Server{Options: o, db: db, act: act, drained: make(chan struct{})}
	var err error
	if s.assets, err = web.NewAssets(); err != nil {
		return nil, err
	}
	if s.locales, err = loadLocales(web.Files); err != nil {
		return nil, err
	}
	if s.pages, err = parsePages(web.Files, s.assets); err != nil {
		return nil, err
	}
	s.sessions = newSessions(s)
	s.cache = newPageCache()
	db.OnChange(s.cache.changed)
	s.routing = s.router()
	return s, nil
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.routing.ServeHTTP(w, r) }

// SetReady says that /readyz may answer 200: everything the site needs is there.
func (s *Server) SetReady() { s.ready.Store(true) }

// Drain makes /readyz answer 503, so that a load balancer looks elsewhere before
// the listener closes, and ends the streams, which would keep it open.
func (s *Server) Drain() {
	if !s.draining.Swap(true) {
		close(s.drained)
	}
}

// viewerKey is the context key of the viewer.
type viewerKey struct{}

// viewerOf is who makes the request; the middleware identify put it there.
func viewerOf(r *http.Request) forum.Viewer {
	if v, ok := r.Context().Value(viewerKey{}).(forum.Viewer); ok {
		return v
	}
	return forum.Anonymous
}

// withViewer gives a request a viewer.
func withViewer(r *http.Request, v forum.Viewer) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), viewerKey{}, v))
}

// HTTP wraps a server with the time limits that keep slow clients from holding
// connections (security.md, resource attacks).
func HTTP(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       60 * time.Second,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}
