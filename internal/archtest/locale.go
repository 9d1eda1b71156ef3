package archtest

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

// Catalogue is a file web/locales/{tag}.json.
type Catalogue struct {
	Name     string                       `json:"name"` // the language's own name
	Dir      string                       `json:"dir"`  // ltr, rtl or "" for ltr
	Messages map[string]string            `json:"messages"`
	Plurals  map[string]map[string]string `json:"plurals"` // by the English plural form
}

// ReadCatalogue reads a file strictly: an unknown field is a typing error.
func ReadCatalogue(content []byte) (c Catalogue, err error) {
	d := json.NewDecoder(strings.NewReader(string(content)))
	d.DisallowUnknownFields()
	err = d.Decode(&c)
	return c, err
}

// Problems lists what is wrong with a catalogue: sentences without a translation,
// translations nobody asks for, forms of the plural that the language has and the
// catalogue lacks, and placeholders that differ from the English ones.
func (found *Sentences) Problems(tag language.Tag, c Catalogue) []string {
	var list []string
	add := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	if c.Name == "" {
		add("the language has no name of its own")
	}
	if c.Dir != "" && c.Dir != "ltr" && c.Dir != "rtl" {
		add("dir can be ltr or rtl; it is %q", c.Dir)
	}
	for msg, at := range found.Messages {
		translated := c.Messages[msg]
		if translated == "" {
			add("not translated: %q (%s)", msg, at)
		} else if !samePlaces(msg, translated) {
			add("other placeholders than in %q: %q", msg, translated)
		}
	}
	for msg := range c.Messages {
		if _, ok := found.Messages[msg]; !ok {
			add("nobody says %q any more", msg)
		}
	}
	forms := Forms(tag)
	for other, p := range found.Plurals {
		for _, form := range forms {
			translated := c.Plurals[other][form]
			if translated == "" {
				add("the form %q is missing of %q (%s)", form, other, p.At)
			} else if !samePlaces(other, translated) {
				add("other placeholders than in %q: %q", other, translated)
			}
		}
		for form := range c.Plurals[other] {
			if !slices.Contains(forms, form) {
				add("the language has no form %q, which %q has here", form, other)
			}
		}
	}
	for other := range c.Plurals {
		if _, ok := found.Plurals[other]; !ok {
			add("nobody counts %q any more", other)
		}
	}
	slices.Sort(list)
	return list
}

// placeholder is a verb of package fmt, or a name in braces.
var placeholder = regexp.MustCompile(`%(\[\d+\])?[-+# 0]*\d*(\.\d+)?[a-zA-Z]|%%|\{[a-z]+\}`)

var index = regexp.MustCompile(`^%\[(\d+)\]`)

// samePlaces tells whether a translation takes the same values. Verbs may change
// places when they are numbered; names may do so freely.
func samePlaces(english, translated string) bool {
	return slices.Equal(placesOf(english), placesOf(translated))
}

// placesOf lists the placeholders, the verbs by their argument.
func placesOf(s string) []string {
	var list []string
	next := 1
	for _, p := range placeholder.FindAllString(s, -1) {
		switch {
		case p == "%%":
			continue
		case p[0] == '{':
			list = append(list, p)
			continue
		}
		number := next
		if m := index.FindStringSubmatch(p); m != nil {
			fmt.Sscan(m[1], &number) //nolint:errcheck // digits, by the pattern
		}
		next = number + 1
		list = append(list, fmt.Sprintf("%d:%c", number, p[len(p)-1]))
	}
	slices.Sort(list)
	return list
}

// Forms lists the forms of the plural that a language has for whole numbers.
func Forms(tag language.Tag) []string {
	names := map[plural.Form]string{plural.Zero: "zero", plural.One: "one", plural.Two: "two",
		plural.Few: "few", plural.Many: "many", plural.Other: "other"}
	list := []string{"other"} // also where only fractions have it: the last resort
	for n := range 1001 {
		list = append(list, names[plural.Cardinal.MatchPlural(tag, n, 0, 0, 0, 0)])
	}
	list = append(list, names[plural.Cardinal.MatchPlural(tag, 1_000_000, 0, 0, 0, 0)])
	slices.Sort(list)
	return slices.Compact(list)
}
