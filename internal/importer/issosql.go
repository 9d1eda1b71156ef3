package importer

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"strings"
)

// firstByte goes to the first byte that is neither white space nor part of the mark
// of byte order, and gives it without reading it; 0 where there is none.
func (p *posReader) firstByte() byte {
	for {
		b, err := p.r.Peek(1)
		if err != nil {
			return 0 // whoever reads on meets the error again
		}
		if strings.IndexByte(" \n\r\t"+byteOrderMark, b[0]) < 0 {
			return b[0]
		}
		if _, err := p.ReadByte(); err != nil {
			return 0
		}
	}
}

var (
	sqlWanted  = regexp.MustCompile(`(?is)^\s*(insert\s+(?:or\s+\w+\s+)?into|create\s+table(?:\s+if\s+not\s+exists)?)\s+["'\x60\[]?(comments|threads)["'\x60\]]?\s*`)
	sqlRestart = regexp.MustCompile(`\n(INSERT INTO|CREATE TABLE|COMMIT)\b`)
)

// The columns of Isso's tables, for a dump without them.
var (
	issoCommentColumns = []string{"tid", "id", "parent", "created", "modified", "mode", "remote_addr", "text", "author",
		"email", "website", "likes", "dislikes", "voters", "notification"}
	issoThreadColumns = []string{"id", "uri", "title"}
)

// dump reads the statements of "sqlite3 .dump".
func (i *isso) dump(ctx context.Context, in *posReader) error {
	columns := map[string][]string{"comments": issoCommentColumns, "threads": issoThreadColumns}
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		at, statement, err := nextStatement(in)
		switch {
		case errors.Is(err, io.EOF) && len(bytes.TrimSpace(statement)) == 0:
			return nil
		case err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, errLongRecord):
			return i.refuse(in.at, readReason(err), "")
		}
		if err := i.statement(in, at, statement, columns, err); err != nil {
			return err
		}
	}
}

// nextStatement reads up to a semicolon outside quotes. With an error it gives
// what was read. The record at in is the statement.
func nextStatement(in *posReader) (at place, statement []byte, err error) {
	for {
		at = in.at
		c, err := in.ReadByte()
		if err != nil {
			return at, nil, err
		}
		if c > ' ' {
			in.begin(at, string(c))
			break
		}
	}
	quote := quoteOf(0, in.since[0])
	for {
		c, err := in.ReadByte()
		if err != nil {
			return at, in.since, err
		}
		if c == ';' && quote == 0 {
			return at, in.since, nil
		}
		quote = quoteOf(quote, c)
	}
}

// quoteOf is the quote that is open behind c. A doubled quote closes and opens.
func quoteOf(open, c byte) byte {
	switch {
	case open == c:
		return 0
	case open == 0 && (c == '\'' || c == '"'):
		return c
	}
	return open
}

// statement reads one statement; cut says that its end is missing. Where it is
// damaged, reading goes on with the next line that begins one.
func (i *isso) statement(in *posReader, at place, statement []byte, columns map[string][]string, cut error) error {
	text, repair := clean(string(statement))
	m := sqlWanted.FindStringSubmatch(text)
	switch {
	case m == nil && cut == nil && !sqlRestart.Match(statement):
		in.end()
		return nil
	case m != nil && cut == nil:
		rows, err := readStatement(text[len(m[0]):], m[1][0]|0x20 == 'c', strings.ToLower(m[2]), columns)
		if err == nil {
			in.end()
			return i.rows(at, m[2], rows, repair)
		}
	}
	// Without a name it is perhaps an apostrophe in a table that nobody wants.
	if line, _, _ := strings.Cut(text, "\n"); m != nil || strings.Contains(line[:min(len(line), maxExcerpt)], "comments") {
		reason := "The row is damaged and left out."
		if errors.Is(cut, io.EOF) && !sqlRestart.Match(statement) {
			reason = "The file ends in the middle of this row."
		}
		if err := i.refuse(at, reason, text); err != nil {
			return err
		}
	}
	if next := sqlRestart.FindIndex(statement); next != nil {
		in.rewind(next[0] + 1)
		return nil
	}
	in.end()
	return nil
}

// readStatement reads what follows the name of a table: its columns, which are
// remembered, or rows.
func readStatement(rest string, create bool, table string, columns map[string][]string) ([]map[string]*string, error) {
	p := &sqlParser{rest: rest}
	if !create {
		return p.insert(columns[table])
	}
	if list := p.columns(); len(list) > 0 {
		columns[table] = list
	}
	return nil, nil
}

// rows hands the rows of one statement on, as if they had come as JSON.
func (i *isso) rows(at place, table string, rows []map[string]*string, repair string) error {
	if repair != "" && len(rows) > 0 {
		if err := i.note(at, repair, ""); err != nil {
			return err
		}
	}
	for _, row := range rows {
		if strings.EqualFold(table, "threads") {
			delete(row, "tid")
			delete(row, "text")
		}
		data, err := json.Marshal(row)
		if err == nil {
			err = i.row(jsonRecord{data: data, at: at})
		}
		if err != nil {
			return err
		}
	}
	return nil
}
