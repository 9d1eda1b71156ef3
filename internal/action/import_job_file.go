package action

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"net/url"
	"path"
	"strings"
	"unicode/utf8"

	"hustings/internal/forum"
	"hustings/internal/markup"
	"hustings/internal/postgres"
)

const (
	// MaxImportBytes is what one import may receive, all its files together.
	MaxImportBytes = 4 << 30
	// MaxImportFiles is how many files one import may have; more are for an archive
	// or the shell.
	MaxImportFiles = 10_000
	// maxFileName is the longest name of a file that is kept.
	maxFileName = 300
)

// PastedText is what a file without a name is called.
const PastedText = "pasted text"

// AddImportFile receives a file of an import, a piece at a time: neither side holds
// more than a MiB of it. The name may have folders in it. An empty file is
// refused; one that breaks off is let go of. number finds the file again.
func (a *Actions) AddImportFile(ctx context.Context, v forum.Viewer, id postgres.JobID, name string, in io.Reader) (number int, err error) {
	buf := make([]byte, postgres.ChunkBytes)
	n, err := fill(in, buf)
	switch {
	case err != nil:
		return 0, err
	case n == 0:
		return 0, forum.FieldError("file", "This file is empty: there is nothing in it to import.")
	}
	if number, err = a.beginFile(ctx, v, id, cleanFileName(name), ""); err != nil {
		return 0, err
	}
	if err = a.receive(ctx, id, number, buf, n, in); err != nil {
		// Also when whoever sent it has gone.
		drop := func(ctx context.Context, tx *postgres.Tx) error { return tx.DropJobFile(ctx, id, number) }
		return 0, errors.Join(err, a.db.Do(context.WithoutCancel(ctx), drop))
	}
	return number, nil
}

// cleanFileName makes a file's name fit to be shown; folders stay part of it.
func cleanFileName(name string) string {
	name = markup.CleanLine(strings.ReplaceAll(name, `\`, "/"))
	name = strings.TrimLeft(path.Clean("/"+name), "/")
	if name == "" || utf8.RuneCountInString(name) > maxFileName {
		return PastedText
	}
	return name
}

func (a *Actions) beginFile(ctx context.Context, v forum.Viewer, id postgres.JobID, name, address string) (number int, err error) {
	err = a.changeJob(ctx, v, id, func(ctx context.Context, tx *postgres.Tx, j postgres.ImportJob) error {
		if j.State != postgres.JobReceiving {
			return forum.NewError(forum.Conflict, "This import has begun already, so no file can be added. Please start another one.")
		}
		if j.Files >= MaxImportFiles {
			return forum.NewError(forum.TooLarge, "One import has at most %d files. Please pack them into an archive.", MaxImportFiles)
		}
		number, err = tx.AddJobFile(ctx, id, name, address)
		return err
	})
	return number, err
}

// receive stores a file whose first n bytes are in buf.
func (a *Actions) receive(ctx context.Context, id postgres.JobID, number int, buf []byte, n int, in io.Reader) error {
	before, err := a.db.JobBytes(ctx, id)
	if err != nil {
		return err
	}
	hash, size := sha256.New(), int64(0)
	for piece := 0; n > 0; piece++ {
		if size += int64(n); before+size > MaxImportBytes {
			return forum.NewError(forum.TooLarge, "One import takes at most %d GB. Larger ones can be brought in from the shell.", MaxImportBytes>>30)
		}
		hash.Write(buf[:n])
		if err := a.db.AddJobChunk(ctx, id, number, piece, buf[:n]); err != nil {
			return err
		}
		if n, err = fill(in, buf); err != nil {
			return err
		}
	}
	return a.db.Do(ctx, func(ctx context.Context, tx *postgres.Tx) error {
		return tx.EndJobFile(ctx, id, number, size, hash.Sum(nil))
	})
}

// fill reads until the buffer is full or the file ends. io.ReadFull would take a
// file that breaks off for one that ends.
func fill(in io.Reader, buf []byte) (n int, err error) {
	for n < len(buf) && err == nil {
		var m int
		m, err = in.Read(buf[n:])
		n += m
	}
	if err == io.EOF {
		err = nil
	}
	return n, err
}

// AddImportAddress has an import read an address of the web, http or https.
func (a *Actions) AddImportAddress(ctx context.Context, v forum.Viewer, id postgres.JobID, address string) (number int, err error) {
	address = strings.TrimSpace(address)
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || len(address) > maxURLBytes {
		return 0, forum.FieldError("address", "This is not an address of the web; they begin with https://.")
	}
	if u.User != nil { // it would be kept, and shown
		return 0, forum.FieldError("address", "Please leave the name and the password out of the address; they are not sent anywhere.")
	}
	name := address
	if utf8.RuneCountInString(name) > maxFileName {
		name = u.Host
	}
	return a.beginFile(ctx, v, id, name, address)
}

// DropImportFile takes a file out of an import that receives.
func (a *Actions) DropImportFile(ctx context.Context, v forum.Viewer, id postgres.JobID, number int) error {
	return a.changeJob(ctx, v, id, func(ctx context.Context, tx *postgres.Tx, j postgres.ImportJob) error {
		if j.State != postgres.JobReceiving {
			return forum.NewError(forum.Conflict, "This import has begun already, so its files stay.")
		}
		return tx.DropJobFile(ctx, id, number)
	})
}
