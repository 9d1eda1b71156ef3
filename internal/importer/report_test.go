package importer

import (
	"encoding/json"
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
		`"comments":{"new":47,"changed":0,"same":0,"placeholders":0,"held":0,"link_backs":0},"max_depth":5,"repairs":[],"refused":[],"seconds":0.1}`)
}

func TestReport_merges_files(t *testing.T) {
	t.Parallel()
	var all Report
	a, b := NewReport("text", "a"), NewReport("jsonl", "b")
	a.Comments.Same, a.MaxDepth, a.Seconds = 2, 3, 1
	b.Comments.Same, b.MaxDepth, b.Seconds, b.DryRun = 5, 1, 2, true
	b.Add(Problem{File: "b", Line: 4, Reason: "no", Refused: true})
	b.Add(Problem{File: "b", Line: 5, Reason: "mended"})
	all.Merge(a)
	same(t, "format", all.Format, "text")
	all.Merge(b)
	same(t, "format", all.Format, "mixed")
	same(t, "same", all.Comments.Same, 7)
	same(t, "read", all.Read(), 7)
	same(t, "depth", all.MaxDepth, 3)
	same(t, "dry", all.DryRun, true)
	same(t, "files", len(all.Files), 2)
	same(t, "refused", all.Refused[0], Finding{"b", 4, "no"})
	same(t, "repairs", all.Repairs[0], Finding{"b", 5, "mended"})
}
