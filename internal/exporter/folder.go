package exporter

import (
	"html"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"hustings/internal/forum"
)

// Folder writes many articles as pages (HTML), a file each, and a list of them as
// index.html. Besides the page that is being written it holds the names and titles
// of the files.
type Folder struct {
	site   Site
	create func(name string) (io.WriteCloser, error)
	file   io.WriteCloser
	page   *HTML
	taken  map[string]bool // names of files in lower case
	list   strings.Builder
	// articles is how many there are so far.
	articles int
}

// NewFolder starts one. create makes a file, which is closed before the next one is
// asked for. Close it when done.
func NewFolder(site Site, create func(name string) (io.WriteCloser, error)) *Folder {
	return &Folder{site: site, create: create, taken: map[string]bool{"index.html": true}}
}

// Article begins the file of an article. number is the one it has here.
func (f *Folder) Article(number int64, a Article) (err error) {
	if err := f.end(); err != nil {
		return err
	}
	name := f.name(a.Slug, number)
	if f.file, err = f.create(name); err != nil {
		return err
	}
	f.articles++
	f.list.WriteString(`<li itemscope itemtype="https://schema.org/DiscussionForumPosting"><a itemprop="url" href="` + html.EscapeString(name) +
		`" dir="auto"><span itemprop="headline">` + html.EscapeString(characters(a.Title)) + `</span></a> · <span itemprop="commentCount">` + strconv.Itoa(a.Comments) + "</span></li>\n")
	f.page = NewHTML(f.file, f.site)
	return f.page.Article(a)
}

// Comment writes a comment of the last article.
func (f *Folder) Comment(number int64, c Comment, tomb forum.Tomb) error {
	return f.page.Comment(number, c, tomb)
}

// Close ends the last file and writes the list, which one article does not need.
func (f *Folder) Close() error {
	if err := f.end(); err != nil || f.articles < 2 {
		return err
	}
	w, err := f.create("index.html")
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n<title>"+
		html.EscapeString(f.site.Title)+"</title>\n<style>"+htmlStyle+"</style>\n<h1>"+html.EscapeString(f.site.Title)+
		"</h1>\n<p class=\"note\">Articles, and how many comments each has.</p>\n<ul>\n"+f.list.String()+"</ul>\n</html>\n")
	if err != nil {
		return err
	}
	return w.Close()
}

func (f *Folder) end() error {
	if f.page == nil {
		return nil
	}
	err := f.page.Close()
	f.page = nil
	if err != nil {
		return err
	}
	return f.file.Close()
}

// maxNameBytes is the longest name, without its end: file systems take 255 bytes.
const maxNameBytes = 100

// name makes a file's name of an article's address: one that every file system
// takes, and that no other file has, whatever the case of its letters. Where it had
// to be changed the article's number is part of it.
func (f *Folder) name(slug string, number int64) string {
	plain := strings.Trim(strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("-_.~", r) {
			return r
		}
		return '-'
	}, strings.ToValidUTF8(slug, "-")), ".-")
	for len(plain) > maxNameBytes {
		_, n := utf8.DecodeLastRuneInString(plain)
		plain = plain[:len(plain)-n]
	}
	name := plain + ".html"
	if plain != slug || f.taken[strings.ToLower(name)] || devices[strings.ToLower(strings.SplitN(plain, ".", 2)[0])] {
		name = strings.Trim(plain+"-"+strconv.FormatInt(number, 10), "-") + ".html"
		if f.taken[strings.ToLower(name)] {
			name = "article." + name
		}
	}
	f.taken[strings.ToLower(name)] = true
	return name
}

// devices are names that Windows keeps for itself.
var devices = map[string]bool{"con": true, "prn": true, "aux": true, "nul": true, "com1": true, "com2": true, "com3": true, "com4": true, "lpt1": true, "lpt2": true, "lpt3": true}
