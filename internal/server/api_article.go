package server

import (
	"net/http"
	"time"

	"hustings/internal/forum"
	"hustings/internal/paths"
)

// How many articles a list of the API holds.
const (
	apiArticlesUsual = 30
	apiArticlesMost  = 100
)

// apiArticle is an article in the API.
type apiArticle struct {
	ID          forum.ArticleID    `json:"id"`
	PortableID  string             `json:"portable_id"`
	Slug        string             `json:"slug"`
	Title       string             `json:"title"`
	Standfirst  string             `json:"standfirst"`
	Author      *string            `json:"author"`
	State       forum.ArticleState `json:"state"`
	Replies     forum.Replies      `json:"replies"`
	SourceURL   *string            `json:"source_url"`
	PublishedAt *time.Time         `json:"published_at"`
	CreatedAt   time.Time          `json:"created_at"`
	ActiveAt    time.Time          `json:"active_at"`
	Comments    int                `json:"comments"`
	URL         string             `json:"url"`
}

// apiWholeArticle is an article with its text.
type apiWholeArticle struct {
	apiArticle
	BodyHTML string `json:"body_html"`
}

type apiArticles struct {
	Articles []apiArticle `json:"articles"`
	Next     *string      `json:"next"`
}

func (s *Server) apiArticle(a *forum.Article) apiArticle {
	return apiArticle{
		ID: a.ID, PortableID: a.PortableID, Slug: a.Slug, Title: a.Title, Standfirst: a.Standfirst, Author: a.Author,
		State: a.State, Replies: a.Replies, SourceURL: a.SourceURL, PublishedAt: inUTC(a.PublishedAt), CreatedAt: a.CreatedAt.UTC(),
		ActiveAt: a.ActiveAt.UTC(), Comments: a.Comments, URL: s.absolute(paths.Article(a.Slug)),
	}
}

// inUTC is a time as the API writes it; nil where it is unknown.
func inUTC(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	utc := t.UTC()
	return &utc
}

func (s *Server) showAPIArticles(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	sort, err := forum.ParseFrontSort(q.Get("sort"))
	if err != nil {
		return err
	}
	limit, err := readLimit(r, apiArticlesUsual, apiArticlesMost)
	if err != nil {
		return err
	}
	list, next, err := s.db.ArticleList(r.Context(), sort, q.Get("after"), limit)
	if err != nil {
		return err
	}
	answer := apiArticles{Articles: make([]apiArticle, len(list)), Next: nullable(next)}
	for i := range list {
		answer.Articles[i] = s.apiArticle(&list[i])
	}
	return writeJSON(w, http.StatusOK, answer)
}

func (s *Server) showAPIArticle(w http.ResponseWriter, r *http.Request) error {
	slug, err := pathParam(r, "slug")
	if err != nil {
		return err
	}
	a, err := s.db.Article(r.Context(), viewerOf(r), slug)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, apiWholeArticle{s.apiArticle(a), a.BodyHTML})
}
