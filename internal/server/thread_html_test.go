package server

import (
	"fmt"
	"html/template"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"hustings/internal/forum"
	"hustings/internal/htmltest"
	"hustings/web"
)

// escaped is what html/template writes for a string in text and in an attribute.
func escaped(t testing.TB, s string) (text, attribute string) {
	t.Helper()
	var b strings.Builder
	if err := template.Must(template.New("").Parse(`{{.}}|<a title="{{.}}">`)).Execute(&b, s); err != nil {
		t.Fatal(err)
	}
	text, rest, _ := strings.Cut(b.String(), `|<a title="`)
	return text, strings.TrimSuffix(rest, `">`)
}

func FuzzAppendText(f *testing.F) {
	for _, s := range []string{"", "plain", `<script>alert("1")</script>`, `a'b"c&d`, "x\x00y", "1+1", "\xff", "é日本"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := string(appendText(nil, s))
		text, attribute := escaped(t, s)
		if !strings.Contains(s, "|") && (got != text || got != attribute) {
			t.Errorf("%q is written as %q; html/template writes %q in text and %q in an attribute", s, got, text, attribute)
		}
	})
}

// TestThreadWriter_writes_the_tree_it_is_given parses what is written for random
// threads, hostile names and all kinds of viewers, and compares the nesting.
func TestThreadWriter_writes_the_tree_it_is_given(t *testing.T) {
	t.Parallel()
	locales, err := loadLocales(web.Files)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(3, 4))
	viewers := []forum.Viewer{forum.Anonymous, {ID: 2, Role: forum.Reader}, {ID: 9, Role: forum.Moderator}}
	for range 200 {
		v := viewers[r.IntN(len(viewers))]
		nodes := forum.BuildThread(hostileTree(r), forum.Arrangement{Viewer: v, More: map[forum.CommentID]int{3: 5, 7: 101}})
		w := &threadWriter{locale: locales.list[r.IntN(len(locales.list))], slug: `s"><b>`, viewer: v, open: r.IntN(2) == 0, folded: r.IntN(2) == 0, now: time.Now()}
		html := string(w.append(nil, nodes))
		p := htmltest.Parse(t, strings.NewReader(`<ol id="thread">`+html+`</ol><p id="after"></p>`))
		p.Count("body > #after", 1)
		p.Count(".comment", len(nodes))
		p.None("script, img, b b")
		old := 0
		for _, n := range nodes {
			if n.Anchor != "" {
				old++
				p.Count(fmt.Sprintf("#c%d [id='%s']", n.ID, n.Anchor), 1)
			}
		}
		p.Count("[id^='li-comment-'], [id^='div-comment-']", 2*old)
		for _, n := range nodes {
			at := "#c" + strconv.FormatInt(int64(n.ID), 10)
			p.Count(at+" .comment", n.Nested)
			if n.Answers != nil {
				p.Count("#c"+strconv.FormatInt(int64(n.Parent), 10)+" > .branch > .replies > "+at, 1)
			}
			if n.Tomb != forum.NoTomb {
				p.None(at + " > .comment-article .comment-body, " + at + " > .branch > .comment-article .comment-body")
			}
		}
	}
}

// hostileTree is a random thread by people with hostile names.
func hostileTree(r *rand.Rand) []forum.Comment {
	names := []string{`<script>alert(1)</script>`, `" onmouseover="x`, "Paul O'Brien", "\u202eevil", "", "名前"}
	states := []forum.CommentState{forum.Published, forum.Published, forum.Removed, forum.Held, forum.Retracted, forum.Spam, forum.Quarantined}
	now := time.Now()
	list := make([]forum.Comment, 1+r.IntN(30))
	for i := range list {
		c := forum.Comment{ID: forum.CommentID(i + 1), State: states[r.IntN(len(states))], Kind: forum.KindComment, AuthorID: forum.PersonID(1 + r.IntN(4)),
			AuthorName: names[r.IntN(len(names))], Handle: `h"><img>`, BodyHTML: "<p>text</p>", BranchLocked: r.IntN(9) == 0, BranchRemoved: r.IntN(15) == 0}
		if r.IntN(3) > 0 {
			c.CreatedAt = &now
		}
		if c.State == forum.Removed {
			c.Removal = &forum.Removal{Seq: 4, Reason: forum.Reasons[r.IntN(len(forum.Reasons))], At: now}
		}
		if r.IntN(3) == 0 {
			c.Anchor = fmt.Sprintf(`comment-%d"><script>`, i)
		}
		if i > 0 && r.IntN(5) > 0 {
			parent := list[r.IntN(i)]
			c.Parent, c.Depth = parent.ID, parent.Depth+1
		}
		list[i] = c
	}
	return list
}
