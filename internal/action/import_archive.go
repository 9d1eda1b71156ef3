package action

import (
	"context"

	"hustings/internal/importer"
)

// readFile stages one file, each file of an archive, or what is collected. What
// cannot be opened or taken apart is refused in the report; the error is that of
// the database or of ctx.
func (im *importing) readFile(ctx context.Context, f ImportFile) error {
	said := false
	stage := func(src importer.Source) error {
		said = true
		return im.stageFile(ctx, src)
	}
	refuse := func(p importer.Problem) error {
		said = true
		report := importer.NewReport("", p.File)
		report.Add(p)
		return im.merge(ctx, report)
	}
	if f.Collect != nil {
		err := f.Collect(ctx, stage, refuse)
		if err == nil && !said {
			err = refuse(importer.Problem{File: f.Name, Offset: -1, Refused: true, Reason: "Nothing was found at this address."})
		}
		return err
	}
	opened, err := f.Open()
	if err != nil {
		return im.stageFile(ctx, importer.Source{Name: f.Name})
	}
	defer opened.Close() //nolint:errcheck // it was only read
	in := im.counted(opened)
	err = importer.Unpack(ctx, importer.Source{Name: f.Name, R: in}, stage, refuse)
	if ours := in.failed(); f.Kept && ours != nil {
		return ours
	}
	if err == nil && !said {
		err = refuse(importer.Problem{File: f.Name, Offset: -1, Refused: true, Reason: "There is no file in the archive."})
	}
	return err
}

// stageFile stages the records of one file; in is nil when it could not be opened.
func (im *importing) stageFile(ctx context.Context, src importer.Source) error {
	report, err := im.stage.file(ctx, src)
	if err != nil {
		return err
	}
	return im.merge(ctx, report)
}

// merge adds the report of a file. One that nobody could read has no format, and
// that does not count.
func (im *importing) merge(ctx context.Context, report importer.Report) error {
	im.out.Format = mergedFormat(im.out.Format, report.Format)
	im.out.Files = append(im.out.Files, report.Files...)
	for _, name := range report.Files {
		im.fileOf(name).Format = report.Format
	}
	return im.list(ctx, &report)
}

// fileOf is where what came of a file is counted; of one too many that is nowhere.
func (im *importing) fileOf(name string) *ImportedFile {
	at, ok := im.each[name]
	switch {
	case ok:
		return &im.out.Each[at]
	case len(im.out.Each) >= maxEach:
		return &ImportedFile{}
	}
	im.each[name] = len(im.out.Each)
	im.out.Each = append(im.out.Each, ImportedFile{Name: name})
	return &im.out.Each[im.each[name]]
}
