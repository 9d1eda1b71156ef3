//go:build unix

package pgembed

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// pidFile is what a running server says of itself in postmaster.pid, line by
// line: pid, data directory, start time, port, socket folder, listen address,
// shared-memory key and id, status. The later lines appear as it starts.
type pidFile struct {
	pid     int
	port    int
	sockets string
	shmID   string
	ready   bool
}

func pidFilePath(data string) string { return filepath.Join(data, "postmaster.pid") }

func readPidFile(data string) (pidFile, error) {
	text, err := os.ReadFile(pidFilePath(data))
	if err != nil {
		return pidFile{}, err
	}
	lines := strings.Split(string(text), "\n")
	line := func(i int) string {
		if i > len(lines) {
			return ""
		}
		return strings.TrimSpace(lines[i-1])
	}
	var p pidFile
	p.pid, _ = strconv.Atoi(line(1))
	p.port, _ = strconv.Atoi(line(4))
	p.sockets = line(5)
	if shm := strings.Fields(line(7)); len(shm) == 2 {
		p.shmID = shm[1]
	}
	p.ready = line(8) == "ready"
	return p, nil
}
