// Package fetch is the one way in which the site asks other servers for something
// at an address that a person, a feed or a page gave: imports, subscriptions,
// images. It speaks to public addresses only, which is decided for each connection
// when the real address is known, so that neither names, redirects nor a resolver
// that changes its mind lead into a private network. It keeps no cookies, sends no
// credentials, uses no proxy, and bounds time, size and growth of every answer. It
// may not store anything and knows nothing of what it fetches.
//
// Robots.txt is not asked: each address is one that a person named, or that a page
// named for just this use.
package fetch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"

	"hustings/internal/forum"
)

// Limits of every request that Limits does not change.
const (
	// DefaultBytes is how long an answer may be, unpacked.
	DefaultBytes = 32 << 20
	// DefaultTime is how long everything may take, redirects and body included.
	DefaultTime  = 30 * time.Second
	maxRedirects = 5
	maxHeader    = 64 << 10
	dialTime     = 10 * time.Second
)

// Options say how a Client behaves.
type Options struct {
	// BaseURL is our own site's address, which the User-Agent names so that who is
	// asked can find out who asks.
	BaseURL string
	// Allow are networks that are reached although they are private, on any port:
	// for intranets and tests. Usually there are none.
	Allow []netip.Prefix
	// Pause lies between two requests to one host.
	Pause time.Duration
	// Resolver finds the addresses of names; nil is the system's.
	Resolver *net.Resolver
}

// Client asks other servers. It is safe for use by many goroutines, and speaks to
// each host over one connection at a time: a Response has to be closed before the
// next request to its host can begin.
type Client struct {
	allow []netip.Prefix
	agent string
	turns turns
	http  *http.Client
	pool  *http.Transport
}

// New makes a Client.
func New(o Options) *Client {
	c := &Client{allow: o.Allow, agent: "Hustings (+" + o.BaseURL + ")", turns: turns{pause: o.Pause, next: map[string]time.Time{}}}
	dialer := &net.Dialer{Timeout: dialTime, Resolver: o.Resolver, ControlContext: c.control}
	c.pool = &http.Transport{
		DialContext:            dialer.DialContext,
		TLSHandshakeTimeout:    dialTime,
		ResponseHeaderTimeout:  DefaultTime,
		MaxResponseHeaderBytes: maxHeader,
		MaxConnsPerHost:        1,
		MaxIdleConns:           20,
		IdleConnTimeout:        10 * time.Second,
		DisableCompression:     true, // growth is counted here
	}
	c.http = &http.Client{Transport: c.pool, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return c
}

// Close ends the connections that wait for another request.
func (c *Client) Close() { c.pool.CloseIdleConnections() }

// errPrivate and errPort are why no connection was made.
var (
	errPrivate = errors.New("the address is not public")
	errPort    = errors.New("the port is not one of the web")
)

// control decides on each connection, when its real address is known and nothing
// has been sent yet.
func (c *Client) control(_ context.Context, network, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	switch {
	case err != nil || network != "tcp4" && network != "tcp6":
		return fmt.Errorf("%s %s: %w", network, address, errPrivate)
	case within(c.allow, at.Addr().Unmap()):
		return nil
	case !public(at.Addr()):
		return fmt.Errorf("%s: %w", at.Addr(), errPrivate)
	case at.Port() != 80 && at.Port() != 443:
		return fmt.Errorf("%d: %w", at.Port(), errPort)
	}
	return nil
}

// Request is what to ask, beside the address. The zero Request is a good one.
type Request struct {
	MaxBytes int64         // of the body, unpacked; 0: DefaultBytes
	Time     time.Duration // for everything; 0: DefaultTime. Nothing may come for DefaultTime at most
	Accept   string        // media types; "": any
	// ETag and LastModified are those of what is known already: the answer is 304
	// where nothing has changed.
	ETag, LastModified string
}

// Get asks for an address and follows up to five redirects, each checked like the
// first address. Whatever the status is, it is an answer: Response.Problem says
// what a failed one means. The error is a forum.Error whose sentence an admin
// understands, or that of ctx. The Response has to be closed.
func (c *Client) Get(ctx context.Context, address string, r Request) (*Response, error) {
	u, err := c.check(address)
	if err != nil {
		return nil, err
	}
	if err := c.turns.wait(ctx, u.Host); err != nil {
		return nil, err
	}
	inner, cancel := context.WithTimeout(ctx, orElse(r.Time, DefaultTime))
	res, err := c.follow(inner, u, r)
	if err != nil {
		cancel()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, err
	}
	res.cancel, res.outer = cancel, ctx
	res.stalled = time.AfterFunc(DefaultTime, cancel)
	return res, nil
}

// follow asks and follows redirects.
func (c *Client) follow(ctx context.Context, u *url.URL, r Request) (*Response, error) {
	moved := ""
	for n, permanent := 0, true; ; n++ {
		answer, err := c.ask(ctx, u, r)
		if err != nil {
			return nil, explain(err, u.Hostname())
		}
		to := answer.Header.Get("Location")
		if !redirects(answer.StatusCode) || to == "" {
			return newResponse(answer, u, moved, orElse(r.MaxBytes, DefaultBytes))
		}
		answer.Body.Close() //nolint:errcheck // nothing of it is wanted
		if n == maxRedirects {
			return nil, forum.NewError(forum.Invalid, "%s passes on from one address to the next more than %d times.", shown(u.Hostname()), maxRedirects)
		}
		next, err := u.Parse(to)
		if err != nil {
			return nil, forum.NewError(forum.Invalid, "%s passes on to something that is no address.", shown(u.Hostname()))
		}
		if u, err = c.check(next.String()); err != nil {
			return nil, err
		}
		if permanent = permanent && isPermanent(answer.StatusCode); permanent {
			moved = u.String()
		}
	}
}

func (c *Client) ask(ctx context.Context, u *url.URL, r Request) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", c.agent)
	req.Header.Set("Accept-Encoding", "gzip")
	for name, value := range map[string]string{"Accept": r.Accept, "If-None-Match": r.ETag, "If-Modified-Since": r.LastModified} {
		if value != "" {
			req.Header.Set(name, value)
		}
	}
	return c.http.Do(req)
}

func redirects(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

func isPermanent(status int) bool {
	return status == http.StatusMovedPermanently || status == http.StatusPermanentRedirect
}

// explain makes a sentence of what went wrong on the way.
func explain(err error, host string) error {
	return &forum.Error{Kind: forum.Invalid, Msg: reason(err), Args: []any{shown(host)}, Err: err}
}

// reason is the sentence for an error, with a place for the host.
func reason(err error) string {
	dns, isDNS := errors.AsType[*net.DNSError](err)
	switch {
	case errors.Is(err, errPrivate):
		return "%s leads to an address inside a private network and is not fetched."
	case errors.Is(err, errPort):
		return "Only the ports 80 and 443 are fetched; %s has another one."
	case isDNS && dns.IsNotFound:
		return "There is no server called %s."
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled), isTimeout(err):
		return "%s takes too long to answer."
	case strings.Contains(err.Error(), "tls: "), strings.Contains(err.Error(), "x509: "):
		return "%s can’t be reached securely: its certificate is wrong, or it has none."
	case strings.Contains(err.Error(), "server response headers exceeded"):
		return "%s answers with something that is too long to be right."
	}
	return "%s can’t be reached, or breaks off."
}

func isTimeout(err error) bool {
	timeout, ok := errors.AsType[net.Error](err)
	return ok && timeout.Timeout()
}

// orElse is a where it was given.
func orElse[T comparable](a, otherwise T) T {
	var zero T
	if a == zero {
		return otherwise
	}
	return a
}
