package action

import (
	"context"
	"fmt"
	"slices"
	"time"

	"hustings/internal/forum"
	"hustings/internal/importer"
	"hustings/internal/postgres"
)

// plan is what an import does to one article: its tree as it stands here, with
// what the source says of each comment. It holds numbers only, some fifty bytes a
// comment; texts, keys and names stay in the database.
type plan struct {
	im        *importing
	group     group
	source    postgres.SourceID
	report    importer.Report // of this article
	conflicts []conflicting

	article  forum.ArticleID // 0: new
	known    postgres.KnownArticle
	staged   postgres.StagedHead
	others   []postgres.StagedHead // the same article under other keys of the source
	refs     map[string]bool       // keys under which the source has brought it before
	was      *postgres.ArticleRef  // what it said then; nil where that does not matter
	word     word
	place    int32      // in a dry run: what is remembered of it, plus 1; 0: nothing
	perFile  []partFile // where there are several
	given    int        // how many files have the article itself, not just comments
	changed  bool       // of a known article: its text
	restated bool       // of a known article: its state
	adopted  bool       // another source has brought it; found by its address
	twin     bool       // in a dry run: another source of this import will have brought it
	slug     string
	title    string
	visibly  bool       // something that people can see changes
	added    int        // change of the number of comments that count
	newest   *time.Time // of the new ones that count

	tree
	heads    []postgres.GroupItem
	ends     []int // of each head: where its leaves end
	findings []finding
	refused  []int64 // comments
}

// finding is a problem of a staged comment whose place is looked up later.
type finding struct {
	n       int64 // of the comment
	about   int64 // of another one, whose line the reason names; 0: none
	refused bool
	comment forum.CommentID // of a conflict: what stands here; else 0
	reason  string
}

// plan compares the records of all articles of the batch with what is here. Unless
// this is a dry run the articles are kept as they are until the transaction ends.
func (b *batch) plan(ctx context.Context, tx *postgres.Tx) (err error) {
	if b.im.in.DryRun {
		b.source, err = b.im.session.Source(ctx, b.name)
	} else {
		b.source, err = tx.ImportSource(ctx, b.name)
	}
	if err != nil {
		return err
	}
	for i, g := range b.groups {
		if b.done[i] == nil {
			b.plans = append(b.plans, &plan{im: b.im, group: g, source: b.source, report: importer.NewReport("", "")})
		}
	}
	if len(b.plans) == 0 {
		return nil
	}
	if err := b.find(ctx, tx); err != nil {
		return err
	}
	if err := b.load(ctx); err != nil {
		return err
	}
	for _, p := range b.plans {
		if p.article == 0 && p.given == 0 {
			p.refuseAll()
			continue
		}
		if err := p.settle(ctx, tx); err != nil {
			return err
		}
	}
	if err := b.vanished(ctx); err != nil {
		return err
	}
	if err := b.remember(ctx); err != nil {
		return err
	}
	if err := b.countRedirects(ctx); err != nil {
		return err
	}
	return b.place(ctx)
}

// byGroup finds the plan of an article by its number; nil where it is done.
func (b *batch) byGroup(no int32) *plan {
	i, ok := slices.BinarySearchFunc(b.plans, no, func(p *plan, no int32) int { return int(p.group.no - no) })
	if !ok {
		return nil
	}
	return b.plans[i]
}

// refuseAll lists the comments of an article that is nowhere.
func (p *plan) refuseAll() {
	for i := range p.leaves {
		p.refuse(int32(i), fmt.Sprintf("Its article “%s” is neither in the file nor here.", shortened(p.group.key)))
	}
}

func shortened(s string) string {
	const max = 80
	for i := range s {
		if i >= max {
			return s[:i] + "…"
		}
	}
	return s
}

