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
	"hustings/internal/markup"
	"hustings/internal/postgres"
)

// changesPages tells whether the plan changes anything that people can see.
func (p *plan) changesPages() bool {
	if p.given && (p.article == 0 || p.changed || p.restated) || len(p.new) > 0 {
		return true
	}
	for _, n := range p.stored {
		if n.revised || n.restated {
			return true
		}
	}
	return false
}

// write carries the plan out, all of it in the transaction in which it was made.
func (p *plan) write(ctx context.Context, tx *postgres.Tx) error {
	if p.article == 0 && !p.given {
		return nil
	}
	if err := p.keepArticle(ctx, tx); err != nil {
		return err
	}
	if err := p.writeArticle(ctx, tx); err != nil {
		return err
	}
	people, err := tx.EnsureAuthors(ctx, p.group.source, p.authors(), p.describe)
	if err != nil {
		return err
	}
	if err := p.writeNew(ctx, tx, people); err != nil {
		return err
	}
	if err := p.writeKnown(ctx, tx, people); err != nil {
		return err
	}
	if !p.visibly {
		return nil
	}
	if err := tx.CountImported(ctx, p.article, p.added, p.newest()); err != nil {
		return err
	}
	return tx.KeepAfter(ctx, p.im.in.Job, p.article)
}

// keepArticle notes how a known article is, for whoever undoes the import.
func (p *plan) keepArticle(ctx context.Context, tx *postgres.Tx) error {
	if p.article == 0 || !p.visibly && !p.remembers() {
		return nil
	}
	if err := tx.KeepArticle(ctx, p.im.in.Job, p.source, p.article, p.changed, p.restated); err != nil {
		return err
	}
	if !p.given || p.known.Digest != nil && !p.changed && !p.restated {
		return nil
	}
	return tx.KeepArticleRef(ctx, p.im.in.Job, p.source, p.article, p.staged.Key)
}

// remembers tells whether the source says something that was not known of it,
// though nothing changes here.
func (p *plan) remembers() bool {
	if p.given && p.known.Digest == nil {
		return true
	}
	return slices.ContainsFunc(p.stored, (*node).toldAnew)
}

// toldAnew tells whether the source's word on a known comment has to be noted.
func (n *node) toldAnew() bool {
	return n.staged != nil && (n.ref == nil || n.revised || n.restated || n.ref.Key != n.staged.Key)
}

func (p *plan) writeArticle(ctx context.Context, tx *postgres.Tx) (err error) {
	switch {
	case !p.given:
		return nil
	case p.article == 0:
		return p.addArticle(ctx, tx)
	case p.known.Digest == nil:
		return tx.RememberArticle(ctx, p.source, p.article, p.staged)
	case !p.changed && !p.restated:
		return nil
	}
	if err := tx.ChangeImportedArticle(ctx, p.article, p.staged, p.restated); err != nil {
		return err
	}
	if err := tx.AddRedirects(ctx, p.im.in.Job, p.article, redirectPaths(p.staged)); err != nil {
		return err
	}
	if err := tx.ListImages(ctx, p.article, markup.Pictures(p.staged.BodyHTML)); err != nil {
		return err
	}
	return tx.RememberArticle(ctx, p.source, p.article, p.staged)
}

// addArticle settles the address and the portable id of a new article.
func (p *plan) addArticle(ctx context.Context, tx *postgres.Tx) (err error) {
	a := p.staged
	if a.Slug, err = tx.FreeSlug(ctx, wantedSlug(a)); err != nil {
		return err
	}
	for round := 0; ; round++ {
		if a.PortableID == "" {
			a.PortableID = derivedID(p.group, "article", p.group.key, round)
		}
		free, err := tx.FreePortable(ctx, a.PortableID)
		if err != nil {
			return err
		}
		if free {
			break
		}
		a.PortableID = ""
	}
	p.slug = a.Slug
	if p.article, err = tx.AddImportedArticle(ctx, p.source, a); err != nil {
		return err
	}
	if pictures := markup.Pictures(a.BodyHTML); len(pictures) > 0 {
		if err := tx.ListImages(ctx, p.article, pictures); err != nil {
			return err
		}
	}
	if err := tx.MadeArticle(ctx, p.im.in.Job, p.source, p.article); err != nil {
		return err
	}
	return tx.AddRedirects(ctx, p.im.in.Job, p.article, redirectPaths(a))
}

// derivedID is the portable id of something whose file gives none, or one that is
// taken here. Later rounds give others: a text may have come, changed and come
// again.
func derivedID(g *group, kind, key string, round int) string {
	if round > 1 {
		key += "#" + strconv.Itoa(round)
	}
	return importer.PortableID(g.source, kind, key)
}

