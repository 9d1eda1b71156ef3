package exporter

import "hustings/internal/forum"

// Public passes on of an article's comments, which come in path order, what any
// reader may see of them: comments that are published and in no removed branch.
// A hidden one with something visible below it comes as a stub, without author,
// dates and text, of which Tomb says what stands there; any other hidden one is
// left out. It holds the comments above the last one, no more.
type Public struct {
	next    func(number int64, c Comment, tomb forum.Tomb) error
	waiting []waiting // hidden ones from the top down of which nothing visible has come yet
	removed int       // depth of the removed branch that the last comment is in; 0: none
}

type waiting struct {
	number  int64
	comment Comment
	tomb    forum.Tomb
}

// NewPublic makes one for a writer of comments.
func NewPublic(next func(number int64, c Comment, tomb forum.Tomb) error) *Public {
	return &Public{next: next}
}

// Begin begins another article.
func (p *Public) Begin() { p.waiting, p.removed = p.waiting[:0], 0 }

// Comment takes the next comment of the article.
func (p *Public) Comment(number int64, c Comment) error {
	if c.Kind == "link_back" {
		if c.State != "published" || deref(c.Branch) == "removed" {
			return nil
		}
		return p.next(number, c, forum.NoTomb)
	}
	for len(p.waiting) > 0 && p.waiting[len(p.waiting)-1].comment.Depth >= c.Depth {
		p.waiting = p.waiting[:len(p.waiting)-1]
	}
	if p.removed >= c.Depth {
		p.removed = 0
	}
	if p.removed == 0 && deref(c.Branch) == "removed" {
		p.removed = c.Depth
	}
	if p.removed > 0 {
		return nil // all below it is hidden, too
	}
	if tomb := forum.TombOf(forum.CommentKind(c.Kind), forum.CommentState(c.State)); tomb != forum.NoTomb {
		p.waiting = append(p.waiting, waiting{number, stub(c), tomb})
		return nil
	}
	for _, w := range p.waiting {
		if err := p.next(w.number, w.comment, w.tomb); err != nil {
			return err
		}
	}
	p.waiting = p.waiting[:0]
	return p.next(number, c, forum.NoTomb)
}

// stub is what a hidden comment says of itself: its place.
func stub(c Comment) Comment {
	return Comment{Article: c.Article, ID: c.ID, Parent: c.Parent, Path: c.Path, Depth: c.Depth, AuthorKind: "unknown", State: c.State, Kind: c.Kind}
}

// tombWords say what stands in the place of a hidden comment, as pages do.
var tombWords = map[forum.Tomb]string{
	forum.TombModerator: "Removed by a moderator",
	forum.TombAuthor:    "Taken back by its author",
	forum.TombLegal:     "Removed for legal reasons",
	forum.TombReview:    "Hidden while it is being reviewed",
	forum.TombMissing:   "Placeholder: the source had lost this comment",
	forum.TombHidden:    "Not shown",
}

// tombNames are the same as words of a program.
var tombNames = map[forum.Tomb]string{
	forum.TombModerator: "removed",
	forum.TombAuthor:    "retracted",
	forum.TombLegal:     "removed",
	forum.TombReview:    "hidden",
	forum.TombMissing:   "placeholder",
	forum.TombHidden:    "hidden",
}

// line is the way from the top down to the last comment of an article.
type line struct{ numbers []int64 }

// place takes the next comment and gives its parent's number, 0 at the top.
func (l *line) place(number int64, depth int) (parent int64) {
	depth = min(max(1, depth), len(l.numbers)+1)
	l.numbers = l.numbers[:depth-1]
	if depth > 1 {
		parent = l.numbers[depth-2]
	}
	l.numbers = append(l.numbers, number)
	return parent
}
