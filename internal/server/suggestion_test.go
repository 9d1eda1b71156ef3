package server

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"hustings/internal/action"
	"hustings/internal/forum"
	"hustings/internal/postgres"

	"github.com/PuerkitoBio/goquery"
)

// flattened is a thread in which 1.1.2 answers 1.1.1, 2.2 quotes 2.1, 2.3 calls its
// author, and 3 was sent twice; two of the first sort.
const flattened = `Pruning

Cut it back.

  1. Ann says:

    Now?

    1. Bob says:

      In March.

      1. Ann says:

        Why not <b>before</b>?

        1. Cem says:

          Birds nest in it.

        2. Ann says:

          In February, surely not.

        3. Cem says:

          They do.

        4. Ann says:

          Fine.

  2. Dan says:

    What about yew?

    1. Eve Elm says:

      You can cut a yew at any time of the year, even in the driest summers.

    2. Flo says:

      "you can cut a yew at any time of the year, even in the driest summers" - that was not so with ours.

    3. Gus says:

      Eve, are you sure?

  3. Kim says:

    I do it with shears and a ladder.

  4. Kim says:

    I do it with shears and a ladder.
`

// flatten imports that thread and looks it through.
func (b *bench) flatten() {
	b.Helper()
	open := func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(flattened)), nil }
	if _, err := b.s.act.ImportFromShell(b.Context(), action.ImportInput{Files: []action.ImportFile{{Name: "flat.txt", Open: open}}}); err != nil {
		b.Fatal(err)
	}
	if err := b.s.act.Suggest(b.Context()); err != nil {
		b.Fatal(err)
	}
}

// saying is the comment whose text begins so.
func (b *bench) saying(words string) (id forum.CommentID) {
	b.Helper()
	id, err := b.db.FindByText(b.Context(), words)
	if err != nil {
		b.Fatal(err)
	}
	return id
}

func (b *bench) parent(id forum.CommentID) forum.CommentID {
	b.Helper()
	return benchRow[forum.CommentID](b, `select coalesce(parent_id, 0) from comment where id = $1`, id)
}

func (b *bench) suggestion(rule string) int64 {
	b.Helper()
	return benchRow[int64](b, `select id from suggestion where rule = $1 order by id limit 1`, rule)
}

func TestSuggestionsPage_shows_what_speaks_for_each(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	doc := b.get(b.mod, "/mod/suggestions", http.StatusOK)
	if doc.Find("h2").Text() != "Nothing is here" {
		t.Error("an empty page does not say so")
	}
	b.flatten()
	doc = b.get(b.mod, "/mod/suggestions", http.StatusOK)
	if n := doc.Find("article.case").Length(); n != 4 {
		t.Fatalf("%d suggestions", n)
	}
	reply := fmt.Sprintf("#s%d ", b.suggestion("reply"))
	for selector, text := range map[string]string{
		reply + "h3":                                     "Ann → Cem",
		reply + ".why":                                   "Ann wrote the comment above and writes again after Cem has answered.",
		reply + ".compare > section:first-child":         "Why not <b>before</b>?",
		reply + ".compare > section:last-child":          "Birds nest in it.",
		reply + ".compare > section:last-child .replies": "In February",
		"[id^=s]:has(mark) .why":                         "It has 16 words in a row",
		"[id^=s] .compare > section:first-child mark":    "you can cut a yew at any time of the year, even in the driest summers",
		"[id^=s] .compare > section:last-child mark":     "You can cut a yew at any time of the year, even in the driest summers",
		".tabs [aria-current]":                           "To decide 4",
	} {
		if got := doc.Find(selector).Text(); !strings.Contains(got, text) {
			t.Errorf("%s says %q, want %q", selector, got, text)
		}
	}
	if doc.Find(".case b:not(.n)").Length() != 0 {
		t.Error("a text became markup")
	}
	if n := doc.Find(`button[data-key="a"]`).Length(); n != 1 {
		t.Errorf("%d buttons have one key", n)
	}
	weak := b.get(b.mod, "/mod/suggestions?lane=weak", http.StatusOK)
	if weak.Find("article.case").Length() != 1 || weak.Find("mark").First().Text() != "Eve" || weak.Find(`input[name="rule"]`).Length() != 0 {
		t.Error("what only a name speaks for is not shown by itself, or can be accepted unseen")
	}
	b.get(b.mod, "/mod/suggestions?lane=none", http.StatusBadRequest)
	if got := b.get(b.mod, "/mod", http.StatusOK).Find(`a[href="/mod/suggestions"]`).Length(); got != 1 {
		t.Error("the queue does not lead here")
	}
}

