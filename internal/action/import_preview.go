package action

import (
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
// page: of siblings those that are here, then those that are new.
func (p *plan) preview() ([]PreviewComment, error) {
	kids, next := p.siblings()
	var shown, todo []int32
	for node := kids[0]; ; {
		if node != none {
			if len(shown) == maxPreviewComments {
				break
			}
			if p.leafOf(node) != none {
				shown = append(shown, node)
			}
			todo = append(todo, next[node])
			node = kids[node+1]
			continue
		}
		if len(todo) == 0 {
			break
		}
		node, todo = todo[len(todo)-1], todo[:len(todo)-1]
	}
	list := make([]PreviewComment, len(shown))
	for i, node := range shown {
		c, err := p.im.stage.spool.get(p.n(p.leafOf(node)))
		if err != nil {
			return nil, err
		}
		list[i] = PreviewComment{Level: p.level(node), Author: textIn(c.Author), Words: firstWords(textIn(c.BodyText)), Kind: c.Kind, State: c.State,
			File: p.file(c.File), Line: int(c.Line), New: !p.isStored(node)}
	}
	return list, nil
}

// siblings gives the first comment below each node, at its place plus one (kids[0]
// is the first at the top), and the next one beside it; none where there is none.
func (p *plan) siblings() (kids, next []int32) {
	all := len(p.stored) + len(p.fresh)
	kids, next = slices.Repeat([]int32{none}, all+1), slices.Repeat([]int32{none}, all)
	put := func(node, up int32) { next[node], kids[up+1] = kids[up+1], node }
	for _, i := range slices.Backward(p.news) {
		put(int32(len(p.stored))+i, p.fresh[i].up)
	}
	for i := len(p.stored) - 1; i >= 0; i-- {
		put(int32(i), p.stored[i].up)
	}
	return kids, next
}

func (p *plan) level(node int32) int {
	if p.isStored(node) {
		return int(p.stored[node].level)
	}
	return int(p.of(node).level)
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
