//go:build unix && !linux

package pgembed

import "syscall"

func canChangeUser() bool { return true }

// namespaced refuses: user namespaces exist on Linux only.
func namespaced() (account, error) {
	return account{}, problem(nil, "The database cannot run as root here. Start Hustings as an ordinary user who owns the data directory.")
}

func enterNamespace(*syscall.SysProcAttr, int, int) {}

func hasAccessList(string) bool { return false }

// dieWithUs does nothing: there is no such signal here. A server that outlives
// us is stopped by the next start on its directory.
func dieWithUs(*syscall.SysProcAttr, syscall.Signal) {}
