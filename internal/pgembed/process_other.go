//go:build unix && !linux

package pgembed

// processesOn knows nothing without procfs.
func processesOn(string) []int { return nil }

func startedByUs(int) bool { return false }

func attached(string) int { return 0 }

// canProve is false: a pid file that names a live process is believed, and the
// person is told.
const canProve = false
