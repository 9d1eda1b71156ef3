package server_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// browserPatience bounds a whole story; a busy machine starts a browser slowly.
const browserPatience = 4 * time.Minute

// findBrowser gives the program of a real browser. Without one the test is
// skipped, but not in CI, where one is installed.
func findBrowser(t testing.TB) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	const missing = "no browser was found: install chromium to run this test"
	if os.Getenv("CI") == "true" {
		t.Fatal(missing)
	}
	t.Skip(missing)
	return ""
}

// startBrowser starts a real browser without windows of its own; each window that
// is opened in it has its own cookies.
func startBrowser(t testing.TB) context.Context {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(findBrowser(t)), chromedp.DisableGPU, chromedp.WindowSize(1280, 900),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("no-sandbox", os.Geteuid() == 0))
	ctx, cancel := context.WithTimeout(t.Context(), browserPatience)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("the browser does not start: %v", err)
	}
	return ctx
}

// window is what one person sees in a real browser.
type window struct {
	t      testing.TB
	ctx    context.Context
	base   string
	script bool

	mu       sync.Mutex
	problems []string // what the console and the policy complained about
	abroad   []string // requests to anywhere but the site
}

// newWindow opens a window with cookies of its own. Without script it is the
// browser of somebody who has switched JavaScript off.
func newWindow(t testing.TB, browser context.Context, base string, script bool) *window {
	t.Helper()
	w := &window{t: t, base: base, script: script}
	ctx, cancel := chromedp.NewContext(browser, chromedp.WithNewBrowserContext(), chromedp.WithListener(w.hear))
	t.Cleanup(cancel)
	w.ctx = ctx
	// The first call opens the window, which lives as long as that call's context.
	if err := chromedp.Do(ctx, send(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !script})); err != nil {
		t.Fatalf("no window can be opened: %v", err)
	}
	t.Cleanup(w.complain)
	return w
}

// send is one command of the browser's protocol that answers nothing.
func send[P, R any](command cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, command, params)
		return err
	})
}

// hear collects what must not happen on any page.
func (w *window) hear(event any) {
	problem := ""
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		problem = "exception: " + e.ExceptionDetails.Text
	case *runtime.EventConsoleAPICalled:
		if e.Type == "error" || e.Type == "warning" || e.Type == "assert" {
			problem = fmt.Sprintf("console: %s", e.Args[0].Value)
		}
	case *log.EventEntryAdded:
		// Content-Security-Policy violations come as errors of source "security".
		if e.Entry.Level == log.EntryLevelError || e.Entry.Source == log.EntrySourceSecurity {
			problem = fmt.Sprintf("%s: %s %s", e.Entry.Source, e.Entry.Text, e.Entry.URL)
		}
	case *network.EventRequestWillBeSent:
		if u := e.Request.URL; !strings.HasPrefix(u, w.base+"/") && !strings.HasPrefix(u, "data:") {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.abroad = append(w.abroad, u)
		}
		return
	default:
		return
	}
	if problem != "" {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.problems = append(w.problems, problem)
	}
}

// complain fails the test with what was heard.
func (w *window) complain() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, problem := range w.problems {
		w.t.Errorf("in the browser: %s", problem)
	}
	for _, address := range w.abroad {
		w.t.Errorf("the page asked for something elsewhere: %s", address)
	}
}

func (w *window) run(actions ...chromedp.Action[chromedp.Void]) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		w.t.Fatalf("in the browser: %v%s", err, w.where())
	}
}

// where says what the window shows, for messages.
func (w *window) where() string {
	ctx, cancel := context.WithTimeout(w.ctx, 5*time.Second)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`location.href + "\n" + document.body.innerText`))
	if err != nil {
		return ""
	}
	return fmt.Sprintf("\nat %.1500s", text)
}

// patience bounds one step.
const patience = 30 * time.Second

// until waits for a condition in JavaScript. It is asked again where the page
// changes under the question.
func (w *window) until(condition string) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, patience)
	defer cancel()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		if held, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`!!(`+condition+`)`)); err == nil && held {
			return
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			w.t.Fatalf("it never came true in the browser: %s%s", condition, w.where())
		}
	}
}

// value evaluates an expression that must not fail.
func value[T any](w *window, expression string) T {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		w.t.Fatalf("in the browser: %s: %v%s", expression, err, w.where())
	}
	return v
}

func (w *window) visit(path string) {
	w.t.Helper()
	w.run(chromedp.Navigate(w.base + path))
}

// click presses the mouse on the first element that a selector finds.
func (w *window) click(selector string) {
	w.t.Helper()
	w.reach(selector)
	w.run(chromedp.Click(chromedp.CSS(selector)))
}

// reach waits for an element and scrolls it away from the bar that stays at the top.
func (w *window) reach(selector string) {
	w.t.Helper()
	w.until(fmt.Sprintf(`document.querySelector(%q)?.checkVisibility() && (document.querySelector(%q).scrollIntoView({block: "center", behavior: "instant"}), true)`,
		selector, selector))
}

// write types words into a field, in place of what is there.
func (w *window) write(selector, words string) {
	w.t.Helper()
	w.reach(selector)
	w.until(fmt.Sprintf(`(f => { f.focus(); f.select(); return f === document.activeElement })(document.querySelector(%q))`, selector))
	w.press(words)
}

// press presses keys one after the other, wherever the focus is.
func (w *window) press(keys string) {
	w.t.Helper()
	w.run(chromedp.KeyEvent(keys))
}

// onNewDocument runs a script before those of every page that comes.
func (w *window) onNewDocument(script string) {
	w.t.Helper()
	w.run(send(page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script}))
}
