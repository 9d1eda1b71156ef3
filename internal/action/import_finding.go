package action

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"strconv"
	"strings"

	"hustings/internal/importer"
	"hustings/internal/postgres"
)

// EachFinding gives findings one after the other until do fails.
type EachFinding func(do func(postgres.ImportFinding) error) error

// EachFinding gives the findings that the report lists.
func (done *Imported) EachFinding(do func(postgres.ImportFinding) error) error {
	for _, kind := range []struct {
		kind postgres.FindingKind
		list []importer.Finding
	}{{postgres.FindingRefused, done.Refused}, {postgres.FindingConflict, done.Conflicts}, {postgres.FindingRepair, done.Repairs}} {
		for _, f := range kind.list {
			err := do(postgres.ImportFinding{Kind: kind.kind, File: f.File, Line: int64(f.Line), Column: int64(f.Column), Byte: f.Byte,
				ID: f.ID, Reason: f.Reason, Excerpt: f.Excerpt, Ours: f.Ours, Comment: f.Comment})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// WriteFindingsCSV writes findings as a table with a line of names. Cells that a
// spreadsheet would take for a formula begin with an apostrophe.
func WriteFindingsCSV(w io.Writer, each EachFinding) error {
	out := csv.NewWriter(w)
	if err := out.Write([]string{"kind", "file", "line", "column", "byte", "id", "reason", "excerpt", "ours"}); err != nil {
		return err
	}
	err := each(func(f postgres.ImportFinding) error {
		return out.Write([]string{kindOf(f), cell(f.File), number(f.Line), number(f.Column), number(f.Byte), cell(f.ID), cell(f.Reason), cell(f.Excerpt), cell(f.Ours)})
	})
	if err != nil {
		return err
	}
	out.Flush()
	return out.Error()
}

// kindOf is the kind of a finding as lists have it: repairs that put nothing right
// are notes.
func kindOf(f postgres.ImportFinding) string {
	if f.Kind == postgres.FindingRepair && importer.IsNote(f.Reason) {
		return "note"
	}
	return string(f.Kind)
}

// cell keeps a text from being calculated.
func cell(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}

// number is "" for what is not known.
func number(n int64) string {
	if n <= 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

// WriteFindingsJSON writes findings as a list of objects, one a line, as they
// stand in reports, each with its kind.
func WriteFindingsJSON(w io.Writer, each EachFinding) error {
	if _, err := io.WriteString(w, "["); err != nil {
		return err
	}
	between := "\n"
	err := each(func(f postgres.ImportFinding) error {
		line, err := json.Marshal(struct {
			Kind string `json:"kind"`
			importer.Finding
		}{kindOf(f), reported(f)})
		if err == nil {
			_, err = io.WriteString(w, between+string(line))
			between = ",\n"
		}
		return err
	})
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, "\n]\n")
	return err
}
