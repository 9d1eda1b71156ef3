package server

import (
	"bytes"
	"net/http"

	"hustings/internal/markup"
)

// threadPlace stands in a page for its thread, by far its largest part, which is
// put there afterwards: through the template it would be copied three times. No
// text can hold it, since PostgreSQL stores no U+0000.
const threadPlace = "\x00thread\x00"

// usualComment is about how many bytes a comment is on a page.
const usualComment = 2048

// placeThread writes a thread into a page that has been rendered with threadPlace
// in its stead; write appends it, about size bytes.
func placeThread(w http.ResponseWriter, size int, write func([]byte) []byte) {
	body := &w.(*buffered).body //nolint:errcheck // handlers always get one
	head, tail, found := bytes.Cut(body.Bytes(), []byte(threadPlace))
	if !found {
		return
	}
	tail = bytes.Clone(tail)
	body.Truncate(len(head))
	body.Grow(size + len(tail))
	body.Write(write(body.AvailableBuffer()))
	body.Write(tail)
}

// placed is threadPlace for a page's field.
var placed = markup.Safe(threadPlace)
