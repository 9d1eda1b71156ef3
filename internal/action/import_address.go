package action

import (
	"context"
	"net/url"
	"strings"

	"hustings/internal/forum"
	"hustings/internal/postgres"
)

// Systems of comments and the sites that use them export the same articles, each
// under a key of its own: Disqus the threads, WordPress the texts. What they share is
// the address, so an article whose key nobody knows is the one that answers at its
// address, whichever source brought that. Its text stays the first source's: of a
// later one only the comments are taken, unless nothing but a title stood here.

// siteOf is the name of the site of an address, as it is compared: the host without
// what marks a site's forms for telephones; "" for what is no address.
func siteOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	host := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	for _, form := range []string{"www.", "m.", "mobile.", "amp."} {
		if rest, ok := strings.CutPrefix(host, form); ok && strings.Contains(rest, ".") {
			return rest
		}
	}
	return host
}

// addressOf names an article's place on the web, "" where it has none.
func addressOf(source *string) string {
	paths := pathsOf(source)
	if len(paths) == 0 || siteOf(*source) == "" {
		return ""
	}
	return siteOf(*source) + paths[0]
}

// speaksFor tells whether a source may say what answers at an address: one that is
// named after a site, as those of feeds are, only of that site.
func speaksFor(source, address string) bool {
	host, _, _ := strings.Cut(source, "/")
	return !strings.Contains(host, ".") || siteOf("https://"+host) == siteOf(address)
}

// marksOf are what tells that an article is the same as one under another key of its
// source: its addresses, as far as the source may speak for them, and its id where
// that is the same on every site.
func marksOf(a *postgres.StagedArticle) (marks []postgres.Mark) {
	if id := globalID(a.PortableID); id != "" {
		marks = append(marks, postgres.Mark{Mark: "id " + id, Own: true})
	}
	if addressOf(a.SourceURL) == "" || !speaksFor(a.Source, *a.SourceURL) {
		return marks
	}
	site := siteOf(*a.SourceURL)
	for i, address := range append([]string{*a.SourceURL}, a.OldURLs...) {
		if paths := pathsOf(&address); len(paths) > 0 && len(address) <= maxURLBytes {
			marks = append(marks, postgres.Mark{Mark: site + paths[0], Own: i == 0, Path: paths[0]})
		}
	}
	return marks
}

// findByAddress looks for the articles whose keys are unknown. known are those that
// were found; it gives them with what it finds.
func (b *batch) findByAddress(ctx context.Context, known []postgres.KnownArticle) ([]postgres.KnownArticle, error) {
	here := map[int32]bool{}
	for _, k := range known {
		here[k.Group] = true
	}
	open := map[string]*plan{}
	var paths []string
	for _, p := range b.plans {
		address := addressOf(p.staged.SourceURL)
		if p.given == 0 || address == "" || here[p.group.no] || !speaksFor(b.name, *p.staged.SourceURL) {
			continue
		}
		if open[address] != nil {
			return nil, errTogether
		}
		open[address] = p
		paths = append(paths, pathsOf(p.staged.SourceURL)...)
	}
	if len(open) == 0 {
		return known, nil
	}
	list, err := b.im.session.ArticlesAt(ctx, paths)
	if err != nil {
		return nil, err
	}
	for _, at := range list {
		p := open[siteOf(at.SourceURL)+strings.TrimRight(at.Path, "/")]
		if p == nil {
			p = open[siteOf(at.SourceURL)+at.Path]
		}
		if p == nil || p.adopted {
			continue
		}
		p.adopted, at.Group = true, p.group.no
		known = append(known, at.KnownArticle)
	}
	for _, p := range open {
		if k := b.im.addresses.find(p); k != nil {
			known = append(known, *k)
		}
	}
	return known, nil
}

// places is what a dry run of several sources remembers: which old addresses will
// answer by the time the next articles are written. A second source that has one
// brings no second article. nil remembers nothing.
type places struct {
	hash func(string) int64
	at   map[int64]int32 // by the hashes of addresses: places in list
	list []placed
	told map[forum.ArticleID]retold // of articles that are here and will be changed
}

