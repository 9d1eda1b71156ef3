package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // --zone works where the system has no zones

	"hustings/internal/action"
	"hustings/internal/forum"
	"hustings/internal/importer"
	"hustings/internal/postgres"
)

// exitSomeRefused is the exit code of an import that left records out.
const exitSomeRefused = 2

// importCmd brings articles and their threads here.
type importCmd struct {
	Format   string   `default:"auto" help:"Format of the files: auto, or text, jsonl, wxr, disqus, remark42, commento, comentario, isso, blogger, mt, markdown or feed." placeholder:"NAME"`
	Source   string   `help:"Where the articles come from (default: the file's own site, else local)." placeholder:"NAME"`
	Zone     string   `default:"UTC" help:"Time zone of times that are written without one." placeholder:"ZONE"`
	Verbatim bool     `help:"Leave texts as they are that look encoded twice (“Ã©” for “é”)."`
	DryRun   bool     `help:"Say what would be done and do nothing."`
	JSON     bool     `name:"json" help:"Print the report as one JSON object."`
	Paths    []string `arg:"" name:"path" help:"Files, archives (zip, tar, tar.gz) or folders; - is standard input."`
}

// laterFormats come with the next version of the importer.
var laterFormats = []string{"html"}

// Run imports and prints the report. It ends with 2 where records were refused
// and 1 where none could be read.
func (c *importCmd) Run(a *app) error {
	in, err := c.input(a)
	if err != nil {
		return err
	}
	start := time.Now()
	var done *action.Imported
	err = a.withStore(func(ctx context.Context, _ *postgres.DB, act *action.Actions) (err error) {
		done, err = act.ImportFromShell(ctx, in)
		return err
	})
	if err != nil {
		return err
	}
	done.Seconds = time.Since(start).Round(time.Millisecond).Seconds()
	if c.JSON {
		err = json.NewEncoder(a.out).Encode(done.Report)
	} else {
		err = writeReport(a.out, &done.Report)
	}
	if err != nil {
		return err
	}
	switch {
	case done.Read() == 0:
		return exitCode(exitFailed)
	case len(done.Refused) > 0:
		return exitCode(exitSomeRefused)
	}
	return nil
}

func (c *importCmd) input(a *app) (in action.ImportInput, err error) {
	if slices.Contains(laterFormats, c.Format) {
		return in, forum.NewError(forum.Invalid, "The format %s can’t be read yet; auto finds those that can.", c.Format)
	}
	if c.Format != "auto" {
		if _, err := importer.ByName(c.Format); err != nil {
			return in, err
		}
	}
	in = action.ImportInput{Format: c.Format, Source: c.Source, Verbatim: c.Verbatim, DryRun: c.DryRun}
	if in.Zone, err = time.LoadLocation(c.Zone); err != nil {
		return in, forum.NewError(forum.Invalid, "There is no time zone %q; they have names like Europe/London.", c.Zone)
	}
	in.Files, err = importFiles(a, c.Paths)
	return in, err
}

// importFiles lists what the arguments name; folders are walked, hidden files in
// them are passed over.
func importFiles(a *app, args []string) (files []action.ImportFile, err error) {
	for _, arg := range args {
		switch {
		case arg == "-":
			files = append(files, action.ImportFile{Name: "-", Open: func() (io.ReadCloser, error) { return io.NopCloser(a.in), nil }})
			continue
		case strings.HasPrefix(arg, "http://"), strings.HasPrefix(arg, "https://"):
			return nil, forum.NewError(forum.Invalid, "Addresses can’t be imported yet: please save %s as a file first.", arg)
		}
		err := filepath.WalkDir(arg, func(path string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil && path == arg && len(args) > 1:
				files = append(files, action.ImportFile{Name: arg, Open: func() (io.ReadCloser, error) { return os.Open(arg) }})
				return nil // the report lists it; the others are read
			case err != nil && path == arg:
				return forum.NewError(forum.NotFound, "%s can’t be read: there is no such file or folder, or it is not yours to read.", arg)
			case err != nil:
				return nil //nolint:nilerr // listed when it is opened
			case path != arg && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "__MACOSX"):
				if entry.IsDir() {
					return fs.SkipDir
				}
				return nil
			case path != arg && entry.Type()&^fs.ModeDir != 0:
				return nil // links and devices are not followed
			case !entry.IsDir():
				files = append(files, action.ImportFile{Name: path, Open: func() (io.ReadCloser, error) { return os.Open(path) }})
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	if len(files) == 0 {
		return nil, forum.NewError(forum.NotFound, "There is no file in %s.", strings.Join(args, ", "))
	}
	return files, nil
}

// writeReport prints a report for people.
func writeReport(w io.Writer, r *importer.Report) error {
	var b strings.Builder
	what := "Imported"
	if r.DryRun {
		what = "Dry run, nothing was written:"
	}
	fmt.Fprintf(&b, "%s %s (%s) in %.1f s\n\n", what, plural(len(r.Files), "file"), r.Format, r.Seconds)
	fmt.Fprintf(&b, "%-10s %8s %8s %8s\n", "", "new", "changed", "same")
	fmt.Fprintf(&b, "%-10s %8d %8d %8d\n", "articles", r.Articles.New, r.Articles.Changed, r.Articles.Same)
	fmt.Fprintf(&b, "%-10s %8d %8d %8d\n", "comments", r.Comments.New, r.Comments.Changed, r.Comments.Same)
	fmt.Fprintf(&b, "\n%s, %s, %d held; the deepest thread has %s.\n", plural(r.Comments.Placeholders, "placeholder"),
		plural(r.Comments.LinkBacks, "link-back"), r.Comments.Held, plural(r.MaxDepth, "level"))
	writeFindings(&b, "Put right", r.Repairs)
	writeFindings(&b, "Left out", r.Refused)
	_, err := io.WriteString(w, b.String())
	return err
}

func writeFindings(b *strings.Builder, title string, list []importer.Finding) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintf(b, "\n%s (%d):\n", title, len(list))
	for _, f := range list {
		where := f.File
		if f.Line > 0 {
			where = fmt.Sprintf("%s:%d", f.File, f.Line)
		}
		fmt.Fprintf(b, "  %s  %s\n", where, f.Reason)
	}
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
