package server

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"hustings/internal/forum"
	"hustings/internal/paths"
)

// statusClientGone is what the log says where the client has gone (as nginx does).
const statusClientGone = 499

var statusOf = map[forum.Kind]int{
	forum.Invalid:         http.StatusUnprocessableEntity,
	forum.Malformed:       http.StatusBadRequest,
	forum.Unauthenticated: http.StatusUnauthorized,
	forum.Forbidden:       http.StatusForbidden,
	forum.Closed:          http.StatusForbidden,
	forum.NotFound:        http.StatusNotFound,
	forum.Gone:            http.StatusGone,
	forum.Conflict:        http.StatusConflict,
	forum.TooLarge:        http.StatusRequestEntityTooLarge,
	forum.TooMany:         http.StatusTooManyRequests,
	forum.Unavailable:     http.StatusServiceUnavailable,
}

// statusFor gives the HTTP status of an error; 500 for faults of the program.
func statusFor(err error) int {
	if status, ok := statusOf[forum.KindOf(err)]; ok {
		return status
	}
	if errors.Is(err, context.Canceled) {
		return statusClientGone
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// kindly gives an error that can be shown: faults of the program become a
// sentence that says so.
func kindly(err error) *forum.Error {
	if e, ok := errors.AsType[*forum.Error](err); ok {
		return e
	}
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return forum.NewError(forum.TooLarge, "That is too large: at most %d kB can be sent here.", tooLarge.Limit>>10)
	}
	return &forum.Error{Msg: "Something went wrong on our side. It has been noted; please try again.", Err: err}
}

// fail answers with an error: a problem document for the API, the sign-in page
// for people who have to sign in, and else the one error page.
func (s *Server) fail(b *buffered, r *http.Request, err error) {
	e := kindly(err)
	status := statusFor(e)
	noteFailure(r, status, err)
	if e.RetryAfter > 0 {
		b.header.Set("Retry-After", strconv.Itoa(int((e.RetryAfter+time.Second-1)/time.Second)))
	}
	if status == http.StatusServiceUnavailable && e.RetryAfter == 0 {
		b.header.Set("Retry-After", "5")
	}
	if strings.HasPrefix(r.URL.Path, "/api/") {
		writeProblem(b, r, status, s.localeOf(r), e)
		return
	}
	if e.Kind == forum.Unauthenticated {
		b.header.Set("Location", paths.SignInTo(returnPath(r)))
		b.status = http.StatusSeeOther
		return
	}
	s.writeErrorPage(b, r, status, e)
}

// returnPath is where to go on after signing in: the page itself, or for a form
// the page it was on.
func returnPath(r *http.Request) string {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return localPath(r.URL.RequestURI())
	}
	path := r.URL.Path
	if cut := strings.LastIndexByte(path, '/'); cut > 0 {
		path = path[:cut]
	}
	return localPath(path)
}

// errorPage is the page for everything that went wrong.
type errorPage struct {
	layout
	Status  int
	Heading string
	Message string
	Number  string // to quote when asking for help
	Retry   bool
}

var headings = map[int]string{
	http.StatusBadRequest:            "That can’t be read",
	http.StatusForbidden:             "Not allowed",
	http.StatusNotFound:              "Nothing here",
	http.StatusMethodNotAllowed:      "Not done this way",
	http.StatusConflict:              "Somebody was faster",
	http.StatusGone:                  "No longer here",
	http.StatusRequestEntityTooLarge: "Too large",
	http.StatusUnprocessableEntity:   "Something has to change first",
	http.StatusTooManyRequests:       "A little too fast",
	http.StatusServiceUnavailable:    "Back in a moment",
}

func (s *Server) writeErrorPage(b *buffered, r *http.Request, status int, e *forum.Error) {
	l := s.layout(r, "")
	p := errorPage{layout: l, Status: status, Message: l.Error(e), Number: requestIDOf(r)}
	heading, ok := headings[status]
	if !ok {
		heading = "Our mistake"
	}
	p.Heading = l.T(heading)
	p.Title = p.Heading
	p.Retry = status >= 500
	p.NoIndex, p.MainClass = true, "narrow"
	b.status = status
	if err := s.pages.execute(&b.body, "error", p); err != nil {
		s.Log.Error("the error page itself failed", "err", err)
		b.body.Reset()
		b.body.WriteString(lastResort)
	}
	b.header.Set("Content-Type", "text/html; charset=utf-8")
	b.header.Set("Cache-Control", "private, no-store")
}

