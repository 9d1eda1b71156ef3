package importer

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"unicode"
)

const (
	// maxEntries is how many files one archive may hold, those of archives in it
	// included: more than any site has articles in files of their own.
	maxEntries = 50_000
	// maxDirectory is the longest list of files of a zip archive that is read, in
	// bytes: three hundred for each of maxEntries.
	maxDirectory = 16 << 20
	// maxInner is the largest zip archive that is read from where one can't go
	// back, such as standard input or another archive; it is held in memory.
	maxInner = 32 << 20
)

var (
	errEntries   = fmt.Errorf("The archive holds more than %d files; what comes after this one is left out.", maxEntries)
	errDirectory = fmt.Errorf("The archive’s list of files is longer than %d MiB.", maxDirectory>>20)
)

// Unpack takes apart what may be an archive: zip, tar or compressed tar, whatever
// it is called. Each file in it is given to do as "archive/inner/name", in the
// order of the archive; what is no archive is given as it is. An archive inside an
// archive is taken apart too, but none in that. Nothing is written anywhere, so a
// path decides nothing but the name in the report.
//
// Hidden files and __MACOSX are passed over. Links, locked files and names that
// lead out of the archive are problems, and so is an archive that grows beyond
// reason: what follows in it is left out. The error is that of ctx, do or problem.
func Unpack(ctx context.Context, src Source, do func(Source) error, problem func(Problem) error) error {
	u := &unpacking{ctx: ctx, do: do, problem: problem}
	in := &countingReader{r: src.R}
	u.packed = func() int64 { return in.n }
	if at, size := seekable(src.R); at != nil {
		magic := make([]byte, 4)
		if _, err := at.ReadAt(magic, 0); err == nil && isZip(magic) {
			u.packed = func() int64 { return size }
			return u.zip(src, at, size, 0)
		}
	}
	src.R = in
	return u.file(src, 0)
}

// seekable gives a file that can be read at any place, and its size; nil where
// that is not so.
func seekable(r io.Reader) (io.ReaderAt, int64) {
	at, ok := r.(interface {
		io.ReaderAt
		io.Seeker
	})
	if !ok {
		return nil, 0
	}
	if begin, err := at.Seek(0, io.SeekCurrent); err != nil || begin != 0 {
		return nil, 0
	}
	size, err := at.Seek(0, io.SeekEnd)
	if _, back := at.Seek(0, io.SeekStart); err != nil || back != nil {
		return nil, 0
	}
	return at, size
}

// unpacking is one file being taken apart.
type unpacking struct {
	ctx     context.Context //nolint:containedctx // lives as long as one call
	do      func(Source) error
	problem func(Problem) error
	packed  func() int64 // bytes of the file, or of what was read of it
	out     int64        // bytes unpacked so far, of all files
	entries int
	over    error // why nothing more is unpacked
}

// budgeted bounds what is unpacked: every byte, at whatever depth, is one of the
// same budget.
type budgeted struct {
	r io.Reader
	u *unpacking
}

func (b budgeted) Read(p []byte) (int, error) {
	if b.u.over != nil {
		return 0, b.u.over
	}
	n, err := b.r.Read(p)
	b.u.out += int64(n)
	switch {
	case b.u.out > maxUnpacked:
		b.u.over = errUnpacked
	case b.u.out > ratioFloor && b.u.out > maxRatio*b.u.packed():
		b.u.over = errRatio
	default:
		return n, err
	}
	return 0, b.u.over
}

// file gives one file on, or takes it apart when it is an archive itself. Depth is
// how many archives it stands in.
func (u *unpacking) file(src Source, depth int) error {
	r := bufio.NewReaderSize(src.R, headSize)
	if head, _ := r.Peek(2); bytes.Equal(head, []byte{0x1f, 0x8b}) {
		gz, err := gzip.NewReader(r)
		if err != nil {
			return u.refuse(src.Name, errNoGzip.Error())
		}
		r = bufio.NewReaderSize(budgeted{gz, u}, headSize)
	}
	src.R = r
	head, _ := r.Peek(512)
	switch {
	case !isZip(head) && !isTar(head):
		return u.do(src)
	case depth > 1:
		return u.refuse(src.Name, "An archive in an archive in an archive is not taken apart.")
	case isTar(head):
		return u.tar(src, depth)
	}
	data, err := io.ReadAll(io.LimitReader(r, maxInner+1))
	switch {
	case err != nil:
		return u.refuse(src.Name, archiveReason(err))
	case len(data) > maxInner:
		return u.refuse(src.Name, fmt.Sprintf("An archive of more than %d MiB can only be read from a file of its own.", maxInner>>20))
	}
	packed := u.packed()
	u.packed = func() int64 { return packed }
	return u.zip(src, bytes.NewReader(data), int64(len(data)), depth)
}

func isZip(head []byte) bool {
	return bytes.HasPrefix(head, []byte("PK\x03\x04")) || bytes.HasPrefix(head, []byte("PK\x05\x06"))
}

func isTar(head []byte) bool {
	return len(head) >= 512 && bytes.Equal(head[257:262], []byte("ustar"))
}

