package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"hustings/internal/forum"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// AppRole is the database role under which the application works. It owns
// nothing: it cannot change the schema nor rewrite the audit.
const AppRole = "hustings_app"

// DB is the store. It is safe for use by many goroutines.
type DB struct {
	pool   *pgxpool.Pool
	folder *folder
	people nameCache
}

// Options of Open that differ between a server and a short command.
type Options struct {
	MaxConns int32 // 0: pgx' default (4 or the number of CPUs)
}

// Open connects to a migrated database. Sessions run as AppRole where that role
// exists and the URL's user may become it; RunsAsOwner tells where it does not.
// Errors are Unavailable.
func Open(ctx context.Context, url string, o Options) (*DB, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, &forum.Error{Kind: forum.Unavailable, Msg: "The database address can’t be read.", Err: err}
	}
	may, err := mayBecomeApp(ctx, cfg.ConnConfig)
	if err != nil {
		return nil, err
	}
	if may {
		cfg.ConnConfig.RuntimeParams["role"] = AppRole
	}
	if o.MaxConns > 0 {
		cfg.MaxConns = o.MaxConns
	}
	setSessionDefaults(cfg.ConnConfig.RuntimeParams)
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, unavailable(err)
	}
	return New(pool), nil
}

// setSessionDefaults bounds what a forgotten or hostile query may cost. A value
// given in the URL wins.
func setSessionDefaults(params map[string]string) {
	for name, value := range map[string]string{
		"statement_timeout":                   "15s",
		"lock_timeout":                        "5s",
		"idle_in_transaction_session_timeout": "10s",
		"timezone":                            "UTC",
		"application_name":                    "hustings",
		"jit":                                 "off",
	} {
		if _, given := params[name]; !given {
			params[name] = value
		}
	}
}

