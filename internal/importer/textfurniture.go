package importer

import (
	"regexp"
	"strings"
)

// A scraped page has lines of the site around the article and its thread:
// counts, headings, the reply form. They belong to no body. They stand without
// indent, and whole lines are compared, so that a sentence about them in a
// text stays where it is.

var (
	// countLine stands between title and article: "with 4 comments".
	countLine = regexp.MustCompile(`(?i)^(with (\d+|one|no) comments?|leave a comment)( »)?$`)
	// threadHeading stands just before a thread: "4 Responses".
	threadHeading = regexp.MustCompile(`(?i)^((\d+|one|no) (responses?|comments?|replies|thoughts on .*)( to .*)?|(comments|responses)( \(\d+\))?:?|subscribe to comments with rss\.?|\(?comments feed\)?)$`)
	// filedLine stands below a byline.
	filedLine = regexp.MustCompile(`(?i)^(posted in|tagged with|filed under)\b`)
	// formLine is a line of the form below a thread, or of the foot of a page.
	formLine = regexp.MustCompile(`(?i)^(fill in your details below.*|you are commenting using your .* account\..*|.*log\s+out\s*/\s*change.*|connecting to %s|%d bloggers like this:?|(wordpress\.com logo|google photo|google\+ photo|twitter picture|facebook photo)|notify me of new (comments|posts) via email\.?|your email address will not be published\..*|like loading\.*|loading\.\.\.)$`)
	// formHead begins the foot of a page: nothing after it is anybody's text.
	formHead = regexp.MustCompile(`(?i)^(leave a (reply|comment)( cancel reply)?|leave a reply to .* cancel reply|comments are closed\.?|post navigation|%d bloggers like this:?)$`)
	// boxHead begins a box of the site below an article.
	boxHead = regexp.MustCompile(`(?i)^quote of the day:?$`)
)

// maxFurniture is longer than any line above, in bytes; it keeps the patterns
// away from the paragraphs of articles.
const maxFurniture = 160

// isSite reports whether a line without indent matches one of the patterns.
func isSite(l line, patterns ...*regexp.Regexp) bool {
	if l.indent > 0 || len(l.text) > maxFurniture {
		return false
	}
	text := strings.TrimSpace(l.text)
	for _, p := range patterns {
		if p.MatchString(text) {
			return true
		}
	}
	return false
}

// isFurniture reports whether a line belongs to the site, wherever it stands.
func isFurniture(l line) bool {
	return isSite(l, countLine, threadHeading, formLine, formHead)
}

// isFoot reports whether a line begins the foot of a page.
func isFoot(l line) bool { return isSite(l, formHead, boxHead) }
