package pgembed

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// processesOn lists the live processes of PostgreSQL that work in a cluster. Each
// of them, postmaster or backend, has the cluster as its working directory from
// its first moments on; a zombie has none. The number in postmaster.pid alone
// proves nothing: after a restart of a container it is often somebody else's.
func processesOn(data string) []int {
	real, err := filepath.EvalSymlinks(data)
	if err != nil {
		return nil
	}
	links, _ := filepath.Glob("/proc/[0-9]*/cwd")
	var pids []int
	for _, link := range links {
		cwd, err := os.Readlink(link)
		if err != nil || cwd != real {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(link))); err == nil && isPostgres(pid) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// isPostgres keeps out a shell in which somebody looks at the files. Backends
// write their title over their arguments but begin it with "postgres:".
func isPostgres(pid int) bool {
	line, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline")
	if err != nil {
		return false
	}
	program, _, _ := bytes.Cut(line, []byte{0})
	return bytes.HasPrefix(program, []byte("postgres:")) || strings.Contains(filepath.Base(string(program)), "postgres")
}

// startedByUs recognises a postmaster by the mark that spawn gives it.
func startedByUs(pid int) bool {
	line, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline")
	return err == nil && bytes.Contains(line, []byte(ourMark))
}

// attached reports how many processes use a System V shared-memory segment: each
// server process is attached to its cluster's. A segment that is gone has none.
func attached(shmID string) int {
	f, err := os.Open("/proc/sysvipc/shm")
	if err != nil || shmID == "" {
		return 0
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		// key shmid perms size cpid lpid nattch …
		if w := strings.Fields(lines.Text()); len(w) > 6 && w[1] == shmID {
			n, _ := strconv.Atoi(w[6])
			return n
		}
	}
	return 0
}

// canProve reports that the functions above see every process that matters.
const canProve = true
