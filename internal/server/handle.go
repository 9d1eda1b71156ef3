package server

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"hustings/internal/forum"
	"hustings/internal/paths"
	"hustings/web"
)

// handler answers a request or returns an error. It writes to a buffer: on an
// error what it has written is thrown away and an error page goes out.
type handler func(w http.ResponseWriter, r *http.Request) error

// buffered collects an answer until it is known to be whole.
type buffered struct {
	header http.Header
	status int
	body   bytes.Buffer
	// ready is a body that is already in the encoding that header names; it is
	// written in place of body and not changed.
	ready []byte
	below http.ResponseWriter // the connection's own; for its deadlines and for streams
	taken bool                // a stream has answered on the connection itself
}

// Unwrap lets http.ResponseController reach the connection.
func (b *buffered) Unwrap() http.ResponseWriter { return b.below }

func (b *buffered) Header() http.Header { return b.header }

func (b *buffered) WriteHeader(status int) { b.status = status }

func (b *buffered) Write(p []byte) (int, error) { return b.body.Write(p) }

// buffers are used again, so that a page costs no fresh memory; very large ones
// are left to the garbage collector.
var buffers = sync.Pool{New: func() any { return new(buffered) }}

const keepBuffer = 1 << 20

func newBuffered() *buffered {
	b := buffers.Get().(*buffered) //nolint:errcheck // only *buffered are put there
	b.reset()
	return b
}

func (b *buffered) reset() {
	b.header, b.status, b.ready, b.below, b.taken = http.Header{}, 0, nil, nil, false
	b.body.Reset()
}

func (b *buffered) free() {
	if b.body.Cap() <= keepBuffer {
		buffers.Put(b)
	}
}

// handle turns a handler into an http.Handler.
func (s *Server) handle(h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		b := newBuffered()
		b.below = w
		defer b.free()
		err := h(b, r)
		if b.taken {
			return
		}
		if err != nil {
			b.reset()
			s.fail(b, r, err)
		}
		s.send(w, r, b)
	}
}

// send writes a collected answer, compressed where that helps and with an ETag
// where everybody gets the same.
func (s *Server) send(w http.ResponseWriter, r *http.Request, b *buffered) {
	if b.status == 0 {
		b.status = http.StatusOK
	}
	h := w.Header()
	maps.Copy(h, b.header)
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "private, no-store")
	}
	body := b.ready
	if body == nil {
		body = b.body.Bytes()
	}
	if b.ready == nil && compressible(h.Get("Content-Type")) {
		body = s.compress(h, r, body, web.CompressOnce)
	}
	if strings.HasPrefix(h.Get("Cache-Control"), "public") && b.status == http.StatusOK && h.Get("ETag") == "" {
		h.Set("ETag", etagOf(body))
	}
	if tag := h.Get("ETag"); tag != "" && matchesTag(r, tag) {
		h.Del("Content-Type")
		h.Del("Content-Encoding")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(b.status)
	if r.Method != http.MethodHead {
		w.Write(body) //nolint:errcheck // the client has gone; there is nobody to tell
	}
}

// smallBody is what is not worth compressing.
const smallBody = 512

func (s *Server) compress(h http.Header, r *http.Request, body []byte, pack func(encoding string, page []byte) []byte) []byte {
	addVary(h, "Accept-Encoding")
	encoding := web.PreferredEncoding(r.Header["Accept-Encoding"])
	if encoding == "" || len(body) < smallBody {
		return body
	}
	h.Set("Content-Encoding", encoding)
	return pack(encoding, body)
}

func addVary(h http.Header, name string) {
	for _, have := range h["Vary"] {
		if strings.Contains(have, name) {
			return
		}
	}
	h.Add("Vary", name)
}

func compressible(contentType string) bool {
	return strings.HasPrefix(contentType, "text/") || strings.Contains(contentType, "json") ||
		strings.Contains(contentType, "xml") || strings.Contains(contentType, "yaml")
}

// etagOf is a strong tag: the same for the same bytes only.
func etagOf(body []byte) string {
	sum := sha256.Sum256(body)
	return `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
}

func matchesTag(r *http.Request, tag string) bool {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return false
	}
	for _, line := range r.Header["If-None-Match"] {
		for candidate := range strings.SplitSeq(line, ",") {
			candidate = strings.TrimPrefix(strings.TrimSpace(candidate), "W/")
			if candidate == tag || candidate == "*" {
				return true
			}
		}
	}
	return false
}

// answerWithin bounds what one request may wait for the store; after it people are
// told to try again, which is better than a page that never comes.
const answerWithin = 20 * time.Second

// admit checks who comes in at a route and bounds what they send.
func (s *Server) admit(line route) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if line.limit > 0 {
			// The underlying writer is not reachable from the buffer, so the
			// connection is not closed early; the reader stops all the same.
			r.Body = http.MaxBytesReader(nil, r.Body, line.limit)
		}
		if err := s.admits(line.who, viewerOf(r)); err != nil {
			return err
		}
		if line.who != admins { // imports take their time
			ctx, cancel := context.WithTimeout(r.Context(), answerWithin)
			defer cancel()
			r = r.WithContext(ctx)
		}
		return line.serve(w, r)
	}
}

func (s *Server) admits(required who, v forum.Viewer) error {
	switch {
	case required == anyone:
		return nil
	case !v.SignedIn():
		return forum.NewError(forum.Unauthenticated, "Please sign in first.")
	case required == moderators:
		return forum.CanModerate(v)
	case required == admins:
		return forum.CanAdminister(v)
	}
	return nil
}

// redirect answers 303: look there next.
func redirect(w http.ResponseWriter, to string) error {
	w.Header().Set("Location", to)
	w.WriteHeader(http.StatusSeeOther)
	return nil
}

// localPath accepts an address within this site and nothing else: one slash, no
// backslash, no control characters, no host. Anything else becomes the front page.
func localPath(next string) string {
	if len(next) == 0 || len(next) > 2000 || next[0] != '/' {
		return paths.Front
	}
	if len(next) > 1 && (next[1] == '/' || next[1] == '\\') {
		return paths.Front
	}
	for _, c := range []byte(next) {
		if c <= ' ' || c == '\\' || c == 0x7f {
			return paths.Front
		}
	}
	return next
}
