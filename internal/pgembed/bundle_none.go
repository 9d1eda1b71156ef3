//go:build !bundledpg

package pgembed

// bundle is empty in an ordinary build: the programs come from elsewhere.
func bundle() (name string, archive []byte) { return "", nil }
