package importer

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/BurntSushi/toml"
	"gopkg.in/yaml.v3"
)

const (
	// maxFront is the longest front matter that is read, in bytes.
	maxFront = 64 << 10
	// maxFrontDepth is how deep its lists may nest.
	maxFrontDepth = 200
)

// parse reads front matter. What is no YAML is read line by line: a colon in a title
// is the most frequent mistake. ok is false where nothing can be read, which is told.
func (m *markdown) parse(front []byte, kind frontKind) (ok bool, err error) {
	m.fields = map[string]*yaml.Node{}
	if len(front) > maxFront || nesting(string(front)) > maxFrontDepth {
		return false, m.refuse(m.at, fmt.Sprintf("The front matter is longer than %d KiB or nests too deeply.", maxFront>>10), string(front[:4*maxExcerpt]))
	}
	parse := m.parseYAML
	if kind == frontTOML {
		parse = m.parseTOML
	}
	line, cause := parse(front)
	if cause == nil {
		return true, nil
	}
	at, text := m.lineOf(front, line)
	m.fields = map[string]*yaml.Node{}
	if m.parseLines(front, kind); m.fields["title"] == nil {
		return false, m.refuse(at, "The front matter is damaged and can’t be read.", text)
	}
	return true, m.note(at, "The front matter is damaged; it was read line by line.", text)
}

// lineOf is a line of a part of the file, counted from 1, and where it is.
func (m *markdown) lineOf(part []byte, no int) (place, string) {
	before := max(len(m.text)-cap(part), 0) // part is cut from the text
	at := place{line: 1 + bytes.Count(m.text[:before], newline), column: 1, offset: int64(before)}
	for line := range bytes.Lines(part) {
		if no--; no <= 0 {
			return at, string(bytes.TrimSpace(line))
		}
		at.line++
		at.offset += int64(len(line))
	}
	return at, ""
}

var yamlLine = regexp.MustCompile(`line (\d+)`)

// parseYAML reads YAML, and JSON, which is YAML. Nodes are taken as they are written:
// nothing is expanded, and no date loses its zone.
func (m *markdown) parseYAML(front []byte) (line int, err error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(front, &doc); err != nil {
		if at := yamlLine.FindStringSubmatch(err.Error()); at != nil {
			line, _ = strconv.Atoi(at[1]) //nolint:errcheck // digits
		}
		return line, err
	}
	if len(doc.Content) == 0 {
		return 0, nil
	}
	top := doc.Content[0]
	if top.Kind != yaml.MappingNode {
		return top.Line, fieldError{"front matter", "is no list of fields"}
	}
	for i := 0; i+1 < len(top.Content); i += 2 {
		m.set(top.Content[i].Value, top.Content[i+1])
	}
	return 0, nil
}

// set notes a field; the first of a name counts.
func (m *markdown) set(name string, n *yaml.Node) {
	if name = strings.ToLower(name); m.fields[name] == nil {
		m.fields[name] = n
	}
}

// manyDots finds names in names in names, on which the parser is slow beyond measure.
var manyDots = regexp.MustCompile(`(?:[A-Za-z0-9_"'-]+[ \t]*\.[ \t]*){50}`)

// parseTOML reads TOML. Fields of the table "params", where Hugo's themes have theirs,
// count where the file itself has none.
func (m *markdown) parseTOML(front []byte) (line int, err error) {
	if manyDots.Match(front) {
		return 0, fieldError{"front matter", "has a name of too many parts"}
	}
	fields := map[string]any{}
	if err := toml.Unmarshal(front, &fields); err != nil {
		if damage, is := errors.AsType[toml.ParseError](err); is {
			line = damage.Position.Line
		}
		return line, err
	}
	keys := make([]string, 0, len(fields))
	for key := range fields {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		m.set(key, tomlNode(fields[key], 0))
	}
	if params, is := fields["params"].(map[string]any); is {
		for _, key := range []string{"author", "authors", "description", "summary", "subtitle", "comments"} {
			if params[key] != nil {
				m.set(key, tomlNode(params[key], 0))
			}
		}
	}
	return 0, nil
}

// tomlNode writes a value as YAML has it.
func tomlNode(v any, depth int) *yaml.Node {
	if depth > 4 {
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null"}
	}
	switch v := v.(type) {
	case []any:
		n := &yaml.Node{Kind: yaml.SequenceNode}
		for _, k := range v {
			n.Content = append(n.Content, tomlNode(k, depth+1))
		}
		return n
	case []map[string]any:
		n := &yaml.Node{Kind: yaml.SequenceNode}
		for _, k := range v {
			n.Content = append(n.Content, tomlNode(k, depth+1))
		}
		return n
	case map[string]any:
		n := &yaml.Node{Kind: yaml.MappingNode}
		if name, is := v["name"]; is {
			n.Content = append(n.Content, tomlNode("name", depth+1), tomlNode(name, depth+1))
		}
		return n
	case time.Time:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!timestamp", Value: tomlTime(v)}
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: fmt.Sprint(v)}
}

// tomlTime writes a time with its zone, where it has one.
func tomlTime(t time.Time) string {
	switch t.Location().String() {
	case "datetime-local", "date-local", "time-local":
		return t.Format("2006-01-02T15:04:05")
	}
	return t.Format(time.RFC3339Nano)
}

var (
	frontLine = map[frontKind]*regexp.Regexp{
		frontYAML: regexp.MustCompile(`^([A-Za-z_][A-Za-z0-9_-]{0,60})\s*:\s*(.*)$`),
		frontTOML: regexp.MustCompile(`^([A-Za-z_][A-Za-z0-9_-]{0,60})\s*=\s*(.*)$`),
	}
	frontItem = regexp.MustCompile(`^\s*-\s+(.+)$`)
)

// parseLines reads what looks like fields with a text each, and lists of such.
func (m *markdown) parseLines(front []byte, kind frontKind) {
	form := frontLine[kind]
	if form == nil {
		return
	}
	last := ""
	for line := range strings.Lines(string(front)) {
		line = strings.TrimRight(line, " \t\r\n")
		if f := form.FindStringSubmatch(line); f != nil && !strings.ContainsAny(f[2][:min(1, len(f[2]))], "[{|>&*!") {
			last = strings.ToLower(f[1])
			m.set(last, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: unquoted(f[2])})
			continue
		}
		item := frontItem.FindStringSubmatch(line)
		if list := m.fields[last]; item != nil && list != nil && (list.Kind == yaml.SequenceNode || list.Value == "") {
			list.Kind = yaml.SequenceNode
			list.Content = append(list.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: unquoted(item[1])})
		}
	}
}

// unquoted is a value without the quotes around it.
func unquoted(s string) string {
	s = strings.TrimSpace(s)
	for _, q := range []string{`"`, `'`} {
		if len(s) > 1 && strings.HasPrefix(s, q) && strings.HasSuffix(s, q) {
			return s[1 : len(s)-1]
		}
	}
	return s
}
