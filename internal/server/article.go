package server

import (
	"html/template"
	"net/http"
	"strings"
	"time"

	"hustings/internal/forum"
	"hustings/internal/markup"
	"hustings/internal/paths"

	"github.com/go-chi/chi/v5"
)

// articlePage is an article with one page of its thread.
type articlePage struct {
	layout
	Article   *forum.Article
	Body      template.HTML
	Minutes   int // to read it
	Sort      forum.Sort
	Tabs      []tab
	Thread    template.HTML
	LinkBacks []forum.Comment
	First     bool
	Next      string // address of the next page of the thread
	Start     string // address of its beginning, on later pages
	Open      bool   // replies can be offered
	Closed    string // why not, for people
	Folded    bool
	Below     bool   // the page is there for something else, which stands above
	FoldPath  string // folds all branches, or unfolds them where they are folded
}

func (s *Server) showArticle(w http.ResponseWriter, r *http.Request) error {
	slug := chi.URLParam(r, "slug")
	if q := r.URL.Query(); q.Has("reply") {
		return s.showReplyForm(w, r, slug, q.Get("reply"))
	}
	if isShared(r) && len(r.URL.RawQuery) <= longestShared {
		return s.sharedArticle(w, r, slug, s.renderArticle)
	}
	return s.renderArticle(w, r)
}

// renderArticle makes the page for whoever looks.
func (s *Server) renderArticle(w http.ResponseWriter, r *http.Request) error {
	v, q := viewerOf(r), r.URL.Query()
	sort, err := forum.ParseSort(q.Get("sort"))
	if err != nil {
		return err
	}
	a, err := s.db.Article(r.Context(), v, chi.URLParam(r, "slug"))
	if err != nil {
		return err
	}
	p, part, err := s.discussion(r, a, sort, q.Get("after"))
	if err != nil {
		return err
	}
	if err := s.render(w, http.StatusOK, "article", p); err != nil {
		return err
	}
	part.place(w)
	return nil
}

// discussion is an article's page but for its thread, which is put into its place
// once the page around it is there.
func (s *Server) discussion(r *http.Request, a *forum.Article, sort forum.Sort, after string) (*articlePage, *threadPart, error) {
	p := s.articlePage(r, a, sort, after)
	part, err := s.threadPart(r, p, after)
	if err != nil {
		return nil, nil, err
	}
	p.LinkBacks = part.linkBacks
	if part.next != "" {
		p.Next = articlePath(a.Slug, sort, part.next)
	}
	p.Thread = placed
	return p, part, nil
}

func (s *Server) articlePage(r *http.Request, a *forum.Article, sort forum.Sort, after string) *articlePage {
	p := &articlePage{layout: s.layout(r, a.Title), Article: a, Sort: sort, First: after == ""}
	p.Minutes = readingMinutes(a.BodyHTML)
	p.Body = markup.Safe(s.articleBody(r, a))
	p.Canonical = s.absolute(paths.Article(a.Slug))
	p.About = a.Standfirst
	p.NoIndex = a.State != forum.ArticlePublished || sort != forum.Oldest
	p.Feeds = append([]feedLink{{a.Title, paths.ArticleFeed(a.Slug)}}, p.Feeds...)
	for _, t := range []struct {
		label string
		sort  forum.Sort
	}{{"Oldest", forum.Oldest}, {"Newest", forum.Newest}, {"Best", forum.Best}} {
		p.Tabs = append(p.Tabs, tab{p.T(t.label), articlePath(a.Slug, t.sort, "") + "#thread", t.sort == sort})
	}
	p.Open = repliesOffered(p.Viewer, a)
	if !p.Open {
		p.Closed = closedBecause(p.locale, a)
	}
	if !p.First {
		p.Start = articlePath(a.Slug, sort, "")
	}
	p.Folded = r.URL.Query().Get("fold") == "all"
	p.FoldPath = foldPath(p, after)
	return p
}

// foldPath is this page of the thread with all branches folded, or open again.
func foldPath(p *articlePage, after string) string {
	path := articlePath(p.Article.Slug, p.Sort, after)
	if p.Folded {
		return path + "#thread"
	}
	_, query, _ := strings.Cut(path, "?")
	return strings.TrimSuffix("?fold=all&"+query, "&") + "#thread"
}

// repliesOffered tells whether reply links make sense: for people who have not
// signed in as well, since their text waits for them.
func repliesOffered(v forum.Viewer, a *forum.Article) bool {
	return a.Replies == forum.RepliesOpen || a.Replies == forum.RepliesLocked && v.Moderates()
}

func closedBecause(l *locale, a *forum.Article) string {
	if a.Replies == forum.RepliesLocked {
		return l.T("A moderator has locked this discussion. It can be read, but not answered.")
	}
	return l.T("This discussion is closed. It can be read, but not answered.")
}

// threadWriter begins a thread of an article for a viewer.
func (s *Server) threadWriter(l layout, a *forum.Article) *threadWriter {
	t := &threadWriter{locale: l.locale, slug: a.Slug, viewer: l.Viewer, open: repliesOffered(l.Viewer, a)}
	if l.Viewer.SignedIn() {
		t.now = time.Now()
	}
	return t
}

func articlePath(slug string, sort forum.Sort, after string) string {
	path := paths.Article(slug)
	sep := "?"
	if sort != forum.Oldest {
		path += sep + "sort=" + string(sort)
		sep = "&"
	}
	if after != "" {
		path += sep + "after=" + after
	}
	return path
}

// wordsAMinute is how fast people read, for "3 minutes".
const wordsAMinute = 230

func readingMinutes(html string) int {
	return max(1, (strings.Count(html, " ")+wordsAMinute/2)/wordsAMinute)
}
