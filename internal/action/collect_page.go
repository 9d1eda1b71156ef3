package action

import (
	"context"
	"net/url"
	"strings"

	"hustings/internal/fetch"
	"hustings/internal/importer"
)

// page collects a page with an article and its thread: from the REST interface of
// WordPress, where that answers, else from the page, the other pages over which its
// comments are spread, and, where none of them shows any, its feed of comments. Of
// the front page of a site its feed is collected.
func (c *collector) page(ctx context.Context, res *fetch.Response, data []byte) error {
	c.seen[res.URL] = true
	links := importer.LinksOf(data, res.URL)
	if front(res.URL) && len(links.Feeds) > 0 {
		return c.feedAt(ctx, links.Feeds[0])
	}
	if done, err := c.restOfPage(ctx, res, links); done || err != nil {
		return err
	}
	if err := c.add(res.URL, "", data); err != nil {
		return err
	}
	article, comments := importer.FirstArticle(ctx, importer.Source{Name: res.URL}, data)
	if article == "" {
		return nil
	}
	more, err := c.commentPages(ctx, links.CommentPages, article)
	if err != nil || comments+more > 0 || len(links.CommentFeeds) == 0 {
		return err
	}
	return c.commentFeeds(ctx, importer.FeedEntry{Key: article, CommentFeeds: links.CommentFeeds, Comments: -1})
}

func (c *collector) feedAt(ctx context.Context, address string) error {
	res, data, err := c.get(ctx, address)
	if err != nil || data == nil {
		return err
	}
	info, ok := importer.ReadFeedInfo(ctx, data, res.URL)
	if !ok {
		return c.add(res.URL, "", data)
	}
	return c.feed(ctx, res.URL, data, info)
}

// front tells the address of a whole site.
func front(address string) bool {
	u, err := url.Parse(address)
	return err == nil && strings.Trim(u.Path, "/") == "" && u.RawQuery == ""
}

// maxCommentPages is how many pages of comments of one article are fetched.
const maxCommentPages = 100

// commentPages collects further pages of comments, those too that only they name,
// and counts what is on them.
func (c *collector) commentPages(ctx context.Context, pages []string, article string) (comments int, err error) {
	for i := 0; i < len(pages) && i < maxCommentPages; i++ {
		res, data, err := c.get(ctx, pages[i])
		if err != nil {
			if err := c.missing(ctx, pages[i], err); err != nil {
				return comments, err
			}
			continue
		}
		if data == nil {
			continue
		}
		_, n := importer.FirstArticle(ctx, importer.Source{Name: res.URL}, data)
		comments += n
		if err := c.add(res.URL, article, data); err != nil {
			return comments, err
		}
		for _, more := range importer.LinksOf(data, res.URL).CommentPages {
			if !c.seen[more] {
				pages = append(pages, more)
			}
		}
	}
	return comments, nil
}
