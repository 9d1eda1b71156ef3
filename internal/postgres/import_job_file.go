package postgres

import (
	"context"
	"errors"
	"io"

	"hustings/internal/forum"
)

// ChunkBytes is the size of the pieces in which a file of an import is kept; all
// but the last have it.
const ChunkBytes = 1 << 20

// JobFile is a file of an import, or the address of one.
type JobFile struct {
	Number  int    // from 1, in the order of the import
	Name    string // as people know it
	Size    int64  // bytes; -1: unknown, of an address that was not yet read or a file of the shell
	SHA256  []byte // nil where the size is unknown
	Address string // "": a file
}

// JobFiles lists the files of an import that have arrived whole, in order; none
// for all but admins.
func (db *DB) JobFiles(ctx context.Context, v forum.Viewer, id JobID) ([]JobFile, error) {
	if !v.Administers() {
		return nil, nil
	}
	return db.FilesForWork(ctx, id)
}

// FilesForWork is JobFiles for a worker.
func (db *DB) FilesForWork(ctx context.Context, id JobID) (list []JobFile, err error) {
	defer wrap(&err, "files of import %d", id)
	rows, err := db.pool.Query(ctx, `select number, name, coalesce(size, -1), sha256, coalesce(address, '') from import_file
		where job_id = $1 and (size is not null or address is not null or (select shell from import_job where id = $1)) order by number`, id)
	if err != nil {
		return nil, translate(err)
	}
	for rows.Next() {
		var f JobFile
		if err := rows.Scan(&f.Number, &f.Name, &f.Size, &f.SHA256, &f.Address); err != nil {
			return nil, translate(err)
		}
		list = append(list, f)
	}
	return list, translate(rows.Err())
}

// AddJobFile begins a file of an import that receives; its content follows with
// AddJobChunk, and EndJobFile makes it whole. Other files may arrive at the same
// time.
func (t *Tx) AddJobFile(ctx context.Context, id JobID, name, address string) (number int, err error) {
	defer wrap(&err, "add a file to import %d", id)
	err = t.QueryRow(ctx, `insert into import_file (job_id, number, name, address)
		select $1, coalesce(max(number), 0) + 1, $2, $3 from import_file where job_id = $1 returning number`,
		id, name, orNull(address)).Scan(&number)
	if err != nil {
		return 0, translate(err)
	}
	_, err = t.Exec(ctx, `update import_job set files_until = now() + interval '1 day' where id = $1`, id)
	return number, translate(err)
}

// JobBytes is the size of what an import has received, files that are still
// arriving included.
func (db *DB) JobBytes(ctx context.Context, id JobID) (n int64, err error) {
	err = db.pool.QueryRow(ctx, `select coalesce(sum(octet_length(content)), 0) from import_chunk where job_id = $1`, id).Scan(&n)
	return n, translate(err)
}

// AddJobChunk stores the next piece of a file, number from 0.
func (db *DB) AddJobChunk(ctx context.Context, id JobID, file, number int, content []byte) (err error) {
	defer wrap(&err, "add piece %d of file %d of import %d", number, file, id)
	_, err = db.pool.Exec(ctx, `insert into import_chunk (job_id, file, number, content) values ($1, $2, $3, $4)`, id, file, number, content)
	return translate(err)
}

// EndJobFile says that a file has arrived whole.
func (t *Tx) EndJobFile(ctx context.Context, id JobID, file int, size int64, sha256 []byte) (err error) {
	defer wrap(&err, "end file %d of import %d", file, id)
	_, err = t.Exec(ctx, `update import_file set size = $3, sha256 = $4 where job_id = $1 and number = $2`, id, file, size, sha256)
	if err != nil {
		return translate(err)
	}
	_, err = t.Exec(ctx, `update import_job set bytes_of = (select coalesce(sum(size), 0) from import_file where job_id = $1) where id = $1`, id)
	return translate(err)
}

// EmptyJobFile lets go of the content of a file that is about to arrive anew.
func (t *Tx) EmptyJobFile(ctx context.Context, id JobID, file int) error {
	_, err := t.Exec(ctx, `delete from import_chunk where job_id = $1 and file = $2`, id, file)
	return translate(err)
}

