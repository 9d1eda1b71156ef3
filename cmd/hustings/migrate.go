package main

import (
	"fmt"

	"hustings/internal/postgres"
)

// migrateCmd changes the schema.
type migrateCmd struct {
	Up     migrateUpCmd     `cmd:"" help:"Apply what is missing."`
	Down   migrateDownCmd   `cmd:"" help:"Take the newest step back. What it held is lost."`
	Status migrateStatusCmd `cmd:"" help:"List the steps and whether they have been applied."`
}

type (
	migrateUpCmd     struct{}
	migrateDownCmd   struct{}
	migrateStatusCmd struct{}
)

// Run applies what is missing.
func (c *migrateUpCmd) Run(a *app) error {
	return a.withOwner(func(url string) error { return postgres.Migrate(a.ctx, url) })
}

// Run takes the newest step back.
func (c *migrateDownCmd) Run(a *app) error {
	return a.withOwner(func(url string) error { return postgres.MigrateDown(a.ctx, url) })
}

// Run lists the steps.
func (c *migrateStatusCmd) Run(a *app) error {
	return a.withOwner(func(url string) error {
		list, err := postgres.MigrationStatus(a.ctx, url)
		for _, m := range list {
			state := "missing"
			if m.Applied {
				state = "applied"
			}
			fmt.Fprintf(a.out, "%-8s %s\n", state, m.Name)
		}
		return err
	})
}

func (a *app) withOwner(work func(url string) error) error {
	d, err := a.startDatabase()
	if err != nil {
		return err
	}
	defer d.stop(a)
	return work(d.owner)
}
