package action

import (
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/url"
	"path"
	"strconv"
	"strings"

	"hustings/internal/fetch"
	"hustings/internal/forum"
	"hustings/internal/importer"
)

const (
	// maxRESTPages is how many pages of a hundred comments are fetched for the
	// articles of one feed or page.
	maxRESTPages = 300
	// restPage is the most that WordPress gives at once.
	restPage = 100

	postFields    = "id,date,date_gmt,guid,slug,status,type,link,title,content,excerpt,comment_status,_links.author,_embedded"
	commentFields = "id,post,parent,author,author_name,author_url,date,date_gmt,content,link,status,type"
)

// restOfFeed collects the articles of a feed of WordPress, with all their comments,
// from its REST interface. It is not done where that does not answer, or not with
// all of them: then the feed itself has to do.
func (c *collector) restOfFeed(ctx context.Context, info importer.FeedInfo) (done bool, err error) {
	root, numbers := restOf(info)
	if root == "" {
		return false, nil
	}
	return c.rest(ctx, restQuery{root: root, kind: "posts", posts: numbers})
}

// restOf says where the interface of a feed's site is, and which posts the feed has;
// "" where it is not WordPress', or has something else in it.
func restOf(info importer.FeedInfo) (root string, numbers []int64) {
	if !info.WordPress || len(info.Entries) == 0 || len(info.Entries) > restPage {
		return "", nil
	}
	for _, e := range info.Entries {
		if e.Post == 0 {
			return "", nil
		}
		numbers = append(numbers, e.Post)
	}
	return restRoot(siteOfFeed(info)), numbers
}

// siteOfFeed is where a feed's site is. The ids of its articles say in which folder
// that is, but may have the name of a machine on which it was made.
func siteOfFeed(info importer.FeedInfo) string {
	named, err := url.Parse(importer.SiteOf(info.Entries[0].Key, info.Site))
	site, siteErr := url.Parse(info.Site)
	if err != nil || siteErr == nil && site.Host != "" && site.Host != named.Host && !strings.HasSuffix(named.Host, ".wordpress.com") {
		return info.Site
	}
	return named.String()
}

// restRoot is where the interface of a site is when nobody says otherwise.
func restRoot(site string) string {
	u, err := url.Parse(site)
	if err != nil || u.Host == "" {
		return ""
	}
	if strings.HasSuffix(u.Host, ".wordpress.com") {
		return "https://public-api.wordpress.com/wp/v2/sites/" + u.Host + "/"
	}
	return strings.TrimRight(site, "/") + "/wp-json/wp/v2/"
}

// restOfPage collects the article of a page, with all its comments, from the REST
// interface of WordPress.
func (c *collector) restOfPage(ctx context.Context, res *fetch.Response, links importer.PageLinks) (done bool, err error) {
	q := restQuery{root: links.API, kind: "posts"}
	if named := res.Links("https://api.w.org/"); q.root == "" && len(named) > 0 {
		q.root = named[0]
	}
	switch {
	case q.root != "":
		q.root = restAddress(q.root, "wp/v2/", nil)
	case links.Post > 0:
		q.root = restRoot(importer.SiteOf(links.Shortlink, res.URL))
	default:
		return false, nil
	}
	if strings.Contains(links.Endpoint, "/wp/v2/pages/") {
		q.kind = "pages"
	}
	if links.Post > 0 {
		q.posts = []int64{links.Post}
	} else if q.slug = slugIn(links, res.URL); q.slug == "" {
		return false, nil
	}
	return c.rest(ctx, q)
}

// slugIn is the last part of a page's address.
func slugIn(links importer.PageLinks, address string) string {
	if links.Canonical != "" {
		address = links.Canonical
	}
	u, err := url.Parse(address)
	if err != nil || strings.Trim(u.Path, "/") == "" {
		return ""
	}
	return path.Base(u.Path)
}

// restQuery says what is wanted of a REST interface.
type restQuery struct {
	root  string // ends in wp/v2/
	kind  string // posts or pages
	posts []int64
	slug  string // where the number is not known
	some  bool   // those that are there will do
}

