//go:build unix

package pgembed

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
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
)

// passwordFile lies inside the cluster, so that cluster and password appear
// together, by one rename.
const passwordFile = "hustings-password"

// tuning is written once, at the end of a new cluster's postgresql.conf; whoever
// runs the machine may change it there or with ALTER SYSTEM.
const tuning = `
# Hustings' own choices.
shared_buffers = 128MB
max_connections = 100
autovacuum_vacuum_insert_scale_factor = 0.02	# keeps the visibility map fresh for index-only scans
jit = off			# compiling costs more than our short queries take
log_checkpoints = off
timezone = 'UTC'
log_timezone = 'UTC'
`

// cluster is one data directory together with what is needed to run it.
type cluster struct {
	o       Options
	data    string // the cluster itself
	who     account
	bin     programs
	sockets string
}

func (c *cluster) path(name string) string { return filepath.Join(c.o.Dir, name) }

// pinnedMajor reads which PostgreSQL made the cluster; 0 when there is none yet.
// Anything else in its place is left alone and named.
func pinnedMajor(data string) (int, error) {
	text, err := os.ReadFile(filepath.Join(data, "PG_VERSION"))
	if err == nil {
		major, err := strconv.Atoi(strings.TrimSpace(string(text)))
		if err != nil {
			return 0, problem(err, "The file PG_VERSION in %s does not hold a version of PostgreSQL. Nothing was changed.", data)
		}
		return major, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return 0, problem(err, "The database in %s cannot be read by this user.", data)
	}
	if _, err := os.Lstat(data); errors.Is(err, fs.ErrNotExist) || emptyFolder(data) {
		return 0, nil
	}
	return 0, problem(nil, "%s is there but is not a PostgreSQL data directory. Move it away or choose another HUSTINGS_DATA_DIR. Nothing was changed.", data)
}

// create makes the cluster beside its place and moves it there when it is whole:
// a crash at any point leaves either no cluster or a complete one.
func (c *cluster) create(ctx context.Context) error {
	fresh := c.path("postgres.new")
	whole, err := c.leftover(fresh)
	if err != nil {
		return err
	}
	if !whole {
		if err := c.make(ctx, fresh); err != nil {
			return err
		}
	}
	if err := os.Rename(fresh, c.data); err != nil {
		return problem(err, "The new database cannot be moved to %s.", c.data)
	}
	return syncFolder(c.o.Dir)
}

// leftover looks at what a start that died has left: a whole cluster is used, a
// part of one is removed, but only when no server has ever run on it.
func (c *cluster) leftover(fresh string) (whole bool, err error) {
	if _, err := os.Lstat(fresh); errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if _, err := os.Lstat(filepath.Join(fresh, passwordFile)); err == nil {
		return true, nil
	}
	if _, err := os.Lstat(filepath.Join(fresh, "postmaster.opts")); err == nil || len(processesOn(fresh)) > 0 {
		return false, problem(nil, "%s is in use or holds data that Hustings did not make. Move it away and start again. Nothing was changed.", fresh)
	}
	return false, os.RemoveAll(fresh)
}

func (c *cluster) make(ctx context.Context, fresh string) error {
	if err := os.Mkdir(fresh, 0o700); err != nil {
		return problem(err, "The database's folder cannot be made in %s.", c.o.Dir)
	}
	if err := c.who.give(fresh); err != nil {
		return problem(err, "The database's folder %s cannot be given to the user %s.", fresh, c.who.name)
	}
	password, err := c.writePassword()
	if err != nil {
		return problem(err, "The database's password cannot be written to %s.", c.o.Dir)
	}
	defer os.Remove(password)
	if err := c.initdb(ctx, fresh, password); err != nil {
		return err
	}
	if err := appendTo(filepath.Join(fresh, "postgresql.conf"), tuning); err != nil {
		return problem(err, "The database's settings in %s cannot be written.", fresh)
	}
	if err := os.Rename(password, filepath.Join(fresh, passwordFile)); err != nil {
		return problem(err, "The database's password cannot be written to %s.", fresh)
	}
	return syncFolder(fresh)
}

// writePassword leaves a random password where initdb, running as another user,
// can read it.
func (c *cluster) writePassword() (string, error) {
	f, err := os.CreateTemp(c.o.Dir, ".password-")
	if err != nil {
		return "", err
	}
	defer f.Close()
	var secret [24]byte
	_, _ = rand.Read(secret[:]) // never fails
	if _, err := f.WriteString(hex.EncodeToString(secret[:]) + "\n"); err != nil {
		return "", err
	}
	return f.Name(), errors.Join(f.Sync(), c.who.give(f.Name()))
}

