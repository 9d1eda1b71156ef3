package server

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"hustings/internal/forum"
	"hustings/internal/paths"
)

// indentCap is the level from which the indent no longer grows on wide screens,
// smallCap the one on phones; from there each comment says its level and whom it
// answers.
const (
	indentCap = 10
	smallCap  = 5
)

// threadWriter writes a thread as HTML. It is the hot path of the site and so
// written by hand instead of as a template; a test holds its escaping against
// html/template. One writer serves shared pages and a viewer's own: what depends
// on the viewer are small insertions.
type threadWriter struct {
	locale  *locale
	slug    string
	viewer  forum.Viewer
	now     time.Time // zero on shared pages
	open    bool      // replies can be offered
	folded  bool      // all branches begin folded
	subject forum.CommentID
	bare    bool // without anything to do: for a comment that is being answered

	replyBase string
	lockedAt  int // level of the locked comment whose branch is being written; 0: none
	top       *forum.Node
}

// append writes nodes as the items of a list; the list itself is the page's.
func (t *threadWriter) append(b []byte, nodes []*forum.Node) []byte {
	t.replyBase = "/articles/" + url.PathEscape(t.slug) + "?reply="
	tops := nextTops(nodes)
	var open []*forum.Node // branches whose lists are open
	for i, n := range nodes {
		for len(open) > 0 && open[len(open)-1].Depth >= n.Depth {
			b = t.closeBranch(b, open[len(open)-1])
			open = open[:len(open)-1]
		}
		if t.lockedAt != 0 && n.Level() <= t.lockedAt {
			t.lockedAt = 0
		}
		if n.BranchLocked && t.lockedAt == 0 {
			t.lockedAt = n.Level()
		}
		t.top = tops[i]
		b = t.appendItem(b, n, nextSibling(nodes, i))
		if n.Nested > 0 {
			b = append(b, "\n<ol class=\"replies\">"...)
			open = append(open, n)
		} else {
			b = t.appendContinue(b, n)
			b = append(b, "</li>"...)
		}
	}
	for len(open) > 0 {
		b = t.closeBranch(b, open[len(open)-1])
		open = open[:len(open)-1]
	}
	return b
}

// nextSibling is the comment beside this one, where its skip link leads.
func nextSibling(nodes []*forum.Node, i int) *forum.Node {
	if n := nodes[i]; n.Place < n.Siblings && i+n.Nested+1 < len(nodes) {
		return nodes[i+n.Nested+1]
	}
	return nil
}

// nextTops gives, for each comment below another, the top-level one that follows.
func nextTops(nodes []*forum.Node) []*forum.Node {
	tops := make([]*forum.Node, len(nodes))
	var following *forum.Node
	for i := len(nodes) - 1; i >= 0; i-- {
		if nodes[i].Depth == nodes[0].Depth {
			following = nodes[i]
		} else {
			tops[i] = following
		}
	}
	return tops
}

func (t *threadWriter) closeBranch(b []byte, n *forum.Node) []byte {
	b = append(b, "</ol>"...)
	b = t.appendContinue(b, n)
	return append(b, "</details></li>"...)
}

// appendContinue leads to the replies that are not on this page.
func (t *threadWriter) appendContinue(b []byte, n *forum.Node) []byte {
	if n.More == 0 {
		return b
	}
	b = append(b, `<p class="continue"><a href="`...)
	b = paths.AppendComment(b, n.ID)
	if n.Newest != 0 {
		b = append(b, `?after=`...)
		b = appendID(b, n.Newest)
	}
	b = append(b, `">`...)
	b = appendText(b, t.locale.words.continueFew[min(n.More, forum.MaxMoreCounted+1)])
	return append(b, `</a></p>`...)
}

func (t *threadWriter) appendItem(b []byte, n *forum.Node, sibling *forum.Node) []byte {
	b = append(b, "\n<li class=\"comment"...)
	b = t.appendStates(b, n)
	if !t.bare { // a copy; the comment itself may stand on the same page
		b = append(b, `" id="c`...)
		b = appendID(b, n.ID)
	}
	b = append(b, `" data-depth="`...)
	b = strconv.AppendInt(b, int64(n.Level()), 10)
	b = append(b, `" data-parent="`...)
	if n.Parent != 0 {
		b = appendID(b, n.Parent)
	}
	b = append(b, `">`...)
	if n.Nested > 0 {
		b = t.appendRail(b, n)
	}
	b = append(b, `<article class="comment-article">`...)
	if n.Anchor != "" && !t.bare {
		b = appendAnchors(b, n.Anchor)
	}
	if n.Tomb != forum.NoTomb {
		b = t.appendTomb(b, n)
	} else {
		b = t.appendComment(b, n, sibling)
	}
	return append(b, "</article>"...)
}

