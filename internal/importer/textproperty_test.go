package importer

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// plant is a comment of a thread that was made up, to be written out the way
// a scraper would and read back.
type plant struct {
	kids     []*plant
	vanished bool
	author   string // "" for none
	date     time.Time
	text     [][]string // paragraphs of lines
}

func (p *plant) body() string {
	var paragraphs []string
	for _, lines := range p.text {
		paragraphs = append(paragraphs, strings.Join(lines, "\n"))
	}
	return strings.Join(paragraphs, "\n\n")
}

// plain are lines that mean nothing in any style, however odd they look.
var plain = []string{
	"The soup needs salt.", "Tom", "@Anna", "25 years ago", "TomB 03/05/2019 at 9:12 am · ·",
	"37000. thirty-seven thousand", "3.three", "1.5 litres of stock", "01. zero one", "> quoted", "`code’",
	"*not at all*", "B**", "*&(*%", "wi\u013al", "never\u00a0ever ", "\u00a0", "❤️ 😉", "A   B  ", " 2. two, set in",
	"- a dash", "•no point", "#5 said it", "<b>bold</b> & co", "says: who?", "N. B.", "1) one", "4 Responses",
	"Leave a Reply", "\ttabbed",
}

// lists are lines that would begin a reply where a reply could begin; after a
// plain line end none can, unless the whole file is tight.
var lists = []string{"1. one", "• a point", "2. two", "1. Bob says so"}

var names = []string{"Ann", "Bob Baker", "tess", "John P Reid", "Zoë Ü.", "T. 1. X", "O’Neil · admin"}

func drawText(t *rapid.T, s style, least int) [][]string {
	opening := append([]string{}, plain...)
	if s != styleNone { // the style tells lists in a text from replies
		opening = append(opening, lists[:1]...)
		opening = append(opening, lists[2:]...)
	}
	if s == styleSays {
		opening = append(opening, "July 3, 2019 at 9:12 am")
	}
	following := append(append([]string{}, plain...), lists...)
	var text [][]string
	for range rapid.IntRange(least, 3).Draw(t, "paragraphs") {
		lines := []string{rapid.SampledFrom(opening).Draw(t, "line")}
		if len(text) == 0 && s == styleNone {
			lines[0] = rapid.SampledFrom(plain).Draw(t, "first")
		}
		for range rapid.IntRange(0, 2).Draw(t, "more lines") {
			lines = append(lines, rapid.SampledFrom(following).Draw(t, "line"))
		}
		text = append(text, lines)
	}
	return text
}

// drawPlants makes the children of one comment. Comments vanish only where
// their replies show it.
func drawPlants(t *rapid.T, s style, depth int, parentVanished bool) []*plant {
	var list []*plant
	n := rapid.IntRange(0, max(0, 4-depth/2)).Draw(t, "children")
	if n == 0 && (depth == 1 || parentVanished) {
		n = 1
	}
	for range n {
		p := &plant{vanished: mayVanish(list, depth, parentVanished) && rapid.IntRange(0, 3).Draw(t, "vanish") == 0}
		if !p.vanished {
			drawPerson(t, s, p)
		}
		if depth < 7 {
			p.kids = drawPlants(t, s, depth+1, p.vanished)
		}
		list = append(list, p)
	}
	return list
}

func mayVanish(before []*plant, depth int, parentVanished bool) bool {
	if depth >= 7 {
		return false
	}
	if len(before) == 0 {
		return !parentVanished
	}
	for _, k := range before[len(before)-1].kids {
		if !k.vanished {
			return true
		}
	}
	return false
}

func drawPerson(t *rapid.T, s style, p *plant) {
	least := 0
	switch s {
	case styleNone:
		least = 1
	case styleSays:
		p.author = rapid.SampledFrom(names).Draw(t, "author")
	case styleDated:
		p.date = time.Date(2021, 7, 26, 17, rapid.IntRange(0, 59).Draw(t, "minute"), 0, 0, time.UTC)
		p.author = rapid.SampledFrom(append(names, "")).Draw(t, "author")
	}
	p.text = drawText(t, s, least)
}

// render writes a thread as scrapers do.
func render(b *strings.Builder, s style, list []*plant, depth int) {
	number := 0
	for _, p := range list {
		if p.vanished {
			render(b, s, p.kids, depth+1)
			continue
		}
		number++
		fmt.Fprintf(b, "%s%d. ", strings.Repeat(" ", 2*depth), number)
		b.WriteString(p.render(s, strings.Repeat(" ", 2*depth+2)) + "\n\n")
		render(b, s, p.kids, depth+1)
	}
}

