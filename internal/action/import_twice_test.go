package action_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"hustings/internal/action"
	"hustings/internal/importer"
)

// twoExports are two files of one site: the second has all that the first has, and
// one comment more.
func twoExports() []action.ImportFile {
	first := `{"type":"article","slug":"weir","title":"The weir","body_text":"It is a mile."}` + "\n" + line("1", "null", "comment", "published") +
		line("2", `"1"`, "comment", "held") + line("3", "null", "link_back", "published")
	return []action.ImportFile{textFile("half.jsonl", first), textFile("whole.jsonl", first+line("4", `"1"`, "comment", "published"))}
}

func line(id, parent, kind, state string) string {
	return fmt.Sprintf(`{"type":"comment","article":"weir","id":%q,"parent":%s,"kind":%q,"state":%q,"author":"Ann","created_at":"2011-05-0%sT10:00:00Z","body_text":"Number %s."}`+"\n",
		id, parent, kind, state, id, id)
}

func TestImport_counts_what_stands_in_two_files_for_each_of_them_and_held_once(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	out := d.take(action.ImportInput{Files: twoExports()})
	want := importer.CommentCounts{New: 3, Same: 2, Held: 1, LinkBacks: 1}
	if out.Comments != want || out.Articles != (importer.ArticleCounts{New: 1, Same: 1, Shared: 1, Repeated: 1}) {
		t.Errorf("counted %+v %+v, want %+v", out.Articles, out.Comments, want)
	}
	var each []string
	for _, f := range out.Each {
		each = append(each, fmt.Sprintf("%s %d %d", f.Name, f.Articles, f.Comments))
	}
	if got := strings.Join(each, ", "); got != "half.jsonl 1 2, whole.jsonl 1 3" {
		t.Errorf("by file: %s", got)
	}
}

func TestImport_of_an_article_without_a_date_was_last_active_with_its_newest_comment(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.take(action.ImportInput{Files: twoExports()})
	want := time.Date(2011, 5, 4, 10, 0, 0, 0, time.UTC).Format(time.DateTime)
	if got := d.one(`select to_char(active_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS') from article where slug = 'weir'`); got != want {
		t.Errorf("last active %s, want %s", got, want)
	}
}
