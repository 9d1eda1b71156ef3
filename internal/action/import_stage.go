package action

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"unicode/utf8"

	"hustings/internal/forum"
	"hustings/internal/importer"
	"hustings/internal/postgres"
)

// stager renders what the readers emit and stages it. In memory it holds the
// comments on their way there and one head for each article.
type stager struct {
	session *postgres.ImportSession
	in      ImportInput
	items   map[itemKey]int32
	heads   []*head
	batch   []postgres.StagedComment
	bytes   int
	n       int64 // comments staged
	records int   // emitted by the readers

	names  []string // of the files so far, those in archives too
	fileNo int32    // of the file being read, from 1
	noIDs  bool     // its format has none
	report *importer.Report
	mail   []byte // key under which e-mail addresses are hashed
	// spill takes the findings out of the report of a file when they are many.
	spill func(context.Context, *importer.Report) error
}

// itemKey names an article inside one file.
type itemKey struct {
	file int32
	key  string
}

// head is what is remembered of an article of one file.
type head struct {
	item   int32
	file   int32 // its number, from 1
	source string
	key    string
	noIDs  bool
	digest []byte   // nil: the file has comments for it, but not the article
	names  []string // further keys by which other files may refer to it
	line   int32
}

// group is one article: its heads from all files that have it.
type group struct {
	source, key string
	heads       []*head
	no          int32 // its place among all groups
}

func newStager(session *postgres.ImportSession, in ImportInput) *stager {
	return &stager{session: session, in: in, items: map[itemKey]int32{}}
}

// stageError is an error of ours, not of the file being read.
type stageError struct{ error }

// file stages all records of one file. A file that cannot be read is refused in
// the report, like one that is nil because it could not be opened; the error is
// that of the database or of ctx.
func (s *stager) file(ctx context.Context, src importer.Source) (importer.Report, error) {
	name := src.Name
	report := importer.NewReport("", name)
	s.report = &report
	s.fileNo++
	s.names = append(s.names, name)
	if src.R == nil {
		s.refuse(name, 0, "The file can’t be opened.")
		return *s.report, nil
	}
	format, err := s.read(ctx, src)
	s.report.Format = format
	if ours, ok := errors.AsType[stageError](err); ok {
		return *s.report, ours.error
	}
	if ctx.Err() != nil {
		return *s.report, ctx.Err()
	}
	if err != nil {
		s.refuse(name, 0, "%s", err)
	}
	return *s.report, s.flush(ctx)
}

func (s *stager) read(ctx context.Context, src importer.Source) (format string, err error) {
	name := src.Name
	src.Zone, src.Site, src.Verbatim = s.in.Zone, s.in.Source, s.in.Verbatim
	src, start, err := importer.Open(src)
	if err != nil {
		return "", err
	}
	f, err := s.format(name, start)
	if err != nil {
		return "", err
	}
	s.noIDs = f.Name() == "text" || f.Name() == "mt"
	return f.Name(), f.Read(ctx, src, src.Emit(func(r importer.Record) error {
		if err := s.take(ctx, r); err != nil {
			return stageError{err}
		}
		return nil
	}))
}

func (s *stager) format(name string, start []byte) (importer.Format, error) {
	if s.in.Format == "" || s.in.Format == "auto" {
		return importer.Sniff(name, start)
	}
	return importer.ByName(s.in.Format)
}

func (s *stager) take(ctx context.Context, r importer.Record) error {
	s.records++
	if len(s.report.Repairs)+len(s.report.Refused) >= findingBatch {
		if err := s.spill(ctx, s.report); err != nil {
			return err
		}
	}
	switch r := r.(type) {
	case importer.Article:
		return s.article(ctx, r)
	case importer.Comment:
		return s.comment(ctx, r)
	case importer.Problem:
		s.report.Add(r)
	}
	return nil
}

func (s *stager) refuse(file string, line int, reason string, args ...any) {
	s.report.Add(importer.Problem{File: file, Line: line, Refused: true, Reason: fmt.Sprintf(reason, args...)})
}

func (s *stager) repaired(file string, line int, reason string, args ...any) {
	s.report.Add(importer.Problem{File: file, Line: line, Reason: fmt.Sprintf(reason, args...)})
}