// render writes one comment, its first line without indent.
func (p *plant) render(s style, indent string) string {
	var parts []string
	for _, lines := range p.text {
		parts = append(parts, strings.Join(lines, "\n"+indent))
	}
	gap := "\n\n" + indent
	switch {
	case s == styleSays:
		parts = append([]string{p.author + " says:"}, parts...)
	case s == styleDated && p.author != "":
		parts = append(parts, p.author, p.date.Format("January 2, 2006 at 3:04 pm"))
	case s == styleDated:
		text := strings.Join(parts, gap)
		if text != "" {
			text += "\n\n\n" + indent
		}
		return text + p.date.Format("January 2, 2006 at 3:04 pm")
	}
	return strings.Join(parts, gap)
}

// shape writes down a thread so that two can be compared.
func shape(b *strings.Builder, list []*plant, path string) {
	for i, p := range list {
		here := strings.TrimPrefix(fmt.Sprintf("%s.%d", path, i+1), ".")
		if p.vanished {
			fmt.Fprintf(b, "%s placeholder\n", here)
		} else {
			date := ""
			if !p.date.IsZero() {
				date = p.date.Format("2006-01-02T15:04")
			}
			fmt.Fprintf(b, "%s %q %s %q\n", here, p.author, date, p.body())
		}
		shape(b, p.kids, here)
	}
}

func shapeOf(p parsed) string {
	var b strings.Builder
	for _, c := range p.comments {
		if c.Kind == KindPlaceholder {
			fmt.Fprintf(&b, "%s placeholder\n", p.path[c.Key])
		} else {
			fmt.Fprintf(&b, "%s %q %s %q\n", p.path[c.Key], deref(c.Author), wall(c.CreatedAt), *c.BodyText)
		}
	}
	return b.String()
}

func TestText_reads_back_any_thread_in_each_style(t *testing.T) {
	t.Parallel()
	for s, name := range map[style]string{styleNone: "no_authors", styleSays: "says", styleDated: "dated"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				tree := drawPlants(t, s, 1, false)
				var file, want strings.Builder
				file.WriteString("Soup for four\n\nPeel, chop, boil.\nThen wait.\n\n")
				render(&file, s, tree, 1)
				file.WriteString(rapid.SampledFrom([]string{"", "Leave a Reply\n\nConnecting to %s\n\nWhatever follows", "%d bloggers like this:"}).Draw(t, "foot"))
				text := file.String()
				if rapid.Bool().Draw(t, "crlf") {
					text = byteOrderMark + strings.ReplaceAll(text, "\n", "\r\n")
				}
				shape(&want, tree, "")
				got := readText(t, text)
				if shapeOf(got) != want.String() || len(got.problems) > 0 {
					t.Fatalf("file:\n%s\nread as:\n%s\nwanted:\n%s\nproblems: %v", text, shapeOf(got), want.String(), got.problems)
				}
				if got.article.Title != "Soup for four" || got.article.BodyText != "Peel, chop, boil.\nThen wait." {
					t.Fatalf("article read as %q, %q", got.article.Title, got.article.BodyText)
				}
			})
		})
	}
}

func TestText_a_damaged_marker_costs_its_own_comment_only(t *testing.T) {
	t.Parallel()
	// Behind a damaged 1 nothing tells a second list from text.
	marked := regexp.MustCompile(`(?m)^( {2,})[2-9]\. (.* says:)$`)
	rapid.Check(t, func(t *rapid.T) {
		tree := drawPlants(t, styleSays, 1, false)
		var file strings.Builder
		file.WriteString("Soup for four\n\nPeel, chop, boil.\n\n")
		render(&file, styleSays, tree, 1)
		text := file.String()
		all := marked.FindAllStringIndex(text, -1)
		if len(all) == 0 {
			t.Skip("nothing to damage")
		}
		hit := all[rapid.IntRange(0, len(all)-1).Draw(t, "marker")]
		damaged := text[:hit[0]] + marked.ReplaceAllString(text[hit[0]:hit[1]], "$1~ $2") + text[hit[1]:]
		before, after := authored(readText(t, text)), authored(readText(t, damaged))
		changed := 0
		for i := range before {
			if !slices.Contains(after, before[i]) {
				changed++
			}
		}
		if changed > 2 { // the damaged one and the one that took in its text
			t.Fatalf("%d comments changed in\n%s\nread as\n%v", changed, damaged, after)
		}
	})
}

func authored(p parsed) (list []string) {
	for _, c := range p.of(KindComment) {
		list = append(list, deref(c.Author)+": "+*c.BodyText)
	}
	return list
}
