package importer

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// wxrRead is everything that a file gave.
type wxrRead struct {
	articles []Article
	comments []Comment
	problems []Problem
}

func readWXR(t testing.TB, file string) wxrRead {
	t.Helper()
	return readWXRFrom(t, Source{Name: "blog.xml", R: strings.NewReader(file)})
}

func readWXRFrom(t testing.TB, src Source) (p wxrRead) {
	t.Helper()
	err := WXR{}.Read(context.Background(), src, func(r Record) error {
		switch r := r.(type) {
		case Article:
			p.articles = append(p.articles, r)
		case Comment:
			p.comments = append(p.comments, r)
		case Problem:
			p.problems = append(p.problems, r)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// tell writes down what matters of it, a line for each thing.
func (p wxrRead) tell() string {
	var b strings.Builder
	for _, c := range p.comments {
		fmt.Fprintf(&b, "%s %s <%s> by %s at %s %s in %q, line %d: %s\n", c.Kind, c.Key, c.ParentKey, name(c.Author), wall(c.CreatedAt), c.State, c.ArticleKey, c.Line, deref(c.BodyHTML))
	}
	for _, a := range p.articles {
		fmt.Fprintf(&b, "article %q (%s) slug %q by %s at %s %s %s from %s %v, site %s, line %d: %s\n", a.Title, a.Key, a.Slug, name(a.Author), wall(a.PublishedAt),
			a.State, a.Replies, name(a.SourceURL), a.OldURLs, a.Site, a.Line, a.BodyHTML)
	}
	for _, x := range p.problems {
		fmt.Fprintf(&b, "%d:%d refused %t: %s | %s\n", x.Line, x.Column, x.Refused, x.Reason, x.Excerpt)
	}
	return b.String()
}

func name(s *string) string {
	if s == nil {
		return "nobody"
	}
	return *s
}

func TestWXR_golden_files(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"ordinary", "unordered", "damaged", "old"} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile("testdata/wxr/" + file + ".xml")
			if err != nil {
				t.Fatal(err)
			}
			if f, err := Sniff("x.txt", data); err != nil || f.Name() != "wxr" {
				t.Errorf("sniffed as %v, %v", f, err)
			}
			checkGolden(t, "testdata/wxr/"+file+".golden", readWXR(t, string(data)).tell())
		})
	}
}

func TestWXR_reads_local_times_in_the_zone_given(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("", 2*3600)
	p := readWXRFrom(t, Source{Name: "x", Zone: zone, R: strings.NewReader(
		`<rss><channel><item><guid>g</guid><title>T</title><wp:post_date>2019-04-06 10:30:00</wp:post_date>` +
			`<wp:comment><wp:comment_id>1</wp:comment_id><wp:comment_date>2019-04-06 12:00:00</wp:comment_date>` +
			`<wp:comment_date_gmt>0000-00-00 00:00:00</wp:comment_date_gmt></wp:comment></item></channel></rss>`)})
	if got := wall(p.articles[0].PublishedAt) + " " + wall(p.comments[0].CreatedAt); got != "2019-04-06T08:30 2019-04-06T10:00" {
		t.Error(got, p.problems)
	}
}

// wxrFile puts an item around something.
func wxrFile(inside string) string {
	return `<rss xmlns:wp="http://wordpress.org/export/1.2/"><channel><item><title>T</title><guid>g</guid><wp:status>publish</wp:status>` +
		inside + `</item></channel></rss>`
}

func wxrComments(fields ...string) string {
	var b strings.Builder
	for i, f := range fields {
		fmt.Fprintf(&b, "<wp:comment><wp:comment_id>%d</wp:comment_id>%s</wp:comment>\n", i+1, f)
	}
	return wxrFile(b.String())
}

func TestWXR_states_of_comments(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"1": "published", "": "published", "approved": "published", "0": "held", "hold": "held", "spam": "spam",
		"trash": "removed", "post-trashed": "removed", "what?": "held",
	} {
		p := readWXR(t, wxrComments("<wp:comment_content>x</wp:comment_content><wp:comment_approved>"+given+"</wp:comment_approved>"))
		if len(p.comments) != 1 || p.comments[0].State != want {
			t.Errorf("%q: %s", given, p.tell())
		}
	}
}

func TestWXR_states_of_articles(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"publish": "published", "draft": "draft", "pending": "draft", "auto-draft": "draft", "future": "scheduled",
		"private": "private", "inherit": "private", "trash": "private", "wc-completed": "draft",
	} {
		p := readWXR(t, strings.Replace(wxrFile(""), ">publish<", ">"+given+"<", 1))
		if len(p.articles) != 1 || p.articles[0].State != want {
			t.Errorf("%q: %s", given, p.tell())
		}
	}
}

func TestWXR_kinds_of_comments(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]Kind{
		"": KindComment, "comment": KindComment, "review": KindComment, "pingback": KindLinkBack, "trackback": KindLinkBack,
		"webmention": KindLinkBack, "order_note": "", "note": "", "anything": "",
	} {
		p := readWXR(t, wxrComments("<wp:comment_type>"+given+"</wp:comment_type><wp:comment_parent>1</wp:comment_parent>"))
		switch {
		case want == "" && (len(p.comments) != 0 || len(p.problems) != 1 || p.problems[0].Refused),
			want != "" && (len(p.comments) != 1 || p.comments[0].Kind != want):
			t.Errorf("%q: %s", given, p.tell())
		}
	}
}

