package importer

import (
	"strings"
	"testing"
)

func TestSniff_takes_a_text_with_a_stray_NUL_and_no_binary_file(t *testing.T) {
	t.Parallel()
	damaged := "Title\n\nBody text of the article.\n\n  1. Ann says:\n    A NUL \x00 in the middle.\n\n  2. Bob says:\n    And more.\n"
	list := records(t, "auto", damaged)
	if len(list) != 4 {
		t.Fatalf("%d records: %v", len(list), list)
	}
	same(t, "repair", list[0].(Problem).Reason, "1 NUL character replaced.")
	same(t, "line", list[0].(Problem).Line, 6)

	for name, binary := range map[string]string{
		"all NUL":                strings.Repeat("\x00", 200),
		"UTF-16 without a mark":  strings.Repeat("a\x00b\x00\n\x00", 50),
		"nothing but 0xFF":       strings.Repeat("\xff", 3000),
		"controls":               strings.Repeat("ab\x01\x02cdefgh", 50),
		"Cyrillic, Windows-1251": strings.Repeat("\xcf\xf0\xe8\xe2\xe5\xf2 \xec\xe8\xf0\n\n", 20),
		"Japanese, Shift JIS":    strings.Repeat("\x82\xb1\x82\xea\x82\xcd\x96\x7b\x95\xb6\n", 20),
		"a picture":              "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x10\x00\x00\x00\x10\x08\x06\x00\x00\x00\x1f\xf3\xffa",
	} {
		if score := (Text{}).Sniff("x.txt", []byte(binary)); score != 0 {
			t.Errorf("%s: taken as text with %d", name, score)
		}
		if _, err := Sniff("x", []byte(binary)); err == nil || !strings.HasPrefix(err.Error(), "The file is of no kind that can be read here.") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, text := range map[string]string{
		"Western":        strings.Repeat("Gr\xfc\xdfe aus K\xf6ln, wo alles sch\xf6n ist.\n\n", 20),
		"one short word": "\xd6l",
		"Cyrillic":       strings.Repeat("Привет мир\n\n", 20),
	} {
		if f, err := Sniff("x.txt", []byte(text)); err != nil || f.Name() != "text" {
			t.Errorf("%s is taken as %v, %v", name, f, err)
		}
	}
}

func TestSniff_takes_what_lies_beside_articles_for_no_text(t *testing.T) {
	t.Parallel()
	for name, content := range map[string]string{
		"themes/plain/Style.CSS": "body {}\n",
		"_config.yml":            "title: Hedges\n",
		"package.json":           "{\n  \"name\": \"hedges\"\n}\n",
		"mail.mbox":              "From a@b.example Fri Jun  1 10:00:00 2012\nFrom: \"Ann\" <a@b.example>\nMessage-ID: <1@b.example>\n\nHello\n",
	} {
		if f, err := Sniff(name, []byte(content)); err == nil {
			t.Errorf("%s is taken as %s", name, f.Name())
		}
	}
	if f, err := Sniff("from.txt", []byte("From here to the weir\n\nIt is a mile.\n")); err != nil || f.Name() != "text" {
		t.Errorf("an article that begins with From is taken as %v, %v", f, err)
	}
}
