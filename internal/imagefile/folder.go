// Package imagefile keeps images in a folder, each in a file of its own under the
// digest of its content. It knows nothing of articles and never decides what is
// kept: that stands in the database.
package imagefile

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"hustings/internal/forum"
)

// Folder is a folder of images. It is safe for use by many goroutines and by
// several programs at once.
type Folder struct{ dir string }

// begun is how names of files begin that are being written.
const begun = ".new-"

// Open opens a folder, and makes it where it is missing. A folder that can't be
// written to is Unavailable.
func Open(dir string) (*Folder, error) {
	f := &Folder{dir}
	err := os.MkdirAll(dir, 0o700)
	if err == nil {
		var probe *os.File
		if probe, err = os.CreateTemp(dir, begun); err == nil {
			err = errors.Join(probe.Close(), os.Remove(probe.Name()))
		}
	}
	if err != nil {
		return nil, &forum.Error{Kind: forum.Unavailable, Msg: "The folder of images can’t be written to. HUSTINGS_IMAGES_DIR names it.", Err: err}
	}
	return f, nil
}

// path spreads the files over 256 folders: some file systems are slow with very
// many names in one.
func (f *Folder) path(sum []byte) string {
	name := hex.EncodeToString(sum)
	return filepath.Join(f.dir, name[:2], name)
}

// Put keeps content under its digest. Once it has returned without an error the
// file survives a loss of power. A file that is there already is written anew: it
// may be damaged, and is as good as new for Sweep.
func (f *Folder) Put(sum, content []byte) (err error) {
	if len(sum) != sha256.Size {
		return fmt.Errorf("a digest of %d bytes", len(sum))
	}
	to := f.path(sum)
	in := filepath.Dir(to)
	if err := os.MkdirAll(in, 0o700); err != nil {
		return fmt.Errorf("keep an image: %w", err)
	}
	file, err := os.CreateTemp(in, begun)
	if err != nil {
		return fmt.Errorf("keep an image: %w", err)
	}
	_, err = file.Write(content)
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(file.Name(), to)
	}
	if err != nil {
		return fmt.Errorf("keep an image: %w", errors.Join(err, os.Remove(file.Name())))
	}
	return errors.Join(syncFolder(in), syncFolder(f.dir))
}

// syncFolder makes names of files last.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("keep the name of an image: %w", err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("keep the name of an image: %w", err)
	}
	return nil
}

// Image opens an image for reading; NotFound where it is not there. Whoever opens
// it closes it.
func (f *Folder) Image(sum []byte) (*os.File, error) {
	file, err := os.Open(f.path(sum))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &forum.Error{Kind: forum.NotFound, Msg: "There is no such image.", Err: err}
	}
	return file, err
}

// Sound tells whether an image is there and is what was kept.
func (f *Folder) Sound(sum []byte) bool {
	file, err := f.Image(sum)
	if err != nil {
		return false
	}
	defer file.Close() //nolint:errcheck // it was only read
	h := sha256.New()
	_, err = io.Copy(h, file)
	return err == nil && string(h.Sum(nil)) == string(sum)
}

// Sweep removes the files that nobody needs and that were written before a time,
// and what was left half written then. needed tells which of some digests are
// needed. Other files in the folder are left alone.
func (f *Folder) Sweep(before time.Time, needed func(sums [][]byte) (map[string]bool, error)) (removed int, err error) {
	folders, err := os.ReadDir(f.dir)
	if err != nil {
		return 0, fmt.Errorf("look through the images: %w", err)
	}
	for _, folder := range folders {
		if b, err := hex.DecodeString(folder.Name()); err != nil || len(b) != 1 || !folder.IsDir() {
			continue
		}
		n, err := f.sweep(filepath.Join(f.dir, folder.Name()), before, needed)
		removed += n
		if err != nil {
			return removed, err
		}
	}
	return removed, nil
}

func (f *Folder) sweep(in string, before time.Time, needed func([][]byte) (map[string]bool, error)) (removed int, err error) {
	files, err := os.ReadDir(in)
	if err != nil {
		return 0, fmt.Errorf("look through the images: %w", err)
	}
	var sums [][]byte
	remove := func(name string) {
		if os.Remove(filepath.Join(in, name)) == nil {
			removed++
		}
	}
	for _, file := range files {
		about, err := file.Info()
		if err != nil || !about.Mode().IsRegular() || !about.ModTime().Before(before) {
			continue
		}
		name := file.Name()
		if sum, err := hex.DecodeString(name); err == nil && len(sum) == sha256.Size {
			sums = append(sums, sum)
		} else if len(name) > len(begun) && name[:len(begun)] == begun {
			remove(name)
		}
	}
	if len(sums) == 0 {
		return removed, nil
	}
	keep, err := needed(sums)
	if err != nil {
		return removed, err
	}
	for _, sum := range sums {
		name := hex.EncodeToString(sum)
		// Put may have written it anew since needed was asked.
		if about, err := os.Lstat(filepath.Join(in, name)); !keep[string(sum)] && err == nil && about.ModTime().Before(before) {
			remove(name)
		}
	}
	return removed, nil
}
