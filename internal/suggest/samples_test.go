package suggest

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"hustings/internal/forum"
	"hustings/internal/importer"
	"hustings/internal/sampletest"
)

// sample is a thread with the paths of its comments.
type sample struct {
	article string
	byID    map[forum.CommentID]Comment
	path    map[forum.CommentID]string
	kids    map[forum.CommentID][]Comment
	parents map[forum.CommentID]forum.CommentID
}

func readSample(t *testing.T, file string) *sample {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // only read
	s := &sample{byID: map[forum.CommentID]Comment{}, path: map[forum.CommentID]string{}, kids: map[forum.CommentID][]Comment{}, parents: map[forum.CommentID]forum.CommentID{}}
	ids := map[string]forum.CommentID{"": 0}
	err = (importer.Text{}).Read(context.Background(), importer.Source{Name: file, R: f}, func(r importer.Record) error {
		switch r := r.(type) {
		case importer.Article:
			s.article = r.BodyText
		case importer.Comment:
			if r.Kind == importer.KindLinkBack {
				return nil
			}
			c := Comment{ID: forum.CommentID(len(ids)), At: r.CreatedAt}
			ids[r.Key] = c.ID
			if r.Author != nil {
				c.Name, c.Author = *r.Author, authorOf(*r.Author)
			}
			if r.BodyText != nil {
				c.Text = *r.BodyText
			}
			up := ids[r.ParentKey]
			s.byID[c.ID], s.parents[c.ID] = c, up
			s.kids[up] = append(s.kids[up], c)
			s.path[c.ID] = strings.TrimPrefix(s.path[up]+"."+strconv.Itoa(len(s.kids[up])), ".")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// above gives the texts that a list stands below.
func (s *sample) above(id forum.CommentID) (texts []string) {
	for ; id != 0; id = s.parents[id] {
		texts = append(texts, s.byID[id].Text)
	}
	return append(texts, s.article)
}

// found gives what the rules find, "rule path→path" each.
func (s *sample) found(t *testing.T) (list []string) {
	t.Helper()
	for up, kids := range s.kids {
		var look Siblings
		look.Begin(s.byID[up], func() ([]string, error) { return s.above(up), nil })
		for _, c := range kids {
			f, ok, err := look.Next(c)
			if err != nil {
				t.Fatal(err)
			}
			if ok {
				list = append(list, string(f.Rule)+" "+s.path[f.Comment]+"→"+s.path[f.Target])
			}
		}
	}
	slices.Sort(list)
	return list
}

// TestSamples is check 18 of the import's design: two flattened replies are found
// and nothing that is wrong.
func TestSamples(t *testing.T) {
	t.Parallel()
	dir := sampletest.Dir(t, "the rules are not tried on real threads")
	for name, want := range map[string]string{
		"000.txt": "", "003.txt": "", "004.txt": "",
		"002.txt": "reply 7.1.1.1.3→7.1.1.1.2 reply 9.3.1.2.2→9.3.1.2.1",
	} {
		if got := strings.Join(readSample(t, filepath.Join(dir, name)).found(t), " "); got != want {
			t.Errorf("%s: found %q, want %q", name, got, want)
		}
	}
}
