package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// Recreate throws the database of an owner's URL away and makes it anew, empty.
// It is for the demo, whose content is our own.
func Recreate(ctx context.Context, url string) (err error) {
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		return err
	}
	name := pgx.Identifier{cfg.Database}.Sanitize()
	defer wrap(&err, "recreate database %s", name)
	cfg.Database = "postgres"
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return unavailable(err)
	}
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // everything is done
	for _, statement := range []string{"drop database if exists " + name + " with (force)", "create database " + name} {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}
