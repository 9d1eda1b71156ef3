package importer

import (
	"cmp"
	"html"
	"math"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// foreign is what the readers of other comment systems share: where problems go,
// how times and addresses are read, and the pages that comments stand on.
type foreign struct {
	src     Source
	emit    func(Record) error
	dropped map[string]bool
	pages   map[string]*commentPage
	order   []*commentPage
	element *element    // the record being read, of XML
	data    []byte      // or of JSON
	starts  *lineStarts // of the lines of a file that is filtered; nil: none
}

func newForeign(src Source, emit func(Record) error) *foreign {
	return &foreign{src: src, emit: emit, dropped: map[string]bool{}, pages: map[string]*commentPage{}}
}

func (f *foreign) refuse(at place, reason, data string) error {
	return f.problem(at, reason, data, true)
}

func (f *foreign) note(at place, reason, data string) error {
	return f.problem(at, reason, data, false)
}

func (f *foreign) problem(at place, reason, data string, refused bool) error {
	line := f.starts.of(at.line)
	if at.offset >= 0 {
		line = at.offset - int64(at.column-1)
	}
	id, begin := f.current()
	data, _ = clean(cmp.Or(strings.TrimSpace(data), begin))
	return f.emit(Problem{File: f.src.Name, Line: at.line, Column: at.column, Offset: line, ID: id,
		Reason: reason, Refused: refused, Excerpt: excerpt(data)})
}

// recordID finds the id in a record of JSON, whatever its system calls it.
var recordID = regexp.MustCompile(`"(?:_?id|commentHex|hex|url)"\s*:\s*(?:"([^"\\]{1,200})"|(\d{1,20}))`)

// current gives the id and the beginning of the record being read.
func (f *foreign) current() (id, begin string) {
	switch {
	case f.element != nil:
		return cmp.Or(f.element.attr("id"), f.element.kid("id").text(), f.element.kid("guid").text()), cmp.Or(f.element.kid("title").text(), tagText(f.element))
	case f.data != nil:
		return idOf(f.data), string(f.data[:min(len(f.data), 4*maxExcerpt)])
	}
	return "", ""
}

// What a file may tell about people and is not taken, or (hashMail) only as keyed
// hashes.
const (
	hashMail  = "e-mail addresses as keyed hashes"
	dropMail  = "e-mail addresses"
	dropIP    = "network addresses"
	dropVotes = "votes"
)

// drop remembers that the file has something that is not taken, unless value says
// that this record has none.
func (f *foreign) drop(what, value string) {
	if value != "" && value != "0" {
		f.dropped[what] = true
	}
}

// hashedMail begins what is said of files with e-mail addresses of people who comment.
const hashedMail = "E-mail addresses are kept only as keyed hashes; network addresses "

// finish says once what was not taken.
func (f *foreign) finish() error {
	if f.dropped[hashMail] {
		reason := hashedMail + "are not kept."
		if f.dropped[dropVotes] {
			reason = hashedMail + "and votes are not kept."
		}
		return f.emit(Problem{File: f.src.Name, Offset: -1, Reason: reason})
	}
	var list []string
	for _, what := range []string{dropMail, dropIP, dropVotes} {
		if f.dropped[what] {
			list = append(list, what)
		}
	}
	if len(list) == 0 {
		return nil
	}
	if n := len(list) - 1; n > 0 {
		list = append(list[:n-1], list[n-1]+" and "+list[n])
	}
	what := strings.Join(list, ", ")
	return f.emit(Problem{File: f.src.Name, Offset: -1,
		Reason: strings.ToUpper(what[:1]) + what[1:] + " in the file are not taken over."})
}

// timeForms are those in which exports write times. The first ones have a zone;
// the others mean that of the source.
var timeForms = []string{
	time.RFC3339, "2006-01-02 15:04:05Z07:00", "2006-01-02T15:04:05Z0700",
	"2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02",
}

// time reads a time. No time, or the zero that stands for none, is nil; one that
// is not understood is nil and noted.
func (f *foreign) time(at place, text string, forms ...string) (*time.Time, error) {
	text = strings.TrimSpace(text)
	if text == "" || strings.HasPrefix(text, "0001-01-01") || strings.HasPrefix(text, "0000-00-00") || strings.HasPrefix(text, "-0001") {
		return nil, nil //nolint:nilnil // unknown
	}
	if forms == nil {
		forms = timeForms
	}
	for _, form := range forms {
		if t, err := time.ParseInLocation(form, text, f.src.zone()); err == nil && utc(t) != nil {
			return utc(t), nil
		}
	}
	return nil, f.note(at, "Its date “"+excerpt(text)+"” is not understood and is left out.", text)
}

// byTime is the place among siblings in an export that has no order of its own;
// what has no date comes last.
func byTime(at *time.Time) int64 {
	if at == nil {
		return math.MaxInt64
	}
	return at.UnixMicro()
}

// author gives the displayed name and what kind of author that is.
func author(name string) (*string, string) {
	name = strings.TrimSpace(name)
	if name == "" {
		return nil, "unknown"
	}
	return &name, "imported"
}

// commentPage is an article of which an export has only the comments.
type commentPage struct {
	key, url, title, site string
	used                  bool // a comment stands on it
	open, closed, hidden  bool
	others                []string // further addresses
	at                    place
}

// page finds or makes the page of a key.
func (f *foreign) page(key string) *commentPage {
	p := f.pages[key]
	if p == nil {
		p = &commentPage{key: key}
		f.pages[key] = p
		f.order = append(f.order, p)
	}
	return p
}

// maxOthers bounds the further addresses of one page.
const maxOthers = 20

// isAt notes an address of the page.
func (p *commentPage) isAt(address string) {
	if better(p.url, address) {
		p.url, address = address, p.url
	}
	if address != "" && len(p.others) < maxOthers && !slices.Contains(p.others, address) {
		p.others = append(p.others, address)
	}
}

// better tells which of two addresses of one page is the one to keep: one over
// https, then the shorter one, which has no campaign's marks.
func better(old, new string) bool {
	if new == "" || old == "" {
		return old == ""
	}
	oldTLS, newTLS := strings.HasPrefix(old, "https:"), strings.HasPrefix(new, "https:")
	if oldTLS != newTLS {
		return newTLS
	}
	return len(new) < len(old)
}

// emitPages emits an article for each page with comments, in the order of the file.
// Nobody knows their texts or dates.
func (f *foreign) emitPages() error {
	empty := 0
	for _, p := range f.order {
		switch {
		case !p.used:
			empty++
			continue
		case p.url == "" && p.title == "":
			continue // never described; its comments are refused, each by its line
		}
		a := Article{Key: p.key, Site: p.site, Title: pageTitle(p.title, p.url), SourceURL: f.address(p.url, p.site),
			State: "published", Replies: "open", File: f.src.Name, Line: p.at.line}
		for _, other := range p.others {
			if u := f.address(other, p.site); u != nil && *u != deref(a.SourceURL) {
				a.OldURLs = append(a.OldURLs, *u)
			}
		}
		if !p.open {
			a.Replies = "closed"
		}
		if p.hidden {
			a.State = "private"
		}
		if err := f.emit(a); err != nil {
			return err
		}
	}
	if empty == 0 {
		return nil
	}
	return f.emit(Problem{File: f.src.Name, Offset: -1, Reason: count(empty, "page") + " without comments not taken over."})
}

// pageTitle is the page's title, else the path of its address, else its host.
func pageTitle(title, address string) string {
	if title = collapse(unescape(title)); title != "" {
		return title
	}
	u, err := url.Parse(address)
	if err != nil {
		return strings.TrimSpace(address)
	}
	path := strings.TrimSuffix(u.Path, "/")
	if path == "" {
		path = u.Host
	}
	if query := u.Query().Get("p"); path == u.Host && query != "" {
		path += "/?p=" + query
	}
	path, _ = clean(path)
	return path
}

// unescape undoes the HTML escapes of a text that was escaped once too often.
func unescape(s string) string {
	if strings.Contains(s, "&") {
		s, _ = clean(html.UnescapeString(s))
	}
	return s
}

// address is the old address of a page. An export may give only the path: then the
// host is that of the site, where it has one.
func (f *foreign) address(address, site string) *string {
	if strings.HasPrefix(address, "/") && !strings.HasPrefix(address, "//") {
		if site = f.src.site(site); !hostLike.MatchString(site) {
			return nil
		}
		address = "https://" + site + address
	}
	if !strings.HasPrefix(address, "http://") && !strings.HasPrefix(address, "https://") {
		return nil
	}
	return &address
}

var hostLike = regexp.MustCompile(`^[a-zA-Z0-9-]+(\.[a-zA-Z0-9-]+)*\.[a-zA-Z]{2,}(:\d+)?$`)

// tracking are the parts of a query that do not name another page.
var tracking = regexp.MustCompile(`^(utm_.*|fbclid|gclid|msclkid|mc_[ce]id|igshid|_ga)$`)

// pageKey makes one key of the addresses that lead to one page: http and https,
// www or not, with or without the last slash, with a campaign's marks or without.
func pageKey(address string) string {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil {
		return strings.TrimSpace(address)
	}
	host := strings.TrimPrefix(strings.ToLower(u.Hostname()), "www.")
	if port := u.Port(); port != "" && port != "80" && port != "443" {
		host += ":" + port
	}
	query := u.Query()
	for name := range query {
		if tracking.MatchString(name) {
			query.Del(name)
		}
	}
	key := host + strings.TrimRight(u.EscapedPath(), "/")
	if len(query) > 0 {
		key += "?" + query.Encode()
	}
	if strings.HasPrefix(u.Fragment, "!") {
		key += "#" + u.Fragment
	}
	if key == "" {
		key = "/"
	}
	key, _ = clean(key)
	return key
}

var ownBreaks = regexp.MustCompile(`(?i)<(p|br|div|ul|ol|pre|blockquote|table|h[1-6])\b`)

// ownParagraphs gives HTML whose lines were broken by the enter key alone its
// paragraphs; what has any of its own stays.
func ownParagraphs(s string) string {
	if s = strings.TrimSpace(s); !strings.Contains(s, "\n") || ownBreaks.MatchString(s) {
		return s
	}
	return autop(s)
}
