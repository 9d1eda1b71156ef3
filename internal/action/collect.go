package action

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/url"
	"os"
	"strings"
	"time"

	"hustings/internal/fetch"
	"hustings/internal/forum"
	"hustings/internal/importer"
)

const (
	// maxFetched is the longest file that an address may lead to; longer ones are for
	// those who have them on their disk.
	maxFetched = 1 << 30
	// fetchTime is how long such a file may take.
	fetchTime = 20 * time.Minute
	// maxPage is the longest page or feed, in bytes; it is held in memory.
	maxPage = 8 << 20
	// maxRequests is what one address may cause, beside itself.
	maxRequests = 400
	// maxPatience is the longest wait for a server that asks for one while a person
	// waits for us; maxTries how often it may do so.
	maxPatience = time.Minute
	maxTries    = 3
)

// UseWeb lets imports be given addresses, and feeds be followed. It is called
// before the first request.
func (a *Actions) UseWeb(web *fetch.Client) {
	a.web = web
	a.OnAddress(func(ctx context.Context, address string) (io.ReadSeekCloser, error) {
		return CollectAddress(ctx, web, address)
	})
}

// AddressFile is what stands at an address, as a file of an import: a feed with the
// comments on its articles, a page with its whole thread, or any file. What can't be
// got of it is listed.
func AddressFile(web *fetch.Client, address string) ImportFile {
	name := address
	if u, err := url.Parse(address); err == nil && u.User != nil { // refused, and kept nowhere
		u.User = nil
		name = u.String()
	}
	collect := func(ctx context.Context, yield func(importer.Source) error, problem func(importer.Problem) error) error {
		spool, err := CollectAddress(ctx, web, address)
		if err != nil {
			return refuseAddress(ctx, err, name, problem)
		}
		defer spool.Close() //nolint:errcheck // it was only read
		return importer.Unpack(ctx, importer.Source{Name: name, R: spool}, yield, problem)
	}
	return ImportFile{Name: name, Collect: collect}
}

// refuseAddress lists an address that could not be read.
func refuseAddress(ctx context.Context, err error, address string, problem func(importer.Problem) error) error {
	e, told := errors.AsType[*forum.Error](err)
	if ctx.Err() != nil || !told {
		return err
	}
	return problem(importer.Problem{File: address, Offset: -1, Refused: true, Reason: e.Message()})
}

// fetched is a file that is gone when it is closed.
type fetched struct{ *os.File }

func newFetched() (*fetched, error) {
	f, err := os.CreateTemp("", "hustings-fetched-*")
	if err != nil {
		return nil, err
	}
	return &fetched{f}, nil
}

// Close closes the file and takes it away.
func (s *fetched) Close() error {
	return errors.Join(s.File.Close(), os.Remove(s.Name()))
}

// CollectAddress fetches what stands at an address and all that belongs to it: a
// parcel (see importer.Unpack), or the very file that is there. The caller closes
// it. The error is a forum.Error, ctx's, or that of the disk.
func CollectAddress(ctx context.Context, web *fetch.Client, address string) (io.ReadSeekCloser, error) {
	out, err := newFetched()
	if err != nil {
		return nil, err
	}
	c := newCollector(web, out)
	if err = c.address(ctx, address); err == nil {
		_, err = out.Seek(0, io.SeekStart)
	}
	if err != nil {
		out.Close() //nolint:errcheck // the other error matters
		return nil, err
	}
	return out, nil
}

// collector fetches what belongs together and puts it into a parcel.
type collector struct {
	web    *fetch.Client
	out    io.Writer
	parcel *importer.ParcelWriter
	left   int // requests that may still be made
	seen   map[string]bool
	total  int // what the last list of a REST interface was one page of
	wait   func(ctx context.Context, d time.Duration) error
}

