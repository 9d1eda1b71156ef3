package server

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"hustings/internal/forum"
	"hustings/web"
)

// sampleBody is as long as a comment usually is.
var sampleBody = "<p>" + strings.Repeat("Nobody who has carried one home in the rain says that. ", 9) + "</p>"

// sampleThread makes n comments in trees of 20, six levels deep at most.
func sampleThread(n int) []*forum.Node {
	at := time.Date(2026, 11, 1, 10, 0, 0, 0, time.UTC)
	list := make([]forum.Comment, n)
	for i := range list {
		c := &list[i]
		*c = forum.Comment{ID: forum.CommentID(i + 1), Article: 1, Kind: forum.KindComment, State: forum.Published, Revision: 1, CreatedAt: &at,
			AuthorID: forum.PersonID(i%40 + 1), AuthorName: fmt.Sprintf("Person & %d", i%40), Handle: fmt.Sprintf("person-%d", i%40),
			AuthorKind: forum.Member, AuthorRole: forum.Reader, BodyHTML: sampleBody}
		if i%20 == 0 {
			c.Root = c.ID
			continue
		}
		parent := &list[i-1]
		if parent.Depth > 4 || i%3 == 0 {
			parent = &list[i/20*20]
		}
		c.Parent, c.Root, c.Depth = parent.ID, parent.Root, parent.Depth+1
	}
	return forum.BuildThread(list, forum.Arrangement{Sort: forum.Oldest})
}

func sampleWriter(t testing.TB) *threadWriter {
	t.Helper()
	locales, err := loadLocales(web.Files)
	if err != nil {
		t.Fatal(err)
	}
	return &threadWriter{locale: locales.list[0], slug: "sample", open: true}
}

func TestThreadWriter_allocates_less_than_once_a_comment(t *testing.T) {
	w, nodes := sampleWriter(t), sampleThread(1000)
	page := w.append(nil, nodes)
	if got := strings.Count(string(page), `<li class="comment"`); got != len(nodes) {
		t.Fatalf("%d comments were written, not %d", got, len(nodes))
	}
	buffer := make([]byte, 0, 2*len(page))
	perPage := testing.AllocsPerRun(5, func() { w.append(buffer, nodes) })
	if perPage > float64(len(nodes)) {
		t.Errorf("%d comments took %.0f allocations; data-and-speed.md allows one each", len(nodes), perPage)
	}
}

func BenchmarkThreadWriter(b *testing.B) {
	for _, n := range []int{50, 1000} {
		w, nodes := sampleWriter(b), sampleThread(n)
		page := w.append(nil, nodes)
		buffer := make([]byte, 0, 2*len(page))
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(page)))
			for b.Loop() {
				w.append(buffer, nodes)
			}
		})
		b.Run(fmt.Sprint(n, "/copy"), func(b *testing.B) {
			b.SetBytes(int64(len(page)))
			for b.Loop() {
				copy(buffer[:len(page)], page)
			}
		})
		b.Run(fmt.Sprint(n, "/zstd"), func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(page)))
			for b.Loop() {
				web.Compress("zstd", page)
			}
		})
		b.Run(fmt.Sprint(n, "/gzip"), func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(page)))
			for b.Loop() {
				web.Compress("gzip", page)
			}
		})
	}
}

func BenchmarkBuildThread(b *testing.B) {
	for _, n := range []int{50, 1000} {
		nodes := sampleThread(n)
		list := make([]forum.Comment, n)
		for i := range nodes {
			list[nodes[i].ID-1] = nodes[i].Comment
		}
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				forum.BuildThread(list, forum.Arrangement{Sort: forum.Oldest})
			}
		})
	}
}
