package action

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"net/url"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"hustings/internal/fetch"
	"hustings/internal/forum"
	"hustings/internal/importer"
	"hustings/internal/postgres"
)

const (
	// pollLease is how long whoever looks at a feed has it for himself, and pollTime
	// how long that may take.
	pollLease = 20 * time.Minute
	pollTime  = 15 * time.Minute
)

// WorkFeeds looks at the feed that is due next, and tells whether there was one. What
// is new in it becomes an import, which the next worker carries out. What went wrong
// stands in the subscription; the error is that of the database, or ctx's.
func (a *Actions) WorkFeeds(ctx context.Context) (worked bool, err error) {
	var s postgres.Subscription
	err = a.db.Do(ctx, func(ctx context.Context, tx *postgres.Tx) (err error) {
		s, err = tx.ClaimSubscription(ctx, pollLease)
		return err
	})
	switch {
	case forum.KindOf(err) == forum.NotFound:
		return false, nil
	case err != nil:
		return false, err
	}
	limited, cancel := context.WithTimeout(ctx, pollTime)
	defer cancel()
	p := &poll{Actions: a, s: s, was: s, now: s.Now, wait: s.Every, touched: map[string]bool{}}
	p.s.Said, p.s.SaidArgs, p.s.Failures = "", nil, 0
	err = p.look(limited)
	if ctx.Err() != nil {
		// Whoever comes next need not wait for the lease.
		release := func(ctx context.Context, tx *postgres.Tx) error { return tx.ReleaseSubscription(ctx, s.ID) }
		return true, errors.Join(ctx.Err(), a.db.Do(context.WithoutCancel(ctx), release))
	}
	if limited.Err() != nil && err != nil {
		err = &forum.Error{Kind: forum.Unavailable, Msg: "Reading it all takes longer than %d minutes.", Args: []any{int(pollTime.Minutes())}, Err: err}
	}
	if err != nil {
		err = p.fail(err)
	}
	return true, errors.Join(err, p.note(ctx))
}

// poll is one look at a feed.
type poll struct {
	*Actions
	s, was  postgres.Subscription // as it will be, and as it was
	now     time.Time
	wait    time.Duration // until the next one
	data    []byte        // of the feed; nil: it has not changed
	info    importer.FeedInfo
	items   []postgres.SubscriptionItem // those of the feed, and older ones
	touched map[string]bool             // their keys, where they are to be noted
	parts   int                         // feeds of comments that have changed
	said    error                       // what could not be got beside the feed; nil: nothing
}

// look does it. An error with a sentence is a failure of the feed.
func (p *poll) look(ctx context.Context) error {
	if p.s.TakenBack {
		p.s.State = postgres.SubscriptionPaused
		p.say(forum.NewError(0, "Its last import was taken back. So that this does not come again, the feed is paused."))
		return nil
	}
	res, err := p.web.Get(ctx, p.s.Address, fetch.Request{MaxBytes: maxPage, Accept: acceptFeed, ETag: p.s.ETag, LastModified: p.s.LastModified})
	if err != nil {
		return err
	}
	defer res.Close() //nolint:errcheck // it was only read
	changed := false
	if res.Status != statusNotModified {
		if err := res.Problem(); err != nil {
			return err
		}
		if changed, err = p.read(ctx, res); err != nil {
			return err
		}
	}
	if res.Moved != "" {
		p.s.Address = res.Moved
	}
	res.Close() //nolint:errcheck // the next request to this server has to wait for it
	if err := p.recall(ctx); err != nil {
		return err
	}
	return p.bring(ctx, changed)
}

// statusNotModified is the answer that a feed is what it was.
const statusNotModified = 304