// DropJobFile takes a file out of an import.
func (t *Tx) DropJobFile(ctx context.Context, id JobID, file int) (err error) {
	defer wrap(&err, "drop file %d of import %d", file, id)
	if _, err = t.Exec(ctx, `delete from import_file where job_id = $1 and number = $2`, id, file); err != nil {
		return translate(err)
	}
	_, err = t.Exec(ctx, `update import_job set bytes_of = (select coalesce(sum(size), 0) from import_file where job_id = $1) where id = $1`, id)
	return translate(err)
}

// DropJobContent lets go of what an import has received. The names of its files
// stay.
func (t *Tx) DropJobContent(ctx context.Context, id JobID) error {
	if _, err := t.Exec(ctx, `delete from import_chunk where job_id = $1`, id); err != nil {
		return translate(err)
	}
	_, err := t.Exec(ctx, `update import_job set files_until = now() where id = $1`, id)
	return translate(err)
}

// SweepJobs lets go of what imports have received and nobody used for a day:
// those that never brought anything go entirely, of the others the files.
func (t *Tx) SweepJobs(ctx context.Context) (err error) {
	defer wrap(&err, "sweep imports")
	const over = `files_until < now() and not shell and state in ('receiving', 'found', 'done', 'failed', 'cancelled', 'undone')`
	if _, err = t.Exec(ctx, `delete from import_job where `+over+` and applied_at is null`); err != nil {
		return translate(err)
	}
	_, err = t.Exec(ctx, `delete from import_chunk where job_id in (select id from import_job where `+over+`)`)
	return translate(err)
}

// JobContent reads a file of an import, a piece at a time. It can be read at any
// place, as archives are. Errors are the database's.
type JobContent struct {
	ctx  context.Context //nolint:containedctx // io.Reader has no room for it
	db   *DB
	job  JobID
	file JobFile
	at   int64
	have int // the piece in memory; -1: none
	part []byte
}

// OpenJobFile opens a file of an import for reading. ctx is that of all its
// reads.
func (db *DB) OpenJobFile(ctx context.Context, id JobID, file JobFile) *JobContent {
	return &JobContent{ctx: ctx, db: db, job: id, file: file, have: -1}
}

// Read reads on from where the last one ended.
func (c *JobContent) Read(p []byte) (int, error) {
	n, err := c.once(p, c.at)
	c.at += int64(n)
	return n, err
}

// ReadAt reads from any place.
func (c *JobContent) ReadAt(p []byte, off int64) (n int, err error) {
	for n < len(p) && err == nil {
		var m int
		m, err = c.once(p[n:], off+int64(n))
		n += m
	}
	if n == len(p) {
		return n, nil
	}
	return n, err
}

// once reads from one piece.
func (c *JobContent) once(p []byte, off int64) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if off < 0 || off >= c.file.Size {
		return 0, io.EOF
	}
	if err := c.fetch(int(off / ChunkBytes)); err != nil {
		return 0, err
	}
	from := int(off % ChunkBytes)
	if from >= len(c.part) {
		return 0, io.ErrUnexpectedEOF
	}
	return copy(p, c.part[from:]), nil
}

func (c *JobContent) fetch(number int) error {
	if c.have == number {
		return nil
	}
	c.have = -1
	err := c.db.pool.QueryRow(c.ctx, `select content from import_chunk where job_id = $1 and file = $2 and number = $3`,
		c.job, c.file.Number, number).Scan(&c.part)
	if err != nil {
		return notFound(err, "The files of this import are no longer kept: that is done for a day. Please send them again.")
	}
	c.have = number
	return nil
}

// Seek moves the place of the next Read.
func (c *JobContent) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += c.at
	case io.SeekEnd:
		offset += c.file.Size
	}
	if offset < 0 {
		return 0, errors.New("seek before the beginning")
	}
	c.at = offset
	return offset, nil
}

// Close lets go of the piece in memory.
func (c *JobContent) Close() error {
	c.part, c.have = nil, -1
	return nil
}
