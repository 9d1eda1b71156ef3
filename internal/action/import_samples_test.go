package action_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hustings/internal/action"
	"hustings/internal/sampletest"
)

type trueComment struct {
	Path         *string
	Author, Date *string
	Kind         string
	SHA256       string `json:"sha256"`
}

type exportedLine struct {
	Type, Title, Slug, Article, Kind string
	Path, Author                     *string
	CreatedAt                        *time.Time `json:"created_at"`
	BodyText                         *string    `json:"body_text"`
}

func TestImport_then_export_gives_the_samples_as_they_truly_are(t *testing.T) {
	t.Parallel()
	dir := sampletest.Dir(t, "the real samples are not imported")
	truths := map[string]struct {
		Title string
		Tree  []trueComment
	}{}
	raw, err := os.ReadFile(filepath.Join(dir, "truth.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &truths); err != nil {
		t.Fatal(err)
	}
	d := newDesk(t)
	var in action.ImportInput
	for name := range truths {
		in.Files = append(in.Files, action.ImportFile{Name: name, Open: func() (io.ReadCloser, error) { return os.Open(filepath.Join(dir, name)) }})
	}
	d.take(in)
	got := exportedByTitle(t, d.export())
	for name, want := range truths {
		compareThread(t, name, want.Tree, got[want.Title])
	}
	before := d.dump()
	out := d.take(in)
	if out.Articles.Same != len(truths) || out.Comments.New+out.Comments.Changed > 0 || d.dump() != before {
		t.Errorf("the second import changed something: %+v", out.Report)
	}
}

func exportedByTitle(t *testing.T, export string) map[string][]exportedLine {
	t.Helper()
	titles, threads := map[string]string{}, map[string][]exportedLine{}
	for line := range strings.Lines(export) {
		var l exportedLine
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatal(err)
		}
		switch l.Type {
		case "article":
			titles[l.Slug] = l.Title
		case "comment":
			threads[titles[l.Article]] = append(threads[titles[l.Article]], l)
		}
	}
	return threads
}

func compareThread(t *testing.T, name string, want []trueComment, got []exportedLine) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d comments, want %d", name, len(got), len(want))
		return
	}
	byPath := map[string]exportedLine{}
	for _, l := range got {
		byPath[orNothing(l.Path)] = l
	}
	for _, w := range want {
		g, ok := byPath[orNothing(w.Path)]
		sum := ""
		if g.BodyText != nil {
			full := sha256.Sum256([]byte(*g.BodyText))
			sum = hex.EncodeToString(full[:])[:16]
		}
		date := ""
		if g.CreatedAt != nil {
			date = g.CreatedAt.Format("2006-01-02T15:04")
		}
		if !ok || orNothing(g.Author) != orNothing(w.Author) || sum != w.SHA256 || !strings.HasPrefix(orNothing(w.Date), date) || (w.Date == nil) != (date == "") {
			t.Errorf("%s %s: got %v %v %s, want %v %v %s", name, orNothing(w.Path), orNothing(g.Author), date, sum, orNothing(w.Author), orNothing(w.Date), w.SHA256)
		}
	}
}

func orNothing(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
