package demo

import (
	"math"
	"strings"
	"time"
	"unicode/utf8"
)

// comment writes one comment of the generated thread; parent is nil at the
// top level.
func (g *generator) comment(parent *planned, age time.Duration) *planned {
	c := &planned{Comment: &Comment{Age: age, State: Published, Kind: KindComment}}
	c.Author = g.author(parent)
	c.biscuit = g.subject(parent)
	for c.Body == "" || g.written[c.Body] {
		c.Body = g.text(c, parent)
	}
	g.written[c.Body] = true
	if parent != nil && g.rand.Float64() < 0.07 {
		quoted := "> " + parent.sentence + "\n\n" + c.Body
		if utf8.RuneCountInString(quoted) <= maxLength {
			c.Body = quoted
		}
	}
	return c
}

// subject is the biscuit a comment is about; a reply mostly stays with it.
func (g *generator) subject(parent *planned) string {
	if parent != nil && g.rand.Float64() < 0.75 {
		return parent.biscuit
	}
	return g.one(biscuits)
}

// text puts sentences together until the comment is as long as was drawn:
// 40 to 700 characters, most of them short.
func (g *generator) text(c, parent *planned) string {
	want := minLength + int(math.Pow(g.rand.Float64(), 3)*(maxLength-minLength-160))
	var out strings.Builder
	c.sentence = g.fill(g.fresh(g.first(parent)), c, parent)
	out.WriteString(c.sentence)
	length := utf8.RuneCountInString(c.sentence)
	for length < want {
		sentence := g.fill(g.fresh(g.next()), c, parent)
		gap := " "
		if length > 180 && g.rand.Float64() < 0.3 {
			gap = "\n\n"
		}
		out.WriteString(gap + sentence)
		length += utf8.RuneCountInString(gap + sentence)
	}
	return out.String()
}

// fresh picks a template that was not among the latest picked from its list,
// so that nobody seems to repeat what the last speaker said.
func (g *generator) fresh(list []string) string {
	for {
		i := g.rand.IntN(len(list))
		last, used := g.picked[list[i]]
		if used && g.picks[list[0]]-last < len(list)*2/3 {
			continue
		}
		g.picks[list[0]]++
		g.picked[list[i]] = g.picks[list[0]]
		return list[i]
	}
}

// first returns the sentences a comment may begin with.
func (g *generator) first(parent *planned) []string {
	if parent == nil {
		return openings
	}
	return answers
}

// next returns the sentences a comment may go on with.
func (g *generator) next() []string {
	kinds := [][]string{reasons, memories, rulings, asides}
	return kinds[g.rand.IntN(len(kinds))]
}

// fill puts words into a template; {name} is whoever is answered.
func (g *generator) fill(template string, c, parent *planned) string {
	name := ""
	if parent != nil {
		name, _, _ = strings.Cut(parent.Author, " ")
	}
	other := g.one(biscuits)
	for other == c.biscuit {
		other = g.one(biscuits)
	}
	return capital(strings.NewReplacer(
		"{biscuit}", c.biscuit, "{other}", other, "{name}", name,
		"{drink}", g.one(drinks), "{who}", g.one(relatives),
		"{place}", g.one(places), "{virtue}", g.one(virtues), "{fault}", g.one(faults),
		"{time}", g.one(times), "{count}", g.one(counts),
	).Replace(template))
}

func (g *generator) one(list []string) string { return list[g.rand.IntN(len(list))] }

// capital makes the first letter of a sentence large.
func capital(s string) string {
	_, size := utf8.DecodeRuneInString(s)
	return strings.ToUpper(s[:size]) + s[size:]
}
