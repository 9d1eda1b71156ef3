// Package sampletest finds the real samples, which lie beside the checkout and are no
// part of it, for tests that try them. It reads nothing and is in no program.
package sampletest

import (
	"os"
	"path/filepath"
	"testing"
)

// Dir is the folder of samples. Where there is none the test is skipped, with a
// sentence that says so and what is left untried.
func Dir(t testing.TB, untried string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		found := filepath.Join(dir, "..", "shared", "samples")
		if _, err := os.Stat(filepath.Join(found, "truth.json")); err == nil {
			return found
		}
	}
	t.Skip("no shared/samples beside the checkout: " + untried)
	return ""
}