// item gives the head of an article of the file being read.
func (s *stager) item(key string) *head {
	at := itemKey{s.fileNo, key}
	if i, ok := s.items[at]; ok {
		return s.heads[i]
	}
	h := &head{item: int32(len(s.heads)), file: s.fileNo, key: key, noIDs: s.noIDs, source: s.source("")}
	s.items[at] = h.item
	s.heads = append(s.heads, h)
	return h
}

// source is where an article comes from, given what the file says of itself.
func (s *stager) source(site string) string {
	switch {
	case s.in.Source != "":
		return s.in.Source
	case site != "" && utf8.RuneCountInString(site) <= maxSourceChars:
		return site
	}
	return "local"
}

// maxSourceChars is the longest name of a source.
const maxSourceChars = 200

func (s *stager) article(ctx context.Context, r importer.Article) error {
	staged, digest, err := s.renderArticle(r)
	if err != nil {
		s.refuse(r.File, r.Line, "The article is left out. %s", err)
		return nil
	}
	if s.in.AsDrafts && staged.State == forum.ArticlePublished {
		staged.State = forum.ArticleDraft
	}
	h := s.item(refKey(r.Key))
	if h.digest != nil {
		if !bytes.Equal(h.digest, digest) {
			s.refuse(r.File, r.Line, "This article stands already in line %d of the file, with another text.", h.line)
		}
		return nil
	}
	h.source, h.digest, h.line, h.names = s.source(r.Site), digest, int32(r.Line), r.Aliases
	staged.Item, staged.File, staged.Source, staged.Key = h.item, s.fileNo, h.source, h.key
	return s.session.StageArticle(ctx, staged)
}

func (s *stager) comment(ctx context.Context, r importer.Comment) error {
	staged, err := s.renderComment(r)
	if err != nil {
		s.refuse(r.File, r.Line, "The comment is left out. %s", err)
		return nil
	}
	staged.Item, staged.File = s.item(refKey(r.ArticleKey)).item, s.fileNo
	return s.add(ctx, staged)
}

// add stages a comment and gives it its number.
func (s *stager) add(ctx context.Context, c postgres.StagedComment) error {
	s.n++
	c.N = s.n
	s.batch = append(s.batch, c)
	s.bytes += len(c.BodyHTML) + len(c.Key)
	if c.BodyText != nil {
		s.bytes += len(*c.BodyText)
	}
	if len(s.batch) < importBatch && s.bytes < importBatchBytes {
		return nil
	}
	return s.flush(ctx)
}

func (s *stager) flush(ctx context.Context) error {
	if len(s.batch) == 0 {
		return nil
	}
	err := s.session.StageComments(ctx, s.batch)
	clear(s.batch) // lets go of the texts
	s.batch, s.bytes = s.batch[:0], 0
	if s.in.Progress != nil {
		s.in.Progress(ImportProgress{Records: s.records})
	}
	return err
}

// groups brings the heads of one article in several files together, in the order
// in which the files have the articles. Comments of an article that stands in
// another file join it there.
func (s *stager) groups() []*group {
	var list []*group
	type name struct{ source, key string }
	byName, byKey, byAlias := map[name]*group{}, map[string]*group{}, map[string]*group{}
	join := func(h *head) {
		g := byName[name{h.source, h.key}]
		if g == nil && h.digest == nil {
			g = byKey[h.key]
		}
		if g == nil && h.digest == nil {
			g = byAlias[h.key]
		}
		if g == nil {
			g = &group{source: h.source, key: h.key}
			byName[name{h.source, h.key}] = g
			byKey[h.key] = g
			list = append(list, g)
		}
		g.heads = append(g.heads, h)
		for _, n := range h.names {
			byAlias[n] = g
		}
	}
	for _, h := range s.heads {
		if h.digest != nil {
			join(h)
		}
	}
	for _, h := range s.heads {
		if h.digest == nil {
			join(h)
		}
	}
	for i, g := range list {
		g.no = int32(i)
	}
	return list
}

// stageGroups notes which article each item belongs to.
func (s *stager) stageGroups(ctx context.Context, groups []*group) error {
	items := make([]postgres.StagedItem, 0, len(s.heads))
	for _, g := range groups {
		for _, h := range g.heads {
			items = append(items, postgres.StagedItem{Item: h.item, Group: g.no, Source: g.source})
		}
	}
	return s.session.StageItems(ctx, items)
}

// pointer gives nil for "", which stands for unknown.
func pointer(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
