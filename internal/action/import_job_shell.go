package action

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"slices"
	"time"

	"hustings/internal/forum"
	"hustings/internal/postgres"
)

const (
	// waitForStore is how long an import of the shell waits for a database that has
	// gone, since it last finished an article; askStoreEvery is how often it looks.
	waitForStore  = time.Minute
	askStoreEvery = 1500 * time.Millisecond // longer than beatEvery
)

// ImportJobFromShell imports as a job, which stands among the imports of the
// browser and can be undone. The same input again goes on with a job that did not
// come to its end: what that has finished is not done twice, and the report is that
// of an import that was never interrupted. While the same import is under way the
// error is Conflict. A database that goes away is waited for, for a minute. begun,
// where it is not nil, hears the job's number and whether it goes on.
//
// A dry run is no job: it changes nothing, not even the list of imports.
func (a *Actions) ImportJobFromShell(ctx context.Context, in ImportInput, begun func(id postgres.JobID, resumed bool)) (*Imported, error) {
	if in.DryRun {
		return a.ImportFromShell(ctx, in)
	}
	s := &shellRun{Actions: a, in: in, job: shellJob(in), worker: rand.Text(), begun: begun, hear: in.Progress}
	s.in.Progress = s.progress
	for {
		before := s.articles
		done, err := s.once(ctx)
		if s.mayEnd(err) {
			if rest(ctx, askStoreEvery); ctx.Err() == nil {
				continue
			}
		}
		if forum.KindOf(err) != forum.Unavailable || s.id == 0 || s.job.Fingerprint == nil {
			return done, err
		}
		if s.articles > before {
			s.waited = 0
		}
		if s.waited += askStoreEvery; s.waited > waitForStore {
			return nil, err
		}
		if rest(ctx, askStoreEvery); ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
}

// shellRun is an import of the shell, with all its tries.
type shellRun struct {
	*Actions
	in       ImportInput
	job      postgres.ShellJob
	worker   string
	begun    func(postgres.JobID, bool)
	hear     func(ImportProgress)
	id       postgres.JobID // 0: not yet begun
	articles int            // the most that were finished
	waited   time.Duration  // for the database, since then
	busy     time.Time      // until when another run holds the job
}

// mayEnd tells whether the run that holds the job has been killed, as far as can be
// told: it has not renewed its hold since the last try.
func (s *shellRun) mayEnd(err error) bool {
	busy, ok := errors.AsType[*postgres.JobBusy](err)
	if !ok {
		return false
	}
	renewed := !s.busy.IsZero() && !busy.Until.Equal(s.busy)
	s.busy = busy.Until
	return !renewed
}

func (s *shellRun) progress(p ImportProgress) {
	s.articles = max(s.articles, p.Articles)
	if s.hear != nil {
		s.hear(p)
	}
}

func (s *shellRun) once(ctx context.Context) (*Imported, error) {
	session, err := s.db.ImportSession(ctx)
	if err != nil {
		return nil, err
	}
	defer session.Close(ctx)
	j, resumed, err := session.ClaimShellJob(ctx, s.worker, s.job)
	if err != nil {
		return nil, err
	}
	if s.begun != nil && s.id == 0 {
		s.begun(j.ID, resumed)
	}
	s.id = j.ID
	return s.carryOut(ctx, session, s.worker, j, s.in)
}

// rest waits, unless ctx ends before.
func rest(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// Stamped tells whether an import of the same files would be known again.
func (in ImportInput) Stamped() bool {
	return !slices.ContainsFunc(in.Files, func(f ImportFile) bool { return f.Stamp == "" })
}

// shellJob is what the job of an import of the shell is known by.
func shellJob(in ImportInput) postgres.ShellJob {
	job := postgres.ShellJob{JobOptions: postgres.JobOptions{Source: in.Source, Format: in.Format, Drafts: in.AsDrafts}}
	if job.Format == "" {
		job.Format = "auto"
	}
	if in.Zone == nil {
		in.Zone = time.UTC
	}
	job.Zone = in.Zone.String()
	d := newDigest()
	d.text(job.Source, job.Format, job.Zone)
	d.b.Write([]byte{bit(in.AsDrafts), bit(in.Verbatim)})
	for _, f := range in.Files {
		job.Names = append(job.Names, f.Name)
		job.Bytes += f.Size
		d.text(f.Name, f.Stamp)
		d.b.Write(binary.AppendVarint(nil, f.Size))
	}
	if in.Stamped() {
		job.Fingerprint = d.sum()[:sha256.Size]
	}
	return job
}

func bit(b bool) byte {
	if b {
		return 1
	}
	return 0
}

// UndoFromShell is UndoImport for whoever may run the program's commands, done at
// once. It gives the job as it is then.
func (a *Actions) UndoFromShell(ctx context.Context, id postgres.JobID, progress func(ImportProgress)) (j postgres.ImportJob, err error) {
	session, err := a.db.ImportSession(ctx)
	if err != nil {
		return j, err
	}
	defer session.Close(ctx)
	worker := rand.Text()
	j, err = session.ClaimThisJob(ctx, worker, id, func(ctx context.Context, tx *postgres.Tx, j postgres.ImportJob) error {
		if j.State == postgres.JobUndone {
			return forum.NewError(forum.Conflict, "This import has been taken back already.")
		}
		return a.queueUndo(ctx, tx, j)
	})
	if err != nil {
		return j, err
	}
	if _, err := a.carryOut(ctx, session, worker, j, ImportInput{Progress: progress}); err != nil {
		return j, err
	}
	return a.db.JobForWork(ctx, id)
}

// queueUndo asks for an import to be taken back, if it may be.
func (a *Actions) queueUndo(ctx context.Context, tx *postgres.Tx, j postgres.ImportJob) error {
	switch {
	case j.State == postgres.JobUndone, j.Wanted == postgres.WantUndo && j.Active() && !j.Lost:
		return nil
	case j.AppliedAt == nil:
		return forum.NewError(forum.Conflict, "This import has changed nothing, so there is nothing to take back.")
	case j.Active() && !j.Lost:
		return forum.NewError(forum.Conflict, "This import is still under way. Please cancel it first.")
	}
	return tx.QueueJob(ctx, j.ID, postgres.WantUndo)
}
