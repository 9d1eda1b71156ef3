package action_test

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"hustings/internal/action"
	"hustings/internal/forum"
	"hustings/internal/postgres"
)

// reader is a desk whose owner follows the feed of a blog.
type reader struct {
	*desk
	blog *blog
	v    forum.Viewer
	id   postgres.SubscriptionID
}

func newReader(t *testing.T, b *blog, in action.SubscribeInput) *reader {
	t.Helper()
	d := newDesk(t)
	d.act.UseWeb(web(t))
	r := &reader{desk: d, blog: b, v: d.owner()}
	in.Address = b.URL + in.Address
	id, err := d.act.Subscribe(t.Context(), r.v, in)
	r.ok(err)
	r.id = id
	b.requests()
	return r
}

// look looks at the feed once, and has the import of what is new carried out.
func (r *reader) look() postgres.Subscription {
	r.t.Helper()
	r.run(`update subscription set next_at = now()`)
	worked, err := r.act.WorkFeeds(r.t.Context())
	r.ok(err)
	if !worked {
		r.t.Fatal("no feed was due")
	}
	r.work()
	list, err := r.db.Subscriptions(r.t.Context(), r.v)
	r.ok(err)
	if len(list) != 1 {
		r.t.Fatalf("%d subscriptions", len(list))
	}
	return list[0]
}

func (r *reader) said(s postgres.Subscription, want string) {
	r.t.Helper()
	said := strings.ReplaceAll(forum.NewError(forum.Invalid, s.Said, s.SaidArgs...).Message(), r.blog.host(), "BLOG")
	if said != want {
		r.t.Errorf("it says %q, not %q", said, want)
	}
}

func (b *blog) host() string { return "127.0.0.1" }

// jobs counts the imports there are.
func (r *reader) jobs() string { return r.one(`select count(*)::text from import_job`) }

func TestFeed_is_followed_by_the_interface_of_WordPress(t *testing.T) {
	t.Parallel()
	b := newBlog(t)
	r := newReader(t, b, action.SubscribeInput{Address: "/feed/"})
	s := r.look()
	r.wantOutline(b, fmt.Sprintf(wholeBlog, 7, 7)+fmt.Sprintf(wholeBlog, 9, 9))
	r.said(s, "New or changed: articles 2, comments 6.")
	if s.Title != "The blog" || s.Articles != 2 || s.Failures != 0 || s.API == "" || s.State != postgres.SubscriptionOn {
		t.Errorf("%+v", s)
	}
	b.requests()
	r.said(r.look(), "There was nothing new.")
	if asked := b.requests(); len(asked) != 2 || r.jobs() != "1" {
		t.Errorf("%q, %s imports", asked, r.jobs())
	}
	b.change(func() { b.comments = 4 })
	s = r.look()
	r.said(s, "New or changed: articles 0, comments 2.")
	if !strings.Contains(r.outline(), `1.1.1.1 | published | Ida | 2024-05-02T10:00:03Z | "Comment 3"`) || s.Job == 0 {
		t.Errorf("%s", r.outline())
	}
	b.change(func() { b.rest = false })
	if s = r.look(); s.Failures != 1 || r.jobs() != "2" {
		t.Errorf("%+v", s)
	}
	b.change(func() { b.rest, b.comments = true, 5 })
	if s = r.look(); s.Failures != 0 || r.jobs() != "3" {
		t.Errorf("%+v", s)
	}
}

func TestFeed_is_followed_with_its_feeds_of_comments(t *testing.T) {
	t.Parallel()
	b := newBlog(t)
	b.rest, b.comments = false, 2
	r := newReader(t, b, action.SubscribeInput{Address: "/feed/", Drafts: true})
	r.said(r.look(), "New or changed: articles 2, comments 4.")
	b.requests()
	r.said(r.look(), "There was nothing new.")
	if asked := b.requests(); len(asked) != 1 {
		t.Errorf("counts have not changed, but %q was asked for", asked)
	}
	b.change(func() { b.comments = 3 })
	r.said(r.look(), "New or changed: articles 0, comments 2.")
	if got := r.one(`select string_agg(state::text, ' ') from article`); got != "draft draft" {
		t.Errorf("the articles are %s", got)
	}
	drafts, all, err := r.db.ArticleDrafts(t.Context(), r.v)
	r.ok(err)
	if len(drafts) != 2 || all != 2 || drafts[0].Comments != 3 {
		t.Fatalf("%+v of %d", drafts, all)
	}
	r.ok(r.act.PublishDraft(t.Context(), r.v, drafts[0].Slug))
	r.ok(r.act.PublishDraft(t.Context(), r.v, drafts[0].Slug))
	b.change(func() { b.comments = 4 })
	r.look()
	if got := r.one(`select string_agg(state::text, ' ' order by state) from article`); got != "published draft" {
		t.Errorf("after an approval and a look the articles are %s", got)
	}
	if got := r.one(`select string_agg(action, ' ' order by seq) from audit where action in ('publish', 'subscribe')`); got != "subscribe publish" {
		t.Errorf("the audit has %s", got)
	}
	r.whole()
}

