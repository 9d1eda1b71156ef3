package server_test

import (
	"archive/zip"
	"net/http"
	"strings"
	"testing"

	"hustings/internal/forum"
)

func TestExport_is_saved_in_every_format_by_admins_alone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.article("hedges", "Ann: Trim now\n Bob: From here on later")
	s.load(`{"type":"article","slug":"secret","title":"Not ready","state":"draft","body_text":"Hidden words"}`)
	boss := s.signedIn("boss", forum.Admin)
	for format, want := range map[string]struct {
		kind, end, text string
		secret          bool
	}{
		"jsonl": {"application/jsonl; charset=utf-8", ".jsonl", `"body_text":"Trim now"`, true},
		"wxr":   {"application/rss+xml; charset=utf-8", ".xml", "<wp:wxr_version>1.2", true},
		"mbox":  {"application/mbox", ".mbox", "X-Hustings-Kind: comment", false},
	} {
		a := boss.get("/admin/export?format=" + format).wants(http.StatusOK)
		if a.Header.Get("Content-Type") != want.kind || !strings.HasPrefix(a.Header.Get("Content-Disposition"), `attachment; filename="hustings-20`) ||
			!strings.HasSuffix(a.Header.Get("Content-Disposition"), want.end+`"`) || a.Header.Get("Cache-Control") != "private, no-store" {
			t.Errorf("%s: %v", format, a.Header)
		}
		if !strings.Contains(a.body, want.text) || strings.Contains(a.body, "Hidden words") != want.secret {
			t.Errorf("%s: %s", format, a.body)
		}
	}
	a := boss.get("/admin/export?format=html").wants(http.StatusOK)
	z, err := zip.NewReader(strings.NewReader(a.body), int64(len(a.body)))
	if err != nil || len(z.File) != 1 || z.File[0].Name != "hedges.html" || a.Header.Get("Content-Type") != "application/zip" {
		t.Errorf("%v %+v", err, z)
	}
	a = boss.get("/admin/export?format=html&article=hedges").wants(http.StatusOK)
	if !strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") || !strings.Contains(a.body, "From here on later") {
		t.Errorf("%v %s", a.Header, a.body)
	}
	boss.get("/admin/export?format=html&article=nobody").wants(http.StatusNotFound)
	boss.get("/admin/export?format=docx").wants(http.StatusNotFound)
	page := boss.get("/admin").wants(http.StatusOK).page()
	for _, format := range []string{"jsonl", "wxr", "html", "mbox"} {
		page.In(`a[href="/admin/export?format=` + format + `"]`)
	}
	for _, other := range []*browser{s.signedIn("mo", forum.Moderator), s.signedIn("ann", forum.Reader)} {
		other.get("/admin/export?format=jsonl").wants(http.StatusForbidden)
	}
	s.anonymous().get("/admin/export?format=jsonl").wants(http.StatusSeeOther)
}
