package importer

import (
	"cmp"
	"fmt"
	"html"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"pgregory.net/rapid"
)

// wxrNode is a comment of a thread that is written as WXR.
type wxrNode struct {
	id, parent int
	at         time.Time
	body       string
}

// write gives the comment's element, in one of the ways in which they are found.
func (n wxrNode) write(cdata bool) string {
	body := html.EscapeString(n.body)
	if cdata {
		body = "<![CDATA[" + strings.ReplaceAll(n.body, "]]>", "]]]]><![CDATA[>") + "]]>"
	}
	return fmt.Sprintf("<wp:comment>\n<wp:comment_id>%d</wp:comment_id>\n<wp:comment_author><![CDATA[A%d]]></wp:comment_author>\n"+
		"<wp:comment_date_gmt>%s</wp:comment_date_gmt>\n<wp:comment_content>%s</wp:comment_content>\n<wp:comment_approved>1</wp:comment_approved>\n"+
		"<wp:comment_parent>%d</wp:comment_parent>\n</wp:comment>\n", n.id, n.id, n.at.Format(time.DateTime), body, n.parent)
}

// drawThread makes a thread in which each comment is later than its parent, with
// many of the same second.
func drawThread(t *rapid.T) []wxrNode {
	nodes := make([]wxrNode, rapid.IntRange(0, 30).Draw(t, "comments"))
	at := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range nodes {
		at = at.Add(time.Duration(rapid.IntRange(0, 1).Draw(t, "seconds")) * time.Second)
		nodes[i] = wxrNode{
			id: i + 1, parent: rapid.IntRange(0, i).Draw(t, "parent"), at: at,
			body: strings.TrimSpace(rapid.StringOfN(rapid.RuneFrom([]rune("ab ]>&<é😉ĺ\u00a0")), 0, 20, -1).Draw(t, "body")),
		}
	}
	return nodes
}

// paths gives each comment's place by the order of siblings.
func wxrPaths(comments []Comment) map[string]string {
	kids := map[string][]Comment{}
	for _, c := range comments {
		kids[c.ParentKey] = append(kids[c.ParentKey], c)
	}
	paths := map[string]string{}
	var walk func(key, path string)
	walk = func(key, path string) {
		list := kids[key]
		slices.SortFunc(list, func(a, b Comment) int { return cmp.Compare(a.Ordinal, b.Ordinal) })
		for i, c := range list {
			paths[c.Key] = fmt.Sprintf("%s.%d", path, i+1)
			walk(c.Key, paths[c.Key])
		}
	}
	walk("", "")
	return paths
}

func TestWXR_order_in_the_file_means_nothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		nodes := drawThread(rt)
		write := func(list []wxrNode) string {
			var b strings.Builder
			for _, n := range list {
				b.WriteString(n.write(rapid.Bool().Draw(rt, "cdata")))
			}
			return wxrFile(b.String())
		}
		read := func(list []wxrNode) wxrRead {
			return readWXRFrom(t, Source{Name: "blog.xml", Verbatim: true, R: strings.NewReader(write(list))})
		}
		ordered, shuffled := read(nodes), read(rapid.Permutation(nodes).Draw(rt, "order"))
		want, got := wxrPaths(ordered.comments), wxrPaths(shuffled.comments)
		if len(want) != len(nodes) || fmt.Sprint(want) != fmt.Sprint(got) || len(shuffled.problems) != 0 {
			rt.Fatalf("%v\n%v\n%s", want, got, shuffled.tell())
		}
		for _, c := range shuffled.comments {
			n := nodes[wxrNumber(c.Key)-1]
			if *c.BodyHTML != autop(n.body) || !c.CreatedAt.Equal(n.at) || nativeID(fmt.Sprint(n.parent)) != c.ParentKey {
				rt.Fatalf("%+v became %+v, %q", n, c, *c.BodyHTML)
			}
		}
	})
}

func TestWXR_cut_off_anywhere_keeps_what_stands_before(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"ordinary", "damaged", "unordered"} {
		data, err := os.ReadFile("testdata/wxr/" + file + ".xml")
		if err != nil {
			t.Fatal(err)
		}
		whole := readWXR(t, string(data))
		rnd := rand.New(rand.NewPCG(1, 2))
		for range 200 {
			cut := rnd.IntN(len(data))
			p := readWXR(t, string(data[:cut]))
			line := strings.Count(string(data[:cut]), "\n") + 1
			last := p.problems[max(0, len(p.problems)-1):]
			if !slices.ContainsFunc(p.problems, func(x Problem) bool {
				return x.Refused && x.Line == line && strings.Contains(x.Reason, fmt.Sprintf("at byte %d;", cut))
			}) {
				t.Fatalf("%s cut at %d, line %d: %+v", file, cut, line, last)
			}
			before := strings.Count(string(data[:cut]), "</wp:comment>")
			if file == "ordinary" || file == "unordered" {
				checkCut(t, whole, p, before, cut)
			}
		}
	}
}

