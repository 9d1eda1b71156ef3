package server_test

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"hustings/internal/forum"
)

// feedDoc is a feed as a reader of feeds sees it.
type feedDoc struct {
	XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
	ID      string      `xml:"http://www.w3.org/2005/Atom id"`
	Title   string      `xml:"http://www.w3.org/2005/Atom title"`
	Updated string      `xml:"http://www.w3.org/2005/Atom updated"`
	Links   []feedLink  `xml:"http://www.w3.org/2005/Atom link"`
	Entries []feedEntry `xml:"http://www.w3.org/2005/Atom entry"`
}

type feedLink struct {
	Rel     string `xml:"rel,attr"`
	Type    string `xml:"type,attr"`
	Href    string `xml:"href,attr"`
	Count   string `xml:"http://purl.org/syndication/thread/1.0 count,attr"`
	Updated string `xml:"http://purl.org/syndication/thread/1.0 updated,attr"`
}

type feedEntry struct {
	ID        string     `xml:"http://www.w3.org/2005/Atom id"`
	Title     string     `xml:"http://www.w3.org/2005/Atom title"`
	Author    string     `xml:"http://www.w3.org/2005/Atom author>name"`
	Published string     `xml:"http://www.w3.org/2005/Atom published"`
	Updated   string     `xml:"http://www.w3.org/2005/Atom updated"`
	Links     []feedLink `xml:"http://www.w3.org/2005/Atom link"`
	InReplyTo *struct {
		Ref    string `xml:"ref,attr"`
		Href   string `xml:"href,attr"`
		Type   string `xml:"type,attr"`
		Source string `xml:"source,attr"`
	} `xml:"http://purl.org/syndication/thread/1.0 in-reply-to"`
	Total   string `xml:"http://purl.org/syndication/thread/1.0 total"`
	Content struct {
		Type string `xml:"type,attr"`
		Body string `xml:",chardata"`
	} `xml:"http://www.w3.org/2005/Atom content"`
}

func (e *feedEntry) link(rel string) feedLink { return findLink(e.Links, rel) }

func findLink(links []feedLink, rel string) feedLink {
	for _, l := range links {
		if l.Rel == rel {
			return l
		}
	}
	return feedLink{}
}

// feed reads a feed and checks what every feed has to have.
func (b *browser) feed(path string) feedDoc {
	b.t.Helper()
	a := b.get(path).wants(http.StatusOK)
	if got := a.Header.Get("Content-Type"); got != "application/atom+xml; charset=utf-8" {
		b.t.Errorf("%s is %q", path, got)
	}
	var f feedDoc
	if err := xml.Unmarshal([]byte(a.body), &f); err != nil {
		b.t.Fatalf("%s is not well-formed: %v in %.500s", path, err, a.body)
	}
	if f.ID == "" || f.Title == "" || findLink(f.Links, "self").Href != b.base+path || findLink(f.Links, "alternate").Href == "" {
		b.t.Errorf("%s begins with %+v", path, f.Links)
	}
	if _, err := time.Parse(time.RFC3339, f.Updated); err != nil {
		b.t.Errorf("%s: %v", path, err)
	}
	known := map[string]bool{}
	for _, e := range f.Entries {
		if e.ID == "" || known[e.ID] || e.Title == "" || e.Author == "" || !strings.HasPrefix(e.link("alternate").Href, b.base+"/") {
			b.t.Errorf("%s has an entry %+v", path, e)
		}
		known[e.ID] = true
		if _, err := time.Parse(time.RFC3339, e.Updated); err != nil || e.Updated > f.Updated {
			b.t.Errorf("%s: an entry of %q in a feed of %q", path, e.Updated, f.Updated)
		}
	}
	return f
}

func (f *feedDoc) bodies() string {
	var list []string
	for _, e := range f.Entries {
		list = append(list, strings.TrimSuffix(strings.TrimPrefix(e.Content.Body, "<p>"), "</p>"))
	}
	return strings.Join(list, "|")
}

func TestFeeds_tell_newest_first_what_is_new(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.article("trees", smallThread)
	s.article("hedges", "Eve: on hedges")
	b := s.anonymous()
	ben := s.comment("answer to Ann")
	first := s.comment("first words")
	for path, want := range map[string]string{
		"/feed.atom":                                    "Words about hedges.|Words about trees.",
		"/comments.atom":                                "on hedges|another beginning|second answer to Ann|answer to Ben|answer to Ann|first words",
		"/articles/trees/comments.atom":                 "another beginning|second answer to Ann|answer to Ben|answer to Ann|first words",
		"/people/ann.atom":                              "answer to Ben|first words",
		fmt.Sprintf("/comments/%d/replies.atom", ben):   "answer to Ben",
		fmt.Sprintf("/comments/%d/replies.atom", first): "second answer to Ann|answer to Ben|answer to Ann",
	} {
		if f := b.feed(path); f.bodies() != want {
			t.Errorf("%s has %q, not %q", path, f.bodies(), want)
		}
	}
	for _, path := range []string{"/articles/none/comments.atom", "/people/none.atom", "/comments/999999/replies.atom", "/comments/x/replies.atom"} {
		b.get(path).wants(http.StatusNotFound)
	}
	if !strings.Contains(b.get("/people/ann").wants(http.StatusOK).Header.Get("Content-Type"), "text/html") {
		t.Error("the person's page is not a page")
	}
}

