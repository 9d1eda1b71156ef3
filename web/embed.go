// Package web holds what the browser gets besides written text: the page templates, the
// stylesheet, the script and the pictures, and the words of other languages, all compiled
// into the binary. It may not read the database, decide anything about a request's viewer,
// or make HTML; it imports none of our packages.
package web

import "embed"

// Files holds the directories static, templates and locales as they stand in the source,
// and the description of the API.
// The prefix "all:" keeps the build whole while a directory has only its placeholder.
//
//go:embed all:static all:templates all:locales openapi.yaml
var Files embed.FS
