package server

import (
	"strings"
	"unicode/utf8"

	"hustings/internal/forum"
	"hustings/internal/paths"
	"hustings/internal/postgres"
	"hustings/internal/suggest"
)

// suggestionView is a suggestion in words.
type suggestionView struct {
	*postgres.SuggestionItem
	*locale
	First    bool // the first to decide on the page: keys are for it
	Fresh    bool // decided a moment ago
	Evidence string
	Accept   string // what accepting does, on its button
	Done     string // what was decided, in words; "" while it is open
	Old, New placeView
	Self     string
}

// placeView is a comment in one of the two places: below which one it stands.
type placeView struct {
	Label string
	Above *excerpt // nil: the article
	Below *excerpt
}

// excerpt is a part of a comment, with the words that matter marked.
type excerpt struct {
	ID         forum.CommentID
	Name       string // of the author, in words
	Where      string // its level and its date
	Level      int
	Paragraphs [][]markedWords
}

// markedWords are some words of a paragraph.
type markedWords struct {
	Text string
	Mark bool
}

const (
	excerptChars = 700 // of a comment that is to be judged
	besideChars  = 160 // of one that only says where
)

func newSuggestion(l *locale, item *postgres.SuggestionItem, self string) *suggestionView {
	v := &suggestionView{SuggestionItem: item, locale: l, Self: self}
	v.Evidence, v.Accept, v.Done = v.evidence(), v.T("Move it there"), v.done()
	subject := v.excerpt(item.Subject, item.Words, excerptChars)
	goal := v.excerpt(item.Goal, item.Said(), excerptChars)
	if v.rule() == suggest.Duplicate {
		v.Accept = v.T("Remove the second")
		v.Old = placeView{Label: v.T("The second"), Below: subject}
		v.New = placeView{Label: v.T("The first, which stays"), Below: goal}
		return v
	}
	v.Old = placeView{Label: v.T("Where it stands"), Below: subject}
	if item.From != 0 {
		v.Old.Above = v.excerpt(item.Above, "", besideChars)
	}
	there := item.Subject
	there.Level = item.Goal.Level + 1
	v.New = placeView{Label: v.T("Where it would stand"), Above: goal, Below: v.excerpt(there, "", besideChars)}
	return v
}

func (v *suggestionView) rule() suggest.Rule { return suggest.Rule(v.Rule) }

// Open tells whether it is to be decided.
func (v *suggestionView) Open() bool { return v.State == postgres.SuggestionOpen }

// Path is where a decision is sent.
func (v *suggestionView) Path(act string) string { return paths.SuggestionAct(v.ID, act) }

// Author names who wrote a comment.
func (v *suggestionView) Author(c postgres.SuggestedComment) string {
	if c.AuthorName == "" {
		return v.T("an unknown author")
	}
	return c.AuthorName
}

// Finding says what a rule finds, as the heading of its finds.
func (g *suggestionGroup) Finding() string {
	switch g.Rule {
	case suggest.Reply:
		return g.T("Writes again after an answer")
	case suggest.Quote:
		return g.T("Quotes another comment")
	case suggest.Correction:
		return g.T("Corrects its author’s own words")
	case suggest.Duplicate:
		return g.T("Sent twice")
	}
	return g.T("Opens with a name")
}

// Path leads to all suggestions of the article.
func (g *suggestionGroup) Path() string { return paths.SuggestionsOf(g.Slug) }

// evidence says what speaks for a suggestion.
func (v *suggestionView) evidence() string {
	switch v.rule() {
	case suggest.Reply:
		text := v.T("%s wrote the comment above and writes again after %s has answered. Many sites let nobody answer below their last level.", v.Author(v.Subject), v.Author(v.Goal))
		if v.Words != "" {
			text += " " + v.T("It opens with the name “%s”.", v.Words)
		}
		return text
	case suggest.Quote:
		n := suggest.CountWords(v.Words)
		return v.N(n, "It has %d word in a row from the other comment.", "It has %d words in a row from the other comment.")
	case suggest.Correction:
		return v.T("It begins with “%s”, and %s has written the other comment shortly before.", v.Words, v.Author(v.Subject))
	case suggest.Name:
		return v.T("It opens with the name “%s”. That alone says little: please read both.", v.Words)
	}
	switch {
	case v.Subject.AuthorName == "":
		return v.T("Both have the same text; who wrote them is not known. Replies to the second move below the first.")
	case v.Subject.At == nil || v.Goal.At == nil:
		return v.T("Both have the same text and author; when they were written is not known. Replies to the second move below the first.")
	}
	return v.T("Both have the same text and author, within ten minutes. Replies to the second move below the first.")
}

// done says what was decided.
func (v *suggestionView) done() string {
	switch {
	case v.State == postgres.SuggestionDismissed:
		return v.T("Left as it is. It will not be suggested again.")
	case v.State == postgres.SuggestionAccepted && v.rule() == suggest.Duplicate:
		return v.T("The second comment is removed; its replies stand below the first.")
	case v.State == postgres.SuggestionAccepted:
		return v.T("The comment by %s now stands below the one by %s.", v.Author(v.Subject), v.Author(v.Goal))
	}
	return ""
}

// excerpt cuts a text to about chars characters around the words that matter, and
// marks these.
func (v *suggestionView) excerpt(c postgres.SuggestedComment, words string, chars int) *excerpt {
	e := &excerpt{ID: c.ID, Name: v.Author(c), Level: c.Level, Where: v.T("level %d", c.Level)}
	if c.At != nil {
		e.Where += " · " + v.Date(*c.At)
	}
	from, to, _ := suggest.Find(c.Text, words)
	start, end := around(c.Text, from, to, chars)
	before, marked, after := c.Text[start:max(start, from)], c.Text[from:to], c.Text[max(to, start):end]
	if to == 0 {
		before, marked, after = "", "", c.Text[start:end]
	}
	if start > 0 {
		before = "… " + before
	}
	if end < len(c.Text) {
		after += " …"
	}
	e.add(before, false)
	e.add(marked, true)
	e.add(after, false)
	return e
}

// around chooses what of a text is shown: its beginning where that holds the
// words, else some of what stands before them.
func around(text string, from, to, chars int) (start, end int) {
	if to > chars {
		start = cutAt(text, max(0, from-chars/3))
	}
	return start, cutAt(text, min(len(text), max(to, start+chars)))
}

// cutAt moves a place in a text back to the end of a word.
func cutAt(text string, at int) int {
	if at >= len(text) {
		return len(text)
	}
	if space := strings.LastIndexAny(text[:at], " \n"); space > at-40 && space > 0 {
		return space
	}
	for at > 0 && !utf8.RuneStart(text[at]) {
		at--
	}
	return at
}

// add appends words to the last paragraph, and begins a new one at each empty
// line.
func (e *excerpt) add(text string, mark bool) {
	for i, part := range strings.Split(text, "\n\n") {
		if i > 0 || len(e.Paragraphs) == 0 {
			e.Paragraphs = append(e.Paragraphs, nil)
		}
		if part != "" {
			last := len(e.Paragraphs) - 1
			e.Paragraphs[last] = append(e.Paragraphs[last], markedWords{part, mark})
		}
	}
}
