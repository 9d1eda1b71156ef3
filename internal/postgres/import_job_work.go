package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"hustings/internal/forum"

	"github.com/jackc/pgx/v5"
)

// jobLease is how long a job is a run's own without a sign of life.
const jobLease = "20 seconds"

// maxAttempts is how often a job of the browser is taken over without finishing
// a single further article: what always ends its process must not go on for ever.
const maxAttempts = 20

// errInterrupted is why such a job fails.
var errInterrupted = forum.NewError(forum.Unavailable, "It was interrupted again and again at the same place.")

// lostJob is true of a job whose run has gone without a word.
const lostJob = `(lease_until < now() or not exists (select from pg_stat_activity s where s.pid = backend and s.datname = current_database()))`

// dueJob is true of a job that a worker of the server may take: one that waits or
// whose run has gone. The files of an import of the shell are not here.
const dueJob = `(not shell or wanted = 'undo') and (state = 'waiting' or state in ('looking', 'applying', 'undoing') and ` + lostJob + `)
	and not exists (select from import_job o where o.worker is not null and not o.terminal and o.id <> import_job.id)`

// JobRun is the work of one process on one job. Its token is what fences it: a
// run that has lost its job writes nothing more.
type JobRun struct {
	Job    JobID
	Worker string
}

// ErrJobLost tells a run that its job is another's by now.
var ErrJobLost = errors.New("the import was taken over by another process")

// ClaimJob takes the next job of the browser for the session, one that waits or
// one whose run has gone; ok is false where there is none, or while another is at
// work.
func (s *ImportSession) ClaimJob(ctx context.Context, worker string) (j ImportJob, ok bool, err error) {
	defer wrap(&err, "claim an import")
	err = s.Do(ctx, func(ctx context.Context, tx *Tx) error {
		ok = false
		var id JobID
		var attempts int
		var cancelled bool
		err := tx.QueryRow(ctx, `select id, attempts, cancel from import_job where `+dueJob+`
			order by worker is null, changed_at, id limit 1 for update skip locked`).Scan(&id, &attempts, &cancelled)
		if err != nil {
			return none(err)
		}
		if cancelled { // its process went before it heard so
			return tx.leaveJob(ctx, id, JobCancelled, "")
		}
		if attempts >= maxAttempts {
			return tx.leaveJob(ctx, id, JobFailed, errInterrupted.Message())
		}
		if err := tx.takeJob(ctx, id, worker, false); err != nil {
			return err
		}
		j, err = readJob(ctx, tx, id, "")
		ok = err == nil
		return err
	})
	if forum.KindOf(err) == forum.Conflict { // another took one at the same moment
		return j, false, nil
	}
	return j, ok, err
}

// ClaimThisJob takes a job for somebody at a terminal, once prepare has asked for
// what is to be done with it.
func (s *ImportSession) ClaimThisJob(ctx context.Context, worker string, id JobID, prepare func(context.Context, *Tx, ImportJob) error) (j ImportJob, err error) {
	defer wrap(&err, "claim import %d", id)
	err = s.Do(ctx, func(ctx context.Context, tx *Tx) error {
		held, err := tx.HoldJob(ctx, id)
		if err != nil {
			return err
		}
		if err := tx.refuseRunning(ctx, id, worker); err != nil {
			return err
		}
		// What a run that has gone was writing is there, or is not, before this one begins.
		if _, err := tx.Exec(ctx, `select from import_job where id = $1 for update`, id); err != nil {
			return translate(err)
		}
		if err := prepare(ctx, tx, held); err != nil {
			return err
		}
		if err := tx.takeJob(ctx, id, worker, true); err != nil {
			return err
		}
		j, err = readJob(ctx, tx, id, "")
		return err
	})
	return j, err
}

// none gives nil for pgx.ErrNoRows.
func none(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	return translate(err)
}

// takeJob makes a job the run's own. This is done in the run's own session.
func (t *Tx) takeJob(ctx context.Context, id JobID, worker string, terminal bool) error {
	_, err := t.Exec(ctx, `update import_job set worker = $2, terminal = $3, backend = pg_backend_pid(), lease_until = now() + interval '`+jobLease+`',
			run_at = now(), changed_at = case when state = 'waiting' then now() else changed_at end, attempts = attempts + 1, cancel = false,
			state = case wanted when 'look' then 'looking' when 'apply' then 'applying' else 'undoing' end,
			applied_at = case when wanted = 'apply' then coalesce(applied_at, now()) else applied_at end
		where id = $1`, id, worker, terminal)
	return translate(err)
}

