package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"runtime/debug"
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
	Format   string   `default:"auto" help:"Format of the files: auto, or text, jsonl, wxr, disqus, remark42, commento, comentario, isso, blogger, mt, markdown, html, feed or wprest." placeholder:"NAME"`
	Source   string   `help:"Where the articles come from (default: the file's own site, else local)." placeholder:"NAME"`
	Zone     string   `default:"UTC" help:"Time zone of times that are written without one." placeholder:"ZONE"`
	Verbatim bool     `help:"Leave texts as they are that look encoded twice (“Ã©” for “é”)."`
	Drafts   bool     `help:"Bring articles in as drafts."`
	DryRun   bool     `help:"Say what would be done and do nothing."`
	JSON     bool     `name:"json" help:"Print the report as one JSON object."`
	Findings string   `help:"Write everything that was put right or left out to this file: CSV, or JSON where it is called *.json." placeholder:"FILE"`
	List     bool     `help:"List the latest imports and do nothing else."`
	Undo     int64    `help:"Take back the import with this number, as far as nobody has touched since what it brought." placeholder:"NUMBER"`
	Paths    []string `arg:"" optional:"" name:"path" help:"Files, archives (zip, tar, tar.gz), folders or addresses; - is standard input."`
}

// Validate refuses a command that says too little or too much.
func (c *importCmd) Validate() error {
	switch {
	case (c.List || c.Undo != 0) && len(c.Paths) > 0:
		return errors.New("--list and --undo need no <path>")
	case !c.List && c.Undo == 0 && len(c.Paths) == 0:
		return errors.New(`expected "<path> ..."`)
	}
	return nil
}

