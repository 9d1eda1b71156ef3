//go:build unix

package pgtest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"hustings/internal/pgembed"

	"github.com/jackc/pgx/v5"
)

// helperVar makes the test binary a test process of its own, which uses the
// server of the folder that it names until its input ends.
const helperVar = "HUSTINGS_PGTEST_HELPER"

func init() {
	dir := os.Getenv(helperVar)
	if dir == "" {
		return
	}
	_ = os.Unsetenv(helperVar) // the keeper must not become a helper
	url, _, err := joinKept(context.Background(), dir)
	fmt.Println(url, err)
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
	os.Exit(0)
}

// user starts a helper and returns the server's address and a way to kill -9 it.
func user(t *testing.T, dir string) (url string, kill func()) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), helperVar+"="+dir)
	in, err := cmd.StdinPipe()
	must(t, err)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	t.Cleanup(func() { _ = in.Close(); _ = cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	must(t, err)
	url, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
	if rest != "<nil>" {
		t.Fatalf("the helper says %q", line)
	}
	return url, func() { must(t, cmd.Process.Signal(syscall.SIGKILL)) }
}

func keptFolder(t *testing.T) string {
	t.Helper()
	current(t) // skips where there is no PostgreSQL
	dir := DataDir(t)
	must(t, os.Mkdir(dir, 0o711))
	t.Cleanup(func() { waitGone(t, dir) }) // before the folder is removed
	return dir
}

func TestKeeper_ends_soon_after_its_last_user_was_killed(t *testing.T) {
	t.Parallel()
	dir := keptFolder(t)
	one, killOne := user(t, dir)
	two, killTwo := user(t, dir)
	if one != two {
		t.Errorf("two users have two servers, %s and %s", one, two)
	}
	killOne()
	ping(t, two)
	killTwo()
	waitGone(t, dir)
	if _, err := os.Stat(filepath.Join(dir, "postgres", "PG_VERSION")); err != nil {
		t.Errorf("the server ended, and its data with it: %v", err)
	}
}

func TestKeeper_is_replaced_when_it_was_killed(t *testing.T) {
	t.Parallel()
	dir := keptFolder(t)
	user(t, dir)
	keeper := parentOf(t, serverPID(t, dir))
	must(t, syscall.Kill(keeper, syscall.SIGKILL))
	url, kill := user(t, dir)
	ping(t, url)
	kill()
}

func TestKeeper_reports_why_there_is_no_server(t *testing.T) {
	t.Parallel()
	dir := keptFolder(t)
	must(t, os.WriteFile(keeperError(dir), []byte("none\nnothing was found"), 0o600))
	if err := complaint(dir); !errors.Is(err, pgembed.ErrNoPostgres) || !strings.Contains(err.Error(), "nothing was found") {
		t.Errorf("got %v", err)
	}
	must(t, os.WriteFile(keeperError(dir), []byte("failed\nthe disk is full"), 0o600))
	if err := complaint(dir); errors.Is(err, pgembed.ErrNoPostgres) || err.Error() != "the disk is full" {
		t.Errorf("got %v", err)
	}
}

func ping(t *testing.T, url string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	must(t, err)
	must(t, conn.Close(t.Context()))
}

func serverPID(t *testing.T, dir string) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "postgres", "postmaster.pid"))
	must(t, err)
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(first)
	must(t, err)
	return pid
}

func parentOf(t *testing.T, pid int) int {
	t.Helper()
	out, err := exec.Command("ps", "-o", "ppid=", "-p", strconv.Itoa(pid)).Output()
	if err != nil {
		t.Skip("there is no ps here")
	}
	parent, err := strconv.Atoi(strings.TrimSpace(string(out)))
	must(t, err)
	return parent
}

// waitGone waits for the server's files to say that it has ended.
func waitGone(t *testing.T, dir string) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		if _, err := os.Stat(filepath.Join(dir, "postgres", "postmaster.pid")); os.IsNotExist(err) && !kept(dir) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the server is still there")
		}
	}
}
