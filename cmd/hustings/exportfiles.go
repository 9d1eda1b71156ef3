package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"

	"hustings/internal/forum"
)

// writeFolder writes files into a folder that is there only when it is whole. One
// that has something in it is left alone.
func writeFolder(name string, write func(create func(string) (io.WriteCloser, error)) error) error {
	entries, err := os.ReadDir(name)
	if err == nil && len(entries) > 0 || err != nil && !errors.Is(err, os.ErrNotExist) {
		return &forum.Error{Kind: forum.Invalid, Msg: "%s has to be a new or an empty folder.", Args: []any{name}, Err: err}
	}
	name = filepath.Clean(name)
	made, err := os.MkdirTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return cannotWrite(name, err)
	}
	defer os.RemoveAll(made) //nolint:errcheck // gone after the renaming
	err = write(func(file string) (io.WriteCloser, error) {
		f, err := os.OpenFile(filepath.Join(made, file), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) //nolint:gosec // readers' pages
		if err != nil {
			return nil, cannotWrite(filepath.Join(name, file), err)
		}
		return f, nil
	})
	if err != nil {
		return err
	}
	if err := os.Chmod(made, 0o755); err != nil { //nolint:gosec // readers' pages
		return cannotWrite(name, err)
	}
	if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
		return cannotWrite(name, err)
	}
	if err := os.Rename(made, name); err != nil {
		return cannotWrite(name, err)
	}
	return nil
}
