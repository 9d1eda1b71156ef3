package importer

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// mergeThreads makes one list of the comments of a page's tree and those of its
// JSON-LD. A comment in both is taken once; each tells what the other does not. The
// tree is taken from where there is more of one.
func mergeThreads(dom, linked []*pageComment) []*pageComment {
	if len(dom) == 0 {
		return linked
	}
	same := matchThreads(dom, linked)
	fromLinked := replies(linked) > replies(dom)
	list := dom
	for _, l := range linked {
		d := same[l]
		if d == nil {
			if l.up != nil && same[l.up] != nil {
				l.up = same[l.up]
			}
			list = append(list, l)
			continue
		}
		d.fill(l)
		if !fromLinked {
			continue
		}
		d.up = l.up
		if up := same[l.up]; up != nil {
			d.up = up
		}
	}
	return list
}

// replies counts the comments that are known to answer another.
func replies(list []*pageComment) (n int) {
	for _, c := range list {
		if c.up != nil {
			n++
		}
	}
	return n
}

// matchThreads finds for comments of JSON-LD those of the tree that they are: by
// their numbers, else by what they say.
func matchThreads(dom, linked []*pageComment) map[*pageComment]*pageComment {
	byNumber, bySaying := map[string]*pageComment{}, map[string][]*pageComment{}
	for _, d := range dom {
		if d.number != "" {
			byNumber[d.number] = d
		}
		bySaying[d.saying()] = append(bySaying[d.saying()], d)
	}
	same, taken := map[*pageComment]*pageComment{}, map[*pageComment]bool{}
	take := func(l, d *pageComment) {
		same[l], taken[d] = d, true
	}
	for _, l := range linked {
		if d := byNumber[l.number]; l.number != "" && d != nil && !taken[d] {
			take(l, d)
		}
	}
	for _, l := range linked {
		if same[l] != nil {
			continue
		}
		for _, d := range bySaying[l.saying()] {
			if !taken[d] && (!l.sure || !d.sure) {
				take(l, d)
				break
			}
		}
	}
	return same
}

// maxSaying is how much of a text tells comments of one page apart, in letters.
const maxSaying = 80

// saying is who says what, in letters and digits alone: the same text is written
// with other spaces and marks in each place.
func (c *pageComment) saying() string {
	var b strings.Builder
	n := 0
	for _, r := range c.author + " " + c.text {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			continue
		}
		b.WriteRune(unicode.ToLower(r))
		if n++; n == maxSaying {
			break
		}
	}
	return b.String()
}

// fill takes from another account of the same comment what this one lacks.
func (c *pageComment) fill(o *pageComment) {
	setOnce(&c.author, o.author)
	setOnce(&c.url, o.url)
	if o.created != nil && (c.created == nil || o.zoned && !c.zoned) {
		c.created, c.zoned = o.created, o.zoned
	}
	if c.edited == nil {
		c.edited = o.edited
	}
	short := strings.TrimRight(c.text, " .…")
	if c.text == "" || utf8.RuneCountInString(o.text) > utf8.RuneCountInString(c.text)+10 && strings.HasPrefix(o.text, short) {
		c.html, c.plain, c.text = o.html, o.plain, o.text
	}
}
