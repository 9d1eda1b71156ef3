//go:build unix

package pgembed

import (
	"archive/tar"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/klauspost/compress/zstd"
)

func TestStart_from_an_archive_of_the_systems_programs(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	tmp := openFolder(t, "/tmp")
	archive := filepath.Join(tmp, "pg.tar.zst")
	packSystem(t, archive)
	data, err := os.ReadFile(archive)
	must(t, err)
	o := testOptions(dir)
	o.Bin, o.withoutSystem, o.CacheDir = "", true, filepath.Join(tmp, "programs")
	o.Archive, o.ArchiveSHA256 = archive, fmt.Sprintf("%x", sha256.Sum256(data))
	s := start(t, o)
	do(t, s.URL(), writeMark)
	stop(t, s)
	again(t, dir) // the system's programs take over: the major is the same
}

// packSystem packs what initdb and postgres need in Debian's layout, where both
// find their files by the way from one folder to the other.
func packSystem(t *testing.T, archive string) {
	t.Helper()
	libs, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(libs) == 0 {
		t.Skip("PostgreSQL is not installed as Debian does it")
	}
	home := filepath.Dir(filepath.Dir(libs[len(libs)-1]))
	share := filepath.Join("/usr/share/postgresql", filepath.Base(home))
	f, err := os.Create(archive)
	must(t, err)
	defer f.Close()
	z, err := zstd.NewWriter(f, zstd.WithEncoderLevel(zstd.SpeedFastest))
	must(t, err)
	w := tar.NewWriter(z)
	for _, top := range []string{filepath.Join(home, "bin", "initdb"), filepath.Join(home, "bin", "postgres"), filepath.Join(home, "lib"), share} {
		must(t, filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
			info, statErr := os.Stat(path) // follows links
			if err != nil || statErr != nil || !info.Mode().IsRegular() || filepath.Base(path) == "llvmjit.so" || filepath.Ext(path) == ".bc" {
				return err
			}
			return addFile(w, path, info)
		}))
	}
	must(t, w.Close())
	must(t, z.Close())
}

func addFile(w *tar.Writer, path string, info fs.FileInfo) error {
	in, err := os.Open(path)
	if err != nil {
		return err
	}
	defer in.Close()
	err = w.WriteHeader(&tar.Header{Name: path[1:], Typeflag: tar.TypeReg, Mode: int64(info.Mode().Perm()), Size: info.Size()})
	if err != nil {
		return err
	}
	_, err = io.Copy(w, in)
	return err
}