func (t *threadWriter) appendStates(b []byte, n *forum.Node) []byte {
	switch {
	case n.Tomb == forum.TombAuthor || n.State == forum.Retracted:
		b = append(b, " retracted"...)
	case n.Kind == forum.KindPlaceholder:
		b = append(b, " placeholder"...)
	case n.Tomb == forum.TombHidden:
		// A stub that does not say why.
	case n.Tomb != forum.NoTomb || n.State == forum.Removed || (n.Gone && n.State == forum.Published):
		b = append(b, " removed"...)
	case n.State == forum.Held || n.State == forum.Quarantined:
		b = append(b, " held"...)
	case n.State == forum.Spam:
		b = append(b, " removed"...)
	}
	if t.isOwn(n) {
		b = append(b, " own"...)
	}
	if n.ID == t.subject {
		b = append(b, " subject"...)
	}
	return b
}

func (t *threadWriter) isOwn(n *forum.Node) bool {
	return t.viewer.SignedIn() && n.AuthorID == t.viewer.ID
}

// appendRail writes the fold control: the rail of the branch, which says what it
// holds when folded.
func (t *threadWriter) appendRail(b []byte, n *forum.Node) []byte {
	if t.folded {
		b = append(b, `<details class="branch"><summary class="rail"><span class="digest"><b>`...)
	} else {
		b = append(b, `<details class="branch" open><summary class="rail"><span class="digest"><b>`...)
	}
	b = t.appendName(b, n)
	b = append(b, `</b> `...)
	b = appendText(b, t.locale.words.replies[min(n.Nested, forum.MaxPageComments)])
	return append(b, `</span></summary>`...)
}

// appendName writes who wrote a comment, or what kind of comment it was.
func (t *threadWriter) appendName(b []byte, n *forum.Node) []byte {
	w := &t.locale.words
	if n.Tomb != forum.NoTomb {
		return appendText(b, t.tombText(n.Tomb))
	}
	if n.AuthorName == "" {
		return appendText(b, w.unknown)
	}
	b = append(b, "<bdi>"...)
	b = appendText(b, n.AuthorName)
	return append(b, "</bdi>"...)
}

func (t *threadWriter) tombText(tomb forum.Tomb) string {
	w := &t.locale.words
	switch tomb {
	case forum.TombModerator:
		return w.removedBy
	case forum.TombAuthor:
		return w.removedAuthor
	case forum.TombLegal:
		return w.legalBody
	case forum.TombReview:
		return w.reviewBody
	case forum.TombMissing:
		return w.missingBody
	}
	return w.hiddenBody
}

// appendTomb writes what stands in the place of a comment that is not shown: by
// what kind of actor and why, never who wrote it.
func (t *threadWriter) appendTomb(b []byte, n *forum.Node) []byte {
	w := &t.locale.words
	b = append(b, `<p class="tomb">`...)
	if n.Tomb != forum.TombModerator || n.Removal == nil || n.Removal.Reason == "" {
		b = appendText(b, t.tombText(n.Tomb))
	} else {
		reason := t.locale.T(n.Removal.Reason.Words())
		b = w.removedFor.append(b, func(b []byte, _ string) []byte { return appendText(b, reason) })
	}
	if n.Tomb == forum.TombModerator && n.Removal != nil && !n.Removal.At.IsZero() {
		b = append(b, " · "...)
		b = t.appendWhen(b, n.Removal.At)
		b = append(b, ` · <a href="`...)
		b = appendText(b, paths.LogEntry(n.Removal.Seq))
		b = append(b, `">`...)
		b = appendText(b, w.log)
		b = append(b, `</a>`...)
	}
	return append(b, `</p>`...)
}

func (t *threadWriter) appendWhen(b []byte, at time.Time) []byte {
	w := &t.locale.words
	at = at.UTC()
	b = append(b, `<time class="when" datetime="`...)
	b = at.AppendFormat(b, time.RFC3339)
	b = append(b, `" title="`...)
	b = w.appendTime(b, w.moment, at)
	b = append(b, `">`...)
	b = w.appendTime(b, w.date, at)
	return append(b, `</time>`...)
}

func (t *threadWriter) appendComment(b []byte, n *forum.Node, sibling *forum.Node) []byte {
	b = t.appendHead(b, n, sibling)
	b = t.appendNotices(b, n)
	b = append(b, `<div class="comment-body" dir="auto">`...)
	b = append(b, n.BodyHTML...) // sanitised when it was written
	b = append(b, `</div>`...)
	if t.bare {
		return b
	}
	return t.appendActions(b, n)
}

