package action

import (
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"hustings/internal/forum"
	"hustings/internal/postgres"
)

func aSpool(t *testing.T) *importSpool {
	t.Helper()
	t.Setenv("TMPDIR", t.TempDir())
	s, err := newImportSpool()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.close)
	if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) > 0 && !s.named {
		t.Errorf("the folder has %v, %v", left, err)
	}
	return s
}

// spooled is a comment with everything that one can have, its texts of so many
// characters.
func spooled(i, chars int) postgres.StagedComment {
	text := func(s string) *string {
		s = strings.Repeat(s, chars)
		return &s
	}
	kind, at := forum.Guest, time.Date(1901, 2, 3, 4, 5, 6, 789_000, time.UTC)
	return postgres.StagedComment{
		Item: int32(i), File: 2, Line: int32(-i), Key: fmt.Sprint("k", i), Parent: "p", PortableID: "x", Kind: forum.KindComment, Author: text("ä"),
		AuthorKind: &kind, AuthorKey: "id:1", AuthorMail: []byte{0, 255}, AuthorURL: text("u"), Anchor: text("a"), CreatedAt: &at, EditedAt: &at,
		State: forum.Held, Branch: "locked", Format: "html", SourceText: text("s\x01"), BodyHTML: *text("<b>"), BodyText: text("\n"), Policy: 7,
		Ordinal: -1 << 63, Digest: []byte("digest"), Hash: 1<<63 - 1, ParentHash: -5,
	}
}

func TestImportSpool_gives_back_what_was_put_in(t *testing.T) {
	s := aSpool(t)
	var put []postgres.StagedComment
	var bodies []postgres.ArticleBody
	var numbers []int64
	sizes := []int{0, 1, 100, 5_000, spoolPageSize, 700_000, 3} // below and above pages and what waits to be written
	for i := range 200 {
		c := spooled(i, sizes[i%len(sizes)])
		if i%3 == 0 {
			c = postgres.StagedComment{Kind: forum.KindPlaceholder, State: forum.Published, Digest: []byte{}}
		}
		if err := s.put(&c); err != nil {
			t.Fatal(err)
		}
		put = append(put, c)
		a := postgres.ArticleBody{Standfirst: "S", Source: strings.Repeat("x", i), Format: "text", HTML: "h", Text: "t", Policy: i, Author: c.Author, PublishedAt: c.EditedAt}
		n, err := s.putArticle(&a)
		if err != nil {
			t.Fatal(err)
		}
		bodies, numbers = append(bodies, a), append(numbers, n)
		again := put[(i*7)%len(put)] // while it grows, here and there
		if got, err := s.get(again.N); err != nil || !reflect.DeepEqual(got, again) {
			t.Fatalf("comment %d of %d: %v", again.N, i, err)
		}
	}
	for i := range put {
		if i > 0 && put[i].N <= put[i-1].N {
			t.Errorf("%d comes after %d", put[i].N, put[i-1].N)
		}
		if got, err := s.article(numbers[i]); err != nil || !reflect.DeepEqual(got, bodies[i]) {
			t.Errorf("article %d: %v", i, err)
		}
		if _, err := s.get(numbers[i]); err == nil {
			t.Error("an article was taken for a comment")
		}
	}
	if _, err := s.get(s.size/spoolUnit + 1); forum.KindOf(err) != forum.Unavailable {
		t.Errorf("beyond the end: %v", err)
	}
}

func TestImportSpool_keeps_anew_what_has_got_shorter(t *testing.T) {
	s := aSpool(t)
	for i := range 50 {
		c := spooled(i, 1000*i)
		if err := s.put(&c); err != nil {
			t.Fatal(err)
		}
		if _, err := s.putArticle(&postgres.ArticleBody{Source: strings.Repeat("y", 100*i)}); err != nil {
			t.Fatal(err)
		}
	}
	var odd []int64
	err := s.eachComment(func(c *postgres.StagedComment) (bool, error) {
		if c.Item%2 == 0 {
			return false, nil
		}
		odd = append(odd, c.N)
		hide(c, true)
		return true, nil
	})
	if err != nil || len(odd) != 25 {
		t.Fatal(len(odd), err)
	}
	seen := 0
	err = s.eachComment(func(c *postgres.StagedComment) (bool, error) {
		want := spooled(int(c.Item), 1000*int(c.Item))
		if want.N = c.N; c.Item%2 == 1 {
			hide(&want, true)
		}
		if seen++; !reflect.DeepEqual(*c, want) {
			t.Errorf("comment %d differs", c.Item)
		}
		return false, nil
	})
	if err != nil || seen != 50 {
		t.Error(seen, err)
	}
}

func TestImportSpool_says_where_there_is_no_room(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir()+"/nowhere")
	if _, err := newImportSpool(); forum.KindOf(err) != forum.Unavailable || !strings.Contains(err.Error(), "TMPDIR") {
		t.Errorf("it says %v", err)
	}
	s := aSpool(t)
	s.close() // as a disk that is full
	c := spooled(1, 1)
	err := s.put(&c)
	if err == nil {
		_, err = s.get(c.N)
	}
	if forum.KindOf(err) != forum.Unavailable {
		t.Errorf("it says %v", err)
	}
}
