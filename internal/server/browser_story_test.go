package server_test

import (
	"fmt"
	"strings"
	"testing"

	"hustings/internal/forum"

	"github.com/chromedp/chromedp"
)

const storyThread = `
Mary Field: The kettle comes first
 John Hill: The cup comes first
Ann Vale: Neither`

func TestBrowser_a_discussion_from_signing_up_to_restoring(t *testing.T) {
	t.Parallel()
	tellStory(t, true)
}

func TestBrowser_the_same_discussion_with_JavaScript_off(t *testing.T) {
	t.Parallel()
	tellStory(t, false)
}

// tellStory is a whole discussion in a real browser: somebody signs up, answers,
// edits and folds; somebody else reports; a moderator removes and restores.
func tellStory(t *testing.T, script bool) {
	browser := startBrowser(t)
	s := newSite(t)
	s.article("tea", storyThread)
	s.account("Moira Keeper", forum.Moderator)
	open := func() *window { return newWindow(t, browser, s.srv.URL, script) }
	ada, bob, moira, guest := open(), open(), open(), open()

	ada.signUp("Ada Brook")
	first := s.comment("The kettle comes first")
	second := ada.reply("tea", first, "Level two: cups break.")
	third := ada.reply("tea", second, "Level three: so do kettles.")
	fourth := ada.reply("tea", third, "Level four: everything breaks.")
	ada.expectDepth("tea", fourth, 4)

	ada.editComment("tea", fourth, "Level four: nearly everything breaks.")
	ada.foldsBranch("tea", second, fourth)

	bob.signUp("Bob Marsh")
	bob.reportComment("tea", fourth, "abuse")

	moira.signIn("Moira Keeper")
	moira.removeFromQueue(fourth, "abuse")
	guest.expectRemoved("tea", third, fourth, "nearly everything breaks")
	moira.undoRemoval()
	guest.expectShown("tea", fourth, "nearly everything breaks")

	guest.switchesTheme()
}

func (w *window) signUp(name string) {
	w.t.Helper()
	w.visit("/signup")
	w.write("#name", name)
	w.write("#pw", password)
	w.click("form.form button.go")
	w.expectSignedIn(name)
}

func (w *window) signIn(name string) {
	w.t.Helper()
	w.visit("/signin")
	w.write("#name", name)
	w.write("#pw", password)
	w.click("form.form button.go")
	w.expectSignedIn(name)
}

func (w *window) expectSignedIn(name string) {
	w.t.Helper()
	w.until(fmt.Sprintf(`document.querySelector(".site-nav a[href='/settings']")?.innerText.includes(%q)`, name))
}

// ownComment finds the reader's own comment with a text on the page.
const ownComment = `[...document.querySelectorAll(".comment.own")].find(c => c.querySelector(":scope > .comment-article .comment-body, :scope > .branch > .comment-article .comment-body")?.textContent.includes(%q))`

// reply answers a comment of an article by its Reply link and gives the number of
// the new one.
func (w *window) reply(slug string, parent forum.CommentID, text string) forum.CommentID {
	w.t.Helper()
	w.visit("/articles/" + slug)
	w.click(fmt.Sprintf("#c%d a.answer", parent))
	form := "form.composer" // on a page of its own
	if w.script {
		form = fmt.Sprintf("#c%d form.composer", parent)
	}
	w.write(form+" textarea", text)
	if address := value[string](w, `location.search`); w.script && address != "" {
		w.t.Errorf("with script the form opens in place, but the page is now at %s", address)
	}
	w.click(form + " button.go")
	w.until(fmt.Sprintf(ownComment, text))
	if w.script {
		w.until(fmt.Sprintf(ownComment+`.contains(document.activeElement)`, text))
		if path := value[string](w, `location.pathname`); path != "/articles/"+slug {
			w.t.Errorf("a reply stands in its thread at once, but the page is now %s", path)
		}
	}
	id := value[string](w, fmt.Sprintf(ownComment+`.id`, text))
	n, err := parseAnchor(id)
	if err != nil {
		w.t.Fatalf("the new comment has the id %q", id)
	}
	return n
}

func parseAnchor(id string) (n forum.CommentID, err error) {
	_, err = fmt.Sscanf(id, "c%d", &n)
	return n, err
}

func (w *window) expectDepth(slug string, id forum.CommentID, depth int) {
	w.t.Helper()
	w.visit("/articles/" + slug)
	w.until(fmt.Sprintf(`document.querySelector("#c%d[data-depth='%d']")`, id, depth))
}

func (w *window) editComment(slug string, id forum.CommentID, text string) {
	w.t.Helper()
	w.visit("/articles/" + slug)
	w.click(fmt.Sprintf("#c%d a.edit", id))
	w.write("#b", text)
	w.click("form.composer button.go")
	w.until(fmt.Sprintf(`document.querySelector("#c%d .comment-body")?.textContent.includes(%q) && document.querySelector("#c%d a.edited")`, id, text, id))
}

// foldsBranch folds a branch by its rail, finds it folded after loading the page
// again (with script), and unfolds it.
func (w *window) foldsBranch(slug string, id, inside forum.CommentID) {
	w.t.Helper()
	branch := fmt.Sprintf(`document.querySelector("#c%d > .branch")`, id)
	hidden := fmt.Sprintf(`!document.querySelector("#c%d .comment-body").checkVisibility()`, inside)
	w.visit("/articles/" + slug)
	w.until(branch + `.open`)
	w.click(fmt.Sprintf("#c%d > .branch > summary.rail", id))
	w.until(`!` + branch + `.open && ` + hidden)
	if w.script {
		w.until(fmt.Sprintf(`localStorage.getItem("hustings.folds")?.includes("c%d")`, id))
		w.visit("/articles/" + slug)
		w.until(`!` + branch + `?.open && ` + hidden)
	}
	w.click(fmt.Sprintf("#c%d > .branch > summary.rail", id))
	w.until(branch + `.open && !(` + hidden + `)`)
}

