//go:build unix

package pgembed

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"
)

// helperVar makes the test binary a Hustings of its own: it starts the server on
// the directory named in it, prints what happened and waits for its input to end.
const helperVar = "HUSTINGS_PGEMBED_HELPER_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(helperVar); dir != "" {
		os.Exit(helper(dir))
	}
	goleak.VerifyTestMain(m)
}

func helper(dir string) int {
	s, err := Start(context.Background(), testOptions(dir))
	if err != nil {
		fmt.Println("error:", err)
		return 1
	}
	fmt.Printf("started joined=%t url=%s\n", s.Joined(), s.URL())
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
	if err := s.Stop(context.Background()); err != nil {
		fmt.Println("error:", err)
		return 1
	}
	fmt.Println("stopped")
	return 0
}

// testOptions are for speed only: nothing here is about losing power.
func testOptions(dir string) Options {
	return Options{
		Dir: dir,
		Bin: os.Getenv("HUSTINGS_POSTGRES_BIN"),
		Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})),
		Settings: map[string]string{
			"fsync": "off", "shared_buffers": "16MB", "max_connections": "20",
		},
	}
}

// child is a helper process.
type child struct {
	cmd    *exec.Cmd
	out    *bufio.Reader
	in     interface{ Close() error }
	url    string
	joined bool
	once   sync.Once
}

// spawn starts a helper on dir and waits until its server runs. The test fails
// with the helper's message if it does not.
func spawn(t *testing.T, dir string, change ...func(*exec.Cmd)) *child {
	t.Helper()
	c := launch(t, dir, change...)
	line, _ := c.out.ReadString('\n')
	if _, err := fmt.Sscanf(line, "started joined=%t url=%s", &c.joined, &c.url); err != nil {
		t.Fatalf("the helper says %q", line)
	}
	return c
}

func launch(t *testing.T, dir string, change ...func(*exec.Cmd)) *child {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), helperVar+"="+dir)
	cmd.Stderr = os.Stderr
	for _, f := range change {
		f(cmd)
	}
	in, err := cmd.StdinPipe()
	must(t, err)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	c := &child{cmd: cmd, out: bufio.NewReader(out), in: in}
	t.Cleanup(func() { c.quit() })
	return c
}

// quit lets the helper stop its server and end.
func (c *child) quit() {
	c.once.Do(func() {
		_ = c.in.Close()
		_ = c.cmd.Wait()
	})
}

// kill is kill -9.
func (c *child) kill(t *testing.T) {
	t.Helper()
	c.once.Do(func() {
		must(t, c.cmd.Process.Signal(syscall.SIGKILL))
		_ = c.cmd.Wait()
	})
}

// dataDir makes a folder that another user may enter, unlike testing's own.
func dataDir(t *testing.T) string {
	t.Helper()
	if _, err := newFinder(Options{Bin: os.Getenv("HUSTINGS_POSTGRES_BIN")}, 0).installed(t.Context()); err != nil && os.Getenv("HUSTINGS_POSTGRES_BIN") == "" {
		t.Skip("no PostgreSQL is installed")
	}
	return filepath.Join(openFolder(t, fastFolder()), "data")
}

// openFolder is a folder of t's own that others may enter.
func openFolder(t *testing.T, parent string) string {
	t.Helper()
	dir, err := os.MkdirTemp(parent, "hustings-pgembed-")
	must(t, err)
	must(t, os.Chmod(dir, 0o755))
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func start(t *testing.T, o Options) *Server {
	t.Helper()
	s, err := Start(t.Context(), o)
	must(t, err)
	t.Cleanup(func() {
		if err := s.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return s
}

func stop(t *testing.T, s *Server) {
	t.Helper()
	must(t, s.Stop(context.Background()))
	select {
	case <-s.Done():
	default:
		t.Fatal("Done is open after Stop")
	}
}

// ask runs one query that yields one text.
func ask(t *testing.T, url, query string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	must(t, err)
	defer conn.Close(context.Background())
	var text string
	must(t, conn.QueryRow(t.Context(), query).Scan(&text))
	return text
}

func do(t *testing.T, url, query string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	must(t, err)
	defer conn.Close(context.Background())
	_, err = conn.Exec(t.Context(), query)
	must(t, err)
}

func postmaster(t *testing.T, dir string) int {
	t.Helper()
	p, err := readPidFile(filepath.Join(dir, "postgres"))
	must(t, err)
	return p.pid
}

// eventually waits for a condition of the outside world, at most a minute.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("in vain: ", what)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantMessage(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("there was no error")
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("the message %q does not contain %q", err, part)
		}
	}
}