// read reads the feed and tells whether it has changed.
func (p *poll) read(ctx context.Context, res *fetch.Response) (changed bool, err error) {
	if p.data, err = res.Bytes(); err != nil {
		return false, err
	}
	var ok bool
	if p.info, ok = importer.ReadFeedInfo(ctx, p.data, res.URL); !ok {
		return false, forum.NewError(forum.Invalid, "What stands at this address is no feed any more.")
	}
	sum := sha256.Sum256(p.data)
	changed = !bytes.Equal(sum[:], p.s.Digest)
	p.s.Digest, p.s.ETag, p.s.LastModified = sum[:], res.ETag, res.LastModified
	p.s.Title, p.s.Every = feedTitle(p.info), pace(p.info.Entries, p.now)
	p.wait = p.s.Every
	return changed, nil
}

// recall reads what is known of the feed's articles and brings it up to date.
func (p *poll) recall(ctx context.Context) (err error) {
	if p.items, err = p.db.SubscriptionItems(ctx, p.s.ID); err != nil {
		return err
	}
	for n, e := range p.info.Entries {
		at := slices.IndexFunc(p.items, func(i postgres.SubscriptionItem) bool { return i.Key == e.Key })
		if at < 0 {
			at = n
			p.items = slices.Insert(p.items, min(n, len(p.items)), postgres.SubscriptionItem{Key: e.Key, FoundAt: p.now, Comments: -1})
			at = min(at, len(p.items)-1)
		}
		i := &p.items[at]
		p.touched[e.Key] = true
		i.Post, i.PublishedAt = e.Post, e.At
		if len(e.CommentFeeds) > 0 {
			i.CommentFeed = e.CommentFeeds[0]
		}
	}
	return nil
}

// bring finds out whether something is new and makes an import of it.
func (p *poll) bring(ctx context.Context, changed bool) error {
	out, err := newFetched()
	if err != nil {
		return err
	}
	defer out.Close() //nolint:errcheck // nobody needs it any more
	c := newCollector(p.web, out)
	c.parcel.SpeaksFor(p.s.Address)
	found, err := p.collect(ctx, c, changed)
	if err != nil || !found {
		return err
	}
	if err := c.parcel.Close(); err != nil {
		return err
	}
	return p.start(ctx, out)
}

// collect puts what may be new into a parcel; found is false where nothing is.
func (p *poll) collect(ctx context.Context, c *collector, changed bool) (found bool, err error) {
	if p.s.API != "" || p.was.Digest == nil && p.data != nil {
		done, found, err := p.collectREST(ctx, c, changed)
		if done || err != nil {
			return found, err
		}
	}
	if err := p.collectComments(ctx, c); err != nil {
		return false, err
	}
	if !changed && p.parts == 0 {
		return false, nil
	}
	if p.data == nil {
		// Comments are told apart by the articles that stand beside them.
		res, err := c.ask(ctx, p.s.Address, fetch.Request{MaxBytes: maxPage, Accept: acceptFeed})
		if err != nil {
			return false, err
		}
		if p.data, err = res.Bytes(); err != nil {
			return false, err
		}
	}
	return true, c.add(p.s.Address, "", p.data)
}

// collectREST takes articles and comments from WordPress' REST interface. Whether it
// is used is decided at the first look and stays so: what the interface and the feed
// say of one article may differ.
func (p *poll) collectREST(ctx context.Context, c *collector, changed bool) (done, found bool, err error) {
	first := p.s.API == ""
	q := restQuery{root: p.s.API, kind: "posts", some: !first}
	if first {
		if q.root, q.posts = restOf(p.info); q.root == "" {
			return false, false, nil
		}
	}
	for _, i := range p.items {
		wanted := p.inFeed(i.Key) || len(q.posts) < maxFresh && fresh(i, p.now)
		if i.Post > 0 && wanted && len(q.posts) < restPage && !slices.Contains(q.posts, i.Post) {
			q.posts = append(q.posts, i.Post)
		}
	}
	if len(q.posts) == 0 {
		return true, false, nil
	}
	slices.Sort(q.posts)
	mark, ok := c.restMark(ctx, q)
	switch {
	case ctx.Err() != nil:
		return false, false, ctx.Err()
	case !ok && first:
		return false, false, nil
	case !ok:
		return false, false, forum.NewError(forum.Unavailable, "The site does not give its articles and comments out at the moment.")
	case !changed && mark == p.s.Mark:
		return true, false, nil
	}
	if done, err = c.rest(ctx, q); err != nil || !done {
		if err == nil && !first {
			err = forum.NewError(forum.Unavailable, "The site does not give its articles and comments out at the moment.")
		}
		return false, false, err
	}
	p.s.API, p.s.Mark = q.root, mark
	return true, true, nil
}

