//go:build unix

package pgembed

import (
	"os"
	"path/filepath"
	"testing"
)

func TestRepack(t *testing.T) {
	t.Parallel()
	packed, err := repack(gzTar(t, map[string]string{
		"package/LICENSE.md":              "the licence",
		"package/package.json":            "{}",
		"package/native/bin/initdb":       script(18),
		"package/native/bin/postgres":     script(18),
		"package/native/lib/libx.so.6.1":  "library",
		"package/native/lib/libx.a":       "static",
		"package/native/lib/plpython3.so": "snake",
		"package/native/pg-symlinks.json": `[{"source":"native/lib/libx.so.6.1","target":"native/lib/libx.so.6"}]`,
	}))
	must(t, err)
	f := fakeFinder(t, 0)
	f.bundled = func() (string, []byte) { return "bundle.tar.zst", packed }
	p := wantMajor(t, f, 18, "bundled")
	top := filepath.Dir(p.dir)
	for name, want := range map[string]string{"LICENSE.md": "the licence", "lib/libx.so.6": "library", "lib/libx.a": "", "lib/plpython3.so": "", "package.json": ""} {
		if text, _ := os.ReadFile(filepath.Join(top, name)); string(text) != want {
			t.Errorf("%s holds %q, want %q", name, text, want)
		}
	}
}
