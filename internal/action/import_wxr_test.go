package action_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"hustings/internal/action"
	"hustings/internal/exporter"
	"hustings/internal/importer"
)

// wxrComment is a comment element of an export of WordPress.
func wxrComment(id, parent int, at, approved string) string {
	return fmt.Sprintf("<wp:comment><wp:comment_id>%d</wp:comment_id><wp:comment_author><![CDATA[A%d]]></wp:comment_author>"+
		"<wp:comment_date_gmt>%s</wp:comment_date_gmt><wp:comment_content><![CDATA[No. %d]]></wp:comment_content>"+
		"<wp:comment_approved>%s</wp:comment_approved><wp:comment_parent>%d</wp:comment_parent></wp:comment>\n", id, id, at, id, approved, parent)
}

// wxrItem is an article with its comments.
func wxrItem(id int, kind, status string, comments ...string) string {
	return fmt.Sprintf("<item>\n<title>Article %d</title>\n<link>https://blog.example/2019/%d/</link>\n<guid>https://blog.example/?p=%d</guid>\n"+
		"<content:encoded><![CDATA[Text]]></content:encoded>\n<wp:post_id>%d</wp:post_id>\n<wp:post_name>article-%d</wp:post_name>\n"+
		"<wp:status>%s</wp:status>\n<wp:post_type>%s</wp:post_type>\n%s</item>\n", id, id, id, id, id, status, kind, strings.Join(comments, ""))
}

func wxrFile(items ...string) action.ImportFile {
	return textFile("blog.xml", `<rss xmlns:wp="http://wordpress.org/export/1.2/"><channel><wp:base_blog_url>https://blog.example</wp:base_blog_url>`+
		strings.Join(items, "")+"</channel></rss>")
}

func (d *desk) takeWXR(items ...string) *action.Imported {
	d.t.Helper()
	return d.take(action.ImportInput{Files: []action.ImportFile{wxrFile(items...)}})
}

// tree writes down the thread of an export, a line for each comment.
func tree(export string) string {
	var b strings.Builder
	for _, m := range treeLine.FindAllStringSubmatch(export, -1) {
		fmt.Fprintf(&b, "%s %s %s %s\n", m[1], m[2], m[3], strings.Trim(m[4], `"`))
	}
	return b.String()
}

var treeLine = regexp.MustCompile(`"path":(null|"[\d.]+"),.*"author":(null|"[^"]*"),.*"state":("\w+"),.*"kind":("\w+")`)

// unordered is a thread with everything that makes trees hard: replies before what
// they answer, two missing parents, spam that was answered, equal times, a circle.
func unordered() []string {
	const day = "2020-01-01 00:00:"
	return []string{
		wxrComment(9, 7, day+"09", "1"), wxrComment(7, 5, day+"07", "1"), wxrComment(5, 0, day+"05", "1"), wxrComment(6, 5, day+"06", "1"),
		wxrComment(11, 400, day+"11", "1"), wxrComment(10, 400, day+"10", "1"), wxrComment(12, 500, day+"03", "1"),
		wxrComment(20, 0, day+"20", "spam"), wxrComment(21, 20, day+"21", "1"), wxrComment(30, 31, day+"30", "1"), wxrComment(31, 30, day+"31", "1"),
		wxrComment(41, 0, day+"40", "1"), wxrComment(40, 0, day+"40", "1"), wxrComment(42, 0, "0000-00-00 00:00:00", "0"),
		wxrComment(50, 0, day+"50", "trash"), wxrComment(51, 50, day+"51", "1"),
	}
}

const unorderedTree = `"1" null "published" placeholder
"1.1" "A12" "published" comment
"2" "A5" "published" comment
"2.1" "A6" "published" comment
"2.2" "A7" "published" comment
"2.2.1" "A9" "published" comment
"3" null "published" placeholder
"3.1" "A10" "published" comment
"3.2" "A11" "published" comment
"4" "A20" "spam" comment
"4.1" "A21" "published" comment
"5" "A31" "published" comment
"5.1" "A30" "published" comment
"6" "A40" "published" comment
"7" "A41" "published" comment
"8" "A50" "removed" comment
"8.1" "A51" "published" comment
"9" "A42" "held" comment
`

func TestImport_WXR_gives_the_same_tree_in_any_order(t *testing.T) {
	t.Parallel()
	first := ""
	for round := range 4 {
		d, comments := newDesk(t), unordered()
		rand.New(rand.NewPCG(uint64(round), 1)).Shuffle(len(comments), func(i, j int) {
			if round > 0 {
				comments[i], comments[j] = comments[j], comments[i]
			}
		})
		out := d.takeWXR(wxrItem(1, "post", "publish", comments...))
		export := d.export()
		if got := tree(export); got != unorderedTree {
			t.Fatalf("round %d: got\n%swant\n%s", round, got, unorderedTree)
		}
		if first == "" {
			first = export
		}
		if export != first {
			t.Errorf("round %d: another export", round)
		}
		c := out.Comments
		if c.New != 16 || c.Placeholders != 2 || c.Held != 1 || out.MaxDepth != 3 || len(out.Refused) != 0 || len(out.Repairs) != 3 {
			t.Errorf("round %d: %+v", round, out.Report)
		}
		again := d.takeWXR(wxrItem(1, "post", "publish", comments...))
		if again.Comments.New+again.Comments.Changed != 0 || again.Comments.Same != 16 || d.export() != export {
			t.Errorf("round %d, again: %+v", round, again.Report)
		}
	}
}

