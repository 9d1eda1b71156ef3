package action_test

import (
	"encoding/json"
	"fmt"
	"html"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"hustings/internal/action"
)

// rookPost and rookReply are a made-up site as its owner has it.
type rookPost struct {
	id          int
	title, text string
	short       bool // its pages name the address by which exports know it
	moved       bool // it has another address by now
}

type rookReply struct {
	id, parent, post int
	author, text     string
	at               time.Time
	approved         bool
}

// rooks is the site at one moment.
type rooks struct {
	posts   []rookPost
	replies []rookReply
}

const rooksHost = "https://rooks.example"

func (p rookPost) path() string {
	if p.moved {
		return fmt.Sprintf("%s/news/no-%d/", rooksHost, p.id)
	}
	return fmt.Sprintf("%s/2020/no-%d/", rooksHost, p.id)
}

func (p rookPost) guid() string { return fmt.Sprintf("%s/?p=%d", rooksHost, p.id) }

// below gives the replies to a post that everybody sees.
func (s *rooks) below(post int) (list []rookReply) {
	for _, r := range s.replies {
		if r.post == post && r.approved {
			list = append(list, r)
		}
	}
	return list
}

// shown is a text as WordPress shows it: paragraphs, and marks turned for print.
func shown(text string) string {
	text = html.EscapeString(text)
	text = strings.NewReplacer("&#34;no&#34;", "&#8220;no&#8221;", "&#39;", "&#8217;", " -- ", " &#8211; ", "...", "&#8230;").Replace(text)
	return "<p>" + strings.ReplaceAll(text, "\n\n", "</p>\n<p>") + "</p>"
}

func newRooks(random *rand.Rand) *rooks {
	s := &rooks{}
	for id := range 2 + random.IntN(3) {
		s.posts = append(s.posts, rookPost{id: id + 1, title: fmt.Sprintf("Rooks, No. %d", id+1), text: fmt.Sprintf("They say \"no\" -- %d times.\n\nIt's so...", id), short: random.IntN(3) > 0})
	}
	for range random.IntN(20) {
		s.reply(random)
	}
	return s
}

// reply has somebody write a comment.
func (s *rooks) reply(random *rand.Rand) {
	r := rookReply{id: 10 + 3*len(s.replies), post: s.posts[random.IntN(len(s.posts))].id, author: []string{"Ann", "Bo & Co", ""}[random.IntN(3)], approved: random.IntN(6) > 0}
	r.text = fmt.Sprintf("It's \"no\" %d -- or so...\n\nAnd %d.", r.id, random.IntN(5))
	r.at = time.Date(2020, 2, 1, 8, 0, 11*r.id, 0, time.UTC)
	if above := s.below(r.post); len(above) > 0 && random.IntN(2) == 0 {
		r.parent = above[random.IntN(len(above))].id
	}
	s.replies = append(s.replies, r)
}

// later is the same site some time later.
func (s *rooks) later(random *rand.Rand) *rooks {
	s = &rooks{slices.Clone(s.posts), slices.Clone(s.replies)}
	for range random.IntN(4) {
		s.reply(random)
	}
	for i := range s.replies {
		switch random.IntN(12) {
		case 0:
			s.replies[i].text += fmt.Sprintf(" PS: %d", random.IntN(1000))
		case 1:
			s.replies[i].approved = true
		}
	}
	for i := range s.posts {
		switch random.IntN(8) {
		case 0:
			s.posts[i].text += fmt.Sprintf("\n\nLater: %d.", random.IntN(1000))
		case 1:
			s.posts[i].moved = true
		}
	}
	return s
}

// part leaves out what a part of an export lacks.
func (s *rooks) part(random *rand.Rand) *rooks {
	return &rooks{
		slices.DeleteFunc(slices.Clone(s.posts), func(rookPost) bool { return random.IntN(3) == 0 }),
		slices.DeleteFunc(slices.Clone(s.replies), func(rookReply) bool { return random.IntN(4) == 0 }),
	}
}

