package server

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strings"
	"time"

	"hustings/internal/forum"

	"github.com/go-chi/chi/v5"
)

type noteKey struct{}

// requestNote is what one request leaves for its log line.
type requestNote struct {
	id      string
	address netip.Addr
	viewer  forum.PersonID
	err     error
	level   slog.Level
}

func noteOf(r *http.Request) *requestNote {
	if note, ok := r.Context().Value(noteKey{}).(*requestNote); ok {
		return note
	}
	return &requestNote{}
}

// requestIDOf is the number a person can quote.
func requestIDOf(r *http.Request) string { return noteOf(r).id }

// addressOf is the client's address: the connection's, or what a trusted proxy
// says.
func addressOf(r *http.Request) netip.Addr { return noteOf(r).address }

var idEncoding = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// requestID gives each request a short number that is easy to read out.
func (s *Server) requestID(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var b [8]byte
		rand.Read(b[:]) //nolint:errcheck // never fails
		id := idEncoding.EncodeToString(b[:])
		note := &requestNote{id: id[:4] + "-" + id[4:8] + "-" + id[8:]}
		w.Header().Set("X-Request-Id", note.id)
		if len(r.TransferEncoding) > 0 {
			// It may have had a Content-Length too, by which a proxy saw another end
			// of it: nothing more is read from this connection (RFC 9112, 6.1).
			w.Header().Set("Connection", "close")
		}
		r.URL.RawPath = "" // routes and their parameters are matched as decoded
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), noteKey{}, note)))
	})
}

// clientAddress finds out who is asking. Forwarding headers count only where the
// connection comes from a trusted proxy; from the right, the first address that
// is not a trusted proxy is the client.
func (s *Server) clientAddress(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.RemoteAddr)
		if err != nil {
			host = r.RemoteAddr
		}
		address, _ := netip.ParseAddr(host)
		address = address.Unmap()
		if s.trusts(address) {
			address = s.forwarded(r.Header["X-Forwarded-For"], address)
		}
		noteOf(r).address = address.WithZone("")
		next.ServeHTTP(w, r)
	})
}

func (s *Server) trusts(a netip.Addr) bool {
	for _, prefix := range s.TrustedProxies {
		if prefix.Contains(a) {
			return true
		}
	}
	return false
}

func (s *Server) forwarded(headers []string, address netip.Addr) netip.Addr {
	hops := strings.Split(strings.Join(headers, ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			return address
		}
		address = hop.Unmap()
		if !s.trusts(address) {
			return address
		}
	}
	return address
}

// statusWriter remembers what was answered.
type statusWriter struct {
	http.ResponseWriter
	status int
	bytes  int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Write(p []byte) (int, error) {
	n, err := w.ResponseWriter.Write(p)
	w.bytes += n
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// logRequests writes one line for each request, at its end.
func (s *Server) logRequests(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		sw := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(sw, r)
		note := noteOf(r)
		if !s.Log.Enabled(r.Context(), note.level) {
			return
		}
		attrs := []slog.Attr{slog.String("id", note.id), slog.String("method", r.Method), slog.String("route", routeOf(r)),
			slog.Int("status", sw.status), slog.Int("bytes", sw.bytes), slog.Duration("took", time.Since(start))}
		if note.viewer != 0 {
			attrs = append(attrs, slog.Int64("viewer", int64(note.viewer)))
		}
		if note.err != nil {
			attrs = append(attrs, slog.String("err", note.err.Error()))
		}
		s.Log.LogAttrs(r.Context(), note.level, "request", attrs...)
	})
}

// routeOf is the route's pattern: paths carry names and would fill the log with
// what people read.
func routeOf(r *http.Request) string {
	if rc := chi.RouteContext(r.Context()); rc != nil && rc.RoutePattern() != "" {
		return rc.RoutePattern()
	}
	return "none"
}

// recoverPanics turns a panic into the error page; the process lives on.
func (s *Server) recoverPanics(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			cause := recover()
			if cause == nil {
				return
			}
			if cause == http.ErrAbortHandler { //nolint:errorlint // the documented way to compare it
				panic(cause)
			}
			s.Log.Error("panic", "id", requestIDOf(r), "cause", fmt.Sprint(cause), "stack", string(debug.Stack()))
			b := newBuffered()
			defer b.free()
			s.fail(b, r, fmt.Errorf("panic: %v", cause))
			s.send(w, r, b)
		}()
		next.ServeHTTP(w, r)
	})
}

// contentPolicy: nothing inline, nothing from elsewhere, no plug-ins, no frames.
// There is no nonce, so that the pages of anonymous readers are byte-identical.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

var fixedHeaders = map[string][]string{
	"Content-Security-Policy":      {contentPolicy},
	"X-Content-Type-Options":       {"nosniff"},
	"Referrer-Policy":              {"strict-origin-when-cross-origin"},
	"Permissions-Policy":           {"camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()"},
	"Cross-Origin-Opener-Policy":   {"same-origin"},
	"Cross-Origin-Resource-Policy": {"same-origin"},
	"X-Frame-Options":              {"DENY"},
}

// securityHeaders go with every answer, whatever it is.
func (s *Server) securityHeaders(next http.Handler) http.Handler {
	https := s.BaseURL.Scheme == "https"
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		maps.Copy(h, fixedHeaders)
		if https {
			h.Set("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
		}
		next.ServeHTTP(w, r)
	})
}

// refuseCrossOrigin stops forms of other sites from acting in a visitor's name,
// by what browsers say of a request's origin; no token is needed, so shared
// pages stay the same for everybody.
func (s *Server) refuseCrossOrigin(next http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	protection.AddTrustedOrigin(s.BaseURL.Scheme + "://" + s.BaseURL.Host) //nolint:errcheck // config has checked the address
	protection.SetDenyHandler(s.handle(func(http.ResponseWriter, *http.Request) error {
		return forum.NewError(forum.Forbidden, "This form came from another site, so nothing was done. Please use the form on this site.")
	}))
	return protection.Handler(next)
}
