// Package importer reads other people's files and turns them into records:
// articles, comments, and problems with the line they stand on. It is pure:
// it opens no file, no network connection and no database, renders nothing
// and decides nothing about what is stored; whoever applies the records does.
//
// One file per subject: record.go (what comes out), format.go (what a format
// must offer), open.go (compression), clean.go (bytes to text), identity.go
// and align.go (is it the same comment as last time?), report.go (what the
// admin reads afterwards), then one or more files for each format.
package importer