// lastResort is shown when even the error page cannot be rendered.
const lastResort = `<!doctype html><html lang="en"><title>Our mistake</title><h1>Our mistake</h1><p>Something went wrong on our side. Please try again in a moment.</p></html>`

// showElsewhere answers at addresses that are not in the table: old addresses of
// imported articles lead to them, all others are not there.
func (s *Server) showElsewhere(w http.ResponseWriter, r *http.Request) error {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		if to, ok := s.oldAddress(r); ok {
			return s.moved(w, to)
		}
	}
	return forum.NewError(forum.NotFound, "There is nothing at this address. It may have been mistyped, or what was here has gone.")
}

// moved answers 301: there for good.
func (s *Server) moved(w http.ResponseWriter, to string) error {
	w.Header().Set("Location", to)
	w.Header().Set("Cache-Control", "public, max-age=3600")
	w.WriteHeader(http.StatusMovedPermanently)
	return nil
}

// oldAddress looks an address up among those of imported articles: with its
// "?p=…", which elsewhere may be the number of a page, and then without.
func (s *Server) oldAddress(r *http.Request) (string, bool) {
	query := r.URL.Query()
	for _, name := range oldNumbers {
		if p := query.Get(name); p != "" && len(p) < 20 {
			if slug, ok := s.oldPath(r, r.URL.Path+"?p="+p); ok {
				return paths.Article(slug), true
			}
		}
	}
	path := strings.TrimRight(r.URL.Path, "/")
	if path == "" {
		return "", false
	}
	if of, ok := strings.CutSuffix(path, "/feed"); ok {
		return s.oldFeed(r, of)
	}
	slug, ok := s.oldPath(r, r.URL.Path)
	if whole := articlePart.ReplaceAllString(path, ""); !ok && whole != path {
		slug, ok = s.oldPath(r, whole)
	}
	return paths.Article(slug), ok
}

// articlePart is what WordPress puts behind the address of an article: a page of its
// comments, or another form of the page.
var articlePart = regexp.MustCompile(`/(comment-page-\d+|amp)$`)

// oldNumbers are the names under which WordPress takes the number of an article,
// a page or a file; they are numbered together.
var oldNumbers = []string{"p", "page_id", "attachment_id"}

// oldFeed is where a feed of WordPress is now: that of the site, of all comments,
// or of an article's.
func (s *Server) oldFeed(r *http.Request, of string) (string, bool) {
	switch of {
	case "":
		return paths.SiteFeed, true
	case "/comments":
		return paths.CommentFeed, true
	}
	slug, ok := s.oldPath(r, of)
	return paths.ArticleFeed(slug), ok
}

func (s *Server) oldPath(r *http.Request, path string) (slug string, ok bool) {
	slug, err := s.db.Redirect(r.Context(), path)
	if err != nil {
		if kind := forum.KindOf(err); kind != forum.NotFound && kind != forum.Malformed {
			s.Log.Warn("looking up an old address failed", "err", err)
		}
		return "", false
	}
	return slug, true
}

func (s *Server) refuseMethod(w http.ResponseWriter, r *http.Request) error {
	e := forum.NewError(forum.Malformed, "This address can’t be used in that way.")
	b := w.(*buffered) //nolint:errcheck // handlers always get one
	noteFailure(r, http.StatusMethodNotAllowed, e)
	b.header.Set("Allow", allowed(r))
	if strings.HasPrefix(r.URL.Path, "/api/") {
		writeProblem(b, r, http.StatusMethodNotAllowed, s.localeOf(r), e)
		return nil
	}
	s.writeErrorPage(b, r, http.StatusMethodNotAllowed, e)
	return nil
}

// noteFailure leaves the cause for the request's one log line.
func noteFailure(r *http.Request, status int, err error) {
	if note, ok := r.Context().Value(noteKey{}).(*requestNote); ok {
		note.err = err
		if status >= 500 {
			note.level = slog.LevelError
		}
	}
}
