package server

import "net/http"

// sessions is the store of signed-in browsers.
type sessions struct{ s *Server }

func newSessions(s *Server) *sessions { return &sessions{s} }

// identify finds out who makes a request.
func (s *Server) identify(next http.Handler) http.Handler { return next }
