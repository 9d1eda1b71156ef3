package importer

import (
	"regexp"
	"testing"
	"time"
)

func ptr[T any](v T) *T { return &v }

func TestArticleKey_counts_source_title_and_byline(t *testing.T) {
	t.Parallel()
	key := ArticleKey("blog", "On  tea ", ptr("Ann"))
	same(t, "white space", ArticleKey("blog", "On\u00a0tea", ptr(" Ann")), key)
	for what, other := range map[string]string{
		"source": ArticleKey("other", "On tea", ptr("Ann")),
		"title":  ArticleKey("blog", "On Tea", ptr("Ann")),
		"byline": ArticleKey("blog", "On tea", nil),
		"shift":  ArticleKey("blogOn", "tea", ptr("Ann")),
	} {
		if other == key {
			t.Errorf("another %s gives the same key", what)
		}
	}
}

func TestFingerprint_version_1_stays_what_it_is(t *testing.T) {
	t.Parallel()
	when := time.Date(2021, 7, 26, 17, 31, 0, 0, time.UTC)
	c := CommentContent{Author: ptr("Ann"), Date: &when, Body: "Hello\n\nthere"}
	same(t, "fingerprint", Fingerprint("a", "p", c, 0), "dd2b964e29220c33213dad18199f10ae986821c8f3f2165fc896b05699635011")
	same(t, "placeholder", PlaceholderKey("a", "p", 0), "a08c7d67cda6c8992868f10802418ae912795361524e4ea5e27c2f334baf0cf7")
	same(t, "portable id", PortableID("blog", "comment", "x"), "74580b6c-8df6-8293-852c-eb63f9bc45b8")
}

func TestFingerprint_counts_every_part(t *testing.T) {
	t.Parallel()
	when := time.Date(2021, 7, 26, 17, 31, 0, 0, time.UTC)
	c := CommentContent{Author: ptr("Ann"), Date: &when, Body: "caf\u00e9  au lait"}
	key := Fingerprint("a", "p", c, 0)
	later := when.Add(time.Minute)
	for what, other := range map[string]string{
		"article": Fingerprint("b", "p", c, 0),
		"parent":  Fingerprint("a", "q", c, 0),
		"ordinal": Fingerprint("a", "p", c, 1),
		"author":  Fingerprint("a", "p", CommentContent{nil, c.Date, c.Body}, 0),
		"date":    Fingerprint("a", "p", CommentContent{c.Author, &later, c.Body}, 0),
		"no date": Fingerprint("a", "p", CommentContent{c.Author, nil, c.Body}, 0),
		"body":    Fingerprint("a", "p", CommentContent{c.Author, c.Date, "tea"}, 0),
	} {
		if other == key {
			t.Errorf("another %s gives the same fingerprint", what)
		}
	}
	zoned := when.In(time.FixedZone("", 3600))
	composed := CommentContent{ptr(" Ann"), &zoned, "cafe\u0301 au\nlait"}
	same(t, "normalised", Fingerprint("a", "p", composed, 0), key)
}

func TestPortableID_has_the_form_of_a_UUID(t *testing.T) {
	t.Parallel()
	id := PortableID("a", "article", "k")
	if !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(id) {
		t.Error(id)
	}
	if id == PortableID("a", "comment", "k") || id == PortableID("b", "article", "k") {
		t.Error("two things share an id")
	}
}

func TestText_keys_do_not_move_when_a_sibling_comes(t *testing.T) {
	t.Parallel()
	keys := func(text string) map[string]bool {
		m := map[string]bool{}
		for _, c := range readText(t, text).comments {
			m[c.Key] = true
		}
		return m
	}
	before := keys("Tea\n\nHot.\n\n  1. Yes\n\n    1. No\n\n  2. Yes\n\n  3. Milk\n")
	after := keys("Tea\n\nHot, changed.\n\n  1. Yes\n\n    1. No\n\n    2. New\n\n  2. Newer\n\n  3. Yes\n\n  4. Milk\n")
	same(t, "before", len(before), 4)
	same(t, "after", len(after), 6)
	for k := range before {
		if !after[k] {
			t.Errorf("%s is gone", k)
		}
	}
}
