//go:build unix && !linux

package pgtest

import "os"

// baseFolder is where the shared folder is made.
func baseFolder() string { return os.TempDir() }
