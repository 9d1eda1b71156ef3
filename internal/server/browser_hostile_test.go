package server_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hustings/internal/action"
	"hustings/internal/forum"
	"hustings/internal/markup"
	"hustings/internal/postgres"
	"hustings/internal/sampletest"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// watchRuns notes every way in which the payloads prove that they ran.
const watchRuns = `window.ran = [];
for (const name of ["alert", "prompt", "confirm", "print", "open"]) window[name] = (...args) => { window.ran.push(name + " " + args) };`

// inPlace looks at each comment of a page: its place in the tree is the one the
// server gave it, its text holds nothing that acts, and what follows it stands
// where it belongs.
const inPlace = `(() => {
	const bad = [], items = [...document.querySelectorAll("#thread li.comment")];
	const complain = (li, what) => bad.push(li.id + ": " + what);
	for (const li of items) {
		if (!/^c\d+$/.test(li.id) || document.querySelectorAll("[id='" + li.id + "']").length !== 1) complain(li, "its id is not its own");
		if ((li.parentElement.closest("li.comment")?.id.slice(1) ?? "") !== li.dataset.parent) complain(li, "it left its place");
		const article = li.querySelector(":scope > .comment-article, :scope > .branch > .comment-article");
		const body = article?.querySelector(":scope > .comment-body");
		if (!body || body.nextElementSibling?.className !== "comment-actions" || article.children.length !== 3) { complain(li, "its text broke out"); continue }
		if (article.querySelector(".comment-author").querySelector(":not(a, bdi)")) complain(li, "markup in the name");
		for (const e of body.querySelectorAll("*")) {
			if (e.matches("script, style, iframe, frame, object, embed, applet, form, input, button, select, textarea, svg, math, link, meta, base, template, dialog, video, audio, source, slot, portal, marquee, details, summary, [style], [id], [name], [tabindex], [contenteditable], [autofocus]")) complain(li, e.outerHTML.slice(0, 80));
			for (const a of e.attributes) if (/^on/i.test(a.name)) complain(li, a.name);
			for (const a of ["href", "src", "srcset", "action", "formaction", "background", "poster", "cite", "data", "ping"]) {
				if (e.hasAttribute(a) && !/^(https?:|mailto:|#|\/)/i.test(e[a] || e.getAttribute(a))) complain(li, a + "=" + e.getAttribute(a).slice(0, 80));
			}
		}
	}
	if (document.body.lastElementChild.className !== "colophon" || !document.querySelector("body > main#main")) bad.push("the page's frame broke");
	if (document.querySelector("main h1 *, .story h2 a *")) bad.push("markup in a title");
	return {items: items.length, bad: bad.slice(0, 10), ran: window.ran, next: document.querySelector("a[rel=next]")?.getAttribute("href") ?? ""};
})()`

type pageFindings struct {
	Items int      `json:"items"`
	Bad   []string `json:"bad"`
	Ran   []string `json:"ran"`
	Next  string   `json:"next"`
}

func TestBrowser_hostile_input_runs_nothing_and_stays_in_its_place(t *testing.T) {
	t.Parallel()
	payloads := hostilePayloads(t)
	browser := startBrowser(t)
	s := newSite(t)
	posted := s.postHostile(payloads)
	imported := s.importHostile(payloads)
	if posted < 1000 || imported < 1000 {
		t.Fatalf("only %d were posted and %d imported", posted, imported)
	}
	s.titleHostile(payloads)

	guarded := newWindow(t, browser, s.srv.URL, true)
	guarded.onNewDocument(watchRuns)
	bare := newWindow(t, browser, s.srv.URL, true) // without the policy's protection
	bare.run(send(page.SetBypassCSP, page.SetBypassCSPParams{Enabled: true}))
	bare.onNewDocument(watchRuns)
	for _, w := range []*window{guarded, bare} {
		w.expectHarmless("/articles/posted", posted)
		w.expectHarmless("/articles/imported", imported)
		w.expectHarmless("/?sort=new", 0)
	}
	bare.visit("/articles/posted")
	bare.run(chromedp.Evaluate[chromedp.Void](`document.querySelector(".comment-body").after(document.createElement("hr"))`))
	if found := value[pageFindings](bare, inPlace); len(found.Bad) != 1 {
		t.Errorf("what breaks out is not noticed: %v", found.Bad)
	}
	if got := value[[]string](bare, `(alert(1), eval("prompt(2)"), window.ran)`); len(got) != 2 {
		t.Errorf("what runs is not noticed: %v", got)
	}
}

