package server

import (
	"net/http"
	"net/url"
	"time"

	"hustings/internal/forum"
	"hustings/internal/paths"
)

// layout is what every page has: its words, its viewer and its frame. Pages
// embed it; templates call T, N and the time methods of its locale.
type layout struct {
	*locale
	Title     string
	SiteName  string
	Viewer    forum.Viewer
	Here      string // this page's address, to come back to
	Theme     string // light, dark or "" (as the system says)
	Section   string // which entry of the navigation is current
	MainClass string // class of <main> besides "page": narrow or work
	Feeds     []feedLink
	Canonical string // absolute address
	About     string // one line for search engines
	NoIndex   bool
	Waiting   int // cases in the queue; moderators only
	Notice    string
	Languages []*locale // to choose from
	Today     time.Time // only on pages that are not shared
}

type feedLink struct{ Title, Path string }

// layout begins a page for a request.
func (s *Server) layout(r *http.Request, title string) layout {
	l := layout{
		locale: s.localeOf(r), Title: title, SiteName: s.SiteName, Viewer: viewerOf(r), Here: hereOf(r),
		Theme: themeOf(r), Languages: s.locales.list, Feeds: []feedLink{{s.SiteName, paths.SiteFeed}},
	}
	if l.Viewer.Moderates() {
		l.Waiting = s.waiting(r.Context())
	}
	return l
}

// hereOf is the address of the page that is being made. A shared page must not
// repeat what only its first visitor's address had, so it keeps the parameters
// that the page depends on and no others.
func hereOf(r *http.Request) string {
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		return returnPath(r)
	case !isShared(r) || r.URL.RawQuery == "":
		return localPath(r.URL.RequestURI())
	}
	kept := url.Values{}
	query := r.URL.Query()
	for _, name := range sharedParameters {
		if query.Has(name) {
			kept.Set(name, query.Get(name))
		}
	}
	here := url.URL{Path: r.URL.Path, RawQuery: kept.Encode()}
	return localPath(here.RequestURI())
}

// absolute gives the public address of a path of this site.
func (s *Server) absolute(path string) string {
	return s.BaseURL.Scheme + "://" + s.BaseURL.Host + path
}

const (
	themeCookie    = "theme"
	languageCookie = "language"
	choiceLifetime = 365 * 24 * 60 * 60 // seconds
)

// themeOf is what the visitor chose; "" leaves it to the system.
func themeOf(r *http.Request) string {
	if c, err := r.Cookie(themeCookie); err == nil && (c.Value == "light" || c.Value == "dark") {
		return c.Value
	}
	return ""
}

func (s *Server) postTheme(w http.ResponseWriter, r *http.Request) error {
	form, err := readForm(r)
	if err != nil {
		return err
	}
	theme := form.Get("theme")
	if theme != "light" && theme != "dark" && theme != "system" {
		return forum.NewError(forum.Malformed, "There is no such theme. It can be light, dark or system.")
	}
	s.setChoice(w, themeCookie, theme)
	return redirect(w, localPath(form.Get("next")))
}

func (s *Server) postLanguage(w http.ResponseWriter, r *http.Request) error {
	form, err := readForm(r)
	if err != nil {
		return err
	}
	language := form.Get("language")
	if !s.locales.has(language) {
		return forum.NewError(forum.Malformed, "This site is not there in that language yet.")
	}
	s.setChoice(w, languageCookie, language)
	return redirect(w, localPath(form.Get("next")))
}

// setChoice remembers a choice about looks in the browser, with no account.
func (s *Server) setChoice(w http.ResponseWriter, name, value string) {
	http.SetCookie(w, &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: choiceLifetime,
		HttpOnly: true, Secure: s.BaseURL.Scheme == "https", SameSite: http.SameSiteLaxMode})
}