func newCollector(web *fetch.Client, out io.Writer) *collector {
	return &collector{web: web, out: out, parcel: importer.NewParcel(out), left: maxRequests, seen: map[string]bool{}, wait: sleep}
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// address collects what an address leads to.
func (c *collector) address(ctx context.Context, address string) error {
	res, err := c.ask(ctx, address, fetch.Request{MaxBytes: maxFetched, Time: fetchTime, Accept: acceptAll})
	if err != nil {
		return err
	}
	defer res.Close() //nolint:errcheck // it was only read
	head := make([]byte, 4<<10)
	n, err := io.ReadFull(res, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	head = head[:n]
	rest := io.MultiReader(bytes.NewReader(head), res)
	if !pageOrFeed(res.Type, head) {
		_, err = io.Copy(c.out, rest)
		return err
	}
	data, err := io.ReadAll(io.LimitReader(rest, maxPage+1))
	switch {
	case err != nil:
		return err
	case len(data) > maxPage:
		return forum.NewError(forum.TooLarge, "This page or feed has more than %d MB.", maxPage>>20)
	}
	res.Close() //nolint:errcheck // the next request to this server has to wait for it
	if err := c.found(ctx, res, data); err != nil {
		return err
	}
	return c.parcel.Close()
}

// acceptAll prefers what has the whole thread in it.
const acceptAll = "text/html, application/atom+xml;q=0.9, application/rss+xml;q=0.9, application/feed+json;q=0.9, */*;q=0.8"

// found collects what belongs to a page or a feed. What is neither is taken as it
// is.
func (c *collector) found(ctx context.Context, res *fetch.Response, data []byte) error {
	if info, ok := importer.ReadFeedInfo(ctx, data, res.URL); ok {
		return c.feed(ctx, res.URL, data, info)
	}
	if isPage(res.Type, data) {
		return c.page(ctx, res, data)
	}
	return c.add(res.URL, "", data)
}

// pageOrFeed tells whether an answer may be something to which more belongs. Exports
// that have the form of a feed are files.
func pageOrFeed(kind string, head []byte) bool {
	f, err := importer.Sniff("", head)
	return err == nil && (f.Name() == "feed" || f.Name() == "html") || err != nil && isPage(kind, head)
}

func isPage(kind string, head []byte) bool {
	if kind == "text/html" || kind == "application/xhtml+xml" {
		return true
	}
	start := strings.ToLower(strings.TrimSpace(string(head[:min(len(head), 1<<10)])))
	return strings.HasPrefix(start, "<!doctype html") || strings.HasPrefix(start, "<html")
}

// errSpent is why nothing more is fetched.
var errSpent = forum.NewError(forum.TooMany, "More than %d addresses belong to this one; the others were not fetched.", maxRequests)

// ask asks for an address and waits where the server wants that, as long as a
// person would. A status other than 200 is an error.
func (c *collector) ask(ctx context.Context, address string, r fetch.Request) (*fetch.Response, error) {
	for try := 1; ; try++ {
		if c.left--; c.left < 0 {
			return nil, errSpent
		}
		res, err := c.web.Get(ctx, address, r)
		if err != nil {
			return nil, err
		}
		problem := res.Problem()
		if problem == nil {
			return res, nil
		}
		res.Close() //nolint:errcheck // nothing of it is wanted
		if forum.KindOf(problem) != forum.Unavailable || try == maxTries || res.RetryAfter > maxPatience {
			return nil, problem
		}
		if err := c.wait(ctx, max(res.RetryAfter, time.Second)); err != nil {
			return nil, err
		}
	}
}

// get fetches a page or feed whole, each only once: nil data are those of one that was
// fetched already.
func (c *collector) get(ctx context.Context, address string) (*fetch.Response, []byte, error) {
	if c.seen[address] {
		return nil, nil, nil
	}
	c.seen[address] = true
	res, err := c.ask(ctx, address, fetch.Request{MaxBytes: maxPage})
	if err != nil {
		return nil, nil, err
	}
	data, err := res.Bytes()
	return res, data, err
}

// add puts a file into the parcel.
func (c *collector) add(address, article string, data []byte) error {
	return c.parcel.Add(address, article, int64(len(data)), bytes.NewReader(data))
}

// missing notes what could not be got. Whatever is no sentence for people is given
// back.
func (c *collector) missing(ctx context.Context, address string, err error) error {
	e, told := errors.AsType[*forum.Error](err)
	if ctx.Err() != nil || !told {
		return err
	}
	return c.parcel.Problem(importer.Problem{File: address, Reason: e.Message()})
}
