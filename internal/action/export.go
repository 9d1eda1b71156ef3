package action

import (
	"context"
	"io"

	"hustings/internal/exporter"
	"hustings/internal/forum"
	"hustings/internal/postgres"
)

// Export writes everything, or the one article called slug, as JSON Lines: also
// what is held, removed or private. It is for admins.
func (a *Actions) Export(ctx context.Context, v forum.Viewer, slug string, w io.Writer) error {
	if err := forum.CanAdminister(v); err != nil {
		return err
	}
	return a.ExportFromShell(ctx, slug, w)
}

// ExportFromShell is Export for whoever may run the program's commands. Nothing
// that serves requests may call it.
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
