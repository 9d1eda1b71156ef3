package importer

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFeed_golden_files(t *testing.T) {
	t.Parallel()
	for _, file := range samplesOf(t, "feed") {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		checkGolden(t, file+".golden", describeRecords(recordsOf(t, Feed{}, string(data))))
		if f, err := Sniff("import.dat", data); err != nil || f.Name() != "feed" {
			t.Errorf("%s is taken for %v: %v", file, f, err)
		}
	}
}

func TestFeed_is_taken_for_nothing_else(t *testing.T) {
	t.Parallel()
	folders := []string{"wxr", "markdown"}
	for folder := range foreignFormats {
		folders = append(folders, folder)
	}
	for _, folder := range folders {
		for _, file := range samplesOf(t, folder) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if score := (Feed{}).Sniff("feed.xml", data); score > 0 {
				t.Errorf("%s is taken for a feed with %d", file, score)
			}
		}
	}
	for what, head := range map[string]string{
		"html": `<html><link href="/feed" type="application/rss+xml"><pre>&lt;rss></pre><rss></html>`,
		"json": `{"items":[{"id":"1"}]}`,
	} {
		if score := (Feed{}).Sniff("feed.xml", []byte(head)); score > 0 {
			t.Errorf("%s is taken for a feed with %d", what, score)
		}
	}
}

func FuzzFeed(f *testing.F) {
	files, _ := filepath.Glob("testdata/feed/*")
	for _, file := range files {
		if data, err := os.ReadFile(file); err == nil && filepath.Ext(file) != ".golden" {
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		g := &guard{t: t, known: map[string]bool{}}
		src := Source{Name: "f", R: strings.NewReader(string(data))}
		if err := (Feed{}).Read(context.Background(), src, g.take); err != nil {
			t.Fatal(err)
		}
		if g.number > 8+len(data) || g.bytes > 12*len(data)+g.number*1000 {
			t.Fatalf("%d records, %d bytes of %d", g.number, g.bytes, len(data))
		}
		(Feed{}).Sniff("f", data)
	})
}
