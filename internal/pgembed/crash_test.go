//go:build unix

package pgembed

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

const (
	writeMark = "CREATE TABLE kept AS SELECT 'still here'::text AS word"
	readMark  = "SELECT word FROM kept"
)

// again starts a server on dir and expects the data of writeMark.
func again(t *testing.T, dir string) *Server {
	t.Helper()
	s := start(t, testOptions(dir))
	if got := ask(t, s.URL(), readMark); got != "still here" {
		t.Errorf("after the crash: %q", got)
	}
	return s
}

func TestStart_after_a_crash(t *testing.T) {
	t.Parallel()

	t.Run("our_process_was_killed", func(t *testing.T) {
		t.Parallel()
		dir := dataDir(t)
		c := spawn(t, dir)
		do(t, c.url, writeMark)
		pid := postmaster(t, dir)
		c.kill(t)
		if runtime.GOOS == "linux" {
			eventually(t, "the server ends with its parent", func() bool { return len(processesOn(filepath.Join(dir, "postgres"))) == 0 })
			log, err := os.ReadFile(filepath.Join(dir, "postgres.log"))
			must(t, err)
			if !strings.Contains(string(log), "database system is shut down") {
				t.Error("the server did not shut down in order")
			}
		}
		if s := again(t, dir); s.Joined() || postmaster(t, dir) == pid {
			t.Error("the second start did not start its own server")
		}
	})

	t.Run("and_started_again_at_once", func(t *testing.T) {
		t.Parallel()
		dir := dataDir(t)
		c := spawn(t, dir)
		do(t, c.url, writeMark)
		c.kill(t)
		again(t, dir)
	})

	t.Run("our_process_and_the_postmaster_were_killed", func(t *testing.T) {
		t.Parallel()
		dir := dataDir(t)
		c := spawn(t, dir)
		do(t, c.url, writeMark)
		// Stopped first, it cannot take notice of the other's end.
		must(t, c.cmd.Process.Signal(syscall.SIGSTOP))
		must(t, syscall.Kill(postmaster(t, dir), syscall.SIGKILL))
		c.kill(t)
		again(t, dir)
	})

	t.Run("the_pid_file_names_a_living_stranger", func(t *testing.T) {
		t.Parallel()
		dir := dataDir(t)
		s := start(t, testOptions(dir))
		do(t, s.URL(), writeMark)
		pidfile, err := os.ReadFile(pidFilePath(filepath.Join(dir, "postgres")))
		must(t, err)
		owner, err := ownerOf(pidFilePath(filepath.Join(dir, "postgres")))
		must(t, err)
		stop(t, s)

		stranger := sleeper(t, owner)
		_, rest, _ := strings.Cut(string(pidfile), "\n")
		for _, file := range []string{pidFilePath(filepath.Join(dir, "postgres")), filepath.Join(dir, "postgres-socket", ".s.PGSQL.5432.lock")} {
			must(t, os.WriteFile(file, fmt.Appendf(nil, "%d\n%s", stranger, rest), 0o600))
			must(t, os.Lchown(file, owner.uid, owner.gid))
		}
		if !canProve {
			_, err := Start(t.Context(), testOptions(dir))
			wantMessage(t, err, "postmaster.pid")
			return
		}
		again(t, dir)
		if syscall.Kill(stranger, 0) != nil {
			t.Error("the stranger was harmed")
		}
	})

	t.Run("an_orphan_of_ours_still_runs", func(t *testing.T) {
		t.Parallel()
		if runtime.GOOS != "linux" {
			t.Skip("without procfs an orphan is joined")
		}
		dir := dataDir(t)
		stop(t, start(t, testOptions(dir)))
		byHand(t, dir, "-c", ourMark) // as ours, but nobody holds the lock
		pid := postmaster(t, dir)
		s := start(t, testOptions(dir))
		if s.Joined() || postmaster(t, dir) == pid {
			t.Error("the orphan was kept")
		}
	})

	t.Run("initdb_was_killed_halfway", func(t *testing.T) {
		t.Parallel()
		dir := dataDir(t)
		must(t, os.MkdirAll(filepath.Join(dir, "postgres.new", "base"), 0o755))
		must(t, os.Chmod(dir, 0o755))
		must(t, os.WriteFile(filepath.Join(dir, "postgres.new", "PG_VERSION"), []byte("15\n"), 0o600))
		start(t, testOptions(dir))
	})

	t.Run("the_new_cluster_was_whole_but_not_yet_in_its_place", func(t *testing.T) {
		t.Parallel()
		dir := dataDir(t)
		s := start(t, testOptions(dir))
		do(t, s.URL(), writeMark)
		stop(t, s)
		must(t, os.Rename(filepath.Join(dir, "postgres"), filepath.Join(dir, "postgres.new")))
		again(t, dir)
	})

	t.Run("a_used_cluster_without_password_stands_in_the_new_ones_place", func(t *testing.T) {
		t.Parallel()
		dir := dataDir(t)
		stop(t, start(t, testOptions(dir)))
		fresh := filepath.Join(dir, "postgres.new")
		must(t, os.Rename(filepath.Join(dir, "postgres"), fresh))
		must(t, os.Remove(filepath.Join(fresh, passwordFile)))
		before := listing(t, fresh)
		_, err := Start(t.Context(), testOptions(dir))
		wantMessage(t, err, "Nothing was changed")
		if listing(t, fresh) != before {
			t.Error("it was changed")
		}
	})
}

func TestServer_starts_again_when_it_is_killed(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	o := testOptions(dir)
	o.Log = nil // it would complain, rightly
	s := start(t, o)
	do(t, s.URL(), writeMark)
	pid := postmaster(t, dir)
	must(t, syscall.Kill(pid, syscall.SIGKILL))
	eventually(t, "another postmaster answers", func() bool {
		p, err := readPidFile(filepath.Join(dir, "postgres"))
		return err == nil && p.ready && p.pid != pid && listens(p)
	})
	if got := ask(t, s.URL(), readMark); got != "still here" {
		t.Errorf("got %q", got)
	}
	stop(t, s)
}

func TestServer_Stop_cuts_connections_off(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	s := start(t, testOptions(dir))
	do(t, s.URL(), writeMark)
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // no patience at all
	must(t, s.Stop(ctx))
	again(t, dir)
}

// sleeper is a process that has nothing to do with any of this, of the same user
// as the server: PostgreSQL believes in a pid that it may signal.
func sleeper(t *testing.T, who account) int {
	t.Helper()
	cmd := exec.Command("sleep", "600")
	cmd.SysProcAttr = &syscall.SysProcAttr{}
	if os.Geteuid() == 0 {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(who.uid), Gid: uint32(who.gid)}
	}
	must(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return cmd.Process.Pid
}