// retold is what an article that is here will have been given by then.
type retold struct {
	text    int32 // the item that has its text, plus 1; 0: that stays
	state   forum.ArticleState
	replies forum.Replies
}

// now gives an article as it will be by then.
func (l *places) now(k postgres.KnownArticle) postgres.KnownArticle {
	if l == nil {
		return k
	}
	if by, changed := l.told[k.ID]; changed {
		k.State, k.Replies = by.state, by.replies
		k.Bare = k.Bare && by.text == 0
	}
	return k
}

// textOf gives the item whose text an article that is here will have by then; -1: it
// has its own.
func (l *places) textOf(article forum.ArticleID) int32 {
	if l == nil {
		return -1
	}
	return l.told[article].text - 1
}

// tell notes what becomes of an article that is here.
func (l *places) tell(p *plan) {
	if p.article == 0 || !p.changed && !p.restated {
		return
	}
	by, told := l.told[p.article]
	if !told {
		by.state, by.replies = p.known.State, p.known.Replies
	}
	if p.restated {
		by.state, by.replies = p.staged.State, p.staged.Replies
	}
	if p.changed && p.staged.HasBody {
		by.text = p.staged.Item + 1
	}
	l.told[p.article] = by
}

type placed struct {
	source string
	text   bool                  // there is more than a title
	known  postgres.KnownArticle // the article; ID 0: it will be new
}

// find looks up an article that is not here, or not under this address yet; then it
// gives which one it is.
func (l *places) find(p *plan) *postgres.KnownArticle {
	if l == nil || p.adopted {
		return nil
	}
	for _, path := range pathsOf(p.staged.SourceURL) {
		i, here := l.at[l.hash(siteOf(*p.staged.SourceURL)+path)]
		if !here || l.list[i].source == p.group.source && globalID(p.staged.PortableID) != "" {
			continue
		}
		at := &l.list[i]
		p.place = i + 1
		if at.known.ID == 0 {
			p.twin, p.known.Bare = true, !at.text
			return nil
		}
		p.adopted = true
		known := at.known
		known.Group, known.Bare = p.group.no, !at.text
		return &known
	}
	return nil
}

// remember notes where the articles of a batch will answer, once they are planned.
func (b *batch) remember(ctx context.Context) error {
	l := b.im.addresses
	if l == nil {
		return nil
	}
	var wanted []string
	for _, p := range b.plans {
		if p.leads() {
			wanted = append(wanted, redirectPaths(&p.staged)...)
		}
	}
	taken, err := b.im.session.TakenPaths(ctx, wanted)
	if err != nil {
		return err
	}
	for _, p := range b.plans {
		if p.place > 0 && p.changed {
			l.list[p.place-1].text = true
		}
		l.tell(p)
		if !p.leads() || addressOf(p.staged.SourceURL) == "" {
			continue
		}
		i, site := int32(len(l.list)), siteOf(*p.staged.SourceURL)
		l.list = append(l.list, placed{p.group.source, p.staged.HasBody || p.article != 0 && !p.known.Bare, p.known})
		for _, path := range redirectPaths(&p.staged) {
			at := l.hash(site + path)
			if _, here := l.at[at]; !here && !taken[path] {
				l.at[at] = i
			}
		}
	}
	return nil
}

// leads tells whether the plan makes old addresses answer with the article.
func (p *plan) leads() bool {
	return p.given > 0 && (p.article == 0 || p.notes() && (p.word != wordFirst || p.changed))
}

// fills tells whether the source has the text of an article of which only the title
// is here.
func (p *plan) fills() bool {
	return (p.word == wordBeside || p.twin) && p.known.Bare && p.staged.HasBody
}

// adopts tells whether the article's text is another source's or another form's, or
// whether this one has none: it takes no text away.
func (p *plan) adopts() bool {
	return p.word == wordBeside || p.article != 0 && !p.known.Bare && !p.staged.HasBody
}

// notes tells whether what the source says of an article that is here is noted: it
// has not said it before.
func (p *plan) notes() bool {
	switch {
	case p.given == 0, p.adopts() && p.refs[p.staged.Key], p.word == wordAgain && !p.changed && !p.restated:
		return false
	}
	return true
}
