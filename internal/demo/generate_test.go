package demo

import (
	"reflect"
	"slices"
	"testing"
	"time"
	"unicode/utf8"
)

func TestGenerated_is_the_same_every_time(t *testing.T) {
	t.Parallel()
	if !reflect.DeepEqual(Generated(300), Generated(300)) {
		t.Error("two threads of 300 differ")
	}
}

func TestGenerated_has_the_size_asked_for(t *testing.T) {
	t.Parallel()
	for _, n := range []int{-1, 0, 1, 7, 2000} {
		a := Generated(n)
		if got, _ := size(a); got != max(n, 0) {
			t.Errorf("%d comments, want %d", got, n)
		}
	}
}

func TestGenerated_is_shaped_like_a_discussion(t *testing.T) {
	t.Parallel()
	a := Generated(2000)
	var depths, lengths []int
	people, bodies := map[string]int{}, map[string]bool{}
	oldest, newest := time.Duration(0), a.Age
	a.Walk(func(c *Comment, depth int) {
		depths = append(depths, depth)
		lengths = append(lengths, utf8.RuneCountInString(c.Body))
		people[c.Author]++
		bodies[c.Body] = true
		oldest, newest = max(oldest, c.Age), min(newest, c.Age)
		for _, reply := range c.Replies {
			if reply.Author == c.Author {
				t.Errorf("%s answers themselves", c.Author)
			}
		}
	})
	slices.Sort(depths)
	slices.Sort(lengths)
	t.Logf("depth p50 %d p90 %d max %d; length %d to %d, p50 %d; %d people, %d to %d each; %d texts",
		depths[1000], depths[1800], depths[1999], lengths[0], lengths[1999], lengths[1000],
		len(people), minOf(people), maxOf(people), len(bodies))
	if depths[1000] != 2 || depths[1800] != 6 || depths[1999] < 18 || depths[1999] > generatedDepth {
		t.Errorf("depths: median %d, 90th percentile %d, deepest %d", depths[1000], depths[1800], depths[1999])
	}
	if lengths[0] < minLength || lengths[1999] > maxLength || lengths[1000] > 250 {
		t.Errorf("lengths: %d to %d, median %d", lengths[0], lengths[1999], lengths[1000])
	}
	if len(people) != 60 || len(bodies) != 2000 {
		t.Errorf("%d people, %d different texts", len(people), len(bodies))
	}
	if days := (oldest - newest).Hours() / 24; days < 19 || days > 20 {
		t.Errorf("spread over %.1f days", days)
	}
}

func minOf(m map[string]int) int {
	least := 1 << 30
	for _, n := range m {
		least = min(least, n)
	}
	return least
}

func maxOf(m map[string]int) int {
	most := 0
	for _, n := range m {
		most = max(most, n)
	}
	return most
}
