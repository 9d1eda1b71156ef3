package importer

import (
	"context"
	"errors"
)

// Text reads scraped articles with indented threads.
type Text struct{}

// Name is the word for --format.
func (Text) Name() string { return "text" }

// Sniff is written with the reader.
func (Text) Sniff(string, []byte) int { return 0 }

// Read is written next.
func (Text) Read(context.Context, Source, func(Record) error) error {
	return errors.New("The text reader is being written.")
}
