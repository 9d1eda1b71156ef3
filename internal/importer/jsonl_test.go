package importer

import (
	"bytes"
	"compress/gzip"
	"context"
	"strconv"
	"strings"
	"testing"
	"time"
)

// records reads a file through Read and fails where reading does.
func records(t *testing.T, format, text string) []Record {
	t.Helper()
	var list []Record
	src := Source{Name: "file", R: strings.NewReader(text)}
	if _, err := Read(context.Background(), src, format, func(r Record) error {
		list = append(list, r)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return list
}

func TestJSONL_reads_every_field(t *testing.T) {
	t.Parallel()
	list := records(t, "jsonl", `{"type":"comment","article":"tea","id":"c2","parent":"c1","path":"9.9","depth":"deep","author":"Ann  B","author_kind":"member","created_at":"2021-07-26T17:31:00+01:00","edited_at":"2021-07-26T18:00:00.5Z","state":"held","branch":"locked","kind":"comment","source_text":"*hi*","body_html":"<p><em>hi</em></p>","body_text":"hi ","extra":[1]}
{"type":"hustings","version":1}

{"type":"article","id":"a1","slug":"tea","title":"Tea","state":"draft","replies":"closed","source_url":"https://example.org/tea","author":"Bo","published_at":"2020-01-02T03:04:05Z","body_html":"<p>Leaves</p>","comments":47}
{"type":"comment","parent":null,"article":"tea","id":"c1","body_text":""}
{"kind":"placeholder","type":"comment","article":"tea","id":"p","parent":null,"author":"nobody","body_html":"x"}`)
	if len(list) != 4 {
		t.Fatalf("%d records: %v", len(list), list)
	}
	c := list[0].(Comment)
	for what, ok := range map[string]bool{
		"keys":   c.ArticleKey == "tea" && c.Key == "c2" && c.ID == "c2" && c.ParentKey == "c1" && c.Kind == KindComment,
		"author": *c.Author == "Ann  B" && c.AuthorKind == "member",
		"times":  c.CreatedAt.Format(time.RFC3339) == "2021-07-26T16:31:00Z" && c.EditedAt.Nanosecond() == 5e8,
		"state":  c.State == "held" && c.Branch == "locked",
		"bodies": *c.SourceText == "*hi*" && *c.BodyHTML == "<p><em>hi</em></p>" && *c.BodyText == "hi ",
		"place":  c.Line == 1 && c.Ordinal == 1 && c.File == "file",
	} {
		if !ok {
			t.Errorf("%s: %+v", what, c)
		}
	}
	a := list[1].(Article)
	if a.Key != "tea" || a.Slug != "tea" || a.ID != "a1" || a.State != "draft" || a.Replies != "closed" || *a.SourceURL != "https://example.org/tea" || *a.Author != "Bo" || a.PublishedAt.Year() != 2020 || a.BodyHTML != "<p>Leaves</p>" || a.Line != 4 {
		t.Errorf("article %+v", a)
	}
	c = list[2].(Comment)
	if c.Author != nil || c.AuthorKind != "unknown" || c.State != "published" || c.Branch != "" || c.ParentKey != "" || *c.BodyText != "" || c.BodyHTML != nil {
		t.Errorf("defaults %+v", c)
	}
	if p := list[3].(Comment); p.Kind != KindPlaceholder || p.Author != nil || p.BodyHTML != nil || p.BodyText != nil {
		t.Errorf("placeholder %+v", p)
	}
}

func TestJSONL_refuses_a_line_with_its_reason_and_reads_on(t *testing.T) {
	t.Parallel()
	good := "\n" + `{"type":"article","slug":"s","title":"t"}`
	for line, reason := range map[string]string{
		`{"type":"comment","article":"tea","id":"1","body_text":"x"}`:                                           `"parent" is missing; null stands for none.`,
		`{"type":"comment","parent":null,"article":"tea","id":"1"}`:                                             `"body_html" and "body_text" are both missing.`,
		`{"type":"comment","parent":null,"article":"tea","body_text":""}`:                                       `"id" is missing.`,
		`{"type":"comment","parent":null,"id":"1","body_text":""}`:                                              `"article" is missing.`,
		`{"type":"article","slug":" ","title":"t"}`:                                                             `"slug" is missing.`,
		`{"type":"article","slug":"s"}`:                                                                         `"title" is missing.`,
		`{"type":"article","slug":"s","title":null}`:                                                            `"title" is missing.`,
		`{"type":"article","slug":"s","title":5}`:                                                               `"title" is a number; something else is wanted.`,
		`{"type":"article","slug":"s","title":"t","state":"secret"}`:                                            `"state" is "secret"; known are published, draft, private, scheduled.`,
		`{"type":"article","slug":"s","title":"t","published_at":"yesterday"}`:                                  `"published_at" is "yesterday", which is not a time like 2021-07-26T17:31:00Z.`,
		`{"type":"article","slug":"s","title":"t","published_at":"9999-12-31T23:59:59-14:00"}`:                  `"published_at" is "9999-12-31T23:59:59-14:00", which is not a time like 2021-07-26T17:31:00Z.`,
		`{"type":"comment","parent":null,"article":"a","id":"` + strings.Repeat("x", 201) + `","body_text":""}`: `"id" is longer than 200 characters.`,
		`{"type":"vote","id":"1"}`:                                                                              `"type" is "vote", which is not known here.`,
		`{"id":"1"}`:                                                                                            `"type" is missing.`,
		`{"type":"hustings","version":2}`:                                                                       `"version" is 2; this program understands versions up to 1 and reads on as far as it can.`,
		`[1,2]`:                                                                                                 `The line is not a JSON object.`,
		`nonsense`:                                                                                              `The line is not a JSON object.`,
		`{"type":"article","slug":"s","ti`:                                                                      `The line ends in the middle of its object.`,
	} {
		list := records(t, "jsonl", line+good)
		if len(list) != 2 {
			t.Errorf("%s: %d records", line, len(list))
			continue
		}
		p, ok := list[0].(Problem)
		if !ok || p.Reason != reason || !p.Refused || p.Line != 1 || p.Offset != 0 {
			t.Errorf("%s: got %+v, want %s", line, list[0], reason)
		}
		if a := list[1].(Article); a.Slug != "s" || a.Line != 2 {
			t.Errorf("%s: the next line gave %+v", line, a)
		}
	}
}

func TestJSONL_repairs_bytes_and_says_where(t *testing.T) {
	t.Parallel()
	list := records(t, "auto", byteOrderMark+`{"type":"hustings","version":1}`+"\r\n"+
		"{\"type\":\"article\",\"slug\":\"s\",\"title\":\"caf\xe9\"}\r\n"+
		`{"type":"comment","parent":null,"article":"s","id":"1","body_text":"a\u0000b \\u0000 \\\u0000"}`)
	if len(list) != 4 {
		t.Fatalf("%d records: %v", len(list), list)
	}
	same(t, "repair", list[0].(Problem).Reason, "1 byte not in UTF-8, read as Windows-1252.")
	same(t, "line", list[0].(Problem).Line, 2)
	same(t, "title", list[1].(Article).Title, "café")
	same(t, "repair", list[2].(Problem).Reason, "2 NUL characters replaced.")
	same(t, "text", *list[3].(Comment).BodyText, "a\uFFFDb \\u0000 \\\uFFFD")
}

func TestJSONL_skips_a_line_that_is_too_long(t *testing.T) {
	t.Parallel()
	long := `{"type":"article","slug":"` + strings.Repeat("x", maxLine) + `"}`
	list := records(t, "jsonl", long+"\n"+`{"type":"article","slug":"s","title":"t"}`)
	if len(list) != 2 || list[0].(Problem).Reason != errLongLine.Error() || list[1].(Article).Line != 2 {
		t.Fatalf("%d records, %v", len(list), list[0].(Problem).Reason)
	}
}

func TestRead_unpacks_and_recognises(t *testing.T) {
	t.Parallel()
	jsonl := `{"type":"article","slug":"s","title":"t"}` + "\n"
	cases := map[string]struct{ data, format string }{
		"jsonl":         {jsonl, "jsonl"},
		"jsonl_damaged": {"{broken\n" + jsonl, "jsonl"},
		"jsonl_gzip":    {pack(t, jsonl), "jsonl"},
		"text":          {"Title\n\nBody\n", "text"},
		"text_gzip":     {pack(t, "Title\n\nBody\n\n  1. one"), "text"},
		"text_utf16":    {"\xff\xfeT\x00i\x00\n\x00", "text"},
	}
	for name, c := range cases {
		var refused int
		format, err := Read(context.Background(), Source{Name: "any.bin", R: strings.NewReader(c.data)}, "auto", func(r Record) error {
			if p, ok := r.(Problem); ok && p.Refused {
				refused++
			}
			return nil
		})
		if err != nil || format != c.format {
			t.Errorf("%s: %q, %v", name, format, err)
		}
	}
	for name, data := range map[string]string{"xml": "<?xml version=\"1.0\"?><x>", "binary": "PK\x03\x04\x00\x00", "json": `{"a":1}`, "empty": ""} {
		if format, err := Read(context.Background(), Source{Name: name, R: strings.NewReader(data)}, "", func(Record) error { return nil }); err == nil {
			t.Errorf("%s was taken for %s", name, format)
		}
	}
}

func pack(t *testing.T, s string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(s)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestRead_imports_what_stands_before_the_cut(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for i := range 5000 {
		b.WriteString(`{"type":"article","slug":"s` + strconv.Itoa(i*i*7919) + `","title":"t"}` + "\n")
	}
	packed := pack(t, b.String())
	list := records(t, "jsonl", packed[:len(packed)/2])
	p, ok := list[len(list)-1].(Problem)
	if !ok || !p.Refused || !strings.HasPrefix(p.Reason, "The file ends too early") || len(list) < 1000 || p.Line < len(list) {
		t.Errorf("%d records, then %+v", len(list), list[len(list)-1])
	}
}

func TestRead_refuses_a_bomb(t *testing.T) {
	t.Parallel()
	bomb := pack(t, "Title\n"+strings.Repeat(" \n", ratioFloor))
	for _, format := range []string{"text", "jsonl"} {
		var last Record
		_, err := Read(context.Background(), Source{Name: "bomb", R: strings.NewReader(bomb)}, format, func(r Record) error {
			last = r
			return nil
		})
		p, _ := last.(Problem)
		if (err == nil || !strings.Contains(err.Error(), "refused")) && p.Reason != errRatio.Error() {
			t.Errorf("%s: %v, %+v", format, err, last)
		}
	}
}
