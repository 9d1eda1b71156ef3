package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"
)

// staticCmd serves the same bytes to everybody: nothing in Go's net/http can be
// faster, so it is what a cached page is held against.
type staticCmd struct {
	Bytes int `default:"20000"`
}

// Run serves until it is stopped, and prints its address first.
func (c *staticCmd) Run(ctx context.Context) error {
	body := bytes.Repeat([]byte("x"), c.Bytes)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	length := []string{strconv.Itoa(len(body))}
	kind := []string{"text/html; charset=utf-8"}
	srv := &http.Server{ReadHeaderTimeout: 5 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Length"], w.Header()["Content-Type"] = length, kind
		w.Write(body) //nolint:errcheck // the client has gone
	})}
	context.AfterFunc(ctx, func() { srv.Close() }) //nolint:errcheck // it ends
	fmt.Printf("http://%s\n", listener.Addr())
	if err := srv.Serve(listener); err != http.ErrServerClosed {
		return err
	}
	return nil
}