func TestImport_WXR_reports_circles_and_foreign_parents(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	out := d.takeWXR(
		wxrItem(1, "post", "publish", wxrComment(1, 0, "2020-01-01 00:00:00", "1"), wxrComment(2, 3, "2020-01-02 00:00:00", "1"), wxrComment(3, 2, "2020-01-01 00:00:00", "1")),
		wxrItem(2, "post", "publish", wxrComment(4, 1, "2020-01-01 00:00:00", "1"), wxrComment(5, 5, "2020-01-01 00:00:00", "1")))
	if len(out.Refused) != 1 || out.Refused[0].Reason != "It answers a comment of another article." {
		t.Errorf("refused: %+v", out.Refused)
	}
	circles := slices.DeleteFunc(slices.Clone(out.Repairs), func(f importer.Finding) bool { return !strings.Contains(f.Reason, "answers it in turn") })
	if len(circles) != 2 {
		t.Errorf("repairs: %+v", out.Repairs)
	}
	if got := tree(d.export()); got != "\"1\" \"A1\" \"published\" comment\n\"2\" \"A2\" \"published\" comment\n\"2.1\" \"A3\" \"published\" comment\n\"1\" \"A5\" \"published\" comment\n" {
		t.Error(got)
	}
}

func TestImport_WXR_old_addresses_lead_here(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.takeWXR(wxrItem(1, "post", "publish"), wxrItem(2, "page", "publish"), wxrItem(3, "post", "draft"), wxrItem(4, "nav_menu_item", "publish"))
	for path, slug := range map[string]string{
		"?p=1": "article-1", "/?p=1": "article-1", "/2019/1/": "article-1", "/2019/1": "article-1", "/?p=2": "article-2", "/?p=3": "", "/?p=4": "",
	} {
		if got, _ := d.db.Redirect(t.Context(), path); got != slug {
			t.Errorf("%s leads to %q", path, got)
		}
	}
}

func TestImport_WXR_of_many_articles(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var items []string
	for i := 1; i <= 300; i++ {
		items = append(items, wxrItem(i, "post", "publish", wxrComment(i, i-1, "2020-01-01 00:00:00", "1")))
	}
	out := d.takeWXR(items...)
	if out.Articles.New != 300 || out.Comments.New != 1 || len(out.Refused) != 299 {
		t.Errorf("%+v, %+v, %d refused", out.Articles, out.Comments, len(out.Refused))
	}
}

func TestImport_WXR_damaged_file_loses_nothing_else(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("../importer/testdata/wxr/damaged.xml")
	if err != nil {
		t.Fatal(err)
	}
	d := newDesk(t)
	out := d.take(action.ImportInput{Files: []action.ImportFile{textFile("damaged.xml", string(data))}})
	if out.Articles.New != 7 || out.Comments.New != 16 || out.Comments.Placeholders != 2 {
		t.Errorf("%+v", out.Report)
	}
}

func TestExport_WXR_comes_back_as_the_same_threads(t *testing.T) {
	t.Parallel()
	from, to := newDesk(t), newDesk(t)
	from.take(action.ImportInput{Files: []action.ImportFile{textFile("all.jsonl", everything), wxrFile(wxrItem(1, "post", "future", unordered()...))}})
	var b bytes.Buffer
	site := exporter.Site{Title: "Here", URL: "https://here.example", At: time.Unix(0, 0)}
	if err := from.act.ExportWXRFromShell(t.Context(), site, "", &b); err != nil {
		t.Fatal(err)
	}
	out := to.take(action.ImportInput{Files: []action.ImportFile{textFile("here.xml", b.String())}})
	if len(out.Refused)+len(out.Repairs) != 0 {
		t.Errorf("%+v", out.Report)
	}
	// What has no word at WordPress is in the trash there.
	known := strings.NewReplacer(`"retracted"`, `"removed"`)
	want := strings.Split(known.Replace(tree(from.export())), "\n")
	for i, line := range want { // below a removed branch
		if strings.HasPrefix(line, `"1.2.1`) {
			want[i] = strings.Replace(line, `"published"`, `"removed"`, 1)
		}
	}
	if got := tree(to.export()); got != strings.Join(want, "\n") {
		t.Errorf("got\n%swant\n%s", got, strings.Join(want, "\n"))
	}
}

func TestImport_of_our_own_WXR_finds_every_comment_again(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.take(action.ImportInput{Files: []action.ImportFile{textFile("fence.xml", fenceWXR)}})
	d.takeText(`{"type":"article","slug":"own","title":"Own","body_html":"<p>x</p>"}
{"type":"comment","article":"own","id":"0198f6a2-0000-7000-8000-0000000000a1","parent":null,"author":"Ann","body_text":"One","created_at":"2019-03-02T10:00:00Z"}
{"type":"comment","article":"own","id":"0198f6a2-0000-7000-8000-0000000000a2","parent":"0198f6a2-0000-7000-8000-0000000000a1","body_text":"Two","created_at":"2019-03-02T11:00:00Z"}
`)
	before := d.export()
	var wxr strings.Builder
	if err := d.act.ExportWXRFromShell(t.Context(), exporter.Site{Title: "Us", URL: "https://us.example"}, "", &wxr); err != nil {
		t.Fatal(err)
	}
	in := action.ImportInput{Files: []action.ImportFile{textFile("ours.xml", wxr.String())}}
	if out := d.take(in); out.Articles.New != 0 || out.Comments.New != 0 || out.Comments.Same != 3 {
		t.Errorf("%+v", out.Report)
	}
	if after := d.export(); after != before {
		t.Errorf("it changed\n%s\ninto\n%s", before, after)
	}
	other := newDesk(t)
	other.take(in)
	if got := other.export(); strings.Count(got, "0198f6a2-0000-7000-8000-0000000000a") != 3 {
		t.Errorf("the ids are lost:\n%s", got)
	}
}
