package server

import (
	"encoding/json"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"hustings/internal/forum"
	"hustings/web"

	"github.com/go-chi/chi/v5"
)

// apiRead makes a handler of the API that only reads. What anybody may read is
// kept like other shared pages, and pages of other sites may fetch it, as long
// as no token comes with the request.
func (s *Server) apiRead(h handler) handler {
	shared := s.shared(func(w http.ResponseWriter, r *http.Request) error {
		addVary(w.Header(), "Authorization")
		return h(w, r)
	})
	return func(w http.ResponseWriter, r *http.Request) error {
		b := w.(*buffered) //nolint:errcheck // handlers always get one
		if err := shared(w, r); err != nil {
			b.reset()
			s.fail(b, r, err)
		}
		if r.Header.Get("Authorization") == "" {
			b.header.Set("Access-Control-Allow-Origin", "*")
			b.header.Set("Cross-Origin-Resource-Policy", "cross-origin")
		}
		return nil
	}
}

// apiWrite makes a handler of the API that changes something. It takes JSON
// only: no form of another site can send that without asking the browser first.
func (s *Server) apiWrite(h handler) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err == nil && kind == "application/json" {
			return h(w, r)
		}
		e := forum.NewError(forum.Malformed, "Please send JSON, with the header “Content-Type: application/json”.")
		noteFailure(r, http.StatusUnsupportedMediaType, e)
		writeProblem(w.(*buffered), r, http.StatusUnsupportedMediaType, s.localeOf(r), e) //nolint:errcheck // handlers always get one
		return nil
	}
}

// writeJSON answers with a value.
func writeJSON(w http.ResponseWriter, status int, value any) error {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false) // bodies are HTML; the type and nosniff keep browsers from reading the answer as a page
	return encoder.Encode(value)
}

// showAPIDescription is the OpenAPI document.
func (s *Server) showAPIDescription(w http.ResponseWriter, _ *http.Request) error {
	text, err := web.Files.ReadFile("openapi.yaml")
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/yaml; charset=utf-8")
	_, err = w.Write(text)
	return err
}

// readLimit reads how many things a list is to hold: usual where nothing is
// said, at most most.
func readLimit(r *http.Request, usual, most int) (int, error) {
	text := r.URL.Query().Get("limit")
	if text == "" {
		return usual, nil
	}
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil || n == 0 {
		return 0, forum.NewError(forum.Malformed, "The limit is a number from 1 to %d.", most)
	}
	return int(min(n, uint64(most))), nil //nolint:gosec // bounded by most
}

// nullable is a text that is null where it is empty.
func nullable(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// allowed lists the methods that an address answers to, for the header Allow.
func allowed(r *http.Request) string {
	rc := chi.RouteContext(r.Context())
	if rc == nil || rc.Routes == nil {
		return ""
	}
	path := r.URL.RawPath
	if path == "" {
		path = r.URL.Path
	}
	var methods []string
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		if rc.Routes.Match(chi.NewRouteContext(), method, path) {
			methods = append(methods, method)
		}
	}
	return strings.Join(methods, ", ")
}
