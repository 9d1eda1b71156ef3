package action

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"hustings/internal/forum"
	"hustings/internal/postgres"
)

// importSpool keeps the articles and comments of an import, rendered, in a temporary
// file until they are written: what the database needs in order to compare and to
// plan are numbers, and texts that went through its temporary tables were written
// twice. The number of a record is where it stands in the file, in units, so that
// those of a file rise in its order. The file has no name where the system allows
// that, and is gone with the process.
//
// It is not safe for use by several goroutines.
type importSpool struct {
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

// What a record is: its first byte.
const (
	spooledComment byte = iota + 1
	spooledArticle
)

func newImportSpool() (*importSpool, error) {
	f, err := os.CreateTemp("", "hustings-import-")
	if err != nil {
		return nil, noSpool(err)
	}
	s := &importSpool{f: f, tail: make([]byte, spoolUnit, spoolTail+64<<10)} // 0 is nobody's number
	s.named = os.Remove(f.Name()) != nil
	return s, nil
}

func noSpool(err error) error {
	return &forum.Error{Kind: forum.Unavailable, Err: err,
		Msg: "The import’s temporary file can’t be written or read. Is there room in the folder for temporary files? The setting TMPDIR names another one."}
}

// close forgets everything.
func (s *importSpool) close() {
	s.f.Close() //nolint:errcheck // it is not needed any more
	if s.named {
		os.Remove(s.f.Name()) //nolint:errcheck // likewise
	}
}

// put keeps a comment and gives it its number.
func (s *importSpool) put(c *postgres.StagedComment) (err error) {
	c.N, err = s.append(spooledComment, func(b []byte) []byte { return appendComment(b, c) })
	return err
}

// putArticle keeps what an article says, and gives its number.
func (s *importSpool) putArticle(a *postgres.ArticleBody) (n int64, err error) {
	return s.append(spooledArticle, func(b []byte) []byte { return appendArticle(b, a) })
}

func (s *importSpool) append(kind byte, record func([]byte) []byte) (n int64, err error) {
	at := s.size + int64(len(s.tail))
	if at >= spoolMax {
		return 0, noSpool(fmt.Errorf("it holds %d bytes: %w", at, errors.ErrUnsupported))
	}
	begin := len(s.tail)
	s.tail = record(append(s.tail, 0, 0, 0, 0, kind))
	binary.LittleEndian.PutUint32(s.tail[begin:], uint32(len(s.tail)-begin-4))
	for len(s.tail)%spoolUnit != 0 {
		s.tail = append(s.tail, 0)
	}
	if len(s.tail) < spoolTail {
		return at / spoolUnit, nil
	}
	return at / spoolUnit, s.flush()
}

func (s *importSpool) flush() error {
	n, err := s.f.WriteAt(s.tail, s.size)
	if err != nil {
		return noSpool(err)
	}
	s.size += int64(n)
	s.tail = s.tail[:0]
	return nil
}

// eachComment gives all comments in the order of their numbers, and keeps those anew
// of which do says so: they may have got shorter, not longer.
func (s *importSpool) eachComment(do func(*postgres.StagedComment) (keep bool, err error)) error {
	end := s.size + int64(len(s.tail))
	var err error
	for n := int64(1); n*spoolUnit < end && err == nil; {
		var record string
		if record, err = s.record(n); err != nil {
			break
		}
		if record[0] == spooledComment {
			err = s.revise(n, record, do)
		}
		n += (4 + int64(len(record)) + spoolUnit - 1) / spoolUnit
	}
	return err
}

func (s *importSpool) revise(n int64, record string, do func(*postgres.StagedComment) (keep bool, err error)) error {
	c, err := commentIn(n, record)
	if err != nil {
		return err
	}
	keep, err := do(&c)
	if err != nil || !keep {
		return err
	}
	b := appendComment([]byte{spooledComment}, &c)
	if len(b) > len(record) {
		return noSpool(errors.ErrUnsupported)
	}
	b = append(b, make([]byte, len(record)-len(b))...) // which nobody reads
	s.pages = [spoolPages]spoolPage{}                  // forgets what was read
	if _, err := s.f.WriteAt(b, n*spoolUnit+4); err != nil {
		return noSpool(err)
	}
	return nil
}

// get reads the comment with a number.
func (s *importSpool) get(n int64) (c postgres.StagedComment, err error) {
	record, err := s.record(n)
	if err != nil {
		return c, err
	}
	return commentIn(n, record)
}

// article reads what an article says.
func (s *importSpool) article(n int64) (a postgres.ArticleBody, err error) {
	record, err := s.record(n)
	if err != nil {
		return a, err
	}
	r := spoolReader{rest: record[1:], failed: record[0] != spooledArticle}
	r.article(&a)
	return a, r.err(n)
}

func commentIn(n int64, record string) (c postgres.StagedComment, err error) {
	r := spoolReader{rest: record[1:], failed: record[0] != spooledComment}
	r.comment(&c)
	c.N = n
	return c, r.err(n)
}

// record reads one, beginning with what it is.
func (s *importSpool) record(n int64) (_ string, err error) {
	if len(s.tail) > 0 {
		if err := s.flush(); err != nil {
			return "", err
		}
	}
	at := n * spoolUnit
	if s.buf, err = s.read(s.buf[:0], at, 4); err != nil {
		return "", err
	}
	length := int(binary.LittleEndian.Uint32(s.buf))
	if s.buf, err = s.read(s.buf[:0], at+4, length); err != nil {
		return "", err
	}
	if length == 0 {
		return "", noSpool(fs.ErrInvalid)
	}
	return string(s.buf), nil
}

// read appends n bytes of the file to b.
func (s *importSpool) read(b []byte, at int64, n int) ([]byte, error) {
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
func (s *importSpool) page(i int64) ([]byte, error) {
	p := &s.pages[i%spoolPages]
	has := max(int(min(spoolPageSize, s.size-i*spoolPageSize)), 0)
	if p.no == i+1 && len(p.data) >= has {
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
