package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"hustings/internal/forum"
	"hustings/migrations"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// RoleSetup is the SQL that gives the application's role its rights; it is part
// of what a test database's template is named by.
const RoleSetup = `
grant usage on schema public to hustings_app;
grant select, insert, update, delete on all tables in schema public to hustings_app;
grant usage, select on all sequences in schema public to hustings_app;
revoke all on goose_db_version, audit, audit_head from hustings_app;
grant select on goose_db_version, audit, audit_head to hustings_app;
grant execute on function audit_append to hustings_app;
`

// Migrate brings the schema up to date and gives the application's role its
// rights. Several servers may do so at once: goose' table lock lets one of them
// work and the others wait. url is the owner's.
func Migrate(ctx context.Context, url string) error {
	err := withGoose(ctx, url, func(p *goose.Provider) error {
		_, err := p.Up(ctx)
		return err
	})
	if err != nil {
		return err
	}
	return grantApp(ctx, url)
}

// MigrateDown takes the newest migration back.
func MigrateDown(ctx context.Context, url string) error {
	return withGoose(ctx, url, func(p *goose.Provider) error {
		_, err := p.Down(ctx)
		return err
	})
}

// Migration is one step of the schema and whether it has been applied.
type Migration struct {
	Version int64
	Name    string
	Applied bool
}

// MigrationStatus lists the migrations in order.
func MigrationStatus(ctx context.Context, url string) ([]Migration, error) {
	var list []Migration
	err := withGoose(ctx, url, func(p *goose.Provider) error {
		all, err := p.Status(ctx)
		for _, m := range all {
			list = append(list, Migration{m.Source.Version, m.Source.Path, m.State == goose.StateApplied})
		}
		return err
	})
	return list, err
}

func withGoose(ctx context.Context, url string, work func(*goose.Provider) error) error {
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		return &forum.Error{Kind: forum.Unavailable, Msg: "The database address can’t be read.", Err: err}
	}
	if cfg.RuntimeParams["application_name"] == "" {
		cfg.RuntimeParams["application_name"] = "hustings migrate"
	}
	sqlDB := stdlib.OpenDB(*cfg)
	defer sqlDB.Close() //nolint:errcheck // nothing is written at close
	if err := sqlDB.PingContext(ctx); err != nil {
		return unavailable(err)
	}
	// Asked every 100 ms for up to a minute: several servers may start at once.
	locker, err := lock.NewPostgresTableLocker(lock.WithTableLockTimeout(100*time.Millisecond, 600))
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, sqlDB, migrations.FS, goose.WithLocker(locker))
	if err != nil {
		return err
	}
	if err := work(provider); err != nil {
		return fmt.Errorf("migrate the database: %w", err)
	}
	return nil
}

// grantApp makes the application's role where it is missing and may be made, and
// gives it its rights. Where the owner may not make roles the application runs
// as the owner; `hustings check` says so.
func grantApp(ctx context.Context, url string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return unavailable(err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	exists, err := makeAppRole(ctx, conn)
	if err != nil || !exists {
		return err
	}
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		// Servers that start together would trip over each other's GRANT.
		if _, err := tx.Exec(ctx, `lock table goose_db_version in exclusive mode`); err != nil {
			return err
		}
		for stmt := range strings.SplitSeq(RoleSetup, ";") {
			if stmt = strings.TrimSpace(stmt); stmt == "" {
				continue
			}
			if _, err := tx.Exec(ctx, stmt); err != nil {
				return fmt.Errorf("give %s its rights: %w", AppRole, err)
			}
		}
		return nil
	})
}

func makeAppRole(ctx context.Context, conn *pgx.Conn) (bool, error) {
	var exists, mayCreate, member bool
	err := conn.QueryRow(ctx, `select exists (select from pg_roles where rolname = $1), r.rolsuper or r.rolcreaterole,
		coalesce((select pg_has_role(current_user, rolname, 'member') from pg_roles where rolname = $1), false)
		from pg_roles r where r.rolname = current_user`, AppRole).Scan(&exists, &mayCreate, &member)
	if err != nil {
		return false, err
	}
	if !exists {
		if !mayCreate {
			return false, nil
		}
		if _, err := conn.Exec(ctx, `create role `+AppRole+` nologin`); err != nil && !duplicateRole(err) {
			return false, err
		}
		member = false
	}
	if !member {
		if _, err := conn.Exec(ctx, `grant `+AppRole+` to current_user`); err != nil && !duplicateRole(err) {
			return exists, nil //nolint:nilerr // a role of the same name that we may not use: check reports it
		}
	}
	return true, nil
}

// duplicateRole tells the errors of losing a race for the same role: another
// server made it a moment before (unique violation, or a tuple updated twice).
func duplicateRole(err error) bool {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (pg.Code == "42710" || pg.Code == "23505" || pg.Code == "XX000")
}
