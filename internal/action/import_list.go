package action

import (
	"context"

	"hustings/internal/importer"
	"hustings/internal/postgres"
)

const (
	// maxListed is how many findings of each kind the report of an import lists. A
	// job keeps all of them, in the database.
	maxListed = 20_000
	// findingBatch is how many of them are held back on their way there.
	findingBatch = 500
)

// list takes the findings out of a report and adds them to the import's, and to
// the job's where there is one. They are found anew by a run that goes on; those of
// an article that is written are kept with it instead, by endPart.
func (im *importing) list(ctx context.Context, r *importer.Report) error {
	if im.run.Job != 0 {
		im.waiting = append(im.waiting, im.findings(r)...)
	}
	im.listHere(r)
	if len(im.waiting) < findingBatch {
		return nil
	}
	return im.keepFindings(ctx)
}

// listHere takes the findings out of a report and adds them to the import's, as
// long as there is room.
func (im *importing) listHere(r *importer.Report) {
	im.countFindings(r)
	im.out.Repairs = im.listed(im.out.Repairs, r.Repairs)
	im.out.Refused = im.listed(im.out.Refused, r.Refused)
	im.out.Conflicts = im.listed(im.out.Conflicts, r.Conflicts)
	r.Repairs, r.Refused, r.Conflicts = nil, nil, nil
}

func (im *importing) listed(to, more []importer.Finding) []importer.Finding {
	room := min(max(maxListed-len(to), 0), len(more))
	im.out.Unlisted += len(more) - room
	return append(to, more[:room]...)
}

// countFindings counts a report's findings by file.
func (im *importing) countFindings(r *importer.Report) {
	for _, f := range r.Refused {
		im.fileOf(f.File).Refused++
	}
	for _, f := range r.Repairs {
		if f.Note {
			im.fileOf(f.File).Noted++
		} else {
			im.fileOf(f.File).Repaired++
		}
	}
	for _, f := range r.Conflicts {
		im.fileOf(f.File).Conflicts++
	}
}

// findings are those of a report as a job keeps them.
func (im *importing) findings(r *importer.Report) []postgres.ImportFinding {
	list := make([]postgres.ImportFinding, 0, len(r.Repairs)+len(r.Refused)+len(r.Conflicts))
	for _, kind := range []struct {
		kind postgres.FindingKind
		list []importer.Finding
	}{{postgres.FindingRefused, r.Refused}, {postgres.FindingConflict, r.Conflicts}, {postgres.FindingRepair, r.Repairs}} {
		for _, f := range kind.list {
			list = append(list, postgres.ImportFinding{
				Kind: kind.kind, FileNo: im.fileNo(f.File), File: f.File, Line: int64(f.Line), Column: int64(f.Column), Byte: f.Byte,
				ID: f.ID, Reason: f.Reason, Excerpt: f.Excerpt, Ours: f.Ours, Comment: f.Comment,
			})
		}
	}
	return list
}

// fileNo numbers the files in the order in which they came up, the same in every
// run.
func (im *importing) fileNo(name string) int {
	no := im.fileNos[name]
	if no == 0 {
		no = len(im.fileNos) + 1
		im.fileNos[name] = no
	}
	return no
}

// keepFindings writes those that wait.
func (im *importing) keepFindings(ctx context.Context) error {
	if len(im.waiting) == 0 {
		return nil
	}
	list := im.waiting
	im.waiting = im.waiting[:0]
	return im.session.Do(ctx, func(ctx context.Context, tx *postgres.Tx) error {
		return tx.AddFindings(ctx, im.run.Job, false, list)
	})
}

// recall lists what an earlier run of the job has found in the articles that it
// finished.
func (im *importing) recall(ctx context.Context) error {
	if im.run.Job == 0 {
		return nil
	}
	return im.session.Do(ctx, func(ctx context.Context, tx *postgres.Tx) error {
		return tx.PartFindings(ctx, im.run.Job, func(f postgres.ImportFinding) {
			var r importer.Report
			list := []importer.Finding{reported(f)}
			switch f.Kind {
			case postgres.FindingRefused:
				r.Refused = list
			case postgres.FindingConflict:
				r.Conflicts = list
			case postgres.FindingRepair:
				r.Repairs = list
			}
			im.listHere(&r)
		})
	})
}

// reported is a finding of a job as reports have it.
func reported(f postgres.ImportFinding) importer.Finding {
	return importer.Finding{File: f.File, Line: int(f.Line), Column: int(f.Column), Byte: f.Byte, ID: f.ID, Reason: f.Reason,
		Excerpt: f.Excerpt, Ours: f.Ours, Comment: f.Comment, Note: f.Kind == postgres.FindingRepair && importer.IsNote(f.Reason)}
}
