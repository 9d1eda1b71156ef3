package markup

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestName_takes_names_and_composes_them(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		"Robert Green":          "Robert Green",
		"  Anna \t Maria ":      "Anna Maria",
		"Rene\u0301":            "René",
		"a\u00a0b\u3000c":       "a b c",
		"x.y-z_1":               "x.y-z_1",
		"李明":                    "李明",
		"नेहा":                  "नेहा",
		"יוסף":                  "יוסף",
		strings.Repeat("é", 60): strings.Repeat("é", 60),
	} {
		if got, err := Name(source); err != nil || got != want {
			t.Errorf("%q: %q, %v", source, got, err)
		}
	}
}

func TestName_refuses_with_a_sentence(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{
		"", "a", " a ", strings.Repeat("a", 61), strings.Repeat("a", 1<<20), "a!b", "<b>x</b>", "a/b", "a@b", "a:b", "..", "- -",
		"a\u202eb", "a\u2066b", "a\u200bb", "a\u200db", "a\u200eb", "a\ufeffb", "ab\U000E0041", "a\x00b", "a\x1bb", "a\u2028b", "a\u00adb", "a\u034fb",
		"\u3164\u3164", "\u115fab", "ab\ufe0f", "\u0301ab", "a" + strings.Repeat("\u0335", 5) + "b", "a\xffb", "👍👍", "ab½", "a\u061cb", "a\u2800b",
	} {
		got, err := Name(bad)
		if err == nil {
			t.Errorf("%q is taken as %q", bad, got)
			continue
		}
		if _, ok := err.(NameError); !ok || !strings.HasSuffix(err.Error(), ".") || got != "" {
			t.Errorf("%q: %q, %v", bad, got, err)
		}
	}
}

func TestSkeleton_joins_what_looks_alike(t *testing.T) {
	t.Parallel()
	for _, same := range [][]string{
		{"paypal", "PayPal", "раypal", "ΡΑΥΡΑL", "ｐａｙｐａｌ", "𝐩𝐚𝐲𝐩𝐚𝐥", "pаураl", "paypa1", "paypaI", "ꓑaypal", "ᴘaypal"},
		{"modern", "rnodern", "MODERN", "мodern"},
		{"O0o", "ooo", "ООО", "οοο", "օօօ"},
		{"Nick", "Νick", "nlck", "n1ck"},
		{"Νίκος", "νίκος", "Νι\u0301κος"},
		{"René", "Rene\u0301", "rené"},
		{"wave", "vvave", "ԝave"},
		{"Anna", "ΑΝΝΑ", "АNNA"},
	} {
		for _, s := range same[1:] {
			if Skeleton(s) != Skeleton(same[0]) {
				t.Errorf("%q (%q) and %q (%q)", s, Skeleton(s), same[0], Skeleton(same[0]))
			}
		}
	}
	for _, s := range []string{"Anna", "Hanna", "Rene", "René", "Robert", "Roberta", "Tom", "Tim", "李明", "李民", "Мария", "Марина"} {
		for _, o := range []string{"anne", "bob", "tam", "李", "Мари"} {
			if Skeleton(s) == Skeleton(o) {
				t.Errorf("%q and %q are one", s, o)
			}
		}
	}
	if Skeleton("Rene") == Skeleton("René") {
		t.Error("an accent does not count")
	}
}

func TestCleanLine_keeps_what_is_harmless(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		"A title & <b>":                            "A title & <b>",
		" a\nb\tc\r\n":                             "a b c",
		"a\u202eb\u2066c\u200ed\u061ce":            "abcde",
		"a\u200bb\ufeffc\u2060d\u00ade":            "abcde",
		"a\x00\x1b[1mb\u0085c":                     "a[1mb c",
		"a\u200db\u200cc":                          "abc",
		"می\u200cخواهم":                            "می\u200cخواهم",
		"क्\u200dष":                                "क्\u200dष",
		"👨\u200d👩\u200d👧 ❤\ufe0f\u200d🔥":           "👨\u200d👩\u200d👧 ❤\ufe0f\u200d🔥",
		"x\U000E0067\U000E007F":                    "x",
		"\U0001F3F4\U000E0067\U000E0062\U000E007F": "\U0001F3F4\U000E0067\U000E0062\U000E007F",
		"\U0001F3F4\U000E0067x":                    "\U0001F3F4x",
		"a" + strings.Repeat("\u0301", 9):          "a" + strings.Repeat("\u0301", 4),
		"a  b\u00a0c":                              "a  b\u00a0c",
		"a\xff":                                    "a\uFFFD",
		"Siôn Ŵyn ĺ":                               "Siôn Ŵyn ĺ",
	} {
		if got := CleanLine(source); got != want {
			t.Errorf("%q: %q, want %q", source, got, want)
		}
		if once := CleanLine(source); CleanLine(once) != once {
			t.Errorf("%q changes again", once)
		}
	}
}

func TestNames_and_lines_of_the_samples_are_clean(t *testing.T) {
	t.Parallel()
	for _, h := range readHostile(t, "*.jsonl") {
		judgeName(t, h.Payload)
	}
}

// judgeName holds names and lines to their promises.
func judgeName(t testing.TB, s string) {
	t.Helper()
	line := CleanLine(s)
	if CleanLine(line) != line || strings.ContainsAny(line, "\n\r\x00\u202e\u2066\u200b\u200e") || !utf8.ValidString(line) {
		t.Fatalf("CleanLine(%q) = %q", s, line)
	}
	name, err := Name(s)
	if err != nil {
		return
	}
	if again, err := Name(name); err != nil || again != name {
		t.Fatalf("Name(%q) = %q, and again %q, %v", s, name, again, err)
	}
	if n := utf8.RuneCountInString(name); n < MinName || n > MaxName || strings.ContainsAny(name, "<>&\"'/\u202e\u200b\n\t") {
		t.Fatalf("Name(%q) = %q", s, name)
	}
	if k := Skeleton(name); k == "" || Skeleton(strings.ToLower(name)) == "" {
		t.Fatalf("Skeleton(%q) = %q", name, k)
	}
}
