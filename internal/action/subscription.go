package action

import (
	"context"
	"errors"
	"strings"
	"unicode/utf8"

	"hustings/internal/fetch"
	"hustings/internal/forum"
	"hustings/internal/importer"
	"hustings/internal/markup"
	"hustings/internal/postgres"
)

// FeedWork is the kind of work that OnWork hears of when a feed is due.
const FeedWork = "feeds"

// SubscribeInput says which feed is to be followed.
type SubscribeInput struct {
	Address string // of a feed, or of a page that names one
	Source  string // the name of the origin; "": each article's own site
	Drafts  bool   // articles come in as drafts
}

// maxFeedTitle is the longest title of a feed that is kept, in characters.
const maxFeedTitle = 200

// Subscribe follows a feed from now on: it is looked at on schedule, and what is new
// in it is imported. The address is asked for at once, so that a wrong one is told of
// here. The error is of the field "address" where there is no feed.
func (a *Actions) Subscribe(ctx context.Context, v forum.Viewer, in SubscribeInput) (id postgres.SubscriptionID, err error) {
	if err := forum.CanAdminister(v); err != nil {
		return 0, err
	}
	in.Source = markup.CleanLine(in.Source)
	switch {
	case strings.TrimSpace(in.Address) == "":
		return 0, forum.FieldError("address", "Please give the address of a feed, or of a page that has one.")
	case utf8.RuneCountInString(in.Source) > maxSourceChars:
		return 0, forum.FieldError("source", "The name of a source has at most %d characters.", maxSourceChars)
	case a.web == nil:
		return 0, forum.FieldError("address", "This server does not ask others, so it can’t follow feeds.")
	}
	address, info, err := a.findFeed(ctx, in.Address)
	if err != nil {
		return 0, atField("address", err)
	}
	s := postgres.Subscription{Owner: v.ID, Address: address, Title: feedTitle(info), Source: in.Source, Drafts: in.Drafts}
	err = a.db.Do(ctx, func(ctx context.Context, tx *postgres.Tx) error {
		if id, err = tx.AddSubscription(ctx, s); err != nil {
			return err
		}
		return auditSubscription(ctx, tx, v, id, "add", address)
	})
	if err == nil {
		a.workWaits(FeedWork)
	}
	return id, atField("address", err)
}

// atField puts an error beside the field it comes from.
func atField(field string, err error) error {
	told, ok := errors.AsType[*forum.Error](err)
	if !ok || told.Field != "" {
		return err
	}
	e := *told
	e.Kind, e.Field = forum.Invalid, field
	return &e
}

func auditSubscription(ctx context.Context, tx *postgres.Tx, v forum.Viewer, id postgres.SubscriptionID, what, address string) error {
	_, err := tx.Audit(ctx, postgres.AuditEntry{Actor: v.ID, Action: postgres.ActSubscribe, SubjectKind: "subscription", SubjectID: int64(id),
		Detail: map[string]any{"what": what, "address": address}})
	return err
}

func feedTitle(info importer.FeedInfo) string {
	title := []rune(markup.CleanLine(info.Title))
	return string(title[:min(len(title), maxFeedTitle)])
}

// findFeed finds the feed at an address: that itself, or the first one that a page
// names.
func (a *Actions) findFeed(ctx context.Context, address string) (string, importer.FeedInfo, error) {
	found, data, info, ok, err := a.askFeed(ctx, address)
	if ok || err != nil {
		return found, info, err
	}
	feeds := importer.LinksOf(data, found).Feeds
	if len(feeds) == 0 {
		return "", info, forum.NewError(forum.NotFound, "There is no feed at this address, and no page that names one.")
	}
	if found, _, info, ok, err = a.askFeed(ctx, feeds[0]); err == nil && !ok {
		err = forum.NewError(forum.NotFound, "The page names the feed %s, but there is none.", feeds[0])
	}
	return found, info, err
}

