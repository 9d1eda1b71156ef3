package demo

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

const (
	// generatedSpan is how long the generated discussion went on.
	generatedSpan = 20 * 24 * time.Hour
	// generatedDepth is the deepest level of the generated thread.
	generatedDepth = 25
	// minLength and maxLength bound a generated comment, in characters.
	minLength, maxLength = 40, 700
)

// depthShare is the share of comments on levels 1 to 6; each level below has
// deeperShare of the one above it. They give a median of 2 and a 90th
// percentile of 6.
var depthShare = [...]float64{0.30, 0.22, 0.15, 0.11, 0.08, 0.05}

const deeperShare = 0.81

// Generated returns an article with a thread of n comments, to feel the size
// of a long discussion. The same n always gives the same thread; all of it is
// published and open. A negative n counts as 0.
func Generated(n int) Article {
	g := &generator{
		rand:    rand.New(rand.NewPCG(1936, 744)),
		written: map[string]bool{},
		picks:   map[string]int{},
		picked:  map[string]int{},
	}
	a := biscuitArticle
	a.Comments = g.thread(n)
	return a
}

// generator writes one thread, oldest comment first.
type generator struct {
	rand    *rand.Rand
	levels  [generatedDepth + 1][]*planned // by level, each oldest first; 0 is unused
	deepest int
	written map[string]bool // texts so far; the same is not said twice

	// picks counts the templates taken from each list, under the first of the
	// list; picked has, for each template, that count when it was last taken.
	picks, picked map[string]int
}

// planned is a comment with what the replies to it want to know.
type planned struct {
	*Comment
	biscuit  string
	sentence string // one that a reply may quote
}

func (g *generator) thread(n int) []*Comment {
	var top []*Comment
	for _, age := range g.ages(n) {
		level := min(g.level(), g.deepest+1)
		var parent *planned
		if level > 1 {
			parent = g.parent(g.levels[level-1])
		}
		c := g.comment(parent, age)
		if parent == nil {
			top = append(top, c.Comment)
		} else {
			parent.Replies = append(parent.Replies, c.Comment)
		}
		g.levels[level] = append(g.levels[level], c)
		g.deepest = max(g.deepest, level)
	}
	return top
}

// ages returns n ages, oldest first: busiest on the first days, with whole
// minutes, so that no reply can be older than what it answers.
func (g *generator) ages(n int) []time.Duration {
	ages := make([]time.Duration, 0, max(n, 0))
	for range n {
		late := math.Pow(g.rand.Float64(), 1.7) // leans to the start
		since := time.Duration(late * float64(generatedSpan)).Truncate(time.Minute)
		ages = append(ages, biscuitArticle.Age-time.Hour-since)
	}
	slices.Sort(ages)
	slices.Reverse(ages)
	return ages
}

// level draws the level of a comment.
func (g *generator) level() int {
	x := g.rand.Float64()
	for i, share := range depthShare {
		if x -= share; x < 0 {
			return i + 1
		}
	}
	level := len(depthShare) + 1
	for level < generatedDepth && g.rand.Float64() < deeperShare {
		level++
	}
	return level
}

// parent picks who is answered: mostly one of the latest, and of two of those
// the one already talked about.
func (g *generator) parent(from []*planned) *planned {
	pick := func() *planned {
		back := g.rand.ExpFloat64() * (4 + float64(len(from))/12)
		return from[max(len(from)-1-int(back), 0)]
	}
	one, other := pick(), pick()
	if len(other.Replies) > len(one.Replies) {
		return other
	}
	return one
}

// author draws a name: a few write often, most now and then. Nobody answers
// themselves.
func (g *generator) author(parent *planned) string {
	for {
		lean := math.Pow(g.rand.Float64(), 1.5)
		name := biscuitPeople[int(lean*float64(len(biscuitPeople)))]
		if parent == nil || parent.Author != name {
			return name
		}
	}
}
