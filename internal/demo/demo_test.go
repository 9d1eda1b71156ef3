package demo

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
)

// load returns the written articles; a mistake in the files ends the test.
func load(t *testing.T) []Article {
	t.Helper()
	all, err := Articles()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func named(t *testing.T, all []Article, slug string) Article {
	t.Helper()
	i := slices.IndexFunc(all, func(a Article) bool { return a.Slug == slug })
	if i < 0 {
		t.Fatalf("no article %q", slug)
	}
	return all[i]
}

func size(a Article) (comments, depth int) {
	a.Walk(func(_ *Comment, level int) {
		comments++
		depth = max(depth, level)
	})
	return comments, depth
}

func TestArticles(t *testing.T) {
	t.Parallel()
	all := load(t)
	slugs := map[string]bool{}
	slug := regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	tags := regexp.MustCompile(`^(<(/?(p|blockquote|em))>|[^<>])*$`)
	published, drafts, silent := 0, 0, 0
	for i, a := range append(all, Generated(1)) {
		comments, _ := size(a)
		if slugs[a.Slug] || !slug.MatchString(a.Slug) {
			t.Errorf("slug %q is used twice or not plain", a.Slug)
		}
		slugs[a.Slug] = true
		if a.Title == "" || a.Author == "" || len(strings.Split(strings.TrimRight(a.Standfirst, "."), ". ")) != 1 {
			t.Errorf("%s: wants a title, an author and one sentence below the title", a.Slug)
		}
		if n := strings.Count(a.BodyHTML, "<p>"); n < 4 || n > 8 || !tags.MatchString(a.BodyHTML) {
			t.Errorf("%s: %d paragraphs, or other tags than p, blockquote and em", a.Slug, n)
		}
		if i > 0 && i < len(all) && a.Age > all[i-1].Age {
			t.Errorf("%s: not in order of age", a.Slug)
		}
		switch {
		case a.State == "draft":
			drafts++
		case comments == 0:
			silent++
			published++
		default:
			published++
		}
	}
	if published < 8 || drafts != 1 || silent != 1 {
		t.Errorf("%d published, %d drafts, %d without comments", published, drafts, silent)
	}
}

func TestThreads(t *testing.T) {
	t.Parallel()
	all := load(t)
	total, largest, deepest := 0, 0, 0
	var deep Article
	for _, a := range all {
		n, depth := size(a)
		total, largest = total+n, max(largest, n)
		if depth > deepest {
			deepest, deep = depth, a
		}
	}
	if total < 220 || largest < 60 || deepest < 14 {
		t.Errorf("%d comments, %d in the largest thread, %d levels", total, largest, deepest)
	}
	if who := deepAuthors(deep, deepest); len(who) > 6 {
		t.Errorf("the deepest branch is a crowd, not an argument: %v", who)
	}
	locked := named(t, all, "seconds-of-custard")
	if n, depth := size(locked); locked.Replies != "locked" || n == 0 || depth > 3 {
		t.Errorf("the locked thread: replies %s, %d comments in %d levels", locked.Replies, n, depth)
	}
}

// deepAuthors returns who wrote the branch that leads to the deepest comment.
func deepAuthors(a Article, depth int) map[string]bool {
	path := make([]string, depth)
	who := map[string]bool{}
	a.Walk(func(c *Comment, level int) {
		path[level-1] = c.Author
		if level == depth {
			for _, name := range path {
				who[name] = true
			}
		}
	})
	return who
}

func TestReplies_are_never_older_than_what_they_answer(t *testing.T) {
	t.Parallel()
	for _, a := range append(load(t), Generated(2000)) {
		for _, c := range a.Comments {
			younger(t, a.Slug, c, a.Age)
		}
	}
}

func younger(t *testing.T, slug string, c *Comment, parent time.Duration) {
	t.Helper()
	age := c.Age
	if age > parent || age == 0 {
		t.Errorf("%s: %q by %s is %s old, what it answers %s", slug, c.Body, c.Author, age, parent)
	}
	if age < 0 {
		age = parent
	}
	for _, e := range c.Edits {
		if e.Until > age || age-e.Until > 15*time.Minute || e.Body == c.Body {
			t.Errorf("%s: an edit by %s after more than the fifteen minutes authors have", slug, c.Author)
		}
	}
	if c.Changed > age || (c.Changed == 0) != (c.State == Published && c.Branch == "") {
		t.Errorf("%s: the state of %q was set before it was written, or never", slug, c.Body)
	}
	for _, r := range c.Reports {
		if r.Age > age || r.Age <= 0 {
			t.Errorf("%s: %s reported %q before it was written", slug, r.Reporter, c.Body)
		}
	}
	for _, reply := range c.Replies {
		younger(t, slug, reply, age)
	}
}

func TestMarked_branches_got_no_replies_afterwards(t *testing.T) {
	t.Parallel()
	for _, a := range load(t) {
		a.Walk(func(root *Comment, _ int) {
			if root.Branch == "" {
				return
			}
			walk(root.Replies, 1, func(c *Comment, _ int) {
				if c.Age < root.Changed {
					t.Errorf("%s: %q came after the branch was %s", a.Slug, c.Body, root.Branch)
				}
			})
		})
	}
}

// kinds of comment the samples must have, so that every part of the pages has
// something to show.
var kinds = map[string]func(c *Comment) bool{
	"removed with replies": func(c *Comment) bool {
		return c.State == Removed && slices.Contains(Reasons, c.Reason) && len(c.Replies) > 0
	},
	"held":                 func(c *Comment) bool { return c.State == Held && len(c.Replies) == 0 },
	"held with links":      func(c *Comment) bool { return c.State == Held && strings.Contains(c.Body, "](https://") },
	"retracted with reply": func(c *Comment) bool { return c.State == Retracted && len(c.Replies) > 0 },
	"removed branch": func(c *Comment) bool {
		return c.Branch == BranchRemoved && c.State == Published && c.Reason != "" && len(c.Replies) > 0
	},
	"locked branch":       func(c *Comment) bool { return c.Branch == BranchLocked && len(c.Replies) > 0 },
	"edited":              func(c *Comment) bool { return len(c.Edits) > 0 && c.Edits[0].Body != "" },
	"correction":          func(c *Comment) bool { return strings.HasPrefix(c.Body, "Correction: ") },
	"reported":            func(c *Comment) bool { return len(c.Reports) > 0 && c.State == Published },
	"reported twice":      func(c *Comment) bool { return len(c.Reports) > 1 },
	"unknown and undated": func(c *Comment) bool { return c.Author == "" && c.Age < 0 && c.Imported },
	"link-back":           func(c *Comment) bool { return c.Kind == KindLinkBack },
	"Arabic":              script(unicode.Arabic),
	"Hebrew":              script(unicode.Hebrew),
	"Chinese":             script(unicode.Han),
	"Japanese":            script(unicode.Hiragana),
	"Korean":              script(unicode.Hangul),
	"emphasis":            has(`\*\w[^*]*\*`),
	"quotation":           has(`(?m)^> `),
	"numbered list":       has(`(?m)^1\. `),
	"list":                has(`(?m)^- `),
	"link":                has(`\]\(https://example\.org/`),
}

func script(table *unicode.RangeTable) func(*Comment) bool {
	return func(c *Comment) bool {
		return strings.ContainsFunc(c.Body, func(r rune) bool { return unicode.Is(table, r) })
	}
}

func has(pattern string) func(*Comment) bool {
	re := regexp.MustCompile(pattern)
	return func(c *Comment) bool { return re.MatchString(c.Body) }
}

func TestSamples_have_every_kind_of_comment(t *testing.T) {
	t.Parallel()
	found := map[string]bool{}
	for _, a := range load(t) {
		a.Walk(func(c *Comment, _ int) {
			for name, is := range kinds {
				found[name] = found[name] || is(c)
			}
		})
	}
	for name := range kinds {
		if !found[name] {
			t.Errorf("no comment is %s", name)
		}
	}
}

func TestPeople(t *testing.T) {
	t.Parallel()
	written, roles := map[string]int{}, map[string]bool{}
	for _, a := range load(t) {
		written[a.Author]++
		a.Walk(func(c *Comment, _ int) {
			written[c.Author]++
			if c.Author != strings.TrimSpace(c.Author) || len(c.Author) > 60 || strings.ContainsFunc(c.Author, unicode.IsControl) {
				t.Errorf("author %q", c.Author)
			}
		})
	}
	cast, err := readCast()
	if err != nil {
		t.Fatal(err)
	}
	for name := range cast {
		if written[name] == 0 {
			t.Errorf("%s is in people.txt and never writes", name)
		}
	}
	if len(cast) < 40 {
		t.Errorf("%d people", len(cast))
	}
	for _, a := range Accounts {
		roles[a.Role] = true
		if written[a.Name] < 3 {
			t.Errorf("%s, %s, has hardly written anything", a.Name, a.Role)
		}
	}
	if len(Accounts) != 3 || len(roles) != 3 || !roles[RoleReader] || !roles[RoleModerator] || !roles[RoleAdmin] {
		t.Errorf("accounts %v", Accounts)
	}
}

func TestQuotations_are_word_for_word(t *testing.T) {
	t.Parallel()
	for _, a := range append(load(t), Generated(2000)) {
		for _, c := range a.Comments {
			quotes(t, c, a.BodyHTML)
		}
	}
}

// quotes checks what a comment quotes against everything above it.
func quotes(t *testing.T, c *Comment, above string) {
	t.Helper()
	for line := range strings.Lines(c.Body) {
		if quoted, ok := strings.CutPrefix(line, "> "); ok && (len(quoted) < 10 || !strings.Contains(above, strings.TrimSpace(quoted))) {
			t.Errorf("%s quotes %q, which nobody said above", c.Author, quoted)
		}
	}
	for _, reply := range c.Replies {
		quotes(t, reply, above+"\n"+c.Body)
	}
}

func TestTypography_has_curly_quotes(t *testing.T) {
	t.Parallel()
	for _, a := range load(t) {
		check := func(text string) {
			if strings.ContainsAny(text, "\"'\t") || strings.Count(text, "“") != strings.Count(text, "”") {
				t.Errorf("%s: straight or unpaired quotation marks in %q", a.Slug, text)
			}
		}
		check(a.Title + a.Standfirst + a.BodyHTML)
		a.Walk(func(c *Comment, _ int) { check(c.Author + c.Body) })
	}
}
