package importer

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func TestReport_prints_the_contract(t *testing.T) {
	t.Parallel()
	r := NewReport("text", "a.txt")
	r.Articles.New, r.Comments.New, r.MaxDepth, r.Seconds = 1, 47, 5, 0.1
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "report", string(data), `{"format":"text","files":["a.txt"],"dry_run":false,"articles":{"new":1,"changed":0,"same":0},`+
		`"comments":{"new":47,"changed":0,"same":0,"placeholders":0,"held":0,"link_backs":0},"max_depth":5,"repairs":[],"refused":[],"conflicts":[],"seconds":0.1}`)
}

func TestReport_merges_files(t *testing.T) {
	t.Parallel()
	var all Report
	a, b := NewReport("text", "a"), NewReport("jsonl", "b")
	a.Comments.Same, a.MaxDepth, a.Seconds = 2, 3, 1
	b.Comments.Same, b.MaxDepth, b.Seconds, b.DryRun = 5, 1, 2, true
	b.Add(Problem{File: "b", Line: 4, Column: 3, Offset: 20, ID: "7", Reason: "no", Excerpt: "two\n lines", Refused: true})
	b.Add(Problem{File: "b", Line: 5, Offset: -1, Reason: "mended"})
	all.Merge(a)
	same(t, "format", all.Format, "text")
	all.Merge(b)
	same(t, "format", all.Format, "mixed")
	same(t, "same", all.Comments.Same, 7)
	same(t, "read", all.Read(), 7)
	same(t, "depth", all.MaxDepth, 3)
	same(t, "dry", all.DryRun, true)
	same(t, "files", len(all.Files), 2)
	same(t, "refused", all.Refused[0], Finding{File: "b", Line: 4, Column: 3, Byte: 22, ID: "7", Reason: "no", Excerpt: "two lines"})
	same(t, "repairs", all.Repairs[0], Finding{File: "b", Line: 5, Reason: "mended"})
}

func TestFinding_leaves_out_of_the_contract_what_is_not_known(t *testing.T) {
	t.Parallel()
	for want, p := range map[string]Problem{
		`{"file":"a","line":0,"reason":"no"}`:                                             {File: "a", Offset: -1, Reason: "no"},
		`{"file":"a","line":3,"column":2,"byte":11,"id":"9","reason":"no","excerpt":"x"}`: {File: "a", Line: 3, Column: 2, Offset: 10, ID: "9", Reason: "no", Excerpt: " x\n"},
	} {
		got, err := json.Marshal(p.finding())
		if err != nil {
			t.Fatal(err)
		}
		same(t, "finding", string(got), want)
	}
}

func TestByReason_groups_what_differs_only_in_names_and_numbers(t *testing.T) {
	t.Parallel()
	list := []Finding{
		{File: "a", Line: 1, Reason: "Its date “x” is not understood and is left out."},
		{File: "a", Line: 2, Reason: "The article has no title."},
		{File: "a", Line: 3, Reason: "Its date “12” is not understood and is left out."},
		{File: "a", Line: 4, Reason: `"id" is missing.`},
		{File: "a", Line: 5, Reason: `Its id stands already in line 7, with another text.`},
		{File: "a", Line: 9, Reason: `"parent" is missing.`},
		{File: "a", Line: 10, Reason: "From here on 40 times more: The article has no title."},
		{File: "b", Line: 1, Reason: `Its id stands already in line 9, with another text.`},
	}
	groups := ByReason(list)
	var got []string
	for _, g := range groups {
		got = append(got, fmt.Sprintf("%d %s (%d places, first in line %d)", g.Count, g.Reason, len(g.Places), g.Places[0].Line))
	}
	same(t, "groups", strings.Join(got, "\n"), strings.Join([]string{
		"41 The article has no title. (2 places, first in line 2)",
		"2 Its date “…” is not understood and is left out. (2 places, first in line 1)",
		"2 Its id stands already in line …, with another text. (2 places, first in line 5)",
		`1 "id" is missing. (1 places, first in line 4)`,
		`1 "parent" is missing. (1 places, first in line 9)`,
	}, "\n"))
	same(t, "what a gap stands for", groups[1].Places[1].Excerpt, "“12”")
	same(t, "a number by itself", groups[2].Places[0].Excerpt, "")
	same(t, "none", len(ByReason(nil)), 0)
	var many []Finding
	for i := range 100 {
		many = append(many, Finding{File: "a", Line: i, Reason: "no"})
	}
	same(t, "places", len(ByReason(many)[0].Places), maxPlaces)
}