// wantedSlug is the file's own where it is one, else made of the title.
func wantedSlug(a postgres.StagedArticle) string {
	odd := func(r rune) bool { return strings.ContainsRune("/?#", r) || unicode.IsSpace(r) || unicode.IsControl(r) }
	if a.Slug == "" || a.Slug == "." || a.Slug == ".." || utf8.RuneCountInString(a.Slug) > maxSlugChars || strings.ContainsFunc(a.Slug, odd) {
		return forum.Slug(a.Title)
	}
	return a.Slug
}

// maxSlugChars is the longest address that the table takes.
const maxSlugChars = 200

// authors are those that are needed.
func (p *plan) authors() []postgres.AuthorName {
	seen := map[postgres.AuthorName]bool{}
	var names []postgres.AuthorName
	for _, list := range [][]*node{p.new, p.stored} {
		for _, n := range list {
			if n.staged == nil || n.known != nil && !n.revised || n.staged.Author == "" || seen[n.author()] {
				continue
			}
			seen[n.author()] = true
			names = append(names, n.author())
		}
	}
	return names
}

// author names whoever wrote a staged comment.
func (n *node) author() postgres.AuthorName {
	return postgres.AuthorName{Key: n.staged.AuthorKey, Name: n.staged.Author}
}

// describe reads what the files say of authors.
func (p *plan) describe(ctx context.Context, names []postgres.AuthorName) ([]postgres.ImportedAuthor, error) {
	items := make([]int32, len(p.group.heads))
	for i, h := range p.group.heads {
		items[i] = h.item
	}
	return p.im.session.StagedAuthors(ctx, items, names)
}

func (p *plan) writeNew(ctx context.Context, tx *postgres.Tx, people map[postgres.AuthorName]postgres.Author) error {
	if len(p.new) == 0 {
		return nil
	}
	if err := p.settleIDs(ctx, tx); err != nil {
		return err
	}
	placed := make([]postgres.Placed, len(p.new))
	leaves := make([]postgres.Leaf, len(p.new))
	for i, n := range p.new {
		placed[i] = p.placed(n, people)
		leaves[i] = postgres.Leaf{ID: n.id, Parent: placed[i].Parent}
	}
	if err := tx.Place(ctx, placed); err != nil {
		return err
	}
	return tx.AddPlaced(ctx, p.im.in.Job, p.source, p.article, postgres.PathRows(p.article, leaves, p.parentOf))
}

func (p *plan) parentOf(id forum.CommentID) forum.CommentID {
	if n := p.byID[id]; n.parent != nil {
		return n.parent.id
	}
	return 0
}

// settleIDs gives the new comments their numbers and portable ids.
func (p *plan) settleIDs(ctx context.Context, tx *postgres.Tx) error {
	ids, err := tx.NewCommentIDs(ctx, len(p.new))
	if err != nil {
		return err
	}
	for i, n := range p.new {
		n.id = ids[i]
		p.byID[n.id] = n
	}
	// The file's own ids come first; a taken one is derived, and that one varied
	// until it is free: a text may have come, changed and come again.
	unsettled := p.new
	for round := 0; len(unsettled) > 0; round++ {
		wanted := make([]string, len(unsettled))
		for i, n := range unsettled {
			if n.portable == "" {
				n.portable = derivedID(p.group, "comment", n.staged.Key, round)
			}
			wanted[i] = n.portable
		}
		taken, err := p.im.session.PortableComments(ctx, wanted)
		if err != nil {
			return err
		}
		var next []*node
		for _, n := range unsettled {
			if taken[n.portable] != 0 || p.usedPortable[n.portable] {
				n.portable = ""
				next = append(next, n)
				continue
			}
			p.usedPortable[n.portable] = true
		}
		unsettled = next
	}
	return nil
}

func (p *plan) placed(n *node, people map[postgres.AuthorName]postgres.Author) postgres.Placed {
	placed := postgres.Placed{
		N: n.staged.N, ID: n.id, Root: n.id, Depth: n.level - 1, Author: people[n.author()], PortableID: n.portable,
		Noted: postgres.GivenState(n.staged.State, n.staged.Branch), Revised: n.revised, Restated: n.restated,
	}
	if n.ref != nil {
		placed.KnownKey = n.ref.Key
		if !n.restated {
			placed.Noted = n.ref.State
		}
	}
	if n.parent != nil {
		placed.Parent, placed.Root = n.parent.id, n.parent.root
	}
	n.root = placed.Root
	return placed
}

// writeKnown changes what changed at the source, and notes new keys.
func (p *plan) writeKnown(ctx context.Context, tx *postgres.Tx, people map[postgres.AuthorName]postgres.Author) error {
	var placed []postgres.Placed
	for _, n := range p.stored {
		if n.toldAnew() {
			placed = append(placed, p.placed(n, people))
		}
	}
	if len(placed) == 0 {
		return nil
	}
	if err := tx.Place(ctx, placed); err != nil {
		return err
	}
	if err := tx.KeepPlaced(ctx, p.im.in.Job, p.source, p.article); err != nil {
		return err
	}
	return tx.ChangePlaced(ctx, p.im.in.Job, p.source)
}
