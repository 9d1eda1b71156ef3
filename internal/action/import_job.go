package action

import (
	"context"
	"encoding/json"
	"time"
	"unicode/utf8"

	"hustings/internal/forum"
	"hustings/internal/importer"
	"hustings/internal/markup"
	"hustings/internal/postgres"
)

// ImportWork is the kind of work that OnWork hears of when an import waits.
const ImportWork = "imports"

// OnWork registers what is told that work of a kind waits for a worker: an
// accelerator, for workers of other processes find it by looking. It must not
// block, and be registered before the first request.
func (a *Actions) OnWork(hear func(kind string)) { a.hearWork = hear }

func (a *Actions) workWaits(kind string) {
	if a.hearWork != nil {
		a.hearWork(kind)
	}
}

// StartImport begins an import, which then receives its files with AddImportFile
// and AddImportAddress until LookImport.
func (a *Actions) StartImport(ctx context.Context, v forum.Viewer, o postgres.JobOptions) (id postgres.JobID, err error) {
	if err := forum.CanAdminister(v); err != nil {
		return 0, err
	}
	if err := checkJobOptions(&o); err != nil {
		return 0, err
	}
	err = a.db.Do(ctx, func(ctx context.Context, tx *postgres.Tx) error {
		if err := tx.SweepJobs(ctx); err != nil {
			return err
		}
		id, err = tx.AddJob(ctx, v.ID, o)
		return err
	})
	return id, err
}

// checkJobOptions fills in what was left open and refuses what there is not.
func checkJobOptions(o *postgres.JobOptions) error {
	o.Source = markup.CleanLine(o.Source)
	if utf8.RuneCountInString(o.Source) > maxSourceChars {
		return forum.FieldError("source", "The name of a source has at most %d characters.", maxSourceChars)
	}
	if o.Format == "" {
		o.Format = "auto"
	}
	if o.Format != "auto" {
		if _, err := importer.ByName(o.Format); err != nil {
			return forum.FieldError("format", "There is no format %q; auto finds those that can be read.", o.Format)
		}
	}
	if o.Zone == "" {
		o.Zone = "UTC"
	}
	if _, err := time.LoadLocation(o.Zone); err != nil || o.Zone == "Local" {
		return forum.FieldError("zone", "There is no time zone %q; they have names like Europe/London.", o.Zone)
	}
	return nil
}

// ChooseForImport changes the options of an import that has changed nothing yet.
// What was found with the old ones is found anew.
func (a *Actions) ChooseForImport(ctx context.Context, v forum.Viewer, id postgres.JobID, o postgres.JobOptions) error {
	if err := checkJobOptions(&o); err != nil {
		return err
	}
	return a.changeJob(ctx, v, id, func(ctx context.Context, tx *postgres.Tx, j postgres.ImportJob) error {
		if j.AppliedAt != nil || j.State != postgres.JobReceiving && j.State != postgres.JobFound {
			return forum.NewError(forum.Conflict, "What was chosen for this import can’t be changed any more.")
		}
		if err := tx.ChooseForJob(ctx, id, o); err != nil {
			return err
		}
		if j.State == postgres.JobFound {
			return tx.QueueJob(ctx, id, postgres.WantLook)
		}
		return nil
	})
}

// changeJob lets an admin change an import that nobody else changes meanwhile.
func (a *Actions) changeJob(ctx context.Context, v forum.Viewer, id postgres.JobID, act func(context.Context, *postgres.Tx, postgres.ImportJob) error) error {
	if err := forum.CanAdminister(v); err != nil {
		return err
	}
	err := a.db.Do(ctx, func(ctx context.Context, tx *postgres.Tx) error {
		j, err := tx.HoldJob(ctx, id)
		if err != nil {
			return err
		}
		return act(ctx, tx, j)
	})
	if err == nil {
		a.workWaits(ImportWork)
	}
	return err
}

// LookImport has an import's files looked at: what would be done is found out and
// nothing is changed. Asked again while that waits or is done, it does nothing
// more; an import that was looked at is looked at again.
func (a *Actions) LookImport(ctx context.Context, v forum.Viewer, id postgres.JobID) error {
	return a.changeJob(ctx, v, id, func(ctx context.Context, tx *postgres.Tx, j postgres.ImportJob) error {
		switch {
		case j.Wanted == postgres.WantLook && (j.State == postgres.JobWaiting || j.State == postgres.JobLooking):
			return nil
		case j.State != postgres.JobReceiving && j.State != postgres.JobFound && (j.Wanted != postgres.WantLook || j.State != postgres.JobFailed && j.State != postgres.JobCancelled):
			return forum.NewError(forum.Conflict, "This import has begun already.")
		case j.FilesGone:
			return errFilesGone
		case j.Files == 0:
			return forum.FieldError("file", "Please choose a file or paste a text: there was nothing to import.")
		}
		return tx.QueueJob(ctx, id, postgres.WantLook)
	})
}

