package action

import (
	"context"
	"io"
	"time"

	"hustings/internal/importer"
	"hustings/internal/postgres"
)

// input makes the input of an import out of what the job says and has received.
func (r *jobRun) input(ctx context.Context) (in ImportInput, err error) {
	j := &r.job
	in = ImportInput{Format: j.Format, Source: j.Source, AsDrafts: j.Drafts, DryRun: j.Wanted == postgres.WantLook}
	if in.Zone, err = time.LoadLocation(j.Zone); err != nil {
		return in, err
	}
	files, err := r.db.FilesForWork(ctx, r.Job)
	for _, f := range files {
		if len(files) > 1 && importer.SavedPiece(f.Name) {
			continue // as in folders that the shell reads
		}
		if f.Address != "" && (f.Size < 0 || in.DryRun) {
			in.Files = append(in.Files, r.addressed(f))
			continue
		}
		in.Files = append(in.Files, ImportFile{Name: f.Name, Size: f.Size, Kept: true, Open: func() (io.ReadCloser, error) {
			return r.db.OpenJobFile(ctx, r.Job, f), nil
		}})
	}
	return in, err
}

// addressed is what stands at an address. It is kept with the job, so that what is
// applied is what was looked at.
func (r *jobRun) addressed(f postgres.JobFile) ImportFile {
	return ImportFile{Name: f.Address, Collect: func(ctx context.Context, yield func(importer.Source) error, problem func(importer.Problem) error) error {
		if r.fetchAddress == nil {
			return problem(importer.Problem{File: f.Address, Offset: -1, Refused: true, Reason: "Addresses can’t be imported here: please save the page as a file first."})
		}
		content, err := r.fetchAddress(ctx, f.Address)
		if err != nil {
			return refuseAddress(ctx, err, f.Address, problem)
		}
		defer content.Close() //nolint:errcheck // it was only read
		if err := r.keep(ctx, f, content); err != nil {
			return refuseAddress(ctx, err, f.Address, problem)
		}
		if _, err := content.Seek(0, io.SeekStart); err != nil {
			return err
		}
		return importer.Unpack(ctx, importer.Source{Name: f.Address, R: content}, yield, problem)
	}}
}

// keep stores what stands at an address in place of what stood there before.
func (r *jobRun) keep(ctx context.Context, f postgres.JobFile, content io.Reader) error {
	err := r.db.Do(ctx, func(ctx context.Context, tx *postgres.Tx) error { return tx.EmptyJobFile(ctx, r.Job, f.Number) })
	if err != nil {
		return err
	}
	buf := make([]byte, postgres.ChunkBytes)
	n, err := fill(content, buf)
	if err != nil {
		return err
	}
	return r.receive(ctx, r.Job, f.Number, buf, n, content)
}
