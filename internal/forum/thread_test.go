package forum_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"hustings/internal/forum"
)

// grow makes comments from an outline: each line is a state letter and a text,
// indented by one space a level. Letters: p published, h held, x removed, t
// retracted, m missing (placeholder), b published with its branch removed.
func grow(outline string) []forum.Comment {
	states := map[byte]forum.CommentState{'p': forum.Published, 'h': forum.Held, 'x': forum.Removed, 't': forum.Retracted, 'm': forum.Published, 'b': forum.Published}
	var list []forum.Comment
	var open []forum.CommentID
	for line := range strings.Lines(strings.TrimLeft(outline, "\n")) {
		text := strings.TrimLeft(strings.TrimRight(line, "\n"), " ")
		if text == "" {
			continue
		}
		depth := strings.Index(line, text)
		c := forum.Comment{ID: forum.CommentID(len(list) + 1), Depth: depth, AuthorID: forum.PersonID(len(list) + 100), AuthorName: "author of " + text[1:],
			State: states[text[0]], Kind: forum.KindComment, BranchRemoved: text[0] == 'b', BodyHTML: text[1:]}
		if text[0] == 'm' {
			c.Kind, c.AuthorID, c.AuthorName = forum.KindPlaceholder, 0, ""
		}
		if depth > 0 {
			c.Parent = open[depth-1]
		}
		open = append(open[:depth], c.ID)
		list = append(list, c)
	}
	return list
}

// sketch writes nodes as an outline: a tomb as its kind of actor.
func sketch(nodes []*forum.Node) string {
	words := map[forum.Tomb]string{forum.TombModerator: "(removed)", forum.TombAuthor: "(retracted)", forum.TombMissing: "(missing)", forum.TombHidden: "(hidden)"}
	var b strings.Builder
	for _, n := range nodes {
		text := n.BodyHTML
		if n.Tomb != forum.NoTomb {
			text = words[n.Tomb]
		}
		fmt.Fprintf(&b, "%s%s\n", strings.Repeat(" ", n.Depth), text)
	}
	return b.String()
}

func TestBuildThread_shows_each_viewer_what_is_theirs(t *testing.T) {
	t.Parallel()
	const outline = `
pA
 xB
  pC
 xD
 hE
  pF
 tG
  pH
 tI
mJ
 pK
mL
bM
 pN
  xO
`
	readers := "A\n (removed)\n  C\n (hidden)\n  F\n (retracted)\n  H\n(missing)\n K\n"
	for name, tc := range map[string]struct {
		viewer forum.Viewer
		want   string
	}{
		"anonymous": {forum.Anonymous, readers},
		"reader":    {forum.Viewer{ID: 1, Role: forum.Reader}, readers},
		"author_of_the_held_one": {forum.Viewer{ID: 104, Role: forum.Reader},
			"A\n (removed)\n  C\n E\n  F\n (retracted)\n  H\n(missing)\n K\n"},
		"author_of_a_removed_one": {forum.Viewer{ID: 103, Role: forum.Reader},
			"A\n (removed)\n  C\n D\n (hidden)\n  F\n (retracted)\n  H\n(missing)\n K\n"},
		"moderator": {forum.Viewer{ID: 2, Role: forum.Moderator},
			"A\n B\n  C\n D\n E\n  F\n (retracted)\n  H\n(missing)\n K\nM\n N\n  O\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			nodes := forum.BuildThread(grow(outline), forum.Arrangement{Viewer: tc.viewer})
			if got := sketch(nodes); got != tc.want {
				t.Errorf("got\n%swant\n%s", got, tc.want)
			}
			for _, n := range nodes {
				if n.Tomb != forum.NoTomb && (n.AuthorName != "" || n.BodyHTML != "" || n.AuthorID != 0) {
					t.Errorf("the stub of %d still carries its author or text", n.ID)
				}
			}
		})
	}
}

