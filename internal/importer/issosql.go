package importer

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
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
	sqlName    = regexp.MustCompile(`^\s*["'\x60\[]?(\w+)`)
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

// statement reads one statement; err says that its end is missing. Where it is
// damaged, reading goes on with the next line that begins one.
func (i *isso) statement(in *posReader, at place, statement []byte, columns map[string][]string, err error) error {
	text, repair := clean(string(statement))
	m := sqlWanted.FindStringSubmatch(text)
	if m != nil && err == nil {
		table := strings.ToLower(m[2])
		p := &sqlParser{rest: text[len(m[0]):]}
		if m[1][0]|0x20 == 'c' {
			in.end()
			if list := p.columns(); len(list) > 0 {
				columns[table] = list
			}
			return nil
		}
		rows, parsed := p.insert(columns[table])
		if parsed == nil {
			in.end()
			if repair != "" {
				if err := i.note(at, repair, text); err != nil {
					return err
				}
			}
			return i.rows(at, table, rows)
		}
		err = parsed
	}
	switch {
	case err == nil:
		in.end()
		return nil
	case m == nil:
		// Perhaps an apostrophe in a table that nobody wants.
	default:
		reason := "The row is damaged and left out."
		if errors.Is(err, io.EOF) && !sqlRestart.Match(statement) {
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

// rows hands the rows of one statement on, as if they had come as JSON.
func (i *isso) rows(at place, table string, rows []map[string]*string) error {
	for _, row := range rows {
		if table == "threads" {
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

// sqlParser reads what sqlite3 writes.
type sqlParser struct {
	rest  string
	depth int
}

var errSQL = errors.New("not a statement that sqlite3 writes")

// columns reads the names of a list in parentheses, without their types.
func (p *sqlParser) columns() []string {
	if !p.take("(") {
		return nil
	}
	var list []string
	for {
		m := sqlName.FindStringSubmatch(p.rest)
		if m == nil {
			return list
		}
		switch name := strings.ToLower(m[1]); name {
		case "primary", "unique", "foreign", "check", "constraint":
			return list
		default:
			list = append(list, name)
		}
		if !p.skipColumn() {
			return list
		}
	}
}

// skipColumn goes behind the next comma of the list; false at its end.
func (p *sqlParser) skipColumn() bool {
	depth := 0
	quote := byte(0)
	for i := 0; i < len(p.rest); i++ {
		c := p.rest[i]
		quote = quoteOf(quote, c)
		switch {
		case quote != 0:
		case c == '(':
			depth++
		case c == ')' && depth == 0:
			p.rest = p.rest[i+1:]
			return false
		case c == ')':
			depth--
		case c == ',' && depth == 0:
			p.rest = p.rest[i+1:]
			return true
		}
	}
	p.rest = ""
	return false
}

// insert reads the rows of an INSERT behind its table's name.
func (p *sqlParser) insert(columns []string) (rows []map[string]*string, err error) {
	if strings.HasPrefix(strings.TrimSpace(p.rest), "(") {
		columns = p.columns()
	}
	if !p.take("VALUES") {
		return nil, errSQL
	}
	for {
		if !p.take("(") {
			return nil, errSQL
		}
		row := map[string]*string{}
		for n := 0; ; n++ {
			v, err := p.value()
			if err != nil {
				return nil, err
			}
			if n < len(columns) && v != nil {
				row[columns[n]] = v
			}
			if !p.take(",") {
				break
			}
		}
		if !p.take(")") {
			return nil, errSQL
		}
		rows = append(rows, row)
		if !p.take(",") {
			break
		}
	}
	if !p.take(";") || strings.TrimSpace(p.rest) != "" {
		return nil, errSQL
	}
	return rows, nil
}

// take reads a word or sign, if it comes next.
func (p *sqlParser) take(word string) bool {
	rest := strings.TrimLeft(p.rest, " \t\r\n")
	if len(rest) < len(word) || !strings.EqualFold(rest[:len(word)], word) {
		return false
	}
	p.rest = rest[len(word):]
	return true
}

// value reads a value, nil for NULL. Blobs are left out.
func (p *sqlParser) value() (*string, error) {
	v, err := p.single()
	for err == nil && p.take("||") {
		var more *string
		if more, err = p.single(); err == nil && v != nil && more != nil {
			joined := *v + *more
			v = &joined
		}
	}
	return v, err
}

var sqlNumber = regexp.MustCompile(`^[-+]?[0-9.]+([eE][-+]?[0-9]+)?`)

// maxSQLDepth bounds calls inside calls.
const maxSQLDepth = 40

func (p *sqlParser) single() (*string, error) {
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > maxSQLDepth {
		return nil, errSQL
	}
	p.rest = strings.TrimLeft(p.rest, " \t\r\n")
	switch {
	case p.take("NULL"):
		return nil, nil //nolint:nilnil // that is what it says
	case p.take("X'"):
		_, err := p.quoted()
		return nil, err
	case p.take("'"):
		s, err := p.quoted()
		return &s, err
	case p.take("replace("):
		return p.call(3, func(a []string) (string, error) { return strings.ReplaceAll(a[0], a[1], a[2]), nil })
	case p.take("char("):
		return p.call(1, character)
	case p.take("unistr("):
		return p.call(1, func(a []string) (string, error) { return unistr(a[0]), nil })
	case p.take("CAST("): // sqlite3 writes text with odd bytes as a cast blob
		return nil, errSQL
	}
	number := sqlNumber.FindString(p.rest)
	if number == "" {
		return nil, errSQL
	}
	p.rest = p.rest[len(number):]
	return &number, nil
}

func character(a []string) (string, error) {
	n, err := strconv.Atoi(a[0])
	if err != nil || n <= 0 || n > utf8.MaxRune || !utf8.ValidRune(rune(n)) {
		return "", errSQL
	}
	return string(rune(n)), nil
}

// call reads n arguments and the closing parenthesis.
func (p *sqlParser) call(n int, f func([]string) (string, error)) (*string, error) {
	args := make([]string, n)
	for i := range args {
		v, err := p.value()
		if err != nil {
			return nil, err
		}
		args[i] = deref(v)
		if i < n-1 && !p.take(",") {
			return nil, errSQL
		}
	}
	if !p.take(")") {
		return nil, errSQL
	}
	// What replaces a mark may be longer than it, in each of a thousand places.
	if n == 3 && (args[1] == "" || len(args[2]) > len(args[1])) {
		return nil, errSQL
	}
	s, err := f(args)
	return &s, err
}

// quoted reads the rest of a string in single quotes; a doubled one is one.
func (p *sqlParser) quoted() (string, error) {
	var b strings.Builder
	for {
		end := strings.IndexByte(p.rest, '\'')
		if end < 0 {
			return "", errSQL
		}
		b.WriteString(p.rest[:end])
		p.rest = p.rest[end+1:]
		if !strings.HasPrefix(p.rest, "'") {
			return b.String(), nil
		}
		b.WriteByte('\'')
		p.rest = p.rest[1:]
	}
}

var escaped = regexp.MustCompile(`\\\\|\\u[0-9a-fA-F]{4}|\\U[0-9a-fA-F]{8}|\\\+[0-9a-fA-F]{6}|\\[0-9a-fA-F]{4}`)

// unistr undoes the escapes with which newer versions of sqlite3 write controls.
func unistr(s string) string {
	s = escaped.ReplaceAllStringFunc(s, func(e string) string {
		if e == `\\` {
			return `\`
		}
		n, err := strconv.ParseUint(strings.TrimLeft(e, `\uU+`), 16, 32)
		if err != nil || n > utf8.MaxRune {
			return e
		}
		return string(rune(n))
	})
	s, _ = clean(s)
	return s
}