// askFeed reads what stands at an address. It is not ok where that is no feed.
func (a *Actions) askFeed(ctx context.Context, address string) (found string, data []byte, info importer.FeedInfo, ok bool, err error) {
	res, err := a.web.Get(ctx, address, fetch.Request{MaxBytes: maxPage, Accept: acceptFeed})
	if err != nil {
		return "", nil, info, false, err
	}
	defer res.Close() //nolint:errcheck // it was only read
	if err := res.Problem(); err != nil {
		return "", nil, info, false, err
	}
	if data, err = res.Bytes(); err != nil {
		return "", nil, info, false, err
	}
	if found = res.Moved; found == "" {
		found = strings.TrimSpace(address)
	}
	info, ok = importer.ReadFeedInfo(ctx, data, res.URL)
	return found, data, info, ok, nil
}

const acceptFeed = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.5"

// changeSubscription lets an admin change a subscription.
func (a *Actions) changeSubscription(ctx context.Context, v forum.Viewer, id postgres.SubscriptionID, what string,
	act func(context.Context, *postgres.Tx, postgres.Subscription) error,
) error {
	if err := forum.CanAdminister(v); err != nil {
		return err
	}
	err := a.db.Do(ctx, func(ctx context.Context, tx *postgres.Tx) error {
		s, err := tx.HoldSubscription(ctx, id)
		if err != nil {
			return err
		}
		if err := act(ctx, tx, s); err != nil {
			return err
		}
		return auditSubscription(ctx, tx, v, id, what, s.Address)
	})
	if err == nil {
		a.workWaits(FeedWork)
	}
	return err
}

// PauseSubscription stops looking at a feed until ResumeSubscription.
func (a *Actions) PauseSubscription(ctx context.Context, v forum.Viewer, id postgres.SubscriptionID) error {
	return a.changeSubscription(ctx, v, id, "pause", func(ctx context.Context, tx *postgres.Tx, _ postgres.Subscription) error {
		return tx.SetSubscription(ctx, id, postgres.SubscriptionPaused)
	})
}

// ResumeSubscription looks at a feed again, at once: one that was paused, one that
// had gone, or one whose next turn is later.
func (a *Actions) ResumeSubscription(ctx context.Context, v forum.Viewer, id postgres.SubscriptionID) error {
	return a.changeSubscription(ctx, v, id, "resume", func(ctx context.Context, tx *postgres.Tx, _ postgres.Subscription) error {
		return tx.SetSubscription(ctx, id, postgres.SubscriptionOn)
	})
}

// Unsubscribe follows a feed no longer. The articles that it brought stay.
func (a *Actions) Unsubscribe(ctx context.Context, v forum.Viewer, id postgres.SubscriptionID) error {
	return a.changeSubscription(ctx, v, id, "remove", func(ctx context.Context, tx *postgres.Tx, _ postgres.Subscription) error {
		return tx.DropSubscription(ctx, id)
	})
}

// PublishDraft makes a draft public, with its thread. Conflict where it is none any
// more.
func (a *Actions) PublishDraft(ctx context.Context, v forum.Viewer, slug string) error {
	if err := forum.CanAdminister(v); err != nil {
		return err
	}
	return a.db.Do(ctx, func(ctx context.Context, tx *postgres.Tx) error {
		art, err := tx.LockArticle(ctx, slug)
		switch {
		case err != nil:
			return err
		case art.State == forum.ArticlePublished:
			return nil // somebody pressed twice
		case art.State != forum.ArticleDraft:
			return forum.NewError(forum.Conflict, "This article is no draft.")
		}
		if err := tx.PublishDraft(ctx, art.ID); err != nil {
			return err
		}
		_, err = tx.Audit(ctx, postgres.AuditEntry{Actor: v.ID, Action: postgres.ActPublish, SubjectKind: "article", SubjectID: int64(art.ID), Article: art.ID})
		return err
	})
}
