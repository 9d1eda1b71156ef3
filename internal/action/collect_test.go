package action_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"hustings/internal/action"
	"hustings/internal/fetch"
)

// blog is a small site of WordPress.
type blog struct {
	*httptest.Server
	mu       sync.Mutex
	asked    []string
	rest     bool              // its REST interface answers
	comments int               // on each article
	answers  map[string]string // what else it answers, by address without the host
	special  map[string]http.HandlerFunc
}

// newBlog starts a blog with two articles, with numbers 7 and 9.
func newBlog(t *testing.T) *blog {
	t.Helper()
	b := &blog{rest: true, comments: 3, answers: map[string]string{}, special: map[string]http.HandlerFunc{}}
	b.Server = httptest.NewServer(http.HandlerFunc(b.serve))
	t.Cleanup(b.Close)
	return b
}

func (b *blog) serve(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asked = append(b.asked, r.URL.String())
	query := r.URL.Query()
	answer, known := b.answers[r.URL.String()]
	switch {
	case b.special[r.URL.Path] != nil:
		b.special[r.URL.Path](w, r)
	case known:
		fmt.Fprint(w, strings.ReplaceAll(answer, "BLOG", b.URL))
	case b.rest && r.URL.Path == "/wp-json/wp/v2/posts":
		var posts []any
		for _, n := range []int{7, 9} {
			if slices.Contains(strings.Split(query.Get("include"), ","), strconv.Itoa(n)) || query.Get("slug") == fmt.Sprintf("post-%d", n) {
				posts = append(posts, b.post(n))
			}
		}
		writeJSON(w, posts)
	case b.rest && r.URL.Path == "/wp-json/wp/v2/comments":
		b.restComments(w, r)
	case r.URL.Path == "/feed/":
		fmt.Fprint(w, b.feed())
	case r.URL.Path == "/post-7/", r.URL.Path == "/post-9/":
		fmt.Fprint(w, b.page(strings.Trim(r.URL.Path, "/post-")))
	case r.URL.Path == "/post-7/feed/", r.URL.Path == "/post-9/feed/":
		fmt.Fprint(w, b.commentFeed(strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, "/post-"), "/feed/")))
	default:
		http.NotFound(w, r)
	}
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	json.NewEncoder(w).Encode(v)
}

func (b *blog) post(n int) map[string]any {
	rendered := func(s string) map[string]any { return map[string]any{"rendered": s, "protected": false} }
	return map[string]any{"id": n, "date_gmt": "2024-05-01T10:00:00", "guid": rendered(fmt.Sprintf("%s/?p=%d", b.URL, n)), "slug": fmt.Sprintf("post-%d", n),
		"status": "publish", "type": "post", "link": fmt.Sprintf("%s/post-%d/", b.URL, n), "title": rendered(fmt.Sprintf("Post %d", n)),
		"content": rendered("<p>The text.</p>\n"), "excerpt": rendered("<p>The text.</p>\n")}
}

// restComments answers in pages of two, each comment an answer to the one before.
func (b *blog) restComments(w http.ResponseWriter, r *http.Request) {
	var all []map[string]any
	for post := range strings.SplitSeq(r.URL.Query().Get("post"), ",") {
		n, _ := strconv.Atoi(post)
		for i := range b.comments {
			parent := 0
			if i > 0 {
				parent = 10*n + i - 1
			}
			all = append(all, map[string]any{"id": 10*n + i, "post": n, "parent": parent, "author_name": "Ida", "date_gmt": fmt.Sprintf("2024-05-02T10:00:%02d", i),
				"content": map[string]any{"rendered": fmt.Sprintf("<p>Comment %d</p>\n", i)}, "status": "approved", "type": "comment"})
		}
	}
	page, _ := strconv.Atoi(r.URL.Query().Get("page"))
	if query := r.URL.Query(); query.Get("per_page") == "1" {
		w.Header().Set("X-WP-Total", strconv.Itoa(len(all)))
		writeJSON(w, all[len(all)-1:])
		return
	}
	w.Header().Set("X-WP-TotalPages", strconv.Itoa((len(all)+1)/2))
	writeJSON(w, all[min(2*(page-1), len(all)):min(2*page, len(all))])
}

func (b *blog) feed() string {
	var items strings.Builder
	for _, n := range []int{9, 7} {
		fmt.Fprintf(&items, `<item><title>Post %d</title><link>%s/post-%d/</link><guid isPermaLink="false">%s/?p=%d</guid><pubDate>Wed, 01 May 2024 10:00:00 +0000</pubDate>
			<content:encoded><![CDATA[<p>The text.</p>]]></content:encoded><wfw:commentRss>%s/post-%d/feed/</wfw:commentRss><slash:comments>%d</slash:comments></item>`,
			n, b.URL, n, b.URL, n, b.URL, n, b.comments)
	}
	return `<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>The blog</title><link>` + b.URL + `</link><generator>https://wordpress.org/?v=6.4</generator>` +
		items.String() + `</channel></rss>`
}