// settle fits the comments of each file into the tree and decides what becomes of
// them.
func (p *plan) settle(ctx context.Context, tx *postgres.Tx) error {
	begin := 0
	var ungrown []*taking
	p.fresh = make([]freshNode, 0, p.unknown())
	for i, end := range p.ends {
		t := &taking{plan: p, head: p.heads[i], no: int32(i), begin: int32(begin), end: int32(end)}
		before := p.report.Comments.Said()
		if t.head.NoIDs { // matched by their places
			if err := growAll(ungrown); err != nil {
				return err
			}
			ungrown = nil
		}
		if err := t.take(ctx); err != nil {
			return err
		}
		p.countFile(p.heads[i], p.report.Comments.Said()-before)
		begin, ungrown = end, append(ungrown, t)
	}
	if err := growAll(ungrown); err != nil {
		return err
	}
	p.keys, p.here, p.order, p.outside, p.made = nil, nil, nil, nil, nil
	if err := p.adopt(ctx, tx); err != nil {
		return err
	}
	p.arrange()
	if p.word == wordNearer {
		var err error
		if p.changed, err = p.newer(ctx); err != nil {
			return err
		}
	}
	p.countArticle()
	p.countGiven()
	p.visibly = p.changesPages()
	return nil
}

func growAll(list []*taking) error {
	for _, t := range list {
		if err := t.grow(); err != nil {
			return err
		}
	}
	return nil
}

// countFile counts what one of several files has of the article.
func (p *plan) countFile(head postgres.GroupItem, comments int) {
	if len(p.heads) == 1 {
		return
	}
	has := partFile{File: p.file(head.File), Comments: comments}
	if head.Given {
		has.Articles = 1
	}
	p.perFile = append(p.perFile, has)
}

func (p *plan) countArticle() {
	a := &p.report.Articles
	switch {
	case p.given == 0:
		return
	case p.fills():
		p.changed, p.word = true, wordNearer
		a.Changed++
	case p.twin:
		a.Same++
	case p.article == 0:
		a.New++
	case p.adopts():
		a.Same++
	case p.word == wordFirst: // known by its global id; left as it is
		a.Same++
	default:
		given := postgres.GivenArticleState(p.staged.State, p.staged.Replies)
		if p.word == wordAgain {
			p.changed = !sameDigest(p.was.Digest, p.staged.Digest)
		}
		p.restated = given != p.was.Given
		if p.restated && p.was.Given != postgres.GivenArticleState(p.known.State, p.known.Replies) {
			p.restated = false
			p.report.Add(importer.Problem{File: p.file(p.staged.File), Line: int(p.staged.Line), Conflict: true,
				Reason: "The article’s state changed at the source and here; the one here stays."})
		}
		if p.changed || p.restated {
			a.Changed++
		} else {
			a.Same++
		}
	}
	a.Same += p.given - 1 // the same article in several files of one import
}

// changesPages tells whether the plan changes anything that people can see.
func (p *plan) changesPages() bool {
	if p.given > 0 && (p.article == 0 || p.changed || p.restated) || len(p.fresh) > 0 {
		return true
	}
	return slices.ContainsFunc(p.stored, func(s storedNode) bool { return s.flags.Is(nodeRevised | nodeRestated) })
}

func (p *plan) file(no int32) string { return p.im.stage.names[no-1] }

func (p *plan) refuse(leaf int32, reason string) {
	p.findings = append(p.findings, finding{n: p.n(leaf), refused: true, reason: reason})
}

func (p *plan) note(leaf int32, reason string) {
	p.findings = append(p.findings, finding{n: p.n(leaf), reason: reason})
}

// place finds the places of all findings and lists them.
func (b *batch) place(ctx context.Context) error {
	for _, p := range b.plans {
		for _, f := range p.findings {
			at, err := b.im.stage.spool.get(f.n)
			if err != nil {
				return err
			}
			if f.refused {
				p.refused = append(p.refused, f.n)
			}
			reason := f.reason
			if f.about != 0 {
				other, err := b.im.stage.spool.get(f.about)
				if err != nil {
					return err
				}
				reason = fmt.Sprintf(reason, other.Line)
			}
			problem := importer.Problem{File: p.file(at.File), Line: int(at.Line), Refused: f.refused, Conflict: f.comment != 0, ID: shownKey(at.Key), Reason: reason}
			if f.comment != 0 {
				p.conflicts = append(p.conflicts, conflicting{n: f.n, comment: f.comment, at: len(p.report.Conflicts)})
			}
			p.report.Add(problem)
		}
		p.findings = nil
		if err := p.explain(ctx); err != nil {
			return err
		}
	}
	return nil
}

// fingerprintLen is the length of the keys of comments without ids.
const fingerprintLen = 64
