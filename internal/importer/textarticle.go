package importer

import (
	"strings"
	"time"
)

const (
	written = "Written by "
	// maxHead is how many lines of the site may stand before the title: its
	// name and its motto.
	maxHead = 2
)

// readArticle takes title, byline and body from the lines before the thread.
func (p *page) readArticle(lines []line) {
	site, title, lines := splitHead(lines)
	lines, author, published := splitByline(lines, p.src.zone())
	p.article = Article{
		Site: site, Title: strings.TrimRight(title.text, " "),
		Author: author, PublishedAt: published,
		State: "published", Replies: "open",
		BodyText: articleText(lines),
		File:     p.src.Name, Line: int(title.no),
	}
	p.article.Key = ArticleKey(p.src.site(site), p.article.Title, author)
}

// splitHead parts the title, and the site's name where it stands before the
// title, from the rest. Only a line such as "with 4 comments" tells a head
// from a title with its first paragraph: the title is the line before it.
func splitHead(lines []line) (site string, title line, rest []line) {
	for i := 1; i <= maxHead+1 && i < len(lines); i++ {
		if lines[i].gap == 0 {
			break
		}
		if isSite(lines[i], countLine) {
			if i > 1 {
				site = strings.TrimSpace(lines[0].text)
			}
			return site, lines[i-1], lines[i+1:]
		}
	}
	return "", lines[0], lines[1:]
}

// splitByline takes "Written by NAME" and the date below it out of the lines.
// Without a date it is a byline only where nothing else follows.
func splitByline(lines []line, zone *time.Location) (rest []line, author *string, published *time.Time) {
	for i, l := range lines {
		name, ok := strings.CutPrefix(l.text, written)
		name = strings.TrimSpace(name)
		if !ok || l.indent > 0 || l.gap == 0 && i > 0 || name == "" || len(name) > maxFurniture {
			continue
		}
		if i+1 < len(lines) {
			if t, ok := date(lines[i+1].text, zone); ok {
				return without(lines, i, labels(lines, i+2)), &name, utc(t)
			}
		}
		if onlyFurniture(lines[i+1:]) {
			return lines[:i], &name, nil
		}
	}
	return lines, nil, nil
}

// labels skips the lines below a byline that list where the article is filed.
func labels(lines []line, i int) int {
	for i < len(lines) && isSite(lines[i], filedLine) {
		i++
	}
	return i
}

// without copies lines, those from i up to j left out.
func without(lines []line, i, j int) []line {
	return append(lines[:i:i], lines[j:]...)
}

func onlyFurniture(lines []line) bool {
	for _, l := range lines {
		if !isFurniture(l) {
			return false
		}
	}
	return true
}

// articleText joins what is left when the site's lines are gone. A foot or a
// box of the site ends the text, unless there would be none.
func articleText(lines []line) string {
	var own []bodyLine
	for _, l := range lines {
		if isFoot(l) && len(own) > 0 && l.gap > 0 {
			break
		}
		if !isFurniture(l) {
			own = append(own, bodyLine{gap: l.gap, text: l.body(0)})
		}
	}
	return join(own)
}
