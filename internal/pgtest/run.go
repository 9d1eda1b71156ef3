package pgtest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hustings/internal/pgembed"

	"github.com/jackc/pgx/v5"
)

// bootTime bounds everything before the first test: finding or starting the
// server (which may fetch one), and migrating the template.
const bootTime = 5 * time.Minute

// keptConns bounds the idle connections that wait for the next Tx.
const keptConns = 8

// run is this process's use of the server.
type run struct {
	base     string // superuser's address of the maintenance database
	id       int64  // names our databases; advisory lock while we live
	template string
	copying  string    // how the template is copied
	life     *pgx.Conn // holds the advisory lock until the process ends
	made     atomic.Int64

	shared func() (string, error) // the address of the database behind Tx, made once

	mu    sync.Mutex
	idle  []*pgx.Conn // connections of Tx
	admin []*pgx.Conn // connections to the maintenance database
}

var boot = sync.OnceValues(func() (*run, error) {
	ctx, cancel := context.WithTimeout(context.Background(), bootTime)
	defer cancel()
	base := os.Getenv("HUSTINGS_TEST_DATABASE_URL")
	if base == "" {
		var err error
		if base, err = privateServer(ctx); err != nil {
			return nil, err
		}
	}
	return begin(ctx, base)
})

// current is the process's run; without a PostgreSQL it skips t, or fails it in CI.
func current(t testing.TB) *run {
	t.Helper()
	r, err := boot()
	if err == nil {
		return r
	}
	message := "no database to test against: " + err.Error() + cause(err)
	if maySkip(err, os.Getenv("CI")) {
		t.Skip(message)
	}
	t.Fatal(message)
	return nil
}

// maySkip keeps a build server from passing by testing nothing, and a person from
// overlooking that a server they named, or one that is there, does not work.
func maySkip(err error, ci string) bool {
	return errors.Is(err, pgembed.ErrNoPostgres) && ci != "true"
}

func cause(err error) string {
	if inner := errors.Unwrap(err); inner != nil {
		return ": " + inner.Error()
	}
	return ""
}

func begin(ctx context.Context, base string) (*run, error) {
	// 63 random bits: two runs with one number would drop each other's databases.
	r := &run{base: base, id: rand.Int64()}
	r.shared = sync.OnceValues(func() (string, error) {
		name, err := r.clone(context.Background())
		return r.url(name), err
	})
	life, err := pgx.Connect(ctx, base)
	if err != nil {
		return nil, fmt.Errorf("connect to the test server: %w", err)
	}
	r.life = life
	if _, err := life.Exec(ctx, "SELECT pg_advisory_lock($1)", r.id); err != nil {
		return nil, err
	}
	if r.copying, err = copying(ctx, life); err != nil {
		return nil, err
	}
	if err := r.dropDead(ctx); err != nil {
		return nil, fmt.Errorf("drop databases of dead runs: %w", err)
	}
	if r.template, err = r.ensureTemplate(ctx); err != nil {
		return nil, fmt.Errorf("make the template database: %w", err)
	}
	return r, nil
}

// copying picks how CREATE DATABASE copies. Copying files needs two checkpoints,
// which cost nothing where nothing is flushed (20 ms against 35-140 ms by way of
// the log) and up to seconds where it is.
func copying(ctx context.Context, conn *pgx.Conn) (string, error) {
	var fsync string
	if err := conn.QueryRow(ctx, "SHOW fsync").Scan(&fsync); err != nil {
		return "", err
	}
	if fsync == "off" {
		return " STRATEGY file_copy", nil
	}
	return "", nil
}

const ourPrefix = "hustings_t_"

func (r *run) name() string {
	return fmt.Sprintf("%s%016x_%d", ourPrefix, r.id, r.made.Add(1))
}

// url is the superuser's address of another database of the same server.
func (r *run) url(database string) string {
	if u, err := url.Parse(r.base); err == nil && u.Scheme != "" {
		u.Path = "/" + database
		return u.String()
	}
	return r.base + " dbname=" + database
}

// clone copies the template.
func (r *run) clone(ctx context.Context) (string, error) {
	name := r.name()
	return name, r.maintain(ctx, "CREATE DATABASE "+name+" TEMPLATE "+r.template+r.copying)
}

func (r *run) drop(ctx context.Context, name string) error {
	return r.maintain(ctx, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)")
}

// maintain runs one statement on the maintenance database.
func (r *run) maintain(ctx context.Context, statement string) error {
	conn, err := r.take(ctx, &r.admin, func() (string, error) { return r.base, nil })
	if err != nil {
		return err
	}
	defer r.put(&r.admin, conn)
	_, err = conn.Exec(ctx, statement)
	return err
}

func (r *run) borrow(ctx context.Context) (*pgx.Conn, error) {
	return r.take(ctx, &r.idle, r.shared)
}

func (r *run) giveBack(conn *pgx.Conn) { r.put(&r.idle, conn) }

// take reuses a connection or opens one. These are kept in plain lists and not in
// a pool: an idle connection has no goroutine that a leak check would find.
func (r *run) take(ctx context.Context, list *[]*pgx.Conn, address func() (string, error)) (*pgx.Conn, error) {
	r.mu.Lock()
	if n := len(*list); n > 0 {
		conn := (*list)[n-1]
		*list = (*list)[:n-1]
		r.mu.Unlock()
		return conn, nil
	}
	r.mu.Unlock()
	to, err := address()
	if err != nil {
		return nil, err
	}
	cfg, err := pgx.ParseConfig(to)
	if err != nil {
		return nil, err
	}
	if list == &r.idle {
		cfg.RuntimeParams["role"] = appRole
	}
	return pgx.ConnectConfig(ctx, cfg)
}

func (r *run) put(list *[]*pgx.Conn, conn *pgx.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if healthy := !conn.IsClosed() && conn.PgConn().TxStatus() == 'I'; healthy && len(*list) < keptConns {
		*list = append(*list, conn)
		return
	}
	_ = conn.Close(context.Background())
}

// dropDead drops the databases of runs that have ended, recognised by their free
// lock. Two processes may do this at once: one of them gets the lock.
func (r *run) dropDead(ctx context.Context) error {
	rows, err := r.life.Query(ctx, `SELECT datname FROM pg_database WHERE starts_with(datname, $1) ORDER BY oid`, ourPrefix)
	if err != nil {
		return err
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := r.dropIfDead(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) dropIfDead(ctx context.Context, name string) error {
	var owner int64
	if _, err := fmt.Sscanf(strings.TrimPrefix(name, ourPrefix), "%016x_", &owner); err != nil || owner == r.id {
		return nil //nolint:nilerr // not a name of ours
	}
	var dead bool
	if err := r.life.QueryRow(ctx, "SELECT pg_try_advisory_lock($1)", owner).Scan(&dead); err != nil || !dead {
		return err
	}
	_, err := r.life.Exec(ctx, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)")
	_, unlockErr := r.life.Exec(ctx, "SELECT pg_advisory_unlock($1)", owner)
	return errors.Join(err, unlockErr)
}