func TestSuggestionsPage_in_German(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.flatten()
	r := httptest.NewRequest(http.MethodGet, "/mod/suggestions", nil)
	r.Header.Set("Accept-Language", "de")
	doc := b.page(b.ask(b.mod, r), "in German", http.StatusOK)
	if h, why := doc.Find("h1").Text(), doc.Find(".why").Text(); h != "Vorschläge" || !strings.Contains(why, "16 Wörter hintereinander") {
		t.Errorf("%q, %q", h, why)
	}
}

func TestSuggestionsPage_accepts_and_takes_back_in_place(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.flatten()
	id, comment := b.suggestion("reply"), b.saying("In February")
	before := b.parent(comment)
	doc := b.get(b.mod, "/mod/suggestions", http.StatusOK)
	at := fmt.Sprintf("/mod/suggestions?decided=%d#s%d", id, id)
	b.redirected(b.press(b.mod, doc, fmt.Sprintf("#s%d .go", id)), at)
	if b.parent(comment) != b.saying("Birds nest") {
		t.Error("it was not moved")
	}
	doc = b.get(b.mod, strings.Split(at, "#")[0], http.StatusOK)
	receipt := doc.Find(fmt.Sprintf("div.notice#s%d", id))
	if !strings.Contains(receipt.Text(), "The comment by Ann now stands below the one by Cem.") || doc.Find("article.case").Length() != 3 {
		t.Errorf("afterwards: %q", receipt.Text())
	}
	b.redirected(b.press(b.mod, doc, fmt.Sprintf("#s%d button", id)), "/mod/suggestions?decided=")
	if b.parent(comment) != before {
		t.Error("it was not taken back")
	}

	// A duplicate, through the list of what was accepted.
	id, comment = b.suggestion("duplicate"), b.saying("I do it with shears")
	b.press(b.mod, b.get(b.mod, "/mod/suggestions", http.StatusOK), fmt.Sprintf("#s%d .go", id))
	if b.state(comment) != forum.Removed {
		t.Error("the second is still there")
	}
	doc = b.get(b.mod2, "/mod/suggestions?lane=accepted", http.StatusOK)
	b.redirected(b.press(b.mod2, doc, fmt.Sprintf("#s%d button", id)), "/mod/suggestions?decided=")
	if b.state(comment) != forum.Published {
		t.Error("the second is not back")
	}
}

func TestSuggestionsPage_dismisses(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.flatten()
	id := b.suggestion("quote")
	doc := b.get(b.mod, "/mod/suggestions?article=pruning", http.StatusOK)
	b.redirected(b.press(b.mod, doc, fmt.Sprintf(`#s%d [formaction$="/dismiss"]`, id)), "/mod/suggestions?article=pruning&decided=")
	if b.get(b.mod, "/mod/suggestions?article=pruning", http.StatusOK).Find("mark").Length() != 0 {
		t.Error("what was dismissed is still there")
	}
	// Decided on an old page.
	doc = b.page(b.press(b.mod2, doc, fmt.Sprintf("#s%d .go", id)), "an old page", http.StatusConflict)
	if !strings.Contains(doc.Find(".wrong").Text(), "this suggestion has been decided") {
		t.Errorf("said %q", doc.Find(".wrong").Text())
	}
	doc = b.get(b.mod, "/mod/suggestions?lane=dismissed", http.StatusOK)
	b.press(b.mod, doc, fmt.Sprintf("#s%d button", id))
	if b.get(b.mod, "/mod/suggestions", http.StatusOK).Find("mark").Length() == 0 {
		t.Error("it is not open again")
	}
}

