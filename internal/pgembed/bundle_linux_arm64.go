//go:build bundledpg

package pgembed

import _ "embed"

//go:embed bundle/linux-arm64.tar.zst
var bundled []byte

// bundle is the archive of PostgreSQL's programs that this binary carries. It is
// made before a release build and never committed.
func bundle() (name string, archive []byte) { return "bundle.tar.zst", bundled }