// ShellJob is what makes an import of the shell known.
type ShellJob struct {
	JobOptions
	Fingerprint []byte   // of the files; nil: it cannot be told whether they are the same
	Names       []string // of the files
	Bytes       int64
}

// ClaimShellJob makes a job of the shell and takes it, or goes on with one that
// the same files were given for and that did not come to its end. While that one
// still runs the error is Conflict.
func (s *ImportSession) ClaimShellJob(ctx context.Context, worker string, in ShellJob) (j ImportJob, resumed bool, err error) {
	defer wrap(&err, "claim an import of the shell")
	err = s.Do(ctx, func(ctx context.Context, tx *Tx) error {
		id, err := tx.UnfinishedJob(ctx, in.Fingerprint)
		if err != nil {
			return err
		}
		if resumed = id != 0; !resumed {
			if id, err = tx.addShellJob(ctx, in); err != nil {
				return err
			}
		} else if err := tx.refuseRunning(ctx, id, worker); err != nil {
			return err
		}
		if err := tx.takeJob(ctx, id, worker, true); err != nil {
			return err
		}
		j, err = readJob(ctx, tx, id, "")
		return err
	})
	return j, resumed, err
}

// JobBusy says until when a job is another run's, unless that renews its hold. A
// process that was killed leaves a database session behind that may work on for a
// moment.
type JobBusy struct{ Until time.Time }

func (b *JobBusy) Error() string {
	return "another run holds the import until " + b.Until.Format(time.RFC3339)
}

// refuseRunning refuses a job that another run is at.
func (t *Tx) refuseRunning(ctx context.Context, id JobID, worker string) error {
	var running bool
	var until *time.Time
	err := t.QueryRow(ctx, `select worker is not null and worker <> $2 and not `+lostJob+`, lease_until from import_job where id = $1`, id, worker).
		Scan(&running, &until)
	if err == nil && running {
		return &forum.Error{Kind: forum.Conflict, Msg: "This import is under way already, as number %d.", Args: []any{id}, Err: &JobBusy{*until}}
	}
	return translate(err)
}

func (t *Tx) addShellJob(ctx context.Context, in ShellJob) (id JobID, err error) {
	err = t.QueryRow(ctx, `insert into import_job (shell, state, wanted, source, format, zone, drafts, fingerprint, bytes_of)
		values (true, 'waiting', 'apply', $1, $2, $3, $4, $5, $6) returning id`,
		in.Source, in.Format, in.Zone, in.Drafts, in.Fingerprint, in.Bytes).Scan(&id)
	if err != nil {
		return 0, translate(err)
	}
	_, err = t.Exec(ctx, `insert into import_file (job_id, number, name)
		select $1, n, left(name, 300) from unnest($2::text[]) with ordinality f (name, n) where name <> ''`, id, in.Names[:min(len(in.Names), maxShellNames)])
	return id, translate(err)
}

// maxShellNames is how many files of an import of the shell are kept by name.
const maxShellNames = 1000

// BeatJob renews a run's hold of its job and notes how far it is. cancelled tells
// that a person wants it to stop; the error is ErrJobLost where the job is
// another's by now.
func (db *DB) BeatJob(ctx context.Context, run JobRun, p JobProgress) (cancelled bool, err error) {
	defer wrap(&err, "note the progress of import %d", run.Job)
	err = db.pool.QueryRow(ctx, `update import_job set lease_until = now() + interval '`+jobLease+`',
			attempts = case when $6 > articles then 0 else attempts end,
			bytes = $3, bytes_of = $4, records = $5, articles = $6, articles_of = $7, comments = $8
		where id = $1 and worker = $2 returning cancel`,
		run.Job, run.Worker, p.Bytes, p.BytesOf, p.Records, p.Articles, p.ArticlesOf, p.Comments).Scan(&cancelled)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, ErrJobLost
	}
	return cancelled, translate(err)
}

