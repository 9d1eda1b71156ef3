//go:build unix

package pgembed

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

func TestStart(t *testing.T) {
	t.Parallel()

	t.Run("makes_a_closed_cluster_and_keeps_its_data_over_a_restart", func(t *testing.T) {
		t.Parallel()
		dir := dataDir(t)
		s := start(t, testOptions(dir))
		if s.Joined() {
			t.Error("the first start says that it joined")
		}
		for query, want := range map[string]string{
			"SELECT current_user":       OwnerRole,
			"SELECT current_database()": Database,
			"SELECT rolsuper::text FROM pg_roles WHERE rolname = current_user": "true",
			"SHOW data_checksums":                        "on",
			"SHOW listen_addresses":                      "",
			"SHOW password_encryption":                   "scram-sha-256",
			"SHOW server_encoding":                       "UTF8",
			"SHOW autovacuum_vacuum_insert_scale_factor": "0.02",
			"SELECT lower('ÅÉÇ')":                        "åéç",
			"SELECT string_agg(x, '' ORDER BY x) FROM unnest('{b,B,a,A}'::text[]) AS x(x)": "ABab",
		} {
			if got := ask(t, s.URL(), query); got != want {
				t.Errorf("%s: %q, want %q", query, got, want)
			}
		}
		do(t, s.URL(), "CREATE TABLE kept AS SELECT 'still here'::text AS word")
		stop(t, s)

		again := start(t, testOptions(dir))
		if got := ask(t, again.URL(), "SELECT word FROM kept"); got != "still here" {
			t.Errorf("after the restart: %q", got)
		}
	})

	t.Run("leaves_secrets_readable_by_their_owner_only", func(t *testing.T) {
		t.Parallel()
		dir := dataDir(t)
		start(t, testOptions(dir))
		for path, want := range map[string]os.FileMode{
			"postgres": 0o700, "postgres/" + passwordFile: 0o600, "postgres-socket": 0o700, "postgres.log": 0o600,
		} {
			info, err := os.Stat(filepath.Join(dir, path))
			must(t, err)
			if info.Mode().Perm() != want {
				t.Errorf("%s has mode %o, want %o", path, info.Mode().Perm(), want)
			}
		}
		left, err := filepath.Glob(filepath.Join(dir, ".password-*"))
		must(t, err)
		if len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	})

	t.Run("joins_a_server_of_another_process", func(t *testing.T) {
		t.Parallel()
		dir := dataDir(t)
		owner := spawn(t, dir)
		s := start(t, testOptions(dir))
		if !s.Joined() || s.URL() != owner.url {
			t.Errorf("joined=%t at %s, want the server at %s", s.Joined(), s.URL(), owner.url)
		}
		stop(t, s)
		if got := ask(t, owner.url, "SELECT 'alive'"); got != "alive" {
			t.Error("stopping a joined server ended it")
		}
	})

	t.Run("three_processes_at_once_share_one_server", func(t *testing.T) {
		t.Parallel()
		dir := dataDir(t)
		children := []*child{launch(t, dir), launch(t, dir), launch(t, dir)}
		owners := 0
		for _, c := range children {
			line, _ := c.out.ReadString('\n')
			if strings.HasPrefix(line, "started joined=false") {
				owners++
			} else if !strings.HasPrefix(line, "started joined=true") {
				t.Errorf("the helper says %q", line)
			}
		}
		if owners != 1 {
			t.Errorf("%d processes own the server", owners)
		}
	})

	t.Run("joins_a_server_started_by_hand", func(t *testing.T) {
		t.Parallel()
		dir := dataDir(t)
		stop(t, start(t, testOptions(dir)))
		byHand(t, dir)
		s := start(t, testOptions(dir))
		if !s.Joined() {
			t.Error("did not join")
		}
	})

	t.Run("does_not_end_a_server_started_by_hand_that_refuses_us", func(t *testing.T) {
		t.Parallel()
		if !canProve {
			t.Skip("this system does not say whose a process is")
		}
		dir := dataDir(t)
		stop(t, start(t, testOptions(dir)))
		byHand(t, dir)
		must(t, os.WriteFile(filepath.Join(dir, "postgres", passwordFile), []byte("not the password\n"), 0o600))
		pid := postmaster(t, dir)
		_, err := Start(t.Context(), testOptions(dir))
		wantMessage(t, err, "did not start", "Stop it first")
		if len(processesOn(filepath.Join(dir, "postgres"))) == 0 || postmaster(t, dir) != pid {
			t.Error("it was ended")
		}
	})

	t.Run("puts_the_socket_elsewhere_when_the_path_is_long", func(t *testing.T) {
		t.Parallel()
		dir := filepath.Join(dataDir(t), strings.Repeat("long", 20), strings.Repeat("path", 20), "a,b")
		s := start(t, testOptions(dir))
		if got := ask(t, s.URL(), "SELECT 'hello'"); got != "hello" {
			t.Errorf("got %q", got)
		}
		joined := start(t, testOptions(dir))
		if !joined.Joined() {
			t.Error("the second start did not join")
		}
	})
}

