package importer

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"
)

// ArticleKey is the key of an article whose source gives neither an id nor an
// address: its source, its title with white space collapsed, and its byline.
// The body and the file's name do not count, so that a corrected article is an
// update of the same one.
func ArticleKey(source, title string, byline *string) string {
	return digest("article/v1", source, collapse(title), collapse(deref(byline)))
}

// CommentContent is what tells one comment from another where the source
// gives no ids.
type CommentContent struct {
	Author *string
	Date   *time.Time
	Body   string
}

// Hash is the content's own digest: equal for exact duplicates, wherever they
// stand. White space and Unicode composition do not count.
func (c CommentContent) Hash() string {
	date := ""
	if c.Date != nil {
		date = c.Date.UTC().Format(time.RFC3339)
	}
	return digest("content/v1", collapse(deref(c.Author)), date, collapse(c.Body))
}

// Fingerprint is version 1 of the key of a comment without an id. Ordinal
// counts, from 0, the earlier siblings with an equal Hash: it keeps exact
// duplicates apart and every other comment in place when siblings come or go.
func Fingerprint(articleKey, parentKey string, c CommentContent, ordinal int) string {
	return digest("comment/v1", articleKey, parentKey, c.Hash(), strconv.Itoa(ordinal))
}

// PlaceholderKey is the key of the placeholder for a comment that a source
// without ids has lost. Ordinal counts, from 0, the earlier placeholders below
// the same parent.
func PlaceholderKey(articleKey, parentKey string, ordinal int) string {
	return digest("placeholder/v1", articleKey, parentKey, strconv.Itoa(ordinal))
}

// PortableID derives the id used in exports from a source, a kind of record
// ("article" or "comment") and its key in that source. It has the form of a
// version 8 UUID.
func PortableID(source, kind, key string) string {
	sum := sha256.Sum256(append([]byte(PortablePrefix(source, kind)), frame(key)...))
	sum[6] = sum[6]&0x0f | 0x80
	sum[8] = sum[8]&0x3f | 0x80
	h := hex.EncodeToString(sum[:16])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// PortablePrefix is what PortableID hashes before the key, which follows with its
// length in bytes and a colon before it.
func PortablePrefix(source, kind string) string { return string(frame("portable/v1", source, kind)) }

// digest is the SHA-256 of its parts in hexadecimal.
func digest(parts ...string) string {
	sum := sha256.Sum256(frame(parts...))
	return hex.EncodeToString(sum[:])
}

// frame joins parts with their lengths, so that no two lists of parts give the
// same bytes.
func frame(parts ...string) []byte {
	size := 0
	for _, p := range parts {
		size += len(p) + 8
	}
	b := make([]byte, 0, size)
	for _, p := range parts {
		b = strconv.AppendInt(b, int64(len(p)), 10)
		b = append(b, ':')
		b = append(b, p...)
	}
	return b
}

// collapse composes s (NFC) and makes each run of white space, no-break spaces
// included, one space, with none at the ends.
func collapse(s string) string {
	s = norm.NFC.String(s)
	var b strings.Builder
	b.Grow(len(s))
	for word := range strings.FieldsSeq(s) {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(word)
	}
	return b.String()
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
