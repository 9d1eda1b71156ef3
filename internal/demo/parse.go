package demo

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// parser reads one article file; content/README.txt describes the form.
type parser struct {
	slug  string
	cast  map[string]bool
	lines []string
	n     int // lines read so far, so also the number of the last one

	article Article
	open    []*Comment // the comment last read and its ancestors, top level first
}

func parseArticle(slug, text string, cast map[string]bool) (Article, error) {
	p := &parser{slug: slug, cast: cast, lines: strings.Split(text, "\n")}
	p.article = Article{Slug: slug, State: Published, Replies: "open"}
	for _, part := range []func() error{p.header, p.body, p.comments} {
		if err := part(); err != nil {
			return Article{}, err
		}
	}
	return p.article, nil
}

func (p *parser) fail(format string, args ...any) error {
	return fmt.Errorf("%s.txt:%d: %s", p.slug, p.n, fmt.Sprintf(format, args...))
}

// next returns the next line; ok is false at the end of the file.
func (p *parser) next() (line string, ok bool) {
	if p.n >= len(p.lines) {
		return "", false
	}
	p.n++
	return strings.TrimRight(p.lines[p.n-1], " \t\r"), true
}

func (p *parser) header() error {
	a := &p.article
	fields := map[string]*string{
		"title": &a.Title, "standfirst": &a.Standfirst, "author": &a.Author,
		"state": &a.State, "replies": &a.Replies,
	}
	for line, ok := p.next(); ok && line != ""; line, ok = p.next() {
		key, value, found := strings.Cut(line, ": ")
		if !found {
			return p.fail("want key: value")
		}
		if key == "age" {
			age, err := parseSpan(value)
			if err != nil {
				return p.fail("%v", err)
			}
			a.Age = age
			continue
		}
		field := fields[key]
		if field == nil {
			return p.fail("unknown key %q", key)
		}
		*field = value
	}
	return p.checkHeader()
}

func (p *parser) checkHeader() error {
	a := p.article
	switch {
	case a.Title == "" || a.Standfirst == "" || a.Age == 0:
		return p.fail("title, standfirst and age are required")
	case !p.cast[a.Author]:
		return p.fail("author %q is not in people.txt", a.Author)
	case a.State != Published && a.State != "draft":
		return p.fail("state %q", a.State)
	case !slices.Contains([]string{"open", "locked", "closed"}, a.Replies):
		return p.fail("replies %q", a.Replies)
	}
	return nil
}

var (
	emphasis   = regexp.MustCompile(`\*([^*]+)\*`)
	escapeHTML = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
)

// body reads paragraphs up to a line of three dashes or the end of the file.
func (p *parser) body() error {
	var out []string
	line, ok := p.next()
	for ; ok && line != "---"; line, ok = p.next() {
		if line == "" {
			continue
		}
		text, quote := strings.CutPrefix(line, "> ")
		html := "<p>" + emphasis.ReplaceAllString(escapeHTML.Replace(text), "<em>$1</em>") + "</p>"
		if quote {
			html = "<blockquote>" + html + "</blockquote>"
		}
		out = append(out, html)
	}
	if len(out) == 0 {
		return p.fail("the article has no text")
	}
	p.article.BodyHTML = strings.Join(out, "\n")
	return nil
}

func (p *parser) comments() error {
	var c *Comment
	var text []string
	for line, ok := p.next(); ok; line, ok = p.next() {
		switch {
		case len(line) > 1 && line[0] == '@' && line[1] >= '0' && line[1] <= '9':
			settle(c, text)
			next, err := p.head(line)
			if err != nil {
				return err
			}
			c, text = next, nil
		case c == nil && line != "":
			return p.fail("text before the first comment")
		case strings.HasPrefix(line, "%was "):
			settle(c, text)
			text = nil
			if err := p.was(c, line); err != nil {
				return err
			}
		case strings.HasPrefix(line, "%"):
			if err := p.mark(c, line); err != nil {
				return err
			}
		default:
			text = append(text, line)
		}
	}
	settle(c, text)
	return p.checkComments()
}

