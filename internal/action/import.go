package action

import (
	"cmp"
	"context"
	"errors"
	"io"
	"slices"
	"sync/atomic"
	"time"

	"hustings/internal/forum"
	"hustings/internal/importer"
	"hustings/internal/postgres"
)

// ImportInput is what one import command is given.
type ImportInput struct {
	Files  []ImportFile
	Format string // a format's name; "" or "auto": by the content
	// Source names the origin; "": the file's own site, else "local". The same
	// file under the same name is the same articles.
	Source string
	Zone   *time.Location // of times written without one; nil: UTC
	// Verbatim leaves texts as they are that look encoded twice.
	Verbatim bool
	// DryRun finds out what would be done and does nothing.
	DryRun bool
	// AsDrafts brings published articles in as drafts.
	AsDrafts bool
	// Job is the number of the job that this import is, under which what it makes
	// and overwrites is noted, so that it can be undone; 0: none.
	Job postgres.JobID
	// Progress hears of what is going on, often; nil: nobody does.
	Progress func(ImportProgress)
}

// ImportFile is one file of an import.
type ImportFile struct {
	Name string // as people know it; stands in the report
	Size int64  // in bytes; 0: unknown
	Open func() (io.ReadCloser, error)
	// Collect is for what is no single file, such as an address: it is used in place
	// of Open and yields the files, none of which is an archive. Problems are what
	// it could not get; the error is that of yield, problem or ctx.
	Collect func(ctx context.Context, yield func(importer.Source) error, problem func(importer.Problem) error) error
	// Kept says that an error while reading is ours, not the file's: it stands in
	// the database.
	Kept bool
	// Stamp tells the file from others of its name and size, as the time of its
	// last change does; "": it can't be told.
	Stamp string
}

// ImportProgress is how far an import has come.
type ImportProgress struct {
	Records  int // read so far
	Articles int // finished so far
	Of       int // articles in all; 0 while files are being read
	Comments int // in the articles that are finished
	Bytes    int64
	BytesOf  int64 // size of the files; 0: unknown
}

// Imported is what an import did, or would do.
type Imported struct {
	importer.Report // Seconds is left to the caller, who has a clock
	// Links lists the articles in the order of the files, at most MaxLinks.
	Links []ImportedArticle
	// Each says what came of each file, in the order of Files, at most maxEach.
	Each []ImportedFile
	// Unlisted counts the findings beyond the maxListed that the report lists; those
	// of a job are all kept with it.
	Unlisted int
	// Resumed tells that an earlier run of the same job had done a part.
	Resumed bool
}

// ImportedArticle is an article of an import.
type ImportedArticle struct {
	Slug, Title string
	State       string // "new", "changed" or "same"; "": only comments came
	Unseen      string // "draft", "private" or "scheduled" at the source; "": it is public
	Added       int    // comments that are new
	Comments    importer.CommentCounts
	Preview     []PreviewComment // in a dry run, for the first articles
}

// ImportedFile is a file of an import. An article that stands in several counts
// for the first.
type ImportedFile struct {
	Name, Format                 string // no format: nobody could read it
	Articles, Comments           int    // whatever was done with them
	Refused, Repaired, Conflicts int
	Noted                        int // findings that put nothing right
}

// MaxLinks is how many articles Imported lists at most.
const MaxLinks = 200

const (
	maxEach = 500
	// importBatch is how many records are staged together.
	importBatch = 2000
)

// Import reads files and brings their articles here, each visible at once with
// its whole thread. It works in three steps: every record of every file is
// rendered and staged; each article's records are compared with what is here;
// what is new or changed is written, whole articles in a transaction. A dry run ends
// before the third step, so its numbers are those of the import itself. Bad
// records are listed in the report and lose nothing else; the error is that of
// the database, of ctx, or Forbidden.
func (a *Actions) Import(ctx context.Context, v forum.Viewer, in ImportInput) (*Imported, error) {
	if err := forum.CanAdminister(v); err != nil {
		return nil, err
	}
	return a.importAs(ctx, v.ID, in)
}

// ImportFromShell is Import for whoever may run the program's commands. Nothing
// that serves requests may call it.
func (a *Actions) ImportFromShell(ctx context.Context, in ImportInput) (*Imported, error) {
	return a.importAs(ctx, 0, in)
}

func (a *Actions) importAs(ctx context.Context, actor forum.PersonID, in ImportInput) (*Imported, error) {
	session, err := a.db.ImportSession(ctx)
	if err != nil {
		return nil, err
	}
	defer session.Close(ctx)
	im, err := a.bring(ctx, session, postgres.JobRun{}, actor, in)
	if im.wrote && !in.DryRun {
		// What has been written is told of even when the rest failed.
		err = errors.Join(err, a.db.Do(context.WithoutCancel(ctx), func(ctx context.Context, tx *postgres.Tx) error { return im.audit(ctx, tx, err == nil) }))
	}
	if err != nil {
		return nil, err
	}
	return &im.out, nil
}