func (c *cluster) initdb(ctx context.Context, fresh, password string) error {
	args := []string{
		"-D", fresh, "-U", OwnerRole, "-E", "UTF8", "--auth=scram-sha-256", "--pwfile=" + password,
		"--data-checksums", "--no-instructions", "--locale=C",
	}
	args = append(args, c.ctype()...)
	if c.o.Settings["fsync"] == "off" {
		args = append(args, "--no-sync")
	}
	attr := &syscall.SysProcAttr{}
	c.who.dress(attr)
	out, err := c.run(ctx, attr, "initdb", args...)
	if err != nil && strings.Contains(out, "could not look up effective user ID") {
		// Only initdb insists on an entry in the password file, the server does not.
		attr = &syscall.SysProcAttr{}
		enterNamespace(attr, c.who.uid, c.who.gid)
		if out, err = c.run(ctx, attr, "initdb", args...); err != nil && out == "" {
			return problem(err, "The user %s has no entry in the password file, and PostgreSQL's initdb needs one. "+
				"Add an entry, run as another user, or set DATABASE_URL.", c.who.name)
		}
	}
	switch {
	case err == nil:
		return nil
	case c.who.how == inNamespace && out == "":
		return problem(err, "PostgreSQL does not run as root, and root may not become another user here. "+
			"Run Hustings as an ordinary user (in a container: --user 1000), or set DATABASE_URL.")
	}
	return problem(fmt.Errorf("%w: %s", err, out), "The database could not be made in %s: %s", fresh, causeIn(out, err))
}

// ctype picks a character classification that knows all letters but comes with
// PostgreSQL where possible: a collation of the system's C library may change
// with an update and silently break indexes.
func (c *cluster) ctype() []string {
	switch {
	case c.bin.major >= 17:
		return []string{"--locale-provider=builtin", "--builtin-locale=C.UTF-8"}
	case runtime.GOOS == "darwin":
		return []string{"--lc-ctype=UTF-8"}
	}
	return []string{"--lc-ctype=C.UTF-8"}
}

// run runs one of the programs to its end. On a locked thread, because dieWithUs
// follows the thread.
func (c *cluster) run(ctx context.Context, attr *syscall.SysProcAttr, name string, args ...string) (string, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd := exec.CommandContext(ctx, c.bin.path(name), args...)
	cmd.Dir, cmd.Env, cmd.SysProcAttr = "/", childEnv(c.o.Dir), attr
	dieWithUs(attr, syscall.SIGKILL)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// causeIn finds the line of a program's output that says why it failed.
func causeIn(out string, err error) string {
	for line := range strings.Lines(out) {
		for _, word := range []string{"FATAL:", "PANIC:", "error:", "ERROR:"} {
			if _, rest, ok := strings.Cut(line, word); ok {
				return strings.TrimSpace(rest)
			}
		}
	}
	if s := lastLine(out); s != "" {
		return s
	}
	return err.Error()
}

// prepareSockets finds a folder for the socket whose path fits the 107 bytes that
// the system allows, and which neither PostgreSQL nor the client reads as a list.
func (c *cluster) prepareSockets() error {
	c.sockets = c.path("postgres-socket")
	if err := c.ownFolder(c.sockets); err != nil {
		return err
	}
	if socketFits(c.sockets) {
		return nil
	}
	sum := sha256.Sum256([]byte(c.data))
	for _, tmp := range []string{os.TempDir(), "/tmp"} {
		c.sockets = filepath.Join(tmp, fmt.Sprintf("hustings-%d-%x", c.who.uid, sum[:6]))
		if socketFits(c.sockets) {
			return c.ownFolder(c.sockets)
		}
	}
	return problem(nil, "The path %s is too long or has a comma or quote in it, and so has the folder for temporary files.", c.o.Dir)
}

// leaveSockets tidies a socket folder that lies outside the data directory.
func (c *cluster) leaveSockets() {
	if c.sockets != c.path("postgres-socket") {
		_ = os.Remove(c.sockets) // refuses by itself while something is in it
	}
}

func socketFits(folder string) bool {
	return len(folder)+len("/.s.PGSQL.5432") <= 103 && !strings.ContainsAny(folder, `,"'\`)
}

// ownFolder makes a folder of the account, or accepts one that is its own already:
// in a shared temporary folder somebody else may have been first.
func (c *cluster) ownFolder(path string) error {
	err := os.Mkdir(path, 0o700)
	if err == nil {
		err = c.who.give(path)
	} else if errors.Is(err, fs.ErrExist) {
		var info fs.FileInfo
		if info, err = os.Lstat(path); err == nil {
			owner, _ := ownerOf(path)
			if !info.IsDir() || owner.uid != c.who.uid || info.Mode().Perm()&0o022 != 0 {
				err = errors.New("it belongs to somebody else or others may write to it")
			}
		}
	}
	if err != nil {
		return problem(err, "The folder %s for the database's socket cannot be used.", path)
	}
	return nil
}

func appendTo(file, text string) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_APPEND|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Sync(), f.Close())
}

func syncFolder(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
