package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"hustings/internal/action"
	"hustings/internal/exporter"
	"hustings/internal/forum"
	"hustings/internal/postgres"
)

// exportCmd writes everything out.
type exportCmd struct {
	Format  string `default:"jsonl" help:"Format: jsonl (everything there is) or wxr (for WordPress)." placeholder:"NAME"`
	Article string `help:"Only the article at this address." placeholder:"SLUG"`
	Out     string `help:"Write to this file; it is there only when it is whole." placeholder:"FILE"`
}

// Run writes to standard output or to a file.
func (c *exportCmd) Run(a *app) error {
	if c.Format != "jsonl" && c.Format != "wxr" {
		return forum.NewError(forum.Invalid, "The format %s can’t be written; jsonl and wxr can.", c.Format)
	}
	return a.withStore(func(ctx context.Context, _ *postgres.DB, act *action.Actions) error {
		write := func(w io.Writer) error { return act.ExportFromShell(ctx, c.Article, w) }
		if c.Format == "wxr" {
			site := exporter.Site{Title: a.cfg.BaseURL.Host, URL: strings.TrimSuffix(a.cfg.BaseURL.String(), "/"), At: time.Now()}
			write = func(w io.Writer) error { return act.ExportWXRFromShell(ctx, site, c.Article, w) }
		}
		if c.Out == "" {
			return write(a.out)
		}
		return writeWhole(c.Out, write)
	})
}

// writeWhole writes a file under another name and gives it its own at the end, so
// that there is never a part of it.
func writeWhole(name string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return cannotWrite(name, err)
	}
	defer os.Remove(f.Name()) //nolint:errcheck // gone after the renaming
	if err := write(f); err != nil {
		f.Close() //nolint:errcheck // the other error matters
		return err
	}
	if err := f.Sync(); err != nil {
		f.Close() //nolint:errcheck // the other error matters
		return cannotWrite(name, err)
	}
	if err := f.Close(); err != nil {
		return cannotWrite(name, err)
	}
	if err := os.Rename(f.Name(), name); err != nil {
		return cannotWrite(name, err)
	}
	return nil
}

func cannotWrite(name string, err error) error {
	return &forum.Error{Kind: forum.Unavailable, Msg: "%s can’t be written.", Args: []any{name}, Err: err}
}
