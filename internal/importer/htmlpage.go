package importer

import (
	"errors"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/net/html"
)

const (
	// maxPage is the longest web page that is read, in bytes: pages with thousands of
	// comments stay below.
	maxPage = 8 << 20
	// maxPageTags bounds the tags of a page, whose tree takes 350 bytes for each of
	// them: with it an import stays within 128 MiB.
	maxPageTags = 250_000
)

var (
	errLongPage = errors.New("The page is longer than 8 MiB.")
	errManyTags = errors.New("The page has more than 250,000 tags.")
	errDeepPage = errors.New("The page nests its elements so deeply that it can’t be read.")
)

// webPage is a page taken apart.
type webPage struct {
	doc *html.Node
	// address is where the page stood, nil where nobody knows.
	address *url.URL
	// base is what relative addresses in it mean.
	base  *url.URL
	lines lineIndex
	own   *string // what canonical found, nil before it looked
	// raw are the lines of the file's bytes, nil where those are others than the page's.
	raw lineIndex
	end int // of the file
	// flattened: it nested too deeply, and less of that is left.
	flattened bool
}

// openPage takes a page apart. address is where it was fetched from, "" where that
// is not known; found hears of bytes that had to be repaired.
func openPage(data []byte, address string, found func(src []byte, at int, reason string)) (*webPage, error) {
	if len(data) > maxPage {
		return nil, errLongPage
	}
	p := &webPage{address: webURL(address), raw: newLineIndex(string(data)), end: len(data)}
	if part, location, ok := mhtmlPage(data); ok {
		data, p.raw = part, nil
		p.stoodAt(location)
	}
	text := pageText(data, found)
	if p.lines = newLineIndex(text); len(p.lines) != len(p.raw) {
		p.raw = nil
	}
	p.stoodAt(savedFrom(text))
	if err := p.parse(text); err != nil {
		return nil, err
	}
	p.base = p.address
	if e := firstOf(p.doc, func(e *html.Node) bool { return e.Data == "base" && attr(e, "href") != "" }); e != nil {
		if u := p.resolved(attr(e, "href")); u != nil {
			p.base = u
		}
	}
	if p.base == nil {
		p.base = webURL(p.canonical())
		p.own = nil // its address may have been relative to itself
	}
	return p, nil
}

// parse makes the tree. One that would be too deep is made flatter.
func (p *webPage) parse(text string) error {
	for _, depth := range []int{0, maxFlatDepth} {
		marked, err := markTags(text, depth)
		if err != nil {
			return err
		}
		p.doc, err = html.ParseWithOptions(strings.NewReader(marked), html.ParseOptionEnableScripting(false))
		if err == nil {
			p.flattened = depth > 0
			return nil
		}
	}
	return errDeepPage
}

// stoodAt notes an address that the file gives for itself.
func (p *webPage) stoodAt(address string) {
	if p.address == nil {
		p.address = webURL(address)
	}
}

var savedComment = regexp.MustCompile(`(?i)<!--\s*(?:saved from url=\(\d+\)|mirrored from\s+|page saved with singlefile\s+url:\s*)([^\s>]+)`)

// savedFrom is the address that browsers note in a page they save.
func savedFrom(text string) string {
	m := savedComment.FindStringSubmatch(text[:min(len(text), 8<<10)])
	if m == nil {
		return ""
	}
	if !strings.Contains(m[1], "://") {
		return "http://" + m[1]
	}
	return m[1]
}

// archived is an address at the Wayback Machine.
var archived = regexp.MustCompile(`^(?:https?:)?(?://web\.archive\.org)?/web/\d{4,14}(?:[a-z]{2}_)?/(https?:/.*)$`)

// unarchived gives the address that an archive kept a page of.
func unarchived(address string) string {
	m := archived.FindStringSubmatch(address)
	if m == nil {
		return address
	}
	scheme, rest, _ := strings.Cut(m[1], ":")
	return scheme + "://" + strings.TrimLeft(rest, "/")
}

// webURL reads an address of the web; nil for anything else.
func webURL(address string) *url.URL {
	address = unarchived(strings.TrimSpace(address))
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil
	}
	if clean, repair := clean(u.String()); repair != "" || clean == "" {
		return nil
	}
	return u
}

// resolved is what an address in the page means; nil where it is none of the web.
func (p *webPage) resolved(ref string) *url.URL {
	ref = unarchived(strings.TrimSpace(ref))
	u, err := url.Parse(ref)
	if err != nil || ref == "" {
		return nil
	}
	if base := p.base; base != nil {
		u = base.ResolveReference(u)
	} else if p.address != nil {
		u = p.address.ResolveReference(u)
	}
	return webURL(u.String())
}

// link is resolved as text, "" for none.
func (p *webPage) link(ref string) string {
	if u := p.resolved(ref); u != nil {
		return u.String()
	}
	return ""
}

// lineIndex finds lines.
type lineIndex []int // offsets of the lines' first bytes

func newLineIndex(text string) lineIndex {
	list := lineIndex{0}
	for i := 0; ; {
		n := strings.IndexByte(text[i:], '\n')
		if n < 0 {
			return list
		}
		i += n + 1
		list = append(list, i)
	}
}

// place is where the byte at offset stands.
func (l lineIndex) place(offset int) place {
	low, high := 0, len(l)
	for high-low > 1 {
		if mid := (low + high) / 2; l[mid] <= offset {
			low = mid
		} else {
			high = mid
		}
	}
	return place{line: low + 1, column: offset - l[low] + 1, offset: int64(offset)}
}

// placeOf is where an element begins, or the nearest one around it of which that is
// known.
func (p *webPage) placeOf(n *html.Node) place {
	for ; n != nil; n = n.Parent {
		if n.Type != html.ElementNode {
			continue
		}
		offset, err := strconv.Atoi(attr(n, markedAt))
		if err != nil {
			continue
		}
		return p.inFile(p.lines.place(offset))
	}
	return place{line: 1, column: 1}
}

// inFile is where a place in the page is in the file: in the same line, as far as
// that is known.
func (p *webPage) inFile(at place) place {
	if p.raw == nil {
		at.offset = -1
		return at
	}
	start, end := p.raw[at.line-1], p.end
	if at.line < len(p.raw) {
		end = p.raw[at.line] - 1
	}
	at.column = min(at.column, end-start+1)
	at.offset = int64(start + at.column - 1)
	return at
}
