package action

import (
	"context"
	"io"

	"hustings/internal/importer"
)

// readFile stages one file, or each file of an archive. One that cannot be opened
// or taken apart is refused in the report; the error is that of the database or of
// ctx.
func (im *importing) readFile(ctx context.Context, f ImportFile) error {
	in, err := f.Open()
	if err != nil {
		return im.stageFile(ctx, f.Name, nil)
	}
	defer in.Close() //nolint:errcheck // it was only read
	said := false
	err = importer.Unpack(ctx, importer.Source{Name: f.Name, R: in}, func(src importer.Source) error {
		said = true
		return im.stageFile(ctx, src.Name, src.R)
	}, func(p importer.Problem) error {
		said = true
		report := importer.NewReport("", p.File)
		report.Add(p)
		im.merge(report)
		return nil
	})
	if err == nil && !said {
		report := importer.NewReport("", f.Name)
		report.Add(importer.Problem{File: f.Name, Refused: true, Reason: "There is no file in the archive."})
		im.merge(report)
	}
	return err
}

// stageFile stages the records of one file; in is nil when it could not be opened.
func (im *importing) stageFile(ctx context.Context, name string, in io.Reader) error {
	report, err := im.stage.file(ctx, name, in)
	if err == nil {
		im.merge(report)
	}
	return err
}

// merge adds the report of a file. One that nobody could read has no format, and
// that does not count.
func (im *importing) merge(report importer.Report) {
	report.Format = mergedFormat(im.out.Format, report.Format)
	im.out.Format = report.Format
	im.out.Merge(report)
}
