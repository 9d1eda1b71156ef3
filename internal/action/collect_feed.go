package action

import (
	"context"
	"fmt"

	"hustings/internal/importer"
)

const (
	// maxFeedPages is how many pages of one feed are followed.
	maxFeedPages = 20
	// maxCommentFeeds is of how many articles the comments are fetched.
	maxCommentFeeds = 100
)

// feed collects a feed, its further pages, and the comments on its articles.
func (c *collector) feed(ctx context.Context, address string, data []byte, info importer.FeedInfo) error {
	c.seen[address] = true
	for page := 1; ; page++ {
		if err := c.feedPage(ctx, address, data, info); err != nil {
			return err
		}
		if info.Next == "" || c.seen[info.Next] {
			return nil
		}
		if page == maxFeedPages {
			return c.parcel.Problem(importer.Problem{File: info.Next, Reason: fmt.Sprintf("The feed has more than %d pages; this one and what follows was not fetched.", maxFeedPages)})
		}
		address = info.Next
		res, more, err := c.get(ctx, address)
		if err != nil {
			return c.missing(ctx, address, err)
		}
		var ok bool
		if info, ok = importer.ReadFeedInfo(ctx, more, res.URL); !ok {
			return nil
		}
		data = more
	}
}

// feedPage collects one page of a feed.
func (c *collector) feedPage(ctx context.Context, address string, data []byte, info importer.FeedInfo) error {
	if done, err := c.restOfFeed(ctx, info); done || err != nil {
		return err
	}
	if err := c.add(address, "", data); err != nil {
		return err
	}
	for i, e := range info.Entries {
		if i == maxCommentFeeds {
			return c.parcel.Problem(importer.Problem{File: address, Reason: fmt.Sprintf("Only the comments on the first %d articles were fetched.", maxCommentFeeds)})
		}
		if e.Comments == 0 || len(e.CommentFeeds) == 0 {
			continue
		}
		if err := c.commentFeeds(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

// commentFeeds collects the comments on one article: the first of its feeds of
// comments that can be read.
func (c *collector) commentFeeds(ctx context.Context, e importer.FeedEntry) error {
	var failed error
	for _, address := range e.CommentFeeds {
		_, data, err := c.get(ctx, address)
		if err == nil && data == nil {
			return nil // fetched already
		}
		if err == nil {
			return c.commentFeed(ctx, address, data, e)
		}
		if failed == nil {
			failed = err
		}
	}
	return c.missing(ctx, e.CommentFeeds[0], failed)
}

// commentFeed adds the comments on an article, and says where the feed has only the
// newest of them.
func (c *collector) commentFeed(ctx context.Context, address string, data []byte, e importer.FeedEntry) error {
	n := importer.CountComments(ctx, importer.Source{Name: address, Article: e.Key}, data)
	if err := c.add(address, e.Key, data); err != nil || n >= e.Comments {
		return err
	}
	return c.parcel.Problem(importer.Problem{File: address, Reason: fmt.Sprintf("There are %d comments, but the feed has only %d of them.", e.Comments, n)})
}
