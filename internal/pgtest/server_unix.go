//go:build unix

package pgtest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"hustings/internal/pgembed"
)

// keeperVar makes a test binary the keeper of the server in the folder it names.
const keeperVar = "HUSTINGS_PGTEST_KEEPER"

// linger is how long the server outlives the last test process: long enough for
// the next package of `go test ./...` to come, short enough to be forgotten.
const linger = 3 * time.Second

// settings make the server fast and forgetful. Autovacuum would disturb plans and
// timings at random; a test that needs statistics says ANALYZE. As many packages
// are tested at once as there are processors, and as many tests in each.
var settings = map[string]string{
	"fsync":              "off",
	"synchronous_commit": "off",
	"full_page_writes":   "off",
	"wal_level":          "minimal",
	"max_wal_senders":    "0",
	"autovacuum":         "off",
	"checkpoint_timeout": "1h",
	"min_wal_size":       "32MB",
	"max_wal_size":       "256MB",
	"max_connections":    strconv.Itoa(300 + min(4*runtime.NumCPU()*runtime.NumCPU(), 1700)),
}

// init turns the process into a keeper before any test begins; it is here because
// every test binary that needs the server has this package.
func init() {
	if dir := os.Getenv(keeperVar); dir != "" {
		os.Exit(keep(dir))
	}
}

// Files in the shared folder. usersLock is held shared by each test process and
// exclusively by a keeper that is about to end; keeperLock by the keeper.
func usersLock(dir string) string   { return filepath.Join(dir, "users.lock") }
func keeperLock(dir string) string  { return filepath.Join(dir, "keeper.lock") }
func keeperError(dir string) string { return filepath.Join(dir, "keeper.error") }

func options(dir string) pgembed.Options {
	return pgembed.Options{
		Dir:           dir,
		Bin:           os.Getenv("HUSTINGS_POSTGRES_BIN"),
		Archive:       os.Getenv("HUSTINGS_POSTGRES_ARCHIVE"),
		ArchiveSHA256: os.Getenv("HUSTINGS_POSTGRES_ARCHIVE_SHA256"),
		CacheDir:      programsFolder(),
		Settings:      settings,
	}
}

// keep runs the server until it has not been needed for a while.
func keep(dir string) int {
	_ = os.Unsetenv(keeperVar)
	mine, err := openLock(keeperLock(dir))
	if err != nil || flock(mine, syscall.LOCK_EX|syscall.LOCK_NB) != nil {
		return 0 // another keeper was faster
	}
	_ = os.Remove(keeperError(dir))
	server, err := pgembed.Start(context.Background(), options(dir))
	if err != nil {
		kind := "failed"
		if errors.Is(err, pgembed.ErrNoPostgres) {
			kind = "none"
		}
		_ = os.WriteFile(keeperError(dir), []byte(kind+"\n"+err.Error()+cause(err)), 0o600)
		return 1
	}
	waitUnused(dir, server.Done())
	if server.Stop(context.Background()) != nil {
		return 1
	}
	return 0
}

// waitUnused returns when no test process has been seen for the length of linger,
// with the users' lock held exclusively: whoever comes now waits for our end.
func waitUnused(dir string, done <-chan struct{}) {
	users, err := openLock(usersLock(dir))
	if err != nil {
		return
	}
	last := time.Now()
	for {
		select {
		case <-done:
			return
		case <-time.After(200 * time.Millisecond):
		}
		if flock(users, syscall.LOCK_EX|syscall.LOCK_NB) != nil {
			last = time.Now()
			continue
		}
		if time.Since(last) > linger {
			return
		}
		_ = flock(users, syscall.LOCK_UN)
	}
}

// present is kept open, and with it the users' lock, until the process ends.
var present *os.File //nolint:unused // holding it is its use

// privateServer joins the server that this user's test processes share.
func privateServer(ctx context.Context) (url string, err error) {
	perm := fs.FileMode(0o700)
	if os.Geteuid() == 0 {
		perm = 0o711 // the database's user has to pass
	}
	dir := sharedFolder()
	for _, folder := range []string{dir, programsFolder()} {
		if err := ownFolder(folder, perm); err != nil {
			return "", err
		}
	}
	url, present, err = joinKept(ctx, dir)
	return url, err
}

// sharedFolder is one for each user, as the server in it is.
func sharedFolder() string {
	return filepath.Join(baseFolder(), fmt.Sprintf("hustings-test-%d", os.Geteuid()))
}

// programsFolder is not in memory, where programs may be forbidden.
func programsFolder() string {
	return filepath.Join(os.TempDir(), fmt.Sprintf("hustings-programs-%d", os.Geteuid()))
}

// ownFolder makes a folder in a place open to all, where somebody else may have
// been first.
func ownFolder(dir string, perm fs.FileMode) error {
	if err := os.Mkdir(dir, perm); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !info.IsDir() || !ok || int(st.Uid) != os.Geteuid() || info.Mode().Perm()&0o022 != 0 {
		return fmt.Errorf("%s belongs to somebody else or is open to others", dir)
	}
	return nil
}

// joinKept takes the users' lock of the folder and returns the server's address,
// starting a keeper where there is none. The server lives while users is open.
func joinKept(ctx context.Context, dir string) (url string, users *os.File, err error) {
	if users, err = openLock(usersLock(dir)); err != nil {
		return "", nil, err
	}
	if err := flock(users, syscall.LOCK_SH); err != nil {
		return "", users, err
	}
	var keeper *exec.Cmd
	for {
		if s, err := pgembed.Join(ctx, options(dir)); err == nil {
			return s.URL(), users, nil
		}
		if keeper != nil && ended(keeper) {
			if err := complaint(dir); err != nil {
				return "", users, err
			}
			keeper = nil
		}
		if keeper == nil && !kept(dir) {
			if keeper, err = startKeeper(dir); err != nil {
				return "", users, err
			}
		}
		select {
		case <-ctx.Done():
			return "", users, fmt.Errorf("the test server in %s does not come up: %w", dir, ctx.Err())
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// startKeeper runs this binary once more, in a session of its own so that neither
// Ctrl-C nor the end of the tests reaches it.
func startKeeper(dir string) (*exec.Cmd, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), keeperVar+"="+dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	return cmd, cmd.Start()
}

// ended reaps a keeper without waiting for it.
func ended(keeper *exec.Cmd) bool {
	var status syscall.WaitStatus
	pid, err := syscall.Wait4(keeper.Process.Pid, &status, syscall.WNOHANG, nil)
	return pid != 0 || err != nil
}

// kept reports whether a keeper lives.
func kept(dir string) bool {
	f, err := openLock(keeperLock(dir))
	if err != nil {
		return false
	}
	defer f.Close()
	return flock(f, syscall.LOCK_EX|syscall.LOCK_NB) != nil
}

// complaint is what the last keeper could not do.
func complaint(dir string) error {
	text, err := os.ReadFile(keeperError(dir))
	if err != nil {
		return nil //nolint:nilerr // nobody complained
	}
	kind, message, _ := strings.Cut(string(text), "\n")
	if kind == "none" {
		return fmt.Errorf("%w: %s", pgembed.ErrNoPostgres, message)
	}
	return errors.New(message)
}

func openLock(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
}

func flock(f *os.File, how int) error {
	for {
		if err := syscall.Flock(int(f.Fd()), how); err != syscall.EINTR {
			return err
		}
	}
}