// bring does the work of an import, as the run of a job or (the zero run) without
// one. What it gives is never nil.
func (a *Actions) bring(ctx context.Context, session *postgres.ImportSession, run postgres.JobRun, actor forum.PersonID, in ImportInput) (im *importing, err error) {
	in.Job = cmp.Or(run.Job, in.Job)
	im = &importing{db: a.db, actor: actor, run: run, session: session, fileNos: map[string]int{}, each: map[string]int{}}
	im.count(&in)
	im.in, im.stage = in, newStager(session, in)
	im.stage.spill = im.list
	im.out.Report = importer.Report{Files: []string{}, DryRun: in.DryRun, Repairs: []importer.Finding{}, Refused: []importer.Finding{}, Conflicts: []importer.Finding{}}
	if im.stage.mail, err = a.db.MailKey(ctx); err != nil {
		return im, err
	}
	if im.stage.spool, err = newImportSpool(); err != nil {
		return im, err
	}
	defer im.stage.spool.close()
	if err := im.read(ctx); err != nil {
		return im, err
	}
	if err := im.lookForGone(ctx); err != nil {
		return im, err
	}
	if err := im.applyAll(ctx); err != nil {
		return im, err
	}
	if len(im.refused) > 0 {
		if err := im.uncountAuthors(ctx); err != nil {
			return im, err
		}
	}
	if err := im.tellGone(ctx); err != nil {
		return im, err
	}
	im.out.Sort()
	return im, im.keepFindings(ctx)
}

// importing is one import under way.
type importing struct {
	db        *postgres.DB
	actor     forum.PersonID  // 0: the shell
	run       postgres.JobRun // Job 0: none
	in        ImportInput
	session   *postgres.ImportSession
	stage     *stager
	out       Imported
	wrote     bool
	source    postgres.SourceID // the first one written to
	sources   []string
	bytes     atomic.Int64             // read of the files
	fileNos   map[string]int           // of files, in the order in which they came up
	each      map[string]int           // where they stand in out.Each
	waiting   []postgres.ImportFinding // on their way to the job's list
	addresses *places                  // in a dry run of several sources
	gone      []postgres.Gone          // articles that whole exports have no longer
	promised  promises                 // in a dry run: hashes of old addresses that will lead here
	refused   []int64                  // comments that are left out
	// finished counts the articles so far, of those in all.
	finished, of int
}

func (im *importing) read(ctx context.Context) error {
	for _, f := range im.in.Files {
		if err := im.readFile(ctx, f); err != nil {
			return err
		}
	}
	if im.out.Format == "" {
		im.out.Format = "auto"
	}
	im.progress(ImportProgress{Records: im.stage.records})
	if err := im.keepFindings(ctx); err != nil {
		return err
	}
	if err := im.recall(ctx); err != nil {
		return err
	}
	if err := im.session.Seal(ctx); err != nil {
		return err
	}
	if err := im.hideErased(ctx); err != nil {
		return err
	}
	return im.countAuthors(ctx)
}

// mergedFormat is "mixed" where two formats differ; a file that nobody could
// read has none and does not count.
func mergedFormat(so, far string) string {
	switch {
	case so == "":
		return far
	case far == "" || so == far:
		return so
	}
	return "mixed"
}

func (im *importing) progress(p ImportProgress) {
	if im.in.Progress != nil {
		im.in.Progress(p)
	}
}

// tell adds what was done to the report.
func (im *importing) tell(ctx context.Context, p *plan) error {
	done := p.part()
	if im.in.DryRun && p.slug != "" && len(im.out.Links) < maxPreviews {
		var err error
		if done.Link.Preview, err = p.preview(); err != nil {
			return err
		}
	}
	if im.in.DryRun || im.run.Job == 0 {
		if err := im.list(ctx, &p.report); err != nil { // of others, kept with the article
			return err
		}
	} else {
		im.listHere(&p.report)
	}
	im.refused = append(im.refused, p.refused...)
	im.tellPart(done)
	return nil
}

// tellPart adds what was done with an article, by this run or an earlier one.
func (im *importing) tellPart(done *part) {
	im.out.Articles.Add(done.Articles)
	im.out.Comments.Add(done.Comments)
	im.out.MaxDepth = max(im.out.MaxDepth, done.MaxDepth)
	im.out.AddFigures(done.Figures)
	for _, has := range done.files() {
		f := im.fileOf(has.File)
		f.Articles += has.Articles
		f.Comments += has.Comments
	}
	if done.Visibly {
		im.wrote = true
		if im.source == 0 {
			im.source = done.Source
		}
		im.sources = appendOnce(im.sources, done.Origin)
	}
	if done.Link.Slug != "" && len(im.out.Links) < MaxLinks {
		im.out.Links = append(im.out.Links, done.Link)
	}
}

// audit notes the import, after everything else: from then on the audit's head
// is locked.
func (im *importing) audit(ctx context.Context, tx *postgres.Tx, whole bool) error {
	detail := map[string]any{
		"sources": im.sources, "files": len(im.in.Files), "format": im.out.Format, "whole": whole,
		"articles": im.out.Articles, "comments": im.out.Comments, "refused": len(im.out.Refused),
	}
	if im.run.Job != 0 {
		detail["job"] = im.run.Job
	}
	_, err := tx.Audit(ctx, postgres.AuditEntry{
		Actor: im.actor, Action: postgres.ActImport, SubjectKind: "source", SubjectID: int64(im.source), Detail: detail,
	})
	return err
}

func appendOnce(list []string, s string) []string {
	if slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}