// expectHarmless reads all pages of a thread or list.
func (w *window) expectHarmless(path string, comments int) {
	w.t.Helper()
	total := 0
	for path != "" {
		w.visit(path)
		found := value[pageFindings](w, inPlace)
		for _, bad := range found.Bad {
			w.t.Errorf("%s: %s", path, bad)
		}
		for _, ran := range found.Ran {
			w.t.Errorf("%s: a payload ran: %s", path, ran)
		}
		total += found.Items
		path = found.Next
	}
	if total != comments {
		w.t.Errorf("%d comments are shown, not %d", total, comments)
	}
}

// hostilePayloads reads the collected attacks.
func hostilePayloads(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(sampletest.Dir(t, "no attack is tried in a browser"), "hostile", "*.jsonl"))
	if err != nil || len(files) == 0 {
		t.Fatal("the samples hold no attacks")
	}
	var all []string
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(f)
		lines.Buffer(nil, 8<<20)
		for lines.Scan() {
			var record struct{ Payload string }
			if err := json.Unmarshal(lines.Bytes(), &record); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			all = append(all, record.Payload)
		}
		f.Close() //nolint:errcheck // only read
	}
	if len(all) < 1000 {
		t.Fatalf("only %d payloads", len(all))
	}
	return all
}

// levelsPerTree is how many payloads stand below each other: with fifty trees a
// page then holds as many comments as it may.
const levelsPerTree = 5

// postHostile stores each payload as a member's reply: through the renderer and
// the store as action.Reply does, without its limit of replies a minute.
func (s *site) postHostile(payloads []string) int {
	s.t.Helper()
	s.load(`{"type":"article","id":"posted","slug":"posted","title":"Posted","state":"published","replies":"open","body_html":""}`)
	author := s.account("Mallory", forum.Reader)
	a, err := s.db.Article(s.t.Context(), forum.Anonymous, "posted")
	if err != nil {
		s.t.Fatal(err)
	}
	n := 0
	var parent forum.CommentID
	for i, payload := range payloads {
		body, err := markup.Reply(payload)
		if err != nil {
			continue // empty, or too long
		}
		if n%levelsPerTree == 0 {
			parent = 0
		}
		err = s.db.Do(s.t.Context(), func(ctx context.Context, tx *postgres.Tx) error {
			parent, _, err = tx.AddReply(ctx, postgres.NewReply{Article: a.ID, Parent: parent, Author: author.ID, FormKey: fmt.Sprint(i),
				PortableID: fmt.Sprint("posted-", i), State: forum.Published, Source: strings.ReplaceAll(strings.ToValidUTF8(payload, "?"), "\x00", ""),
				HTML: body.HTML, Text: body.Text, Policy: body.Version})
			return err
		})
		if err != nil {
			s.t.Fatal(err)
		}
		n++
	}
	return n
}

// importHostile brings each payload in as the HTML of an imported comment and as
// its author's name. It gives how many the importer took.
func (s *site) importHostile(payloads []string) int {
	s.t.Helper()
	lines := []any{map[string]any{"type": "article", "id": "imported", "slug": "imported", "title": "Imported", "state": "published", "replies": "open", "body_html": ""}}
	for i, payload := range payloads {
		record := map[string]any{"type": "comment", "article": "imported", "id": fmt.Sprint(i), "parent": nil, "kind": "comment", "state": "published",
			"author": cut(payload, 200), "author_kind": "imported", "body_html": "<p>Before.</p>" + payload}
		if i%levelsPerTree != 0 {
			record["parent"] = fmt.Sprint(i - 1)
		}
		lines = append(lines, record)
	}
	report := s.importLines(lines)
	return report.Comments.New
}

// titleHostile makes articles whose title, byline and text are payloads.
func (s *site) titleHostile(payloads []string) {
	s.t.Helper()
	var lines []any
	for i, payload := range payloads {
		if i%8 == 0 {
			lines = append(lines, map[string]any{"type": "article", "id": fmt.Sprint("title", i), "slug": fmt.Sprint("title-", i), "title": cut("About "+payload, 1000),
				"author": cut(payload, 200), "state": "published", "replies": "open", "body_html": payload})
		}
	}
	if s.importLines(lines); len(lines) < 100 {
		s.t.Fatalf("only %d titles", len(lines))
	}
}

func cut(s string, chars int) string {
	if runes := []rune(s); len(runes) > chars {
		return string(runes[:chars])
	}
	return s
}

func (s *site) importLines(lines []any) *action.Imported {
	s.t.Helper()
	var b strings.Builder
	for _, line := range lines {
		encoded, err := json.Marshal(line)
		if err != nil {
			s.t.Fatal(err)
		}
		b.Write(append(encoded, '\n'))
	}
	done, err := s.act.ImportFromShell(s.t.Context(), action.ImportInput{Files: []action.ImportFile{{Name: "hostile.jsonl",
		Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(b.String())), nil }}}})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, refused := range done.Refused {
		s.t.Logf("refused: line %d: %s", refused.Line, refused.Reason)
	}
	return done
}
