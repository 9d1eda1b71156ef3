package importer

import (
	"bytes"
	"html"
	"strings"
	"time"
)

// value is the text of a field: CDATA sections joined, references read, what is
// no text put right.
func (w *wxrReader) value(raw []byte, at cursor) string {
	w.piece = newMarkedPiece(raw, at)
	raw = bytes.TrimSpace(raw)
	var s string
	switch inner, ok := oneSection(raw); {
	case ok && isPlain(inner):
		s = string(bytes.TrimSpace(inner))
	case ok:
		w.buf = w.fix.chars(w.buf[:0], inner)
		s = string(bytes.TrimSpace(w.buf))
	default:
		w.buf = w.sections(w.buf[:0], raw)
		s = string(bytes.TrimSpace(w.buf))
	}
	if cap(w.buf) > 1<<20 {
		w.buf = nil
	}
	if w.src.Verbatim {
		return s
	}
	right, fixed := demojibake(s)
	if fixed {
		w.tally.note(at, fixedMojibake, right)
	}
	return right
}

// found gives a repair its place.
func (w *wxrReader) found(src []byte, i int, reason string) {
	place, i := w.piece.place(src, i)
	w.tally.note(place, reason, around(w.piece.whole, i))
}

// oneSection gives the content of a field that is one CDATA section, as most are.
func oneSection(raw []byte) ([]byte, bool) {
	if !bytes.HasPrefix(raw, cdataStart) || !bytes.HasSuffix(raw, cdataEnd) || len(raw) < len(cdataStart)+len(cdataEnd) {
		return nil, false
	}
	inner := raw[len(cdataStart) : len(raw)-len(cdataEnd)]
	return inner, !bytes.Contains(inner, cdataEnd)
}

// isPlain reports whether b is nothing but ASCII without control characters.
func isPlain(b []byte) bool {
	for _, c := range b {
		if special[c] {
			return false
		}
	}
	return true
}

// sections joins CDATA sections and the text around them.
func (w *wxrReader) sections(dst, raw []byte) []byte {
	for {
		i := bytes.Index(raw, cdataStart)
		if i < 0 {
			return w.fix.text(dst, raw)
		}
		dst = w.fix.text(dst, raw[:i])
		raw = raw[i+len(cdataStart):]
		n := w.section(raw)
		dst = w.joined(dst, raw[:n])
		raw = raw[min(len(raw), n+len(cdataEnd)):]
	}
}

// joined appends the content of a section, with the "]]>" that stand in it.
func (w *wxrReader) joined(dst, content []byte) []byte {
	for {
		i := bytes.Index(content, cdataEnd)
		if i < 0 {
			return w.fix.chars(dst, content)
		}
		dst = w.fix.chars(dst, content[:i])
		w.found(content, i, fixedCDATA)
		dst = append(dst, cdataEnd...)
		content = content[i+len(cdataEnd):]
	}
}

// section gives the length of the content of the section at the beginning of raw.
// It goes on behind a "]]>" that another follows before the next section begins:
// old exports do not split them.
func (w *wxrReader) section(raw []byte) int {
	end := bytes.Index(raw, cdataEnd)
	if end < 0 {
		return len(raw)
	}
	for {
		rest := raw[end+len(cdataEnd):]
		next := bytes.Index(rest, cdataEnd)
		if next < 0 {
			return end
		}
		if begin := bytes.Index(rest, cdataStart); begin >= 0 && begin < next {
			return end
		}
		end += len(cdataEnd) + next
	}
}

// time reads a time of WordPress: the one in UTC, else the local one in the zone
// that was given. Zeros mean that there is none.
func (w *wxrReader) time(gmt, local string) *time.Time {
	if t := wxrTime(gmt, time.UTC); t != nil {
		return t
	}
	return wxrTime(local, w.src.zone())
}

func wxrTime(s string, zone *time.Location) *time.Time {
	if s == "" || strings.HasPrefix(s, "0000") {
		return nil
	}
	for _, layout := range []string{time.DateTime, time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, s, zone); err == nil {
			return utc(t)
		}
	}
	return nil
}

// plainHTML is the text of a title or name, which WordPress keeps as HTML.
func plainHTML(s string) string {
	if !strings.ContainsAny(s, "<&") {
		return s
	}
	var b strings.Builder
	for {
		i := strings.IndexByte(s, '<')
		if i < 0 {
			break
		}
		b.WriteString(s[:i])
		s = s[i:]
		n := tagLength(s)
		if n == 0 {
			b.WriteByte('<')
			n = 1
		} else if isBreak(s[:n]) {
			b.WriteByte(' ')
		}
		s = s[n:]
	}
	b.WriteString(s)
	return dropNUL(html.UnescapeString(b.String()))
}

func dropNUL(s string) string { return strings.ReplaceAll(s, "\x00", "") }

// isBreak reports whether a tag parts words.
func isBreak(tag string) bool {
	name, _ := tagName(tag)
	return name == "br" || blockTags[name] || rawTags[name]
}

// shortcodes are names in square brackets that plugins replace. Only these, and
// names with a value or an end, are taken for some: people use brackets, too.
var shortcodes = map[string]bool{
	"gallery": true, "caption": true, "embed": true, "audio": true, "video": true, "playlist": true, "youtube": true,
	"vimeo": true, "sourcecode": true, "code": true, "contact-form": true, "contact-form-7": true, "polldaddy": true, "googlemaps": true,
}

// countShortcodes counts what is left as text.
func (w *wxrReader) countShortcodes(at cursor, text string) {
	for rest := text; ; {
		i := strings.IndexByte(rest, '[')
		if i < 0 {
			return
		}
		rest = rest[i+1:]
		if name := shortcode(rest); name != "" && (shortcodes[name] || hasValue(rest[len(name):]) || strings.Contains(rest, "[/"+name+"]")) {
			w.note(at, "shortcode", "%s ["+name+"] left as text.")
		}
	}
}

// shortcode is the name at the beginning of s, "" for none.
func shortcode(s string) string {
	i := 0
	for i < len(s) && i < 40 && (s[i] >= 'a' && s[i] <= 'z' || s[i] == '_' || i > 0 && (s[i] == '-' || s[i] >= '0' && s[i] <= '9')) {
		i++
	}
	if i < 2 || i == len(s) || s[i] != ' ' && s[i] != ']' {
		return ""
	}
	return s[:i]
}

// hasValue reports whether name= stands before the end of the bracket.
func hasValue(s string) bool {
	if len(s) > 200 {
		s = s[:200]
	}
	s, _, ok := strings.Cut(s, "]")
	return ok && strings.ContainsRune(s, '=')
}
