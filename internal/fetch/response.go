package fetch

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"hustings/internal/forum"
)

const (
	// maxRatio is the most that an answer may grow when it is unpacked; pages and
	// feeds grow 3 to 20 times.
	maxRatio = 200
	// ratioFloor is what may be unpacked before the ratio counts.
	ratioFloor = 1 << 20
	// maxRetry is the longest wait that a server is believed to want.
	maxRetry = 24 * time.Hour
	// maxValidator is the longest ETag or date that is worth keeping.
	maxValidator = 500
)

// Response is an answer. Reading stops with a forum.Error where it is longer than
// allowed, grows beyond reason, or takes too long.
type Response struct {
	Status int
	URL    string // where the answer came from in the end
	// Moved is the address that has replaced the one asked for, where redirects say
	// that for good; else "".
	Moved string
	// Type is the media type in small letters, without parameters; a claim.
	Type               string
	ETag, LastModified string
	// RetryAfter is how long the server wants to be left alone, at most a day.
	RetryAfter time.Duration
	Header     http.Header

	body    io.Reader
	raw     io.Closer
	host    string
	cancel  context.CancelFunc
	stalled *time.Timer
	outer   context.Context //nolint:containedctx // the caller's, to tell their giving up from a limit
}

func newResponse(answer *http.Response, u *url.URL, moved string, limit int64) (*Response, error) {
	res := &Response{Status: answer.StatusCode, URL: u.String(), Moved: moved, Header: answer.Header, raw: answer.Body, host: u.Hostname(),
		ETag: validator(answer.Header.Get("ETag")), LastModified: validator(answer.Header.Get("Last-Modified")),
		RetryAfter: retryAfter(answer.Header.Get("Retry-After"), time.Now())}
	res.Type, _, _ = mime.ParseMediaType(answer.Header.Get("Content-Type")) //nolint:errcheck // "" is unknown
	packed := &counter{r: answer.Body, left: limit}
	res.body = packed
	switch encoding := strings.ToLower(answer.Header.Get("Content-Encoding")); encoding {
	case "", "identity":
	case "gzip", "x-gzip":
		res.body = &unpacker{packed: packed, left: limit}
	default:
		answer.Body.Close() //nolint:errcheck // nothing of it is wanted
		return nil, forum.NewError(forum.Invalid, "%s packs its answer in a way that was not asked for (%s).", shown(res.host), shown(encoding))
	}
	return res, nil
}

// Read reads the body, unpacked.
func (r *Response) Read(p []byte) (int, error) {
	r.stalled.Reset(DefaultTime)
	n, err := r.body.Read(p)
	switch {
	case err == nil, errors.Is(err, io.EOF):
		return n, err
	case r.outer.Err() != nil:
		return n, r.outer.Err()
	case errors.Is(err, errTooLong):
		return n, &forum.Error{Kind: forum.TooLarge, Msg: "What %s sends is larger than allowed, and is not fetched.", Args: []any{shown(r.host)}, Err: err}
	case errors.Is(err, errGrows):
		return n, forum.NewError(forum.TooLarge, "What %s sends grows more than %d times when it is unpacked, and is refused.", shown(r.host), maxRatio)
	}
	return n, explain(err, r.host)
}

// Bytes reads the whole body and closes the Response.
func (r *Response) Bytes() ([]byte, error) {
	defer r.Close() //nolint:errcheck // it was only read
	return io.ReadAll(r)
}

// Close ends the answer, whether or not it was read.
func (r *Response) Close() error {
	defer r.cancel()
	r.stalled.Stop()
	return r.raw.Close()
}

// Problem says what a status means that is not the answer wanted; nil for 200.
func (r *Response) Problem() error {
	kind, msg := forum.Invalid, "%s answers with an error (%d)."
	switch r.Status {
	case http.StatusOK:
		return nil
	case http.StatusNotFound:
		kind, msg = forum.NotFound, "%s has nothing at this address (%d)."
	case http.StatusGone:
		kind, msg = forum.Gone, "%s says that this is gone for good (%d)."
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusUnavailableForLegalReasons:
		kind, msg = forum.Forbidden, "%s does not let us read this (%d)."
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		kind, msg = forum.Unavailable, "%s asks us to come back later (%d)."
	}
	return &forum.Error{Kind: kind, Msg: msg, Args: []any{shown(r.host), r.Status}, RetryAfter: r.RetryAfter}
}

// Links gives the addresses of the Link headers of a relation, made absolute.
func (r *Response) Links(rel string) (list []string) {
	base, err := url.Parse(r.URL)
	if err != nil {
		return nil
	}
	for _, header := range r.Header.Values("Link") {
		for part := range strings.SplitSeq(header, ",") {
			address, params, ok := strings.Cut(strings.TrimSpace(part), ">")
			address, opened := strings.CutPrefix(address, "<")
			if !ok || !opened || !hasRel(params, rel) {
				continue
			}
			if u, err := base.Parse(address); err == nil {
				list = append(list, u.String())
			}
		}
	}
	return list
}

func hasRel(params, rel string) bool {
	for param := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(param), "=")
		if strings.EqualFold(name, "rel") {
			for word := range strings.FieldsSeq(strings.Trim(value, `"`)) {
				if strings.EqualFold(word, rel) {
					return true
				}
			}
		}
	}
	return false
}

// validator is a header to be sent back later, "" where it is too long.
func validator(s string) string {
	if len(s) > maxValidator {
		return ""
	}
	return s
}

// retryAfter reads a number of seconds or a date.
func retryAfter(s string, now time.Time) time.Duration {
	s = strings.TrimSpace(s)
	var d time.Duration
	if seconds, err := strconv.ParseInt(s, 10, 64); err == nil {
		d = time.Duration(min(seconds, int64(maxRetry/time.Second))) * time.Second
	} else if at, err := http.ParseTime(s); err == nil {
		d = at.Sub(now)
	}
	return min(max(d, 0), maxRetry)
}

var (
	errTooLong = errors.New("the body is longer than allowed")
	errGrows   = errors.New("the body grows beyond reason")
)

// counter reads what comes over the line, which may not be longer than allowed.
type counter struct {
	r       io.Reader
	n, left int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	if c.n > c.left {
		return 0, errTooLong
	}
	return n, err
}

// unpacker unpacks gzip and stops where it grows beyond reason.
type unpacker struct {
	packed  *counter
	gz      *gzip.Reader
	n, left int64
}

func (u *unpacker) Read(p []byte) (int, error) {
	if u.gz == nil {
		gz, err := gzip.NewReader(u.packed)
		if err != nil {
			return 0, err
		}
		u.gz = gz
	}
	n, err := u.gz.Read(p)
	u.n += int64(n)
	switch {
	case u.n > u.left:
		return 0, errTooLong
	case u.n > ratioFloor && u.n > maxRatio*u.packed.n:
		return 0, errGrows
	}
	return n, err
}
