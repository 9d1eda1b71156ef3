package action_test

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"hustings/internal/action"
	"hustings/internal/importer"
	"hustings/internal/postgres"
)

// hostile are findings whose words come from a stranger's file.
var hostile = []postgres.ImportFinding{
	{Kind: postgres.FindingRefused, File: "=cmd|' /C calc'!A0", Line: 3, Column: 2, Byte: 40, ID: "+1", Reason: "It has no title.", Excerpt: "@SUM(A1)\n\"quoted\", and more"},
	{Kind: postgres.FindingConflict, File: "b.xml", Reason: "Changed at the source and here; the text here stays.", Excerpt: "theirs", Ours: "-ours", Comment: 7},
}

func eachHostile(do func(postgres.ImportFinding) error) error {
	for _, f := range hostile {
		if err := do(f); err != nil {
			return err
		}
	}
	return nil
}

func TestFindings_as_a_table_calculate_nothing(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	if err := action.WriteFindingsCSV(&b, eachHostile); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(b.String())).ReadAll()
	if err != nil || len(rows) != 3 {
		t.Fatalf("%v: %s", err, b.String())
	}
	for _, row := range rows {
		for _, cell := range row {
			if cell != "" && strings.ContainsAny(cell[:1], "=+-@") {
				t.Errorf("a spreadsheet would calculate %q", cell)
			}
		}
	}
	if got := strings.Join(rows[2], "|"); got != "conflict|b.xml|||||Changed at the source and here; the text here stays.|theirs|'-ours" {
		t.Errorf("got %s", got)
	}
	if rows[1][2] != "3" || rows[1][4] != "40" || rows[1][7] != "'@SUM(A1)\n\"quoted\", and more" {
		t.Errorf("got %q", rows[1])
	}
}

func TestFindings_as_JSON_are_those_of_reports(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	if err := action.WriteFindingsJSON(&b, eachHostile); err != nil {
		t.Fatal(err)
	}
	var list []struct {
		Kind string
		importer.Finding
	}
	if err := json.Unmarshal([]byte(b.String()), &list); err != nil || len(list) != 2 {
		t.Fatalf("%v: %s", err, b.String())
	}
	if f := list[1]; f.Kind != "conflict" || f.Ours != "-ours" || f.Comment != 7 || list[0].Line != 3 || list[0].Excerpt != hostile[0].Excerpt {
		t.Errorf("got %+v", list)
	}
	b.Reset()
	if err := action.WriteFindingsJSON(&b, func(func(postgres.ImportFinding) error) error { return nil }); err != nil || json.Unmarshal([]byte(b.String()), &list) != nil || len(list) != 0 {
		t.Errorf("%v, none: %s", err, b.String())
	}
	broken := errors.New("broken")
	if err := action.WriteFindingsCSV(&b, func(func(postgres.ImportFinding) error) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}