// checkCut compares what a cut file gave with what the whole one did: the comments
// whose end stands before the cut are the same.
func checkCut(t *testing.T, whole, p wxrRead, before, cut int) {
	t.Helper()
	if len(p.comments) > len(whole.comments) {
		t.Fatalf("cut at %d: %d comments", cut, len(p.comments))
	}
	for i, c := range p.comments {
		if c.Key != whole.comments[i].Key || *c.BodyHTML != *whole.comments[i].BodyHTML || c.ParentKey != whole.comments[i].ParentKey {
			t.Fatalf("cut at %d: %+v, not %+v", cut, c, whole.comments[i])
		}
	}
	// Of the comments that end before the cut the skipped one, and ends within
	// the text of others, are no records.
	if len(p.comments) < min(before, len(whole.comments))-2 {
		t.Fatalf("cut at %d: %d comments of %d", cut, len(p.comments), before)
	}
}

func TestWXR_reads_the_same_from_any_reader(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/wxr/damaged.xml")
	if err != nil {
		t.Fatal(err)
	}
	whole := readWXR(t, string(data))
	bytewise := readWXRFrom(t, Source{Name: "blog.xml", R: iotest.OneByteReader(strings.NewReader(string(data)))})
	if whole.tell() != bytewise.tell() {
		t.Error("differs when read byte by byte")
	}
}

func TestWXR_long_fields(t *testing.T) {
	t.Parallel()
	fits := strings.Repeat("word ", 1<<20)
	tooLong := strings.Repeat("x", maxField+1)
	p := readWXR(t, wxrComments(
		"<wp:comment_content><![CDATA["+fits+"]]></wp:comment_content>",
		"<wp:comment_content><![CDATA["+tooLong+"]]></wp:comment_content>",
		"<wp:comment_content>last</wp:comment_content>"))
	if len(p.comments) != 2 || len(*p.comments[0].BodyHTML) < len(fits) || p.comments[1].Key != "3" {
		t.Errorf("%d comments", len(p.comments))
	}
	if len(p.problems) != 2 || !p.problems[0].Refused || p.problems[0].Line != 2 {
		t.Errorf("%+v", p.problems)
	}
}

// TestWXR_files_of_beginnings end in time that grows with their length only.
func TestWXR_files_of_beginnings(t *testing.T) {
	t.Parallel()
	for _, part := range []string{"<", "<!--", "<![CDATA[", "<wp:comment><x><![CDATA[", "<item><title>", "<?", "<p>", "<wp:comment><y><![CDATA[]]>a", "</", "<item><content:encoded><![CDATA[]]></"} {
		p := readWXR(t, wxrFile(strings.Repeat(part, 20000)))
		if len(p.articles) > 20001 {
			t.Errorf("%q: %d articles", part, len(p.articles))
		}
	}
}

func FuzzWXR(f *testing.F) {
	f.Add([]byte(wxrFile("<wp:comment><wp:comment_id>1</wp:comment_id><wp:comment_content><![CDATA[a]]]]><![CDATA[>\x08&#8;]]></wp:comment_content></wp:comment>")))
	for _, file := range []string{"ordinary", "unordered", "damaged", "old"} {
		if data, err := os.ReadFile("testdata/wxr/" + file + ".xml"); err == nil {
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		g := &guard{t: t, known: map[string]bool{}}
		src := Source{Name: "f", R: strings.NewReader(string(data))}
		if err := (WXR{}).Read(t.Context(), src, g.take); err != nil {
			t.Fatal(err)
		}
		// A tag makes at most a record and two problems; the address of the blog
		// and the guid stand in each article's fields.
		if tags := strings.Count(string(data), "<") + 2; g.number > 4*tags+len(data) {
			t.Fatalf("%d records of %d bytes", g.number, len(data))
		}
	})
}

func BenchmarkWXR(b *testing.B) {
	var s strings.Builder
	body := strings.Repeat("Some words of a comment, not many, and a line.\n", 20)
	for i := range 5000 {
		s.WriteString(wxrNode{id: i + 1, parent: i / 2, at: time.Unix(int64(1e9+i), 0).UTC(), body: body}.write(true))
	}
	bench(b, WXR{}, wxrFile(s.String()), 5000)
}

// BenchmarkWXR_scan is the scanner by itself: tags and fields found, no field made
// a text.
func BenchmarkWXR_scan(b *testing.B) {
	var s strings.Builder
	body := strings.Repeat("Some words of a comment, not many, and a line.\n", 20)
	for i := range 5000 {
		s.WriteString(wxrNode{id: i + 1, parent: i / 2, at: time.Unix(int64(1e9+i), 0).UTC(), body: body}.write(true))
	}
	file := wxrFile(s.String())
	b.SetBytes(int64(len(file)))
	for b.Loop() {
		scan := newWXRScanner(strings.NewReader(file))
		for {
			tag, ok := scan.next()
			if !ok {
				break
			}
			switch string(tag.name) {
			case "rss", "channel", "item", "wp:comment":
			default:
				if !tag.close {
					scan.field()
				}
			}
		}
	}
}

func BenchmarkXMLFilter(b *testing.B) {
	file := "<a>" + strings.Repeat("Some words of a file, <em>not many</em> &amp; a line.\n", 20000) + "</a>"
	b.SetBytes(int64(len(file)))
	buf := make([]byte, 64<<10)
	for b.Loop() {
		r := newXMLFilter(strings.NewReader(file), func(cursor, string, string) {})
		for {
			if _, err := r.Read(buf); err != nil {
				break
			}
		}
	}
}
