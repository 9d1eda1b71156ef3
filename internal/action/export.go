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
	of := ""
	err := a.db.Export(ctx, slug, func(a postgres.ExportedArticle) error {
		of = a.Slug
		return out.Article(exporter.Article{
			ID: a.PortableID, Slug: a.Slug, Title: a.Title, State: string(a.State), Replies: string(a.Replies), SourceURL: a.SourceURL,
			Author: a.Author, PublishedAt: a.PublishedAt, BodyHTML: a.BodyHTML, Comments: a.Comments,
		})
	}, func(c postgres.ExportedComment) error {
		return out.Comment(exporter.Comment{
			Article: of, ID: c.PortableID, Parent: c.Parent, Path: c.Path, Depth: c.Level, Author: c.Author, AuthorKind: c.AuthorKind,
			CreatedAt: c.CreatedAt, EditedAt: c.EditedAt, State: string(c.State), Branch: c.Branch, Kind: string(c.Kind),
			SourceText: c.SourceText, BodyHTML: c.BodyHTML, BodyText: c.BodyText,
		})
	})
	if err != nil {
		return err
	}
	return out.Close()
}