// checkComments looks at what only the finished thread can show.
func (p *parser) checkComments() error {
	var err error
	p.article.Walk(func(c *Comment, depth int) {
		switch {
		case err != nil:
		case c.Body == "" || len(c.Edits) > 0 && c.Edits[len(c.Edits)-1].Body == "":
			err = p.fail("a comment of %q has no text", c.Author)
		case !c.Imported && c.Kind == KindComment && !p.cast[c.Author]:
			err = p.fail("%q is not in people.txt", c.Author)
		case c.Kind == KindLinkBack && (depth > 1 || len(c.Replies) > 0):
			err = p.fail("a link-back stands alone at level 1")
		}
	})
	return err
}

// settle gives the lines read to the comment: to its body or, after a line
// %was, to the earlier text that line began.
func settle(c *Comment, lines []string) {
	if c == nil {
		return
	}
	text := strings.TrimSpace(strings.Join(lines, "\n"))
	if last := len(c.Edits) - 1; last >= 0 {
		c.Edits[last].Body = text
		return
	}
	c.Body = text
}

// head reads "@LEVEL Name +SPAN", where the span counts from the parent (from
// the article at the top level) and a question mark stands for an unknown
// name or time. It hangs the comment into the tree.
func (p *parser) head(line string) (*Comment, error) {
	words := strings.Fields(line[1:])
	if len(words) < 3 {
		return nil, p.fail("want @level name +span")
	}
	level, err := strconv.Atoi(words[0])
	if err != nil || level < 1 || level > len(p.open)+1 {
		return nil, p.fail("level %s does not follow level %d", words[0], len(p.open))
	}
	p.open = p.open[:level-1]
	siblings := &p.article.Comments
	if level > 1 {
		siblings = &p.open[level-2].Replies
	}
	c := &Comment{State: Published, Kind: KindComment, Author: strings.Join(words[1:len(words)-1], " ")}
	if c.Author == "?" {
		c.Author = ""
	}
	c.Age, err = after(p.since(), words[len(words)-1])
	if err != nil {
		return nil, p.fail("%v", err)
	}
	*siblings = append(*siblings, c)
	p.open = append(p.open, c)
	return c, nil
}

// since returns the age of what the next comment answers or, where that is
// unknown, of the nearest thing above it whose age is known.
func (p *parser) since() time.Duration {
	for _, c := range slices.Backward(p.open) {
		if c.Age >= 0 {
			return c.Age
		}
	}
	return p.article.Age
}

// was reads "%was +SPAN": the text that follows stood for that long.
func (p *parser) was(c *Comment, line string) error {
	until, err := after(c.Age, strings.TrimPrefix(line, "%was "))
	if err != nil {
		return p.fail("%v", err)
	}
	c.Edits = append(c.Edits, Edit{Until: until})
	return nil
}

// after returns the age of something that came the span after something of
// the given age.
func after(age time.Duration, span string) (time.Duration, error) {
	if span == "?" {
		return -1, nil
	}
	rest, plus := strings.CutPrefix(span, "+")
	d, err := parseSpan(rest)
	switch {
	case err != nil:
		return 0, err
	case !plus:
		return 0, fmt.Errorf("want +%s", span)
	case age < 0:
		return 0, fmt.Errorf("%s after an unknown time", span)
	case d >= age:
		return 0, fmt.Errorf("%s is in the future: only %s are left", span, age)
	}
	return age - d, nil
}

var spanForm = regexp.MustCompile(`^(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?$`)

// parseSpan reads days, hours and minutes: 3d, 2h10m, 1d4h.
func parseSpan(s string) (time.Duration, error) {
	found := spanForm.FindStringSubmatch(s)
	if s == "" || found == nil {
		return 0, fmt.Errorf("%q is not a span like 3d4h20m", s)
	}
	var d time.Duration
	for i, unit := range []time.Duration{24 * time.Hour, time.Hour, time.Minute} {
		n, _ := strconv.Atoi("0" + found[i+1]) // the expression allows digits only
		d += time.Duration(n) * unit
	}
	return d, nil
}
