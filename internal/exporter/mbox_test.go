package exporter_test

import (
	"bytes"
	"fmt"
	"io"
	"mime"
	"mime/quotedprintable"
	"net/mail"
	"regexp"
	"strings"
	"testing"
	"time"

	"hustings/internal/exporter"

	"pgregory.net/rapid"
)

func writeMbox(t testing.TB, a exporter.Article, comments ...exporter.Comment) string {
	t.Helper()
	var b bytes.Buffer
	writePublic(t, exporter.NewMbox(&b, site), a, comments)
	return b.String()
}

type message struct {
	mail.Header
	text string
}

// messages takes a file apart as the strictest and the simplest readers do: a line
// that begins with "From " begins a message, and nothing is taken off others.
func messages(t testing.TB, file string) (list []message) {
	t.Helper()
	if strings.Contains(file, "\n>From ") {
		t.Errorf("a line that some readers would change in\n%s", file)
	}
	for _, part := range strings.Split("\n"+file, "\nFrom ")[1:] {
		_, part, _ = strings.Cut(part, "\n")
		m, err := mail.ReadMessage(strings.NewReader(part))
		if err != nil {
			t.Fatalf("%v in\n%s", err, part)
		}
		for l := range strings.Lines(part) {
			if len(l) > 999 {
				t.Errorf("a line of %d", len(l))
			}
		}
		text, err := io.ReadAll(quotedprintable.NewReader(m.Body))
		if err != nil {
			t.Fatalf("%v in\n%s", err, part)
		}
		list = append(list, message{m.Header, strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\n")})
	}
	return list
}

func (m message) decoded(t testing.TB, name string) string {
	t.Helper()
	s, err := new(mime.WordDecoder).DecodeHeader(m.Get(name))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var oneLine = regexp.MustCompile(`\s+`)

func TestMbox_is_mail_with_the_tree_in_References(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(0, 40).Draw(rt, "comments")
		text := rapid.StringOf(rapid.RuneFrom([]rune("ab >\n=é😉F.\u00a0 "))).Draw(rt, "text") + rapid.SampledFrom([]string{"", "\nFrom here on", "\n>From there\n>>From " + strings.Repeat("x", 80)}).Draw(rt, "from")
		text = strings.Trim(text, "\n")
		name := rapid.StringMatching(`[a-zé"\\(<,😉 ]{0,30}b`).Draw(rt, "name")
		title := rapid.StringMatching(`[a-zé"?=ĺ ]{0,300}x`).Draw(rt, "title")
		when := time.Unix(1e9, 0)
		comments, parents := make([]exporter.Comment, n), make([]int, n)
		var up []int
		for i := range comments {
			depth := len(up) + 1
			if rapid.IntRange(0, 3).Draw(rt, "up") == 0 {
				depth = rapid.IntRange(1, len(up)+1).Draw(rt, "depth")
			}
			up = append(up[:depth-1], i+1)
			if depth > 1 {
				parents[i] = up[depth-2]
			}
			comments[i] = exporter.Comment{ID: fmt.Sprint("é ", i), Depth: depth, State: "published", Kind: "comment", BodyText: &text}
			if i%2 == 0 {
				comments[i].CreatedAt, comments[i].Author = &when, &name
			}
		}
		list := messages(t, writeMbox(t, exporter.Article{ID: "a@b", Title: title, BodyText: text}, comments...))
		if len(list) != n+1 {
			rt.Fatalf("%d messages of %d", len(list), n+1)
		}
		number := map[string]int{}
		for i, m := range list {
			number[m.Get("Message-ID")] = i
			if m.text != text {
				rt.Fatalf("%q came back as %q", text, m.text)
			}
			want := strings.TrimSpace(oneLine.ReplaceAllString(title, " "))
			if i == 0 {
				if got := m.decoded(t, "Subject"); got != want || m.Get("References") != "" {
					rt.Fatalf("%q came back as %q", want, got)
				}
				continue
			}
			refs := strings.Fields(m.Get("References"))
			if last := refs[len(refs)-1]; number[last] != parents[i-1] || m.Get("In-Reply-To") != last || number[refs[0]] != 0 || len(refs) > 20 {
				rt.Fatalf("comment %d answers %d, not %s", i, parents[i-1], refs)
			}
			from, err := m.AddressList("From")
			if err != nil || !strings.HasSuffix(from[0].Address, "@hustings.invalid") {
				rt.Fatalf("%v %v", m.Get("From"), err)
			}
			_, err = m.Date()
			if i%2 == 1 && (err != nil || from[0].Name != strings.TrimSpace(oneLine.ReplaceAllString(name, " "))) ||
				i%2 == 0 && (err == nil || from[0].Name != "" || m.Get("X-Hustings-Date") != "unknown" || m.Get("X-Hustings-Author") != "unknown") {
				rt.Fatalf("%+v %v", m.Header, from)
			}
		}
	})
}

func TestMbox_and_pages_hold_what_readers_see(t *testing.T) {
	t.Parallel()
	at := func(depth int, state, branch, kind, text string) exporter.Comment {
		c := exporter.Comment{ID: text, Depth: depth, State: state, Kind: kind, BodyText: &text, BodyHTML: "<p>" + text + "</p>", Author: ptr("By " + text)}
		if branch != "" {
			c.Branch = &branch
		}
		return c
	}
	comments := []exporter.Comment{
		at(1, "removed", "", "comment", "secret1"),
		at(2, "held", "", "comment", "secret2"),
		at(3, "published", "", "comment", "open1"),
		at(3, "spam", "", "comment", "secret3"),
		at(1, "published", "removed", "comment", "secret4"),
		at(2, "published", "", "comment", "secret5"),
		at(1, "published", "locked", "comment", "open2"),
		at(2, "retracted", "", "comment", "secret6"),
		at(1, "quarantined", "", "comment", "secret7"),
		at(1, "published", "", "link_back", "open3"),
		at(1, "held", "", "link_back", "secret8"),
		at(1, "published", "removed", "link_back", "secret9"),
	}
	a := exporter.Article{ID: "a", Slug: "s", Title: "T", State: "published", BodyText: "x"}
	for name, file := range map[string]string{"mbox": writeMbox(t, a, comments...), "html": writeHTML(t, a, comments...)} {
		if strings.Contains(file, "secret") && name == "html" || strings.Contains(strings.ReplaceAll(file, "comment.secret", ""), "secret") {
			t.Errorf("%s tells a secret:\n%s", name, file)
		}
		for _, want := range []string{"open1", "open2", "open3", "Removed by a moderator", "Not shown"} {
			if !strings.Contains(file, want) {
				t.Errorf("%s lacks %s", name, want)
			}
		}
		if strings.Contains(file, "Taken back") || strings.Contains(file, "being reviewed") {
			t.Errorf("%s has a stub with nothing below it", name)
		}
	}
	kinds := ""
	for _, m := range messages(t, writeMbox(t, a, comments...)) {
		kinds += m.Get("X-Hustings-Kind") + " "
	}
	if kinds != "article removed hidden comment comment link-back " {
		t.Errorf("kinds: %s", kinds)
	}
}

func TestMbox_keeps_the_first_error(t *testing.T) {
	t.Parallel()
	w := exporter.NewMbox(failing{}, site)
	var err error
	for range 10000 {
		err = w.Article(exporter.Article{Title: "long enough to fill the buffer at some time"})
	}
	if err == nil || w.Close() == nil {
		t.Errorf("errors lost: %v", err)
	}
}
