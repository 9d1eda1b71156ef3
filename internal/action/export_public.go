package action

import (
	"context"
	"encoding/base64"
	"io"

	"hustings/internal/exporter"
	"hustings/internal/forum"
	"hustings/internal/markup"
	"hustings/internal/postgres"
)

// ExportFolderFromShell writes what readers see as pages, a file each, and a list
// of them. Articles that readers don't see are left out; left tells how many.
// create makes a file. Nothing that serves requests may call it.
func (a *Actions) ExportFolderFromShell(ctx context.Context, site exporter.Site, create func(name string) (io.WriteCloser, error)) (left int, err error) {
	out := exporter.NewFolder(site, create)
	left, err = a.exportPublic(ctx, "", func(number int64, e exporter.Article) error {
		if err := a.embed(ctx, &e, number); err != nil {
			return err
		}
		return out.Article(number, e)
	}, out.Comment)
	if err != nil {
		return 0, err
	}
	return left, out.Close()
}

// ExportPageFromShell writes one article as a page, also one that readers don't
// see; of its comments those that they would see. Nothing that serves requests may
// call it.
func (a *Actions) ExportPageFromShell(ctx context.Context, site exporter.Site, slug string, w io.Writer) error {
	out := exporter.NewHTML(w, site)
	_, err := a.exportPublic(ctx, slug, func(number int64, e exporter.Article) error {
		if err := a.embed(ctx, &e, number); err != nil {
			return err
		}
		return out.Article(e)
	}, out.Comment)
	if err != nil {
		return err
	}
	return out.Close()
}

// ExportMboxFromShell writes what readers see as mail, or the one article called
// slug, also where readers don't see that. left tells how many articles are left
// out. Nothing that serves requests may call it.
func (a *Actions) ExportMboxFromShell(ctx context.Context, site exporter.Site, slug string, w io.Writer) (left int, err error) {
	out := exporter.NewMbox(w, site)
	left, err = a.exportPublic(ctx, slug, func(_ int64, e exporter.Article) error { return out.Article(e) }, out.Comment)
	if err != nil {
		return 0, err
	}
	return left, out.Close()
}

// exportPublic gives what readers see to a writer. An article that was asked for by
// its name is given whatever its state.
func (a *Actions) exportPublic(ctx context.Context, slug string, article func(int64, exporter.Article) error,
	comment func(int64, exporter.Comment, forum.Tomb) error,
) (left int, err error) {
	public, shown := exporter.NewPublic(comment), false
	err = a.export(ctx, slug, func(number int64, e exporter.Article) error {
		public.Begin()
		if shown = slug != "" || e.State == string(forum.ArticlePublished); !shown {
			left++
			return nil
		}
		return article(number, e)
	}, func(number int64, c exporter.Comment) error {
		if !shown {
			return nil
		}
		return public.Comment(number, c)
	})
	return left, err
}

// maxEmbedded is how many bytes of images one page takes; others become links to
// where they are.
const maxEmbedded = 24 << 20

// embed puts the images of an article that readers see and that are kept here into
// its text, and makes links of the others: a page that stands alone calls on no
// other site.
func (a *Actions) embed(ctx context.Context, e *exporter.Article, number int64) error {
	if len(markup.Pictures(e.BodyHTML)) == 0 {
		return nil
	}
	list, err := a.db.ArticlePictures(ctx, forum.Anonymous, forum.ArticleID(number))
	if err != nil {
		return err
	}
	kept, size := map[string]markup.Picture{}, 0
	for _, p := range list {
		image, err := a.OpenImage(ctx, forum.Anonymous, p.SHA256)
		if k := forum.KindOf(err); k == forum.NotFound || k == forum.Unavailable && ctx.Err() == nil {
			continue // a link stands in its place
		}
		if err != nil {
			return err
		}
		if size += int(image.Bytes); size > maxEmbedded {
			image.Close() //nolint:errcheck // it was not read
			break
		}
		kept[p.Address], err = embedded(p, image)
		image.Close() //nolint:errcheck // it was only read
		if err != nil {
			return err
		}
	}
	e.BodyHTML = markup.ShowPictures(e.BodyHTML, kept)
	return nil
}

func embedded(p postgres.ArticlePicture, image *Image) (markup.Picture, error) {
	content, err := io.ReadAll(image)
	return markup.Picture{Path: "data:" + image.MediaType + ";base64," + base64.StdEncoding.EncodeToString(content), Width: p.Width, Height: p.Height}, err
}
