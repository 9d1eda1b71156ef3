package server

import (
	"bytes"
	"container/list"
	"context"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"hustings/internal/forum"
	"hustings/web"

	"golang.org/x/sync/singleflight"
)

// Pages that every anonymous reader gets alike are kept whole, as compressed
// bytes. An article's page is right as long as the article's revision is the
// same; that is asked for again after checkEvery, and at once after a write on
// this instance. Any other shared page is simply made again after checkEvery or
// after a write here. So a page is at most checkEvery old where another instance
// wrote, and never where this one did.
const (
	checkEvery = 500 * time.Millisecond
	// longestKept bounds what the revision does not know of, such as the badge
	// of somebody who became a moderator.
	longestKept = time.Minute
	// askWithin is how long a reader waits for a store in trouble where there is a
	// kept page to fall back on.
	askWithin  = 2 * time.Second
	cacheBytes = 64 << 20
)

// pageCache keeps shared pages, the least recently used go first.
type pageCache struct {
	mu        sync.Mutex
	entries   map[string]*list.Element
	recent    *list.List
	bytes     int
	revisions map[string]revision // by slug
	writes    atomic.Int64        // rises with every write on this instance
	making    singleflight.Group
}

// sharedPage is one kept answer.
type sharedPage struct {
	key      string
	status   int
	header   http.Header
	body     []byte // in the encoding that header names
	revision int64  // of the article, or 0
	writes   int64
	made     time.Time
	part     *threadPart // for a part of a page, whose body this is
}

// revision is what is known of an article's state.
type revision struct {
	n       int64
	writes  int64
	checked time.Time
}

func newPageCache() *pageCache {
	return &pageCache{entries: map[string]*list.Element{}, recent: list.New(), revisions: map[string]revision{}}
}

// changed hears of every write on this instance.
func (c *pageCache) changed(forum.ArticleID) { c.writes.Add(1) }

func (c *pageCache) get(key string) *sharedPage {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.entries[key]
	if !ok {
		return nil
	}
	c.recent.MoveToFront(e)
	return e.Value.(*sharedPage) //nolint:errcheck // only *sharedPage are put there
}

func (c *pageCache) put(p *sharedPage) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if old, ok := c.entries[p.key]; ok {
		c.drop(old)
	}
	c.entries[p.key] = c.recent.PushFront(p)
	c.bytes += len(p.body) + len(p.key)
	for c.bytes > cacheBytes {
		c.drop(c.recent.Back())
	}
}

func (c *pageCache) drop(e *list.Element) {
	p := c.recent.Remove(e).(*sharedPage) //nolint:errcheck // only *sharedPage are put there
	delete(c.entries, p.key)
	c.bytes -= len(p.body) + len(p.key)
}

// maxRevisions bounds the revisions that are remembered; they are cheap to ask
// for again.
const maxRevisions = 10_000

// revisionOf is an article's revision, asked of the store when what is known is
// old or something was written here since.
func (s *Server) revisionOf(ctx context.Context, slug string, within time.Duration) (int64, error) {
	c := s.cache
	writes := c.writes.Load()
	c.mu.Lock()
	known, ok := c.revisions[slug]
	c.mu.Unlock()
	if ok && known.writes == writes && time.Since(known.checked) < checkEvery {
		return known.n, nil
	}
	n, err, _ := c.making.Do("revision "+slug+"\x00"+strconv.FormatInt(writes, 36), func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), within)
		defer cancel()
		_, n, err := s.db.Revision(ctx, slug)
		return n, err
	})
	if err != nil {
		return 0, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.revisions) > maxRevisions {
		clear(c.revisions)
	}
	c.revisions[slug] = revision{n: n.(int64), writes: writes, checked: time.Now()} //nolint:errcheck // set above
	return n.(int64), nil                                                           //nolint:errcheck // set above
}

// isShared tells whether a request gets what everybody gets.
func isShared(r *http.Request) bool { return !viewerOf(r).SignedIn() }

