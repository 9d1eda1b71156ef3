package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"hustings/internal/forum"

	"github.com/jackc/pgx/v5"
)

// JobID is the number of an import.
type JobID int64

// JobState is how far an import is.
type JobState string

// The states of an import. A waiting one is carried out by the next worker, to
// the end that its Wanted names.
const (
	JobReceiving JobState = "receiving" // its files are being sent
	JobWaiting   JobState = "waiting"   // for a worker
	JobLooking   JobState = "looking"   // a worker finds out what would be done
	JobFound     JobState = "found"     // the report says what would be done
	JobApplying  JobState = "applying"
	JobDone      JobState = "done"      // the report says what was done
	JobFailed    JobState = "failed"    // Failure says why; it can be resumed
	JobCancelled JobState = "cancelled" // by a person; it can be resumed
	JobUndoing   JobState = "undoing"
	JobUndone    JobState = "undone"
)

// JobWant is what an import's worker is to do.
type JobWant string

// What a worker can be asked for.
const (
	WantLook  JobWant = "look"
	WantApply JobWant = "apply"
	WantUndo  JobWant = "undo"
)

// JobOptions are what a person chose for an import.
type JobOptions struct {
	Source string // "": each file's own site, else "local"
	Format string // a format's name; "auto": by the content
	Zone   string // of times written without one
	Drafts bool   // articles come in as drafts
}

// JobProgress is how far the work on an import has come.
type JobProgress struct {
	Bytes      int64 // read of the files
	BytesOf    int64 // their size; 0: unknown
	Records    int64 // read
	Articles   int64 // finished
	ArticlesOf int64 // in all; 0 while files are being read
	Comments   int64 // in the articles that are finished
}

// ImportJob is an import as admins see it.
type ImportJob struct {
	ID      JobID
	OwnerID forum.PersonID // who began it; 0: the shell, or somebody who is gone
	Owner   string         // their name; "": the shell
	Shell   bool           // it runs in somebody's terminal
	State   JobState
	// Wanted is what is being done, or was when it ended or was stopped: an import
	// cancelled while applying has WantApply.
	Wanted JobWant
	JobOptions
	JobProgress
	Cancelling bool // it was asked to stop and soon will
	// Lost tells that its process has gone; one of the browser is taken over in
	// seconds, one of the shell goes on when the same command is given again.
	Lost      bool
	FilesGone bool            // what was sent is no longer kept
	Files     int             // how many it has
	FirstFile string          // the name of the first one; "": none
	Report    json.RawMessage // nil: none yet; action.JobReport reads it
	Links     json.RawMessage
	Undo      json.RawMessage // what the undoing did; nil: it was not undone
	Failure   string          // a sentence in English; "": none
	// Outdated tells of what was found that another import has changed something
	// here since.
	Outdated  bool
	CreatedAt time.Time
	ChangedAt time.Time  // its state
	RunAt     *time.Time // when the work under way began, or the last one; nil: none yet
	AppliedAt *time.Time // since then it may have changed something here; nil: it has not
	EndedAt   *time.Time
	Now       time.Time // of the database, when this was read
}

const jobColumns = `select j.id, coalesce(j.owner_id, 0), coalesce(p.name, ''), j.shell, j.state, j.wanted, j.source, j.format, j.zone, j.drafts,
	j.bytes, j.bytes_of, j.records, j.articles, j.articles_of, j.comments, j.cancel and j.worker is not null,
	j.worker is not null and (j.lease_until < now() or not exists (select from pg_stat_activity s where s.pid = j.backend and s.datname = current_database())),
	j.files_until < now() and not j.shell, f.n, coalesce(f.name, ''), j.report, j.links, j.undo, coalesce(j.failure, ''),
	j.state = 'found' and exists (select from import_job o where o.applied_at is not null and coalesce(o.ended_at, now()) > j.changed_at and o.id <> j.id),
	j.created_at, j.changed_at, j.run_at, j.applied_at, j.ended_at, now()
	from import_job j left join person p on p.id = j.owner_id
	cross join lateral (select count(*)::int as n, (array_agg(f.name order by f.number))[1] as name from import_file f
		where f.job_id = j.id and (f.size is not null or f.address is not null or j.shell)) f `

func scanJob(row pgx.CollectableRow) (j ImportJob, err error) {
	err = row.Scan(&j.ID, &j.OwnerID, &j.Owner, &j.Shell, &j.State, &j.Wanted, &j.Source, &j.Format, &j.Zone, &j.Drafts,
		&j.Bytes, &j.BytesOf, &j.Records, &j.Articles, &j.ArticlesOf, &j.Comments, &j.Cancelling,
		&j.Lost, &j.FilesGone, &j.Files, &j.FirstFile, &j.Report, &j.Links, &j.Undo, &j.Failure, &j.Outdated,
		&j.CreatedAt, &j.ChangedAt, &j.RunAt, &j.AppliedAt, &j.EndedAt, &j.Now)
	return j, err
}

// noJob is the error for those who may not know of an import, and for everybody
// where there is none.
var noJob = "There is no such import."

// ImportJob reads one import; NotFound for all but admins.
func (db *DB) ImportJob(ctx context.Context, v forum.Viewer, id JobID) (ImportJob, error) {
	if !v.Administers() {
		return ImportJob{}, forum.NewError(forum.NotFound, noJob)
	}
	return db.JobForWork(ctx, id)
}

// JobForWork reads one import for whoever works on it: a worker, or the shell.
// Pages use ImportJob.
func (db *DB) JobForWork(ctx context.Context, id JobID) (j ImportJob, err error) {
	defer wrap(&err, "import %d", id)
	return readJob(ctx, db.pool, id, "")
}

