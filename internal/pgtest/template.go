package pgtest

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"

	"hustings/internal/postgres"
	"hustings/migrations"

	"github.com/jackc/pgx/v5"
)

const appRole = postgres.AppRole

// templateLock is the advisory lock under which templates are made and dropped.
const templateLock = 0x68757374

// keptTemplates is how many schemas keep their template: a few branches that
// somebody works on in turn.
const keptTemplates = 6

const templatePrefix = "hustings_template_"

// templateName is made from everything that decides what a migrated database
// looks like.
func templateName() (string, error) {
	h := sha256.New()
	err := fs.WalkDir(migrations.FS, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(migrations.FS, path)
		fmt.Fprintf(h, "%s %d\n%s", path, len(text), text)
		return err
	})
	fmt.Fprint(h, postgres.RoleSetup)
	return fmt.Sprintf("%s%x", templatePrefix, h.Sum(nil)[:8]), err
}

// ensureTemplate makes the template unless it is there. A half-made one, left by
// a process that died, is not marked as a template and is made anew.
func (r *run) ensureTemplate(ctx context.Context) (name string, err error) {
	if name, err = templateName(); err != nil {
		return "", err
	}
	if done, err := r.isTemplate(ctx, name); done || err != nil {
		return name, err
	}
	if _, err := r.life.Exec(ctx, "SELECT pg_advisory_lock($1)", int64(templateLock)); err != nil {
		return "", err
	}
	defer func() {
		_, unlockErr := r.life.Exec(ctx, "SELECT pg_advisory_unlock($1)", int64(templateLock))
		err = errors.Join(err, unlockErr)
	}()
	if done, err := r.isTemplate(ctx, name); done || err != nil {
		return name, err
	}
	if err := r.dropOldTemplates(ctx); err != nil {
		return "", err
	}
	return name, r.makeTemplate(ctx, name)
}

func (r *run) isTemplate(ctx context.Context, name string) (bool, error) {
	var done bool
	err := r.life.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1 AND datistemplate)", name).Scan(&done)
	return done, err
}

func (r *run) makeTemplate(ctx context.Context, name string) error {
	for _, statement := range []string{"DROP DATABASE IF EXISTS " + name + " WITH (FORCE)", "CREATE DATABASE " + name} {
		if _, err := r.life.Exec(ctx, statement); err != nil {
			return err
		}
	}
	if err := postgres.Migrate(ctx, r.url(name)); err != nil {
		return err
	}
	// Without connections nothing, not even autovacuum, is in the way of a copy.
	_, err := r.life.Exec(ctx, "ALTER DATABASE "+name+" WITH ALLOW_CONNECTIONS false IS_TEMPLATE true")
	return err
}

func (r *run) dropOldTemplates(ctx context.Context) error {
	rows, err := r.life.Query(ctx, `SELECT datname FROM pg_database WHERE starts_with(datname, $1) ORDER BY oid DESC OFFSET $2`,
		templatePrefix, keptTemplates)
	if err != nil {
		return err
	}
	old, err := pgx.CollectRows(rows, pgx.RowTo[string])
	for _, name := range old {
		_, dropErr := r.life.Exec(ctx, "ALTER DATABASE "+name+" IS_TEMPLATE false")
		if dropErr == nil {
			_, dropErr = r.life.Exec(ctx, "DROP DATABASE IF EXISTS "+name)
		}
		err = errors.Join(err, dropErr)
	}
	return err
}
