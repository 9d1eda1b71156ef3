//go:build unix

package pgembed

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Patience with processes that should end by themselves. A fast shutdown writes a
// checkpoint, which on a slow disk takes some seconds; an immediate one nothing.
const (
	fastShutdown      = 20 * time.Second
	immediateShutdown = 10 * time.Second
	backendsNotice    = 5 * time.Second // time in which backends find their postmaster dead
)

// clearStale makes way for a new postmaster. It is called with the directory's
// lock held. It ends a server that an earlier, killed process of ours has left,
// and removes lock files that would make PostgreSQL refuse, but only after it is
// sure that nobody works on the cluster.
func (c *cluster) clearStale(ctx context.Context) error {
	stale, err := readPidFile(c.data)
	noFile := errors.Is(err, os.ErrNotExist)
	if err != nil && !noFile {
		return problem(err, "The database in %s cannot be read by this user.", c.data)
	}
	if err := c.endOrphans(ctx, stale.pid); err != nil {
		return err
	}
	if !noFile && alive(stale.pid) {
		if !canProve || attached(stale.shmID) > 0 {
			return problem(nil, "Another server seems to use the database in %s. If none does, remove %s and start again.", c.data, pidFilePath(c.data))
		}
		c.o.Log.Info("removing a stale lock of the database", "file", pidFilePath(c.data), "pid", stale.pid)
		// It may be gone already: an orphan removes its own.
		if err := os.Remove(pidFilePath(c.data)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return problem(err, "The stale file %s cannot be removed.", pidFilePath(c.data))
		}
	}
	return c.clearSocketLock()
}

// clearSocketLock removes the lock beside the socket when its pid is in use by
// somebody: PostgreSQL would refuse. The folder is ours alone, and by now nobody
// runs on the cluster.
func (c *cluster) clearSocketLock() error {
	lock := filepath.Join(c.sockets, ".s.PGSQL.5432.lock")
	text, err := os.ReadFile(lock)
	if err != nil {
		return nil //nolint:nilerr // there is none
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, _ := strconv.Atoi(strings.TrimSpace(first))
	if !alive(max(pid, -pid)) {
		return nil
	}
	if err := os.Remove(lock); err != nil && !errors.Is(err, os.ErrNotExist) {
		return problem(err, "The stale file %s cannot be removed.", lock)
	}
	return nil
}

// endOrphans ends what a killed supervisor left: a postmaster gets a fast
// shutdown, backends without one are given time to notice it.
func (c *cluster) endOrphans(ctx context.Context, postmaster int) error {
	pids := processesOn(c.data)
	if len(pids) == 0 {
		return nil
	}
	if slices.Contains(pids, postmaster) && !startedByUs(postmaster) {
		return problem(nil, "A PostgreSQL server that Hustings did not start (process %d) runs on %s and does not let us in. Stop it first.", postmaster, c.data)
	}
	c.o.Log.Warn("ending a database server that an earlier run left behind", "pids", pids)
	patience := backendsNotice
	if slices.Contains(pids, postmaster) {
		c.kill(postmaster, syscall.SIGINT)
		patience = fastShutdown
	}
	if c.waitGone(ctx, patience) {
		return nil
	}
	for _, pid := range processesOn(c.data) {
		c.kill(pid, syscall.SIGQUIT)
	}
	if c.waitGone(ctx, immediateShutdown) {
		return nil
	}
	return problem(ctx.Err(), "An earlier database server still runs on %s (process %d) and does not end.", c.data, pids[0])
}

func (c *cluster) waitGone(ctx context.Context, patience time.Duration) bool {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for len(processesOn(c.data)) > 0 {
		if !pause(ctx, 20*time.Millisecond) {
			return false
		}
	}
	return true
}

// kill signals a process of the database's user. Root without the right to do so
// (a container that dropped it) asks the server's own tool, running as that user.
func (c *cluster) kill(pid int, sig syscall.Signal) {
	err := syscall.Kill(pid, sig)
	if !errors.Is(err, syscall.EPERM) {
		return
	}
	name := map[syscall.Signal]string{syscall.SIGINT: "INT", syscall.SIGQUIT: "QUIT"}[sig]
	attr := &syscall.SysProcAttr{}
	c.who.dress(attr)
	if out, err := c.run(context.Background(), attr, "pg_ctl", "kill", name, strconv.Itoa(pid)); err != nil {
		c.o.Log.Error("cannot signal the database server", "pid", pid, "error", err, "output", out)
	}
}

// alive reports what PostgreSQL asks about a pid in a lock file: whether a signal
// would find a process, be it a zombie or a stranger.
func alive(pid int) bool {
	return pid > 0 && !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH)
}

// pause waits, and reports whether ctx still lives.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
