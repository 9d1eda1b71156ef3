package action

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"hustings/internal/forum"
	"hustings/internal/postgres"
)

// commentSpool keeps the comments of an import, rendered, in a temporary file until their
// article is written: what the database needs in order to compare and to plan are
// numbers, and texts that went through its temporary tables were written twice. A
// comment's number N is where it stands in the file, in units, so that comments of a
// file rise in its order. The file has no name where the system allows that, and is
// gone with the process.
type commentSpool struct {
	f     *os.File
	named bool   // it has a name still
	tail  []byte // what is not in the file yet
	size  int64  // of the file
	pages [spoolPages]spoolPage
	buf   []byte
}

// spoolPage is a part of the file that was read.
type spoolPage struct {
	no   int64 // from 1; 0: nothing was read
	data []byte
}

const (
	spoolUnit = 16 // bytes
	// spoolMax is how much fits with 32 bits for a number.
	spoolMax = spoolUnit << 32
	// spoolTail is how much waits to be written.
	spoolTail = 256 << 10
	// spoolPages of spoolPageSize are kept of what was read: the comments of one
	// article stand close to each other, but not in the order in which they are
	// written.
	spoolPages    = 64
	spoolPageSize = 16 << 10
)

func newCommentSpool() (*commentSpool, error) {
	f, err := os.CreateTemp("", "hustings-import-")
	if err != nil {
		return nil, noSpool(err)
	}
	s := &commentSpool{f: f, tail: make([]byte, spoolUnit, spoolTail+64<<10)} // 0 is nobody's number
	s.named = os.Remove(f.Name()) != nil
	return s, nil
}

func noSpool(err error) error {
	return &forum.Error{Kind: forum.Unavailable, Err: err,
		Msg: "The import’s temporary file can’t be written or read. Is there room in the folder for temporary files? The setting TMPDIR names another one."}
}

// close forgets everything.
func (s *commentSpool) close() {
	if s == nil {
		return
	}
	s.f.Close() //nolint:errcheck // it is not needed any more
	if s.named {
		os.Remove(s.f.Name()) //nolint:errcheck // likewise
	}
}

// put keeps a comment and gives it its number.
func (s *commentSpool) put(c *postgres.StagedComment) error {
	at := s.size + int64(len(s.tail))
	if at >= spoolMax {
		return noSpool(fmt.Errorf("it holds %d bytes: %w", at, errors.ErrUnsupported))
	}
	c.N = at / spoolUnit
	begin := len(s.tail)
	s.tail = appendStaged(append(s.tail, 0, 0, 0, 0), c)
	binary.LittleEndian.PutUint32(s.tail[begin:], uint32(len(s.tail)-begin-4))
	for len(s.tail)%spoolUnit != 0 {
		s.tail = append(s.tail, 0)
	}
	if len(s.tail) < spoolTail {
		return nil
	}
	return s.flush()
}

func (s *commentSpool) flush() error {
	n, err := s.f.WriteAt(s.tail, s.size)
	if err != nil {
		return noSpool(err)
	}
	s.size += int64(n)
	s.tail = s.tail[:0]
	return nil
}

// get reads the comment with a number.
func (s *commentSpool) get(n int64) (c postgres.StagedComment, err error) {
	if len(s.tail) > 0 {
		if err := s.flush(); err != nil {
			return c, err
		}
	}
	at := n * spoolUnit
	if s.buf, err = s.read(s.buf[:0], at, 4); err != nil {
		return c, err
	}
	length := int(binary.LittleEndian.Uint32(s.buf))
	if s.buf, err = s.read(s.buf[:0], at+4, length); err != nil {
		return c, err
	}
	r := stagedReader{rest: string(s.buf)}
	r.comment(&c)
	if r.failed {
		return c, noSpool(fmt.Errorf("no comment stands at %d", at))
	}
	c.N = n
	return c, nil
}

// each gives all comments in the order of their numbers, and keeps those anew of
// which do says so: they may have got shorter, not longer.
func (s *commentSpool) each(do func(*postgres.StagedComment) (keep bool, err error)) error {
	end := s.size + int64(len(s.tail))
	for n := int64(1); n*spoolUnit < end; {
		c, err := s.get(n)
		if err != nil {
			return err
		}
		room := 4 + int64(len(s.buf))
		keep, err := do(&c)
		if err != nil {
			return err
		}
		if keep {
			if err := s.replace(&c, room); err != nil {
				return err
			}
		}
		n += (room + spoolUnit - 1) / spoolUnit
	}
	return nil
}

// replace writes a comment where it stands, filling its room.
func (s *commentSpool) replace(c *postgres.StagedComment, room int64) error {
	b := appendStaged(make([]byte, 4, room), c)
	if int64(len(b)) > room {
		return noSpool(errors.ErrUnsupported)
	}
	b = b[:room] // what is behind is passed over
	binary.LittleEndian.PutUint32(b, uint32(room-4))
	s.pages = [spoolPages]spoolPage{}
	if _, err := s.f.WriteAt(b, c.N*spoolUnit); err != nil {
		return noSpool(err)
	}
	return nil
}