// JobEnd is how a run ends: in a state, with what goes with that.
type JobEnd struct {
	State    JobState
	Report   json.RawMessage // nil: as it was
	Links    json.RawMessage
	Undo     json.RawMessage
	Failure  string
	Progress JobProgress
}

// EndJob writes how a run ended and lets go of the job; ErrJobLost where it was
// another's already.
func (t *Tx) EndJob(ctx context.Context, run JobRun, end JobEnd) (err error) {
	defer wrap(&err, "end import %d", run.Job)
	p := end.Progress
	tag, err := t.Exec(ctx, `update import_job set state = $3, report = coalesce($4, report), links = coalesce($5, links), undo = coalesce($6, undo),
			failure = $7, bytes = $8, bytes_of = $9, records = $10, articles = $11, articles_of = $12, comments = $13,
			worker = null, backend = null, lease_until = null, cancel = false, changed_at = now(),
			ended_at = case when $3 = 'waiting' then null else now() end, files_until = now() + interval '1 day'
		where id = $1 and worker = $2`,
		run.Job, run.Worker, end.State, maybeJSON(end.Report), maybeJSON(end.Links), maybeJSON(end.Undo), orNull(end.Failure),
		p.Bytes, p.BytesOf, p.Records, p.Articles, p.ArticlesOf, p.Comments)
	if err == nil && tag.RowsAffected() == 0 {
		return ErrJobLost
	}
	return translate(err)
}

// leaveJob ends a job that nobody works on.
func (t *Tx) leaveJob(ctx context.Context, id JobID, state JobState, failure string) error {
	_, err := t.Exec(ctx, `update import_job set state = $2, failure = $3, worker = null, cancel = false, changed_at = now(), ended_at = now(),
		files_until = now() + interval '1 day' where id = $1`, id, state, orNull(failure))
	return translate(err)
}

// BeginParts begins articles of a job: it holds, until the end of the transaction,
// that the job is the run's (else ErrJobLost) and that no other run writes them.
// done are the reports of those that an earlier run has finished, by their keys.
func (t *Tx) BeginParts(ctx context.Context, run JobRun, source string, keys []string) (done map[string]json.RawMessage, err error) {
	defer wrap(&err, "begin articles of import %d", run.Job)
	var mine bool
	err = t.QueryRow(ctx, `select worker is not distinct from $2 from import_job where id = $1 for key share`, run.Job, run.Worker).Scan(&mine)
	if err != nil {
		return nil, translate(err)
	}
	if !mine {
		return nil, ErrJobLost
	}
	// In the order of the keys, so that two runs don't wait for each other.
	tag, err := t.Exec(ctx, `insert into import_part (job_id, source, key) select $1, $2, k from unnest($3::text[]) k order by k on conflict do nothing`,
		run.Job, source, keys)
	if err != nil || int(tag.RowsAffected()) == len(keys) {
		return nil, translate(err)
	}
	rows, err := t.Query(ctx, `select key, report from import_part where job_id = $1 and source = $2 and key = any($3) and report is not null`, run.Job, source, keys)
	if err != nil {
		return nil, translate(err)
	}
	done = map[string]json.RawMessage{}
	for rows.Next() {
		var key string
		var report json.RawMessage
		if err := rows.Scan(&key, &report); err != nil {
			return nil, translate(err)
		}
		done[key] = report
	}
	return done, translate(rows.Err())
}

// EndParts notes what was done with articles, in their own transaction.
func (t *Tx) EndParts(ctx context.Context, run JobRun, source string, keys []string, reports []json.RawMessage) error {
	_, err := t.Exec(ctx, `update import_part p set report = r.report from unnest($3::text[], $4::jsonb[]) r (key, report)
		where p.job_id = $1 and p.source = $2 and p.key = r.key`, run.Job, source, keys, reports)
	return translate(err)
}

// HasDueJob tells in one cheap question whether ClaimJob would find something.
func (db *DB) HasDueJob(ctx context.Context) (due bool, err error) {
	err = db.pool.QueryRow(ctx, `select exists (select from import_job where `+dueJob+`)`).Scan(&due)
	return due, translate(err)
}

// maybeJSON is null for nil, not the JSON of that name.
func maybeJSON(v json.RawMessage) any {
	if v == nil {
		return nil
	}
	return v
}
