package importer

import (
	"bytes"
	"cmp"
	"context"
	"os"
	"regexp"
	"strings"
	"testing"
)

// importedOf reads a file as an import does.
func importedOf(t *testing.T, f Format, verbatim bool, data string) (list []Record) {
	t.Helper()
	src, _, err := Open(Source{Name: "file", Verbatim: verbatim, R: strings.NewReader(data)})
	if err == nil {
		err = ReadRecords(context.Background(), f, src, func(r Record) error {
			list = append(list, r)
			return nil
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// saidIn is what a record says, and its key.
func saidIn(r Record) (text, key string) {
	switch r := r.(type) {
	case Article:
		return cmp.Or(r.BodyHTML, r.BodyText, r.BodyMarkdown), r.Key
	case Comment:
		return cmp.Or(deref(r.BodyText), deref(r.BodyHTML), deref(r.SourceText)), r.Key
	}
	return "", ""
}

var longWord = regexp.MustCompile(`\b[a-z]{5,}\b`)

// spoil makes one word of one text of the file a word that was encoded twice; "" where
// that can't be done.
func spoil(t *testing.T, f Format, data string) string {
	t.Helper()
	for _, r := range importedOf(t, f, true, data) {
		text, _ := saidIn(r)
		for _, word := range longWord.FindAllString(text, -1) {
			if foreignAt(text) == len(text) && strings.Count(data, word) == 1 {
				return strings.Replace(data, word, "rosÃ©", 1)
			}
		}
	}
	return ""
}

func TestMojibake_is_put_right_in_every_format_and_keys_do_not_mind(t *testing.T) {
	t.Parallel()
	for folder, format := range map[string]Format{
		"": Text{}, "markdown": Markdown{}, "blogger": Blogger{}, "comentario": Comentario{}, "commento": Commento{}, "disqus": Disqus{},
		"isso": Isso{}, "mt": MovableType{}, "remark42": Remark42{}, "wprest": WPREST{}, "feed": Feed{}, "wxr": WXR{},
	} {
		t.Run(format.Name(), func(t *testing.T) {
			t.Parallel()
			files, spoilt := []string{"testdata/bakery.txt"}, ""
			if folder != "" {
				files = samplesOf(t, folder)
			}
			for _, file := range files {
				data, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				spoilt = cmp.Or(spoilt, spoil(t, format, string(data)))
			}
			if spoilt == "" {
				t.Fatal("no text of the samples can be spoilt")
			}
			asIs, right := importedOf(t, format, true, spoilt), importedOf(t, format, false, spoilt)
			told, texts := 0, 0
			for _, r := range right {
				if p, ok := r.(Problem); ok && p.Reason == fixedMojibake && strings.Contains(p.Excerpt, "rosé") {
					told++
					if p.Line == 0 || p.Refused {
						t.Errorf("%+v", p)
					}
				}
				text, key := saidIn(r)
				if strings.Contains(text, "rosé") {
					texts++
					if !hasText(asIs, key, "rosÃ©") {
						t.Errorf("%q has another key, or is not left as it is", text)
					}
				}
			}
			if told == 0 || texts != 1 {
				t.Errorf("%d findings, %d texts put right", told, texts)
			}
		})
	}
}

func hasText(list []Record, key, word string) bool {
	for _, r := range list {
		if text, k := saidIn(r); k == key && strings.Contains(text, word) {
			return true
		}
	}
	return false
}

func TestMojibake_is_looked_for_in_each_field_by_itself(t *testing.T) {
	t.Parallel()
	name, body, ours := "RenÃ©", "laĺka RenÃ©", "😉"
	var got []Record
	y := newTally("f", func(r Record) error { got = append(got, r); return nil })
	r := &righter{tally: y, emit: y.emit}
	for _, in := range []Record{
		Comment{Author: &name, SourceText: &ours, BodyText: &body, BodyHTML: &name, Line: 3},
		Article{Title: "CafÃ©", Slug: "cafÃ©", Author: &name, Standfirst: "NÃO", BodyHTML: "<p>tŷ</p>", BodyMarkdown: "Ã\u00a0 la", Line: 7},
		Comment{Author: &ours, BodyText: &body},
	} {
		if err := r.take(in); err != nil {
			t.Fatal(err)
		}
	}
	same(t, "records", len(got), 2+1+4+1+1)
	c, a := got[2].(Comment), got[7].(Article)
	same(t, "name", *c.Author, "René")
	same(t, "html", *c.BodyHTML, "René")
	same(t, "text with a letter that Windows-1252 lacks", *c.BodyText, "laĺka RenÃ©")
	same(t, "what the reader holds", name, "RenÃ©")
	same(t, "title, slug and byline", a.Title+a.Slug+*a.Author, "CafécaféRené")
	same(t, "the others", a.Standfirst+a.BodyHTML+a.BodyMarkdown, "NÃO<p>tŷ</p>à la")
	p := got[3].(Problem)
	same(t, "finding", p, Problem{File: "f", Line: 7, Offset: -1, Reason: fixedMojibake, Excerpt: "Café"})
}

func TestMojibake_of_our_own_lines_is_meant(t *testing.T) {
	t.Parallel()
	line := `{"type":"article","slug":"a","title":"cafÃ©","body_text":"cafÃ©"}` + "\n"
	list := importedOf(t, JSONL{}, false, line)
	if a, ok := list[len(list)-1].(Article); !ok || a.Title != "cafÃ©" || len(list) != 1 {
		t.Errorf("%+v", list)
	}
}

func TestOpen_says_what_a_file_is_that_is_no_text(t *testing.T) {
	t.Parallel()
	for start, want := range map[string]error{
		"%PDF-1.4\n1 0 obj\n": errPDF, "%!PS-Adobe-3.0\n": errPostScript, `{\rtf1\ansi Hello}`: errDocument, "GIF89a\x01": errPicture,
		"PK\x03\x04\x14": errNoZip, "Rar!\x1a\x07\x00": errPacked, "BZh91AY&SY": errPacked, byteOrderMark + "%PDF-1.7": errPDF,
		"PKW-Maut\n\nEs wird teurer.\n": nil, "GIFs are pictures.\n": nil, "%PDFs are no text.\n": nil, "{\\r": nil, "BZh9": nil, "": nil,
	} {
		_, head, err := Open(Source{Name: "x", R: strings.NewReader(start + strings.Repeat("words and words\n", 20))})
		if err != want { //nolint:errorlint // it is the same one or another
			t.Errorf("%q: %v", start, err)
		}
		if want == nil && !bytes.HasPrefix(head, []byte(start)) {
			t.Errorf("%q became %q", start, head)
		}
	}
}
