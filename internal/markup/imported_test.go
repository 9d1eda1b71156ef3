package markup

import (
	"strings"
	"testing"
)

func TestMarkdown_of_other_sites(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		"Only *blue*.\nNew line":                 `<p>Only <em>blue</em>.<br>New line</p>`,
		"a <b>bold</b> word":                     `<p>a <strong>bold</strong> word</p>`,
		"<p>Old</p>\n<p>HTML</p>":                `<p>Old</p><p>HTML</p>`,
		"<script>alert(1)</script>after":         `<p>after</p>`,
		"x <img src=x onerror=alert(1)> y":       `<p>x  y</p>`,
		"[a](javascript:alert(1)) <i onclick=x>": `<p>a </p>`,
		"   ":                                    "",
		"> quoted\n\nsaid":                       `<blockquote><p>quoted</p></blockquote><p>said</p>`,
	} {
		got, err := Markdown(source)
		if err != nil || got.HTML != want {
			t.Errorf("%q gives %q, want %q (%v)", source, got.HTML, want, err)
		}
		if again, err := HTML(got.HTML); err != nil || again.HTML != got.HTML {
			t.Errorf("%q is no fixed point: %q", got.HTML, again.HTML)
		}
	}
}

func TestMarkdown_takes_long_text_as_plain(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("*", MaxReplyBytes+1)
	if got, err := Markdown(long); err != nil || got.HTML != "<p>"+long+"</p>" {
		t.Errorf("%.40q, %v", got.HTML, err)
	}
	if _, err := Markdown(strings.Repeat("x", MaxImportBytes+1)); err == nil {
		t.Error("a text over the limit was taken")
	}
}
