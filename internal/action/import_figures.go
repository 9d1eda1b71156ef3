package action

import (
	"cmp"
	"context"
	"hash/maphash"
	"slices"

	"hustings/internal/forum"
	"hustings/internal/importer"
	"hustings/internal/paths"
	"hustings/internal/postgres"
)

// countState counts a comment of a thread by what its source lets nobody see.
func countState(c *importer.CommentCounts, state forum.CommentState) {
	switch state {
	case forum.Held:
		c.Held++
	case forum.Spam:
		c.Spam++
	case forum.Removed, forum.Quarantined:
		c.Removed++
	case forum.Retracted:
		c.Retracted++
	case forum.Erased:
		c.Erased++
	}
}

// countGiven counts what the files say of the article besides its text.
func (p *plan) countGiven() {
	if p.given == 0 {
		return
	}
	switch a := &p.report.Articles; p.staged.State {
	case forum.ArticleDraft:
		a.Drafts++
	case forum.ArticlePrivate:
		a.Private++
	case forum.ArticleScheduled:
		a.Scheduled++
	}
	if n := len(p.staged.Pictures); n > 0 {
		p.report.Images = importer.ImageCounts{Images: n, Articles: 1}
	}
}

// oldPaths are the old addresses of the article, in one form each.
func (p *plan) oldPaths() (list []string) {
	for _, u := range append([]string{textIn(p.staged.SourceURL)}, p.staged.OldURLs...) {
		if forms := pathsOf(&u); len(forms) > 0 && len(u) <= maxURLBytes && !slices.Contains(list, forms[0]) {
			list = append(list, forms[0])
		}
	}
	return list
}

// countRedirects counts where the old addresses of the batch's articles will lead. A
// dry run remembers what those before will have taken.
func (b *batch) countRedirects(ctx context.Context) error {
	var wanted []string
	for _, p := range b.plans {
		if p.given > 0 {
			wanted = append(wanted, p.oldPaths()...)
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	owners, err := b.im.session.PathOwners(ctx, wanted)
	if err != nil {
		return err
	}
	promised := b.im.promised
	if promised == nil || !b.im.in.DryRun {
		promised = promises{}
	}
	if b.im.in.DryRun {
		b.im.promised = promised
	}
	for _, p := range b.plans {
		if p.given == 0 {
			continue
		}
		for _, path := range p.oldPaths() {
			at, owner := b.im.stage.hash(path), owners[path]
			p.countRedirect(path, owner, promised[at])
			if promised[at] == 0 && owner == 0 && p.leads() && !paths.Own(path) {
				promised[at] = cmp.Or(p.article, newArticle)
			}
		}
	}
	return nil
}

// promises are old addresses, by their hashes, and the articles that they are given to.
type promises map[int64]forum.ArticleID

// newArticle stands for one that is not here yet.
const newArticle forum.ArticleID = -1

// countRedirect counts one of them. owner is the article to which it leads already, 0
// for none, and promised that of this import to which it is given.
func (p *plan) countRedirect(path string, owner, promised forum.ArticleID) {
	r := &p.report.Redirects
	switch {
	case p.article != 0 && path == paths.Article(p.slug):
		r.Same++
	case paths.Own(path):
		r.Ours++
	case p.article != 0 && cmp.Or(owner, promised) == p.article, owner == 0 && promised == newArticle && p.twin:
		r.Same++
	case owner != 0 || promised != 0:
		r.Taken++
	case p.leads():
		r.New++
	}
}

// maxAuthorsHeard bounds what is remembered of authors while files are read; beyond
// it some are noted more than once, which the count does not mind.
const maxAuthorsHeard = 50_000

// hear notes who wrote a comment, for the count of authors.
func (s *stager) hear(c *postgres.StagedComment) {
	name, ok := c.AuthorName()
	if !ok {
		return
	}
	var h maphash.Hash
	h.SetSeed(s.seed)
	h.WriteString(name.Key)
	h.WriteByte(0)
	h.WriteString(name.Name)
	at := int64(h.Sum64())
	if s.heard[at] == s.fileNo {
		return
	}
	if len(s.heard) >= maxAuthorsHeard || s.heard == nil {
		s.heard = map[int64]int32{}
	}
	s.heard[at] = s.fileNo
	s.authors = append(s.authors, postgres.HeardAuthor{Item: c.Item, AuthorName: name})
}

// countAuthors counts the people that all files name, before anything of them is
// written.
func (im *importing) countAuthors(ctx context.Context) (err error) {
	n, err := im.session.CountAuthors(ctx, im.in.Job)
	im.out.Authors = importer.AuthorCounts{New: n.New, Known: n.Known, Clash: n.Clash}
	return err
}

// leaveItems notes articles that are left out with their comments.
func (im *importing) leaveItems(list []postgres.GroupItem) error {
	out := map[int32]bool{}
	for _, i := range list {
		out[i.Item] = true
	}
	return im.stage.spool.eachComment(func(c *postgres.StagedComment) (bool, error) {
		if out[c.Item] {
			im.refused = append(im.refused, c.N)
		}
		return false, nil
	})
}

// uncountAuthors takes those out of the count of authors who have all their comments
// left out, but for those of articles that an earlier run of the job has finished: it
// does not say who they were. Where something was left out it reads everything once
// more.
func (im *importing) uncountAuthors(ctx context.Context) error {
	slices.Sort(im.refused)
	sources, err := im.session.ItemSources(ctx)
	if err != nil {
		return err
	}
	left := map[sourceAuthor]int32{} // and an item that names them
	for _, n := range im.refused {
		c, err := im.stage.spool.get(n)
		if err != nil {
			return err
		}
		if name, ok := c.AuthorName(); ok {
			left[sourceAuthor{source: sources[c.Item], AuthorName: name}] = c.Item
		}
	}
	if len(left) == 0 {
		return nil
	}
	err = im.stage.spool.eachComment(func(c *postgres.StagedComment) (bool, error) {
		if name, ok := c.AuthorName(); ok {
			if _, refused := slices.BinarySearch(im.refused, c.N); !refused {
				delete(left, sourceAuthor{source: sources[c.Item], AuthorName: name})
			}
		}
		return false, nil
	})
	if err != nil {
		return err
	}
	list := make([]postgres.HeardAuthor, 0, len(left))
	for a, item := range left {
		list = append(list, postgres.HeardAuthor{Item: item, AuthorName: a.AuthorName})
	}
	n, err := im.session.CountLeftOut(ctx, im.in.Job, list)
	im.out.Authors.New -= n.New
	im.out.Authors.Known -= n.Known
	im.out.Authors.Clash -= n.Clash
	return err
}
