package action

import (
	"context"
	"errors"
	"slices"
	"time"

	"hustings/internal/forum"
	"hustings/internal/importer"
	"hustings/internal/postgres"
)

const (
	// batchComments and batchArticles bound what is planned and written in one
	// transaction, unless one article alone is larger: so many that commits cost
	// little, so few that nobody waits long for a lock.
	batchComments = 5000
	batchArticles = 512
	// pauseShare says how long an import rests after each batch, in parts of what
	// the batch took: readers have a turn at the database.
	pauseShare = 20
)

// group is one article of an import: its parts of all files that have it.
type group struct {
	no          int32
	source, key string
	head        *int32  // the item whose text it gets; nil: there are only comments for it
	others      []int32 // items that have it under other keys
}

// batch is a row of articles of one source that are planned and written together.
type batch struct {
	im     *importing
	lo, hi int // their numbers: from lo on, before hi
	sizes  []postgres.GroupSize
	name   string // of the source
	source postgres.SourceID
	groups []group
	items  []postgres.GroupItem
	done   []*part // of each article: what an earlier run of the job did; nil: nothing
	plans  []*plan // of those that are not done
	tries  int     // runs of work, this one counted
	hidden bool    // those who were erased meanwhile are
}

// applyAll plans all articles and, unless this is a dry run, writes them. The first
// batches are small, so that the first articles stand here at once.
func (im *importing) applyAll(ctx context.Context) error {
	sizes, sources, err := im.session.Groups(ctx)
	if err != nil {
		return err
	}
	im.of = len(sizes)
	if im.in.DryRun && len(sources) > 1 {
		im.addresses = &places{hash: im.stage.hash, at: map[int64]int32{}, told: map[forum.ArticleID]retold{}}
	}
	if !im.in.DryRun {
		if err := im.session.Do(ctx, func(ctx context.Context, tx *postgres.Tx) error { return tx.AdoptImported(ctx) }); err != nil {
			return err
		}
	}
	for lo, most := 0, 1; lo < len(sizes); most = min(2*most, batchArticles) {
		if err := ctx.Err(); err != nil {
			return err
		}
		hi, comments := lo, 0
		for hi < len(sizes) && hi-lo < most && sizes[hi].Source == sizes[lo].Source &&
			(hi == lo || comments+int(sizes[hi].Comments) <= batchComments) {
			comments += int(sizes[hi].Comments)
			hi++
		}
		began := time.Now()
		if err := im.apply(ctx, &batch{im: im, lo: lo, hi: hi, sizes: sizes, name: sources[sizes[lo].Source]}); err != nil {
			return err
		}
		lo = hi
		if lo < len(sizes) {
			im.rest(ctx, time.Since(began)/pauseShare)
		}
	}
	return nil
}

// rest leaves the database to others for a while.
func (im *importing) rest(ctx context.Context, long time.Duration) {
	if im.in.DryRun {
		return
	}
	select {
	case <-ctx.Done():
	case <-time.After(long):
	}
}

// errTogether is why articles can't be planned together: one changes what the other
// finds here.
var errTogether = errors.New("two articles of the files are one here")

// errErased is why nobody is found or made who wrote a comment: somebody was erased
// since everything was staged.
var errErased = errors.New("the author of a comment was erased meanwhile")

// apply brings a batch. An article that can't be stored takes no others with it:
// they are brought one by one, and it is left out.
func (im *importing) apply(ctx context.Context, b *batch) error {
	err := im.session.Do(ctx, b.work)
	if err == nil {
		return b.tell(ctx)
	}
	if errors.Is(err, errErased) {
		if err := im.hideErased(ctx); err != nil {
			return err
		}
		return im.apply(ctx, &batch{im: im, lo: b.lo, hi: b.hi, sizes: b.sizes, name: b.name, hidden: true})
	}
	unforeseen := !errors.Is(err, postgres.ErrJobLost) && slices.Contains([]forum.Kind{forum.Invalid, forum.Malformed, forum.Conflict}, forum.KindOf(err))
	switch {
	case b.hi-b.lo == 1 && unforeseen:
		return im.leaveOut(ctx, b, err)
	case !unforeseen && !errors.Is(err, errTogether):
		return err
	}
	for no := b.lo; no < b.hi; no++ {
		if err := im.apply(ctx, &batch{im: im, lo: no, hi: no + 1, sizes: b.sizes, name: b.name}); err != nil {
			return err
		}
	}
	return nil
}

// work does it, in a transaction. A dry run writes to nothing but its own
// temporary tables in there.
func (b *batch) work(ctx context.Context, tx *postgres.Tx) (err error) {
	b.tries++
	keys, err := b.im.session.GroupKeys(ctx, b.lo, b.hi)
	if err != nil {
		return err
	}
	if b.items, err = b.im.session.GroupItems(ctx, b.lo, b.hi); err != nil {
		return err
	}
	b.groups, b.plans, b.done = make([]group, len(keys)), nil, make([]*part, len(keys))
	names := make([]string, len(keys))
	for i, k := range keys {
		names[i] = k.Key
		b.groups[i] = group{no: int32(b.lo + i), source: b.name, key: k.Key, head: k.Head, others: k.Others}
	}
	if !b.im.in.DryRun {
		finished, err := b.im.beginParts(ctx, tx, b.name, names)
		if err != nil {
			return err
		}
		for i, key := range names {
			b.done[i] = finished[key]
		}
	}
	if err := b.plan(ctx, tx); err != nil || b.im.in.DryRun {
		return err
	}
	if err := b.write(ctx, tx); err != nil {
		return err
	}
	return b.im.endParts(ctx, tx, b.plans...)
}

// leaveOut refuses a whole article.
func (im *importing) leaveOut(ctx context.Context, b *batch, because error) error {
	e := &forum.Error{}
	errors.As(because, &e)
	left := importer.NewReport("", "")
	left.Add(importer.Problem{File: im.stage.names[b.items[0].File-1], Line: int(b.items[0].Line), Refused: true,
		Reason: "The article is left out with its comments. " + e.Message()})
	if err := im.leaveItems(b.items); err != nil {
		return err
	}
	im.finished++
	return im.list(ctx, &left)
}

// tell adds what was done to the report, article by article.
func (b *batch) tell(ctx context.Context) error {
	im, plans := b.im, b.plans
	im.met(plans)
	for i := range b.groups {
		if b.done[i] != nil {
			im.tellPart(b.done[i])
		} else {
			if err := im.tell(ctx, plans[0]); err != nil {
				return err
			}
			plans = plans[1:]
		}
		im.finished++
		im.progress(ImportProgress{Records: im.stage.records, Articles: im.finished, Of: im.of, Comments: im.out.Comments.InTree()})
	}
	return nil
}