func TestBuildThread_keeps_a_stub_for_replies_that_are_not_loaded(t *testing.T) {
	t.Parallel()
	nodes := forum.BuildThread(grow("pA\n xB\n"), forum.Arrangement{More: map[forum.CommentID]int{2: 3}})
	if got := sketch(nodes); got != "A\n (removed)\n" || nodes[1].More != 3 {
		t.Errorf("got %q", got)
	}
}

func TestBuildThread_best_puts_the_branch_with_most_people_first(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	list := grow("pA\n pB\n  pC\n pD\n  pE\n  pF\n pG\n")
	for i := range list {
		list[i].CreatedAt = &now
	}
	list[5].AuthorID = list[4].AuthorID // E and F are one person's
	list[2].AuthorID = list[1].AuthorID // B and C likewise
	got := sketch(forum.BuildThread(list, forum.Arrangement{Sort: forum.Best, Since: now.Add(-time.Hour)}))
	if want := "A\n D\n  F\n  E\n G\n B\n  C\n"; got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// TestBuildThread_is_a_tree checks, for random trees and viewers, that what is
// shown is in pre-order and that the counts on each node are those of the list.
func TestBuildThread_is_a_tree(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		nodes := forum.BuildThread(randomTree(r), forum.Arrangement{Sort: []forum.Sort{forum.Oldest, forum.Newest, forum.Best}[r.IntN(3)],
			Viewer: forum.Viewer{ID: forum.PersonID(r.IntN(3)), Role: []forum.Role{forum.Reader, forum.Moderator}[r.IntN(2)]}})
		for i, n := range nodes {
			below, kids := 0, 0
			for _, m := range nodes[i+1:] {
				if m.Depth <= n.Depth {
					break
				}
				below++
				if m.Parent == n.ID {
					kids++
					if m.Place != kidPlace(nodes, m) || m.Answers != n {
						t.Fatalf("node %d has place %d of %d and the wrong parent", m.ID, m.Place, m.Siblings)
					}
				}
			}
			if n.Nested != below {
				t.Fatalf("node %d says %d below it; there are %d", n.ID, n.Nested, below)
			}
			if n.Tomb != forum.NoTomb && below == 0 && n.More == 0 {
				t.Fatalf("a stub with nothing below it: %d", n.ID)
			}
		}
	}
}

func kidPlace(nodes []*forum.Node, of *forum.Node) int {
	place := 0
	for _, n := range nodes {
		if n.Parent == of.Parent {
			place++
		}
		if n == of {
			break
		}
	}
	return place
}

func randomTree(r *rand.Rand) []forum.Comment {
	states := []forum.CommentState{forum.Published, forum.Published, forum.Published, forum.Removed, forum.Held, forum.Retracted, forum.Spam}
	list := make([]forum.Comment, 1+r.IntN(40))
	for i := range list {
		c := forum.Comment{ID: forum.CommentID(i + 1), State: states[r.IntN(len(states))], Kind: forum.KindComment, AuthorID: forum.PersonID(1 + r.IntN(4)), BranchRemoved: r.IntN(15) == 0}
		if i > 0 && r.IntN(4) > 0 {
			parent := list[r.IntN(i)]
			c.Parent, c.Depth = parent.ID, parent.Depth+1
		}
		list[i] = c
	}
	return list
}

func TestSlug(t *testing.T) {
	t.Parallel()
	for title, want := range map[string]string{
		"Whose rain is it?":      "whose-rain-is-it",
		"Don’t  panic -- please": "dont-panic-please",
		"Прощай, зима":           "прощай-зима",
		"日本語の題名":                 "日本語の題名",
		"":                       "untitled",
		"?!…":                    "untitled",
		"../../etc/passwd":       "etc-passwd",
		"<script>":               "script",
	} {
		if got := forum.Slug(title); got != want {
			t.Errorf("Slug(%q) = %q, not %q", title, got, want)
		}
	}
	if long := forum.Slug(strings.Repeat("word ", 100)); len([]rune(long)) > 80 {
		t.Errorf("a slug of %d characters", len([]rune(long)))
	}
}