var errFilesGone = forum.NewError(forum.Gone, "The files of this import are no longer kept: that is done for a day. Please send them again.")

// ApplyImport carries out what was found. Asked again while that waits, is under
// way or is done, it does nothing more. Where another import has changed something
// since the files were looked at the error is Conflict: what was found may not be
// what would be done.
func (a *Actions) ApplyImport(ctx context.Context, v forum.Viewer, id postgres.JobID) error {
	return a.changeJob(ctx, v, id, func(ctx context.Context, tx *postgres.Tx, j postgres.ImportJob) error {
		switch {
		case j.Wanted == postgres.WantApply && (j.State == postgres.JobWaiting || j.State == postgres.JobApplying || j.State == postgres.JobDone):
			return nil
		case j.State != postgres.JobFound:
			return forum.NewError(forum.Conflict, "Please have the files looked at before they are imported.")
		case j.FilesGone:
			return errFilesGone
		case j.Outdated:
			return forum.NewError(forum.Conflict, "Another import has changed something here since these files were looked at. Please look at them again.")
		}
		return tx.QueueJob(ctx, id, postgres.WantApply)
	})
}

// CancelImport stops an import. What it has brought so far stays, whole articles
// each; ResumeImport goes on from there and UndoImport takes it back. One that is
// not at work is left as it is.
func (a *Actions) CancelImport(ctx context.Context, v forum.Viewer, id postgres.JobID) error {
	return a.changeJob(ctx, v, id, func(ctx context.Context, tx *postgres.Tx, j postgres.ImportJob) error {
		switch j.State {
		case postgres.JobWaiting, postgres.JobLooking, postgres.JobApplying, postgres.JobUndoing:
			return tx.StopJob(ctx, j)
		}
		return nil
	})
}

// ResumeImport goes on with an import that was cancelled or has failed.
func (a *Actions) ResumeImport(ctx context.Context, v forum.Viewer, id postgres.JobID) error {
	return a.changeJob(ctx, v, id, func(ctx context.Context, tx *postgres.Tx, j postgres.ImportJob) error {
		switch {
		case j.State == postgres.JobWaiting, j.State == postgres.JobLooking, j.State == postgres.JobApplying, j.State == postgres.JobUndoing:
			return nil
		case j.State != postgres.JobCancelled && j.State != postgres.JobFailed:
			return forum.NewError(forum.Conflict, "This import is not one that was stopped.")
		case j.Shell && j.Wanted != postgres.WantUndo:
			return forum.NewError(forum.Conflict, "This import was begun in the shell and goes on there, when the same command is given again.")
		case j.FilesGone && j.Wanted != postgres.WantUndo:
			return errFilesGone
		}
		return tx.QueueJob(ctx, id, j.Wanted)
	})
}

// UndoImport takes back what an import has brought, as far as nobody has touched
// it since. Asked again while that is under way or done, it does nothing more.
func (a *Actions) UndoImport(ctx context.Context, v forum.Viewer, id postgres.JobID) error {
	return a.changeJob(ctx, v, id, func(ctx context.Context, tx *postgres.Tx, j postgres.ImportJob) error {
		if err := a.queueUndo(ctx, tx, j); err != nil {
			return err
		}
		return tx.UndoAskedBy(ctx, id, v.ID)
	})
}

// DiscardImport forgets an import that has changed nothing, with its files, or
// the files of one that has: what it brought, and that it did, is kept.
func (a *Actions) DiscardImport(ctx context.Context, v forum.Viewer, id postgres.JobID) error {
	return a.changeJob(ctx, v, id, func(ctx context.Context, tx *postgres.Tx, j postgres.ImportJob) error {
		switch {
		case j.State == postgres.JobLooking, j.State == postgres.JobApplying, j.State == postgres.JobUndoing:
			return forum.NewError(forum.Conflict, "This import is still under way. Please cancel it first.")
		case j.AppliedAt == nil:
			return tx.ForgetJob(ctx, id)
		}
		return tx.DropJobContent(ctx, id)
	})
}

// JobReport reads what an import has reported so far: what would be done, where
// it was looked at, and what was done, where it is done. ok is false before that.
// The findings are not in it; postgres.DB.Findings has them.
func JobReport(j postgres.ImportJob) (done Imported, ok bool) {
	if j.Report == nil || json.Unmarshal(j.Report, &done.Report) != nil {
		return done, false
	}
	done.Job = int64(j.ID)
	var lists jobLists
	if j.Links != nil && json.Unmarshal(j.Links, &lists) != nil {
		return done, false
	}
	done.Links, done.Each = lists.Articles, lists.Files
	return done, true
}
