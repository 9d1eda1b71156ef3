package importer

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// siblings makes siblings of "author: body" or "body"; "@N author: body" has
// the date of minute N, "-" is a placeholder.
func siblings(specs ...string) (list []Sibling) {
	for _, s := range specs {
		var c CommentContent
		if rest, ok := strings.CutPrefix(s, "@"); ok {
			var minute int
			fmt.Sscanf(rest, "%d", &minute)
			when := time.Date(2020, 1, 1, 0, minute, 0, 0, time.UTC)
			c.Date = &when
			_, s, _ = strings.Cut(rest, " ")
		}
		if author, body, ok := strings.Cut(s, ": "); ok {
			c.Author, s = &author, body
		}
		c.Body = s
		list = append(list, Sibling{Content: c, Placeholder: s == "-"})
	}
	return list
}

func TestAlign(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		old, new []string
		want     string // for each new one: = and place, ~ and place for an edit, or +; then - and place for those gone
	}{
		"nothing_changed":                {[]string{"a", "b"}, []string{"a", "b"}, "=0 =1"},
		"empty":                          {nil, nil, ""},
		"first_import":                   {nil, []string{"a", "b"}, "+ +"},
		"all_gone":                       {[]string{"a", "b"}, nil, "-0 -1"},
		"one_added_in_the_middle":        {[]string{"a", "b"}, []string{"a", "new here", "b"}, "=0 + =1"},
		"one_gone":                       {[]string{"a", "b", "c"}, []string{"a", "c"}, "=0 =2 -1"},
		"a_word_edited":                  {[]string{"x", "the cat sat on the mat", "y"}, []string{"x", "the cat lay on the mat", "y"}, "=0 ~1 =2"},
		"a_lone_short_comment_edited":    {[]string{"Ann: Hi", "Bo: Yes", "Cy: Ho"}, []string{"Ann: Hi", "Bo: No", "Cy: Ho"}, "=0 ~1 =2"},
		"edited_and_one_added_before":    {[]string{"Ann: one two three"}, []string{"Bo: hello", "Ann: one two four"}, "+ ~0"},
		"another_author_is_another":      {[]string{"Ann: one two three"}, []string{"Bo: one two three"}, "+ -0"},
		"same_date_and_author_is_edited": {[]string{"@1 Ann: a", "@2 Ann: b"}, []string{"@1 Ann: a", "@2 Ann: wholly other words"}, "=0 ~1"},
		"other_zone":                     {[]string{"@1 Ann: a b c", "@2 Bo: d e f"}, []string{"@31 Ann: a b c", "@32 Bo: d e f"}, "~0 ~1"},
		"twins_stay_two":                 {[]string{"same", "same"}, []string{"same", "same"}, "=0 =1"},
		"a_third_twin":                   {[]string{"same", "x", "same"}, []string{"same", "x", "same", "same"}, "=0 =1 =2 +"},
		"changed_places":                 {[]string{"a", "b"}, []string{"b", "a"}, "=1 =0"},
		"replaced_by_something_else":     {[]string{"a long text about the garden", "z"}, []string{"quite another matter of no concern", "z"}, "+ =1 -0"},
		"placeholders":                   {[]string{"-", "a", "-"}, []string{"-", "a", "-"}, "=0 =1 =2"},
		"no_comment_becomes_placeholder": {[]string{"a"}, []string{"-"}, "+ -0"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			same(t, "pairs", describePairs(Align(siblings(c.old...), siblings(c.new...))), c.want)
		})
	}
}

func describePairs(pairs []Pair) string {
	var words []string
	for _, p := range pairs {
		switch {
		case p.Old < 0:
			words = append(words, "+")
		case p.New < 0:
			words = append(words, fmt.Sprintf("-%d", p.Old))
		case p.Same:
			words = append(words, fmt.Sprintf("=%d", p.Old))
		default:
			words = append(words, fmt.Sprintf("~%d", p.Old))
		}
	}
	return strings.Join(words, " ")
}

func TestAlign_uses_each_sibling_once_and_finds_every_equal_one(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.SampledFrom([]string{"a", "b", "c", "a b c d", "a b c e", "Ann: x", "Bo: x", "-"})
		oldList := siblings(rapid.SliceOfN(word, 0, 12).Draw(t, "old")...)
		newList := siblings(rapid.SliceOfN(word, 0, 12).Draw(t, "new")...)
		pairs := Align(oldList, newList)
		equal := map[string]int{}
		for _, s := range oldList {
			equal[fmt.Sprint(s.Placeholder, s.Content.Hash())]++
		}
		wanted := 0
		for _, s := range newList {
			if k := fmt.Sprint(s.Placeholder, s.Content.Hash()); equal[k] > 0 {
				equal[k]--
				wanted++
			}
		}
		olds, news, sames := map[int]bool{}, map[int]bool{}, 0
		for _, p := range pairs {
			if p.Old >= 0 && olds[p.Old] || p.New >= 0 && news[p.New] {
				t.Fatalf("used twice: %v", pairs)
			}
			olds[p.Old], news[p.New] = true, true
			if p.Same {
				sames++
			}
		}
		delete(olds, -1)
		delete(news, -1)
		if len(olds) != len(oldList) || len(news) != len(newList) || sames != wanted {
			t.Fatalf("%d equal, want %d: %v", sames, wanted, pairs)
		}
	})
}

func TestAlign_of_long_lists_needs_no_table(t *testing.T) {
	t.Parallel()
	var a, b []string
	for i := range 20000 {
		s := fmt.Sprintf("comment number %d says what it says", i)
		a = append(a, s)
		if i%100 == 0 {
			s += " now"
		}
		if i%100 != 50 {
			b = append(b, s)
		}
		if i%100 == 70 {
			b = append(b, fmt.Sprintf("fresh %d", i))
		}
	}
	var same, edited, added, gone int
	for _, p := range Align(siblings(a...), siblings(b...)) {
		switch {
		case p.Old < 0:
			added++
		case p.New < 0:
			gone++
		case p.Same:
			same++
		default:
			edited++
		}
	}
	if same != 19600 || edited != 200 || added != 200 || gone != 200 {
		t.Errorf("same %d, edited %d, added %d, gone %d", same, edited, added, gone)
	}
}
