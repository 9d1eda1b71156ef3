package exporter

import (
	"archive/zip"
	"io"
)

// Zip writes files into an archive, one after the other; write makes each with
// create.
func Zip(w io.Writer, write func(create func(name string) (io.WriteCloser, error)) error) error {
	z := zip.NewWriter(w)
	err := write(func(name string) (io.WriteCloser, error) {
		f, err := z.Create(name)
		return entry{f}, err
	})
	if err != nil {
		return err
	}
	return z.Close()
}

// entry is a file in an archive: the next one ends it.
type entry struct{ io.Writer }

// Close does nothing.
func (entry) Close() error { return nil }
