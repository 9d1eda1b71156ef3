package action

import (
	"context"

	"hustings/internal/forum"
	"hustings/internal/postgres"
)

// find looks the articles up, here and in the files.
func (b *batch) find(ctx context.Context, tx *postgres.Tx) error {
	session := b.im.session
	for _, item := range b.items {
		if p := b.byGroup(item.Group); p != nil {
			p.heads = append(p.heads, item)
			if item.Given {
				p.given++
			}
		}
	}
	if err := b.findHeads(ctx); err != nil {
		return err
	}
	global := map[int32]string{}
	for _, p := range b.plans {
		if id := globalID(p.staged.PortableID); id != "" {
			global[p.group.no] = id
		}
	}
	known, err := session.KnownArticles(ctx, b.source, b.lo, b.hi, global)
	if err != nil {
		return err
	}
	if known, err = b.findByAddress(ctx, known); err != nil {
		return err
	}
	if known, err = b.hear(ctx, known); err != nil {
		return err
	}
	if !alone(known, global) {
		return errTogether
	}
	ids := make([]forum.ArticleID, 0, len(known))
	for _, k := range known {
		ids = append(ids, k.ID)
	}
	if b.im.in.DryRun || len(ids) == 0 {
		return nil
	}
	return tx.HoldArticles(ctx, ids, b.tries > 1)
}

// findHeads reads what the files say of the articles: the text that each gets, and
// the same article under other keys of the source.
func (b *batch) findHeads(ctx context.Context) error {
	var wanted []int32
	for _, p := range b.plans {
		if p.group.head != nil {
			wanted = append(append(wanted, *p.group.head), p.group.others...)
		}
	}
	heads, err := b.im.session.StagedHeads(ctx, wanted)
	if err != nil {
		return err
	}
	for _, p := range b.plans {
		if p.group.head == nil {
			continue
		}
		p.staged = heads[*p.group.head]
		p.title, p.slug = p.staged.Title, wantedSlug(p.staged)
		for _, item := range p.group.others {
			p.others = append(p.others, heads[item])
		}
	}
	return nil
}

// hear tells the plans which articles they are here, and how what the source says
// stands to what it has said before.
func (b *batch) hear(ctx context.Context, known []postgres.KnownArticle) (kept []postgres.KnownArticle, err error) {
	if len(known) == 0 {
		return known, nil
	}
	ids := make([]forum.ArticleID, len(known))
	for i, k := range known {
		ids[i] = k.ID
	}
	var refs []postgres.ArticleRef
	if b.source != 0 {
		if refs, err = b.im.session.ArticleRefs(ctx, b.source, ids); err != nil {
			return nil, err
		}
	}
	of := map[forum.ArticleID][]postgres.ArticleRef{}
	for _, r := range refs {
		of[r.Article] = append(of[r.Article], r)
	}
	for _, k := range known {
		p := b.byGroup(k.Group)
		if p == nil {
			continue
		}
		if p.adopted && globalID(p.staged.PortableID) != "" && len(of[k.ID]) > 0 {
			p.adopted = false // its source tells the two apart
			continue
		}
		p.known, p.article, p.slug = b.im.addresses.now(k), k.ID, k.Slug
		p.hear(of[k.ID])
		kept = append(kept, k)
	}
	return kept, nil
}

// alone tells whether no two articles of the files are one here, or will be: by an
// id that is the same on every site.
func alone(known []postgres.KnownArticle, global map[int32]string) bool {
	here, ids := map[forum.ArticleID]bool{}, map[string]bool{}
	for _, k := range known {
		if here[k.ID] {
			return false
		}
		here[k.ID] = true
	}
	for _, id := range global {
		if ids[id] {
			return false
		}
		ids[id] = true
	}
	return true
}

// query names the comments of the batch.
func (b *batch) query() *postgres.LeafQuery {
	q := &postgres.LeafQuery{Lo: b.lo, Hi: b.hi, Source: b.source, SourceName: b.name, Articles: map[int32]forum.ArticleID{}}
	for _, p := range b.plans {
		if p.article != 0 {
			q.Articles[p.group.no] = p.article
		}
	}
	return q
}

// load reads the trees as they stand here and what the files say.
func (b *batch) load(ctx context.Context) error {
	if err := b.loadStored(ctx); err != nil {
		return err
	}
	var p *plan
	err := b.im.session.EachLeaf(ctx, b.query(), func(l *postgres.StagedLeaf) {
		if p == nil || p.group.no != l.Group {
			if p = b.byGroup(l.Group); p == nil {
				return
			}
			p.room(int(b.sizes[l.Group].Comments))
		}
		p.addLeaf(l)
		for len(p.ends) == 0 || p.heads[len(p.ends)-1].Item != l.Item {
			p.ends = append(p.ends, len(p.leaves)-1)
		}
		p.ends[len(p.ends)-1] = len(p.leaves)
	})
	if err != nil {
		return err
	}
	for _, p := range b.plans {
		for len(p.ends) < len(p.heads) {
			p.ends = append(p.ends, len(p.leaves))
		}
	}
	return b.loadParents(ctx)
}

func (b *batch) loadStored(ctx context.Context) error {
	byArticle := map[forum.ArticleID][]*plan{} // two keys of a source may name one article
	var ids []forum.ArticleID
	for _, p := range b.plans {
		if p.article != 0 {
			byArticle[p.article] = append(byArticle[p.article], p)
			ids = append(ids, p.article)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	counts, err := b.im.session.CountStored(ctx, ids)
	if err != nil {
		return err
	}
	for id, plans := range byArticle {
		for _, p := range plans {
			p.stored = make([]storedNode, 0, counts[id])
		}
	}
	return b.im.session.EachStored(ctx, ids, func(l *postgres.StoredLeaf) {
		for _, p := range byArticle[l.Article] {
			p.addStored(l)
		}
	})
}

// loadParents looks for the parents that no file has.
func (b *batch) loadParents(ctx context.Context) error {
	owner := map[int64]*plan{}
	var lost []postgres.LostChild
	for _, p := range b.plans {
		p.index()
		list, err := p.lost()
		if err != nil {
			return err
		}
		for _, c := range list {
			owner[c.N] = p
		}
		lost = append(lost, list...)
	}
	if len(lost) == 0 {
		return nil
	}
	return b.im.session.LostParents(ctx, b.query(), lost, func(l postgres.LostParent) { owner[l.N].found(l) })
}