// commentFeed has only the two newest comments, as threads that it does not tell of.
func (b *blog) commentFeed(post string) string {
	var items strings.Builder
	for i := b.comments - 1; i >= max(0, b.comments-2); i-- {
		answered := ""
		if i > 0 {
			answered = fmt.Sprintf(`<p>In reply to <a href="%s/post-%s/#comment-%s%d">Ida</a>.</p>`, b.URL, post, post, i-1)
		}
		fmt.Fprintf(&items, `<item><title>By: Ida</title><link>%s/post-%s/#comment-%s%d</link><dc:creator>Ida</dc:creator><pubDate>Thu, 02 May 2024 10:00:%02d +0000</pubDate>
			<guid isPermaLink="false">%s/?p=%s#comment-%s%d</guid><content:encoded><![CDATA[%s<p>Comment %d</p>]]></content:encoded></item>`,
			b.URL, post, post, i, i, b.URL, post, post, i, answered, i)
	}
	return `<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>Comments on: Post</title><generator>https://wordpress.org/?v=6.4</generator>` + items.String() + `</channel></rss>`
}

func (b *blog) page(post string) string {
	return fmt.Sprintf(`<!doctype html><html><head><title>Post %s</title><link rel="canonical" href="%s/post-%s/"><link rel="shortlink" href="%s/?p=%s">
		<link rel="https://api.w.org/" href="%s/wp-json/"></head><body class="postid-%s"><article><h1>Post %s</h1><div class="entry-content"><p>The text.</p></div></article></body></html>`,
		post, b.URL, post, b.URL, post, b.URL, post, post)
}

// requests lists what was asked for so far, and forgets it.
func (b *blog) requests() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := b.asked
	b.asked = nil
	return list
}

// change changes what the blog answers.
func (b *blog) change(do func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	do()
}