func readJob(ctx context.Context, q asker, id JobID, lock string) (ImportJob, error) {
	rows, err := q.Query(ctx, jobColumns+`where j.id = $1 `+lock, id)
	if err != nil {
		return ImportJob{}, translate(err)
	}
	j, err := pgx.CollectExactlyOneRow(rows, scanJob)
	return j, notFound(err, noJob)
}

// ImportJobs lists imports, newest first, at most limit of those before the
// number before (0: from the newest); none for all but admins.
func (db *DB) ImportJobs(ctx context.Context, v forum.Viewer, before JobID, limit int) ([]ImportJob, error) {
	if !v.Administers() {
		return nil, nil
	}
	return db.JobsForShell(ctx, before, limit)
}

// JobsForShell is ImportJobs for whoever may run the program's commands.
func (db *DB) JobsForShell(ctx context.Context, before JobID, limit int) (list []ImportJob, err error) {
	defer wrap(&err, "imports")
	rows, err := db.pool.Query(ctx, jobColumns+`where j.id < $1 or $1 = 0 order by j.id desc limit $2`, before, limit)
	if err != nil {
		return nil, translate(err)
	}
	return pgx.CollectRows(rows, scanJob)
}

// HoldJob reads an import and keeps others from changing it until the end of the
// transaction. It does not wait for the articles that a run is writing, which may
// take minutes: a run can be asked to stop at any time.
func (t *Tx) HoldJob(ctx context.Context, id JobID) (j ImportJob, err error) {
	defer wrap(&err, "hold import %d", id)
	return readJob(ctx, t, id, "for no key update of j")
}

// Active tells whether it waits for a worker or one is at it.
func (j *ImportJob) Active() bool {
	switch j.State {
	case JobWaiting, JobLooking, JobApplying, JobUndoing:
		return true
	}
	return false
}

// readingShare is how much of the work is reading the files; the rest is comparing
// and writing their articles.
const readingShare = 0.4

// Share is how much of the work is done, from 0 to 1.
func (j *ImportJob) Share() float64 {
	if j.ArticlesOf > 0 {
		done := float64(j.Articles) / float64(j.ArticlesOf)
		if j.State == JobUndoing {
			return done
		}
		return readingShare + (1-readingShare)*done
	}
	if j.BytesOf > 0 {
		return readingShare * min(float64(j.Bytes)/float64(j.BytesOf), 1)
	}
	return 0
}

// Left is about how long the work under way still takes; ok is false while that
// can't be told.
func (j *ImportJob) Left() (left time.Duration, ok bool) {
	share := j.Share()
	if !j.Active() || j.RunAt == nil || share < 0.02 {
		return 0, false
	}
	so := j.Now.Sub(*j.RunAt)
	return time.Duration(float64(so) * (1 - share) / share), true
}

// AddJob makes an import that receives its files. owner 0 is the shell's.
func (t *Tx) AddJob(ctx context.Context, owner forum.PersonID, o JobOptions) (id JobID, err error) {
	defer wrap(&err, "add import")
	err = t.QueryRow(ctx, `insert into import_job (owner_id, source, format, zone, drafts) values ($1, $2, $3, $4, $5) returning id`,
		orNull(int64(owner)), o.Source, o.Format, o.Zone, o.Drafts).Scan(&id)
	return id, translate(err)
}

// ChooseForJob changes the options of an import that has not begun.
func (t *Tx) ChooseForJob(ctx context.Context, id JobID, o JobOptions) error {
	_, err := t.Exec(ctx, `update import_job set source = $2, format = $3, zone = $4, drafts = $5 where id = $1`, id, o.Source, o.Format, o.Zone, o.Drafts)
	return translate(err)
}

// QueueJob asks the next worker for something.
func (t *Tx) QueueJob(ctx context.Context, id JobID, want JobWant) (err error) {
	defer wrap(&err, "queue import %d", id)
	_, err = t.Exec(ctx, `update import_job set state = 'waiting', wanted = $2, worker = null, cancel = false, attempts = 0, failure = null, ended_at = null,
			changed_at = now(), files_until = now() + interval '1 day',
			bytes = 0, records = 0, articles = 0, articles_of = 0, comments = 0
		where id = $1`, id, want)
	return translate(err)
}

// StopJob asks the worker of an import to stop; one that nobody works on is
// stopped at once.
func (t *Tx) StopJob(ctx context.Context, j ImportJob) (err error) {
	defer wrap(&err, "stop import %d", j.ID)
	if j.State == JobWaiting || j.Lost {
		return t.leaveJob(ctx, j.ID, JobCancelled, "")
	}
	_, err = t.Exec(ctx, `update import_job set cancel = true where id = $1`, j.ID)
	return translate(err)
}

// ForgetJob deletes an import with its files. What it brought stays.
func (t *Tx) ForgetJob(ctx context.Context, id JobID) error {
	_, err := t.Exec(ctx, `delete from import_job where id = $1`, id)
	return translate(err)
}

// UnfinishedJob finds the newest import of the shell for which the same files
// were given and that did not come to its end; 0 where there is none.
func (t *Tx) UnfinishedJob(ctx context.Context, fingerprint []byte) (id JobID, err error) {
	err = t.QueryRow(ctx, `select id from import_job where fingerprint = $1 and state in ('applying', 'failed', 'cancelled')
		and wanted = 'apply' order by id desc limit 1 for update`, fingerprint).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, nil
	}
	return id, translate(err)
}
