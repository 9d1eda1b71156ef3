package server

import (
	"net/http"
	"strings"
	"time"

	"hustings/internal/forum"
	"hustings/internal/markup"
	"hustings/internal/paths"
	"hustings/internal/postgres"

	"github.com/go-chi/chi/v5"
)

// showSiteFeed is the feed of articles.
func (s *Server) showSiteFeed(w http.ResponseWriter, r *http.Request) error {
	list, next, err := s.db.ArticleFeed(r.Context(), r.URL.Query().Get("after"))
	if err != nil {
		return err
	}
	f := s.newFeed(r, s.SiteName, paths.SiteFeed, paths.Front, next)
	l := s.localeOf(r)
	for i := range list {
		f.Entries = append(f.Entries, s.articleEntry(l, &list[i]))
	}
	return writeFeed(w, f, time.Unix(0, 0))
}

func (s *Server) articleEntry(l *locale, a *postgres.FeedArticle) atomEntry {
	replies := atomLink{Rel: "replies", Type: feedType, Href: s.absolute(paths.ArticleFeed(a.Slug)), Count: &a.Comments}
	if a.Comments > 0 {
		replies.Updated = atomTime(a.ActiveAt)
	}
	e := atomEntry{
		ID: s.entryID("article", a.PortableID, a.CreatedAt), Title: a.Title, Author: atomPerson{Name: l.T("Author unknown")},
		Updated: atomTime(a.UpdatedAt), Total: &a.Comments, Summary: a.Standfirst, Content: content(markup.ShowPictures(a.BodyHTML, nil)),
		Links: []atomLink{{Rel: "alternate", Type: htmlType, Href: s.absolute(paths.Article(a.Slug))}, replies},
	}
	if a.Author != nil && *a.Author != "" {
		e.Author.Name = *a.Author
	}
	if a.PublishedAt != nil {
		e.Published = atomTime(*a.PublishedAt)
	}
	return e
}

// showCommentFeed is the feed of all comments of the site.
func (s *Server) showCommentFeed(w http.ResponseWriter, r *http.Request) error {
	list, err := s.db.SiteFeed(r.Context(), r.URL.Query().Get("after"))
	if err != nil {
		return err
	}
	title := s.localeOf(r).T("Comments on %s", s.SiteName)
	return s.writeCommentFeed(w, r, list, s.newFeed(r, title, paths.CommentFeed, paths.Front, list.Next), time.Unix(0, 0))
}

// showArticleFeed is the feed of an article's comments.
func (s *Server) showArticleFeed(w http.ResponseWriter, r *http.Request) error {
	slug, err := pathParam(r, "slug")
	if err != nil {
		return err
	}
	a, err := s.db.Article(r.Context(), forum.Anonymous, slug)
	if err != nil {
		return err
	}
	list, err := s.db.ArticleComments(r.Context(), a.ID, r.URL.Query().Get("after"))
	if err != nil {
		return err
	}
	title := s.localeOf(r).T("Comments on “%s”", a.Title)
	return s.writeCommentFeed(w, r, list, s.newFeed(r, title, paths.ArticleFeed(a.Slug), paths.Article(a.Slug), list.Next), a.CreatedAt)
}

// showBranchFeed is the feed of what is below a comment. It is there as long as
// the comment's own page is.
func (s *Server) showBranchFeed(w http.ResponseWriter, r *http.Request) error {
	id, err := parseCommentID(chi.URLParam(r, "id"))
	if err != nil {
		return err
	}
	link, err := s.db.Comment(r.Context(), forum.Anonymous, id, postgres.PermalinkPage{})
	if err != nil {
		return err
	}
	list, err := s.db.BranchFeed(r.Context(), id, r.URL.Query().Get("after"))
	if err != nil {
		return err
	}
	l, subject := s.localeOf(r), link.Subject()
	title := l.T("Replies to a comment on “%s”", link.Article.Title)
	if subject.Tomb == forum.NoTomb && subject.AuthorName != "" {
		title = l.T("Replies to %s on “%s”", subject.AuthorName, link.Article.Title)
	}
	return s.writeCommentFeed(w, r, list, s.newFeed(r, title, paths.BranchFeed(id), paths.Comment(id), list.Next), link.Article.CreatedAt)
}

// feedEnding tells the feed of a person from their page: no handle holds a dot.
const feedEnding = ".atom"

// showPersonOrFeed tells /people/{name} from /people/{name}.atom, which the
// router cannot.
func (s *Server) showPersonOrFeed() handler {
	page, feed := s.shared(s.showPerson), s.feed(s.showPersonFeed)
	return func(w http.ResponseWriter, r *http.Request) error {
		if strings.HasSuffix(chi.URLParam(r, "name"), feedEnding) {
			return feed(w, r)
		}
		return page(w, r)
	}
}

// showPersonFeed is the feed of a person's comments.
func (s *Server) showPersonFeed(w http.ResponseWriter, r *http.Request) error {
	name, err := pathParam(r, "name")
	if err != nil {
		return err
	}
	handle := strings.TrimSuffix(name, feedEnding)
	p, err := s.db.Profile(r.Context(), forum.Anonymous, handle)
	if forum.KindOf(err) == forum.NotFound {
		if member, claimed := s.db.ClaimedHandle(r.Context(), handle); claimed == nil {
			return redirect(w, paths.PersonFeed(member))
		}
	}
	if err != nil {
		return err
	}
	list, err := s.db.PersonFeed(r.Context(), p.ID, r.URL.Query().Get("after"))
	if err != nil {
		return err
	}
	title := s.localeOf(r).T("Comments by %s", p.Name)
	return s.writeCommentFeed(w, r, list, s.newFeed(r, title, paths.PersonFeed(p.Handle), paths.Person(p.Handle), list.Next), p.CreatedAt)
}

func (s *Server) writeCommentFeed(w http.ResponseWriter, r *http.Request, list postgres.CommentFeed, f *atomFeed, begun time.Time) error {
	f.Entries = s.commentEntries(s.localeOf(r), list.Comments)
	return writeFeed(w, f, begun)
}
