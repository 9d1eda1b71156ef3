package action

import (
	"encoding/binary"
	"fmt"
	"time"

	"hustings/internal/forum"
	"hustings/internal/postgres"
)

// This file has the form of what waits in an import's spool: the fields one after the
// other, texts with their lengths before them.

// appendComment writes a comment without its number.
func appendComment(b []byte, c *postgres.StagedComment) []byte {
	for _, n := range []int64{int64(c.Item), int64(c.File), int64(c.Line), int64(c.Policy), c.Ordinal, c.Hash, c.ParentHash} {
		b = binary.AppendVarint(b, n)
	}
	for _, s := range []string{c.Key, c.Parent, c.PortableID, string(c.Kind), string(c.State), c.Branch, c.Format, c.AuthorKey, c.BodyHTML,
		string(c.AuthorMail), string(c.Digest)} {
		b = appendText(b, s)
	}
	b = appendMaybe(b, c.Author, textOf(c.AuthorKind), c.AuthorURL, c.Anchor, c.SourceText, c.BodyText)
	return appendTimes(b, c.CreatedAt, c.EditedAt)
}

func appendArticle(b []byte, a *postgres.ArticleBody) []byte {
	for _, s := range []string{a.Standfirst, a.Source, a.Format, a.HTML, a.Text} {
		b = appendText(b, s)
	}
	b = appendMaybe(binary.AppendVarint(b, int64(a.Policy)), a.Author)
	return appendTimes(b, a.PublishedAt)
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func appendMaybe(b []byte, list ...*string) []byte {
	for _, s := range list {
		if s == nil {
			b = append(b, 0)
			continue
		}
		b = appendText(append(b, 1), *s)
	}
	return b
}

func appendTimes(b []byte, list ...*time.Time) []byte {
	for _, t := range list {
		if t == nil {
			b = append(b, 0)
			continue
		}
		b = binary.AppendVarint(append(b, 1), t.Unix())
		b = binary.AppendVarint(b, int64(t.Nanosecond()))
	}
	return b
}

// spoolReader reads what stands above. The texts that it gives are parts of one
// string.
type spoolReader struct {
	rest   string
	failed bool
}

func (r *spoolReader) err(n int64) error {
	if r.failed {
		return noSpool(fmt.Errorf("no such record stands at %d", n))
	}
	return nil
}

func (r *spoolReader) comment(c *postgres.StagedComment) {
	c.Item, c.File, c.Line, c.Policy = int32(r.number()), int32(r.number()), int32(r.number()), int(r.number())
	c.Ordinal, c.Hash, c.ParentHash = r.number(), r.number(), r.number()
	c.Key, c.Parent, c.PortableID, c.Kind, c.State = r.text(), r.text(), r.text(), forum.CommentKind(r.text()), forum.CommentState(r.text())
	c.Branch, c.Format, c.AuthorKey, c.BodyHTML = r.text(), r.text(), r.text(), r.text()
	if mail := r.text(); mail != "" {
		c.AuthorMail = []byte(mail)
	}
	c.Digest = []byte(r.text())
	c.Author, c.AuthorKind = r.maybe(), (*forum.PersonKind)(r.maybe())
	c.AuthorURL, c.Anchor, c.SourceText, c.BodyText = r.maybe(), r.maybe(), r.maybe(), r.maybe()
	c.CreatedAt, c.EditedAt = r.time(), r.time()
}

func (r *spoolReader) article(a *postgres.ArticleBody) {
	a.Standfirst, a.Source, a.Format, a.HTML, a.Text = r.text(), r.text(), r.text(), r.text(), r.text()
	a.Policy, a.Author, a.PublishedAt = int(r.number()), r.maybe(), r.time()
}

// unsigned reads a number as binary.AppendUvarint writes it.
func (r *spoolReader) unsigned() (u uint64) {
	for shift := 0; shift < 64 && len(r.rest) > 0; shift += 7 {
		b := r.rest[0]
		r.rest = r.rest[1:]
		u |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return u
		}
	}
	r.failed = true
	return 0
}

func (r *spoolReader) number() int64 {
	u := r.unsigned()
	return int64(u>>1) ^ -int64(u&1)
}

func (r *spoolReader) text() string {
	n := r.unsigned()
	if n > uint64(len(r.rest)) {
		r.failed = true
		return ""
	}
	s := r.rest[:n]
	r.rest = r.rest[n:]
	return s
}

// given reads whether something follows.
func (r *spoolReader) given() bool {
	if r.rest == "" {
		r.failed = true
		return false
	}
	yes := r.rest[0] == 1
	r.rest = r.rest[1:]
	return yes
}

func (r *spoolReader) maybe() *string {
	if !r.given() {
		return nil
	}
	s := r.text()
	return &s
}

func (r *spoolReader) time() *time.Time {
	if !r.given() {
		return nil
	}
	t := time.Unix(r.number(), r.number()).UTC()
	return &t
}