func TestFeeds_say_what_answers_what(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.article("trees", smallThread)
	b := s.anonymous()
	article := b.feed("/feed.atom").Entries[0]
	if r := article.link("replies"); r.Count != "5" || article.Total != "5" || r.Updated == "" || r.Type != "application/atom+xml" ||
		r.Href != b.base+"/articles/trees/comments.atom" {
		t.Errorf("the article says %+v, total %s", r, article.Total)
	}
	byBody := map[string]feedEntry{}
	for _, e := range b.feed("/articles/trees/comments.atom").Entries {
		byBody[e.Content.Body] = e
		if e.Content.Type != "html" || e.Total != "" {
			t.Errorf("content of %q, total %q", e.Content.Type, e.Total)
		}
	}
	top, reply := byBody["<p>first words</p>"], byBody["<p>answer to Ann</p>"]
	if top.Author != "Ann" || top.Title != "Ann on “About trees”" || top.Published != "2026-11-01T10:00:00.000Z" {
		t.Errorf("the first comment: %+v", top)
	}
	if r := top.InReplyTo; r == nil || r.Ref != article.ID || r.Href != b.base+"/articles/trees" || r.Type != "text/html" || r.Source != b.base+"/feed.atom" {
		t.Errorf("a top-level comment answers %+v", r)
	}
	first := s.comment("first words")
	if r := reply.InReplyTo; r == nil || r.Ref != top.ID || r.Href != fmt.Sprintf("%s/comments/%d", b.base, first) || r.Source != b.base+"/articles/trees/comments.atom" {
		t.Errorf("a reply answers %+v", r)
	}
	if got := top.link("replies").Href; got != fmt.Sprintf("%s/comments/%d/replies.atom", b.base, first) {
		t.Errorf("the branch is at %s", got)
	}
}

func TestFeeds_names_are_for_ever(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	const uuid = "01890a5d-ac96-774b-bcce-b302099a8057"
	s.load(`{"type":"article","id":"` + uuid + `","slug":"a","title":"A","body_html":"<p>x</p>"}
{"type":"comment","article":"a","id":"5 % < é","parent":null,"author":null,"created_at":null,"body_text":"undated"}`)
	b := s.anonymous()
	if id := b.feed("/feed.atom").Entries[0].ID; id != "urn:uuid:"+uuid {
		t.Errorf("the article is %s", id)
	}
	e := b.feed("/comments.atom").Entries[0]
	if want := "tag:127.0.0.1," + time.Now().UTC().Format("2006-01-02") + ":comment/5%20%25%20%3C%20%C3%A9"; e.ID != want {
		t.Errorf("the comment is %s, not %s", e.ID, want)
	}
	if e.Published != "" || e.Author != "Author unknown" || e.Title != "A comment on “A”" {
		t.Errorf("unknown author and date: %+v", e)
	}
}

func TestFeeds_and_API_take_times_at_the_ends_of_time(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for i, at := range []string{"9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59+14:00", "1500-02-28T00:00:00Z"} {
		slug := fmt.Sprint("t", i)
		s.load(fmt.Sprintf(`{"type":"article","slug":"%[1]s","title":"A","body_html":"<p>x</p>","published_at":"%[2]s"}
{"type":"comment","article":"%[1]s","id":"%[1]s","parent":null,"author":null,"created_at":"%[2]s","edited_at":"%[2]s","body_text":"x"}`, slug, at))
		b := s.anonymous()
		b.feed("/articles/" + slug + "/comments.atom")
		b.get("/api/v1/articles/" + slug).wants(http.StatusOK)
		b.get("/api/v1/articles/" + slug + "/comments").wants(http.StatusOK)
	}
	s.anonymous().feed("/feed.atom")
	s.anonymous().get("/api/v1/articles").wants(http.StatusOK)
}

