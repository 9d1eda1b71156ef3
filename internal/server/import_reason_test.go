package server

import (
	"strings"
	"testing"

	"hustings/web"
)

func TestReasons_are_said_in_the_language_of_the_page(t *testing.T) {
	t.Parallel()
	all, err := loadLocales(web.Files)
	if err != nil {
		t.Fatal(err)
	}
	english, german := all.match("en", ""), all.match("de", "")
	for _, p := range reasonPatterns {
		said := strings.ReplaceAll(p.words, "%s", "7,5")
		if words, lang := english.reason(said); words != said || lang != "" {
			t.Errorf("in English %q has become %q (%s)", said, words, lang)
		}
		words, lang := german.reason(said)
		if words == said || lang != "" || strings.Count(words, "7,5") != strings.Count(p.words, "%s") {
			t.Errorf("in German %q is %q (%s)", said, words, lang)
		}
	}
	for said, want := range map[string]string{
		"The comment is left out. Its title has more than 300 characters.":      "Der Kommentar bleibt aus. Der Titel hat mehr als 300 Zeichen.",
		"The element “…” is longer than … MiB and is left out.":                 "Das Element „…“ ist länger als … MiB und bleibt aus.",
		"2 bytes not in UTF-8, read as Windows-1252; 1 NUL character replaced.": "2 Bytes, die kein UTF-8 sind, wurden als Windows-1252 gelesen; 1 NUL-Zeichen wurde ersetzt.",
		"3 comments of type “…” left out, being no part of a discussion.":       "3 Kommentare der Art „…“ ausgelassen, da sie zu keiner Diskussion gehören.",
		"The page says it has 40 comments; 12 of them stand in it.":             "Die Seite nennt 40 Kommentare; 12 davon stehen in ihr.",
		"The element “%d%s” is longer than 2 MiB and is left out.":              "Das Element „%d%s“ ist länger als 2 MiB und bleibt aus.",
	} {
		if words, _ := german.reason(said); words != want {
			t.Errorf("%q is %q", said, words)
		}
	}
	for _, said := range []string{"", "Nobody has said this before.", "%s", "%d", strings.Repeat("The article is left out. ", 1000)} {
		if words, lang := german.reason(said); lang == "" && words == said && said != "" {
			t.Errorf("%q is said to be German", said)
		}
	}
}
