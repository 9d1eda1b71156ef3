// Package htmltest asserts what a page shows by CSS selectors, as a reader or an
// assistive program would find it. It is for tests only and knows nothing of how
// pages are made.
package htmltest

import (
	"io"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

// Page is a parsed page under test.
type Page struct {
	*goquery.Document
	t testing.TB
}

// Parse reads a page.
func Parse(t testing.TB, body io.Reader) *Page {
	t.Helper()
	doc, err := goquery.NewDocumentFromReader(body)
	if err != nil {
		t.Fatalf("the page cannot be parsed: %v", err)
	}
	return &Page{doc, t}
}

// Text gives the text of all that a selector finds, white space collapsed.
func (p *Page) Text(selector string) string {
	return strings.Join(strings.Fields(p.Find(selector).Text()), " ")
}

// Attr gives an attribute of the first thing that a selector finds, or "".
func (p *Page) Attr(selector, name string) string {
	return p.Find(selector).First().AttrOr(name, "")
}

// In wants a selector to find something whose text contains each of the texts.
func (p *Page) In(selector string, texts ...string) {
	p.t.Helper()
	if p.Find(selector).Length() == 0 {
		p.t.Errorf("nothing is at %q", selector)
		return
	}
	have := p.Text(selector)
	for _, text := range texts {
		if !strings.Contains(have, text) {
			p.t.Errorf("%q says %q, not %q", selector, shorten(have), text)
		}
	}
}

// None wants a selector to find nothing.
func (p *Page) None(selector string) {
	p.t.Helper()
	if n := p.Find(selector).Length(); n > 0 {
		p.t.Errorf("%d things are at %q: %q", n, selector, shorten(p.Text(selector)))
	}
}

// Count wants a selector to find n things.
func (p *Page) Count(selector string, n int) {
	p.t.Helper()
	if have := p.Find(selector).Length(); have != n {
		p.t.Errorf("%d things are at %q, not %d", have, selector, n)
	}
}

func shorten(s string) string {
	if len(s) > 200 {
		return s[:200] + "…"
	}
	return s
}
