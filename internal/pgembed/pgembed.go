// Package pgembed runs the private PostgreSQL of the default set-up: it finds the
// programs, makes a cluster once, starts and supervises the server, and joins one
// that already runs on the same directory. It may not delete a data directory,
// open a network port, or know anything of what is stored.
//
// # Layout of a data directory
//
//	postgres/            the cluster; hustings-password in it belongs to hustings_owner
//	postgres.new/        a cluster being made; renamed to postgres when it is whole
//	postgres.lock        held (flock) by the process that supervises the server
//	postgres.log         what the server says; one older file is kept
//	postgres-socket/     the socket, where the path is short enough for one
//	postgres-programs/   unpacked PostgreSQL programs, unless CacheDir says otherwise
//
// # Who runs what
//
// The first process on a directory starts the server and owns it; later ones join
// it over its socket. When the owner stops, joiners lose their connections: they
// are commands that end soon (import, backup, check) or have to be started again.
package pgembed

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"path/filepath"
	"strconv"
)

// OwnerRole is the role that owns the cluster and its database. It is the
// superuser of this private cluster; the server's own role is made by the
// migrations and has fewer rights.
const OwnerRole = "hustings_owner"

// Database is the name of the one database that Start makes.
const Database = "hustings"

// minMajor is the oldest PostgreSQL we run: the first with MERGE, with
// security-invoker views and with public's CREATE right withdrawn.
const minMajor = 15

// Options say where the cluster lives and where its programs come from. Only Dir
// is required.
type Options struct {
	Dir           string            // the data directory of Hustings; the cluster is Dir/postgres
	Bin           string            // folder with initdb and postgres; wins over every other source
	Archive       string            // archive of PostgreSQL's programs, a file or an http(s) address
	ArchiveSHA256 string            // its SHA-256 in hex; required with Archive
	CacheDir      string            // where archives are unpacked; default Dir/postgres-programs
	Announce      func(string)      // told one sentence before something slow or remote happens
	Log           *slog.Logger      // default: discards
	Settings      map[string]string // extra server settings, as with -c; they win over the configuration file

	withoutSystem bool // tests: as if the system had no PostgreSQL
}

func (o Options) withDefaults() (Options, error) {
	if o.Dir == "" {
		return o, problem(nil, "No data directory was given for the database.")
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return o, problem(err, "The data directory %s cannot be resolved.", o.Dir)
	}
	o.Dir = dir
	if o.CacheDir == "" {
		o.CacheDir = filepath.Join(dir, "postgres-programs")
	}
	if o.Announce == nil {
		o.Announce = func(string) {}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o, nil
}

// Server is a running PostgreSQL: one that this process supervises, or one that
// it joined.
type Server struct {
	url    string
	joined bool
	done   <-chan struct{}
	stop   func(context.Context) error
}

// URL is the connection address of role hustings_owner in database hustings, over
// the Unix socket. It contains the password: do not log it.
func (s *Server) URL() string { return s.url }

// Joined reports whether another process owns the server.
func (s *Server) Joined() bool { return s.joined }

// Done is closed when the server will not come back: after Stop, or when it kept
// failing although it was started again and again. A joined server's Done is
// closed by Stop only.
func (s *Server) Done() <-chan struct{} { return s.done }

// Stop ends the server: a fast shutdown, after 20 seconds (or when ctx ends) an
// immediate one, from which the next start recovers. It returns when the server
// is gone. On a joined server it does nothing.
func (s *Server) Stop(ctx context.Context) error { return s.stop(ctx) }

// ErrNoPostgres is wrapped by the error of Start when no layer has a usable
// PostgreSQL.
var ErrNoPostgres = errors.New("no usable PostgreSQL was found")

// ErrNotRunning is returned by Join when nothing runs on the directory.
var ErrNotRunning = errors.New("no database server runs on this directory")

// ownerURL builds the address of database on a socket directory.
func ownerURL(sockets string, port int, password, database string) string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword(OwnerRole, password), Path: "/" + database}
	u.RawQuery = url.Values{
		"host":    {sockets},
		"port":    {strconv.Itoa(port)},
		"sslmode": {"disable"},
	}.Encode()
	return u.String()
}
