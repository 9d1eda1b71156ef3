package action

import (
	"context"
	"slices"
	"strings"

	"hustings/internal/forum"
)

const (
	// maxPreviews and maxPreviewComments bound what a dry run shows: enough to see
	// whether the tree is right.
	maxPreviews        = 5
	maxPreviewComments = 100
	previewChars       = 160
)

// PreviewComment is a comment as a dry run shows it.
type PreviewComment struct {
	Level  int    // from 1
	Author string // "": unknown
	Words  string // the beginning of its text
	Kind   forum.CommentKind
	State  forum.CommentState
	File   string
	Line   int
	New    bool
}

// preview gives the beginning of the thread as it would stand, in the order of a
// page.
func (p *plan) preview(ctx context.Context) ([]PreviewComment, error) {
	var shown []*node
	todo := slices.Clone(p.tops)
	slices.SortStableFunc(todo, func(a, b *node) int { return -siblingOrder(a, b) })
	for len(todo) > 0 && len(shown) < maxPreviewComments {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if n.staged != nil {
			shown = append(shown, n)
		}
		kids := slices.Clone(n.kids)
		slices.SortStableFunc(kids, func(a, b *node) int { return -siblingOrder(a, b) })
		todo = append(todo, kids...)
	}
	ns := make([]int64, len(shown))
	for i, n := range shown {
		ns[i] = n.staged.N
	}
	texts, err := p.im.session.StagedTexts(ctx, ns, previewChars+1)
	list := make([]PreviewComment, len(shown))
	for i, n := range shown {
		l := n.staged
		list[i] = PreviewComment{Level: n.level, Author: l.Author, Words: firstWords(texts[l.N]), Kind: l.Kind, State: l.State,
			File: p.file(l.File), Line: int(l.Line), New: n.known == nil}
	}
	return list, err
}

// siblingOrder is that of a page: what is here, then what is new.
func siblingOrder(a, b *node) int {
	switch {
	case a.known != nil && b.known != nil:
		return int(a.id - b.id)
	case a.known != nil:
		return -1
	case b.known != nil:
		return 1
	}
	return bySource(a, b)
}

// firstWords cuts a text at previewChars, between words where it has any.
func firstWords(s string) string {
	chars := []rune(s)
	if len(chars) <= previewChars {
		return s
	}
	cut := string(chars[:previewChars])
	if i := strings.LastIndexByte(cut, ' '); i > len(cut)/2 {
		cut = cut[:i]
	}
	return cut + "…"
}
