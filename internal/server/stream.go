package server

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"hustings/internal/forum"
)

// Server-sent events: one answer that goes on, a line of JSON at a time.
const (
	maxStreams = 40               // open at the same time; pages read themselves again where there is no place
	streamTime = 5 * time.Minute  // then it ends and the browser asks again, which looks anew who it is
	heartbeat  = 15 * time.Second // keeps proxies from taking a quiet stream for a dead one
	streamWait = 10 * time.Second // for a reader that takes nothing
)

// stream is an open stream of events.
type stream struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

// events answers with a stream. next gives what to say now, nil for nothing, and
// whether that is the last; it is asked every so often, and the stream ends with
// its error, with the client, with the server, or after streamTime.
func (s *Server) events(w http.ResponseWriter, r *http.Request, every time.Duration, next func() (event any, last bool, err error)) error {
	if s.streams.Add(1) > maxStreams {
		s.streams.Add(-1)
		return &forum.Error{Kind: forum.Unavailable, Msg: "Too many pages are watching at the moment. Please read this one again in a while.", RetryAfter: streamTime}
	}
	defer s.streams.Add(-1)
	event, last, err := next() // an error at the beginning is still an ordinary answer
	if err != nil {
		return err
	}
	if r.Method == http.MethodHead {
		w.Header().Set("Content-Type", "text/event-stream")
		return nil
	}
	out := takeOver(w, "text/event-stream")
	return s.pour(out, r, every, event, last, next)
}

// takeOver answers on the connection itself instead of in the buffer.
func takeOver(w http.ResponseWriter, contentType string) *stream {
	b := w.(*buffered) //nolint:errcheck // handlers always get one
	b.taken = true
	h := b.below.Header()
	h.Set("Content-Type", contentType)
	h.Set("Cache-Control", "private, no-store")
	h.Set("X-Accel-Buffering", "no")
	out := &stream{b.below, http.NewResponseController(b.below)}
	out.control.SetReadDeadline(time.Time{}) //nolint:errcheck // without it the stream ends with the listener's limit
	return out
}

func (s *Server) pour(out *stream, r *http.Request, every time.Duration, event any, last bool, next func() (any, bool, error)) error {
	tick, end, quiet := time.NewTicker(every), time.After(streamTime), heartbeat // the first word is sent at once
	defer tick.Stop()
	for {
		quiet += every
		if event != nil || last || quiet >= heartbeat {
			quiet = 0
			if out.send(event) != nil || last {
				return nil // done, or the reader has gone: nobody to tell
			}
		}
		select {
		case <-r.Context().Done():
			return nil
		case <-s.drained:
			return nil
		case <-end:
			return nil
		case <-tick.C:
		}
		var err error
		if event, last, err = next(); err != nil {
			return err // the stream ends; the browser asks again and hears it then
		}
	}
}

// send writes one event, or a heartbeat when there is none.
func (s *stream) send(event any) error {
	text := []byte(":\n\n")
	if event != nil {
		data, err := json.Marshal(event)
		if err != nil {
			return err
		}
		text = fmt.Appendf(nil, "data: %s\n\n", data)
	}
	s.control.SetWriteDeadline(time.Now().Add(streamWait)) //nolint:errcheck // without it the listener's limit holds
	if _, err := s.w.Write(text); err != nil {
		return err
	}
	return s.control.Flush()
}

// allow gives a request more time than pages get.
func allow(w http.ResponseWriter, d time.Duration) {
	c, end := http.NewResponseController(w), time.Now().Add(d)
	c.SetReadDeadline(end)  //nolint:errcheck // without it the listener's limit holds
	c.SetWriteDeadline(end) //nolint:errcheck // without it the listener's limit holds
}
