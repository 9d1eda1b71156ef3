package action

import (
	"context"
	"errors"
	"io"
	"slices"
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
	// Job is the number of the job that this import is, under which what it makes
	// and overwrites is noted, so that it can be undone; 0: none.
	Job postgres.JobID
	// Progress hears of what is going on, often; nil: nobody does.
	Progress func(ImportProgress)
}

// ImportFile is one file of an import.
type ImportFile struct {
	Name string // as people know it; stands in the report
	Open func() (io.ReadCloser, error)
}

// ImportProgress is how far an import has come.
type ImportProgress struct {
	Records  int // read so far
	Articles int // finished so far
	Of       int // articles in all; 0 while files are being read
}

// Imported is what an import did, or would do.
type Imported struct {
	importer.Report // Seconds is left to the caller, who has a clock
	// Links lists the articles in the order of the files, at most maxLinks.
	Links []ImportedArticle
}

// ImportedArticle is an article of an import.
type ImportedArticle struct {
	Slug, Title string
	Added       int              // comments that are new
	Preview     []PreviewComment // in a dry run, for the first articles
}

const (
	maxLinks = 200
	// importBatch and importBatchBytes bound what is held in memory on the way
	// to the staging table.
	importBatch      = 2000
	importBatchBytes = 4 << 20
)

// Import reads files and brings their articles here, each visible at once with
// its whole thread. It works in three steps: every record of every file is
// rendered and staged; each article's records are compared with what is here;
// what is new or changed is written, one transaction an article. A dry run ends
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
	mail, err := a.db.MailKey(ctx)
	if err != nil {
		return nil, err
	}
	im := &importing{db: a.db, actor: actor, in: in, session: session, stage: newStager(session, in)}
	im.out.Report = importer.Report{Files: []string{}, DryRun: in.DryRun, Repairs: []importer.Finding{}, Refused: []importer.Finding{}}
	im.stage.mail = mail
	if err := im.read(ctx); err != nil {
		return nil, err
	}
	err = im.applyAll(ctx)
	if im.wrote && !in.DryRun {
		// What has been written is told of even when the rest failed.
		err = errors.Join(err, im.audit(context.WithoutCancel(ctx), err == nil))
	}
	if err != nil {
		return nil, err
	}
	im.out.Sort()
	return &im.out, nil
}

// importing is one import under way.
type importing struct {
	db      *postgres.DB
	actor   forum.PersonID // 0: the shell
	in      ImportInput
	session *postgres.ImportSession
	stage   *stager
	out     Imported
	wrote   bool
	source  postgres.SourceID // the first one written to
	sources []string
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
	return im.session.Seal(ctx)
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

func (im *importing) applyAll(ctx context.Context) error {
	groups := im.stage.groups()
	if err := im.stage.stageGroups(ctx, groups); err != nil {
		return err
	}
	if !im.in.DryRun {
		if err := im.session.Do(ctx, func(ctx context.Context, tx *postgres.Tx) error { return tx.AdoptImported(ctx) }); err != nil {
			return err
		}
	}
	for i, g := range groups {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := im.one(ctx, g); err != nil {
			return err
		}
		im.progress(ImportProgress{Records: im.stage.records, Articles: i + 1, Of: len(groups)})
	}
	return nil
}

func (im *importing) progress(p ImportProgress) {
	if im.in.Progress != nil {
		im.in.Progress(p)
	}
}

// one finds out what is new in an article and, unless this is a dry run, writes
// it.
func (im *importing) one(ctx context.Context, g *group) error {
	var p *plan
	err := im.step(ctx, func(ctx context.Context, tx *postgres.Tx) (err error) {
		if p, err = im.plan(ctx, tx, g); err != nil || tx == nil {
			return err
		}
		return p.write(ctx, tx)
	})
	switch forum.KindOf(err) {
	case forum.Invalid, forum.Malformed, forum.Conflict:
		// Something in it that nobody foresaw; it must not stop the others.
		im.leaveOut(g, err)
		return nil
	}
	if err != nil {
		return err
	}
	if p.visibly {
		im.wrote = true
		if im.source == 0 {
			im.source = p.source
		}
		im.sources = appendOnce(im.sources, g.source)
	}
	return im.tell(ctx, p)
}

// leaveOut refuses a whole article.
func (im *importing) leaveOut(g *group, err error) {
	h, e := g.heads[0], &forum.Error{}
	errors.As(err, &e)
	im.out.Add(importer.Problem{File: im.stage.names[h.file-1], Line: int(h.line), Refused: true,
		Reason: "The article is left out with its comments. " + e.Message()})
}

// step runs in a transaction, or without one (tx is nil) in a dry run.
func (im *importing) step(ctx context.Context, act func(context.Context, *postgres.Tx) error) error {
	if im.in.DryRun {
		return act(ctx, nil)
	}
	return im.session.Do(ctx, act)
}

// tell adds what was done to the report.
func (im *importing) tell(ctx context.Context, p *plan) error {
	p.report.Format = im.out.Format // Merge is for reports of files; this one is of an article in them
	im.out.Merge(p.report)
	if p.slug == "" || len(im.out.Links) >= maxLinks {
		return nil
	}
	link := ImportedArticle{Slug: p.slug, Title: p.title, Added: p.report.Comments.New}
	if im.in.DryRun && len(im.out.Links) < maxPreviews {
		var err error
		if link.Preview, err = p.preview(ctx); err != nil {
			return err
		}
	}
	im.out.Links = append(im.out.Links, link)
	return nil
}

// audit notes the import, after everything else: from then on the audit's head
// is locked.
func (im *importing) audit(ctx context.Context, whole bool) error {
	// Not in the session: that ends with the request that was given up.
	return im.db.Do(ctx, func(ctx context.Context, tx *postgres.Tx) error {
		_, err := tx.Audit(ctx, postgres.AuditEntry{
			Actor: im.actor, Action: postgres.ActImport, SubjectKind: "source", SubjectID: int64(im.source),
			Detail: map[string]any{
				"sources": im.sources, "files": len(im.in.Files), "format": im.out.Format, "whole": whole,
				"articles": im.out.Articles, "comments": im.out.Comments, "refused": len(im.out.Refused),
			},
		})
		return err
	})
}

func appendOnce(list []string, s string) []string {
	if slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}
