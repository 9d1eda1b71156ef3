package importer

import (
	"bytes"
	"context"
	"encoding/json"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// FeedInfo is what a feed says beside its articles, for whoever follows it. All
// addresses are absolute and unchecked.
type FeedInfo struct {
	Title string // "" where it has none
	// Site is the address of the site whose feed it is, "" where it does not say.
	Site string
	// WordPress tells that it is made by that program.
	WordPress bool
	// Next is the address of older entries, "" for none.
	Next    string
	Entries []FeedEntry
}

// FeedEntry is an article of a feed.
type FeedEntry struct {
	Key  string     // as Feed gives it
	Link string     // "" for none
	At   *time.Time // nil: unknown
	// Post is the article's number in WordPress, 0 for none.
	Post int64
	// CommentFeeds are feeds of the comments on it; those that say what comments
	// answer come first.
	CommentFeeds []string
	// Comments is how many there are, -1 where the feed does not say.
	Comments int
}

// maxFeedEntries is how many entries of a feed are followed, the first ones: feeds have
// ten to a few hundred, and whoever follows them compares each with each.
const maxFeedEntries = 500

// ReadFeedInfo reads what a feed fetched from an address says. It is not ok where
// the data are no feed; whatever is damaged is left out.
func ReadFeedInfo(ctx context.Context, data []byte, address string) (info FeedInfo, ok bool) {
	head := data[:min(len(data), headSize)]
	if (Feed{}).Sniff("", head) == 0 {
		return info, false
	}
	base, err := url.Parse(address)
	if err != nil {
		return info, false
	}
	if isJSONFeed(bytes.TrimPrefix(head, []byte(byteOrderMark))) {
		info.jsonChannel(data, base)
	} else {
		info.channel(head, base)
	}
	src := Source{Name: address, R: bytes.NewReader(data)}
	f := newFeed(src, head, func(Record) error { return nil })
	f.hear = func(e *element, a Article) {
		if len(info.Entries) < maxFeedEntries {
			info.Entries = append(info.Entries, feedEntry(e, a, base))
		}
	}
	if err := f.read(ctx, head); err != nil {
		return info, false
	}
	return info, true
}

var (
	feedFirst = regexp.MustCompile(`<(?:item|entry)[\s>/]`)
	feedName  = regexp.MustCompile(`(?s)<title(?:\s[^>]*)?>\s*(?:<!\[CDATA\[)?(.*?)(?:\]\]>)?\s*</title>`)
	feedPage  = regexp.MustCompile(`(?s)<link>\s*(?:<!\[CDATA\[)?\s*([^<\]\s]+)\s*(?:\]\]>)?\s*</link>`)
	feedLinks = regexp.MustCompile(`<(?:[a-z0-9]+:)?link\s([^>]*)>`)
	feedAttr  = regexp.MustCompile(`([a-z]+)\s*=\s*["']([^"']*)["']`)
	feedMaker = regexp.MustCompile(`<generator\b[^>]*?(?:wordpress\.(?:org|com)[^>]*>|>[^<]*wordpress)`)
)

// feedOfWordPress tells whether the beginning of a feed names that program as its
// maker.
func feedOfWordPress(head []byte) bool { return feedMaker.Match(bytes.ToLower(head)) }

// channel reads what stands before the first entry.
func (i *FeedInfo) channel(head []byte, base *url.URL) {
	if at := feedFirst.FindIndex(head); at != nil {
		head = head[:at[0]]
	}
	i.WordPress = feedOfWordPress(head)
	if m := feedName.FindSubmatch(head); m != nil {
		title, _ := clean(string(m[1]))
		i.Title = collapse(plainHTML(unescape(title)))
	}
	if m := feedPage.FindSubmatch(head); m != nil {
		i.Site = absolute(base, string(m[1]))
	}
	for _, link := range feedLinks.FindAllSubmatch(head, maxLinks) {
		attrs := map[string]string{}
		for _, a := range feedAttr.FindAllSubmatch(link[1], maxLinks) {
			attrs[string(a[1])] = string(a[2])
		}
		switch rel := attrs["rel"]; {
		case rel == "next":
			setOnce(&i.Next, absolute(base, attrs["href"]))
		case (rel == "" || rel == "alternate") && attrs["href"] != "":
			setOnce(&i.Site, absolute(base, attrs["href"]))
		}
	}
}

// jsonChannel reads the same of a JSON Feed.
func (i *FeedInfo) jsonChannel(data []byte, base *url.URL) {
	var named struct {
		Title string `json:"title"`
		Site  string `json:"home_page_url"`
		Next  string `json:"next_url"`
	}
	if json.Unmarshal(bytes.TrimPrefix(data, []byte(byteOrderMark)), &named) != nil {
		return
	}
	title, _ := clean(named.Title)
	i.Title, i.Site, i.Next = collapse(title), absolute(base, named.Site), absolute(base, named.Next)
}

// absolute is an address as it stands in a file from another one, "" for what is
// none of the web.
func absolute(base *url.URL, address string) string {
	address, _ = clean(unescape(strings.TrimSpace(address)))
	u, err := base.Parse(address)
	if err != nil || address == "" {
		return ""
	}
	return webAddress(u.String())
}

func feedEntry(e *element, a Article, base *url.URL) FeedEntry {
	entry := FeedEntry{Key: a.Key, At: a.PublishedAt, Comments: -1}
	if u, err := url.Parse(webAddress(a.Key)); err == nil {
		entry.Post = max(wxrNumber(u.Query().Get("p")), wxrNumber(u.Query().Get("page_id")))
	}
	if e == nil {
		entry.Link = absolute(base, deref(a.SourceURL))
		return entry
	}
	entry.Link = absolute(base, feedLink(e))
	var plain []string
	for _, l := range e.all("link") {
		if l.attr("rel") != "replies" || l.attr("type") == "text/html" {
			continue
		}
		if n := l.attr("count"); n != "" {
			entry.Comments = int(min(wxrNumber(n), 1<<30))
		}
		if address := absolute(base, l.attr("href")); strings.Contains(l.attr("type"), "atom") && address != "" {
			entry.CommentFeeds = append(entry.CommentFeeds, address)
		} else if address != "" && l.attr("type") != "" {
			plain = append(plain, address)
		}
	}
	if address := absolute(base, e.kid("commentRss").text()); address != "" {
		plain = append(plain, address)
	} else if address := absolute(base, e.kid("commentRSS").text()); address != "" {
		plain = append(plain, address)
	}
	entry.CommentFeeds = append(entry.CommentFeeds, plain...)
	for _, k := range e.kids {
		// The same name without a number is an address in RSS itself.
		if n := k.text(); (k.name == "comments" || k.name == "total") && n != "" && strings.Trim(n, "0123456789") == "" {
			entry.Comments = int(min(wxrNumber(n), 1<<30))
		}
	}
	return entry
}

// SiteOf is the address of the site that an article stands on, given an id such as
// /?p=7 and another address of the site or on it; "" where neither is an address.
func SiteOf(id, address string) string { return blogBase(id, address) }

// FirstArticle reads a file in whatever format it is and gives the key of its first
// article, "" where it has none, and the number of its comments.
func FirstArticle(ctx context.Context, src Source, data []byte) (key string, comments int) {
	src.R = bytes.NewReader(data)
	Read(ctx, src, "", func(r Record) error { //nolint:errcheck // whoever imports it is told
		switch r := r.(type) {
		case Article:
			setOnce(&key, r.Key)
		case Comment:
			comments++
		}
		return nil
	})
	return key, comments
}

// CountComments counts the comments of a file.
func CountComments(ctx context.Context, src Source, data []byte) int {
	_, n := FirstArticle(ctx, src, data)
	return n
}
