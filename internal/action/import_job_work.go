package action

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"sync"
	"time"

	"hustings/internal/forum"
	"hustings/internal/importer"
	"hustings/internal/postgres"
)

const (
	// beatEvery is how often a run renews its hold of a job and notes its progress.
	beatEvery = time.Second
	// maxMissedBeats is how many of them may fail before the run gives up: its hold
	// would soon be over.
	maxMissedBeats = 12
)

// errJobCancelled is why a run ends that a person cancelled.
var errJobCancelled = forum.NewError(forum.Conflict, "The import was cancelled in the browser. The same command goes on with it.")

// errProgram is why an import fails that meets a fault of the program.
var errProgram = forum.NewError(forum.Unavailable, "Something went wrong that is not the files’ fault. The server’s log says more.")

// AddressFetcher gets what stands at an address. Its error is a forum.Error, ctx's,
// or that of the disk.
type AddressFetcher func(ctx context.Context, address string) (io.ReadSeekCloser, error)

// OnAddress registers what fetches the addresses that imports are given. Without it
// they are refused in the report. It is registered before the first request.
func (a *Actions) OnAddress(fetch AddressFetcher) { a.fetchAddress = fetch }

// WorkImports carries out the next import that waits in the browser, or goes on
// with one whose process has gone. worked is false where there is none. Which end
// it comes to stands in the job; the error is that of the database, or ctx's.
func (a *Actions) WorkImports(ctx context.Context) (worked bool, err error) {
	due, err := a.db.HasDueJob(ctx)
	if err != nil || !due {
		return false, err
	}
	session, err := a.db.ImportSession(ctx)
	if err != nil {
		return false, err
	}
	defer session.Close(ctx)
	worker := rand.Text()
	j, ok, err := session.ClaimJob(ctx, worker)
	if err != nil || !ok {
		return false, err
	}
	_, err = a.carryOut(ctx, session, worker, j, ImportInput{})
	return true, err
}

// SweepImports lets go of what imports have received and nobody used for a day.
func (a *Actions) SweepImports(ctx context.Context) (more bool, err error) {
	return false, a.db.Do(ctx, func(ctx context.Context, tx *postgres.Tx) error { return tx.SweepJobs(ctx) })
}

// jobRun is the work of this process on one job.
type jobRun struct {
	*Actions
	postgres.JobRun
	job     postgres.ImportJob
	session *postgres.ImportSession
	mu      sync.Mutex
	at      postgres.JobProgress
	stop    context.CancelCauseFunc
	beaten  chan struct{} // closed when no beat follows
}

// carryOut does what a job wants done and writes how it ended. in is the input of
// an import of the shell; that of others stands in the database.
func (a *Actions) carryOut(ctx context.Context, session *postgres.ImportSession, worker string, j postgres.ImportJob, in ImportInput) (*Imported, error) {
	r := &jobRun{Actions: a, JobRun: postgres.JobRun{Job: j.ID, Worker: worker}, job: j, session: session, beaten: make(chan struct{})}
	r.at = postgres.JobProgress{BytesOf: j.BytesOf}
	running, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	r.stop = stop
	beats, quiet := context.WithCancel(running)
	go r.beat(beats)
	end, im, err := r.carefully(running, in)
	quiet()
	<-r.beaten
	if cause := context.Cause(running); cause != nil && err != nil {
		err = cause
	}
	if err = r.end(ctx, end, im, err); im == nil || err != nil {
		return nil, err
	}
	im.out.Job = int64(j.ID)
	return &im.out, nil
}

// carefully does the work. A file that is too much for its reader makes this job
// fail, at once and for good, and nothing else.
func (r *jobRun) carefully(ctx context.Context, in ImportInput) (end postgres.JobEnd, im *importing, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			r.log.Error("panic", "import", r.Job, "cause", fmt.Sprint(cause), "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", cause)
		}
	}()
	return r.work(ctx, in)
}

// work does it. What it gives as the end is that of a run that came to it.
func (r *jobRun) work(ctx context.Context, in ImportInput) (end postgres.JobEnd, im *importing, err error) {
	if r.job.Wanted == postgres.WantUndo {
		end, err = r.undo(ctx, in.Progress)
		return end, nil, err
	}
	if !r.job.Shell {
		if in, err = r.input(ctx); err != nil {
			return end, nil, err
		}
	}
	err = r.db.Do(ctx, func(ctx context.Context, tx *postgres.Tx) error { return tx.ForgetFindings(ctx, r.Job) })
	if err != nil {
		return end, nil, err
	}
	hear := in.Progress
	in.Progress = func(p ImportProgress) {
		r.note(postgres.JobProgress{Bytes: p.Bytes, BytesOf: p.BytesOf, Records: int64(p.Records),
			Articles: int64(p.Articles), ArticlesOf: int64(p.Of), Comments: int64(p.Comments)})
		if hear != nil {
			hear(p)
		}
	}
	im, err = r.bring(ctx, r.session, r.JobRun, r.job.OwnerID, in)
	if err != nil {
		return end, im, err
	}
	end.State = postgres.JobDone
	if in.DryRun {
		end.State = postgres.JobFound
	}
	return end, im, im.ended(&end)
}

