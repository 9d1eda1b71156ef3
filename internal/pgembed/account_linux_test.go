package pgembed

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// nobodyKnows is a user without an entry in the password file, as containers give
// their processes.
const nobodyKnows = 54321

// needRoot also copies the test binary to where another user can run it.
func needRoot(t *testing.T) (dir, self string) {
	t.Helper()
	if os.Geteuid() != 0 || !canChangeUser() {
		t.Skip("only root can become another user")
	}
	dir = dataDir(t)
	self = filepath.Join(openFolder(t, "/tmp"), "helper")
	in, err := os.Open(os.Args[0])
	must(t, err)
	defer in.Close()
	out, err := os.OpenFile(self, os.O_CREATE|os.O_WRONLY, 0o755)
	must(t, err)
	_, err = io.Copy(out, in)
	must(t, err)
	must(t, out.Close())
	return dir, self
}

// needNamespaces skips where the kernel or a container forbids user namespaces to
// the command given.
func needNamespaces(t *testing.T, attr *syscall.SysProcAttr) {
	t.Helper()
	cmd := exec.Command("/bin/true")
	cmd.SysProcAttr = attr
	enterNamespace(cmd.SysProcAttr, 0, 0)
	if err := cmd.Run(); err != nil {
		t.Skipf("user namespaces are not allowed here: %v", err)
	}
}

func TestStart_as_a_user_without_a_passwd_entry(t *testing.T) {
	t.Parallel()
	dir, self := needRoot(t)
	needNamespaces(t, &syscall.SysProcAttr{})
	must(t, os.Mkdir(dir, 0o700))
	must(t, os.Chown(dir, nobodyKnows, nobodyKnows))
	c := spawn(t, dir, func(cmd *exec.Cmd) {
		cmd.Path = self
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobodyKnows, Gid: nobodyKnows}}
	})
	if owner, err := ownerOf(filepath.Join(dir, "postgres", "PG_VERSION")); err != nil || owner.uid != nobodyKnows {
		t.Errorf("the cluster belongs to %d (%v)", owner.uid, err)
	}
	// Root may join: it can read the password and enter the socket's folder.
	if s := start(t, testOptions(dir)); !s.Joined() || s.URL() != c.url {
		t.Error("root did not join")
	}
}

func TestStart_as_root_in_a_directory_of_a_user_without_a_passwd_entry(t *testing.T) {
	t.Parallel()
	dir, _ := needRoot(t)
	needNamespaces(t, &syscall.SysProcAttr{})
	must(t, os.Mkdir(dir, 0o700))
	must(t, os.Chown(dir, nobodyKnows, nobodyKnows))
	s := start(t, testOptions(dir))
	do(t, s.URL(), writeMark)
	stop(t, s)
	again(t, dir)
}

func TestStart_as_root_that_may_not_become_another_user(t *testing.T) {
	t.Parallel()
	setpriv, err := exec.LookPath("setpriv")
	if err != nil {
		t.Skip("there is no setpriv here")
	}
	dir, self := needRoot(t)
	needNamespaces(t, &syscall.SysProcAttr{})
	c := spawn(t, dir, func(cmd *exec.Cmd) {
		cmd.Path = setpriv
		cmd.Args = []string{"setpriv", "--bounding-set=-setuid,-setgid", self}
	})
	do(t, c.url, writeMark)
	if owner, err := ownerOf(filepath.Join(dir, "postgres", "PG_VERSION")); err != nil || owner.uid != 0 {
		t.Errorf("the cluster belongs to %d (%v)", owner.uid, err)
	}
	c.kill(t)
	eventually(t, "the server ends with its parent", func() bool { return len(processesOn(filepath.Join(dir, "postgres"))) == 0 })
	again(t, dir) // now with every right, but the files are root's
}

func TestStart_as_root_leaves_the_owner_of_the_directory_able_to_follow(t *testing.T) {
	t.Parallel()
	dir, self := needRoot(t)
	nobody, err := accountNamed("nobody")
	must(t, err)
	must(t, os.Mkdir(dir, 0o700))
	must(t, os.Chown(dir, nobody.uid, nobody.gid))
	s := start(t, testOptions(dir))
	do(t, s.URL(), writeMark)
	stop(t, s)
	c := spawn(t, dir, func(cmd *exec.Cmd) {
		cmd.Path = self
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(nobody.uid), Gid: uint32(nobody.gid)}}
	})
	if got := ask(t, c.url, readMark); c.joined || got != "still here" {
		t.Errorf("joined=%t, %q", c.joined, got)
	}
}

func TestStart_refuses_a_cluster_of_another_user(t *testing.T) {
	t.Parallel()
	dir, self := needRoot(t)
	stop(t, start(t, testOptions(dir)))
	must(t, os.Chmod(dir, 0o777))
	c := launch(t, dir, func(cmd *exec.Cmd) {
		cmd.Path = self
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobodyKnows, Gid: nobodyKnows}}
	})
	line, _ := c.out.ReadString('\n')
	if want := "error: The database in " + filepath.Join(dir, "postgres") + " belongs to the user"; len(line) < len(want) || line[:len(want)] != want {
		t.Errorf("the helper says %q", line)
	}
}
