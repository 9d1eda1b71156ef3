package action

import (
	"errors"
	"io"
)

// progressEvery is after how many bytes of a file progress is told.
const progressEvery = 1 << 20

// count has what is told of the import's progress say how much was read.
func (im *importing) count(in *ImportInput) {
	var of int64
	for _, f := range in.Files {
		of += f.Size
	}
	tell := in.Progress
	if tell == nil {
		return
	}
	in.Progress = func(p ImportProgress) {
		p.BytesOf = of
		p.Bytes = im.bytes.Load()
		if of > 0 {
			p.Bytes = min(p.Bytes, of) // archives are read here and there
		}
		tell(p)
	}
}

// counted is a file whose bytes are counted as they are read.
type counted struct {
	io.Reader
	im   *importing
	told int64
	err  error // the first one, but for the file's end
}

// countedAt is one that can be read at any place, as archives are.
type countedAt struct {
	*counted
	io.Seeker
	at io.ReaderAt
}

// counting is either of them.
type counting interface {
	io.Reader
	failed() error
}

func (im *importing) counted(r io.Reader) counting {
	c := &counted{Reader: r, im: im}
	at, ok := r.(interface {
		io.ReaderAt
		io.Seeker
	})
	if !ok {
		return c
	}
	return &countedAt{counted: c, Seeker: at, at: at}
}

func (c *counted) failed() error { return c.err }

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	return c.note(n, err)
}

func (c *countedAt) ReadAt(p []byte, off int64) (int, error) {
	n, err := c.at.ReadAt(p, off)
	return c.note(n, err)
}

func (c *counted) note(n int, err error) (int, error) {
	if err != nil && !errors.Is(err, io.EOF) && c.err == nil {
		c.err = err
	}
	if now := c.im.bytes.Add(int64(n)); now-c.told > progressEvery {
		c.told = now
		c.im.progress(ImportProgress{Records: c.im.stage.records})
	}
	return n, err
}
