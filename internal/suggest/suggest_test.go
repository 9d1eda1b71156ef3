package suggest

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"hustings/internal/forum"
)

// line is a comment of a list in a test: "Name@minutes: text", where "@minutes"
// may be missing.
func line(t *testing.T, id int, s string) Comment {
	t.Helper()
	name, text, ok := strings.Cut(s, ": ")
	if !ok {
		t.Fatalf("no name in %q", s)
	}
	c := Comment{ID: forum.CommentID(id), Text: text}
	name, at, dated := strings.Cut(name, "@")
	if dated {
		d, err := time.ParseDuration(at)
		if err != nil {
			t.Fatal(err)
		}
		moment := time.Date(2016, 7, 1, 12, 0, 0, 0, time.UTC).Add(d)
		c.At = &moment
	}
	if name != "" {
		c.Name, c.Author = name, authorOf(name)
	}
	return c
}

// authorOf gives each name a number of its own.
func authorOf(name string) (id forum.PersonID) {
	for _, r := range name {
		id = id*31 + forum.PersonID(r)
	}
	return id
}

// look gives what is found in a list below a parent, "comment rule target words"
// each.
func look(t *testing.T, parent string, above []string, list ...string) (found []string) {
	t.Helper()
	var s Siblings
	s.Begin(line(t, 1, parent), func() ([]string, error) { return above, nil })
	for i, l := range list {
		f, ok, err := s.Next(line(t, i+2, l))
		if err != nil {
			t.Fatal(err)
		}
		if ok {
			found = append(found, fmt.Sprintf("%d %s %d %s", f.Comment, f.Rule, f.Target, f.Words))
		}
	}
	return found
}

const passage = "the hedge along the lane was cut down to a foot of its height last week"

