// Package migrations holds the database schema as goose migrations, embedded
// in the binary. It contains no logic: internal/postgres applies them.
package migrations

import "embed"

// FS holds the numbered goose migrations, each with an up and a down part.
//
//go:embed *.sql
var FS embed.FS
