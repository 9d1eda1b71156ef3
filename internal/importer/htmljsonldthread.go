package importer

import (
	"regexp"
	"strconv"
	"strings"
)

var commentTypes = wordSet("comment usercomments answer")

// comments gives the comments of an article: those inside of it at any depth, and
// those that stand by themselves and say what they are about.
func (l *linkedData) comments(article map[string]any) []*pageComment {
	l.seen[linkedKey(article)] = true
	l.inside(article, nil)
	answered := map[*pageComment]string{}
	for _, o := range l.nodes {
		if isA(o, commentTypes) && !l.seen[linkedKey(o)] && len(l.list) < maxPageComments {
			c := l.comment(o, nil)
			l.inside(o, c)
			answered[c] = stringOf(o["parentItem"])
		}
	}
	byID := map[string]*pageComment{}
	for _, c := range l.list {
		if c.anchor != "" {
			byID[c.anchor] = c
		}
	}
	for c, id := range answered {
		if up := byID[id]; up != nil && up != c {
			c.up = up
		}
	}
	for _, c := range l.list {
		c.anchor = "" // was the @id
		if c.sure {
			c.anchor = "comment-" + c.number
		}
	}
	return l.list
}

// linkedNo is the property under which gather numbers the objects.
const linkedNo = "hustings:no"

// linkedKey tells objects apart.
func linkedKey(o map[string]any) string { return stringOf(o[linkedNo]) }

// inside reads the comments in an object, and the comments in those.
func (l *linkedData) inside(o map[string]any, up *pageComment) {
	type pair struct {
		o  map[string]any
		up *pageComment
	}
	todo := []pair{{o, up}}
	for len(todo) > 0 {
		next := todo[0]
		todo = todo[1:]
		for _, key := range []string{"comment", "comments", "acceptedAnswer", "suggestedAnswer"} {
			for _, k := range l.objects(next.o[key]) {
				if !l.seen[linkedKey(k)] && len(l.list) < maxPageComments {
					todo = append(todo, pair{k, l.comment(k, next.up)})
				}
			}
		}
	}
}

var markupIn = regexp.MustCompile(`<(?:p|br|a|em|strong|b|i|div|blockquote|ul|ol)\b[^<>]*>`)

// comment makes a comment of an object.
func (l *linkedData) comment(o map[string]any, up *pageComment) *pageComment {
	l.seen[linkedKey(o)] = true
	c := &pageComment{up: up, kind: KindComment, anchor: stringOf(o["@id"]), at: place{line: 1, column: 1}}
	if i, err := strconv.Atoi(linkedKey(o)); err == nil && i < len(l.places) {
		c.at = l.page.placeOf(l.places[i])
	}
	c.number, c.sure = linkedNumber(o)
	who := o["author"]
	if who == nil {
		who = o["creator"]
	}
	c.author = collapse(l.names(who))
	if person := l.object(who); person != nil {
		if u := l.page.resolved(stringOf(person["url"])); u != nil && (l.page.address == nil || u.Fragment == "" || pageKey(u.String()) != pageKey(l.page.address.String())) {
			c.url = u.String()
		}
	}
	for _, key := range []string{"dateCreated", "datePublished", "commentTime"} {
		if c.created == nil {
			c.created, c.zoned = l.dates.iso(stringOf(o[key]))
		}
	}
	c.edited, _ = l.dates.iso(stringOf(o["dateModified"]))
	if c.edited != nil && c.created != nil && c.edited.Equal(*c.created) {
		c.edited = nil
	}
	for _, key := range []string{"text", "commentText", "articleBody", "description"} {
		if c.plain = stringOf(o[key]); c.plain != "" {
			break
		}
	}
	if markupIn.MatchString(c.plain) {
		c.html, c.plain = c.plain, ""
		c.text = htmlText(c.html)
	} else {
		c.plain = unescape(c.plain)
		c.text = collapse(c.plain)
	}
	l.list = append(l.list, c)
	return c
}

// linkedNumber is the number of a comment, or another id that it has; sure: the former.
func linkedNumber(o map[string]any) (number string, sure bool) {
	for _, key := range []string{"@id", "url", "mainEntityOfPage", "identifier"} {
		s := stringOf(o[key])
		fragment := s[strings.LastIndexByte(s, '#')+1:]
		if n := commentNumber(fragment, nil); n != "" {
			return n, true
		}
		if number == "" && plainID.MatchString(fragment) && (key == "@id" || key == "identifier") {
			number = fragment
		}
	}
	return number, false
}
