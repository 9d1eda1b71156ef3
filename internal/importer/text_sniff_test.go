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
		"all NUL":               strings.Repeat("\x00", 200),
		"UTF-16 without a mark": strings.Repeat("a\x00b\x00\n\x00", 50),
		"a picture":             "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x10\x00\x00\x00\x10\x08\x06\x00\x00\x00\x1f\xf3\xffa",
	} {
		if score := (Text{}).Sniff("x.txt", []byte(binary)); score != 0 {
			t.Errorf("%s: taken as text with %d", name, score)
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
