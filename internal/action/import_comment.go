package action

import (
	"context"
	"errors"

	"hustings/internal/forum"
	"hustings/internal/postgres"
)

// writeComments stores the new comments of the articles and changes the known ones.
// here are the articles that were here before.
func (b *batch) writeComments(ctx context.Context, tx *postgres.Tx, plans []*plan, here []forum.ArticleID) error {
	w := &commentWriter{batch: b, tx: tx, here: here}
	if err := w.number(ctx, plans); err != nil {
		return err
	}
	added := portion[postgres.NewComment]{write: func(list []postgres.NewComment) error { return w.add(ctx, list) }}
	told := portion[postgres.ToldComment]{write: func(list []postgres.ToldComment) error { return w.change(ctx, list) }}
	for _, p := range plans {
		if err := w.eachNew(p, added.add); err != nil {
			return err
		}
	}
	if err := added.end(); err != nil {
		return err
	}
	for _, p := range plans {
		if err := p.eachTold(told.add); err != nil {
			return err
		}
	}
	return told.end()
}

// commentWriter brings comments from the spool to their tables, portion by portion.
type commentWriter struct {
	*batch
	tx     *postgres.Tx
	here   []forum.ArticleID // the articles that were here before
	places []newPlace        // of the new comments of a portion
}

// number draws the numbers of all new comments at once: their order is that of the
// plans, whatever is written when.
func (w *commentWriter) number(ctx context.Context, plans []*plan) error {
	fresh := 0
	for _, p := range plans {
		fresh += len(p.news)
	}
	if fresh == 0 {
		return nil
	}
	ids, err := w.tx.NewCommentIDs(ctx, fresh)
	if err != nil {
		return err
	}
	for _, p := range plans {
		p.ids, ids = ids[:len(p.news)], ids[len(p.news):]
	}
	return nil
}

// eachNew gives the new comments of an article in the order of their numbers.
func (w *commentWriter) eachNew(p *plan, do func(postgres.NewComment, int) error) error {
	for _, i := range p.news {
		f := &p.fresh[i]
		c, err := p.im.stage.spool.get(p.n(f.leaf))
		if err != nil {
			return err
		}
		if p.shown(f) && c.CreatedAt != nil && (p.newest == nil || c.CreatedAt.After(*p.newest)) {
			p.newest = c.CreatedAt
		}
		w.places = append(w.places, newPlace{p, i})
		err = do(postgres.NewComment{
			StagedComment: c, ID: p.ids[f.kid], Article: p.article, Parent: p.id(f.up), Root: p.id(f.next), Depth: int(f.level) - 1,
			Portable: c.PortableID, Fragment: c.Anchor,
		}, size(&c))
		if err != nil {
			return err
		}
	}
	return nil
}

// eachTold gives the known comments of an article of which the source says something
// that has to be noted.
func (p *plan) eachTold(do func(postgres.ToldComment, int) error) error {
	for i := range p.stored {
		s := &p.stored[i]
		if s.leaf == none || !s.flags.Is(nodeTold) {
			continue
		}
		c, err := p.im.stage.spool.get(p.n(s.leaf))
		if err != nil {
			return err
		}
		told := postgres.ToldComment{
			StagedComment: c, ID: s.id, Article: p.article,
			Revised: s.flags.Is(nodeRevised), Restated: s.flags.Is(nodeRestated), Kept: s.flags.Is(nodeKept),
		}
		if ref := p.renamed[int32(i)]; ref != nil {
			told.KnownKey = ref.Key
			if !told.Restated {
				told.Noted = ref.State
			}
		}
		if err := do(told, size(&c)); err != nil {
			return err
		}
	}
	return nil
}

// add stores a portion of new comments.
func (w *commentWriter) add(ctx context.Context, list []postgres.NewComment) error {
	places := w.places
	w.places = w.places[:0]
	people, err := authorsOf(ctx, w, len(list), func(i int) *postgres.StagedComment { return &list[i].StagedComment })
	if err != nil {
		return err
	}
	for i := range list {
		if name, ok := list[i].AuthorName(); ok {
			list[i].By = people[name]
			if people[name].ID == 0 && !w.hidden {
				return errErased
			}
		}
	}
	if err := w.freeFragments(ctx, list); err != nil {
		return err
	}
	w.derivePortables(list)
	for round := 1; ; round++ {
		err := w.tx.AddComments(ctx, w.im.in.Job, w.source, list, func() postgres.RowSource { return &pathRows{list: places} })
		if !errors.Is(err, postgres.ErrPortableTaken) || round == maxPortableRounds {
			return err
		}
		if err := w.varyPortables(ctx, list, round); err != nil {
			return err
		}
	}
}

// change gives a portion of known comments what their source says now.
func (w *commentWriter) change(ctx context.Context, list []postgres.ToldComment) error {
	people, err := authorsOf(ctx, w, len(list), func(i int) *postgres.StagedComment {
		if !list[i].Revised {
			return nil
		}
		return &list[i].StagedComment
	})
	if err != nil {
		return err
	}
	for i := range list {
		if name, ok := list[i].AuthorName(); ok && list[i].Revised {
			list[i].By = people[name]
		}
	}
	if err := w.tx.ChangeComments(ctx, w.im.in.Job, w.source, list); err != nil {
		return err
	}
	return w.tx.KeepErased(ctx)
}

// authorsOf finds or makes the authors of comments; nil has none to be looked for.
func authorsOf(ctx context.Context, w *commentWriter, n int, comment func(int) *postgres.StagedComment) (map[postgres.AuthorName]postgres.Author, error) {
	first := map[postgres.AuthorName]*postgres.StagedComment{}
	var names []postgres.AuthorName
	for i := range n {
		c := comment(i)
		if c == nil {
			continue
		}
		name, ok := c.AuthorName()
		if ok && first[name] == nil {
			first[name] = c
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return nil, nil //nolint:nilnil // an empty map, really
	}
	return w.tx.EnsureAuthors(ctx, w.name, names, func(_ context.Context, missing []postgres.AuthorName) ([]postgres.ImportedAuthor, error) {
		list := make([]postgres.ImportedAuthor, len(missing))
		for i, name := range missing {
			list[i] = postgres.ImportedAuthor{AuthorName: name, MailHash: first[name].AuthorMail, URL: textIn(first[name].AuthorURL)}
		}
		return list, nil
	})
}

// freeFragments leaves out the anchors that comments here have already.
func (w *commentWriter) freeFragments(ctx context.Context, list []postgres.NewComment) error {
	if len(w.here) == 0 {
		return nil
	}
	anchors := make([]string, 0, len(list))
	for i := range list {
		if a := list[i].Fragment; a != nil {
			anchors = append(anchors, *a)
		}
	}
	taken, err := w.tx.TakenFragments(ctx, w.here, anchors)
	if err != nil {
		return err
	}
	for i := range list {
		if a := list[i].Fragment; a != nil && taken[postgres.Fragment{Article: list[i].Article, Anchor: *a}] {
			list[i].Fragment = nil
		}
	}
	return nil
}