func TestSiblings(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		parent string
		above  []string
		list   []string
		want   string // found, joined by " | "
	}{
		"the author answers after somebody else":          {parent: "Ann: x", list: []string{"Bob: one", "Ann: two"}, want: "3 reply 2 "},
		"the author answers the nearest":                  {parent: "Ann: x", list: []string{"Bob: one", "Cem: two", "Ann: three"}, want: "4 reply 3 "},
		"the author goes on before anybody answered":      {parent: "Ann: x", list: []string{"Ann: one", "Bob: two"}},
		"the author goes on, and on again":                {parent: "Ann: x", list: []string{"Bob: one", "Ann: two", "Ann: three"}, want: "3 reply 2  | 4 reply 2 "},
		"somebody else answers after somebody else":       {parent: "Ann: x", list: []string{"Bob: one", "Cem: two"}},
		"unknown authors are nobody":                      {parent: ": x", list: []string{": one", ": two"}},
		"an unknown author is not somebody else":          {parent: "Ann: x", list: []string{": one", "Ann: two"}},
		"the author answers whom they name":               {parent: "Ann: x", list: []string{"Bob: one", "Cem: two", "Ann: Bob, no"}, want: "4 reply 2 Bob"},
		"a quotation":                                     {parent: "Ann: x", list: []string{"Bob: see, " + passage, "Cem: no", "Dan: “" + strings.ToUpper(passage) + "” is not true"}, want: "4 quote 2 " + strings.ToUpper(passage)},
		"a quotation is surer than the author":            {parent: "Ann: x", list: []string{"Bob: " + passage + " by men", "Cem: no", "Ann: > " + passage + "\n\nthat is so"}, want: "4 quote 2 " + passage},
		"eleven words are no quotation":                   {parent: "Ann: x", list: []string{"Bob: one two three four five six seven eight nine ten eleven", "Cem: one two three four five six seven eight nine ten eleven and so on"}},
		"twelve words are one":                            {parent: "Ann: x", list: []string{"Bob: one two three four five six seven eight nine ten eleven twelve and", "Cem: one two three four five six seven eight nine ten eleven twelve or so it seems"}, want: "3 quote 2 one two three four five six seven eight nine ten eleven twelve"},
		"a quotation of the article":                      {parent: "Ann: x", above: []string{"They say that " + passage + "."}, list: []string{"Bob: " + passage + "? no", "Cem: " + passage + "? yes, it was"}},
		"a quotation of a quotation is of who said it":    {parent: "Ann: x", list: []string{"Bob: look, " + passage, "Cem: " + passage + "? no, not so", "Dan: " + passage + "? yes, it was"}, want: "3 quote 2 " + passage + " | 4 quote 2 " + passage},
		"a quotation of oneself":                          {parent: "Ann: x", list: []string{"Bob: " + passage, "Bob: I said that " + passage + " and so it is"}},
		"the same text by two people":                     {parent: "Ann: x", list: []string{"Bob: " + passage, "Cem: " + passage}},
		"a name before a comma":                           {parent: "Ann: x", list: []string{"Bob Bell: one", "Cem: two", "Dan: Bob, that is wrong"}, want: "4 name 2 Bob"},
		"a name after an at sign":                         {parent: "Ann: x", list: []string{"Bob Bell: one", "Dan: @bob that is wrong"}, want: "3 name 2 bob"},
		"a whole name":                                    {parent: "Ann: x", list: []string{"Bob Bell: one", "Dan: Bob Bell is wrong"}, want: "3 name 2 Bob Bell"},
		"a name on a line of its own":                     {parent: "Ann: x", list: []string{"Bob: one", "Dan: Bob\n\nThat is wrong"}, want: "3 name 2 Bob"},
		"a name after a greeting":                         {parent: "Ann: x", list: []string{"Bob: one", "Bob: two", "Dan: Hello Bob that is wrong"}, want: "4 name 3 Bob"},
		"a name that begins a sentence":                   {parent: "Ann: x", list: []string{"Will: one", "Dan: Will you stop that", "Eve: will-power is needed", "Eve: Well will you"}},
		"the name of the comment that is answered":        {parent: "Bob: x", list: []string{"Bob: one", "Dan: Bob, that is wrong"}},
		"the first name of whom one answers anyway":       {parent: "Bob Bell: x", list: []string{"Bob Carr: one", "Dan: Bob, that is wrong"}},
		"a name that two people have":                     {parent: "Ann: x", list: []string{"Bob Bell: one", "Bob Carr: two", "Dan: Bob, that is wrong"}},
		"the name of nobody who is there":                 {parent: "Ann: x", list: []string{"Bob: one", "Dan: Hello David, that is wrong"}},
		"one's own name":                                  {parent: "Ann: x", list: []string{"Bob: one", "Bob: Bob, again"}},
		"a correction within the hour":                    {parent: "Ann: x", list: []string{"Bob@0m: one", "Cem@5m: two", "Bob@9m: Correction – it was three"}, want: "4 correction 2 Correction"},
		"a correction the day after":                      {parent: "Ann: x", list: []string{"Bob@0m: one", "Bob@24h: Correction – it was three"}},
		"an undated correction close by":                  {parent: ": x", list: []string{"Bob: one", "Bob: that should read three"}, want: "3 correction 2 that should read"},
		"an undated correction far away":                  {parent: ": x", list: []string{"Bob: one", "Cem: a", "Cem: b", "Cem: c", "Cem: d", "Bob: I meant three"}},
		"a correction by an unknown author":               {parent: "Ann: x", list: []string{": one", ": Correction: three"}},
		"a correction below what it corrects":             {parent: "Ann: x", list: []string{"Bob: one", "Ann: Correction: three"}},
		"a correction of what one has said oneself":       {parent: "Ann: x", list: []string{"Ann: one", "Ann: Korrektur: drei"}, want: "3 correction 2 Korrektur"},
		"what is no text at all":                          {parent: "Ann: x", list: []string{"Bob: ", "Cem: \xff\xfe", "Dan: ——"}},
		"a name with nothing in it that is a letter":      {parent: "Ann: x", list: []string{"***: one", "Dan: ***, no"}},
		"a quotation in another alphabet":                 {parent: "Ann: x", list: []string{"Bob: раз два три четыре пять шесть семь восемь девять десять одиннадцать двенадцать", "Cem: «Раз, два, три, четыре, пять, шесть, семь, восемь, девять, десять, одиннадцать, двенадцать» — и что же?"}, want: "3 quote 2 Раз, два, три, четыре, пять, шесть, семь, восемь, девять, десять, одиннадцать, двенадцать"},
		"a curly apostrophe is as good as a straight one": {parent: "Ann: x", list: []string{"Bob: it's one two three four five six seven eight nine ten eleven", "Cem: It’s one two three four five six seven eight nine ten eleven, so you say"}, want: "3 quote 2 It’s one two three four five six seven eight nine ten eleven"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := strings.Join(look(t, c.parent, c.above, c.list...), " | "); got != c.want {
				t.Errorf("found %q, want %q", got, c.want)
			}
		})
	}
}

