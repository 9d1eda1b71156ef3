package importer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// Format reads one kind of file. Formats hold no state and may be shared.
type Format interface {
	// Name is the word for --format and for reports.
	Name() string
	// Sniff says how likely it is, 0 to 100, that a file beginning with head
	// is of this format. The file's name may break a tie, never decide.
	Sniff(name string, head []byte) int
	// Read emits the records of src in the order of the file. What is wrong
	// with a record is emitted as a Problem and reading goes on; the returned
	// error is that of ctx, of emit, or of a file that could not be read at
	// all.
	Read(ctx context.Context, src Source, emit func(Record) error) error
}

// Source is one file to read.
type Source struct {
	Name string    // as people know it; stands in problems and reports
	R    io.Reader // unpacked bytes (see Open)
	// Zone is that of times written without one; nil means UTC.
	Zone *time.Location
	// Site names the origin; "" means the file's own site, else "local".
	Site string
	// Verbatim leaves texts that look encoded twice as they are.
	Verbatim bool
	// Article is the key of the article that all comments of the file are on, where
	// that stands in another file; articles of this one are left out then. "" for
	// files on their own. See Emit.
	Article string
	// Collected says that what the file points to was fetched with it.
	Collected bool
	// Home is the only site for which the file may speak, as Article.Site names it but
	// without folders: what it says of other sites is its own word. "" for files that
	// somebody has looked at. See Emit.
	Home string
}

// zone is the place of times written without one.
func (s Source) zone() *time.Location {
	if s.Zone == nil {
		return time.UTC
	}
	return s.Zone
}

// site is the origin, given what the file says about itself.
func (s Source) site(own string) string {
	switch {
	case s.Site != "":
		return s.Site
	case own != "":
		return own
	}
	return "local"
}

// Formats lists every format that can be read, in the order of the manual.
func Formats() []Format {
	return []Format{
		Text{}, JSONL{}, WXR{}, HTML{},
		Disqus{}, Remark42{}, Commento{}, Comentario{}, Isso{}, Blogger{}, MovableType{}, Markdown{}, Feed{}, WPREST{},
	}
}

// ByName finds a format by the word given to --format.
func ByName(name string) (Format, error) {
	for _, f := range Formats() {
		if f.Name() == name {
			return f, nil
		}
	}
	return nil, fmt.Errorf("There is no format %q; known are %s.", name, formatNames())
}

// Sniff picks the format that fits the file's first bytes best. The error says why
// there is none; it does not name the file, whose name stands beside it.
func Sniff(name string, head []byte) (Format, error) {
	var best Format
	score := 0
	for _, f := range Formats() {
		if s := f.Sniff(name, head); s > score {
			best, score = f, s
		}
	}
	switch {
	case best != nil:
		return best, nil
	case len(bytes.TrimSpace(head)) == 0:
		return nil, errors.New("The file is empty.")
	}
	if binary(head) && !bytes.Contains(head, []byte{0}) {
		return nil, errors.New("The file is of no kind that can be read here. If it is text, save it as UTF-8 and try again.")
	}
	return nil, errors.New("The file is of no kind that can be read here.")
}

func formatNames() string {
	var names []string
	for _, f := range Formats() {
		names = append(names, f.Name())
	}
	return strings.Join(names, ", ")
}
