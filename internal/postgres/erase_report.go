package postgres

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
)

// reportColumns are those in which an import keeps what it says to admins: names
// and beginnings of texts stand in there.
var reportColumns = []struct{ table, column string }{
	{"import_job", "report"}, {"import_job", "links"}, {"import_job", "undo"}, {"import_part", "report"},
}

// EraseReports takes the names and addresses of a person out of the reports that
// imports keep, and with texts what these show of the person's comments.
func (t *Tx) EraseReports(ctx context.Context, p *Erasable, texts bool) (err error) {
	defer wrap(&err, "erase names from kept reports")
	traces := p.traces()
	for _, at := range reportColumns {
		after := "(0,0)"
		for after != "" {
			if after, err = t.eraseReports(ctx, at.table, at.column, after, traces, texts); err != nil {
				return err
			}
		}
	}
	return nil
}

// eraseReports does some rows of a column, those after a place in the table, and
// gives the last place; "" after the last row.
func (t *Tx) eraseReports(ctx context.Context, table, column, after string, traces []string, texts bool) (last string, err error) {
	const portion = 100
	rows, err := t.Query(ctx, fmt.Sprintf(`select ctid::text, %[2]s from %[1]s x where ctid > $1::text::tid and %[2]s is not null
		and exists (select from unnest($2::text[]) n where position(n in %[2]s::text) > 0) order by x.ctid limit %[3]d for update`, table, column, portion),
		after, encodedTraces(traces))
	if err != nil {
		return "", translate(err)
	}
	type row struct {
		At   string
		Said json.RawMessage
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[row])
	if err != nil {
		return "", translate(err)
	}
	for _, r := range list {
		said, err := withoutTraces(r.Said, traces, texts)
		if err != nil {
			return "", err
		}
		if said == nil { // else it would come up again and again behind the others
			continue
		}
		if _, err := t.Exec(ctx, fmt.Sprintf(`update %s set %s = $2 where ctid = $1::text::tid`, table, column), r.At, said); err != nil {
			return "", translate(err)
		}
	}
	if len(list) < portion {
		return "", nil
	}
	return list[portion-1].At, nil
}

// encodedTraces are the traces as they stand inside the text of a jsonb value.
func encodedTraces(traces []string) []string {
	list := slices.Clone(traces)
	for i, s := range list {
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		if e.Encode(s) == nil {
			list[i] = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(b.String()), `"`), `"`)
		}
	}
	return list
}

// withoutTraces replaces names in all strings of a JSON value. With texts, of an
// object that names one of them as a value of its own nothing readable is left. It is
// nil where nothing had to be replaced.
func withoutTraces(raw json.RawMessage, traces []string, texts bool) (json.RawMessage, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, fmt.Errorf("read a kept report: %w", err)
	}
	was, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("read a kept report: %w", err)
	}
	said, err := json.Marshal(cleared(v, traces, texts))
	if err != nil || bytes.Equal(said, was) {
		return nil, err
	}
	return said, nil
}

func cleared(v any, traces []string, texts bool) any {
	switch v := v.(type) {
	case string:
		for _, s := range traces {
			v = withoutWord(v, s)
		}
		return v
	case []any:
		for i := range v {
			v[i] = cleared(v[i], traces, texts)
		}
	case map[string]any:
		theirs := false
		for _, x := range v {
			s, ok := x.(string)
			theirs = theirs || ok && slices.Contains(traces, s)
		}
		for key, x := range v {
			if _, ok := x.(string); ok && theirs && texts && !slices.Contains([]string{"Kind", "State", "File"}, key) {
				v[key] = ""
			} else {
				v[key] = cleared(x, traces, texts)
			}
		}
	}
	return v
}

// withoutWord puts … in the place of a word, where it is not a part of another.
func withoutWord(s, word string) string {
	inner := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' }
	var b strings.Builder
	for at := 0; ; {
		i := strings.Index(s[at:], word)
		if i < 0 || word == "" {
			b.WriteString(s[at:])
			return b.String()
		}
		i += at
		before, _ := utf8.DecodeLastRuneInString(s[:i])
		after, _ := utf8.DecodeRuneInString(s[i+len(word):])
		b.WriteString(s[at:i])
		if i > 0 && inner(before) || i+len(word) < len(s) && inner(after) {
			b.WriteString(word)
		} else {
			b.WriteString("…")
		}
		at = i + len(word)
	}
}
