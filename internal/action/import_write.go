package action

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"hustings/internal/forum"
	"hustings/internal/importer"
	"hustings/internal/postgres"
)

// write carries the plans of the batch out, in the transaction in which they were
// made.
func (b *batch) write(ctx context.Context, tx *postgres.Tx) error {
	plans := slices.DeleteFunc(slices.Clone(b.plans), func(p *plan) bool { return p.article == 0 && p.given == 0 })
	for _, p := range plans {
		if p.article == 0 {
			continue
		}
		if err := p.keepArticle(ctx, tx); err != nil {
			return err
		}
		if err := p.writeKnown(ctx, tx); err != nil {
			return err
		}
	}
	var here []forum.ArticleID // before the new ones
	var added []*plan
	for _, p := range plans {
		if p.article != 0 {
			here = append(here, p.article)
		} else {
			added = append(added, p)
		}
	}
	if err := b.addArticles(ctx, tx, added); err != nil {
		return err
	}
	if err := b.writeComments(ctx, tx, plans, here); err != nil {
		return err
	}
	var counted []postgres.CountedArticle
	var ids []forum.ArticleID
	for _, p := range plans {
		if p.visibly {
			counted = append(counted, postgres.CountedArticle{ID: p.article, Added: p.added, Newest: p.newest})
			ids = append(ids, p.article)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	if err := tx.CountImported(ctx, counted); err != nil {
		return err
	}
	return tx.KeepAfter(ctx, b.im.in.Job, ids)
}

// keepArticle notes how a known article is, for whoever undoes the import.
func (p *plan) keepArticle(ctx context.Context, tx *postgres.Tx) error {
	if !p.visibly && !p.remembers() {
		return nil
	}
	if err := tx.KeepArticle(ctx, p.im.in.Job, p.source, p.article, p.changed, p.restated); err != nil {
		return err
	}
	if p.notes() {
		if err := tx.KeepArticleRef(ctx, p.im.in.Job, p.source, p.article, p.staged.Key); err != nil {
			return err
		}
	}
	return p.noteOthers(ctx, tx)
}

// noteOthers notes under which other keys the source has the article.
func (p *plan) noteOthers(ctx context.Context, tx *postgres.Tx) error {
	for _, o := range p.others {
		if p.refs[o.Key] {
			continue
		}
		if err := tx.KeepArticleRef(ctx, p.im.in.Job, p.source, p.article, o.Key); err != nil {
			return err
		}
		if err := tx.RememberArticles(ctx, p.source, []postgres.ArticleWord{{ID: p.article, Key: o.Key, Digest: o.Digest}}); err != nil {
			return err
		}
	}
	return nil
}

// remembers tells whether the source says something that was not known of it,
// though nothing changes here.
func (p *plan) remembers() bool {
	return p.notes() || slices.ContainsFunc(p.others, func(o postgres.StagedHead) bool { return !p.refs[o.Key] }) ||
		slices.ContainsFunc(p.stored, func(s storedNode) bool { return s.flags.Is(nodeTold) })
}

// writeKnown changes an article that is here.
func (p *plan) writeKnown(ctx context.Context, tx *postgres.Tx) error {
	switch {
	case !p.notes():
		return nil
	case p.adopts():
		if err := tx.AddRedirects(ctx, p.im.in.Job, p.article, redirectPaths(&p.staged)); err != nil {
			return err
		}
		return tx.RememberArticles(ctx, p.source, []postgres.ArticleWord{{ID: p.article, Key: p.staged.Key, Digest: p.staged.Digest}})
	case p.word == wordFirst && !p.changed:
		return tx.RememberArticles(ctx, p.source, []postgres.ArticleWord{postgres.WordOf(p.article, &p.staged)})
	case !p.changed && !p.restated: // in a form that is nearer to the original
		if err := tx.AddRedirects(ctx, p.im.in.Job, p.article, redirectPaths(&p.staged)); err != nil {
			return err
		}
		return tx.RememberArticles(ctx, p.source, []postgres.ArticleWord{postgres.WordOf(p.article, &p.staged)})
	}
	body, err := p.im.stage.spool.article(p.staged.Body)
	if err != nil {
		return err
	}
	if err := tx.ChangeImportedArticle(ctx, p.article, &p.staged, body, p.restated); err != nil {
		return err
	}
	if err := tx.AddRedirects(ctx, p.im.in.Job, p.article, redirectPaths(&p.staged)); err != nil {
		return err
	}
	if err := tx.ListImages(ctx, p.article, p.staged.Pictures); err != nil {
		return err
	}
	return tx.RememberArticles(ctx, p.source, []postgres.ArticleWord{postgres.WordOf(p.article, &p.staged)})
}

// addArticles stores the new articles of the batch, after their addresses and
// portable ids have been settled.
func (b *batch) addArticles(ctx context.Context, tx *postgres.Tx, plans []*plan) error {
	if len(plans) == 0 {
		return nil
	}
	list := make([]postgres.NewArticle, len(plans))
	ids, err := tx.NewArticleIDs(ctx, len(plans))
	if err != nil {
		return err
	}
	for i, p := range plans {
		list[i] = postgres.NewArticle{StagedHead: &p.staged, ID: ids[i], Slug: p.slug, PortableID: p.staged.PortableID}
	}
	if err := freeSlugs(ctx, tx, list); err != nil {
		return err
	}
	if err := b.freePortables(ctx, tx, plans, list); err != nil {
		return err
	}
	err = tx.AddArticles(ctx, b.im.in.Job, b.source, list, func(a *postgres.StagedHead) (postgres.ArticleBody, error) { return b.im.stage.spool.article(a.Body) })
	if err != nil {
		return err
	}
	var paths []string
	var to []int64
	for i, p := range plans {
		p.article, p.slug = list[i].ID, list[i].Slug
		for _, path := range redirectPaths(&p.staged) {
			paths, to = append(paths, path), append(to, int64(p.article))
		}
		if err := p.noteOthers(ctx, tx); err != nil {
			return err
		}
		if len(p.staged.Pictures) == 0 {
			continue
		}
		if err := tx.ListImages(ctx, p.article, p.staged.Pictures); err != nil {
			return err
		}
	}
	if len(paths) == 0 {
		return nil
	}
	return tx.AddNewRedirects(ctx, to, paths)
}

// freeSlugs varies the addresses that are taken.
func freeSlugs(ctx context.Context, tx *postgres.Tx, list []postgres.NewArticle) error {
	slugs := make([]string, len(list))
	for i, a := range list {
		slugs[i] = a.Slug
	}
	taken, err := tx.TakenSlugs(ctx, slugs)
	if err != nil {
		return err
	}
	used := make(map[string]bool, len(list))
	for i := range list {
		a := &list[i]
		if taken[a.Slug] || used[a.Slug] {
			others := make([]string, 0, len(used))
			for s := range used {
				others = append(others, s)
			}
			if a.Slug, err = tx.FreeSlug(ctx, a.Slug, others); err != nil {
				return err
			}
		}
		used[a.Slug] = true
	}
	return nil
}

// freePortables gives each article the file's own portable id, or derives one where
// there is none or it is taken.
func (b *batch) freePortables(ctx context.Context, tx *postgres.Tx, plans []*plan, list []postgres.NewArticle) error {
	used := make(map[string]bool, len(list))
	open := make([]int, len(list))
	for i := range open {
		open[i] = i
	}
	for round := 0; len(open) > 0; round++ {
		wanted := make([]string, len(open))
		for k, i := range open {
			if list[i].PortableID == "" {
				list[i].PortableID = derivedID(b.name, "article", plans[i].group.key, round)
			}
			wanted[k] = list[i].PortableID
		}
		taken, err := tx.TakenPortables(ctx, wanted)
		if err != nil {
			return err
		}
		open = slices.DeleteFunc(open, func(i int) bool {
			a := &list[i]
			if taken[a.PortableID] || used[a.PortableID] {
				a.PortableID = ""
				return false
			}
			used[a.PortableID] = true
			return true
		})
	}
	return nil
}

// derivedID is the portable id of something whose file gives none, or one that is
// taken here. Later rounds give others: a text may have come, changed and come
// again.
func derivedID(source, kind, key string, round int) string {
	if round > 1 {
		key += "#" + strconv.Itoa(round)
	}
	return importer.PortableID(source, kind, key)
}

// wantedSlug is the file's own where it is one, else made of the title.
func wantedSlug(a postgres.StagedHead) string {
	odd := func(r rune) bool { return strings.ContainsRune("/?#", r) || unicode.IsSpace(r) || unicode.IsControl(r) }
	if a.Slug == "" || a.Slug == "." || a.Slug == ".." || utf8.RuneCountInString(a.Slug) > maxSlugChars || strings.ContainsFunc(a.Slug, odd) {
		return forum.Slug(a.Title)
	}
	return a.Slug
}

// maxSlugChars is the longest address that the table takes.
const maxSlugChars = 200
