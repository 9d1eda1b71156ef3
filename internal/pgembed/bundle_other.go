//go:build bundledpg && !(linux && (amd64 || arm64)) && !(darwin && (amd64 || arm64))

package pgembed

// bundle is empty: there is no archive for this system.
func bundle() (name string, archive []byte) { return "", nil }