func TestFeed_that_has_not_changed_is_not_sent_again(t *testing.T) {
	t.Parallel()
	b := newBlog(t)
	b.rest, b.comments = false, 0
	var asked []string
	b.special["/feed/"] = func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Header.Get("If-None-Match")+" "+r.Header.Get("If-Modified-Since"))
		w.Header().Set("ETag", `"one"`)
		w.Header().Set("Last-Modified", "Wed, 01 May 2024 10:00:00 GMT")
		if r.Header.Get("If-None-Match") == `"one"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		fmt.Fprint(w, b.feed())
	}
	r := newReader(t, b, action.SubscribeInput{Address: "/feed/"})
	r.said(r.look(), "New or changed: articles 2, comments 0.")
	r.said(r.look(), "There was nothing new.")
	if want := ` ;  ; "one" Wed, 01 May 2024 10:00:00 GMT`; strings.Join(asked, ";") != strings.ReplaceAll(want, "; ", ";") {
		t.Errorf("asked with %q", asked)
	}
}

func TestFeed_that_fails_is_looked_at_less_and_less(t *testing.T) {
	t.Parallel()
	b := newBlog(t)
	b.rest = false
	r := newReader(t, b, action.SubscribeInput{Address: "/feed/"})
	first := r.look()
	var answer http.HandlerFunc
	b.change(func() { b.special["/feed/"] = func(w http.ResponseWriter, r *http.Request) { answer(w, r) } })
	status := func(status int, headers ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			for i := 0; i+1 < len(headers); i += 2 {
				w.Header().Set(headers[i], headers[i+1])
			}
			w.WriteHeader(status)
		}
	}
	next := func(s postgres.Subscription) time.Duration { return s.NextAt.Sub(s.Now) }
	for n, c := range []struct {
		answer http.HandlerFunc
		said   string
		least  time.Duration
	}{
		{status(500), "BLOG answers with an error (500).", soonestEvery},
		{status(404), "BLOG has nothing at this address (404).", 2 * soonestEvery},
		{status(429, "Retry-After", "72000"), "BLOG asks us to come back later (429).", 20 * time.Hour},
		{func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>Sold to somebody else</html>") }, "What stands at this address is no feed any more.", 8 * soonestEvery},
		{status(302, "Location", "http://169.254.169.254/latest/"), "169.254.169.254 leads to an address inside a private network and is not fetched.", 8 * soonestEvery},
	} {
		answer = c.answer
		s := r.look()
		r.said(s, c.said)
		if s.Failures != n+1 || s.State != postgres.SubscriptionOn || next(s) < c.least*9/10 || next(s) > 27*time.Hour {
			t.Errorf("after %q: %d failures, next in %s", c.said, s.Failures, next(s))
		}
	}
	answer = func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, b.feed()) }
	if s := r.look(); s.Failures != 0 || s.Every != first.Every {
		t.Errorf("it does not recover: %+v", s)
	}
	answer = status(410)
	s := r.look()
	r.said(s, "BLOG says that this is gone for good (410).")
	if s.State != postgres.SubscriptionGone {
		t.Errorf("%+v", s)
	}
	r.run(`update subscription set next_at = now()`)
	if worked, err := r.act.WorkFeeds(t.Context()); worked || err != nil {
		t.Errorf("one that is gone is looked at: %v", err)
	}
}

// TestFeed_without_end_is_left_off: plain, packed so that little is sent, or slowly
// growing in one element.
func TestFeed_without_end_is_left_off(t *testing.T) {
	t.Parallel()
	const head = `<rss version="2.0"><channel><title>F</title>`
	for name, answer := range map[string]http.HandlerFunc{
		"items": func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, head)
			for i := range 1_000_000 {
				if _, err := fmt.Fprintf(w, "<item><title>%d</title><guid>%d</guid><description>%0100d</description></item>", i, i, i); err != nil {
					return
				}
			}
		},
		"one title": func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, head+"<item><title>")
			for range 100 << 20 / 32 {
				if _, err := fmt.Fprint(w, "again and again and again and ag"); err != nil {
					return
				}
			}
		},
		"packed": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			fmt.Fprint(z, head+"<item><title>") //nolint:errcheck // a test's server
			zeros := make([]byte, 1<<20)
			for range 100 {
				if _, err := z.Write(zeros); err != nil {
					return
				}
			}
		},
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			t.Parallel()
			b := newBlog(t)
			b.rest = false
			r := newReader(t, b, action.SubscribeInput{Address: "/feed/"})
			if s := r.look(); s.Failures != 0 {
				t.Fatalf("%+v", s)
			}
			before := r.export()
			b.change(func() { b.special["/feed/"] = answer })
			s := r.look()
			if s.Failures != 1 || s.State != postgres.SubscriptionOn || s.Said == "" {
				t.Errorf("%d failures, %s: %s", s.Failures, s.State, s.Said)
			}
			if r.export() != before {
				t.Error("something of it came in")
			}
			r.whole()
		})
	}
}

const soonestEvery = 15 * time.Minute

func TestFeed_that_has_moved_is_followed_there(t *testing.T) {
	t.Parallel()
	b := newBlog(t)
	b.rest = false
	r := newReader(t, b, action.SubscribeInput{Address: "/feed/"})
	b.change(func() {
		b.special["/feed/"] = func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/moved/", http.StatusMovedPermanently)
		}
		b.special["/moved/"] = func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, b.feed()) }
	})
	if s := r.look(); s.Address != b.URL+"/moved/" || s.Articles != 2 {
		t.Errorf("%+v", s)
	}
}

func TestFeed_with_changing_articles_updates_them(t *testing.T) {
	t.Parallel()
	b := newBlog(t)
	item := func(id, title, text string) string {
		return `<item><title>` + title + `</title>` + id + `<description>` + text + `</description></item>`
	}
	feed := func(items ...string) string {
		return `<rss><channel><title>F</title>` + strings.Join(items, "") + `</channel></rss>`
	}
	b.answers["/f.xml"] = feed(item("<guid>one</guid>", "One", "First"), item("<link>BLOG/two</link>", "Two", "Second"), item("", "Three", "Third"))
	r := newReader(t, b, action.SubscribeInput{Address: "/f.xml", Source: "f"})
	r.said(r.look(), "New or changed: articles 3, comments 0.")
	b.change(func() {
		b.answers["/f.xml"] = feed(item("<guid>one</guid>", "One, corrected", "First"), item("<link>BLOG/two</link>", "Two", "Second, longer"), item("", "Three", "Third, too"), item("<guid>4</guid>", "Four", "x"))
	})
	r.said(r.look(), "New or changed: articles 4, comments 0.")
	r.wantOutline(b, "One, corrected | published open | -\nTwo | published open | BLOG/two\nThree | published open | -\nFour | published open | -\n")
	b.change(func() { b.answers["/f.xml"] = "<rss><channel><title>F</title><item><title>Cut" })
	r.look()
	if got := r.one(`select count(*)::text from article`); got != "4" {
		t.Errorf("%s articles after a broken feed", got)
	}
}

func TestFeed_whose_import_was_taken_back_is_paused(t *testing.T) {
	t.Parallel()
	b := newBlog(t)
	b.rest = false
	r := newReader(t, b, action.SubscribeInput{Address: "/feed/"})
	s := r.look()
	r.ok(r.act.UndoImport(t.Context(), r.v, s.Job))
	r.work()
	b.requests()
	s = r.look()
	r.said(s, "Its last import was taken back. So that this does not come again, the feed is paused.")
	if got := r.one(`select count(*)::text from article`); got != "0" || s.State != postgres.SubscriptionPaused || len(b.requests()) != 0 {
		t.Errorf("%s articles, %+v", got, s)
	}
	r.ok(r.act.ResumeSubscription(t.Context(), r.v, r.id))
	b.change(func() { b.comments = 5 })
	if s = r.look(); s.State != postgres.SubscriptionOn || s.Failures != 0 {
		t.Errorf("%+v", s)
	}
	if got := r.one(`select count(*)::text from article`); got != "2" {
		t.Errorf("%s articles after somebody wanted it again", got)
	}
}

func TestFeed_whose_look_is_broken_off_is_due_again(t *testing.T) {
	t.Parallel()
	b := newBlog(t)
	b.rest = false
	r := newReader(t, b, action.SubscribeInput{Address: "/feed/"})
	ctx, stop := context.WithCancel(t.Context())
	b.change(func() {
		b.special["/feed/"] = func(_ http.ResponseWriter, r *http.Request) {
			stop()
			<-r.Context().Done()
		}
	})
	if _, err := r.act.WorkFeeds(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	b.change(func() { delete(b.special, "/feed/") })
	if worked, err := r.act.WorkFeeds(t.Context()); !worked || err != nil {
		t.Errorf("nothing is due: %v", err)
	}
}

func TestFeed_that_changes_a_published_draft_leaves_it_published(t *testing.T) {
	t.Parallel()
	b := newBlog(t)
	b.answers["/f.xml"] = `<rss><channel><title>F</title><item><title>One</title><guid>one</guid><description>First</description></item></channel></rss>`
	r := newReader(t, b, action.SubscribeInput{Address: "/f.xml", Source: "f", Drafts: true})
	r.look()
	drafts, _, err := r.db.ArticleDrafts(t.Context(), r.v)
	r.ok(err)
	r.ok(r.act.PublishDraft(t.Context(), r.v, drafts[0].Slug))
	b.change(func() { b.answers["/f.xml"] = strings.ReplaceAll(b.answers["/f.xml"], "First", "Second") })
	r.said(r.look(), "New or changed: articles 1, comments 0.")
	if got := r.one(`select state || ' ' || body_text from article`); got != "published Second" {
		t.Errorf("the article is %s", got)
	}
}

func TestFeed_leads_into_no_private_network(t *testing.T) {
	t.Parallel()
	b := newBlog(t)
	b.answers["/f.xml"] = `<rss><channel><title>F</title><link>http://10.0.0.1/</link><generator>https://wordpress.org/?v=6</generator><item><title>A</title>
		<guid>http://192.168.0.1/?p=5</guid><link>http://192.168.0.1/a</link><pubDate>Wed, 01 May 2024 10:00:00 +0000</pubDate><wfw:commentRss>http://[::ffff:10.0.0.1]/c</wfw:commentRss><slash:comments>3</slash:comments></item></channel></rss>`
	r := newReader(t, b, action.SubscribeInput{Address: "/f.xml"})
	s := r.look()
	r.said(s, "New or changed: articles 1, comments 0.")
	b.change(func() { b.answers["/f.xml"] = strings.Replace(b.answers["/f.xml"], "comments>3", "comments>4", 1) })
	r.said(r.look(), "::ffff:10.0.0.1 leads to an address inside a private network and is not fetched.")
	for address, words := range map[string]string{
		"http://192.168.0.1/feed": "private network", "": "give the address", "ftp://x/": "http://", b.URL + "/nothing": "nothing at this address",
		b.URL + "/post-7/": "no page that names one", b.URL + "/f.xml": "followed already",
	} {
		_, err := r.act.Subscribe(t.Context(), r.v, action.SubscribeInput{Address: address})
		if err == nil || !strings.Contains(err.Error(), words) || forum.KindOf(err) != forum.Invalid {
			t.Errorf("%q: %v", address, err)
		}
	}
}