func TestWXR_an_item_of_another_type_with_comments_is_kept(t *testing.T) {
	t.Parallel()
	p := readWXR(t, wxrFile(`<wp:post_type>attachment</wp:post_type><wp:comment><wp:comment_id>1</wp:comment_id></wp:comment>`))
	if len(p.articles) != 1 || len(p.comments) != 1 || len(p.problems) != 1 {
		t.Error(p.tell())
	}
}

func TestWXR_copies_with_one_guid_stay_two(t *testing.T) {
	t.Parallel()
	item := func(id, title string) string {
		return "<item><title>" + title + "</title><guid>g</guid><wp:post_id>" + id + "</wp:post_id><wp:status>publish</wp:status></item>"
	}
	p := readWXR(t, "<rss><channel>"+item("1", "A")+item("2", "B")+item("1", "A")+"</channel></rss>")
	if len(p.articles) != 3 || p.articles[0].Key == p.articles[1].Key || p.articles[0].Key != p.articles[2].Key {
		t.Error(p.tell())
	}
}

func TestWXR_comments_without_ids_have_keys_of_their_own(t *testing.T) {
	t.Parallel()
	same := "<wp:comment><wp:comment_content>Yes</wp:comment_content></wp:comment>"
	p := readWXR(t, wxrFile(same+same))
	again := readWXR(t, wxrFile(same+same))
	if len(p.comments) != 2 || p.comments[0].Key == p.comments[1].Key || p.comments[1].Key != again.comments[1].Key {
		t.Error(p.tell())
	}
}

func TestWXR_keeps_no_network_address_and_tells_no_mail_address(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/wxr/ordinary.xml")
	if err != nil {
		t.Fatal(err)
	}
	p := readWXR(t, string(data))
	mail := false
	for i := range p.comments {
		mail = mail || p.comments[i].AuthorEmail != ""
		p.comments[i].AuthorEmail = "" // hashed before it is kept
	}
	got := fmt.Sprintf("%+v", p) + p.tell()
	if !mail {
		t.Error("nobody can be recognised")
	}
	for _, secret := range []string{"secret.example", "203.0.113.9", "mabel@"} {
		if strings.Contains(got, secret) {
			t.Errorf("%s is kept", secret)
		}
	}
}

func TestWXR_bare_ends_of_sections(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		`<![CDATA[a ]]> b ]]>`:                         "a ]]> b",
		`<![CDATA[a ]]> b <p>x</p> ]]> c ]]>`:          "a ]]> b <p>x</p> ]]> c",
		`<![CDATA[Tom]]> &amp; Jerry`:                  "Tom & Jerry",
		`<![CDATA[a]]]]><![CDATA[>b]]>`:                "a]]>b",
		" <![CDATA[a]]> \n":                            "a",
		`<![CDATA[x <![CDATA[ y ]]> z ]]>`:             "x <![CDATA[ y ]]> z",
		`<![CDATA[a]]><![CDATA[b]]>`:                   "ab",
		`<![CDATA[</wp:comment_content>]]>`:            "</wp:comment_content>",
		`a &lt;b&gt; &#233; &eacute; &amp;amp; & R&D;`: "a <b> é é &amp; & R&D;",
		`<![CDATA[&eacute; &amp; & ]]>`:                "&eacute; &amp; &",
		`<p>never a section <b>bold</b></p>`:           "<p>never a section <b>bold</b></p>",
		"<![CDATA[a\r\nb\rc]]>":                        "a\nb\nc",
		"<![CDATA[]]>":                                 "",
		"<![CDATA[]]]]>":                               "]]",
	} {
		scan := newWXRScanner(strings.NewReader("<wp:comment_content>" + given + "</wp:comment_content><x>"))
		w := &wxrReader{scan: scan, tally: newTally("f", discard)}
		w.fix.found = w.found
		if tag, ok := scan.next(); !ok || string(tag.name) != "wp:comment_content" {
			t.Fatal("no tag")
		}
		raw, at, end := scan.field()
		if got := w.value(raw, at); end != fieldWhole || got != want {
			t.Errorf("%q: got %q (%v), want %q", given, got, end, want)
		}
		if tag, ok := scan.next(); !ok || string(tag.name) != "x" {
			t.Errorf("%q: the next tag is lost", given)
		}
	}
}

func TestWXR_ids_that_two_articles_have(t *testing.T) {
	t.Parallel()
	item := func(guid string, comments ...string) string {
		return "<item><title>" + guid + "</title><guid>" + guid + "</guid><wp:status>publish</wp:status>" + strings.Join(comments, "") + "</item>"
	}
	comment := func(id, parent string) string {
		return "<wp:comment><wp:comment_id>" + id + "</wp:comment_id><wp:comment_parent>" + parent + "</wp:comment_parent></wp:comment>"
	}
	p := readWXR(t, "<rss><channel>"+item("a", comment("11", "0"), comment("11", "0"))+item("b", comment("11", "0"), comment("12", "11"))+"</channel></rss>")
	var got []string
	for _, c := range p.comments {
		got = append(got, c.Key+"<"+c.ParentKey)
	}
	if want := "11< 11< 11 of b< 12<11 of b"; strings.Join(got, " ") != want || len(p.problems) != 1 || p.problems[0].Refused {
		t.Errorf("got %q, want %q\n%s", got, want, p.tell())
	}
}
