package importer

import (
	"strings"
	"testing"
)

func TestMailAddresses_of_one_owner_are_equal(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		" Ann@Mail.Example\n":     "ann@mail.example",
		"ann+blog@mail.example":   "ann+blog@mail.example",
		"жанна@пример.example":    "жанна@пример.example",
		"":                        "",
		"nobody":                  "",
		"a@b@c":                   "",
		"Ann <ann@mail.example>":  "",
		"a b@mail.example":        "",
		"noreply@blogger.com":     "",
		"unknown@unknown.invalid": "",
		strings.Repeat("x", 260) + "@mail.example": "",
	} {
		if got := mailAddress(given); got != want {
			t.Errorf("%q is %q, not %q", given, got, want)
		}
	}
}

func TestAnchors_are_only_what_a_page_can_have(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ prefix, id, want string }{
		{"comment-", "123", "comment-123"},
		{"comment-", "", ""},
		{"comment-", `1" onclick="x`, ""},
		{"comment-", "1 2", ""},
		{"", "c12", ""},                                      // would be ours
		{"", "c6789012345678901234", "c6789012345678901234"}, // Blogger's are longer than ours get
		{"", "1", ""},
		{"", "main", ""},
		{"isso-", strings.Repeat("1", 100), ""},
	} {
		if got := Anchor(c.prefix, c.id); got != c.want {
			t.Errorf("%s%s is %q, not %q", c.prefix, c.id, got, c.want)
		}
	}
}

func TestBloggerProfiles_name_their_owners_and_other_pages_do_not(t *testing.T) {
	t.Parallel()
	for given, want := range map[string][2]string{
		"http://www.blogger.com/profile/0123": {"0123", ""},
		"https://ann.example/":                {"", "https://ann.example/"},
		"":                                    {"", ""},
		"http://%zz":                          {"", ""},
	} {
		if key, page := bloggerProfile(given); key != want[0] || page != want[1] {
			t.Errorf("%s is %q and %q", given, key, page)
		}
	}
}

func TestFindings_quote_no_address(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		`{"email":"ann@mail.example","remote_addr":"203.0.113.9"}`: `{"email":"…","remote_addr":"…"}`,
		"ann.b+c@mail": "…",
		"from 2001:db8:0:0:0:0:0:1 and ::ffff:203.0.113.9": "from … and ::ffff:…",
		"@Tom says 3.14 at 10:20:30, 1.2.3":                "@Tom says 3.14 at 10:20:30, 1.2.3",
	} {
		report := NewReport("", "f")
		report.Add(Problem{File: "f", Line: 1, Reason: "Odd.", Refused: true, Excerpt: given})
		if got := report.Refused[0].Excerpt; got != want {
			t.Errorf("%s is quoted as %s, not %s", given, got, want)
		}
	}
}
