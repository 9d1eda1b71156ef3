package action_test

import (
	"os"
	"testing"

	"hustings/internal/action"
)

func TestImport_of_a_feed_with_comments(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("../importer/testdata/feed/comments.atom")
	if err != nil {
		t.Fatal(err)
	}
	d := newDesk(t)
	in := action.ImportInput{Files: []action.ImportFile{textFile("comments.atom", string(data))}}
	out := d.take(in)
	const want = `A post | published open | https://h.example/a
1 | published | - | 2020-01-02T10:00:00Z | "First, 1 < 2"
1.1 | published | Bo | 2020-01-03T10:00:00Z | "Second"
/b | published open | https://h.example/b/
1 | published placeholder | - | - | "-"
1.1 | published | Cy | 2020-01-04T10:00:00Z | "Elsewhere"
`
	if got := d.outline(); got != want || len(out.Refused) != 2 {
		t.Errorf("%d refused, and\n%s\nwanted\n%s", len(out.Refused), got, want)
	}
	if out = d.take(in); out.Articles.Same != 2 || out.Comments.Same != 3 {
		t.Errorf("a second time: %+v", out.Report)
	}
}