func (t *threadWriter) appendHead(b []byte, n *forum.Node, sibling *forum.Node) []byte {
	w := &t.locale.words
	b = append(b, `<header class="comment-head"><h3 class="comment-title"><span class="comment-author">`...)
	if n.Handle != "" {
		b = append(b, `<a href="`...)
		b = appendText(b, paths.Person(n.Handle))
		b = append(b, `">`...)
		b = t.appendName(b, n)
		b = append(b, `</a>`...)
	} else {
		b = t.appendName(b, n)
	}
	b = append(b, `</span><span class="vh">`...)
	b = t.appendPlace(b, n)
	b = append(b, `</span></h3>`...)
	b = t.appendSkips(b, sibling)
	b = t.appendBadge(b, n)
	b = append(b, ` <a class="comment-time" href="`...)
	b = paths.AppendComment(b, n.ID)
	b = append(b, `">`...)
	if n.CreatedAt == nil {
		b = appendText(b, w.noDate)
	} else {
		b = t.appendWhen(b, *n.CreatedAt)
	}
	b = append(b, `</a>`...)
	if n.EditedAt != nil {
		b = append(b, ` <a class="edited" href="`...)
		b = appendText(b, paths.CommentAct(n.ID, "history"))
		b = append(b, `">`...)
		b = appendText(b, w.edited)
		b = append(b, `</a>`...)
	}
	b = t.appendLevel(b, n)
	return append(b, `</header>`...)
}

func (t *threadWriter) appendSkips(b []byte, sibling *forum.Node) []byte {
	if sibling != nil {
		b = t.appendSkip(b, sibling.ID, t.locale.words.nextSibling)
	}
	if t.top != nil && t.top != sibling {
		b = t.appendSkip(b, t.top.ID, t.locale.words.nextTop)
	}
	return b
}

func (t *threadWriter) appendSkip(b []byte, to forum.CommentID, words string) []byte {
	b = append(b, `<a class="skip" href="#c`...)
	b = appendID(b, to)
	b = append(b, `">`...)
	b = appendText(b, words)
	return append(b, `</a>`...)
}

// appendPlace says, for those who cannot see the rails, where a comment stands.
func (t *threadWriter) appendPlace(b []byte, n *forum.Node) []byte {
	w := &t.locale.words
	p := w.topPlace
	if n.Answers != nil {
		p = w.place
	}
	return p.append(b, func(b []byte, field string) []byte {
		switch field {
		case "level":
			return strconv.AppendInt(b, int64(n.Level()), 10)
		case "place":
			return strconv.AppendInt(b, int64(n.Place), 10)
		case "siblings":
			return strconv.AppendInt(b, int64(n.Siblings), 10)
		case "parent":
			return t.appendName(b, n.Answers)
		}
		return b
	})
}

func (t *threadWriter) appendBadge(b []byte, n *forum.Node) []byte {
	w := &t.locale.words
	class, text := "", ""
	switch {
	case n.AuthorKind == forum.Imported:
		class, text = "plain", w.imported
	case n.AuthorRole == forum.Moderator:
		class, text = "moderator", w.moderator
	case n.AuthorRole == forum.Admin:
		class, text = "moderator", w.admin
	default:
		return b
	}
	b = append(b, ` <span class="badge `...)
	b = append(b, class...)
	b = append(b, `">`...)
	b = appendText(b, text)
	return append(b, `</span>`...)
}

// appendLevel says the level and whom a comment answers, where the rails no
// longer show it: far from the parent, or where the indent has stopped growing.
func (t *threadWriter) appendLevel(b []byte, n *forum.Node) []byte {
	w := &t.locale.words
	capped, small := n.Level() > indentCap, n.Level() > smallCap
	if small {
		b = append(b, ` <span class="level`...)
		if !capped {
			b = append(b, ` only-small`...)
		}
		b = append(b, `">`...)
		b = w.level.append(b, func(b []byte, _ string) []byte { return strconv.AppendInt(b, int64(n.Level()), 10) })
		b = append(b, `</span>`...)
	}
	if n.Answers == nil || !(n.FarFromParent || small) {
		return b
	}
	b = append(b, ` <a class="in-reply-to`...)
	if !n.FarFromParent && !capped {
		b = append(b, ` only-small`...)
	}
	b = append(b, `" href="#c`...)
	b = appendID(b, n.Answers.ID)
	b = append(b, `">`...)
	b = w.inReplyTo.append(b, func(b []byte, _ string) []byte { return t.appendName(b, n.Answers) })
	return append(b, `</a>`...)
}

// appendNotices says what is special about a comment to those who see it.
func (t *threadWriter) appendNotices(b []byte, n *forum.Node) []byte {
	w := &t.locale.words
	switch {
	case n.State == forum.Held:
		b = appendNotice(b, "wait", w.held)
	case n.Gone && n.Removal != nil && n.Removal.Reason != "":
		reason := t.locale.T(n.Removal.Reason.Words())
		b = append(b, `<p class="notice"><b>`...)
		b = w.removedFor.append(b, func(b []byte, _ string) []byte { return appendText(b, reason) })
		b = append(b, `</b> `...)
		b = appendText(b, w.hiddenFromReaders)
		b = append(b, `</p>`...)
	case n.Gone:
		b = appendNotice(b, "", w.hiddenFromReaders)
	}
	if n.BranchLocked {
		b = appendNotice(b, "", w.lockedHere)
	}
	return b
}

