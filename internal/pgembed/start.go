//go:build unix

package pgembed

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// joinPatience is how long a start waits for another process that holds the
// directory and does not get its server ready: long enough for a first start
// that downloads, or for recovery.
const joinPatience = 5 * time.Minute

// Start makes sure that a server runs on the data directory: it starts one, or
// joins the one that another process has started or is starting. ctx bounds the
// start, not the server. Errors are *Error and can be shown.
func Start(ctx context.Context, o Options) (*Server, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	data := filepath.Join(o.Dir, "postgres")
	who, err := chooseAccount(o.Dir, data)
	if err != nil {
		return nil, err
	}
	if err := who.checkReach(o.Dir); err != nil {
		return nil, err
	}
	if err := makeDir(o.Dir); err != nil {
		return nil, problem(err, "The data directory %s cannot be made by this user. Choose another HUSTINGS_DATA_DIR.", o.Dir)
	}
	c := &cluster{o: o, data: data, who: who}
	lock, joined, err := c.lockOrJoin(ctx)
	if lock == nil {
		return joined, err
	}
	return c.start(ctx, lock)
}

// makeDir makes the data directory. Root's is open to passage (not to reading),
// because the database's user works below it; everything in it is closed by itself.
func makeDir(dir string) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	perm := os.FileMode(0o700)
	if os.Geteuid() == 0 {
		perm = 0o711
	}
	if err := os.Mkdir(dir, perm); err != nil {
		if errors.Is(err, os.ErrExist) {
			return nil
		}
		return err
	}
	return os.Chmod(dir, perm) // whatever the umask
}

// lockOrJoin returns the directory's lock, or a server that somebody else runs.
func (c *cluster) lockOrJoin(ctx context.Context) (*lockFile, *Server, error) {
	ctx, cancel := context.WithTimeout(ctx, joinPatience)
	defer cancel()
	for {
		lock, err := takeLock(c.path("postgres.lock"), c.who)
		if err == nil {
			// A server that a person started by hand on our cluster is joined, not fought.
			if p, err := readPidFile(c.data); err == nil && p.ready && !startedByUs(p.pid) {
				if s, err := join(ctx, c.data); err == nil {
					lock.release()
					return nil, s, nil
				}
			}
			return lock, nil, nil
		}
		if !errors.Is(err, errLocked) {
			return nil, nil, problem(err, "The data directory %s cannot be used by this user.", c.o.Dir)
		}
		s, err := join(ctx, c.data)
		if err == nil {
			return nil, s, nil
		}
		if !errors.Is(err, ErrNotRunning) {
			return nil, nil, err
		}
		if !pause(ctx, 50*time.Millisecond) {
			return nil, nil, problem(errors.Join(ctx.Err(), err), "Another Hustings holds the data directory %s, but its database does not answer.", c.o.Dir)
		}
	}
}

// start runs with the lock held; the lock goes to the supervisor or is released.
func (c *cluster) start(ctx context.Context, lock *lockFile) (*Server, error) {
	begun := time.Now()
	password, err := c.prepare(ctx)
	if err != nil {
		lock.release()
		return nil, err
	}
	sup := supervise(c, lock)
	err = sup.waitReady(ctx)
	if err == nil {
		err = c.ensureDatabase(ctx, password)
	}
	if err != nil {
		_ = sup.stop(ctx)
		return nil, err
	}
	sup.setReady()
	c.o.Log.Info("database started", "major", c.bin.major, "programs", c.bin.dir, "source", c.bin.from,
		"data", c.data, "user", c.who.name, "took", time.Since(begun).Round(time.Millisecond))
	return &Server{url: ownerURL(c.sockets, 5432, password, Database), done: sup.done, stop: sup.stop}, nil
}

// prepare finds the programs, makes the cluster where there is none, and returns
// the owner's password.
func (c *cluster) prepare(ctx context.Context) (string, error) {
	pin, err := pinnedMajor(c.data)
	if err != nil {
		return "", err
	}
	if c.bin, err = newFinder(c.o, pin).find(ctx); err != nil {
		return "", err
	}
	if err := c.checkPrograms(ctx); err != nil {
		return "", err
	}
	if err := c.prepareSockets(); err != nil {
		return "", err
	}
	if pin == 0 {
		if err := c.create(ctx); err != nil {
			return "", err
		}
	}
	return readPassword(c.data)
}

// checkPrograms tries the programs as the user who will run them; they may lie
// where only we can read.
func (c *cluster) checkPrograms(ctx context.Context) error {
	if c.who.how != asOther {
		return nil
	}
	attr := &syscall.SysProcAttr{}
	c.who.dress(attr)
	if out, err := c.run(ctx, attr, "postgres", "--version"); err != nil {
		return problem(fmt.Errorf("%w: %s", err, out), "The user %s, as whom PostgreSQL would run, cannot run the programs in %s.", c.who.name, c.bin.dir)
	}
	return nil
}

// ensureDatabase makes the database at the first start; a crash between making
// the cluster and this is repaired by the next start.
func (c *cluster) ensureDatabase(ctx context.Context, password string) error {
	conn, err := pgx.Connect(ctx, ownerURL(c.sockets, 5432, password, "postgres"))
	if err != nil {
		return problem(err, "The database has started but refuses our connection (its log is %s).", c.path("postgres.log"))
	}
	defer conn.Close(ctx)
	var there bool
	err = conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", Database).Scan(&there)
	if err == nil && !there {
		_, err = conn.Exec(ctx, "CREATE DATABASE "+Database)
	}
	if err != nil {
		return problem(err, "The database %s could not be made.", Database)
	}
	return nil
}
