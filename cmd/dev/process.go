package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// clockTick is the unit of CPU times in /proc: USER_HZ is 100 on every Linux
// that Go supports.
const clockTick = 10 * time.Millisecond

// processTree gives a process and everything below it, such as its PostgreSQL.
func processTree(root int) []int {
	children := map[int][]int{}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat") //nolint:errcheck // the pattern is good
	for _, path := range stats {
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err != nil {
			continue
		}
		if fields := statFields(pid); len(fields) > 1 {
			if parent, err := strconv.Atoi(fields[1]); err == nil {
				children[parent] = append(children[parent], pid)
			}
		}
	}
	tree := []int{root}
	for i := 0; i < len(tree); i++ {
		tree = append(tree, children[tree[i]]...)
	}
	return tree
}

// statFields are the fields of /proc/PID/stat after the name: state, parent, …
func statFields(pid int) []string {
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil
	}
	_, after, _ := strings.Cut(string(content), ") ")
	return strings.Fields(after)
}

// cpuOf is the CPU time that processes and their ended children have used.
func cpuOf(pids []int) time.Duration {
	var ticks int64
	for _, pid := range pids {
		fields := statFields(pid)
		for i := 11; i <= 14 && i < len(fields); i++ { // utime stime cutime cstime
			n, _ := strconv.ParseInt(fields[i], 10, 64) //nolint:errcheck // the kernel writes numbers
			ticks += n
		}
	}
	return time.Duration(ticks) * clockTick
}

// memoryOf is the memory of processes in bytes, with pages that several share
// counted once (PSS), or 0 where the kernel does not tell.
func memoryOf(pids []int) int64 {
	var total int64
	for _, pid := range pids {
		total += memoryLine(fmt.Sprintf("/proc/%d/smaps_rollup", pid), "Pss:")
	}
	return total
}

// residentOf is the memory of one process in bytes (RSS).
func residentOf(pid int) int64 { return memoryLine(fmt.Sprintf("/proc/%d/status", pid), "VmRSS:") }

func memoryLine(path, name string) int64 {
	f, err := os.Open(path)
	if err != nil {
		return 0
	}
	defer f.Close() //nolint:errcheck // only read
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) >= 2 && fields[0] == name {
			n, _ := strconv.ParseInt(fields[1], 10, 64) //nolint:errcheck // the kernel writes numbers
			return n << 10
		}
	}
	return 0
}

// listenerOf finds the process that listens on a TCP port, 0 if none can be seen.
func listenerOf(port string) int {
	inode := listeningInode(port)
	if inode == "" {
		return 0
	}
	links, _ := filepath.Glob("/proc/[0-9]*/fd/*") //nolint:errcheck // the pattern is good
	for _, link := range links {
		if to, err := os.Readlink(link); err == nil && to == "socket:["+inode+"]" {
			pid, _ := strconv.Atoi(strings.Split(link, "/")[2]) //nolint:errcheck // the pattern says so
			return pid
		}
	}
	return 0
}

func listeningInode(port string) string {
	n, err := strconv.Atoi(port)
	if err != nil {
		return ""
	}
	suffix := fmt.Sprintf(":%04X", n)
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		content, _ := os.ReadFile(table) //nolint:errcheck // then it is not found
		for line := range strings.SplitSeq(string(content), "\n") {
			f := strings.Fields(line)
			if len(f) > 9 && strings.HasSuffix(f[1], suffix) && f[3] == "0A" {
				return f[9]
			}
		}
	}
	return ""
}