// restAddress is an address below a root, which may be one with rest_route.
func restAddress(root, below string, query url.Values) string {
	u, err := url.Parse(root)
	if err != nil {
		return ""
	}
	all := u.Query()
	if all.Has("rest_route") {
		all.Set("rest_route", strings.TrimRight(all.Get("rest_route"), "/")+"/"+below)
	} else {
		u = u.JoinPath(below)
	}
	maps.Copy(all, query)
	u.RawQuery = all.Encode()
	return u.String()
}

func (q restQuery) postsAddress() string {
	query := q.wanted()
	query.Set("per_page", strconv.Itoa(restPage))
	query.Set("_embed", "author")
	query.Set("_fields", postFields)
	return restAddress(q.root, q.kind, query)
}

func (q restQuery) wanted() url.Values {
	if q.slug != "" {
		return url.Values{"slug": {q.slug}}
	}
	return url.Values{"include": {joined(q.posts)}}
}

// name stands for the answers in reports: where they came from, without what only the
// interface needs to be told.
func (q restQuery) name() string {
	const most = 120
	name := restAddress(q.root, q.kind, q.wanted())
	if len(name) > most {
		return restAddress(q.root, q.kind, nil)
	}
	return name
}

func (q restQuery) commentsAddress(page int) string {
	return restAddress(q.root, "comments", url.Values{"post": {joined(q.posts)}, "per_page": {strconv.Itoa(restPage)},
		"page": {strconv.Itoa(page)}, "order": {"asc"}, "_fields": {commentFields}})
}

func joined(numbers []int64) string {
	list := make([]string, len(numbers))
	for i, n := range numbers {
		list[i] = strconv.FormatInt(n, 10)
	}
	return strings.Join(list, ",")
}

// rest collects posts and their comments as one file. It is not done where the
// interface does not answer with all the posts, or not with comments at all.
func (c *collector) rest(ctx context.Context, q restQuery) (done bool, err error) {
	file, err := newFetched()
	if err != nil {
		return false, err
	}
	defer file.Close() //nolint:errcheck // nobody needs it any more
	address := q.postsAddress()
	posts, _, ok := c.restList(ctx, address, file)
	if !ok || len(posts) == 0 || q.slug == "" && !q.some && len(posts) < len(q.posts) {
		return false, ctx.Err()
	}
	if q.slug != "" {
		q.posts = posts[:1]
	}
	_, pages, ok := c.restList(ctx, q.commentsAddress(1), file)
	if !ok {
		return false, ctx.Err()
	}
	failed := c.restPages(ctx, q, pages, file)
	size, err := file.Seek(0, io.SeekCurrent)
	if err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	if err == nil {
		err = c.parcel.Add(q.name(), "", size, file)
	}
	if err != nil || failed == nil {
		return err == nil, err
	}
	return true, c.missing(ctx, q.commentsAddress(2), failed)
}

// restPages collects the pages of comments after the first one, as far as that goes.
func (c *collector) restPages(ctx context.Context, q restQuery, pages int, file io.Writer) error {
	for page := 2; page <= pages; page++ {
		if page > maxRESTPages {
			return forum.NewError(forum.TooLarge, "There are more comments than can be fetched at once: %d of %d pages were.", page-1, pages)
		}
		if _, _, ok := c.restList(ctx, q.commentsAddress(page), file); !ok {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return forum.NewError(forum.Unavailable, "Only %d of %d pages of comments could be fetched.", page-1, pages)
		}
	}
	return nil
}

// restList fetches a list and adds it to the file. It gives the numbers of what is in
// it and how many pages there are; ok is false where the answer is no such list.
func (c *collector) restList(ctx context.Context, address string, file io.Writer) (numbers []int64, pages int, ok bool) {
	res, err := c.ask(ctx, address, fetch.Request{MaxBytes: maxPage, Accept: "application/json"})
	if err != nil {
		return nil, 0, false
	}
	data, err := res.Bytes()
	var list []struct {
		ID int64 `json:"id"`
	}
	if err != nil || json.Unmarshal(data, &list) != nil {
		return nil, 0, false
	}
	for _, item := range list {
		numbers = append(numbers, item.ID)
	}
	pages, _ = strconv.Atoi(res.Header.Get("X-WP-TotalPages")) //nolint:errcheck // one page
	c.total, _ = strconv.Atoi(res.Header.Get("X-WP-Total"))    //nolint:errcheck // likewise
	_, err = file.Write(append(data, '\n'))
	return numbers, pages, err == nil
}
