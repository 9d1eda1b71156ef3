package importer

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"errors"
	"io"
)

// maxHeld is how much compressed text may wait for something that stands later in
// the file: several hundred thousand comments.
const maxHeld = 40 << 20

// held keeps comments until the file has said what they need, with a name for that:
// their thread, or their author. It keeps them compressed.
type held struct {
	packed bytes.Buffer
	w      *flate.Writer
	enc    *json.Encoder
}

type heldComment struct {
	Comment
	For string
}

func newHeld() *held { return &held{} }

// add keeps a comment. False means that there is no more room.
func (h *held) add(c Comment, what string) bool {
	if h.w == nil {
		h.w, _ = flate.NewWriter(&h.packed, flate.BestSpeed) //nolint:errcheck // the level is a good one
		h.enc = json.NewEncoder(h.w)
		h.enc.SetEscapeHTML(false)
	}
	return h.packed.Len() < maxHeld && h.enc.Encode(heldComment{c, what}) == nil
}

// each gives the comments back in their order and forgets them.
func (h *held) each(do func(c Comment, what string) error) error {
	if h.w == nil {
		return nil
	}
	if err := h.w.Close(); err != nil {
		return err
	}
	h.w = nil
	dec := json.NewDecoder(flate.NewReader(&h.packed))
	for {
		var c heldComment
		err := dec.Decode(&c)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = do(c.Comment, c.For)
		}
		if err != nil {
			return err
		}
	}
}

// repeats makes the keys of comments without ids.
type repeats struct{ n map[string]int }

func (r *repeats) fingerprint(article string, c *Comment, body string) string {
	content := CommentContent{Author: c.Author, Date: c.CreatedAt, Body: body}
	name := article + " " + content.Hash()
	if r.n == nil {
		r.n = map[string]int{}
	}
	n := r.n[name]
	r.n[name]++
	return Fingerprint(article, c.ParentKey, content, n)
}