// Run imports and prints the report. It ends with 2 where records were refused
// and 1 where none could be read.
func (c *importCmd) Run(a *app) error {
	switch {
	case c.List:
		return c.list(a)
	case c.Undo != 0:
		return c.undo(a)
	}
	in, err := c.input(a)
	if err != nil {
		return err
	}
	boundMemory()
	start := time.Now()
	var done *action.Imported
	err = a.withStore(func(ctx context.Context, db *postgres.DB, act *action.Actions) (err error) {
		if done, err = a.bring(ctx, act, in); err != nil || c.Findings == "" {
			return err
		}
		return saveFindings(c.Findings, done, func(do func(postgres.ImportFinding) error) error {
			return db.EachFindingForWork(ctx, postgres.JobID(done.Job), do)
		})
	})
	if err != nil {
		return err
	}
	done.Seconds = time.Since(start).Round(time.Millisecond).Seconds()
	if done.DryRun {
		done.Estimated = done.Estimate()
	}
	if c.JSON {
		err = json.NewEncoder(a.out).Encode(done.Report)
	} else {
		err = writeReport(a.out, done)
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

// bring imports, shows how far it is, and says how to go on with an import that was
// interrupted.
func (a *app) bring(ctx context.Context, act *action.Actions, in action.ImportInput) (*action.Imported, error) {
	var job postgres.JobID
	var at action.ImportProgress
	line := newProgress(a.err)
	if line != nil {
		line.dry = in.DryRun
	}
	defer line.Done()
	in.Progress = func(p action.ImportProgress) {
		at = p
		if line != nil {
			line.Show(p)
		}
	}
	done, err := act.ImportJobFromShell(ctx, in, func(id postgres.JobID, resumed bool) {
		if job = id; resumed {
			a.say(fmt.Sprintf("going on with import %d, which was interrupted.", id))
		}
	})
	line.Done()
	if err == nil || job == 0 || ctx.Err() == nil {
		return done, err
	}
	how := "The same command again goes on with it"
	if !in.Stamped() {
		how = "Importing the same again goes on with it" // what is here already is found again
	}
	return nil, forum.NewError(forum.Conflict, "The import was interrupted after %d articles, which are here with all their comments. %s; “hustings import --undo %d” takes them back.",
		at.Articles, how, job)
}

func (c *importCmd) list(a *app) error {
	const latest = 50
	return a.withStore(func(ctx context.Context, db *postgres.DB, _ *action.Actions) error {
		jobs, err := db.JobsForShell(ctx, 0, latest)
		if err != nil {
			return err
		}
		return writeJobs(a.out, jobs)
	})
}

func (c *importCmd) undo(a *app) error {
	id := postgres.JobID(c.Undo)
	return a.withStore(func(ctx context.Context, _ *postgres.DB, act *action.Actions) error {
		line := newProgress(a.err)
		defer line.Done()
		j, err := act.UndoFromShell(ctx, id, func(p action.ImportProgress) {
			if line != nil {
				line.Show(p)
			}
		})
		if err != nil {
			return err
		}
		line.Done()
		if c.JSON {
			_, err := a.out.Write(append(j.Undo, '\n'))
			return err
		}
		var done action.Undone
		if err := json.Unmarshal(j.Undo, &done); err != nil {
			return err
		}
		return writeUndone(a.out, id, &done)
	})
}

// importMemory is what an import's own data may grow to before they are tidied
// more often: so much that a file of any size keeps the process below 128 MB.
const importMemory = 96 << 20

// boundMemory sets that limit, unless GOMEMLIMIT says another.
func boundMemory() {
	if debug.SetMemoryLimit(-1) == math.MaxInt64 {
		debug.SetMemoryLimit(importMemory)
	}
}

func (c *importCmd) input(a *app) (in action.ImportInput, err error) {
	if c.Format != "auto" {
		if _, err := importer.ByName(c.Format); err != nil {
			return in, err
		}
	}
	in = action.ImportInput{Format: c.Format, Source: c.Source, Verbatim: c.Verbatim, AsDrafts: c.Drafts, DryRun: c.DryRun}
	if in.Zone, err = time.LoadLocation(c.Zone); err != nil {
		return in, forum.NewError(forum.Invalid, "There is no time zone %q; they have names like Europe/London.", c.Zone)
	}
	in.Files, err = importFiles(a, c.Paths)
	return in, err
}

// importFiles lists what the arguments name; folders are walked, hidden files and
// what systems leave in them are passed over.
func importFiles(a *app, args []string) (files []action.ImportFile, err error) {
	for _, arg := range args {
		switch {
		case arg == "-":
			files = append(files, action.ImportFile{Name: "-", Open: func() (io.ReadCloser, error) { return io.NopCloser(a.in), nil }})
			continue
		case strings.HasPrefix(arg, "http://"), strings.HasPrefix(arg, "https://"):
			files = append(files, action.AddressFile(a.web(), arg))
			continue
		}
		err := filepath.WalkDir(arg, func(path string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil && path == arg && len(args) > 1:
				files = append(files, action.ImportFile{Name: arg, Stamp: "missing", Open: func() (io.ReadCloser, error) { return os.Open(arg) }})
				return nil // the report lists it; the others are read
			case err != nil && path == arg:
				return forum.NewError(forum.NotFound, "%s can’t be read: there is no such file or folder, or it is not yours to read.", arg)
			case err != nil:
				return nil //nolint:nilerr // listed when it is opened
			case path != arg && importer.LeftBehind(entry.Name()):
				if entry.IsDir() {
					return fs.SkipDir
				}
				return nil
			case path != arg && (entry.Type()&^fs.ModeDir != 0 || importer.SavedPiece(path)):
				return nil // links and devices are not followed
			case !entry.IsDir():
				files = append(files, fileOnDisk(path))
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

// fileOnDisk is a file that an interrupted import knows again.
func fileOnDisk(path string) action.ImportFile {
	f := action.ImportFile{Name: path, Open: func() (io.ReadCloser, error) { return os.Open(path) }}
	if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
		f.Size, f.Stamp = info.Size(), info.ModTime().UTC().Format(time.RFC3339Nano)
		if whole, err := filepath.Abs(path); err == nil {
			f.Stamp += " " + whole
		}
	}
	return f
}
