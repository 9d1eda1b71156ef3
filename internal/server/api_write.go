package server

import (
	"crypto/rand"
	"net/http"

	"hustings/internal/action"
	"hustings/internal/forum"
	"hustings/internal/paths"

	"github.com/go-chi/chi/v5"
)

// maxIdempotencyKey is the longest key, in bytes; a UUID has 36.
const maxIdempotencyKey = 128

// idempotencyKey is the form key of a reply by the API: the same header again
// answers with the first comment. Without the header each request is a new one.
func idempotencyKey(r *http.Request) (string, error) {
	values := r.Header.Values("Idempotency-Key")
	if len(values) == 0 {
		return "api:" + rand.Text(), nil
	}
	key := values[0]
	if len(values) > 1 || key == "" || len(key) > maxIdempotencyKey {
		return "", badKey()
	}
	for _, c := range []byte(key) {
		if c <= ' ' || c >= 0x7f {
			return "", badKey()
		}
	}
	return "api:" + key, nil
}

func badKey() error {
	return forum.NewError(forum.Malformed, "An Idempotency-Key is one header of 1 to %d letters, digits and marks of ASCII, without spaces.", maxIdempotencyKey)
}

func (s *Server) postAPIComment(w http.ResponseWriter, r *http.Request) error {
	slug, err := pathParam(r, "slug")
	if err != nil {
		return err
	}
	in := action.ReplyInput{Slug: slug, Address: addressOf(r)}
	if in.FormKey, err = idempotencyKey(r); err != nil {
		return err
	}
	sent, err := readFields(r, "parent", "body")
	if err != nil {
		return err
	}
	if in.Parent, err = sent.id("parent"); err != nil {
		return err
	}
	if in.Body, err = sent.text("body"); err != nil {
		return err
	}
	id, again, err := s.act.ReplyOnce(r.Context(), viewerOf(r), in)
	if err != nil {
		return err
	}
	c, err := s.oneAPIComment(r, id)
	if err != nil {
		return err
	}
	w.Header().Set("Location", s.absolute(paths.APIComment(id)))
	if again {
		return writeJSON(w, http.StatusOK, c)
	}
	return writeJSON(w, http.StatusCreated, c)
}

func (s *Server) postAPIRemove(w http.ResponseWriter, r *http.Request) error {
	return s.moderateByAPI(w, r, func(id forum.CommentID, reason, note string) error {
		_, err := s.act.Remove(r.Context(), viewerOf(r), action.ModerateInput{Comment: id, Reason: forum.Reason(reason), Note: note})
		return err
	})
}

func (s *Server) postAPIRestore(w http.ResponseWriter, r *http.Request) error {
	return s.moderateByAPI(w, r, func(id forum.CommentID, reason, note string) error {
		if reason != "" {
			if _, err := forum.ParseReason(reason); err != nil {
				return err
			}
		}
		_, err := s.act.Restore(r.Context(), viewerOf(r), action.RestoreInput{Comment: id, Note: note})
		return err
	})
}

// moderateByAPI reads a moderator's act, does it and answers with the comment.
func (s *Server) moderateByAPI(w http.ResponseWriter, r *http.Request, act func(id forum.CommentID, reason, note string) error) error {
	id, err := parseCommentID(chi.URLParam(r, "id"))
	if err != nil {
		return err
	}
	sent, err := readFields(r, "reason", "note")
	if err != nil {
		return err
	}
	reason, err := sent.text("reason")
	if err != nil {
		return err
	}
	note, err := sent.text("note")
	if err != nil {
		return err
	}
	if err := act(id, reason, note); err != nil {
		return err
	}
	c, err := s.oneAPIComment(r, id)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, c)
}
