package action

import (
	"context"
	"io"
	"time"

	"hustings/internal/exporter"
	"hustings/internal/forum"
	"hustings/internal/postgres"
)

// ExportInput says what is to be written.
type ExportInput struct {
	Format  string // one of ExportFormats
	Article string // slug; "": all
	Site    string // what the site is called
	BaseURL string // its address, without a slash at the end
	At      time.Time
}

// ExportFormat is a format that exports can be written in.
type ExportFormat struct {
	Name  string
	Type  string // media type
	End   string // of a file's name
	Pages bool   // of all articles it is an archive of many files
}

// ExportFormats are those that there are. The first two hold what is held, removed
// or private, too; the others what readers see.
var ExportFormats = []ExportFormat{
	{Name: "jsonl", Type: "application/jsonl; charset=utf-8", End: ".jsonl"},
	{Name: "wxr", Type: "application/rss+xml; charset=utf-8", End: ".xml"},
	{Name: "html", Type: "application/zip", End: ".zip", Pages: true},
	{Name: "mbox", Type: "application/mbox", End: ".mbox"},
}

// Export writes everything, or one article, for admins. The formats for readers
// leave out articles that those don't see, unless one is asked for. An export under
// way holds a connection to the database.
func (a *Actions) Export(ctx context.Context, v forum.Viewer, in ExportInput, w io.Writer) error {
	if err := forum.CanAdminister(v); err != nil {
		return err
	}
	site := exporter.Site{Title: in.Site, URL: in.BaseURL, At: in.At}
	var err error
	switch in.Format {
	case "jsonl":
		err = a.ExportFromShell(ctx, in.Article, w)
	case "wxr":
		err = a.ExportWXRFromShell(ctx, site, in.Article, w)
	case "mbox":
		_, err = a.ExportMboxFromShell(ctx, site, in.Article, w)
	case "html":
		if in.Article != "" {
			return a.ExportPageFromShell(ctx, site, in.Article, w)
		}
		err = exporter.Zip(w, func(create func(string) (io.WriteCloser, error)) error {
			_, err := a.ExportFolderFromShell(ctx, site, create)
			return err
		})
	default:
		err = forum.NewError(forum.Invalid, "The format %s can’t be written; jsonl, wxr, html and mbox can.", in.Format)
	}
	return err
}

// ExportFromShell writes everything, or the one article called slug, as JSON Lines:
// also what is held, removed or private. It is for whoever may run the program's
// commands; what serves requests calls Export.
func (a *Actions) ExportFromShell(ctx context.Context, slug string, w io.Writer) error {
	out := exporter.NewJSONL(w)
	err := a.export(ctx, slug, func(_ int64, a exporter.Article) error { return out.Article(a) },
		func(_ int64, c exporter.Comment) error { return out.Comment(c) })
	if err != nil {
		return err
	}
	return out.Close()
}

// ExportWXRFromShell writes the same for WordPress. Nothing that serves requests
// may call it.
func (a *Actions) ExportWXRFromShell(ctx context.Context, site exporter.Site, slug string, w io.Writer) error {
	out := exporter.NewWXR(w, site)
	if err := a.export(ctx, slug, out.Article, out.Comment); err != nil {
		return err
	}
	return out.Close()
}

// export gives everything to a writer, with the numbers that things have here.
func (a *Actions) export(ctx context.Context, slug string, article func(int64, exporter.Article) error, comment func(int64, exporter.Comment) error) error {
	of := ""
	return a.db.Export(ctx, slug, func(a postgres.ExportedArticle) error {
		of = a.Slug
		return article(int64(a.ID), exporter.Article{
			ID: a.PortableID, Slug: a.Slug, Title: a.Title, State: string(a.State), Replies: string(a.Replies), SourceURL: a.SourceURL,
			Author: a.Author, PublishedAt: a.PublishedAt, BodyHTML: a.BodyHTML, Comments: a.Comments,
			Standfirst: a.Standfirst, BodyText: a.BodyText,
		})
	}, func(c postgres.ExportedComment) error {
		return comment(int64(c.ID), exporter.Comment{
			Article: of, ID: c.PortableID, Parent: c.Parent, Path: c.Path, Depth: c.Level, Author: c.Author, AuthorKind: c.AuthorKind,
			CreatedAt: c.CreatedAt, EditedAt: c.EditedAt, State: string(c.State), Branch: c.Branch, Kind: string(c.Kind),
			SourceText: c.SourceText, BodyHTML: c.BodyHTML, BodyText: c.BodyText,
		})
	})
}