func TestSubscription_is_found_paused_resumed_and_dropped(t *testing.T) {
	t.Parallel()
	b := newBlog(t)
	b.rest = false
	b.answers["/"] = `<html><head><link rel="alternate" type="application/rss+xml" title="All" href="/feed/"></head><body>Welcome</body></html>`
	r := newReader(t, b, action.SubscribeInput{Address: "/"})
	if s := r.look(); s.Address != b.URL+"/feed/" {
		t.Errorf("%s is followed", s.Address)
	}
	ctx := t.Context()
	r.ok(r.act.PauseSubscription(ctx, r.v, r.id))
	if worked, err := r.act.WorkFeeds(ctx); worked || err != nil {
		t.Errorf("one that is paused is looked at: %v", err)
	}
	r.ok(r.act.ResumeSubscription(ctx, r.v, r.id))
	if worked, err := r.act.WorkFeeds(ctx); !worked || err != nil {
		t.Errorf("one that is resumed is not looked at: %v", err)
	}
	r.ok(r.act.Unsubscribe(ctx, r.v, r.id))
	if got := r.one(`select count(*)::text from article`) + r.one(`select count(*)::text from subscription_item`); got != "20" {
		t.Errorf("%s articles and items", got)
	}
	if err := r.act.ResumeSubscription(ctx, r.v, r.id); forum.KindOf(err) != forum.NotFound {
		t.Errorf("one that was dropped: %v", err)
	}
	for _, v := range []forum.Viewer{{}, {ID: r.v.ID, Role: forum.Moderator}} {
		if _, err := r.act.Subscribe(ctx, v, action.SubscribeInput{Address: b.URL}); err == nil || len(b.requests()) > 99 {
			t.Error("somebody else may subscribe")
		}
		if err := r.act.PublishDraft(ctx, v, "post-7"); err == nil {
			t.Error("somebody else may publish")
		}
	}
}
