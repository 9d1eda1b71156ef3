package importer

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestHTML_golden_files(t *testing.T) {
	t.Parallel()
	for _, file := range samplesOf(t, "html") {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			checkGolden(t, file+".golden", describePage(recordsOf(t, HTML{}, string(data))))
		})
	}
}

// describePage is describeRecords with what other formats have not.
func describePage(list []Record) string {
	got := describeRecords(list)
	for _, r := range list {
		switch r := r.(type) {
		case Article:
			if r.Standfirst != "" {
				got += fmt.Sprintf("standfirst %q\n", r.Standfirst)
			}
		case Comment:
			if r.Anchor+r.AuthorURL != "" {
				got += fmt.Sprintf("%s is at %q and its author at %q\n", r.Key, r.Anchor, r.AuthorURL)
			}
		}
	}
	return got
}

func readPage(t *testing.T, name, data string) []Record {
	t.Helper()
	var list []Record
	src := Source{Name: name, R: strings.NewReader(data)}
	if err := (HTML{}).Read(context.Background(), src, func(r Record) error {
		list = append(list, r)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return list
}

func TestHTML_is_known_by_what_it_holds(t *testing.T) {
	t.Parallel()
	for _, file := range samplesOf(t, "html") {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if f, err := Sniff("import.dat", data); err != nil || f.Name() != "html" {
			t.Errorf("%s is taken for %v: %v", file, f, err)
		}
	}
	for what, head := range map[string]string{
		"a feed":            `<?xml version="1.0"?><rss version="2.0"><channel><item><description>&lt;html&gt;</description></item></channel></rss>`,
		"a feed with XHTML": `<feed xmlns="http://www.w3.org/2005/Atom"><entry><content type="xhtml"><html><body>x</body></html></content></entry></feed>`,
		"front matter":      "---\ntitle: x\n---\n<!DOCTYPE html>\n<html>",
		"a scrape":          "Title\n\nText on <html> and\n\n  1. One.\n",
		"JSON Lines":        `{"type":"article","slug":"s","title":"T","body_html":"<!doctype html>"}`,
		"JSON":              "[\n\"<html>\"]",
		"mail":              "From: a@b.example\nContent-Type: multipart/mixed; boundary=x\n\n--x\n",
		"nothing":           "",
	} {
		if f, err := Sniff("page.html", []byte(head)); err == nil && f.Name() == "html" {
			t.Errorf("%s is taken for a web page", what)
		}
	}
}

func FuzzHTML(f *testing.F) {
	files, _ := filepath.Glob("testdata/html/*")
	for _, file := range files {
		if data, err := os.ReadFile(file); err == nil && filepath.Ext(file) != ".golden" {
			f.Add(data)
		}
	}
	for _, page := range hostilePages() {
		if len(page) < 100_000 {
			f.Add([]byte(page))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		g := &guard{t: t, known: map[string]bool{}}
		src := Source{Name: "https://fuzz.example/a/", R: strings.NewReader(string(data))}
		if err := (HTML{}).Read(context.Background(), src, func(r Record) error {
			switch r := r.(type) {
			case Article:
				g.text(r.Standfirst)
				g.text(r.OldURLs...)
			case Comment:
				g.text(r.Anchor, r.AuthorURL)
				if g.known[r.Key] || r.Key == "" {
					t.Fatalf("key %q twice", r.Key)
				}
			}
			return g.take(r)
		}); err != nil {
			t.Fatal(err)
		}
		// An address may stand for a short reference and is written out: the page's own
		// before each. Keys and reasons take some hundred bytes a record.
		if g.number > 20+len(data) || g.bytes > 40*len(data)+g.number*2000+20_000 {
			t.Fatalf("%d records, %d bytes of %d", g.number, g.bytes, len(data))
		}
		(HTML{}).Sniff("f", data)
		LinksOf(data, "https://fuzz.example/a/")
	})
}
