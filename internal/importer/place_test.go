package importer

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// TestProblems_stand_where_they_say looks up every place that is told of the samples of
// all formats: the line has to begin at the byte, and to be the one that was counted.
func TestProblems_stand_where_they_say(t *testing.T) {
	t.Parallel()
	known, unknown := 0, 0
	for _, pattern := range []string{"testdata/*.txt", "testdata/*/*"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil || filepath.Ext(file) == ".golden" || filepath.Base(filepath.Dir(file)) == "fuzz" {
				continue
			}
			format, err := Sniff("x", data)
			if err != nil {
				continue
			}
			for _, r := range recordsOf(t, format, string(data)) {
				p, is := r.(Problem)
				switch {
				case !is || p.Line == 0:
					continue
				case p.Offset < 0:
					unknown++
					t.Logf("%s:%d has no byte: %s", file, p.Line, p.Reason)
					continue
				}
				known++
				before := data[:min(int(p.Offset), len(data))]
				if int(p.Offset) > len(data) || bytes.Count(before, newline)+1 != p.Line || p.Offset > 0 && data[p.Offset-1] != '\n' {
					t.Errorf("%s: line %d does not begin at byte %d: %s", file, p.Line, p.Offset, p.Reason)
				}
				if line, _, _ := bytes.Cut(data[p.Offset:], newline); p.Column > len(line)+1 {
					t.Errorf("%s:%d has no column %d: %s", file, p.Line, p.Column, p.Reason)
				}
				if p.Excerpt == "" && p.Line > 1 {
					t.Logf("%s:%d has no excerpt: %s", file, p.Line, p.Reason)
				}
			}
		}
	}
	if known < 50 || unknown > known/4 {
		t.Errorf("the byte is known of %d places and not of %d", known, unknown)
	}
}