func mayBecomeApp(ctx context.Context, cfg *pgx.ConnConfig) (bool, error) {
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return false, unavailable(err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	var may bool
	err = conn.QueryRow(ctx, `select exists (select from pg_roles where rolname = $1
		and pg_has_role(current_user, rolname, 'member'))`, AppRole).Scan(&may)
	if err != nil {
		return false, unavailable(err)
	}
	return may, nil
}

// New makes a store from a pool that somebody else owns until Close.
func New(pool *pgxpool.Pool) *DB {
	db := &DB{pool: pool}
	db.folder = newFolder(db)
	return db
}

// Close stops the folding job and closes the pool.
func (db *DB) Close() {
	db.folder.close()
	db.pool.Close()
}

// Ping tells whether the database answers and its schema is there.
func (db *DB) Ping(ctx context.Context) error {
	var ok bool
	if err := db.pool.QueryRow(ctx, `select true from audit_head`).Scan(&ok); err != nil {
		return unavailable(err)
	}
	return nil
}

// RunsAsOwner tells whether the application has more rights than it needs: its
// role could alter the audit. `hustings check` reports it.
func (db *DB) RunsAsOwner(ctx context.Context) (bool, error) {
	var owner bool
	err := db.pool.QueryRow(ctx, `select has_table_privilege(current_user, 'audit', 'update')`).Scan(&owner)
	return owner, err
}

// Now is the time of the database, the clock that decides windows.
func (db *DB) Now(ctx context.Context) (time.Time, error) {
	var t time.Time
	err := db.pool.QueryRow(ctx, `select now()`).Scan(&t)
	return t, translate(err)
}

// Tx is one transaction. Its methods are the small steps that actions are made
// of; everything in it happens or nothing does.
type Tx struct {
	pgx.Tx
	now     time.Time
	held    string                   // the snapshot of HoldArticles; "": none, or nobody writes
	changed map[forum.ArticleID]bool // articles whose pages readers now see differently
}

// Do runs one action in a transaction, again where PostgreSQL asks for it (a
// deadlock or a serialisation failure), at most three times. After the commit
// the articles the action changed are folded soon.
func (db *DB) Do(ctx context.Context, act func(context.Context, *Tx) error) error {
	return db.doOn(ctx, db.pool, act)
}

// beginner begins transactions: the pool, or one connection.
type beginner interface {
	Begin(ctx context.Context) (pgx.Tx, error)
}

func (db *DB) doOn(ctx context.Context, on beginner, act func(context.Context, *Tx) error) error {
	var err error
	for range 3 {
		if err = db.once(ctx, on, act); !retryable(err) {
			break
		}
	}
	return translate(err)
}

func (db *DB) once(ctx context.Context, on beginner, act func(context.Context, *Tx) error) error {
	tx, err := on.Begin(ctx)
	if err != nil {
		return unavailable(err)
	}
	// Rolled back also when the caller has gone.
	defer tx.Rollback(context.WithoutCancel(ctx)) //nolint:errcheck // after a commit it has nothing to do
	t := &Tx{Tx: tx, changed: map[forum.ArticleID]bool{}}
	if err := act(ctx, t); err != nil {
		return err
	}
	if err := tx.Commit(ctx); err != nil {
		return translate(err)
	}
	for id := range t.changed {
		db.folder.touch(id)
	}
	return nil
}

// Now is the database's time at the beginning of the transaction.
func (t *Tx) Now(ctx context.Context) (time.Time, error) {
	if t.now.IsZero() {
		if err := t.QueryRow(ctx, `select now()`).Scan(&t.now); err != nil {
			return time.Time{}, err
		}
	}
	return t.now, nil
}

// OnChange registers what is told, after the commit, that an article's pages
// have changed. It must not block.
func (db *DB) OnChange(f func(forum.ArticleID)) { db.folder.listen(f) }

func retryable(err error) bool {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (pg.Code == "40001" || pg.Code == "40P01")
}

func unavailable(err error) error {
	return &forum.Error{Kind: forum.Unavailable, Msg: "The server can’t reach its store at the moment. Please try again shortly.", Err: err}
}

// messages says in a person's words what a violated constraint means.
var messages = map[string]*forum.Error{
	"person_handle_taken":         forum.NewError(forum.Conflict, "Somebody took this name a moment ago. Please choose another."),
	"person_name_taken":           forum.FieldError("name", "Somebody here already has this name, or one that looks the same."),
	"person_email_taken":          forum.FieldError("email", "There is already an account with this e-mail address."),
	"person_name_length":          forum.FieldError("name", "A name has between 1 and 200 characters."),
	"article_slug_taken":          forum.FieldError("slug", "There is already an article at this address."),
	"comment_parent_same_article": forum.NewError(forum.NotFound, "The comment you are answering does not belong to this article."),
	"comment_portable_id_taken":   forum.NewError(forum.Conflict, "There is already a comment with this id."),
	"report_once":                 forum.NewError(forum.Conflict, "You have already reported this comment. A moderator will look at it."),
	"comment_portable_id_length":  forum.FieldError("id", "An id has between 1 and 200 characters."),
	"article_title_length":        forum.FieldError("title", "A title has between 1 and 1000 characters."),
	"article_slug_form":           forum.FieldError("slug", "This address can’t be used for an article."),
	"article_portable_id_taken":   forum.NewError(forum.Conflict, "There is already an article with this id."),
	"draft_body_length":           forum.NewError(forum.TooLarge, "This text is too long to be kept."),
	"report_note_length":          forum.FieldError("note", "A note has at most 2000 characters."),
	"person_only_members_sign_in": forum.NewError(forum.Conflict, "Only an account can have a password or a role."),
	"import_job_one_at_a_time":    forum.NewError(forum.Conflict, "Another import is under way; this one begins after it."),
	"subscription_address_taken":  forum.NewError(forum.Conflict, "This feed is followed already."),
	"comment_link_back_is_top":    forum.NewError(forum.Invalid, "A link from another site can’t stand below a comment."),
}

// translate turns what PostgreSQL says into an error for people; anything it
// does not know is returned as it came, a fault of the program.
func translate(err error) error {
	if err == nil || forum.KindOf(err) != 0 {
		return err
	}
	pg, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		if lost(err) {
			return unavailable(err)
		}
		return err
	}
	if known, ok := messages[pg.ConstraintName]; ok {
		e := *known
		e.Err = err
		return &e
	}
	switch {
	case pg.Code[:2] == "08", pg.Code[:2] == "53", pg.Code[:2] == "57", pg.Code == "55P03":
		return unavailable(err)
	case pg.Code[:2] == "22": // a value PostgreSQL cannot hold, such as U+0000
		return &forum.Error{Kind: forum.Malformed, Msg: "This text holds a character that can’t be stored.", Err: err}
	}
	return err
}

// lost tells whether the connection to PostgreSQL could not be made or broke. One
// that broke because the caller has gone, or had no more time, is not meant.
func lost(err error) bool {
	if _, connecting := errors.AsType[*pgconn.ConnectError](err); connecting {
		return true
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	_, network := errors.AsType[net.Error](err)
	return network || pgconn.SafeToRetry(err) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF)
}

// notFound gives a NotFound error in place of pgx.ErrNoRows.
func notFound(err error, msg string) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return &forum.Error{Kind: forum.NotFound, Msg: msg, Err: err}
	}
	return translate(err)
}

// wrap translates an error and adds the name of the operation to one that is a
// fault of the program, once per function.
func wrap(err *error, format string, args ...any) {
	*err = translate(*err)
	if *err != nil && forum.KindOf(*err) == 0 {
		*err = fmt.Errorf(format+": %w", append(args, *err)...)
	}
}
