package paths

import "strconv"

// ImportJob is what was found in the files of an import.
func ImportJob(id int64) string { return Import + "/" + strconv.FormatInt(id, 10) }

// ImportProgress is how far an import has come.
func ImportProgress(id int64) string { return ImportJob(id) + "/progress" }

// ImportResult is what an import did, and what undoing it did.
func ImportResult(id int64) string { return ImportJob(id) + "/result" }

// ImportUndo is the page that asks before an import is taken back.
func ImportUndo(id int64) string { return ImportJob(id) + "/undo" }
