package importer

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew; read the difference before committing it")

func TestText_golden_files(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files to read: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			checkGolden(t, strings.TrimSuffix(file, ".txt")+".golden", describe(readText(t, string(data))))
		})
	}
}

func checkGolden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; read as\n%s\nwanted\n%s", file, got, want)
	}
}

// describe writes down everything a file gave, a line for each thing.
func describe(p parsed) string {
	var b strings.Builder
	a := p.article
	fmt.Fprintf(&b, "site %q title %q line %d by %q at %q\n%q\n", a.Site, a.Title, a.Line, deref(a.Author), wall(a.PublishedAt), a.BodyText)
	for _, c := range p.comments {
		fmt.Fprintf(&b, "%s %s line %d", p.path[c.Key], c.Kind, c.Line)
		if c.Author != nil {
			fmt.Fprintf(&b, " by %q", *c.Author)
		}
		if c.CreatedAt != nil {
			fmt.Fprintf(&b, " at %s", wall(c.CreatedAt))
		}
		if c.BodyText != nil {
			fmt.Fprintf(&b, " %q", *c.BodyText)
		}
		b.WriteByte('\n')
	}
	for _, x := range p.problems {
		fmt.Fprintf(&b, "line %d refused %t: %s | %s\n", x.Line, x.Refused, x.Reason, x.Excerpt)
	}
	return b.String()
}
