//go:build unix

package pgembed

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// account is who runs PostgreSQL's programs. PostgreSQL refuses to run as root,
// so root has to become somebody else.
type account struct {
	uid, gid int
	name     string
	how      disguise
}

type disguise int

const (
	asSelf      disguise = iota // we are not root: run as we are
	asOther                     // we are root: change to uid and gid
	inNamespace                 // we are root but may not change: look like another inside a user namespace
)

// dbUsers are tried in this order by root when nothing else decides. nobody is
// the last: others run as nobody too, and could read the data.
var dbUsers = []string{"hustings", "postgres", "nobody"}

// chooseAccount follows the owner of what is there: the cluster, else the data
// directory, else a user known for this.
func chooseAccount(dir, data string) (account, error) {
	cluster, clusterErr := ownerOf(data)
	if me := os.Geteuid(); me != 0 {
		if clusterErr == nil && cluster.uid != me {
			return account{}, problem(nil, "The database in %s belongs to the user %s; run Hustings as that user.", data, cluster.name)
		}
		return account{uid: me, gid: os.Getegid(), name: userName(me), how: asSelf}, nil
	}
	if clusterErr == nil && cluster.uid == 0 && !emptyFolder(data) {
		return namespaced()
	}
	if !canChangeUser() {
		return namespaced()
	}
	for _, owner := range []func() (account, error){
		func() (account, error) { return cluster, clusterErr },
		func() (account, error) { return ownerOf(dir) },
	} {
		if a, err := owner(); err == nil && a.uid != 0 {
			a.how = asOther
			return a, nil
		}
	}
	for _, name := range dbUsers {
		if a, err := accountNamed(name); err == nil && a.uid != 0 {
			return a, nil
		}
	}
	return account{}, problem(nil, "PostgreSQL does not run as root, and there is no other user for it. Create one (useradd --system hustings) or start Hustings as an ordinary user.")
}

func accountNamed(name string) (account, error) {
	u, err := user.Lookup(name)
	if err != nil {
		return account{}, err
	}
	uid, err1 := strconv.Atoi(u.Uid)
	gid, err2 := strconv.Atoi(u.Gid)
	return account{uid: uid, gid: gid, name: name, how: asOther}, errors.Join(err1, err2)
}

func ownerOf(path string) (account, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return account{}, err
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return account{}, errors.New("the system does not say who owns " + path)
	}
	uid := int(st.Uid)
	return account{uid: uid, gid: int(st.Gid), name: userName(uid), how: asOther}, nil
}

func userName(uid int) string {
	if u, err := user.LookupId(strconv.Itoa(uid)); err == nil {
		return u.Username
	}
	return fmt.Sprintf("with number %d", uid)
}

func emptyFolder(path string) bool {
	entries, err := os.ReadDir(path)
	return err == nil && len(entries) == 0
}

// dress sets what a child needs to run as a.
func (a account) dress(attr *syscall.SysProcAttr) {
	switch a.how {
	case asOther:
		attr.Credential = &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)}
	case inNamespace:
		enterNamespace(attr, 0, 0)
	}
}

// give hands a path that we have just made to the account.
func (a account) give(path string) error {
	if a.how != asOther {
		return nil
	}
	return os.Lchown(path, a.uid, a.gid)
}

// giveFile lets the owner of a data directory use later, by itself, what root has
// made there. Where root may not, the file stays root's.
func (a account) giveFile(f *os.File) {
	if a.how == asOther {
		_ = f.Chown(a.uid, a.gid)
	}
}

// checkReach refuses a directory that the account cannot enter because of a
// folder on the way, and names that folder. Parts that do not exist yet are made
// by us and are fine.
func (a account) checkReach(dir string) error {
	if a.how != asOther {
		return nil
	}
	real := dir
	for rest := dir; ; rest = filepath.Dir(rest) {
		if r, err := filepath.EvalSymlinks(rest); err == nil {
			real = r
			break
		} else if !errors.Is(err, fs.ErrNotExist) || rest == "/" {
			return problem(err, "The data directory %s cannot be reached.", dir)
		}
	}
	var closed string
	for p := real; ; p = filepath.Dir(p) {
		if !a.mayEnter(p) {
			closed = p
		}
		if p == "/" {
			break
		}
	}
	if closed != "" {
		return problem(nil, "PostgreSQL would run as the user %s, who may not enter %s. Choose another HUSTINGS_DATA_DIR, or allow it with: chmod o+x %s", a.name, closed, closed)
	}
	return nil
}

// mayEnter reads the mode bits; a folder with an access list is given the benefit
// of the doubt.
func (a account) mayEnter(folder string) bool {
	info, err := os.Stat(folder)
	if err != nil {
		return true
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok || hasAccessList(folder) {
		return true
	}
	switch bits := uint32(st.Mode); { //nolint:unconvert // 16 bits on other systems
	case int(st.Uid) == a.uid:
		return bits&0o100 != 0
	case int(st.Gid) == a.gid:
		return bits&0o010 != 0
	default:
		return bits&0o001 != 0
	}
}