func (w *window) reportComment(slug string, id forum.CommentID, reason string) {
	w.t.Helper()
	w.visit("/articles/" + slug)
	w.click(fmt.Sprintf("#c%d details.more > summary", id))
	w.click(fmt.Sprintf("#c%d details.more a[href='/comments/%d/report']", id, id))
	w.click(fmt.Sprintf("input[name='reason'][value='%s']", reason))
	w.click("form.composer button.go")
	w.until(`document.querySelector("main h1")?.innerText.includes("Thank you")`)
}

func (w *window) removeFromQueue(id forum.CommentID, reason string) {
	w.t.Helper()
	w.visit("/mod")
	w.until(fmt.Sprintf(`document.querySelector(".case #c%d.subject")`, id))
	w.click(fmt.Sprintf(".case input[name='reason'][value='%s']", reason))
	w.click(fmt.Sprintf(".case button[formaction='/comments/%d/remove']", id))
	w.until(`document.querySelector(".notice form[action*='/restore'] button")`)
}

func (w *window) undoRemoval() {
	w.t.Helper()
	w.click(".notice form[action*='/restore'] button")
	w.until(`!document.querySelector(".notice form[action*='/restore']")`)
}

// expectRemoved looks at a thread as everybody: the parent's own text stands, the
// comment's is nowhere.
func (w *window) expectRemoved(slug string, parent, id forum.CommentID, text string) {
	w.t.Helper()
	w.visit("/articles/" + slug)
	w.until(fmt.Sprintf(`document.querySelector("#c%d .comment-body")`, parent))
	if html := value[string](w, `document.documentElement.outerHTML`); strings.Contains(html, text) {
		w.t.Error("the removed comment's text is still on the page")
	}
	w.until(fmt.Sprintf(`!document.querySelector("#c%d .comment-body")`, id))
}

func (w *window) expectShown(slug string, id forum.CommentID, text string) {
	w.t.Helper()
	w.visit("/articles/" + slug)
	w.until(fmt.Sprintf(`document.querySelector("#c%d .comment-body")?.textContent.includes(%q)`, id, text))
}

func (w *window) switchesTheme() {
	w.t.Helper()
	const ink = `getComputedStyle(document.body).color`
	var colours []string
	for _, theme := range []string{"light", "dark"} {
		w.click("button[name='theme'][value='" + theme + "']")
		w.until(`document.documentElement.dataset.theme === "` + theme + `"`)
		colours = append(colours, value[string](w, ink))
	}
	if colours[0] == colours[1] {
		w.t.Errorf("light and dark have the same ink, %s", colours[0])
	}
}

func TestBrowser_keys_alone_reach_a_comment_and_answer_it(t *testing.T) {
	t.Parallel()
	browser := startBrowser(t)
	s := newSite(t)
	s.article("tea", storyThread)
	w := newWindow(t, browser, s.srv.URL, true)
	w.signUp("Ada Brook")
	w.visit("/articles/tea")
	w.until(`document.documentElement.hasAttribute("data-keys")`)
	kettle, cup, neither := s.comment("The kettle"), s.comment("The cup"), s.comment("Neither")

	w.press("j")
	w.expectFocus(kettle)
	w.press("j")
	w.expectFocus(cup)
	w.press("j")
	w.expectFocus(neither)
	w.press("k")
	w.expectFocus(cup)
	w.press("r")
	w.until(fmt.Sprintf(`document.activeElement.matches("#c%d form.composer textarea")`, cup))
	w.press("Keys are j, k and r.")
	w.until(`document.activeElement.value === "Keys are j, k and r."`)
	w.press("\x1b") // Escape closes the form and keeps the text
	w.until(`!document.querySelector("form.composer[data-in-place]")`)
	w.press("r")
	w.until(`document.activeElement.value === "Keys are j, k and r."`)
	w.press("\t\r") // to the button, and press it
	w.until(fmt.Sprintf(ownComment, "Keys are j, k and r."))
}

func (w *window) expectFocus(id forum.CommentID) {
	w.t.Helper()
	w.until(fmt.Sprintf(`document.activeElement.closest(".comment")?.id === "c%d"`, id))
}

func TestBrowser_no_page_is_wider_than_the_screen(t *testing.T) {
	t.Parallel()
	browser := startBrowser(t)
	s := newSite(t)
	s.article("tea", deepThread(30))
	s.account("Moira Keeper", forum.Admin)
	w := newWindow(t, browser, s.srv.URL, true)
	w.signIn("Moira Keeper")
	for _, width := range []int64{320, 390, 768, 1280} {
		w.run(chromedp.EmulateViewport(width, 800))
		for _, path := range []string{"/", "/articles/tea", "/articles/tea?reply=", "/comments/" + fmt.Sprint(s.comment("Level 29")), "/settings", "/mod", "/moderation", "/keys", "/people/person-0", "/admin/claims"} {
			w.visit(path)
			over := value[int64](w, `document.documentElement.scrollWidth - document.documentElement.clientWidth`)
			if over > 0 {
				t.Errorf("%s is %d pixels wider than a screen of %d", path, over, width)
			}
		}
	}
}

// deepThread is one chain of answers.
func deepThread(levels int) string {
	var b strings.Builder
	for i := range levels {
		fmt.Fprintf(&b, "%sPerson %d: Level %d, with a word_that_is_long_but_has_no_place_to_break_it_anywhere_at_all_%s.\n",
			strings.Repeat(" ", i), i%3, i, strings.Repeat("x", 40))
	}
	return b.String()
}