func TestSiblings_at_the_top_have_no_author_above_them(t *testing.T) {
	t.Parallel()
	var s Siblings
	s.Begin(Comment{}, func() ([]string, error) { return nil, nil })
	for i, l := range []string{"Ann: one", "Bob: two", "Ann: three", "Bob: Ann, no"} {
		f, ok, err := s.Next(line(t, i+1, l))
		if err != nil || ok != (i == 3) || ok && (f.Parent != 0 || f.Rule != Name || f.Target != 3) {
			t.Errorf("comment %d: %+v %v %v", i+1, f, ok, err)
		}
	}
}

func TestSiblings_leave_what_has_been_moved_where_it_is(t *testing.T) {
	t.Parallel()
	var s Siblings
	s.Begin(line(t, 1, "Ann: x"), func() ([]string, error) { return nil, nil })
	for i, l := range []string{"Bob: one", "Ann: two", "Dan: Bob, no"} {
		c := line(t, i+2, l)
		c.Settled = i == 1
		if _, ok, _ := s.Next(c); ok != (i == 2) {
			t.Errorf("comment %d: %v", c.ID, ok)
		}
	}
}

func TestSiblings_pass_on_that_the_texts_above_cannot_be_read(t *testing.T) {
	t.Parallel()
	var s Siblings
	broken := errors.New("broken")
	s.Begin(line(t, 1, "Ann: x"), func() ([]string, error) { return nil, broken })
	for i, l := range []string{"Bob: " + passage, "Cem: no, not " + passage + " at all"} {
		if _, _, err := s.Next(line(t, i+2, l)); (i == 1) != errors.Is(err, broken) {
			t.Errorf("comment %d: %v", i, err)
		}
	}
}

func TestSiblings_forget_what_is_out_of_reach(t *testing.T) {
	t.Parallel()
	var s Siblings
	s.Begin(line(t, 1, "Ann: x"), func() ([]string, error) { return nil, nil })
	next := func(id int, l string) (Suggestion, bool) {
		f, ok, err := s.Next(line(t, id, l))
		if err != nil {
			t.Fatal(err)
		}
		return f, ok
	}
	next(2, "Bob: "+passage)
	for i := range reach - 1 {
		next(i+3, fmt.Sprintf("P%d: number %d", i, i))
	}
	if f, ok := next(reach+2, "Cem: no, not "+passage+" at all"); !ok || f.Target != 2 {
		t.Errorf("just in reach: %+v %v", f, ok)
	}
	if len(s.kept) > reach || len(s.by) > reach+1 || len(s.called) > 2*reach || len(s.found) > 2*reach {
		t.Errorf("kept %d, by %d, called %d, found %d", len(s.kept), len(s.by), len(s.called), len(s.found))
	}
	if f, ok := next(reach+3, "Dan: Bob, I don’t think so"); ok {
		t.Errorf("out of reach: %+v", f)
	}
	if f, ok := next(reach+4, "Eve: no, not "+passage+" in the least"); !ok || f.Target != reach+2 {
		t.Errorf("what was forgotten is found again where it was quoted: %+v %v", f, ok)
	}
}