func (u *unpacking) zip(src Source, at io.ReaderAt, size int64, depth int) error {
	list := &listReader{at: at, left: maxDirectory}
	z, err := zip.NewReader(list, size)
	if z == nil || err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return u.refuse(src.Name, listReason(err))
	}
	list.done = true
	for _, f := range z.File {
		e := entry{name: f.Name, dir: f.FileInfo().IsDir(), regular: f.Mode().IsRegular(), locked: f.Flags&1 != 0}
		more, err := u.entry(src, e, depth, func() (io.ReadCloser, error) { return f.Open() })
		if err != nil || !more {
			return err
		}
	}
	return nil
}

// listReader bounds what is read of a zip archive to find out what it holds.
type listReader struct {
	at   io.ReaderAt
	left int64
	done bool
}

func (l *listReader) ReadAt(p []byte, off int64) (int, error) {
	n, err := l.at.ReadAt(p, off)
	if l.left -= int64(n); l.left < 0 && !l.done {
		return 0, errDirectory
	}
	return n, err
}

func (u *unpacking) tar(src Source, depth int) error {
	t := tar.NewReader(src.R)
	for {
		h, err := t.Next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case h == nil || err != nil && !errors.Is(err, tar.ErrInsecurePath):
			return u.refuse(src.Name, archiveReason(err))
		}
		e, problem := parcelled(h)
		e.name, e.dir, e.regular = h.Name, h.Typeflag == tar.TypeDir, h.Typeflag == tar.TypeReg
		if problem != "" {
			if err := u.refuse(e.fetched, problem); err != nil {
				return err
			}
			continue
		}
		more, err := u.entry(src, e, depth, func() (io.ReadCloser, error) { return io.NopCloser(t), nil })
		if err != nil || !more {
			return err
		}
	}
}

// entry is what an archive says of a file in it.
type entry struct {
	name                 string
	dir, regular, locked bool
	fetched, article     string // of a parcel
	home                 string // likewise
}

// entry gives one file of an archive on. More is false when the rest of the
// archive is left out.
func (u *unpacking) entry(src Source, e entry, depth int, open func() (io.ReadCloser, error)) (more bool, err error) {
	if err := u.ctx.Err(); err != nil {
		return false, err
	}
	if u.entries++; u.entries > maxEntries {
		return false, u.refuse(src.Name, errEntries.Error())
	}
	inner := src
	name, ok := entryName(e.name)
	inner.Name = src.Name + "/" + name
	switch {
	case e.dir, passedOver(name):
		return true, nil
	case !ok:
		return true, u.refuse(inner.Name, "The name leads out of the archive; the file is left out.")
	case !e.regular:
		return true, u.refuse(inner.Name, "Links and devices in an archive are not followed.")
	case e.locked:
		return true, u.refuse(inner.Name, "The file is locked with a password.")
	}
	r, err := open()
	if err != nil {
		return true, u.refuse(inner.Name, memberReason(err))
	}
	defer r.Close() //nolint:errcheck // it was only read
	inner.R = budgeted{r, u}
	if inner.Article = e.article; e.fetched != "" {
		inner.Name, inner.Collected, inner.Home = e.fetched, true, e.home
	}
	if err := u.file(inner, depth+1); err != nil {
		return false, err
	}
	return u.over == nil, nil
}

// entryName is the name of a file in an archive, fit to be shown. It is not ok
// where the name leads out of the archive.
func entryName(name string) (shown string, ok bool) {
	name, _ = clean(strings.ReplaceAll(name, `\`, "/"))
	name = strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
			return unicode.ReplacementChar
		}
		return r
	}, name)
	ok = name != "" && !strings.HasPrefix(name, "/") && !(len(name) > 1 && name[1] == ':')
	for part := range strings.SplitSeq(name, "/") {
		ok = ok && part != ".."
	}
	return strings.TrimPrefix(path.Clean("/"+name), "/"), ok
}

// passedOver tells the files that systems leave in archives and nobody wrote.
func passedOver(name string) bool {
	if SavedPiece(name) {
		return true
	}
	for part := range strings.SplitSeq(name, "/") {
		if LeftBehind(part) {
			return true
		}
	}
	return false
}

// LeftBehind tells by its name a file or folder that nobody meant where a folder or an
// archive was: hidden ones, and what macOS and Windows leave in folders.
func LeftBehind(part string) bool {
	return part == "__MACOSX" || part == "Thumbs.db" || part == "desktop.ini" || strings.HasPrefix(part, ".")
}

func (u *unpacking) refuse(name, reason string) error {
	return u.problem(Problem{File: name, Offset: -1, Reason: reason, Refused: true})
}

// listReason says why the list of files of a zip archive, which stands at its end, could
// not be read.
func listReason(err error) string {
	if errors.Is(err, zip.ErrFormat) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return "The end of the archive, where its files are listed, is damaged or missing; nothing in it can be read."
	}
	return archiveReason(err)
}

// memberReason says why one file of an archive could not be opened.
func memberReason(err error) string {
	if damaged(err) || errors.Is(err, io.EOF) {
		return unreadable{zip.ErrFormat}.Error()
	}
	return archiveReason(err)
}

// archiveReason says why an archive could not be read, or not to its end.
func archiveReason(err error) string {
	switch {
	case errors.Is(err, errRatio), errors.Is(err, errUnpacked):
		return err.Error()
	case errors.Is(err, errDirectory):
		return errDirectory.Error()
	case errors.Is(err, zip.ErrAlgorithm):
		return "The file is packed in a way that can’t be read here."
	}
	return "The archive is damaged; what comes after this place in it is left out."
}