// cacheKey names a variant of a page: path, the parts of the query that matter,
// theme, language and encoding; nothing else makes a difference.
func (s *Server) cacheKey(r *http.Request) string {
	var b strings.Builder
	b.WriteString(r.URL.Path)
	q := r.URL.Query()
	for _, name := range sharedParameters {
		if v := q.Get(name); v != "" {
			b.WriteString("\x00" + name + "=" + v)
		}
	}
	b.WriteString("\x00\x00" + themeOf(r) + "\x00" + s.localeOf(r).Lang + "\x00" + web.PreferredEncoding(r.Header["Accept-Encoding"]))
	return b.String()
}

// sharedParameters are the parts of a query that shared pages depend on; reply,
// since pages repeat it in their own address.
var sharedParameters = []string{"sort", "after", "limit", "below", "context", "fold", "kind", "article", "reply"}

// longestShared keeps hostile addresses from filling the cache.
const longestShared = 300

// shared keeps a page for anonymous readers.
func (s *Server) shared(h handler) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if !isShared(r) || len(r.URL.RawQuery) > longestShared {
			return h(w, r)
		}
		writes := s.cache.writes.Load()
		key := s.cacheKey(r)
		p := s.cache.get(key)
		if p == nil || p.writes != writes || time.Since(p.made) > checkEvery {
			var err error
			if p, err = s.makeShared(r, h, key, 0, writes); err != nil || p == nil {
				return err
			}
		}
		return p.serve(w)
	}
}

// sharedAlone is shared for pages that no query changes: whatever stands behind the
// question mark, the page is made once.
func (s *Server) sharedAlone(h handler) handler {
	alone := s.shared(h)
	return func(w http.ResponseWriter, r *http.Request) error {
		r.URL.RawQuery = ""
		return alone(w, r)
	}
}

// sharedArticle is shared for pages that depend on one article's revision only.
func (s *Server) sharedArticle(w http.ResponseWriter, r *http.Request, slug string, h handler) error {
	writes := s.cache.writes.Load()
	key := s.cacheKey(r)
	p := s.cache.get(key)
	within := answerWithin
	if p != nil {
		within = askWithin
	}
	revision, err := s.revisionOf(r.Context(), slug, within)
	if err != nil && p != nil && statusFor(err) == http.StatusServiceUnavailable {
		noteFailure(r, http.StatusOK, err)
		return p.serve(w) // while the store cannot be asked, what was right a moment ago is better than nothing
	}
	if err != nil {
		return err
	}
	if p == nil || p.revision != revision || time.Since(p.made) > longestKept {
		if p, err = s.makeShared(r, h, key, revision, writes); err != nil || p == nil {
			return err
		}
	}
	return p.serve(w)
}

// makeShared renders a page once for all who wait for it. It renders without the
// first one's cancellation: others may be waiting too.
func (s *Server) makeShared(r *http.Request, h handler, key string, revision, writes int64) (*sharedPage, error) {
	flight := key + "\x00" + strconv.FormatInt(revision, 36) + "\x00" + strconv.FormatInt(writes, 36)
	made, err, _ := s.cache.making.Do(flight, func() (any, error) {
		b := newBuffered()
		defer b.free()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), 15*time.Second)
		defer cancel()
		if err := h(b, r.WithContext(ctx)); err != nil {
			return nil, err
		}
		p := s.keep(b, r, key)
		p.revision, p.writes = revision, writes
		s.cache.put(p)
		return p, nil
	})
	if err != nil {
		return nil, err
	}
	return made.(*sharedPage), nil //nolint:errcheck // set above
}

// keep turns an answer into one for everybody.
func (s *Server) keep(b *buffered, r *http.Request, key string) *sharedPage {
	h := b.header
	h.Set("Cache-Control", "public, max-age=0, must-revalidate")
	addVary(h, "Cookie")
	addVary(h, "Accept-Language")
	body := bytes.Clone(b.body.Bytes())
	if compressible(h.Get("Content-Type")) {
		body = s.compress(h, r, body, web.Compress)
	}
	if b.status == 0 || b.status == http.StatusOK {
		h.Set("ETag", etagOf(body))
	}
	return &sharedPage{key: key, status: b.status, header: h, body: body, made: time.Now()}
}

// serve writes the kept answer.
func (p *sharedPage) serve(w http.ResponseWriter) error {
	b := w.(*buffered) //nolint:errcheck // handlers always get one
	b.status = p.status
	maps.Copy(b.header, p.header)
	b.ready = p.body
	return nil
}
