package main

import (
	"context"
	"fmt"
	"time"

	"hustings/internal/action"
	"hustings/internal/imagefile"
	"hustings/internal/pgembed"
	"hustings/internal/postgres"
)

// database is the database of one run: the private PostgreSQL, where there is no
// DATABASE_URL, and the addresses under which it is reached.
type database struct {
	url, owner string
	private    *pgembed.Server // nil: DATABASE_URL
}

// stopWithin is how long the private database may take to shut down.
const stopWithin = 30 * time.Second

// startDatabase finds the database as every command does: the one of
// DATABASE_URL, or the private one, which is joined where it runs and else
// started for the length of the command.
func (a *app) startDatabase() (*database, error) {
	if a.cfg.DatabaseURL != "" {
		return &database{url: a.cfg.DatabaseURL, owner: a.cfg.OwnerURL()}, nil
	}
	private, err := pgembed.Start(a.ctx, pgembed.Options{
		Dir: a.cfg.DataDir, Bin: a.cfg.PostgresBin, Archive: a.cfg.PostgresArchive, ArchiveSHA256: a.cfg.PostgresArchiveSHA256,
		Announce: a.say, Log: a.log.With("part", "postgres"),
	})
	if err != nil {
		return nil, err
	}
	return &database{url: private.URL(), owner: private.URL(), private: private}, nil
}

// stop ends the private database, also when the command was interrupted.
func (d *database) stop(a *app) {
	if d.private == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(a.ctx), stopWithin)
	defer cancel()
	if err := d.private.Stop(ctx); err != nil {
		a.log.Warn("the database did not stop cleanly", "err", err)
	}
}

// withStore runs a command that needs the database: it is brought up to date
// first, and let go afterwards.
func (a *app) withStore(work func(context.Context, *postgres.DB, *action.Actions) error) error {
	d, err := a.startDatabase()
	if err != nil {
		return err
	}
	defer d.stop(a)
	if err := postgres.Migrate(a.ctx, d.owner); err != nil {
		return err
	}
	db, err := postgres.Open(a.ctx, d.url, postgres.Options{})
	if err != nil {
		return err
	}
	defer db.Close()
	act := action.New(db, a.log)
	// Most commands have nothing to do with images.
	if err := a.useImages(act); err != nil {
		a.log.Warn("the folder of images can't be used", "err", err)
	}
	return work(a.ctx, db, act)
}

// useImages has images kept in the folder that the settings name, if any.
func (a *app) useImages(act *action.Actions) error {
	if a.cfg.ImagesDir == "" {
		return nil
	}
	folder, err := imagefile.Open(a.cfg.ImagesDir)
	if err == nil {
		act.UseImages(folder)
	}
	return err
}

// say tells the person at the terminal something beside the command's output,
// whatever is logged: nothing is fetched without a word.
func (a *app) say(sentence string) { fmt.Fprintln(a.err, "hustings:", sentence) }
