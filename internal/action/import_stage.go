package action

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/maphash"
	"slices"
	"unicode/utf8"

	"hustings/internal/forum"
	"hustings/internal/importer"
	"hustings/internal/postgres"
)

// stager renders what the readers emit and stages it. In memory it holds the
// comments on their way there and one head for each article.
type stager struct {
	session *postgres.ImportSession
	spool   *importSpool
	in      ImportInput
	seed    maphash.Seed
	items   map[int64]int // the articles of the file being read, by the hashes of their keys: places in heads
	heads   []head        // of the file being read
	item    int32         // the number of the next article of a file
	batch   []postgres.StagedMark
	bodies  []postgres.StagedArticle
	seen    []postgres.SeenItem
	records int // emitted by the readers

	names  []string       // of the files so far, those in archives too
	fileNo int32          // of the file being read, from 1
	noIDs  bool           // its format has none
	rank   int16          // how near it is to what was written, see ranks
	whole  map[int32]bool // files that were read whole and have all comments of their articles
	torn   map[int32]bool // files of which something was left out
	site   map[int32]bool // exports of sites: whether they were read whole
	lost   bool           // of an export of a site nothing could be read, not even which site
	broken bool           // something of the file being read was left out
	report *importer.Report
	mail   []byte            // key under which e-mail addresses are hashed
	mails  map[string][]byte // hashes of addresses that were met lately
	// authors wait to be staged; heard tells in which file each was met last, by hashes.
	authors []postgres.HeardAuthor
	heard   map[int64]int32
	// spill takes the findings out of the report of a file when they are many.
	spill func(context.Context, *importer.Report) error
}

// head is what is remembered of an article of the file being read.
type head struct {
	item   int32
	line   int32
	digest uint64 // the beginning of it; 0: so far there are comments for it, but not the article
}

func newStager(session *postgres.ImportSession, in ImportInput) *stager {
	return &stager{session: session, in: in, seed: maphash.MakeSeed(), items: map[int64]int{}, whole: map[int32]bool{}, torn: map[int32]bool{}, site: map[int32]bool{}}
}

// stageError is an error of ours, not of the file being read.
type stageError struct{ error }

// file stages all records of one file. A file that cannot be read is refused in
// the report, like one that is nil because it could not be opened; the error is
// that of the database or of ctx.
func (s *stager) file(ctx context.Context, src importer.Source) (importer.Report, error) {
	name := src.Name
	report := importer.NewReport("", name)
	s.report, s.broken = &report, false
	s.fileNo++
	s.names = append(s.names, name)
	clear(s.items)
	s.heads = s.heads[:0]
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
	s.torn[s.fileNo] = s.broken
	if slices.Contains(siteFormats, format) {
		s.site[s.fileNo] = !s.broken
		s.lost = s.lost || s.broken && len(s.heads) == 0
	}
	s.whole[s.fileNo] = !s.broken && slices.Contains(wholeFormats, format)
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
	s.noIDs, s.rank = f.Name() == "text" || f.Name() == "mt", ranks[f.Name()]
	return f.Name(), importer.ReadRecords(ctx, f, src, func(r importer.Record) error {
		if err := s.take(ctx, r); err != nil {
			return stageError{err}
		}
		return nil
	})
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
		s.broken = s.broken || r.Refused
		s.report.Add(r)
	}
	return nil
}

func (s *stager) refuse(file string, line int, reason string, args ...any) {
	s.broken = true
	s.report.Add(importer.Problem{File: file, Line: line, Refused: true, Reason: fmt.Sprintf(reason, args...)})
}

// leaveOut refuses a comment that can't be stored.
func (s *stager) leaveOut(r importer.Comment, err error) {
	s.broken = true
	said := cmp.Or(textIn(r.BodyText), textIn(r.SourceText), textIn(r.BodyHTML))
	s.report.Add(importer.Problem{File: r.File, Line: r.Line, Refused: true, ID: shownKey(r.Key), Excerpt: said,
		Reason: fmt.Sprintf("The comment is left out. %s", err)})
}