func (s *rooks) wxr() action.ImportFile {
	var b strings.Builder
	b.WriteString(`<rss xmlns:wp="http://wordpress.org/export/1.2/" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><wp:base_blog_url>` + rooksHost + `</wp:base_blog_url>`)
	for _, p := range s.posts {
		fmt.Fprintf(&b, "<item><title>%s</title><link>%s</link><guid>%s</guid><content:encoded><![CDATA[%s]]></content:encoded><wp:post_id>%d</wp:post_id>"+
			"<wp:status>publish</wp:status><wp:post_type>post</wp:post_type>\n", p.title, p.path(), p.guid(), p.text, p.id)
		for _, r := range s.replies {
			if r.post != p.id {
				continue
			}
			fmt.Fprintf(&b, "<wp:comment><wp:comment_id>%d</wp:comment_id><wp:comment_author><![CDATA[%s]]></wp:comment_author><wp:comment_date_gmt>%s</wp:comment_date_gmt>"+
				"<wp:comment_content><![CDATA[%s]]></wp:comment_content><wp:comment_approved>%d</wp:comment_approved><wp:comment_parent>%d</wp:comment_parent></wp:comment>\n",
				r.id, r.author, r.at.Format(time.DateTime), r.text, b2i(r.approved), r.parent)
		}
		b.WriteString("</item>\n")
	}
	return textFile("export.xml", b.String()+"</channel></rss>")
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (s *rooks) page(p rookPost) action.ImportFile {
	var b strings.Builder
	fmt.Fprintf(&b, "<!DOCTYPE html><html><head><title>%s</title><link rel=canonical href=%q>", p.title, p.path())
	if p.short {
		fmt.Fprintf(&b, "<link rel=shortlink href=%q>", p.guid())
	}
	fmt.Fprintf(&b, `<meta name="generator" content="WordPress 6.4"></head><body class="single"><article id="post-%d" class="post hentry"><h1 class="entry-title">%s</h1><div class="entry-content">%s</div></article>`+
		`<div id="comments"><ol class="comment-list">`, p.id, p.title, shown(p.text))
	var below func(parent int)
	list := s.below(p.id)
	below = func(parent int) {
		for _, r := range list {
			if r.parent != parent {
				continue
			}
			fmt.Fprintf(&b, `<li id="comment-%[1]d" class="comment"><article id="div-comment-%[1]d" class="comment-body"><footer class="comment-meta"><div class="comment-author vcard"><b class="fn">%[2]s</b></div>`+
				`<div class="comment-metadata"><time datetime="%[3]s">then</time></div></footer><div class="comment-content">%[4]s</div></article><ol class="children">`+"\n",
				r.id, html.EscapeString(r.author), r.at.Truncate(time.Minute).Format(time.RFC3339), shown(r.text))
			below(r.id)
			b.WriteString("</ol></li>\n")
		}
	}
	below(0)
	return textFile(fmt.Sprintf("page-%d.html", p.id), b.String()+"</ol></div></body></html>")
}

// rest is what the site's interface answers, for posts or only for their comments.
func (s *rooks) rest(posts bool) action.ImportFile {
	type object = map[string]any
	list := []object{}
	for _, p := range s.posts {
		if posts {
			list = append(list, object{"id": p.id, "date_gmt": "2020-01-01T00:00:00", "guid": object{"rendered": p.guid()}, "slug": fmt.Sprintf("no-%d", p.id), "status": "publish", "type": "post",
				"link": p.path(), "title": object{"rendered": p.title}, "content": object{"rendered": shown(p.text)}, "excerpt": object{"rendered": ""}})
		}
		for _, r := range s.below(p.id) {
			list = append(list, object{"id": r.id, "post": p.id, "parent": r.parent, "author_name": r.author, "date_gmt": r.at.Format("2006-01-02T15:04:05"),
				"content": object{"rendered": shown(r.text)}, "status": "approved", "type": "comment", "link": fmt.Sprintf("%s#comment-%d", p.path(), r.id)})
		}
	}
	data, _ := json.Marshal(list) //nolint:errchkjson // strings and numbers
	return textFile("answer.json", string(data))
}

func (s *rooks) feed() action.ImportFile {
	var b strings.Builder
	b.WriteString(feedHead + "<title>Rooks</title>")
	for _, p := range s.posts {
		fmt.Fprintf(&b, "<item><title>%s</title><link>%s</link><guid isPermaLink=\"false\">%s</guid><description>They say &#8220;no&#8221; [&#8230;]</description></item>\n", p.title, p.path(), p.guid())
	}
	return textFile("feed.xml", b.String()+"</channel></rss>")
}

const feedHead = `<?xml version="1.0"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><link>` +
	rooksHost + `</link><generator>https://wordpress.org/?v=6.4</generator>`

func (s *rooks) commentFeed(p rookPost) action.ImportFile {
	var b strings.Builder
	b.WriteString(feedHead + "<title>Comments on: Rooks</title>")
	for _, r := range s.below(p.id) {
		answer := ""
		if r.parent != 0 {
			answer = fmt.Sprintf("<p>In reply to <a href=\"%s#comment-%d\">them</a>.</p>\n", p.path(), r.parent)
		}
		fmt.Fprintf(&b, "<item><title>By: %[1]s</title><link>%[2]s#comment-%[3]d</link><dc:creator><![CDATA[%[1]s]]></dc:creator><pubDate>%[4]s</pubDate><guid isPermaLink=\"false\">%[5]s#comment-%[3]d</guid>"+
			"<content:encoded><![CDATA[%[6]s%[7]s]]></content:encoded></item>\n", html.EscapeString(r.author), p.path(), r.id, r.at.Format(time.RFC1123Z), p.guid(), answer, shown(r.text))
	}
	return textFile(fmt.Sprintf("comments-%d.xml", p.id), b.String()+"</channel></rss>")
}

// disqus is what another system has below the same posts.
func (s *rooks) disqus() action.ImportFile {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0"?><disqus xmlns="http://disqus.com" xmlns:dsq="http://disqus.com/disqus-internals"><category dsq:id="1"><forum>rooks</forum></category>`)
	for _, p := range s.posts {
		fmt.Fprintf(&b, `<thread dsq:id="%d"><id/><forum>rooks</forum><link>%s?utm_source=x</link><title>%s | Rooks</title><createdAt>2020-01-01T00:00:00Z</createdAt></thread>`+"\n", p.id, p.path(), p.title)
	}
	for _, r := range s.replies {
		parent := ""
		if r.parent != 0 {
			parent = fmt.Sprintf(`<parent dsq:id="%d"/>`, r.parent)
		}
		fmt.Fprintf(&b, `<post dsq:id="%d"><message><![CDATA[<p>%s</p>]]></message><createdAt>%s</createdAt><isDeleted>false</isDeleted><isSpam>false</isSpam><author><name>%s</name></author><thread dsq:id="%d"/>%s</post>`+"\n",
			r.id, html.EscapeString(r.text), r.at.Format(time.RFC3339), html.EscapeString(r.author), r.post, parent)
	}
	return textFile("disqus.xml", b.String()+"</disqus>")
}

// lines is the site as somebody wrote it down for us, with ids of their own.
func (s *rooks) lines() action.ImportFile {
	var b strings.Builder
	line := func(fields map[string]any) {
		data, _ := json.Marshal(fields) //nolint:errchkjson // strings
		b.Write(append(data, '\n'))
	}
	for _, p := range s.posts {
		line(map[string]any{"type": "article", "slug": fmt.Sprintf("no-%d", p.id), "title": p.title, "body_text": p.text, "source_url": p.path()})
		for _, r := range s.below(p.id) {
			var parent any
			if r.parent != 0 {
				parent = fmt.Sprintf("c%d", r.parent)
			}
			line(map[string]any{"type": "comment", "article": fmt.Sprintf("no-%d", p.id), "id": fmt.Sprintf("c%d", r.id), "parent": parent, "author": r.author,
				"created_at": r.at.Format(time.RFC3339), "body_text": r.text})
		}
	}
	return textFile("site.jsonl", b.String())
}

// any is the site, or a part of it, in one of its forms.
func (s *rooks) any(random *rand.Rand) action.ImportFile {
	if random.IntN(2) == 0 {
		s = s.part(random)
	}
	if len(s.posts) == 0 {
		return s.lines()
	}
	p := s.posts[random.IntN(len(s.posts))]
	switch random.IntN(9) {
	case 0, 1:
		return s.wxr()
	case 2, 3:
		return s.page(p)
	case 4:
		return s.rest(random.IntN(3) > 0)
	case 5:
		return s.feed()
	case 6:
		return s.commentFeed(p)
	case 7:
		return s.disqus()
	}
	return s.lines()
}

// figures is all that a report says but for whether it is of a dry run.
func figures(out *action.Imported) string {
	report := out.Report
	report.DryRun = false
	return fmt.Sprintf("%+v %+v", report, out.Each)
}

func fileNames(files []action.ImportFile) (names []string) {
	for _, f := range files {
		names = append(names, f.Name)
	}
	return names
}

func TestImport_of_any_forms_of_a_site_does_what_its_dry_run_says_and_is_quiet_again(t *testing.T) {
	t.Parallel()
	for seed := range uint64(formSeeds) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			d, random := newDesk(t), rand.New(rand.NewPCG(seed, 2))
			sites := []*rooks{newRooks(random)}
			for round := range 4 {
				if round > 0 {
					sites = append(sites, sites[len(sites)-1].later(random))
				}
				var in action.ImportInput
				for range 1 + random.IntN(4) {
					from := sites[len(sites)-1]
					if random.IntN(3) == 0 { // an old file
						from = sites[random.IntN(len(sites))]
					}
					in.Files = append(in.Files, from.any(random))
				}
				about := fmt.Sprintf("round %d, %v", round, fileNames(in.Files))
				before := d.export()
				in.DryRun = true
				look := d.take(in)
				if d.export() != before {
					t.Fatalf("%s: the dry run wrote", about)
				}
				in.DryRun = false
				done := d.take(in)
				if a, b := figures(look), figures(done); a != b {
					t.Fatalf("%s: the dry run said\n%s\nthe import\n%s", about, a, b)
				}
				after := d.export()
				again := d.take(in)
				if n := again.Articles.New + again.Articles.Changed + again.Comments.New + again.Comments.Changed; n > 0 {
					t.Fatalf("%s, again: %+v %+v\n%s", about, again.Articles, again.Comments, lineDiff(after, d.export()))
				}
				if now := d.export(); now != after {
					t.Fatalf("%s, again:\n%s", about, lineDiff(after, now))
				}
			}
			d.whole()
		})
	}
}

// formSeeds is how many sites are made up.
const formSeeds = 16

// lineDiff gives the lines that only one of two texts has.
func lineDiff(a, b string) string {
	var out strings.Builder
	for l := range strings.SplitSeq(a, "\n") {
		if !strings.Contains(b, l) {
			out.WriteString("- " + l + "\n")
		}
	}
	for l := range strings.SplitSeq(b, "\n") {
		if !strings.Contains(a, l) {
			out.WriteString("+ " + l + "\n")
		}
	}
	return out.String()
}
