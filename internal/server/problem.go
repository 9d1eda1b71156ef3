package server

import (
	"encoding/json"
	"net/http"

	"hustings/internal/forum"
)

// problem is an error for programs (RFC 9457).
type problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	Field  string `json:"field,omitempty"`
	Number string `json:"instance,omitempty"`
}

func writeProblem(b *buffered, r *http.Request, status int, l *locale, e *forum.Error) {
	b.status = status
	b.header.Set("Content-Type", "application/problem+json; charset=utf-8")
	b.header.Set("Content-Language", l.Lang)
	if e.Kind == forum.Unauthenticated {
		b.header.Set("WWW-Authenticate", "Bearer")
	}
	title := http.StatusText(status)
	encoder := json.NewEncoder(&b.body)
	encoder.SetEscapeHTML(false)
	encoder.Encode(problem{"about:blank", title, status, l.Error(e), e.Field, requestIDOf(r)}) //nolint:errcheck // strings and a number into a buffer
}