// read appends n bytes of the file to b.
func (s *commentSpool) read(b []byte, at int64, n int) ([]byte, error) {
	for n > 0 {
		page, err := s.page(at / spoolPageSize)
		if err != nil {
			return b, err
		}
		from := at % spoolPageSize
		if from >= int64(len(page)) {
			return b, noSpool(fs.ErrInvalid)
		}
		part := page[from:min(int64(len(page)), from+int64(n))]
		b, at, n = append(b, part...), at+int64(len(part)), n-len(part)
	}
	return b, nil
}

// page gives a page as far as the file has it.
func (s *commentSpool) page(i int64) ([]byte, error) {
	p := &s.pages[i%spoolPages]
	has := int(min(spoolPageSize, s.size-i*spoolPageSize))
	if p.no == i+1 && len(p.data) >= has || has <= 0 {
		return p.data, nil
	}
	if p.data == nil {
		p.data = make([]byte, spoolPageSize)
	}
	p.no, p.data = 0, p.data[:has]
	if _, err := s.f.ReadAt(p.data, i*spoolPageSize); err != nil {
		return nil, noSpool(err)
	}
	p.no = i + 1
	return p.data, nil
}

// appendStaged writes a comment's fields one after the other, without its number.
func appendStaged(b []byte, c *postgres.StagedComment) []byte {
	for _, n := range []int64{int64(c.Item), int64(c.File), int64(c.Line), int64(c.Policy), c.Ordinal, c.Hash, c.ParentHash} {
		b = binary.AppendVarint(b, n)
	}
	for _, s := range []string{c.Key, c.Parent, c.PortableID, string(c.Kind), string(c.State), c.Branch, c.Format, c.AuthorKey, c.BodyHTML,
		string(c.AuthorMail), string(c.Digest)} {
		b = appendText(b, s)
	}
	for _, s := range []*string{c.Author, textOf(c.AuthorKind), c.AuthorURL, c.Anchor, c.SourceText, c.BodyText} {
		if s == nil {
			b = append(b, 0)
			continue
		}
		b = appendText(append(b, 1), *s)
	}
	for _, t := range []*time.Time{c.CreatedAt, c.EditedAt} {
		if t == nil {
			b = append(b, 0)
			continue
		}
		b = binary.AppendVarint(append(b, 1), t.Unix())
		b = binary.AppendVarint(b, int64(t.Nanosecond()))
	}
	return b
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// stagedReader reads what appendStaged wrote. The texts that it gives are parts of
// one string.
type stagedReader struct {
	rest   string
	failed bool
}

func (r *stagedReader) comment(c *postgres.StagedComment) {
	c.Item, c.File, c.Line, c.Policy = int32(r.number()), int32(r.number()), int32(r.number()), int(r.number())
	c.Ordinal, c.Hash, c.ParentHash = r.number(), r.number(), r.number()
	c.Key, c.Parent, c.PortableID, c.Kind, c.State = r.text(), r.text(), r.text(), forum.CommentKind(r.text()), forum.CommentState(r.text())
	c.Branch, c.Format, c.AuthorKey, c.BodyHTML = r.text(), r.text(), r.text(), r.text()
	if mail := r.text(); mail != "" {
		c.AuthorMail = []byte(mail)
	}
	c.Digest = []byte(r.text())
	c.Author = r.maybe()
	if kind := r.maybe(); kind != nil {
		c.AuthorKind = (*forum.PersonKind)(kind)
	}
	c.AuthorURL, c.Anchor, c.SourceText, c.BodyText = r.maybe(), r.maybe(), r.maybe(), r.maybe()
	c.CreatedAt, c.EditedAt = r.time(), r.time()
}

// unsigned reads a number as binary.AppendUvarint writes it.
func (r *stagedReader) unsigned() (u uint64) {
	for shift := 0; shift < 64 && len(r.rest) > 0; shift += 7 {
		b := r.rest[0]
		r.rest = r.rest[1:]
		u |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return u
		}
	}
	r.failed = true
	return 0
}

func (r *stagedReader) number() int64 {
	u := r.unsigned()
	return int64(u>>1) ^ -int64(u&1)
}

func (r *stagedReader) text() string {
	n := r.unsigned()
	if n > uint64(len(r.rest)) {
		r.failed = true
		return ""
	}
	s := r.rest[:n]
	r.rest = r.rest[n:]
	return s
}

// given reads whether something follows.
func (r *stagedReader) given() bool {
	if r.rest == "" {
		r.failed = true
		return false
	}
	yes := r.rest[0] == 1
	r.rest = r.rest[1:]
	return yes
}

func (r *stagedReader) maybe() *string {
	if !r.given() {
		return nil
	}
	s := r.text()
	return &s
}

func (r *stagedReader) time() *time.Time {
	if !r.given() {
		return nil
	}
	t := time.Unix(r.number(), r.number()).UTC()
	return &t
}