func (p *poll) inFeed(key string) bool {
	return slices.ContainsFunc(p.info.Entries, func(e importer.FeedEntry) bool { return e.Key == key })
}

// restMark tells whether comments have come: it changes when one does.
func (c *collector) restMark(ctx context.Context, q restQuery) (mark string, ok bool) {
	address := restAddress(q.root, "comments", url.Values{"post": {joined(q.posts)}, "per_page": {"1"}, "_fields": {"id"}})
	numbers, _, ok := c.restList(ctx, address, io.Discard)
	if !ok {
		return "", false
	}
	return joined(numbers) + " of " + strconv.Itoa(c.total), true
}

// collectComments looks at the feeds of comments on the articles that are fresh, and
// on those of which the feed counts more or fewer than before.
func (p *poll) collectComments(ctx context.Context, c *collector) error {
	looked := 0
	for n := range p.items {
		i := &p.items[n]
		count := p.count(i.Key)
		known := count >= 0 && p.data != nil
		due := known && count != i.Comments && (count > 0 || i.Comments > 0) || !known && fresh(*i, p.now)
		if i.CommentFeed == "" || !due || looked >= maxFresh {
			continue
		}
		looked++
		p.touched[i.Key] = true
		if err := p.collectFeed(ctx, c, i); err != nil {
			return err
		}
		if known {
			i.Comments = count
		}
	}
	return nil
}

// count is how many comments the feed says that an article has; -1: it does not.
func (p *poll) count(key string) int {
	for _, e := range p.info.Entries {
		if e.Key == key {
			return e.Comments
		}
	}
	return -1
}

// collectFeed looks at one feed of comments. One that can't be read is told of and
// stops nothing.
func (p *poll) collectFeed(ctx context.Context, c *collector, i *postgres.SubscriptionItem) error {
	if c.left--; c.left < 0 {
		return nil
	}
	res, err := p.web.Get(ctx, i.CommentFeed, fetch.Request{MaxBytes: maxPage, Accept: acceptFeed, ETag: i.ETag, LastModified: i.LastModified})
	if err != nil {
		return p.unread(ctx, c, i.CommentFeed, err)
	}
	defer res.Close() //nolint:errcheck // it was only read
	if res.Status == statusNotModified {
		return nil
	}
	if err := res.Problem(); err != nil {
		return p.unread(ctx, c, i.CommentFeed, err)
	}
	data, err := res.Bytes()
	if err != nil {
		return p.unread(ctx, c, i.CommentFeed, err)
	}
	sum := sha256.Sum256(data)
	if !bytes.Equal(sum[:], i.Digest) {
		p.parts++
		if err := c.add(i.CommentFeed, i.Key, data); err != nil {
			return err
		}
	}
	i.ETag, i.LastModified, i.Digest = res.ETag, res.LastModified, sum[:]
	return nil
}

// unread notes that a feed of comments can't be read: here, and in the import, should
// there be one.
func (p *poll) unread(ctx context.Context, c *collector, address string, err error) error {
	if p.said == nil {
		p.said = err
	}
	return c.missing(ctx, address, err)
}

