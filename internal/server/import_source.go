package server

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"hustings/internal/action"
	"hustings/internal/importer"
	"hustings/internal/postgres"
)

// What a page shows of the files beside their threads.
const (
	maxShownLines = 200
	maxShownChars = 200     // of one line
	maxLineBytes  = 4 << 20 // of one line that are read at all
	linesBefore   = 3       // those above a place where the excerpt cannot begin at the top
	linesFromTop  = 60      // an excerpt that would begin earlier begins at the top
	// sourcePatience bounds the search for files in large archives: a page without
	// the lines is better than none.
	sourcePatience = 3 * time.Second
)

// sourceLine is a line of the file beside the thread.
type sourceLine struct {
	Number int
	Text   string
	Hit    bool // something was wrong with it
}

// fileLines is the part of a file that a page shows.
type fileLines struct {
	from, to int // lines, from 1
	lines    []sourceLine
}

// linesWanted says which lines of which files are worth showing: those that the
// comments of a preview come from.
func linesWanted(done *action.Imported) map[string]*fileLines {
	want := map[string]*fileLines{}
	for _, a := range done.Links {
		for _, c := range a.Preview {
			if c.File == "" || c.Line < 1 {
				continue
			}
			e := want[c.File]
			if e == nil {
				want[c.File] = &fileLines{from: c.Line, to: c.Line}
				continue
			}
			e.from, e.to = min(e.from, c.Line), max(e.to, c.Line)
		}
	}
	for _, e := range want {
		if e.from -= linesBefore; e.from < linesFromTop {
			e.from = 1
		}
		e.to = min(e.to+2*linesBefore, e.from+maxShownLines-1)
	}
	return want
}

// sourcesOf reads the lines of an import's files that stand beside the preview of
// their threads. Files that can't be read again have none.
func (s *Server) sourcesOf(r *http.Request, j *postgres.ImportJob, done *action.Imported) (map[string]*fileLines, error) {
	want := linesWanted(done)
	if len(want) == 0 {
		return want, nil
	}
	files, err := s.db.JobFiles(r.Context(), viewerOf(r), j.ID)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(r.Context(), sourcePatience)
	defer cancel()
	hits, err := s.hits(ctx, r, j)
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		holds := func(name string) bool { return name == f.Name || strings.HasPrefix(name, f.Name+"/") }
		if f.Address != "" || !slices.ContainsFunc(slices.Collect(maps.Keys(want)), holds) {
			continue
		}
		if err := s.readExcerpts(ctx, j, f, want, hits); err != nil {
			s.Log.Debug("the lines of a file cannot be shown", "import", j.ID, "err", err)
		}
	}
	return want, nil
}

// fileAndLine is a line of a file.
type fileAndLine struct {
	file string
	line int
}

// hits are lines that something is said about; for shown ones the first are enough.
func (s *Server) hits(ctx context.Context, r *http.Request, j *postgres.ImportJob) (map[fileAndLine]bool, error) {
	list := map[fileAndLine]bool{}
	for _, kind := range []postgres.FindingKind{postgres.FindingRefused, postgres.FindingRepair} {
		found, err := s.db.Findings(ctx, viewerOf(r), j.ID, kind, "", 0, 5*maxShownLines)
		if err != nil {
			return nil, err
		}
		for _, f := range found {
			list[fileAndLine{f.File, int(f.Line)}] = true
		}
	}
	return list, nil
}

var errEnough = errors.New("all that was wanted has been read")

// readExcerpts reads what is wanted of one file, or of the files in an archive.
func (s *Server) readExcerpts(ctx context.Context, j *postgres.ImportJob, f postgres.JobFile, want map[string]*fileLines, hits map[fileAndLine]bool) error {
	in := s.db.OpenJobFile(ctx, j.ID, f)
	defer in.Close() //nolint:errcheck // it was only read
	err := importer.Unpack(ctx, importer.Source{Name: f.Name, R: in}, func(src importer.Source) error {
		e := want[src.Name]
		if e == nil || e.lines != nil {
			return nil
		}
		if err := e.read(src, hits); err != nil {
			return err
		}
		for name, e := range want {
			if e.lines == nil && strings.HasPrefix(name, f.Name+"/") {
				return nil
			}
		}
		return errEnough
	}, func(importer.Problem) error { return nil })
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

// read reads the lines of an excerpt. What is no text has none.
func (e *fileLines) read(src importer.Source, hits map[fileAndLine]bool) error {
	opened, start, err := importer.Open(src)
	if err != nil {
		return err
	}
	if bytes.Count(start, []byte{0}) > len(start)/100 {
		return nil // in a coding of its own
	}
	in := bufio.NewReaderSize(opened.R, 64<<10)
	e.lines = []sourceLine{}
	for n := 1; n <= e.to; n++ {
		text, ok := readLine(in)
		if !ok {
			return nil // its end, or damage: what is before it is shown
		}
		if n >= e.from {
			e.lines = append(e.lines, sourceLine{Number: n, Text: cutLine(text), Hit: hits[fileAndLine{src.Name, n}]})
		}
	}
	return nil
}

// readLine reads a line, of which only the beginning is kept; ok is false where
// there is none.
func readLine(in *bufio.Reader) (text string, ok bool) {
	var kept []byte
	for read := 0; ; {
		part, err := in.ReadSlice('\n')
		read += len(part)
		if room := 4*maxShownChars + 1 - len(kept); room > 0 {
			kept = append(kept, part[:min(room, len(part))]...)
		}
		if errors.Is(err, bufio.ErrBufferFull) && read < maxLineBytes {
			continue
		}
		text = strings.ToValidUTF8(strings.TrimRight(string(kept), "\r\n"), "\uFFFD")
		return strings.ReplaceAll(text, "\x00", "\uFFFD"), err == nil || errors.Is(err, io.EOF) && read > 0
	}
}

func cutLine(s string) string {
	if utf8.RuneCountInString(s) <= maxShownChars {
		return s
	}
	return string([]rune(s)[:maxShownChars]) + "…"
}