func appendNotice(b []byte, class, text string) []byte {
	b = append(b, `<p class="notice `...)
	b = append(b, class...)
	b = append(b, `">`...)
	b = appendText(b, text)
	return append(b, `</p>`...)
}

// appendActions writes what can be done with a comment, quietly.
func (t *threadWriter) appendActions(b []byte, n *forum.Node) []byte {
	w := &t.locale.words
	b = append(b, `<footer class="comment-actions">`...)
	if t.open && !n.Gone && n.State == forum.Published && (t.lockedAt == 0 || t.viewer.Moderates()) {
		b = append(b, `<a class="link answer" href="`...)
		b = append(b, t.replyBase...)
		b = appendID(b, n.ID)
		b = append(b, `">`...)
		b = appendText(b, w.reply)
		b = append(b, `</a>`...)
	}
	if t.isOwn(n) {
		b = t.appendOwn(b, n)
	}
	b = append(b, `<details class="more"><summary class="link">`...)
	b = appendText(b, w.more)
	b = append(b, `</summary><div>`...)
	if t.viewer.Moderates() {
		b = t.appendModeration(b, n)
	}
	b = appendCommentLink(b, "link share", n.ID, "", w.share)
	if !t.isOwn(n) && !n.Gone {
		b = appendCommentLink(b, "link", n.ID, "/report", w.report)
	}
	return append(b, `</div></details></footer>`...)
}

func (t *threadWriter) appendOwn(b []byte, n *forum.Node) []byte {
	if n.CreatedAt != nil && forum.CanEdit(t.viewer, &n.Comment, t.now.Sub(*n.CreatedAt)) == nil {
		b = appendLink(b, "link edit", paths.CommentAct(n.ID, "edit"), t.locale.words.edit)
	}
	if forum.CanRetract(t.viewer, &n.Comment) == nil {
		b = appendLink(b, "link", paths.CommentAct(n.ID, "retract"), t.locale.words.retract)
	}
	return b
}

func (t *threadWriter) appendModeration(b []byte, n *forum.Node) []byte {
	w := &t.locale.words
	if n.State == forum.Published && !n.Gone {
		b = appendLink(b, "link", paths.CommentAct(n.ID, "remove"), w.remove)
	} else {
		b = appendLink(b, "link", paths.Case(n.ID), w.moderate)
	}
	if n.Kind != forum.KindLinkBack {
		b = appendLink(b, "link", paths.CommentAct(n.ID, string(forum.ActMove)), w.move)
	}
	act, words := "lock", w.lock
	if n.BranchLocked {
		act, words = "unlock", w.unlock
	}
	b = append(b, `<button class="link" form="acts" formaction="`...)
	b = appendText(b, paths.CommentAct(n.ID, act))
	b = append(b, `">`...)
	b = appendText(b, words)
	return append(b, `</button>`...)
}

// appendAnchors writes the fragments under which the old site showed a comment, so
// that links to it still land. WordPress' designs put them on three elements.
func appendAnchors(b []byte, anchor string) []byte {
	b = appendAnchor(b, "", anchor)
	if strings.HasPrefix(anchor, "comment-") {
		b = appendAnchor(b, "li-", anchor)
		b = appendAnchor(b, "div-", anchor)
	}
	return b
}

func appendAnchor(b []byte, prefix, anchor string) []byte {
	b = append(b, `<span id="`...)
	b = append(b, prefix...)
	b = appendText(b, anchor)
	return append(b, `"></span>`...)
}

func appendLink(b []byte, class, href, text string) []byte {
	b = append(b, `<a class="`...)
	b = append(b, class...)
	b = append(b, `" href="`...)
	b = appendText(b, href)
	b = append(b, `">`...)
	b = appendText(b, text)
	return append(b, `</a>`...)
}

// appendCommentLink writes a link that every comment has, without making a string
// of its address first. act is "" or the end of the address.
func appendCommentLink(b []byte, class string, id forum.CommentID, act, text string) []byte {
	b = append(b, `<a class="`...)
	b = append(b, class...)
	b = append(b, `" href="`...)
	b = paths.AppendComment(b, id)
	b = append(b, act...)
	b = append(b, `">`...)
	b = appendText(b, text)
	return append(b, `</a>`...)
}

func appendID(b []byte, id forum.CommentID) []byte { return strconv.AppendInt(b, int64(id), 10) }