func TestSuggestionsPage_accepts_all_of_a_rule_in_an_article(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.flatten()
	doc := b.get(b.mod, "/mod/suggestions", http.StatusOK)
	b.redirected(b.press(b.mod, doc, `form[action="/mod/suggestions"] button`), "/mod/suggestions?accepted=2&left=0")
	doc = b.get(b.mod, "/mod/suggestions?accepted=2&left=0", http.StatusOK)
	if !strings.Contains(doc.Find(".notice").Text(), "Moved 2 comments.") || b.parent(b.saying("Fine.")) != b.saying("They do.") {
		t.Errorf("said %q", doc.Find(".notice").Text())
	}
	if n := benchRow[int](b, `select count(*) from audit where action = 'move'`); n != 2 {
		t.Errorf("%d acts", n)
	}
	if n := b.get(forum.Anonymous, "/moderation?kind=move", http.StatusOK).Find("ol.log > li").Length(); n != 2 {
		t.Errorf("the public log has %d entries", n)
	}
	if w := b.post(b.mod, "/mod/suggestions", "article", "pruning", "rule", "name"); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("a weak rule in one go answers %d", w.Code)
	}
}

func TestSuggestionsPage_is_paged(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var text strings.Builder
	text.WriteString("Long\n\nBegin.\n\n")
	for i := range 45 {
		fmt.Fprintf(&text, "  %d. Ann says:\n\n    Thing %d.\n\n    1. Bob says:\n\n      No %d.\n\n    2. Ann says:\n\n      Yes %d.\n\n", i+1, i, i, i)
	}
	open := func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text.String())), nil }
	if _, err := b.s.act.ImportFromShell(t.Context(), action.ImportInput{Files: []action.ImportFile{{Name: "long.txt", Open: open}}}); err != nil {
		t.Fatal(err)
	}
	if err := b.s.act.Suggest(t.Context()); err != nil {
		t.Fatal(err)
	}
	page, seen := "/mod/suggestions", map[string]bool{}
	for range 3 {
		doc := b.get(b.mod, page, http.StatusOK)
		doc.Find("article.case").Each(func(_ int, c *goquery.Selection) { seen[c.AttrOr("id", "")] = true })
		page = doc.Find(`a[rel="next"]`).AttrOr("href", "")
	}
	if len(seen) != 45 || page != "" {
		t.Errorf("%d suggestions on three pages, then %q", len(seen), page)
	}
	if _, err := b.db.Suggestions(t.Context(), b.mod, postgres.SuggestionFilter{Lane: postgres.LaneAccepted, After: "zz"}); err != nil {
		t.Errorf("a cursor of something that is gone: %v", err)
	}
}

