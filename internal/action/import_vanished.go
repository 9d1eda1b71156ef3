package action

import (
	"context"
	"fmt"
	"slices"

	"hustings/internal/forum"
	"hustings/internal/importer"
	"hustings/internal/postgres"
)

// wholeFormats have all comments of the articles in them: what is not there, their
// source has no longer. Feeds and pages show some, and a file of JSON Lines may be
// made by hand.
var wholeFormats = []string{"text", "wxr", "disqus", "remark42", "commento", "comentario", "isso", "blogger", "mt"}

// maxVanished is how many vanished comments of one article are listed; the others
// are counted.
const maxVanished = 20

const vanishedReason = "The source no longer has this comment; it stays here."

// vanished lists the comments here that an earlier import brought from this source
// and that its files have no longer. They stay. Where a file could not be read whole
// nothing is said.
func (b *batch) vanished(ctx context.Context) error {
	missing := map[*plan][]forum.CommentID{}
	var ids []forum.CommentID
	for _, p := range b.plans {
		if p.article == 0 || p.given == 0 || !p.wholeFiles() {
			continue
		}
		for i := range p.stored {
			s := &p.stored[i]
			if s.leaf == none && s.flags.Kind() == forum.KindComment && s.flags.State() == forum.Published && !s.flags.Is(nodeWasGone) {
				missing[p] = append(missing[p], s.id)
				ids = append(ids, s.id)
			}
		}
	}
	if len(ids) == 0 {
		return nil
	}
	keys, err := b.im.session.Mentioned(ctx, b.source, ids)
	if err != nil || len(keys) == 0 {
		return err
	}
	for _, p := range b.plans {
		gone := slices.DeleteFunc(missing[p], func(id forum.CommentID) bool { _, ok := keys[id]; return !ok })
		if err := p.tellVanished(ctx, gone, keys); err != nil {
			return err
		}
	}
	return nil
}

// wholeFiles tells whether a file of the article claims to have all of its comments,
// and all files of it were read whole.
func (p *plan) wholeFiles() bool {
	torn := slices.ContainsFunc(p.heads, func(h postgres.GroupItem) bool { return p.im.stage.torn[h.File] })
	return !torn && slices.ContainsFunc(p.heads, func(h postgres.GroupItem) bool { return p.im.stage.whole[h.File] })
}

func (p *plan) tellVanished(ctx context.Context, gone []forum.CommentID, keys map[forum.CommentID]string) error {
	if len(gone) == 0 {
		return nil
	}
	shown := gone[:min(len(gone), maxVanished)]
	texts, err := p.im.session.StoredTexts(ctx, shown, previewChars+1)
	if err != nil {
		return err
	}
	file := p.file(p.heads[0].File)
	for _, id := range shown {
		p.report.Conflicts = append(p.report.Conflicts, importer.Finding{File: file, ID: shownKey(keys[id]), Reason: vanishedReason,
			Ours: firstWords(texts[id]), Comment: int64(id)})
	}
	if more := len(gone) - len(shown); more > 0 {
		p.report.Conflicts = append(p.report.Conflicts, importer.Finding{File: file, Reason: fmt.Sprintf("From here on %d times more: %s", more, vanishedReason)})
	}
	return nil
}
