package server

import (
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
	TooLong  int    // characters over the limit
	Preview  template.HTML
	HasView  bool
	SignedIn bool
	Kept     bool // the text waited while its author signed in
	Back     string
	Focus    bool // the page is there for this form
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

// answered writes the comment that is being answered, alone.
func (s *Server) answered(t *threadWriter, n *forum.Node) template.HTML {
	alone := *n
	alone.Nested, alone.More, alone.Place, alone.Siblings = 0, 0, 1, 1
	quiet := *t
	quiet.bare = true
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
