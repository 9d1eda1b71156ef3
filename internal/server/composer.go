package server

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"html/template"
	"net/http"
	"strconv"

	"hustings/internal/forum"
	"hustings/internal/markup"
	"hustings/internal/paths"
	"hustings/internal/postgres"
)

// composer is the form in which a reply is written.
type composer struct {
	*locale
	Slug     string
	FormID   string
	Parent   forum.CommentID // 0: the article
	To       string          // whom one answers; "" for the article or an unknown author
	Body     string
	Max      int
	Problem  string // why it was not posted
	TooLong  int    // bytes over the limit
	Preview  template.HTML
	HasView  bool
	SignedIn bool
	Kept     bool // the text waited while its author signed in
	Back     string
	Own      bool // id="reply": the article's own form
}

// newComposer begins a form with an id of its own.
func (s *Server) newComposer(r *http.Request, l *locale, slug string, parent *forum.Node) *composer {
	v := viewerOf(r)
	c := &composer{locale: l, Slug: slug, FormID: s.newFormID(v.ID), Max: forum.MaxReplyBytes, SignedIn: v.SignedIn(), Back: paths.Thread(slug)}
	if parent != nil {
		c.Parent, c.To = parent.ID, parent.AuthorName
		c.Back = paths.ArticleComment(slug, parent.ID)
	}
	return c
}

// formIDBytes of randomness and as many of its signature make a form's id.
const formIDBytes = 12

// newFormID makes the id of a form for one viewer. It is signed, not stored:
// showing a form writes nothing.
func (s *Server) newFormID(viewer forum.PersonID) string {
	id := make([]byte, formIDBytes, 2*formIDBytes)
	rand.Read(id) //nolint:errcheck // never fails
	return base64.RawURLEncoding.EncodeToString(append(id, s.signForm(id, viewer)...))
}

func (s *Server) signForm(id []byte, viewer forum.PersonID) []byte {
	mac := hmac.New(sha256.New, s.SessionKey)
	mac.Write([]byte("form"))
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(viewer)))
	mac.Write(id)
	return mac.Sum(nil)[:formIDBytes]
}

// validFormID tells whether this server made the form for this viewer.
func (s *Server) validFormID(formID string, viewer forum.PersonID) bool {
	raw, err := base64.RawURLEncoding.DecodeString(formID)
	if err != nil || len(raw) != 2*formIDBytes {
		return false
	}
	return hmac.Equal(raw[formIDBytes:], s.signForm(raw[:formIDBytes], viewer))
}

// placeComposer puts the form below the comment it answers, where that is on the
// page, and else above the thread together with the comment.
func (s *Server) placeComposer(r *http.Request, p *articlePage, t *threadWriter, nodes []*forum.Node, reply string) error {
	p.NoIndex = true
	parent, err := parseParent(reply)
	if err != nil {
		return err
	}
	var node *forum.Node
	for _, n := range nodes {
		if n.ID == parent {
			node = n
		}
	}
	onPage := node != nil
	if parent != 0 && !onPage {
		link, err := s.db.Comment(r.Context(), p.Viewer, parent, postgres.PermalinkPage{})
		if err != nil {
			return err
		}
		if link.Article.ID != p.Article.ID {
			return forum.NewError(forum.NotFound, "The comment you are answering does not belong to this article.")
		}
		node = link.Subject()
	}
	c := s.newComposer(r, p.locale, p.Article.Slug, node)
	if err := s.fillFromDraft(r, c); err != nil {
		return err
	}
	if !p.Open && c.Body == "" {
		return nil // the page says why nothing can be posted
	}
	if !onPage {
		c.Own = parent == 0
		p.Composer = c
		if node != nil {
			p.Answered = s.answered(t, node)
		}
		return nil
	}
	var form bytes.Buffer
	if err := s.pages.partial(&form, "composer", c); err != nil {
		return err
	}
	t.composer = func(id forum.CommentID) []byte {
		if id != parent {
			return nil
		}
		return form.Bytes()
	}
	return nil
}

// answered writes the comment that is being answered, alone.
func (s *Server) answered(t *threadWriter, n *forum.Node) template.HTML {
	alone := *n
	alone.Nested, alone.More, alone.Place, alone.Siblings = 0, 0, 1, 1
	quiet := *t
	quiet.open, quiet.composer = false, nil
	return markup.Safe(string(quiet.append(nil, []*forum.Node{&alone})))
}

// parseParent reads a comment's number; "" is the article itself.
func parseParent(s string) (forum.CommentID, error) {
	if s == "" {
		return 0, nil
	}
	return parseCommentID(s)
}

func parseCommentID(s string) (forum.CommentID, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 1 || s != strconv.FormatInt(n, 10) {
		return 0, forum.NewError(forum.NotFound, "There is no such comment.")
	}
	return forum.CommentID(n), nil
}
