package importer

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

var sqlName = regexp.MustCompile(`^\s*["'\x60\[]?(\w+)`)

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
