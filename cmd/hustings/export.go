package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"hustings/internal/action"
	"hustings/internal/exporter"
	"hustings/internal/forum"
	"hustings/internal/postgres"
)

// exportCmd writes everything out.
type exportCmd struct {
	Format  string `default:"jsonl" help:"Format: jsonl (everything there is), wxr (for WordPress), html (pages to read, one for each article) or mbox (mail). The last two hold what readers see." placeholder:"NAME"`
	Article string `help:"Only the article at this address." placeholder:"SLUG"`
	Out     string `help:"Write to this file; it is there only when it is whole. For html without --article: a folder, or a file whose name ends with .zip." placeholder:"FILE"`
}

var exportFormats = []string{"jsonl", "wxr", "html", "mbox"}

// Run writes to standard output, to a file or to a folder.
func (c *exportCmd) Run(a *app) error {
	if !slices.Contains(exportFormats, c.Format) {
		return forum.NewError(forum.Invalid, "The format %s can’t be written; jsonl, wxr, html and mbox can.", c.Format)
	}
	return a.withStore(func(ctx context.Context, _ *postgres.DB, act *action.Actions) error {
		site := exporter.Site{Title: a.cfg.BaseURL.Host, URL: strings.TrimSuffix(a.cfg.BaseURL.String(), "/"), At: time.Now()}
		left := 0
		err := c.export(a, func(w io.Writer) error { return c.write(ctx, act, site, w, &left) }, func(create func(string) (io.WriteCloser, error)) (err error) {
			left, err = act.ExportFolderFromShell(ctx, site, create)
			return err
		})
		if err == nil && left > 0 {
			fmt.Fprintf(a.err, "Left out because readers do not see them: %d of the articles. --article SLUG writes one of them; --format jsonl has all.\n", left)
		}
		return err
	})
}

// write writes what is one file.
func (c *exportCmd) write(ctx context.Context, act *action.Actions, site exporter.Site, w io.Writer, left *int) (err error) {
	switch c.Format {
	case "wxr":
		return act.ExportWXRFromShell(ctx, site, c.Article, w)
	case "html":
		return act.ExportPageFromShell(ctx, site, c.Article, w)
	case "mbox":
		*left, err = act.ExportMboxFromShell(ctx, site, c.Article, w)
		return err
	}
	return act.ExportFromShell(ctx, c.Article, w)
}

// export finds out where to write.
func (c *exportCmd) export(a *app, file func(io.Writer) error, files func(create func(string) (io.WriteCloser, error)) error) error {
	write := file
	if c.Format == "html" && c.Article == "" {
		if c.Out != "" && !strings.HasSuffix(strings.ToLower(c.Out), ".zip") {
			return writeFolder(c.Out, files)
		}
		write = func(w io.Writer) error { return exporter.Zip(w, files) }
	}
	if c.Out == "" {
		return write(a.out)
	}
	return writeWhole(c.Out, write)
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