// web is a client that may speak to servers of the test.
func web(t *testing.T) *fetch.Client {
	t.Helper()
	c := fetch.New(fetch.Options{BaseURL: "https://discuss.example.org", Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	t.Cleanup(c.Close)
	return c
}

func (d *desk) address(address string) *action.Imported {
	d.t.Helper()
	return d.take(action.ImportInput{Files: []action.ImportFile{action.AddressFile(web(d.t), address)}})
}

const wholeBlog = `Post %d | published open | BLOG/post-%d/
1 | published | Ida | 2024-05-02T10:00:00Z | "Comment 0"
1.1 | published | Ida | 2024-05-02T10:00:01Z | "Comment 1"
1.1.1 | published | Ida | 2024-05-02T10:00:02Z | "Comment 2"
`

func (d *desk) wantOutline(b *blog, want string) {
	d.t.Helper()
	if got := strings.ReplaceAll(d.outline(), b.URL, "BLOG"); got != want {
		d.t.Errorf("got\n%s\nwanted\n%s", got, want)
	}
}

func TestImport_of_a_page_of_WordPress_takes_all_comments_from_its_interface(t *testing.T) {
	t.Parallel()
	b, d := newBlog(t), newDesk(t)
	out := d.address(b.URL + "/post-7/")
	d.wantOutline(b, fmt.Sprintf(wholeBlog, 7, 7))
	if out.Format != "wprest" || len(out.Refused) != 0 || len(b.requests()) != 4 {
		t.Errorf("%+v", out.Report)
	}
	if out = d.address(b.URL + "/post-7/"); out.Articles.Same != 1 || out.Comments.Same != 3 {
		t.Errorf("a second time: %+v", out.Report)
	}
}

func TestImport_of_a_feed_of_WordPress_takes_all_comments_from_its_interface(t *testing.T) {
	t.Parallel()
	b, d := newBlog(t), newDesk(t)
	out := d.address(b.URL + "/feed/")
	d.wantOutline(b, fmt.Sprintf(wholeBlog, 7, 7)+fmt.Sprintf(wholeBlog, 9, 9))
	if len(out.Refused) != 0 || len(b.requests()) != 5 {
		t.Errorf("%+v, %q", out.Report, b.requests())
	}
	b.change(func() {
		b.answers["/"] = `<html><head><link rel="alternate" type="application/rss+xml" href="/feed/"></head><body>Welcome</body></html>`
	})
	if out = d.address(b.URL); out.Articles.Same != 2 || out.Comments.Same != 6 {
		t.Errorf("by the front page: %+v", out.Report)
	}
}

func TestImport_of_a_feed_follows_its_feeds_of_comments_where_there_is_no_interface(t *testing.T) {
	t.Parallel()
	b, d := newBlog(t), newDesk(t)
	b.rest = false
	b.answers["/post-9/feed/"] = "<html>This is no feed.</html>"
	out := d.address(b.URL + "/feed/")
	d.wantOutline(b, "Post 9 | published open | BLOG/post-9/\n"+
		strings.Replace(fmt.Sprintf(wholeBlog, 7, 7), `published | Ida | 2024-05-02T10:00:00Z | "Comment 0"`, `published placeholder | - | - | "-"`, 1))
	said := fmt.Sprint(out.Refused)
	if !strings.Contains(said, "There are 3 comments, but the feed has only 2 of them.") {
		t.Errorf("%+v", out.Report)
	}
	// The interface answers again: what was missing comes, nothing comes twice.
	b.change(func() { b.rest = true; delete(b.answers, "/post-9/feed/") })
	d.address(b.URL + "/feed/")
	d.wantOutline(b, fmt.Sprintf(wholeBlog, 9, 9)+fmt.Sprintf(wholeBlog, 7, 7))
}

func TestImport_of_a_page_follows_the_pages_of_its_comments(t *testing.T) {
	t.Parallel()
	b, d := newBlog(t), newDesk(t)
	b.rest = false
	comment := func(id, parent int, text string) string {
		return fmt.Sprintf(`<div itemprop="comment" itemscope itemtype="https://schema.org/Comment" id="comment-%d"><span itemprop="author">Ida</span><meta itemprop="parentItem" content="#comment-%d"><div itemprop="text">%s</div></div>`, id, parent, text)
	}
	page := func(more string, comments ...string) string {
		return `<!doctype html><html><head><title>Talk</title><link rel="canonical" href="BLOG/talk/"></head><body><article itemscope itemtype="https://schema.org/Article"><h1 itemprop="headline">Talk</h1>
			<div itemprop="articleBody"><p>The text of an article that is long enough to be one, with a few more words to be sure.</p></div>` + strings.Join(comments, "") + `</article>` + more + `</body></html>`
	}
	link := func(n int) string { return fmt.Sprintf(`<a href="BLOG/talk/comment-page-%d/#comments">%d</a>`, n, n) }
	b.answers["/talk/"] = page(link(1)+link(2), comment(5, 0, "Newest"))
	b.answers["/talk/comment-page-2/"] = page(link(1)+link(3), comment(3, 0, "Middle"))
	b.answers["/talk/comment-page-1/"] = page(link(2), comment(1, 0, "Oldest"))
	out := d.address(b.URL + "/talk/")
	if out.Articles.New != 1 || out.Comments.New != 3 || len(out.Refused) != 1 || !strings.Contains(out.Refused[0].Reason, "(404)") {
		t.Errorf("%+v\n%s", out.Report, d.outline())
	}
}

func TestImport_of_an_address_takes_files_as_they_are(t *testing.T) {
	t.Parallel()
	b, d := newBlog(t), newDesk(t)
	b.answers["/a.zip"] = string(zipFile(t, "one.txt", "One\n\nFirst text.\n", "two.txt", "Two\n\nSecond text.\n"))
	b.answers["/a.jsonl"] = `{"type":"hustings","version":1}` + "\n" + `{"type":"article","slug":"three","title":"Three"}` + "\n"
	d.address(b.URL + "/a.zip")
	d.address(b.URL + "/a.jsonl")
	d.wantOutline(b, "One | published open | -\nTwo | published open | -\nThree | published open | -\n")
}

func TestImport_of_an_address_says_what_can_not_be_got(t *testing.T) {
	t.Parallel()
	b, d := newBlog(t), newDesk(t)
	b.rest = false
	b.answers["/inner.xml"] = `<rss><channel><item><title>A</title><link>BLOG/a</link><wfw:commentRss>http://10.1.2.3/comments</wfw:commentRss></item>
		<item><title>B</title><link>BLOG/b</link><wfw:commentRss>http://localhost:1/</wfw:commentRss></item>
		<item><title>C</title><link>BLOG/c</link><wfw:commentRss>file:///etc/passwd</wfw:commentRss></item>
		<item><title>D</title><link>BLOG/d</link><wfw:commentRss>BLOG/nowhere</wfw:commentRss></item></channel></rss>`
	for address, words := range map[string]string{
		b.URL + "/nowhere":         "has nothing at this address (404)",
		"http://192.168.7.7/feed/": "private network",
		"http://10.0.0.1:8080/":    "private network",
		"file:///etc/passwd":       "Only addresses with http",
	} {
		out := d.address(address)
		if len(out.Refused) != 1 || !strings.Contains(out.Refused[0].Reason, words) || out.Refused[0].File != address {
			t.Errorf("%s: %+v", address, out.Refused)
		}
	}
	out := d.address(b.URL + "/inner.xml")
	if said := fmt.Sprint(out.Refused); out.Articles.New != 4 || len(out.Refused) != 3 || !strings.Contains(said, "10.1.2.3 leads to an address inside a private network") {
		t.Errorf("%+v, %s", out.Articles, said)
	}
}