func TestMovePage(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	first, second := b.write(0, b.ann, forum.Published, "the first"), b.write(0, b.bob, forum.Published, "the second")
	b.write(second, b.ann, forum.Published, "below the second")
	doc := b.get(b.mod, at(second, "move"), http.StatusOK)
	if !strings.Contains(doc.Find("form[method=post]").Text(), "It moves with the 1 reply below it.") {
		t.Error("the page does not say what moves")
	}
	for _, typed := range []string{fmt.Sprint(first), fmt.Sprintf("#c%d", first), fmt.Sprintf(" https://hustings.example/comments/%d#c%d ", first, first),
		fmt.Sprintf("/articles/hedges#c%d", first), fmt.Sprintf("http://x/comments/%d?context=3", first)} {
		w := b.post(b.mod, at(second, "move"), "below", typed, "from", "0")
		b.redirected(w, at(second, "move")+"?done=")
		if b.parent(second) != first {
			t.Fatalf("%q moved it below %d", typed, b.parent(second))
		}
		doc = b.get(b.mod, w.Header().Get("Location"), http.StatusOK)
		if !strings.Contains(doc.Find(".notice").Text(), "Moved 2 comments.") {
			t.Errorf("said %q", doc.Find(".notice").Text())
		}
		b.redirected(b.press(b.mod, doc, `button[data-key="u"]`), at(second, "move"))
		if b.parent(second) != 0 {
			t.Fatal("it was not taken back")
		}
	}
	b.redirected(b.post(b.mod, at(second, "move"), "below", fmt.Sprint(first)), at(second, "move"))
	b.redirected(b.post(b.mod, at(second, "move"), "top", "1", "from", fmt.Sprint(first)), at(second, "move"))
	for typed, said := range map[string]string{
		"": "Please say below which comment", "x": "neither the link", "99999": "no such comment in this discussion", "0": "neither the link",
		fmt.Sprint(second): "part of the branch", "999999999999999999999": "neither the link",
	} {
		doc := b.page(b.post(b.mod, at(second, "move"), "below", typed, "note", "my note"), "a move below "+typed, http.StatusUnprocessableEntity)
		if got := doc.Find(".wrong").Text(); !strings.Contains(got, said) || doc.Find("#note").AttrOr("value", "") != "my note" || doc.Find("#below").AttrOr("value", "") != typed {
			t.Errorf("below %q: said %q", typed, got)
		}
	}
	// Another moderator takes it back, without the notice.
	b.redirected(b.press(b.mod2, b.get(b.mod2, at(second, "move"), http.StatusOK), `form[action$="/move-back"] button`), at(second, "move"))
	if b.parent(second) != first {
		t.Error("it was not moved back")
	}
	w := b.post(b.mod2, at(second, "move"), "top", "1", "from", "77")
	b.page(w, "a move of what has been moved", http.StatusConflict)
	b.get(b.mod, at(99999, "move"), http.StatusNotFound)
	if got := b.get(b.mod, "/articles/hedges", http.StatusOK).Find(fmt.Sprintf(`a[href="%s"]`, at(second, "move"))).Length(); got != 1 {
		t.Error("the thread does not offer moderators to move")
	}
	if got := b.get(b.bob, "/articles/hedges", http.StatusOK).Find(`a[href$="/move"]`).Length(); got != 0 {
		t.Error("the thread offers readers to move")
	}
}

func TestSuggestionForms_take_hostile_input_calmly(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.flatten()
	id := b.suggestion("quote")
	target := b.write(0, b.ann, forum.Published, "text")
	for _, value := range []string{"", "'", `"><script>alert(1)</script>`, "a\x00b", "\xff\xfe", strings.Repeat("x", 30_000), "-1", "9999999999999999999999", "%s%n",
		"//evil.example", "https://evil.example/mod/suggestions", "/mod/suggestions?lane=\x00", "/mod/suggestions?after=zz.\xff.zz", "1.reply.1", "..", "zzzzzzzzzzzzzzzzz"} {
		q := url.QueryEscape(value)
		var answers []*httptest.ResponseRecorder
		for _, name := range []string{"lane", "article", "after", "decided", "accepted", "left"} {
			for _, lane := range []string{"", "&lane=accepted"} {
				answers = append(answers, b.ask(b.mod, httptest.NewRequest(http.MethodGet, "/mod/suggestions?"+name+"="+q+lane, nil)))
			}
		}
		for _, path := range []string{"/mod/suggestions", fmt.Sprintf("/mod/suggestions/%d/dismiss", id), fmt.Sprintf("/mod/suggestions/%d/reopen", id), at(target, "move"), at(target, "move-back")} {
			for _, field := range []string{"next", "article", "rule", "below", "from", "top", "note", "undoes"} {
				answers = append(answers, b.post(b.mod, path, field, value))
			}
		}
		answers = append(answers, b.post(b.mod, "/mod/suggestions/"+url.PathEscape(value)+"x/accept"))
		for _, w := range answers {
			if to := w.Header().Get("Location"); w.Code >= 500 || strings.Contains(w.Body.String(), "<script>alert") || to != "" && !strings.HasPrefix(to, "/mod/suggestions") && !strings.HasPrefix(to, "/comments/") {
				t.Errorf("%.30q answers %d to %q", value, w.Code, to)
			}
		}
	}
}
