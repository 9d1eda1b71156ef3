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
