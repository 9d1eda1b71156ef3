package pgembed

import (
	"os"
	"os/user"
	"strconv"
	"strings"
	"syscall"
)

// Numbers of the capabilities that becoming another user and handing it our
// folders needs (linux/capability.h).
const (
	capChown  = 0
	capSetgid = 6
	capSetuid = 7
)

// canChangeUser reports whether root still is what it seems; containers often
// drop these capabilities.
func canChangeUser() bool {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return true
	}
	_, rest, ok := strings.Cut(string(status), "\nCapEff:")
	if !ok {
		return true
	}
	word, _, _ := strings.Cut(rest, "\n")
	caps, err := strconv.ParseUint(strings.TrimSpace(word), 16, 64)
	const need = 1<<capChown | 1<<capSetgid | 1<<capSetuid
	return err != nil || caps&need == need
}

// namespaced is root inside a user namespace of its own, where it appears as an
// ordinary user. Files stay root's. Less isolation than another user, so it is
// the second choice.
func namespaced() (account, error) {
	return account{uid: os.Geteuid(), gid: os.Getegid(), name: userName(os.Geteuid()), how: inNamespace}, nil
}

// stranger is the number that a process shows inside a namespace: it must have
// an entry in the password file, or initdb does not know who it is.
func stranger() int {
	if u, err := user.Lookup("nobody"); err == nil {
		if uid, err := strconv.Atoi(u.Uid); err == nil && uid != 0 {
			return uid
		}
	}
	return 65534
}

// enterNamespace makes the child appear as stranger inside a user namespace while
// its files belong to uid and gid outside; 0, 0 means to whoever starts it.
func enterNamespace(attr *syscall.SysProcAttr, uid, gid int) {
	if uid == 0 {
		uid, gid = os.Geteuid(), os.Getegid()
	}
	attr.Cloneflags |= syscall.CLONE_NEWUSER
	attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: stranger(), HostID: uid, Size: 1}}
	attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: stranger(), HostID: gid, Size: 1}}
	attr.Credential = nil
	if uid != os.Geteuid() {
		attr.Credential = &syscall.Credential{Uid: uint32(stranger()), Gid: uint32(stranger()), NoSetGroups: true}
	}
}

func hasAccessList(folder string) bool {
	n, err := syscall.Getxattr(folder, "system.posix_acl_access", nil)
	return err == nil && n > 0
}

// dieWithUs asks the kernel for a fast shutdown of the child when the thread that
// started it ends, so that kill -9 of our process leaves no server behind.
func dieWithUs(attr *syscall.SysProcAttr, sig syscall.Signal) { attr.Pdeathsig = sig }
