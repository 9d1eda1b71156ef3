package server

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"hustings/internal/forum"
)

// FuzzReadForm sends forms of every shape: what is read is text, and what cannot be
// read is refused with a sentence, never with a fault of the program.
func FuzzReadForm(f *testing.F) {
	for _, seed := range [][2]string{
		{"application/x-www-form-urlencoded", "body=hello&parent=3&action=post"},
		{"application/x-www-form-urlencoded; charset=utf-8", "body=a%00b&body=second&=x&%zz"},
		{"application/x-www-form-urlencoded", "body=%ff%fe&name=" + strings.Repeat("x", 300)},
		{"multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"body\"\r\n\r\ntext\r\n--b--\r\n"},
		{"multipart/form-data", "no boundary"},
		{"application/json", `{"body":"x"}`},
		{"", ""},
		{"text/plain;;;", "\x00"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, contentType, body string) {
		r := httptest.NewRequest(http.MethodPost, "/articles/x/reply?body=query&action=query", strings.NewReader(body))
		r.Header.Set("Content-Type", contentType)
		r.Body = http.MaxBytesReader(nil, r.Body, formLimit)
		form, err := readForm(r)
		if err != nil {
			if status := statusFor(kindly(err)); status != http.StatusBadRequest && status != http.StatusRequestEntityTooLarge {
				t.Fatalf("refused with %d: %v", status, err)
			}
			return
		}
		for name, values := range form {
			if len(values) != 1 || !utf8.ValidString(values[0]) || strings.ContainsAny(values[0], "\x00") || strings.Contains(values[0], "\r\n") {
				t.Fatalf("field %q holds %q", name, values)
			}
		}
		if form.Get("action") == "query" && !strings.Contains(body, "query") {
			t.Fatal("a value was taken from the address")
		}
	})
}

// FuzzLocalPath looks for an address that leads away from this site.
func FuzzLocalPath(f *testing.F) {
	for _, s := range []string{"/", "/articles/x?reply=3#reply", "//evil", "/\\evil", "https:evil", "/%09/evil", "\\\\evil", "/..//evil", "/\tevil", "/ evil", "javascript:alert(1)", "/\u2028"} {
		f.Add(s)
	}
	base, err := url.Parse("https://here.example/some/page")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, next string) {
		path := localPath(next)
		if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\r\n\t\x00") {
			t.Fatalf("%q leads to %q", next, path)
		}
		if u, err := base.Parse(path); err == nil && (u.Host != base.Host || u.Scheme != base.Scheme) {
			t.Fatalf("%q leads to %s", next, u)
		}
	})
}

func FuzzParseCommentID(f *testing.F) {
	for _, s := range []string{"1", "0", "-1", "01", "+1", "9223372036854775807", "9223372036854775808", "1e3", "١", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		id, err := parseCommentID(s)
		if (err == nil) != (id > 0) || (err != nil && forum.KindOf(err) != forum.NotFound) {
			t.Fatalf("%q is %d, %v", s, id, err)
		}
		if err == nil && string(appendID(nil, id)) != s {
			t.Fatalf("%q is taken for %d", s, id)
		}
	})
}