func TestStart_refuses(t *testing.T) {
	t.Parallel()

	t.Run("a_cluster_of_another_major_and_leaves_it_alone", func(t *testing.T) {
		t.Parallel()
		dir := dataDir(t)
		must(t, os.MkdirAll(filepath.Join(dir, "postgres", "base"), 0o700))
		must(t, os.WriteFile(filepath.Join(dir, "postgres", "PG_VERSION"), []byte("12\n"), 0o600))
		must(t, os.WriteFile(filepath.Join(dir, "postgres", "base", "precious"), []byte("x"), 0o600))
		if os.Geteuid() == 0 {
			must(t, os.Chmod(dir, 0o755))
			out, err := exec.Command("chown", "-R", "nobody", filepath.Join(dir, "postgres")).CombinedOutput()
			if err != nil {
				t.Fatalf("%s", out)
			}
		}
		before := listing(t, filepath.Join(dir, "postgres"))
		_, err := Start(t.Context(), testOptions(dir))
		wantMessage(t, err, "PostgreSQL 12", "Nothing was changed")
		if after := listing(t, filepath.Join(dir, "postgres")); after != before {
			t.Errorf("before:\n%s\nafter:\n%s", before, after)
		}
	})

	t.Run("a_folder_that_is_no_cluster", func(t *testing.T) {
		t.Parallel()
		dir := dataDir(t)
		must(t, os.MkdirAll(filepath.Join(dir, "postgres"), 0o755))
		must(t, os.WriteFile(filepath.Join(dir, "postgres", "thesis.txt"), nil, 0o600))
		if os.Geteuid() == 0 {
			must(t, os.Chown(filepath.Join(dir, "postgres"), 65534, 65534))
		}
		_, err := Start(t.Context(), testOptions(dir))
		wantMessage(t, err, "not a PostgreSQL data directory", "Nothing was changed")
		if _, err := os.Stat(filepath.Join(dir, "postgres", "thesis.txt")); err != nil {
			t.Error(err)
		}
	})

	t.Run("a_path_closed_to_the_databases_user", func(t *testing.T) {
		t.Parallel()
		if os.Geteuid() != 0 {
			t.Skip("only root runs the database as another user")
		}
		dir := filepath.Join(dataDir(t), "closed", "data")
		must(t, os.MkdirAll(dir, 0o755))
		must(t, os.Chmod(filepath.Dir(dir), 0o700))
		_, err := Start(t.Context(), testOptions(dir))
		wantMessage(t, err, "may not enter "+filepath.Dir(dir), "chmod o+x")
	})
}

// byHand starts a server on the cluster as an administrator would, without any
// mark of ours unless args has it.
func byHand(t *testing.T, dir string, args ...string) {
	t.Helper()
	c := &cluster{o: testOptions(dir), data: filepath.Join(dir, "postgres")}
	var err error
	c.who, err = chooseAccount(dir, c.data)
	must(t, err)
	c.bin, err = newFinder(c.o, 0).find(t.Context())
	must(t, err)
	args = append([]string{"-D", c.data, "-k", filepath.Join(dir, "postgres-socket"), "-c", "listen_addresses="}, args...)
	cmd := exec.Command(c.bin.path("postgres"), args...)
	cmd.Dir, cmd.SysProcAttr = "/", &syscall.SysProcAttr{}
	c.who.dress(cmd.SysProcAttr)
	must(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGINT)
		_ = cmd.Wait()
	})
	eventually(t, "the server by hand is ready", func() bool {
		p, err := readPidFile(c.data)
		return err == nil && p.ready && p.pid == cmd.Process.Pid
	})
}

func listing(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	must(t, filepath.WalkDir(dir, func(p string, d os.DirEntry, err error) error {
		must(t, err)
		info, err := d.Info()
		must(t, err)
		b.WriteString(p + " " + info.Mode().String() + " " + strconv.FormatInt(info.Size(), 10) + " " + info.ModTime().String() + "\n")
		return nil
	}))
	return b.String()
}
