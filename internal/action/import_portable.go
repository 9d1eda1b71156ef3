package action

import (
	"context"

	"hustings/internal/postgres"
)

// maxPortableRounds is how often a portable id is varied that was taken: once for
// each time that a text came, changed and came again.
const maxPortableRounds = 1000

// derivePortables gives a portable id to the comments whose files give none.
func (w *commentWriter) derivePortables(list []postgres.NewComment) {
	for i := range list {
		if list[i].Portable == "" {
			list[i].Portable = derivedID(w.name, "comment", list[i].Key, 0)
		}
	}
}

// varyPortables gives another portable id to those whose own is taken, by a comment
// here or by one before it in the list.
func (w *commentWriter) varyPortables(ctx context.Context, list []postgres.NewComment, round int) error {
	ids := make([]string, len(list))
	for i := range list {
		ids[i] = list[i].Portable
	}
	taken, err := w.tx.TakenCommentPortables(ctx, ids)
	if err != nil {
		return err
	}
	for i := range list {
		c := &list[i]
		if taken[c.Portable] {
			c.Portable = derivedID(w.name, "comment", c.Key, round)
			continue
		}
		taken[c.Portable] = true
	}
	return nil
}