func TestTwins(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		list []string
		want string
	}{
		"sent twice":                           {[]string{"Ann@0m: Yes.", "Ann@1m: Yes."}, "2→1"},
		"sent three times":                     {[]string{"Ann@0m: Yes.", "Ann@1m: Yes.", "Ann@2m: Yes."}, "2→1 3→1"},
		"said again later":                     {[]string{"Ann@0m: Yes.", "Ann@11m: Yes.", "Ann@12m: Yes."}, "3→2"},
		"short, by nobody known":               {[]string{": I do agree", ": I do agree"}, ""},
		"longer, by nobody known":              {[]string{": I do not agree", ": I do not agree"}, "2→1"},
		"short, without a date":                {[]string{"Ann: Yes.", "Ann: Yes."}, ""},
		"longer, without a date":               {[]string{"Ann: Yes, I think so too.", "Ann@9h: Yes, I think so too."}, "2→1"},
		"by nobody known, within the minute":   {[]string{"@0m: Yes.", "@1m: Yes."}, ""},
		"nothing at all":                       {[]string{"Ann@0m: ", "Ann@1m: "}, ""},
		"the later number was written earlier": {[]string{"Ann@9m: Yes.", "Ann@1m: Yes."}, "2→1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var twins Twins
			var found []string
			for i, l := range c.list {
				if f, ok := twins.Next(line(t, i+1, l), 0, i > 0); ok {
					found = append(found, fmt.Sprintf("%d→%d", f.Comment, f.Target))
				}
			}
			if got := strings.Join(found, " "); got != c.want {
				t.Errorf("found %q, want %q", got, c.want)
			}
		})
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, words, want string }{
		{"She said: “It’s  the HEDGE, then!” and left", "it's the hedge then", "It’s  the HEDGE, then"},
		{"one two one two three", "one two three", "one two three"},
		{"one two", "one two three", ""},
		{"one two", "", ""},
		{"", "one", ""},
		{"ĺ ĺĺ", "ĺĺ", "ĺĺ"},
	} {
		from, to, ok := Find(c.text, c.words)
		if got := c.text[from:to]; got != c.want || ok != (c.want != "") {
			t.Errorf("in %q: %q %v, want %q", c.text, got, ok, c.want)
		}
	}
}

// FuzzSiblings holds that no text disturbs the rules, and that their evidence is
// found again where they say.
func FuzzSiblings(f *testing.F) {
	f.Add("it was "+passage, "no, "+passage+" was not", "Ann")
	f.Add("@Ann: x", "Correction: y", "Ann Öl")
	f.Fuzz(func(t *testing.T, one, two, name string) {
		var s Siblings
		s.Begin(Comment{ID: 1, Author: 7, Name: "Bob"}, func() ([]string, error) { return nil, nil })
		for i, c := range []Comment{{Author: 8, Name: name, Text: one}, {Author: 9, Name: "Dan", Text: two}, {Author: 7, Name: "Bob", Text: one + two}} {
			c.ID = forum.CommentID(i + 2)
			found, ok, err := s.Next(c)
			if err != nil || ok && found.Target >= c.ID {
				t.Fatalf("%+v %v", found, err)
			}
			if ok && found.Words != "" && !strings.Contains(c.Text, found.Words) {
				t.Fatalf("%q is not in %q", found.Words, c.Text)
			}
			if ok && found.Rule == Quote {
				if _, _, there := Find([]string{one, two}[found.Target-2], found.Words); !there {
					t.Fatalf("%q is not in the target", found.Words)
				}
			}
		}
	})
}

func BenchmarkSiblings(b *testing.B) {
	const many = 50_000
	words := strings.Fields(strings.Repeat("a hedge is more than wood it is a place where many things live and die ", 4))
	texts := make([]string, many)
	for i := range texts {
		var t strings.Builder
		for j := range 60 {
			fmt.Fprintf(&t, "%s%d ", words[(i+j)%len(words)], (i*7+j*j)%9973)
		}
		texts[i] = t.String()
	}
	for b.Loop() {
		var s Siblings
		s.Begin(Comment{ID: 1, Author: 1, Name: "Ann"}, func() ([]string, error) { return nil, nil })
		for i := range texts {
			if _, _, err := s.Next(Comment{ID: forum.CommentID(i + 2), Author: forum.PersonID(i%1000 + 1), Name: fmt.Sprint("Name ", i%1000), Text: texts[i]}); err != nil {
				b.Fatal(err)
			}
		}
	}
}
