package server

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"hustings/internal/forum"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// locale is one language of the interface. English is the source: its sentences
// are the keys of every other catalogue, so templates read like the page.
type locale struct {
	tag      language.Tag
	Lang     string // as in <html lang>
	Dir      string // ltr or rtl
	NameHere string // the language's own name
	messages map[string]string
	plurals  map[string]map[string]string
	printer  *message.Printer
	words    threadWords
}

// locales are all languages; the first is English.
type locales struct {
	list    []*locale
	matcher language.Matcher
	mu      sync.RWMutex
	known   map[wish]*locale // see match
}

// catalogue is a file web/locales/{tag}.json.
type catalogue struct {
	Name     string                       `json:"name"`
	Dir      string                       `json:"dir"`
	Messages map[string]string            `json:"messages"`
	Plurals  map[string]map[string]string `json:"plurals"` // by the English plural form
}

func loadLocales(files fs.FS) (*locales, error) {
	all := &locales{list: []*locale{newLocale(language.English, catalogue{Name: "English", Dir: "ltr"})}}
	names, err := fs.Glob(files, "locales/*.json")
	if err != nil {
		return nil, err
	}
	for _, file := range names {
		content, err := fs.ReadFile(files, file)
		if err != nil {
			return nil, err
		}
		var c catalogue
		if err := json.Unmarshal(content, &c); err != nil {
			return nil, fmt.Errorf("read the catalogue %s: %w", file, err)
		}
		tag, err := language.Parse(strings.TrimSuffix(path.Base(file), ".json"))
		if err != nil {
			return nil, fmt.Errorf("read the catalogue %s: %w", file, err)
		}
		all.list = append(all.list, newLocale(tag, c))
	}
	tags := make([]language.Tag, len(all.list))
	for i, l := range all.list {
		tags[i] = l.tag
	}
	all.matcher = language.NewMatcher(tags)
	return all, nil
}

func newLocale(tag language.Tag, c catalogue) *locale {
	if c.Dir == "" {
		c.Dir = "ltr"
	}
	l := &locale{tag: tag, Lang: tag.String(), Dir: c.Dir, NameHere: c.Name, messages: c.Messages, plurals: c.Plurals,
		printer: message.NewPrinter(tag)}
	l.words = newThreadWords(l)
	return l
}

func (all *locales) has(lang string) bool {
	return slices.ContainsFunc(all.list, func(l *locale) bool { return l.Lang == lang })
}

// localeOf is the language the visitor chose, else what the browser asks for,
// else English.
func (s *Server) localeOf(r *http.Request) *locale {
	chosen := ""
	if c, err := r.Cookie(languageCookie); err == nil && s.locales.has(c.Value) {
		chosen = c.Value
	}
	if chosen == "" && r.Header.Get("Accept-Language") == "" {
		return s.locales.list[0]
	}
	return s.locales.match(chosen, limited(r.Header.Get("Accept-Language")))
}

// wish is what a request says of languages.
type wish struct{ chosen, accepted string }

// wishesKept bounds the answers that are kept; they are cheap to find again.
const wishesKept = 1000

// match is the language for what was chosen and what the browser accepts. Answers
// are kept: reading that header costs more than everything else that is done for
// a kept page, and browsers send few different ones.
func (all *locales) match(chosen, accepted string) *locale {
	w := wish{chosen, accepted}
	all.mu.RLock()
	l := all.known[w]
	all.mu.RUnlock()
	if l != nil {
		return l
	}
	_, i := language.MatchStrings(all.matcher, chosen, accepted)
	all.mu.Lock()
	defer all.mu.Unlock()
	if all.known == nil || len(all.known) >= wishesKept {
		all.known = map[wish]*locale{}
	}
	all.known[w] = all.list[i]
	return all.list[i]
}

// limited keeps a header from costing much to parse.
func limited(header string) string {
	if len(header) > 200 {
		return ""
	}
	return header
}

// T says a sentence in this language. msg is the English sentence, a format
// where args are given; numbers are written as the language does.
func (l *locale) T(msg string, args ...any) string {
	if translated, ok := l.messages[msg]; ok && translated != "" {
		msg = translated
	}
	if len(args) == 0 {
		return msg
	}
	return l.printer.Sprintf(msg, args...)
}

// N says a sentence that depends on a number, which is its first argument: one
// and other are the English forms ("%d reply", "%d replies").
func (l *locale) N(n int, one, other string, args ...any) string {
	args = append([]any{n}, args...)
	forms, ok := l.plurals[other]
	if !ok {
		if n == 1 {
			return l.printer.Sprintf(one, args...)
		}
		return l.printer.Sprintf(other, args...)
	}
	form := pluralNames[plural.Cardinal.MatchPlural(l.tag, n, 0, 0, 0, 0)]
	text, ok := forms[form]
	if !ok {
		text = forms["other"]
	}
	return l.printer.Sprintf(text, args...)
}

var pluralNames = map[plural.Form]string{plural.Zero: "zero", plural.One: "one", plural.Two: "two",
	plural.Few: "few", plural.Many: "many", plural.Other: "other"}

// Number writes a number as the language does.
func (l *locale) Number(n int) string { return l.printer.Sprintf("%d", n) }

// Error says why something could not be done.
func (l *locale) Error(e *forum.Error) string {
	args := slices.Clone(e.Args)
	for i, arg := range args {
		if state, ok := arg.(forum.CommentState); ok {
			args[i] = l.T(stateWords[state])
		}
	}
	return l.T(e.Msg, args...)
}

// stateWords are the states of a comment within a sentence: "this comment is …".
var stateWords = map[forum.CommentState]string{
	forum.Held:        "held",
	forum.Published:   "published",
	forum.Quarantined: "hidden while it is being reviewed",
	forum.Removed:     "removed by a moderator",
	forum.Spam:        "marked as spam",
	forum.Retracted:   "taken back by its author",
	forum.Erased:      "removed for legal reasons",
}

// Date writes the day of a time ("12 November 2026").
func (l *locale) Date(t time.Time) string {
	t = t.UTC()
	return l.fill("{day} {month} {year}", t)
}

// Moment writes a time to the minute, with its zone.
func (l *locale) Moment(t time.Time) string {
	return l.fill("{day} {month} {year}, {hour}:{minute} UTC", t.UTC())
}

// Today writes a day with its weekday, for the head of the front page.
func (l *locale) Weekday(t time.Time) string {
	return l.fill("{weekday} {day} {month} {year}", t.UTC())
}

// ISO is a time as machines read it.
func (l *locale) ISO(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func (l *locale) fill(pattern string, t time.Time) string {
	return strings.NewReplacer("{day}", strconv.Itoa(t.Day()), "{month}", l.T(t.Month().String()), "{year}", strconv.Itoa(t.Year()),
		"{hour}", t.Format("15"), "{minute}", t.Format("04"), "{weekday}", l.T(t.Weekday().String())).Replace(l.T(pattern))
}

// Plain says the noun that goes with a number which stands before it on its own.
func (l *locale) Plain(n int, one, other string) string {
	forms, ok := l.plurals[other]
	if !ok {
		if n == 1 {
			return one
		}
		return other
	}
	if text, ok := forms[pluralNames[plural.Cardinal.MatchPlural(l.tag, n, 0, 0, 0, 0)]]; ok {
		return text
	}
	return forms["other"]
}
