package server

import (
	"context"
	"net/http"
	"time"

	"hustings/internal/forum"
	"hustings/internal/paths"
	"hustings/internal/postgres"

	"github.com/go-chi/chi/v5"
)

// apiComment is a comment in the API. One that the viewer may not read stands as
// a stub: no author, no text, no dates, and only what a reader may know of its state.
type apiComment struct {
	ID         forum.CommentID   `json:"id"`
	PortableID string            `json:"portable_id"`
	Article    string            `json:"article"`
	Parent     *forum.CommentID  `json:"parent"`
	Depth      int               `json:"depth"`
	Author     *string           `json:"author"`
	AuthorKind *string           `json:"author_kind"`
	AuthorURL  *string           `json:"author_url"`
	CreatedAt  *time.Time        `json:"created_at"`
	EditedAt   *time.Time        `json:"edited_at"`
	State      string            `json:"state"`
	Public     bool              `json:"public"`
	Kind       forum.CommentKind `json:"kind"`
	BodyHTML   *string           `json:"body_html"`
	BodyText   *string           `json:"body_text"`
	Replies    int               `json:"replies"`
	URL        string            `json:"url"`
}

type apiComments struct {
	Comments []apiComment `json:"comments"`
	Next     *string      `json:"next"`
}

// stubStates are the states of stubs. Of held comments, spam and the like nobody
// else learns more than that something is hidden.
var stubStates = map[forum.Tomb]string{
	forum.TombModerator: "removed", forum.TombAuthor: "retracted", forum.TombMissing: "placeholder",
	forum.TombLegal: "hidden", forum.TombReview: "hidden", forum.TombHidden: "hidden",
}

// apiComments turns what the viewer may see of a thread into what the API says.
func (s *Server) apiComments(ctx context.Context, slug string, nodes []*forum.Node) ([]apiComment, error) {
	ids := make([]forum.CommentID, len(nodes))
	replies := map[forum.CommentID]int{}
	for i, n := range nodes {
		ids[i] = n.ID
		replies[n.Parent]++
		replies[n.ID] += n.More
	}
	details, err := s.db.CommentDetails(ctx, ids)
	if err != nil {
		return nil, err
	}
	list := make([]apiComment, len(nodes))
	for i, n := range nodes {
		list[i] = s.apiComment(slug, n, details[n.ID])
		list[i].Replies = replies[n.ID]
	}
	return list, nil
}

func (s *Server) apiComment(slug string, n *forum.Node, d postgres.CommentDetail) apiComment {
	c := apiComment{ID: n.ID, PortableID: d.PortableID, Article: slug, Depth: n.Level(), Kind: n.Kind, URL: s.absolute(paths.Comment(n.ID))}
	if n.Parent != 0 {
		c.Parent = &n.Parent
	}
	if n.Tomb != forum.NoTomb {
		c.State = stubStates[n.Tomb]
		return c
	}
	c.State, c.Public = string(n.State), !n.Gone
	c.CreatedAt, c.EditedAt = inUTC(n.CreatedAt), inUTC(n.EditedAt)
	c.BodyHTML, c.BodyText, c.AuthorKind = &n.BodyHTML, d.BodyText, &d.AuthorKind
	if n.AuthorName != "" {
		c.Author = &n.AuthorName
		c.AuthorURL = nullable(s.absolute(paths.Person(n.Handle)))
	}
	return c
}

func (s *Server) showAPIComments(w http.ResponseWriter, r *http.Request) error {
	v, q := viewerOf(r), r.URL.Query()
	sort, err := forum.ParseSort(q.Get("sort"))
	if err != nil {
		return err
	}
	limit, err := readLimit(r, forum.MaxPageComments, forum.MaxPageComments)
	if err != nil {
		return err
	}
	slug, err := pathParam(r, "slug")
	if err != nil {
		return err
	}
	a, err := s.db.Article(r.Context(), v, slug)
	if err != nil {
		return err
	}
	if below := q.Get("below"); below != "" {
		return s.showAPIBranch(w, r, a, below, sort)
	}
	thread, err := s.db.Thread(r.Context(), v, postgres.ThreadPage{Article: a.ID, Sort: sort, After: q.Get("after")})
	if err != nil {
		return err
	}
	nodes, next := wholeTrees(thread, limit)
	answer := apiComments{Next: nullable(next)}
	if answer.Comments, err = s.apiComments(r.Context(), a.Slug, nodes); err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, answer)
}

// showAPIBranch is a comment with what is below it, for trees that are too deep
// or too large for the page of the thread.
func (s *Server) showAPIBranch(w http.ResponseWriter, r *http.Request, a *forum.Article, below string, sort forum.Sort) error {
	id, err := parseCommentID(below)
	if err != nil {
		return err
	}
	link, err := s.db.Comment(r.Context(), viewerOf(r), id, postgres.PermalinkPage{Sort: sort})
	if err != nil {
		return err
	}
	if link.Article.ID != a.ID {
		return forum.NewError(forum.NotFound, "There is no such comment.")
	}
	list, err := s.apiComments(r.Context(), a.Slug, link.Nodes)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, apiComments{Comments: list})
}

// wholeTrees keeps the first top-level comments of a page with all below them,
// as long as they stay within the limit; the first one always stays.
func wholeTrees(t *forum.Thread, limit int) (nodes []*forum.Node, next string) {
	end := 0
	for end < len(t.Nodes) {
		after := end + 1 + t.Nodes[end].Nested
		if end > 0 && after > limit {
			return t.Nodes[:end], postgres.ThreadCursor(t.Nodes[end-1].Root)
		}
		end = after
	}
	return t.Nodes, t.Next
}

func (s *Server) showAPIComment(w http.ResponseWriter, r *http.Request) error {
	id, err := parseCommentID(chi.URLParam(r, "id"))
	if err != nil {
		return err
	}
	c, err := s.oneAPIComment(r, id)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, c)
}

// oneAPIComment is a comment as the viewer may see it now.
func (s *Server) oneAPIComment(r *http.Request, id forum.CommentID) (apiComment, error) {
	link, err := s.db.Comment(r.Context(), viewerOf(r), id, postgres.PermalinkPage{})
	if err != nil {
		return apiComment{}, err
	}
	subject := link.Subject()
	list, err := s.apiComments(r.Context(), link.Article.Slug, []*forum.Node{subject})
	if err != nil {
		return apiComment{}, err
	}
	c := list[0]
	for _, n := range link.Nodes {
		if n.Parent == id {
			c.Replies++
		}
	}
	return c, nil
}
