//go:build unix

package pgembed

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// answerTime bounds one attempt to reach a server that should be there.
const answerTime = 5 * time.Second

// Join connects to the server that runs on the data directory, whoever started
// it. ErrNotRunning means that there is none (or not yet).
func Join(ctx context.Context, o Options) (*Server, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	return join(ctx, filepath.Join(o.Dir, "postgres"))
}

func join(ctx context.Context, data string) (*Server, error) {
	p, err := readPidFile(data)
	if errors.Is(err, os.ErrPermission) {
		return nil, problem(err, "The database in %s belongs to another user; run this as that user or as root.", data)
	}
	if err != nil || !p.ready || p.port == 0 {
		return nil, ErrNotRunning
	}
	password, err := readPassword(data)
	if err != nil {
		return nil, err
	}
	if p.sockets == "" || !listens(p) {
		return nil, ErrNotRunning
	}
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	conn, err := pgx.Connect(ctx, ownerURL(p.sockets, p.port, password, Database))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotRunning, err)
	}
	if err := conn.Close(ctx); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotRunning, err)
	}
	done := make(chan struct{})
	stop := func(context.Context) error {
		select {
		case <-done:
		default:
			close(done)
		}
		return nil
	}
	return &Server{url: ownerURL(p.sockets, p.port, password, Database), joined: true, done: done, stop: stop}, nil
}

// listens tells a live socket from one that a killed server left.
func listens(p pidFile) bool {
	conn, err := net.DialTimeout("unix", filepath.Join(p.sockets, fmt.Sprintf(".s.PGSQL.%d", p.port)), answerTime)
	if err != nil {
		return false
	}
	_ = conn.Close()
	return true
}

func readPassword(data string) (string, error) {
	text, err := os.ReadFile(filepath.Join(data, passwordFile))
	if err != nil {
		return "", problem(err, "The database's password, %s, cannot be read; Hustings made it with the database and needs it.", filepath.Join(data, passwordFile))
	}
	return strings.TrimSpace(string(text)), nil
}