// Characters that no XML can hold, the end of a CDATA section, markup and marks
// of direction, in every place where people's words go.
func TestFeeds_are_well_formed_whatever_people_write(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	hostile := []string{"a\x01b\x0b\x1f", "]]>", "<script>alert(1)</script>", `"quoted' & <b>`, "\u202eevil\u2066", "\ufffe\uffff", "&#0;&#x1;", "line\r\nline\ttab", "𝔘\U0010ffff", "<![CDATA[x]]>", "<?xml?><!DOCTYPE a>"}
	lines := []string{}
	add := func(record map[string]any) {
		encoded, err := json.Marshal(record)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, string(encoded))
	}
	add(map[string]any{"type": "article", "id": "h" + strings.Join(hostile, ""), "slug": "h", "title": "Title " + strings.Join(hostile, " "),
		"author": strings.Join(hostile, " "), "body_html": "<p>" + strings.Join(hostile, " ")})
	for i, text := range hostile {
		add(map[string]any{"type": "comment", "article": "h", "id": fmt.Sprint(i, text), "parent": nil, "author": "N " + text, "body_text": "text " + text})
		add(map[string]any{"type": "comment", "article": "h", "id": fmt.Sprint(i, "html", text), "parent": nil, "author": "N " + text, "body_html": "html " + text})
	}
	s.load(strings.Join(lines, "\n"))
	b := s.anonymous()
	all := b.feed("/comments.atom")
	if len(all.Entries) != 2*len(hostile) {
		t.Errorf("%d entries of %d", len(all.Entries), 2*len(hostile))
	}
	b.feed("/feed.atom")
	b.feed("/articles/h/comments.atom")
	people := 0
	for _, e := range all.Entries {
		if strings.Contains(e.Content.Body, "<script") {
			t.Errorf("an entry's HTML is %q", e.Content.Body)
		}
		b.feed(strings.TrimPrefix(e.link("replies").Href, b.base))
		people++
	}
	if people == 0 {
		t.Error("nothing was looked at")
	}
}

func TestFeeds_answer_304_until_something_changes(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.article("trees", smallThread)
	b := s.signedIn("Ruth", forum.Reader)
	first := s.comment("first words")
	for _, path := range []string{"/feed.atom", "/comments.atom", "/articles/trees/comments.atom", "/people/ann.atom",
		fmt.Sprintf("/comments/%d/replies.atom", first), "/api/v1/articles", "/api/v1/articles/trees", "/api/v1/articles/trees/comments",
		fmt.Sprintf("/api/v1/comments/%d", first), "/api/openapi.yaml"} {
		for name, who := range map[string]*browser{"anonymous": s.anonymous(), "signed in": b} {
			a := who.get(path).wants(http.StatusOK)
			tag := a.Header.Get("ETag")
			if tag == "" || !strings.HasPrefix(a.Header.Get("Cache-Control"), "public") {
				t.Fatalf("%s, %s: %v", path, name, a.Header)
			}
			if again := who.get(path, "If-None-Match", tag).wants(http.StatusNotModified); again.body != "" {
				t.Errorf("%s: 304 with a body", path)
			}
			plain := []string{"Accept-Encoding", "identity"} // else the test's own client asks differently
			get, head := who.get(path, plain...), who.do(http.MethodHead, path, "", "", plain...).wants(http.StatusOK)
			if head.Header.Get("ETag") != get.Header.Get("ETag") || head.body != "" {
				t.Errorf("%s: HEAD differs", path)
			}
		}
	}
	tag := s.anonymous().get("/comments.atom").Header.Get("ETag")
	b.reply("trees", fmt.Sprint(first), "Something new.")
	if a := s.anonymous().get("/comments.atom", "If-None-Match", tag).wants(http.StatusOK); !strings.Contains(a.body, "Something new.") {
		t.Error("the feed is old")
	}
	if f := s.anonymous().feed("/feed.atom"); f.Entries[0].Total != "6" {
		t.Errorf("the article counts %s", f.Entries[0].Total)
	}
}

func TestFeeds_go_on_in_pages(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	var outline strings.Builder
	const n = 120
	for i := range n {
		fmt.Fprintf(&outline, "Ann: words number %d\n", i)
	}
	s.article("trees", outline.String())
	b := s.anonymous()
	for _, path := range []string{"/comments.atom", "/articles/trees/comments.atom", "/people/ann.atom"} {
		next, id := path, ""
		var all []string
		for pages := 0; next != ""; pages++ {
			f := b.feed(next)
			if len(f.Entries) > 50 || pages > 3 || (id != "" && f.ID != id) {
				t.Fatalf("%s: page %d has %d entries and is named %s", path, pages, len(f.Entries), f.ID)
			}
			id = f.ID
			for _, e := range f.Entries {
				all = append(all, e.Content.Body)
			}
			next = strings.TrimPrefix(findLink(f.Links, "next").Href, b.base)
		}
		if len(all) != n || all[0] != fmt.Sprintf("<p>words number %d</p>", n-1) || all[n-1] != "<p>words number 0</p>" {
			t.Errorf("%s: %d entries from %q to %q", path, len(all), all[0], all[len(all)-1])
		}
		for _, bad := range []string{"?", "-1", "zzzzzzzzzzzzzzzzzzzz", "%00", "%ff", "a+b", "'--"} {
			b.get(path + "?after=" + bad).wants(http.StatusBadRequest)
		}
	}
	for _, bad := range []string{"x", "1", "%00.%00", "1.zzzzzzzzzzzzzzzzzz", "zzzzzzzzzzzz.1"} {
		b.get("/feed.atom?after=" + bad).wants(http.StatusBadRequest)
	}
}