// undo takes an import back.
func (r *jobRun) undo(ctx context.Context, hear func(ImportProgress)) (end postgres.JobEnd, err error) {
	done, err := r.undoImport(ctx, r.Job, func(p postgres.JobProgress) {
		r.note(p)
		if hear != nil {
			hear(ImportProgress{Articles: int(p.Articles), Of: int(p.ArticlesOf), Comments: int(p.Comments)})
		}
	})
	if err != nil {
		return end, err
	}
	end.State = postgres.JobUndone
	end.Undo, err = json.Marshal(done)
	return end, err
}

// ended is how an import stands in its job: the counts, and the first articles.
// The findings are in a list of their own.
func (im *importing) ended(end *postgres.JobEnd) (err error) {
	report := im.out.Report
	report.Repairs, report.Refused, report.Conflicts = []importer.Finding{}, []importer.Finding{}, []importer.Finding{}
	if len(report.Files) > MaxLinks {
		report.Files = report.Files[:MaxLinks]
	}
	if end.Report, err = json.Marshal(report); err != nil {
		return err
	}
	end.Links, err = json.Marshal(jobLists{im.out.Links, im.out.Each})
	return err
}

// jobLists are the lists of Imported that a job keeps.
type jobLists struct {
	Articles []ImportedArticle
	Files    []ImportedFile
}

// note remembers how far the work is, until the next beat.
func (r *jobRun) note(p postgres.JobProgress) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.at = p
}

func (r *jobRun) progress() postgres.JobProgress {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.at
}

// beat renews the hold of the job, notes its progress and hears whether a person
// wants it to stop, until ctx ends.
func (r *jobRun) beat(ctx context.Context) {
	defer close(r.beaten)
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	missed := 0
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		cancelled, err := r.db.BeatJob(ctx, r.JobRun, r.progress())
		switch {
		case cancelled:
			r.stop(errJobCancelled)
		case errors.Is(err, postgres.ErrJobLost):
			r.stop(err)
		case err != nil && ctx.Err() == nil:
			if missed++; missed >= maxMissedBeats {
				r.stop(err)
			}
		default:
			missed = 0
		}
	}
}

// end writes how the run ended. Its error is why it did not come to its end.
func (r *jobRun) end(ctx context.Context, end postgres.JobEnd, im *importing, why error) error {
	if errors.Is(why, postgres.ErrJobLost) {
		r.log.Warn("an import was taken over by another process", "import", r.Job)
		return r.orShell(why)
	}
	end.Progress = r.progress()
	if why != nil {
		end = r.unfinished(ctx, end, why)
	}
	// Also when the process is about to stop.
	err := r.db.Do(context.WithoutCancel(ctx), func(ctx context.Context, tx *postgres.Tx) error {
		if err := tx.EndJob(ctx, r.JobRun, end); err != nil {
			return err
		}
		if im == nil || !im.wrote || im.in.DryRun || end.State == postgres.JobWaiting {
			return nil
		}
		return im.audit(ctx, tx, why == nil)
	})
	if !r.job.Shell && (end.State == postgres.JobCancelled || end.State == postgres.JobFailed) {
		why = nil // it stands in the job
	}
	return errors.Join(why, err)
}

// unfinished decides what becomes of a job that did not come to its end.
func (r *jobRun) unfinished(ctx context.Context, end postgres.JobEnd, why error) postgres.JobEnd {
	end.Report, end.Links, end.Undo = nil, nil, nil
	e, known := errors.AsType[*forum.Error](why)
	switch {
	case errors.Is(why, errJobCancelled), ctx.Err() != nil && r.job.Shell:
		end.State = postgres.JobCancelled
	case ctx.Err() != nil, known && e.Kind == forum.Unavailable && !r.job.Shell:
		end.State = postgres.JobWaiting // it goes on by itself
	case known:
		end.State, end.Failure = postgres.JobFailed, e.Message()
	default:
		end.State, end.Failure = postgres.JobFailed, errProgram.Message()
		r.log.Error("an import failed", "import", r.Job, "err", why)
	}
	return end
}

// orShell gives the error where somebody at a terminal waits for it.
func (r *jobRun) orShell(err error) error {
	if r.job.Shell {
		return err
	}
	return nil
}
