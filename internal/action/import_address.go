package action

import (
	"context"
	"net/url"
	"strings"

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
	b.remember(open)
	return known, nil
}

// remember notes, in a dry run, which addresses will be here by now, and whether with
// a text: a second source that has them brings no second article.
func (b *batch) remember(open map[string]*plan) {
	if !b.im.in.DryRun {
		return
	}
	if b.im.addresses == nil {
		b.im.addresses = map[int64]bool{}
	}
	for address, p := range open {
		if p.adopted {
			continue
		}
		at := b.im.stage.hash(address)
		text, here := b.im.addresses[at]
		p.twin, p.known.Bare = here, here && !text
		b.im.addresses[at] = text || p.staged.HasBody
	}
}

// fills tells whether the source has the text of an article of which only the title
// is here.
func (p *plan) fills() bool { return (p.adopted || p.twin) && p.known.Bare && p.staged.HasBody }

// adopts tells whether the article's text is another source's, or whether this one
// has none: it takes no text away.
func (p *plan) adopts() bool {
	return p.adopted || p.article != 0 && (p.known.Digest != nil && p.known.Given == "" || !p.known.Bare && !p.staged.HasBody)
}