// start makes an import of what was collected, if it brings anything.
func (p *poll) start(ctx context.Context, parcel io.ReadSeeker) error {
	in := ImportInput{DryRun: true, Source: p.s.Source, AsDrafts: p.s.Drafts, Files: []ImportFile{{Name: p.s.Address, Open: func() (io.ReadCloser, error) {
		_, err := parcel.Seek(0, io.SeekStart)
		return io.NopCloser(parcel), err
	}}}}
	found, err := p.importAs(ctx, p.s.Owner, in)
	if err != nil {
		return err
	}
	articles := found.Articles.New + found.Articles.Changed
	comments := found.Comments.New + found.Comments.Changed
	if articles+comments == 0 {
		return nil
	}
	if _, err := parcel.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if p.s.Job, err = p.startJob(ctx, parcel); err != nil {
		return err
	}
	p.say(forum.NewError(0, "New or changed: articles %d, comments %d.", articles, comments))
	return nil
}

// say keeps a sentence, which is translated when it is shown.
func (p *poll) say(e *forum.Error) { p.s.Said, p.s.SaidArgs = e.Msg, e.Args }

// startJob makes an import whose file is there already, and has it carried out.
func (p *poll) startJob(ctx context.Context, parcel io.Reader) (id postgres.JobID, err error) {
	var number int
	err = p.db.Do(ctx, func(ctx context.Context, tx *postgres.Tx) error {
		if err := tx.SweepJobs(ctx); err != nil {
			return err
		}
		if id, err = tx.AddJob(ctx, p.s.Owner, postgres.JobOptions{Source: p.s.Source, Format: "auto", Zone: "UTC", Drafts: p.s.Drafts}); err != nil {
			return err
		}
		number, err = tx.AddJobFile(ctx, id, p.fileName(), "")
		return err
	})
	if err != nil {
		return 0, err
	}
	buf := make([]byte, postgres.ChunkBytes)
	n, err := io.ReadFull(parcel, buf)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return 0, err
	}
	if err := p.receive(ctx, id, number, buf, n, parcel); err != nil {
		return 0, err
	}
	err = p.db.Do(ctx, func(ctx context.Context, tx *postgres.Tx) error { return tx.QueueJob(ctx, id, postgres.WantApply) })
	p.workWaits(ImportWork)
	return id, err
}

// fileName is what the import calls its file.
func (p *poll) fileName() string {
	if utf8.RuneCountInString(p.s.Address) <= maxFileName {
		return p.s.Address
	}
	return PastedText
}

// fail notes why a look came to nothing. What is no sentence for people is given
// back, and the feed is looked at again later.
func (p *poll) fail(err error) error {
	now := p.s
	p.s, p.touched = p.was, nil
	p.s.Failures, p.s.Address, p.s.Every = p.was.Failures+1, now.Address, now.Every
	p.wait = patience(p.s.Failures, p.s.Every)
	e, told := errors.AsType[*forum.Error](err)
	if !told {
		p.say(forum.NewError(0, "Something went wrong on our side. It has been noted; please try again."))
		return err
	}
	p.say(e)
	switch e.Kind {
	case forum.Gone:
		p.s.State = postgres.SubscriptionGone
	case forum.Unavailable:
		p.wait = max(e.RetryAfter, p.wait)
	}
	return nil
}

// note writes down what was found.
func (p *poll) note(ctx context.Context) error {
	if e, told := errors.AsType[*forum.Error](p.said); told && p.s.Said == "" {
		p.say(e)
	}
	if p.s.Said == "" {
		p.say(forum.NewError(0, "There was nothing new."))
	}
	items := slices.DeleteFunc(p.items, func(i postgres.SubscriptionItem) bool { return !p.touched[i.Key] })
	return p.db.Do(ctx, func(ctx context.Context, tx *postgres.Tx) error {
		if err := tx.KeepSubscriptionItems(ctx, p.s.ID, items); err != nil {
			return err
		}
		return tx.LookedAt(ctx, p.s, p.wait)
	})
}