func textIn(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func (s *stager) repaired(file string, line int, reason string, args ...any) {
	s.report.Add(importer.Problem{File: file, Line: line, Reason: fmt.Sprintf(reason, args...)})
}

// hash stands for a key within this import; 0 for none. It is long enough for no
// two keys to have the same, and nobody outside can foresee it.
func (s *stager) hash(key string) int64 {
	if key == "" {
		return 0
	}
	return int64(max(maphash.String(s.seed, key), 1))
}

// known gives the head of an article of the file being read.
func (s *stager) known(key string) *head {
	at := s.hash(key)
	i, ok := s.items[at]
	if !ok {
		i = len(s.heads)
		s.items[at], s.heads = i, append(s.heads, head{item: s.item})
		s.seen = append(s.seen, postgres.SeenItem{Item: s.item, File: s.fileNo, Key: key, Source: s.source(""), NoIDs: s.noIDs, Rank: s.rank})
		s.item++
	}
	return &s.heads[i]
}

// source is where an article comes from, given what the file says of itself.
func (s *stager) source(site string) string {
	switch {
	case s.in.Source != "":
		return s.in.Source
	case site != "" && utf8.RuneCountInString(site) <= maxSourceChars:
		return site
	}
	return unnamedSource
}

// unnamedSource is where things come from that do not say where they come from.
const unnamedSource = "local"

// maxSourceChars is the longest name of a source.
const maxSourceChars = 200

func (s *stager) article(ctx context.Context, r importer.Article) error {
	staged, body, err := s.renderArticle(r)
	if err != nil {
		s.refuse(r.File, r.Line, "The article is left out. %s", err)
		return nil
	}
	if s.in.AsDrafts && staged.State == forum.ArticlePublished {
		staged.State = forum.ArticleDraft
	}
	key := refKey(r.Key)
	h, short := s.known(key), max(binary.BigEndian.Uint64(staged.Digest), 1)
	if h.digest != 0 {
		if h.digest != short {
			s.refuse(r.File, r.Line, "This article stands already in line %d of the file, with another text.", h.line)
		}
		return nil
	}
	h.digest, h.line = short, int32(r.Line)
	staged.Item, staged.File, staged.Source, staged.Key, staged.Aliases = h.item, s.fileNo, s.source(r.Site), key, r.Aliases
	staged.Marks = marksOf(&staged)
	if staged.Body, err = s.spool.putArticle(&body); err != nil {
		return err
	}
	s.bodies = append(s.bodies, staged)
	return s.full(ctx)
}

func (s *stager) comment(ctx context.Context, r importer.Comment) error {
	staged, err := s.renderComment(r)
	if err != nil {
		s.leaveOut(r, err)
		return nil
	}
	staged.Item, staged.File = s.known(refKey(r.ArticleKey)).item, s.fileNo
	staged.Hash, staged.ParentHash = s.hash(staged.Key), s.hash(staged.Parent)
	if err := s.spool.put(&staged); err != nil {
		return err
	}
	s.batch = append(s.batch, markOf(&staged))
	s.hear(&staged)
	return s.full(ctx)
}

// markOf is what the database needs of a comment in order to compare it.
func markOf(c *postgres.StagedComment) postgres.StagedMark {
	return postgres.StagedMark{
		N: c.N, Hash: c.Hash, ParentHash: c.ParentHash, Ordinal: c.Ordinal, Item: c.Item, Flags: postgres.FlagsOf(c),
		Key: c.Key, Digest: c.Digest, Given: postgres.GivenState(c.State, c.Branch), Global: pointer(globalID(c.PortableID)),
		Author: c.Author, AuthorKey: c.AuthorKey, AuthorMail: c.AuthorMail, AuthorURL: c.AuthorURL, Anchor: c.Anchor,
	}
}

// full stages what waits when it is enough.
func (s *stager) full(ctx context.Context) error {
	if len(s.batch) < importBatch && len(s.seen) < importBatch {
		return nil
	}
	return s.flush(ctx)
}

func (s *stager) flush(ctx context.Context) error {
	if len(s.seen)+len(s.bodies)+len(s.batch) == 0 {
		return nil
	}
	err := errors.Join(s.session.StageItems(ctx, s.seen), s.session.StageArticles(ctx, s.bodies), s.session.StageComments(ctx, s.batch),
		s.session.StageAuthors(ctx, s.authors))
	clear(s.batch)
	clear(s.bodies)
	s.seen, s.bodies, s.batch = s.seen[:0], s.bodies[:0], s.batch[:0]
	clear(s.authors)
	s.authors = s.authors[:0]
	if s.in.Progress != nil {
		s.in.Progress(ImportProgress{Records: s.records})
	}
	return err
}

// pointer gives nil for "", which stands for unknown.
func pointer(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// placeholder stages one for the parent that a staged comment names and nobody has.
func (s *stager) placeholder(child, ordinal int64) (n int64, err error) {
	c, err := s.spool.get(child)
	if err != nil {
		return 0, err
	}
	made, err := s.renderComment(importer.Comment{Line: int(c.Line), Key: c.Parent, Kind: importer.KindPlaceholder, State: string(forum.Published), Ordinal: ordinal})
	if err != nil {
		return 0, err
	}
	if c.PortableID == c.Key {
		made.PortableID = c.Parent
	}
	made.Item, made.File, made.Hash = c.Item, c.File, c.ParentHash
	err = s.spool.put(&made)
	return made.N, err
}
