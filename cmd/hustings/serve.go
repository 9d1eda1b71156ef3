package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"runtime"
	"time"

	"hustings/internal/action"
	"hustings/internal/forum"
	"hustings/internal/postgres"
	"hustings/internal/server"

	"crypto/rand"
	"encoding/hex"
)

// serveCmd brings the database up to date and serves the site.
type serveCmd struct{}

// Run serves until it is interrupted.
func (c *serveCmd) Run(a *app) error {
	return a.serve(func(context.Context, *postgres.DB, *action.Actions) error { return nil }, func() {
		a.log.Info("ready", "address", a.cfg.BaseURL.String())
	})
}

// drainFor is how long requests under way may take when the server stops.
const drainFor = 10 * time.Second

// serve runs the site. prepare fills what has to be there before /readyz says
// yes; ready is called then.
func (a *app) serve(prepare func(context.Context, *postgres.DB, *action.Actions) error, ready func()) error {
	listener, err := listen(a.cfg.ListenAddr)
	if err != nil {
		return err
	}
	defer listener.Close() //nolint:errcheck // the server closes it first
	d, err := a.startDatabase()
	if err != nil {
		return err
	}
	defer d.stop(a)
	if err := postgres.Migrate(a.ctx, d.owner); err != nil {
		return err
	}
	db, err := postgres.Open(a.ctx, d.url, postgres.Options{MaxConns: int32(max(10, 4*runtime.NumCPU()))})
	if err != nil {
		return err
	}
	defer db.Close()
	db.StartFolding(a.log)
	act := action.New(db, a.log)
	if err := a.useImages(act); err != nil {
		return err
	}
	background := a.newJobs(act)
	site, err := a.newSite(db, act)
	if err != nil {
		return err
	}
	httpServer := server.HTTP(site, a.log)
	failed := make(chan error, 1)
	go func() { failed <- httpServer.Serve(listener) }()
	if err := prepare(a.ctx, db, act); err != nil {
		httpServer.Close() //nolint:errcheck // the other error matters
		return err
	}
	background.Start()
	defer background.Stop() // after the requests, before the database
	site.SetReady()
	notifySystemd("READY=1")
	ready()
	return a.wait(site, httpServer, d, failed)
}

// wait ends when the program is interrupted or something it needs has gone.
func (a *app) wait(site *server.Server, httpServer *http.Server, d *database, failed <-chan error) error {
	var gone <-chan struct{}
	if d.private != nil {
		gone = d.private.Done()
	}
	var err error
	select {
	case <-a.ctx.Done():
	case err = <-failed:
	case <-gone:
		err = forum.NewError(forum.Unavailable, "The private database has gone and could not be started again. Its log is postgres.log in %s.", a.cfg.DataDir)
	}
	notifySystemd("STOPPING=1")
	site.Drain()
	ctx, cancel := context.WithTimeout(context.Background(), drainFor)
	defer cancel()
	if shutdown := httpServer.Shutdown(ctx); shutdown != nil && err == nil {
		a.log.Warn("some requests were cut off at shutdown", "err", shutdown)
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

func listen(address string) (net.Listener, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, &forum.Error{Kind: forum.Unavailable, Msg: "The address %s can’t be listened on. Perhaps another server uses it; LISTEN_ADDR chooses another one.",
			Args: []any{address}, Err: err}
	}
	return listener, nil
}

func (a *app) newSite(db *postgres.DB, act *action.Actions) (*server.Server, error) {
	key := a.cfg.SessionKey
	if key == "" {
		var err error
		if key, err = db.EnsureSetting(a.ctx, "session_key", randomKey()); err != nil {
			return nil, err
		}
	}
	return server.New(db, act, server.Options{
		BaseURL: a.cfg.BaseURL, TrustedProxies: a.cfg.TrustedProxies, SessionKey: []byte(key), Version: version(), Log: a.log})
}

// randomKey is a fresh key of 256 bits.
func randomKey() string {
	var b [32]byte
	rand.Read(b[:]) //nolint:errcheck // never fails
	return hex.EncodeToString(b[:])
}

// notifySystemd tells systemd how far the service is (sd_notify(3)); elsewhere it
// does nothing.
func notifySystemd(state string) {
	socket := os.Getenv("NOTIFY_SOCKET")
	if socket == "" {
		return
	}
	conn, err := net.Dial("unixgram", socket)
	if err != nil {
		return
	}
	defer conn.Close()      //nolint:errcheck // nobody to tell
	fmt.Fprint(conn, state) //nolint:errcheck // likewise
}
