package main

import (
	"encoding/json"
	"strings"
	"testing"

	"hustings/internal/importer"
)

func TestExport_for_WordPress_comes_back(t *testing.T) {
	s := newShell(t)
	s.ok(scraped, "import", "-")
	file := s.ok("", "export", "--format", "wxr")
	if !strings.Contains(file, "<wp:wxr_version>1.2</wp:wxr_version>") || !strings.Contains(file, "It was there on Friday.") {
		t.Errorf("exported: %s", file)
	}
	var report importer.Report
	if err := json.Unmarshal([]byte(s.ok(file, "import", "--json", "--source", "there", "-")), &report); err != nil {
		t.Fatal(err)
	}
	if report.Format != "wxr" || report.Articles.New != 1 || report.Comments.New != 1 || len(report.Refused) != 0 {
		t.Errorf("report: %+v", report)
	}
}
