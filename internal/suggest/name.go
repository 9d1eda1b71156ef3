package suggest

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// calls are the names by which those who wrote in a list can be called: all of
// it, and its first word. Behind each stands the newest comment of that name.
type calls map[string]call

type call struct {
	name    string // whose; "": of several people
	newest  int
	partial bool // the first word of a longer name
}

// longestName is how many words of a comment are compared with names.
const longestName = 4

// callable gives the forms of a name: whole, then its first word where that is
// not all of it.
func callable(name string) (forms []string) {
	var words []string
	for from, to := range spans(name) {
		words = append(words, folded(name[from:to]))
	}
	if len(words) == 0 || len(words) > longestName || utf8.RuneCountInString(words[0]) < 3 {
		return nil
	}
	if forms = []string{strings.Join(words, " ")}; len(words) > 1 {
		forms = append(forms, words[0])
	}
	return forms
}

func (n calls) add(name string, number int) {
	for i, form := range callable(name) {
		c, there := n[form]
		if there && c.name != name {
			name = "" // two people of one name: nobody is meant
		}
		n[form] = call{name, number, i > 0}
	}
}

func (n calls) drop(name string, number int) {
	for _, form := range callable(name) {
		if n[form].newest == number {
			delete(n, form)
		}
	}
}

// openers may stand before a name. Behind those that are true it needs no mark:
// "Hello Will" calls somebody, "Well will you" doesn't.
var openers = map[string]bool{"hi": true, "hello": true, "hey": true, "dear": true, "thanks": true, "re": true, "to": true,
	"hallo": true, "liebe": true, "lieber": true, "danke": true, "an": true, "salut": true, "bonjour": true, "merci": true, "cher": true, "chère": true,
	"ok": false, "yes": false, "no": false, "well": false, "sorry": false, "but": false, "and": false, "ja": false, "nein": false, "oui": false, "non": false}

// named gives the newest earlier comment of the person whose name a comment opens
// with, and that name as it stands there. Their own name, and that of whom they
// answer anyway, say nothing.
func (s *Siblings) named(c *Comment, words []word) (*sibling, string) {
	first, greeted := 0, false
	for first < len(words) && first < 2 {
		greets, opens := openers[folded(c.Text[words[first].from:words[first].to])]
		if !opens {
			break
		}
		greeted = greets
		first++
	}
	form, best, end := "", call{}, 0
	for i := first; i < len(words) && i < first+longestName; i++ {
		if i > first {
			form += " "
		}
		form += folded(c.Text[words[i].from:words[i].to])
		if found, there := s.called[form]; there && found.name != "" && (i > first || greeted || marked(c.Text, words[first].from, words[i].to)) {
			best, end = found, i
		}
	}
	if best.name == "" || best.newest < s.base || best.name == c.Name || s.answersAnyway(best.name) {
		return nil, ""
	}
	target := s.at(best.newest)
	if c.Author != 0 && target.Author == c.Author {
		return nil, ""
	}
	return target, c.Text[words[first].from:words[end].to]
}

// answersAnyway tells whether a comment that calls this name means the one it
// answers.
func (s *Siblings) answersAnyway(name string) bool {
	for _, form := range callable(s.parent.Name) {
		if slices.Contains(callable(name), form) {
			return true
		}
	}
	return false
}

// marked tells whether a single word calls somebody rather than begins a sentence:
// "@Will …", "Will, …" and "Will:" do, "Will you …" doesn't.
func marked(text string, from, to int) bool {
	if strings.HasSuffix(text[:from], "@") {
		return true
	}
	after := strings.TrimLeft(text[to:], " \t\u00a0")
	r, _ := utf8.DecodeRuneInString(after)
	if r == '-' {
		return len(after) < len(text[to:]) // "Will - no", not "will-power"
	}
	return after == "" || strings.ContainsRune(",:;!.…–—\n\r", r)
}
