//go:build unix

package pgembed

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
)

// ourMark in a postmaster's arguments says that Hustings started it; it shows in
// the process list too.
const ourMark = "cluster_name=hustings"

// A server that ends unasked is started again after a pause that doubles from
// firstPause to longestPause; maxFailures starts in a row without a minute of
// life end it. Together these are about four minutes.
const (
	firstPause   = 100 * time.Millisecond
	longestPause = 30 * time.Second
	maxFailures  = 16
	healthyLife  = time.Minute
)

// maxLog is the size at which the server's log is set aside at a start.
const maxLog = 16 << 20

// supervisor owns the postmaster: it starts it, starts it again, stops it.
type supervisor struct {
	c    *cluster
	lock *lockFile

	exited   chan error    // the end of a postmaster that never became ready
	stopping chan struct{} // closed when Stop is asked for
	done     chan struct{} // closed when no postmaster runs and none will

	mu    sync.Mutex // guards what follows
	proc  *os.Process
	ready bool
	asked bool
}

func supervise(c *cluster, lock *lockFile) *supervisor {
	s := &supervisor{
		c: c, lock: lock,
		exited:   make(chan error, 1),
		stopping: make(chan struct{}),
		done:     make(chan struct{}),
	}
	go s.loop()
	return s
}

// loop keeps its thread until the end and never gives it back: the kernel shuts
// the postmaster down when the thread that started it ends, which must mean the
// end of our process or of this loop.
func (s *supervisor) loop() {
	runtime.LockOSThread()
	defer close(s.done)
	defer s.lock.release()
	defer s.c.leaveSockets()
	wait, failures := firstPause, 0
	for {
		begun := time.Now()
		err := s.once()
		if s.isAsked() {
			return
		}
		if !s.isReady() {
			s.exited <- err
			return
		}
		if time.Since(begun) > healthyLife {
			wait, failures = firstPause, 0
		}
		if failures++; failures > maxFailures {
			s.c.o.Log.Error("the database server keeps ending; giving up", "error", err)
			return
		}
		s.c.o.Log.Error("the database server ended unasked; starting it again", "error", err, "pause", wait)
		select {
		case <-s.stopping:
			return
		case <-time.After(wait):
		}
		wait = min(2*wait, longestPause)
	}
}

// once runs one postmaster to its end.
func (s *supervisor) once() error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() { // a stop does not wait for orphans
		select {
		case <-s.stopping:
			cancel()
		case <-ctx.Done():
		}
	}()
	if err := s.c.clearStale(ctx); err != nil {
		return err
	}
	cmd, err := s.spawn()
	if err != nil {
		return err
	}
	err = cmd.Wait()
	s.mu.Lock()
	s.proc = nil
	s.mu.Unlock()
	if err == nil {
		err = errors.New("it was shut down by somebody else")
	}
	return err
}

func (s *supervisor) spawn() (*exec.Cmd, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.asked {
		return nil, context.Canceled
	}
	log, err := s.c.openLog()
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd := exec.Command(s.c.bin.path("postgres"), s.c.arguments()...)
	cmd.Dir, cmd.Env = "/", childEnv(s.c.o.Dir)
	cmd.Stdout, cmd.Stderr = log, log
	// Its own process group: Ctrl-C in a terminal reaches us, and we stop it in order.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	s.c.who.dress(cmd.SysProcAttr)
	dieWithUs(cmd.SysProcAttr, syscall.SIGINT)
	if err := cmd.Start(); err != nil {
		return nil, problem(err, "PostgreSQL's server program in %s cannot be started: %v.", s.c.bin.dir, err)
	}
	s.proc = cmd.Process
	return cmd, nil
}

// arguments are what must not depend on the configuration file: that nobody but
// us can connect, and where the socket is.
func (c *cluster) arguments() []string {
	args := []string{
		"-D", c.data, "-k", c.sockets, "-p", "5432",
		"-c", ourMark,
		"-c", "listen_addresses=",
		"-c", "unix_socket_permissions=0700",
		"-c", "unix_socket_group=",
		"-c", "logging_collector=off",
		"-c", "log_destination=stderr",
	}
	for name, value := range c.o.Settings {
		args = append(args, "-c", name+"="+value)
	}
	return args
}

// openLog appends to the server's log; a large one is set aside first. O_NOFOLLOW:
// see takeLock.
func (c *cluster) openLog() (*os.File, error) {
	name := c.path("postgres.log")
	if info, err := os.Lstat(name); err == nil && info.Size() > maxLog {
		_ = os.Rename(name, name+".1")
	}
	f, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_APPEND|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, problem(err, "The database's log %s cannot be written.", name)
	}
	c.who.giveFile(f)
	return f, nil
}

// logged returns the log's last lines, to find the reason of a failure.
func (c *cluster) logged() string {
	f, err := os.Open(c.path("postgres.log"))
	if err != nil {
		return ""
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.Size() > 4096 {
		_, _ = f.Seek(-4096, io.SeekEnd)
	}
	text, _ := io.ReadAll(f)
	last := string(text)
	if i := strings.LastIndex(last, "FATAL:"); i >= 0 {
		last = last[i:]
	}
	return last
}

// waitReady waits until the postmaster says that it takes connections. Recovery
// after a crash may take minutes; only ctx limits it.
func (s *supervisor) waitReady(ctx context.Context) error {
	told := time.Now().Add(5 * time.Second)
	for {
		p, err := readPidFile(s.c.data)
		if err == nil && p.ready && p.pid == s.pid() {
			return nil
		}
		if !told.IsZero() && time.Now().After(told) {
			s.c.o.Announce("The database is still starting; it may be recovering from a crash …")
			told = time.Time{}
		}
		select {
		case err := <-s.exited:
			return s.startFailure(err)
		case <-ctx.Done():
			return problem(ctx.Err(), "The start was cancelled before the database was ready.")
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func (s *supervisor) startFailure(err error) error {
	if p := new(Error); errors.As(err, &p) {
		return p
	}
	log := s.c.logged()
	return problem(fmt.Errorf("%w: %s", err, log), "PostgreSQL did not start: %s (its log is %s)", causeIn(log, err), s.c.path("postgres.log"))
}

func (s *supervisor) pid() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.proc == nil {
		return -1
	}
	return s.proc.Pid
}

func (s *supervisor) isAsked() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

func (s *supervisor) isReady() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ready
}

func (s *supervisor) setReady() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ready = true
}

// stop is Server.Stop. It is safe to call twice and from several goroutines.
func (s *supervisor) stop(ctx context.Context) error {
	s.mu.Lock()
	if !s.asked {
		s.asked = true
		close(s.stopping)
	}
	proc := s.proc
	s.mu.Unlock()
	if proc == nil {
		<-s.done
		return nil
	}
	polite, cancel := context.WithTimeout(ctx, fastShutdown)
	defer cancel()
	s.c.kill(proc.Pid, syscall.SIGINT)
	select {
	case <-s.done:
		return nil
	case <-polite.Done():
	}
	s.c.kill(proc.Pid, syscall.SIGQUIT)
	select {
	case <-s.done:
		return nil
	case <-time.After(immediateShutdown):
		return fmt.Errorf("the database server (process %d) does not end", proc.Pid)
	}
}
