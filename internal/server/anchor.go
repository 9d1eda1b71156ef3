package server

import (
	"net/http"

	"hustings/internal/forum"
	"hustings/internal/paths"

	"github.com/go-chi/chi/v5"
)

// showAnchor leads to the comment that an old address meant by its fragment. The
// server never sees fragments: the script asks here when the page does not hold the
// comment. Where nobody knows it, the article is what can be shown.
func (s *Server) showAnchor(w http.ResponseWriter, r *http.Request) error {
	anchor, err := pathParam(r, "anchor")
	if err != nil {
		return err
	}
	article, err := s.db.Article(r.Context(), viewerOf(r), chi.URLParam(r, "slug"))
	if err != nil {
		return err
	}
	id, err := s.db.CommentAt(r.Context(), article.ID, anchor)
	if forum.KindOf(err) == forum.NotFound {
		return redirect(w, paths.Article(article.Slug))
	}
	if err != nil {
		return err
	}
	return redirect(w, paths.Comment(id))
}
